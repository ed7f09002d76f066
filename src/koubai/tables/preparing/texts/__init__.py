"""Columns of texts: words and groups of characters, counted, as features."""
