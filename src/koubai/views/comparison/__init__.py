"""Learners compared on one table, as a page in both languages."""
