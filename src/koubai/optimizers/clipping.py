"""Shortening a gradient that is too long."""

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError


def clip_by_norm(gradient: Array, max_norm: float) -> Array:
    """Return g · (max_norm / ‖g‖₂ if ‖g‖₂ > max_norm, else 1) (Pascanu, Mikolov and Bengio 2013, Algorithm 1).

    ``optax.clip_by_global_norm`` is the same; ``torch.nn.utils.clip_grad_norm_`` divides by ‖g‖₂ + 1e-6, and so ends a
    little below ``max_norm``. The norm is that of all parameters together. A gradient that is not finite is left as it
    is, so that divergence is seen and not turned into zeros.

    Parameters
    ----------
    gradient : any shape
        g.
    max_norm : float
        Longest allowed Euclidean norm, > 0, in units of g.

    Returns
    -------
    array of the shape and dtype of g
        g itself if it is short enough.

    Raises
    ------
    ParameterError
        If ``max_norm`` is not > 0.

    Examples
    --------
    >>> clip_by_norm(np.array([3.0, 4.0]), 1.0)
    array([0.6, 0.8])
    """
    if not max_norm > 0:
        raise ParameterError(f"clip_by_norm: max_norm must be > 0; got {max_norm!r}. Try 1.0.")
    g = gradient.astype(np.float64, copy=False)  # a float32 gradient of 1e20 still has a finite norm
    with np.errstate(over="ignore"):
        norm = float(np.sqrt((g * g).sum()))
    return gradient * (float(max_norm) / norm) if max_norm < norm < np.inf else gradient
