"""How uncertain a score is, given the limited number of rows it comes from."""

import math

CONFIDENT = 1.959963984540054
"""Standard deviations on either side of a 95 % interval."""


def of_share(count: int, n_rows: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a share such as the accuracy, by Wilson's formula, which suits few rows as well.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    Examples
    --------
    >>> [round(end, 3) for end in of_share(9, 10)]
    [0.596, 0.982]
    """
    if not n_rows:
        return None
    share, z = count / n_rows, CONFIDENT**2 / n_rows
    middle = share + z / 2
    half = CONFIDENT * math.sqrt(share * (1 - share) / n_rows + z / (4 * n_rows))
    return max(0.0, (middle - half) / (1 + z)), min(1.0, (middle + half) / (1 + z))


def of_root_mean_square(value: float, relative: float, n_rows: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a root mean squared error, on the scale of its logarithm (delta method).

    Parameters
    ----------
    value : float
        The error.
    relative : float
        Standard deviation of the squared errors, in units of their mean.
    n_rows : int
        Number of rows.

    Examples
    --------
    >>> [round(end, 2) for end in of_root_mean_square(10.0, 1.4, 100)]
    [8.72, 11.47]
    """
    if n_rows < 2:
        return None
    factor = math.exp(CONFIDENT * relative / math.sqrt(n_rows) / 2)
    return value / factor, value * factor
