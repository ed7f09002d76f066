"""Explanations rendered: terminal, Markdown, and a page with MathML and diagrams."""
