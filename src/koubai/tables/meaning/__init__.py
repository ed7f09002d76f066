"""What cells of text mean: numbers, dates, truth values, categories; what each column of a table holds."""
