"""Training: sources of rows, the fit loop, its history, and checkpoints."""
