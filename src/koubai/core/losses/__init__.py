"""Losses E: one a file, which holds all that is to be known of it.

A loss looks at one row: the outputs z = φ(u) of the last layer and the target y, both of shape (n_rows, n_outputs);
``rows`` gives one number a row, summed over the outputs. The loss of a set of rows is the weighted mean of them.
``delta`` gives δ^(L) = ∂E/∂u of each row, fused with the output's activation where that is simpler and stable
(sigmoid or softmax with cross-entropy: δ = z - y; lecture slides 57-58).

A file of this folder that defines a subclass of `Loss` with a ``code`` of its own adds a loss.
"""

from collections.abc import Mapping
from typing import Any

from koubai.core.losses.base import Loss
from koubai.core.registry import Registry

__all__ = ["LOSSES", "Loss", "get_loss"]

LOSSES: Registry[Loss] = Registry("loss", Loss, __name__)
"""Every loss by name, in the order of their codes; ``LOSSES.register`` adds one from elsewhere."""


def get_loss(given: str | Loss | Mapping[str, Any], who: str = "loss") -> Loss:
    """Return the loss that a name, an instance, or a stored ``spec()`` stands for.

    Raises
    ------
    ParameterError
        If no loss has that name, or it lacks a named parameter.
    ParameterTypeError
        If ``given`` is none of the three.

    Examples
    --------
    >>> get_loss("huber")
    Huber(threshold=1.0)
    """
    return LOSSES.resolve(given, who)
