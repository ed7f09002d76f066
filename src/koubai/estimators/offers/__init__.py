"""What an estimator can be asked for besides fitting and predicting: explanations, the playground, exports."""
