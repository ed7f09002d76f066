"""The loss surface of a network: Hessian, spectrum, slices, and training watched step by step."""
