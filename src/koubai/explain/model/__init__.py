"""A whole model explained: what its hidden nodes stand for, and what its columns do."""
