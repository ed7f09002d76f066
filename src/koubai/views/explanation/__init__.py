"""Explanations rendered in the terminal, as Markdown, and as a page with MathML and diagrams."""
