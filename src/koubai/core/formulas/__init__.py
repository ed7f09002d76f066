"""Formulas as trees, their numbers, and how these are written: the basis of all displayed equations."""
