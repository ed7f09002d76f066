"""Formulas written as plain text, LaTeX and MathML."""
