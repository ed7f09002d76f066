"""What estimators learn and predict: classes, or numbers."""
