"""How good a model is, and what it has learned: scores, choices by cross-validation, the page about a whole model."""
