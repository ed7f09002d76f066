"""A table's model in scikit-learn's conventions: classifier, regressor, and what they are given."""
