"""Estimators in scikit-learn's conventions: the perceptron and the multilayer perceptron."""
