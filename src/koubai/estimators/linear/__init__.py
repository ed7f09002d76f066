"""What the perceptron estimator is made of: training, its forms, storage, separability."""
