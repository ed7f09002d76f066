"""A saved model as an HTTP service: rows in, predictions out."""
