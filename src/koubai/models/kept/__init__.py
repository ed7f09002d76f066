"""A table's model in a file: its record, and what predicts from it alone."""
