"""Formulas as trees, the numbers in them, and how they are written: what all equations that people read are made of."""
