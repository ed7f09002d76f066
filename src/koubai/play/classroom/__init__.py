"""Lessons and classes: what a lesson asks, what a student hands in, and a class that works at once."""
