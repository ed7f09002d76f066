"""Fitting one model to points by descent: a line, a logistic curve, the perceptron."""
