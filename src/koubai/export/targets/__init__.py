"""What a model can be written as: one target a file, each written from the description of the computation alone."""
