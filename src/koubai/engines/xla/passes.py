"""One batch on JAX: forward, loss, backward, and the update; the steps of `koubai.engines.reference.trace_step`.

θ and what goes with it are *held* in parts: a tuple with one vector, or with one for each block of the network.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.typing import ArrayLike

from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.randomness import DROPOUT
from koubai.engines.protocol import Plan
from koubai.engines.xla.equations import Followed, OnJax, computed
from koubai.engines.xla.layers import passed
from koubai.engines.xla.randomness import derive_key, uniforms
from koubai.optimizers.protocol import Optimizer

Held: TypeAlias = tuple[Followed, ...]
"""Vectors that make up θ, or a gradient."""
HeldSlots: TypeAlias = tuple[Held, ...]
"""The slots of each part of θ, one vector each."""
Numbers: TypeAlias = jax.Array | npt.NDArray[np.float64]
"""Numbers of a call, which JAX follows or takes as they are."""
WORTH_PARTING = 2**15
"""Number of parameters above which θ is held block by block. Joining blocks reads and writes all of them several times
per update; small ones cost less as a single vector, which needs one operation instead of one per block."""


class Batch(NamedTuple):
    """Rows: inputs (n, n_features), targets (n, n_outputs), and weights (n,), 0 for padding rows."""

    inputs: jax.Array
    targets: jax.Array
    weights: jax.Array


class Sums(NamedTuple):
    """What rows add to a batch: weighted gradients, held as θ is, losses, and weights, each summed."""

    gradient: Held
    loss: jax.Array
    weight: jax.Array


def in_blocks(plan: Plan) -> bool:
    """Return whether θ is held block by block in training; the rule must treat each parameter by itself."""
    return plan.optimizer.kernel is not None and plan.network.n_parameters >= WORTH_PARTING


def apart(network: Network, flat: jax.Array, by_block: bool) -> Held:
    """Return θ, or rows of vectors like it, (…, n_parameters), in parts."""
    if not by_block:
        return (flat,)
    return tuple(flat[..., start:stop] for _, start, stop in chain(*network.spans))


def together(held: Held) -> jax.Array:
    """Return what is held in parts as one array."""
    return held[0] if len(held) == 1 else jnp.concatenate(held, axis=-1)


def slots_apart(network: Network, slots: Sequence[jax.Array], by_block: bool) -> HeldSlots:
    """Return slots, each a vector like θ, in parts."""
    parts = [apart(network, slot, by_block) for slot in slots]
    return tuple(zip(*parts, strict=True)) if parts else ((),) * (len(tuple(chain(*network.spans))) if by_block else 1)


def slots_together(slots: HeldSlots) -> tuple[jax.Array, ...]:
    """Return each slot as one vector."""
    return tuple(together(slot) for slot in zip(*slots, strict=True))


def shaped(network: Network, held: Held) -> list[Held]:
    """Return each layer's blocks in their shapes."""
    if len(held) == 1:
        return [network.blocks(held[0], index) for index in range(len(network.layers))]
    parts = iter(held)
    return [tuple(next(parts).reshape(span.block.shape) for span in spans) for spans in network.spans]


def outputs(network: Network, theta: Followed, inputs: jax.Array) -> jax.Array:
    """Return z^(L), (n, n_outputs)."""
    z = inputs
    for index, layer in enumerate(network.layers):
        blocks: Held = network.blocks(theta, index)
        u, _ = passed(layer, blocks, z)
        z = computed(OnJax(layer.activation), "value", u)
    return z


def masks(
    network: Network, seed: ArrayLike, step: ArrayLike, share: ArrayLike, places: jax.Array, dtype: jax.typing.DTypeLike
) -> list[jax.Array | None]:
    """Return each layer's dropout mask of the rows at these places of a batch; None without dropout."""
    found: list[jax.Array | None] = []
    for index, layer in enumerate(network.layers):
        if not layer.dropout:
            found.append(None)
            continue
        rate = layer.dropout * share
        numbers = places[:, None].astype(np.uint64) * np.uint64(layer.n_out) + jnp.arange(layer.n_out, dtype=np.uint64)
        kept = uniforms(derive_key(seed, DROPOUT, step, index), numbers) >= rate
        found.append((kept / (1 - rate)).astype(dtype))
    return found


def sums(network: Network, held: Held, batch: Batch, dropped: Sequence[jax.Array | None] | None = None) -> Sums:
    """Return what rows add to the batch's gradient and loss, by one pass forward and one back."""
    dropped = dropped or [None] * len(network.layers)
    blocks = shaped(network, held)
    z, seen = batch.inputs, []
    for index, layer in enumerate(network.layers):
        activation = OnJax(layer.activation)
        u, back = passed(layer, blocks[index], z)
        z = computed(activation, "value", u)
        seen.append((activation, u, z, back))
        mask = dropped[index]
        z = z if mask is None else z * mask
    activation, u, z, _ = seen[-1]
    loss = OnJax(network.loss)
    losses = computed(loss, "rows", activation, u, z, batch.targets)
    delta = computed(loss, "delta", activation, u, z, batch.targets) * batch.weights[:, None]
    gradients: list[jax.Array] = []
    for index in range(len(network.layers) - 1, -1, -1):
        of_blocks, g = seen[index][3](delta)
        gradients = [jnp.ravel(block).astype(held[0].dtype) for block in of_blocks] + gradients
        if index:
            activation, u, z, _ = seen[index - 1]
            mask = dropped[index - 1]
            g = g if mask is None else g * mask
            delta = computed(activation, "pull_back", u, z, g)
    gradient = tuple(gradients) if len(gradients) == len(held) else (jnp.concatenate(gradients),)
    return Sums(gradient, (batch.weights * losses).sum(), batch.weights.sum())


def penalized(
    network: Network, penalty: Penalty, held: Held, weight: jax.Array
) -> tuple[jax.Array | float, tuple[jax.Array | float, ...]]:
    """Return P(θ), and its gradient, of a batch of this weight; without a penalty, numbers 0."""
    value: jax.Array | float = 0.0
    found: list[jax.Array | float] = [0.0] * len(held)
    if not penalty.l1 and not penalty.l2:
        return value, tuple(found)
    share = 1 / weight.astype(np.float64) if penalty.per_row else jnp.float64(1)
    l1, l2 = (strength * share for strength in (penalty.l1, penalty.l2))
    masks: Sequence[bool | npt.NDArray[np.bool_]] = (
        [network.is_weight] if len(held) == 1 else [span.block.penalized for span in chain(*network.spans)]
    )
    for place, (part, mask) in enumerate(zip(held, masks, strict=True)):
        if np.any(mask):
            weights = part if np.all(mask) else jnp.where(mask, part, 0)
            value += l1 * jnp.abs(weights).sum() + 0.5 * l2 * (weights * weights).sum()
            found[place] = l1.astype(part.dtype) * jnp.sign(weights) + l2.astype(part.dtype) * weights
    return value, tuple(found)


def clipped(gradient: Held, most: float) -> Held:
    """Return g, shortened to the norm ``most`` if it is longer, finite, and ``most`` is not 0."""
    if not most:
        return gradient
    norm = jnp.sqrt(sum((part.astype(np.float64) ** 2).sum() for part in gradient))
    factor = jnp.where((most < norm) & (norm < np.inf), most / norm, 1.0)
    return tuple(part * factor.astype(part.dtype) for part in gradient)


def updated(
    plan: Plan,
    changed: dict[str, jax.Array],
    held: Held,
    gradient: Held,
    slots: HeldSlots,
    t: ArrayLike,
    rate: Numbers,
    decay: Numbers,
) -> tuple[Held, HeldSlots]:
    """Return θ and slots after update t, from 1; ``decay`` is the share of λ, ``changed`` other hyperparameters."""
    spans = tuple(chain(*plan.network.spans))
    if len(held) == 1 < len(spans) and not plan.factors.are_one:  # groups with other rates divide the vector
        thetas, gradients = (apart(plan.network, vector, True) for vector in (held[0], gradient[0]))
        of_blocks = slots_apart(plan.network, slots[0], True)
        after, slots_after = updated(plan, changed, thetas, gradients, of_blocks, t, rate, decay)
        return (together(after),), (slots_together(slots_after),)
    factors = [plan.factors.of(span.block) for span in spans] if len(held) == len(spans) else [(1.0, 1.0)]
    found = [
        _stepped(plan.optimizer, changed, part, g, own, t, rate * of_rate, decay * of_decay)
        for part, g, own, (of_rate, of_decay) in zip(held, gradient, slots, factors, strict=True)
    ]
    return tuple(theta for theta, _ in found), tuple(of_theta for _, of_theta in found)


def _stepped(
    rule: Optimizer,
    changed: dict[str, jax.Array],
    theta: jax.Array,
    gradient: jax.Array,
    slots: Held,
    t: ArrayLike,
    rate: Numbers,
    decay: Numbers,
) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    changed = {name: value.astype(theta.dtype) for name, value in changed.items()}
    if rule.decay:
        strength = changed.get(rule.decay, getattr(rule, rule.decay))
        changed[rule.decay] = jnp.asarray(strength * decay).astype(theta.dtype)
    stacked = jnp.stack(slots) if slots else jnp.zeros((0, theta.size), theta.dtype)
    after, slots_after = computed(
        OnJax(rule, **changed), "step", theta, gradient, stacked, t, jnp.asarray(rate).astype(theta.dtype)
    )
    return after.astype(theta.dtype), tuple(slots_after[k].astype(theta.dtype) for k in range(len(slots)))
