"""Training: where rows come from, the fit loop, what happened in each epoch, and checkpoints."""
