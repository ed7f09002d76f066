"""Honest scores: cross-validation, groups and time kept apart, and whether more rows would help."""
