"""The convolution, as JAX's own (`jax.lax.conv_general_dilated`)."""

import jax
import numpy as np
from tests.kinds.known import KnownLayer, random_map, random_windows

from koubai.core.activations import get_activation
from koubai.core.layers import Convolution


def convolved(layer, blocks, z):
    """Cross-correlation of maps (n, h, w, c) with kernels (h, w, c, filters), and the filters' biases."""
    around = list(zip(layer.windows.before, layer.windows.after, strict=True))
    u = jax.lax.conv_general_dilated(
        z.reshape(-1, *layer.input_shape),
        blocks[0],
        layer.windows.strides,
        "SAME" if layer.padding == "same" else around,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return (u + blocks[1] if layer.bias else u).reshape(len(z), -1)


def make(n_in: int, rng: np.random.Generator) -> Convolution:
    shape = random_map(n_in, rng)
    size, strides, padding = random_windows(shape, rng)
    phi = get_activation(str(rng.choice(["tanh", "sigmoid", "identity"])))
    return Convolution(shape, int(rng.integers(1, 4)), size, strides, padding, phi, bool(rng.integers(2)))


KNOWN = KnownLayer(convolved, make)
