"""The equations: activations, losses, penalties, initial values, networks, and the record of one pass."""
