"""Checks of user input: parameters, outputs for a kind of target, sparse rows, weights set by hand."""
