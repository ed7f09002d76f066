"""The numbers by which kernels know layers, activations, losses and optimizers, and how many parameters each may have.

They follow from what each kind says of itself, and nothing need be compiled to know them.
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
    """Return the number of each kind of the package that has a kernel, by name.

    A kind that somebody has registered is not among them, whatever it brings along: compiled code is kept for
    processes in which that kind may be another one, or none.
    """
    return {name: kind.code for name, kind in registry.items() if registry.is_own(kind) and kind.kernel is not None}


def most_parameters(registry: Registry[Any], codes: Mapping[str, int]) -> int:
    """Return how many parameters have a place with each kind: as many as any has, and one at least."""
    return max(1, *(len(fields(registry[name])) for name in codes))


ACTIVATION_CODES, LOSS_CODES = codes_of(ACTIVATIONS), codes_of(LOSSES)
"""The number of each activation and each loss that is compiled."""
MOST_PARAMETERS, MOST_LOSS_PARAMETERS = (
    most_parameters(registry, codes) for registry, codes in ((ACTIVATIONS, ACTIVATION_CODES), (LOSSES, LOSS_CODES))
)
"""So many parameters have a place with each layer, and with a network's loss."""
LAYER_CODES = {name: kind.code for name, kind in LAYERS.items() if LAYERS.is_own(kind) and kind.code >= 0}
"""The number of each kind of layer that is compiled; registered ones are not."""
LAYERS_AT_ONCE = frozenset({"dense"})
"""The kinds whose large weights plain descent updates without a gradient between: those whose kernels have it."""
OPTIMIZER_CODES = codes_of(OPTIMIZERS)
"""The number of each optimizer's rule that is compiled."""
MOST_HYPERPARAMETERS = most_parameters(OPTIMIZERS, OPTIMIZER_CODES)
"""So many hyperparameters have a place with a rule."""
