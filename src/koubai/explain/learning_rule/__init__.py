"""The perceptron's learning rule explained: inference, loss and update, and examples to learn from."""
