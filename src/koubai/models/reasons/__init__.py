"""Why a model answers as it does for one row: contributions of its columns, rows like it, and what would change it."""
