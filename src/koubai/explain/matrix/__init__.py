"""Expressions of matrices: a grammar of their own, shapes with reasons, and derivatives in symbols (slides 84-88)."""
