"""The fully connected layer."""

from tests.kinds.known import KnownLayer

from koubai.core.activations import get_activation
from koubai.core.layers import Dense


def weighted_sums(layer, blocks, z):
    """z W + b."""
    return z @ blocks[0] + blocks[1] if layer.bias else z @ blocks[0]


def make(n_in, rng):
    phi = get_activation(str(rng.choice(["tanh", "sigmoid", "softmax", "identity"])))
    return Dense(n_in, int(rng.integers(1, 6)), phi, bias=bool(rng.integers(2)))


KNOWN = KnownLayer(weighted_sums, make)
