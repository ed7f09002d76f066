"""Paths of gradient methods over a function: single, compared, and as basins of attraction."""
