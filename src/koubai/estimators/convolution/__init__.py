"""Estimators of convolutional networks: images in, classes or numbers out."""
