"""Descents of one model through points: a line, a logistic curve, the perceptron."""
