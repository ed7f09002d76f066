"""What estimators keep: θ, plain state for pickles, records and tensors for model files."""
