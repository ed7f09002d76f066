"""The codes by which kernels identify layers, activations, losses and optimizers, and the number of parameters of each.

They follow from each kind's own definition; knowing them needs no compilation.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from koubai.core.activations import ACTIVATIONS
from koubai.core.layers import LAYERS
from koubai.core.losses import LOSSES
from koubai.core.registry import Registry
from koubai.optimizers.registry import OPTIMIZERS


def codes_of(registry: Registry[Any]) -> dict[str, int]:
    """Return the code of each kind of the package that has a kernel, by name.

    A registered kind of a user's is never among them: compiled code is kept for other processes, where that name may
    mean another kind, or none.
    """
    return {name: kind.code for name, kind in registry.items() if registry.is_own(kind) and kind.kernel is not None}


def most_parameters(registry: Registry[Any], codes: Mapping[str, int]) -> int:
    """Return the number of places for parameters: the most that any kind has, at least one."""
    return max(1, *(len(fields(registry[name])) for name in codes))


ACTIVATION_CODES, LOSS_CODES = codes_of(ACTIVATIONS), codes_of(LOSSES)
"""Codes of the compiled activations and losses."""
MOST_PARAMETERS, MOST_LOSS_PARAMETERS = (
    most_parameters(registry, codes) for registry, codes in ((ACTIVATIONS, ACTIVATION_CODES), (LOSSES, LOSS_CODES))
)
"""Places for the parameters of each layer's activation, and of the loss."""
LAYER_CODES = {name: kind.code for name, kind in LAYERS.items() if LAYERS.is_own(kind) and kind.code >= 0}
"""Codes of the compiled kinds of layer; registered ones have none."""
LAYERS_AT_ONCE = frozenset({"dense"})
"""The kinds whose large weights plain descent updates without storing a gradient: those with a kernel for it."""
OPTIMIZER_CODES = codes_of(OPTIMIZERS)
"""Codes of the compiled optimizers."""
MOST_HYPERPARAMETERS = most_parameters(OPTIMIZERS, OPTIMIZER_CODES)
"""Places for an optimizer's hyperparameters."""
