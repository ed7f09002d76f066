"""Gradient clipping by norm."""

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError


def clip_by_norm(gradient: Array, max_norm: float) -> Array:
    """Return g · (max_norm / ‖g‖₂ if ‖g‖₂ > max_norm, else 1) (Pascanu, Mikolov and Bengio 2013, Algorithm 1).

    ``optax.clip_by_global_norm`` is the same; ``torch.nn.utils.clip_grad_norm_`` divides by ‖g‖₂ + 1e-6, and so ends
    slightly below ``max_norm``. The norm is over all parameters together. A non-finite gradient is left unchanged, so
    that divergence is not hidden as zeros.

    Parameters
    ----------
    gradient : any shape
        g.
    max_norm : float
        Maximum Euclidean norm, > 0, in units of g.

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
