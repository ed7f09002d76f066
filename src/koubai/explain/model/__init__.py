"""A whole model explained: what its hidden nodes represent, and the effect of its columns."""
