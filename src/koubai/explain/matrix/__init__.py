"""Expressions of matrices: a grammar, shapes with reasons, and symbolic derivatives (slides 84-88)."""
