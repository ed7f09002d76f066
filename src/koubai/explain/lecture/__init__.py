"""Demonstrations of single slides: why depth needs bends, why one line cannot do XOR, what a sigmoid node is."""
