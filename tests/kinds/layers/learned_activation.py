"""The learned mixture of a number and its activation."""

from tests.kinds.known import KNOWN_ACTIVATIONS, KnownLayer

from koubai.core.activations import get_activation
from koubai.core.layers import LearnedActivation


def mixture(layer, blocks, z):
    """(1 - α) z + α φ(z)."""
    given = {key: value for key, value in layer.within.spec().items() if key != "name"}
    return (1 - blocks[0]) * z + blocks[0] * KNOWN_ACTIVATIONS[layer.within.name].jax(z, **given)


KNOWN = KnownLayer(
    mixture,
    lambda n_in, rng: LearnedActivation(n_in, get_activation(str(rng.choice(["tanh", "mish", "sigmoid"])))),
)
