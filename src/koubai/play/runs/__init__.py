"""A playground's run in Python: its rows, its network, its state as plain data, and what is made of it."""
