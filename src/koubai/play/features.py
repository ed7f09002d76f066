"""Input features derived from the two coordinates of a generated point."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from koubai.core.arrays import Array

FEATURES: Mapping[str, Callable[[Array, Array], Array]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1^2": lambda x1, x2: x1 * x1,
    "x2^2": lambda x1, x2: x2 * x2,
    "x1*x2": lambda x1, x2: x1 * x2,
    "sin(x1)": lambda x1, x2: np.sin(x1),
    "sin(x2)": lambda x1, x2: np.sin(x2),
}
"""Each feature as a function of x1 and x2, (n,) each."""


def features_of(points: Array, names: Sequence[str]) -> Array:
    """Return the named features of points (n, 2), as (n, n_features).

    Examples
    --------
    >>> features_of(np.array([[2.0, 3.0]]), ["x1", "x1*x2"])
    array([[2., 6.]])
    """
    return np.column_stack([FEATURES[name](points[:, 0], points[:, 1]) for name in names])
