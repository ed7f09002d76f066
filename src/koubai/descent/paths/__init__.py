"""Paths of gradient methods over a function: one, several compared, and the basins of all starts."""
