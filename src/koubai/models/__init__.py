"""Models: a table's preparation and an estimator as one, and the files that models are kept in."""
