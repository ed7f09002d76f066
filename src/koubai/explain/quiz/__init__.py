"""Exercises with fresh numbers from a seed, full derivations as solutions, and marking of answers."""
