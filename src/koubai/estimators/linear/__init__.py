"""Parts of the perceptron estimator: training, conversions, storage, separability."""
