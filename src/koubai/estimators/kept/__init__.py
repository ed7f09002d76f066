"""Storage of estimators: θ, plain state for pickles, records and tensors for model files."""
