"""The fully connected layer whose sums are divided by √n_in."""

import numpy as np
from tests.kinds.known import KnownLayer

from koubai.core.activations import get_activation
from koubai.core.layers import NTKDense


def weighted_sums(layer, blocks, z):
    """z W / √n + b."""
    u = z @ blocks[0] / np.sqrt(layer.n_in)
    return u + blocks[1] if layer.bias else u


def make(n_in, rng):
    phi = get_activation(str(rng.choice(["tanh", "sigmoid", "softmax", "identity"])))
    return NTKDense(n_in, int(rng.integers(1, 6)), phi, bool(rng.integers(2)))


KNOWN = KnownLayer(weighted_sums, make)
