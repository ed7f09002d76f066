"""A network explained: forward pass, backward pass and one update as steps, and any requested number from them."""
