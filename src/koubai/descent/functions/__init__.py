"""Functions of a few variables: expressions, values, gradients, exact algebra, stationary points, curvature."""
