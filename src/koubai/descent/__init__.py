"""The descent lab: gradient methods on functions, on data, and on the loss surface of a network."""
