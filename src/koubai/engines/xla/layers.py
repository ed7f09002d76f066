"""Layers for which JAX has an operation of its own, or whose equations change arrays in place; others need nothing."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from koubai.core.layers import AveragePooling, Convolution, MaxPooling, PeriodicEmbedding
from koubai.core.layers.base import Layer
from koubai.engines.xla.equations import OnJax, computed

Blocks: TypeAlias = tuple[jax.Array, ...]
"""A layer's parameters."""
Back: TypeAlias = Callable[[jax.Array], tuple[Blocks, jax.Array]]
"""From δ to ∂E/∂parameters, block by block, and ∂E/∂z."""

Windowed: TypeAlias = Convolution | MaxPooling | AveragePooling


def _periodic_embedding(layer: PeriodicEmbedding, blocks: Blocks, z: jax.Array) -> jax.Array:
    """Return u = (z, Σ_k v_qk cos(2π f_k z_j + c_k) + b_q)."""
    places = np.array(layer.places)
    angles = z.dtype.type(2 * np.pi) * blocks[0] * z[:, places, None] + blocks[1]
    mixed = jnp.einsum("ndk,dqk->ndq", jnp.cos(angles), blocks[2]) + blocks[3]
    return jnp.concatenate([z, mixed.reshape(len(z), -1)], axis=1)


def _around(layer: Windowed) -> list[tuple[int, int]]:
    """Return the padding of a layer's windows: above and below, to the left and right."""
    return list(zip(layer.windows.before, layer.windows.after, strict=True))


def _convolution(layer: Convolution, blocks: Blocks, z: jax.Array) -> jax.Array:
    """Return u_yxf = b_f + Σ_abc w_abcf z_(y+a, x+b, c)."""
    u = jax.lax.conv_general_dilated(
        z.reshape(-1, *layer.input_shape),
        blocks[0],
        layer.windows.strides,
        _around(layer),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return (u + blocks[1] if layer.bias else u).reshape(len(z), -1)


def _reduced(
    layer: Windowed, z: jax.Array, start: float, take: Callable[[jax.Array, jax.Array], jax.Array]
) -> jax.Array:
    """Return the windows of maps z (n, height, width, channels), each reduced to one number a channel."""
    size, strides = (1, *layer.windows.size, 1), (1, *layer.windows.strides, 1)
    return jax.lax.reduce_window(z, z.dtype.type(start), take, size, strides, [(0, 0), *_around(layer), (0, 0)])


def _max_pooling(layer: MaxPooling, blocks: Blocks, z: jax.Array) -> jax.Array:
    """Return u_yxc = max_ab z."""
    return _reduced(layer, z.reshape(-1, *layer.input_shape), -np.inf, jax.lax.max).reshape(len(z), -1)


def _average_pooling(layer: AveragePooling, blocks: Blocks, z: jax.Array) -> jax.Array:
    """Return u_yxc = Σ_ab z / m over the m cells of the map in the window."""
    maps = z.reshape(-1, *layer.input_shape)
    counts = _reduced(layer, jnp.ones((1, *layer.input_shape), z.dtype), 0.0, jax.lax.add)
    return (_reduced(layer, maps, 0.0, jax.lax.add) / counts).reshape(len(z), -1)


FORWARD: Mapping[str, Callable[..., jax.Array]] = {
    PeriodicEmbedding.name: _periodic_embedding,
    Convolution.name: _convolution,
    MaxPooling.name: _max_pooling,
    AveragePooling.name: _average_pooling,
}
"""u from a layer, its blocks and z, by the layer's name; what comes back follows by automatic differentiation."""


def passed(layer: Layer, blocks: Blocks, z: jax.Array) -> tuple[jax.Array, Back]:
    """Return u of a layer, and the function that takes δ back."""
    own = FORWARD.get(layer.name)
    if own is not None:
        u, back = jax.vjp(lambda blocks, z: own(layer, blocks, z), blocks, z)
        return u, back
    on_jax = OnJax(layer)
    return computed(on_jax, "forward", blocks, z), lambda delta: (
        computed(on_jax, "gradient", blocks, z, delta),
        computed(on_jax, "to_sources", blocks, z, delta),
    )
