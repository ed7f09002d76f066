"""Exercises with fresh numbers from a seed, full derivations for answers, and the marking of what people answer."""
