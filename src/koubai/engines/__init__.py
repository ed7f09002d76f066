"""Engines run the equations over data. All give the same numbers; they differ in speed and in what they record."""
