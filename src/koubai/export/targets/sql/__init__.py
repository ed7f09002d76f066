"""SQL: a SELECT that scores the rows of a table, in each of the dialects."""
