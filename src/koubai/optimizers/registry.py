"""Optimizers by name: one a file of this folder, which holds all that is to be known of it.

A file that defines a subclass of `Optimizer` with a ``code`` of its own adds an optimizer.
"""

from collections.abc import Mapping
from typing import Any

from koubai import optimizers
from koubai.core.errors import Parameter
from koubai.core.registry import Registry
from koubai.optimizers.protocol import Optimizer

OPTIMIZERS: Registry[Optimizer] = Registry("optimizer", Optimizer, optimizers.__name__)
"""Every optimizer by name, in the order of their codes; ``OPTIMIZERS.register`` adds one from elsewhere."""


def get_optimizer(given: "str | Optimizer | Mapping[str, Any]", who: str | Parameter = "optimizer") -> Optimizer:
    """Return the optimizer that a name, an instance, or a stored ``spec()`` stands for.

    Raises
    ------
    ParameterError
        If no optimizer has that name, it lacks a named parameter, or a parameter is out of range.
    ParameterTypeError
        If ``given`` is none of the three.

    Examples
    --------
    >>> get_optimizer("nag")
    Nesterov(momentum=0.9)
    >>> get_optimizer({"name": "adam", "beta_1": 0.5})
    Adam(beta_1=0.5, beta_2=0.999, epsilon=1e-08)
    """
    return OPTIMIZERS.resolve(given, who)
