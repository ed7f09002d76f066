"""The report of a model: how good it is on rows that it did not learn from, what it goes by, and where it is wrong."""
