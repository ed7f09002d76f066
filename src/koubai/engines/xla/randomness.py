"""`koubai.core.randomness` on JAX: the same words, shuffles and masks, drawn where the network trains."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike

from koubai.core.randomness import GAMMA, MIX_1, MIX_2

Words: TypeAlias = jax.Array
"""An array of uint64."""

Swaps: TypeAlias = tuple[jax.Array, jax.Array]
"""The order so far, and which swaps are left."""


def mix(x: Words) -> Words:
    """Return SplitMix64's finalizer of each 64-bit word."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(MIX_1)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(MIX_2)
    return x ^ (x >> np.uint64(31))


def derive_key(seed: ArrayLike, *path: ArrayLike) -> Words:
    """Return the key of a stream below a seed, as `koubai.core.randomness.derive_key` does."""
    key = jnp.asarray(seed, np.uint64)
    for part in path:
        key = mix(key + (jnp.asarray(part).astype(np.uint64) + np.uint64(1)) * np.uint64(GAMMA))
    return key


def words(key: Words, numbers: jax.Array) -> Words:
    """Return the words of these numbers, from 0, of a stream."""
    return mix(key + (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(GAMMA))


def uniforms(key: Words, numbers: jax.Array) -> jax.Array:
    """Return numbers in [0, 1) of a stream: the upper 53 bits of its words of these numbers, from 0."""
    return (words(key, numbers) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(key: Words, n: int, in_rounds: bool) -> jax.Array:
    """Return the permutation of 0 … n-1 that `koubai.core.randomness.permutation` returns, int32, (n,).

    Its swaps are made one after the other, or ``in_rounds`` of swaps that do not disturb each other, as an accelerator
    would have them (Shun, Gu, Blelloch, Fineman and Gibbons 2015, "Sequential random permutation, list contraction and
    tree contraction are highly parallel": about log n rounds).
    """
    places = jnp.arange(n, dtype=np.int32)
    halves = words(key, places) >> np.uint64(32)
    partners = ((halves * (places.astype(np.uint64) + np.uint64(1))) >> np.uint64(32)).astype(np.int32)
    return _in_rounds(places, partners) if in_rounds else _in_turn(places, partners)


def _in_turn(order: jax.Array, partners: jax.Array) -> jax.Array:
    """Swap i with its partner for i = n-1 down to 1."""
    n = order.shape[0]

    def swap(k: int, order: jax.Array) -> jax.Array:
        i = n - 1 - k
        j = partners[i]
        a, b = order[i], order[j]
        return order.at[i].set(b).at[j].set(a)

    return lax.fori_loop(0, n - 1, swap, order)


def _in_rounds(order: jax.Array, partners: jax.Array) -> jax.Array:
    """Do the same in rounds: swap i is due once no earlier swap, of a larger i, that touches its two places is left."""
    n = order.shape[0]
    every = jnp.arange(n, dtype=np.int32)

    def again(state: Swaps) -> jax.Array:
        return state[1].any()

    def one_round(state: Swaps) -> Swaps:
        order, left = state
        claims = jnp.full(n + 1, -1, np.int32)
        own = jnp.where(left, every, n)
        claims = claims.at[own].max(every).at[jnp.where(left, partners, n)].max(every)
        due = left & (claims[every] == every) & (claims[partners] == every)
        a, b = order[every], order[partners]
        order = order.at[jnp.where(due, every, n)].set(b, mode="drop")
        order = order.at[jnp.where(due, partners, n)].set(a, mode="drop")
        return order, left & ~due

    found: jax.Array = lax.while_loop(again, one_round, (order, every > 0))[0]
    return found


def shuffles_in_rounds() -> bool:
    """Return whether the devices are accelerators, for which one swap after the other would be slow."""
    return bool(jax.default_backend() != "cpu")
