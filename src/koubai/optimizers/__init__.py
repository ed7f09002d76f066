"""Optimizers: rules on vectors that know nothing of layers; schedules; clipping."""
