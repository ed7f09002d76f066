"""Exercises for a class as files: sheets, LaTeX, and what learning platforms import."""
