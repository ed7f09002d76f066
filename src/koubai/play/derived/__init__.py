"""Derivations as data: formulas and steps as `koubai.explain` writes them, with places for the page's own numbers."""
