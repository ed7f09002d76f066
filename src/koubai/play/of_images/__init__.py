"""Networks on images: the sets, the layers, what a cell is the sum of, and the network as an estimator."""
