"""The other learners of the lecture on the same table: the same folds, the same preparation, beside the network."""
