"""Optimizers: rules on vectors, independent of layers; schedules; clipping."""
