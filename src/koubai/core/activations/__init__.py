"""Activation functions φ: one a file, which holds all that is to be known of it.

Every class takes a pre-activation ``u`` of shape (n_rows, n_nodes) and gives the activation ``z = φ(u)`` of the
same shape and dtype. ``derivative(u, z)`` is φ'(u) element by element; ``pull_back(u, z, g)`` turns ∂E/∂z into
∂E/∂u, which is ``g · φ'(u)`` for every activation but softmax, whose outputs depend on each other.

A file of this folder that defines a subclass of `Activation` with a ``code`` of its own adds an activation.
"""

from collections.abc import Mapping
from typing import Any

from koubai.core.activations.base import Activation
from koubai.core.errors import Parameter
from koubai.core.registry import Registry

ACTIVATIONS: Registry[Activation] = Registry("activation", Activation, __name__)
"""Every activation by name, in the order of their codes; ``ACTIVATIONS.register`` adds one from elsewhere."""


def get_activation(given: str | Activation | Mapping[str, Any], who: str | Parameter = "activation") -> Activation:
    """Return the activation that a name, an instance, or a stored ``spec()`` stands for.

    Raises
    ------
    ParameterError
        If no activation has that name, or it lacks a named parameter.
    ParameterTypeError
        If ``given`` is none of the three.

    Examples
    --------
    >>> get_activation("relu")
    ReLU()
    >>> get_activation({"name": "leaky_relu", "slope": 0.2})
    LeakyReLU(slope=0.2)
    """
    return ACTIVATIONS.resolve(given, who)
