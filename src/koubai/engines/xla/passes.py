"""One batch on JAX: forward, loss, backward, and the update; the steps of `koubai.engines.reference.trace_step`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.randomness import DROPOUT
from koubai.engines.protocol import Plan
from koubai.engines.xla.equations import OnJax, computed
from koubai.engines.xla.layers import passed
from koubai.engines.xla.randomness import derive_key, uniforms
from koubai.optimizers.protocol import Optimizer


class Batch(NamedTuple):
    """Rows: inputs (n, n_features), targets (n, n_outputs), and weights (n,), 0 for rows that only fill up."""

    inputs: Any
    targets: Any
    weights: Any


class Sums(NamedTuple):
    """What rows add to a batch: weighted gradients (n_parameters,) and losses, and weights, each summed."""

    gradient: Any
    loss: Any
    weight: Any


def outputs(network: Network, theta: Any, inputs: Any) -> Any:
    """Return z^(L), (n, n_outputs)."""
    z = inputs
    for index, layer in enumerate(network.layers):
        u, _ = passed(layer, network.blocks(theta, index), z)
        z = computed(OnJax(layer.activation), "value", u)
    return z


def masks(network: Network, seed: Any, step: Any, share: Any, places: Any, dtype: Any) -> list[Any]:
    """Return each layer's dropout mask of the rows at these places of a batch; None without dropout."""
    found: list[Any] = []
    for index, layer in enumerate(network.layers):
        if not layer.dropout:
            found.append(None)
            continue
        rate = layer.dropout * share
        numbers = places[:, None].astype(np.uint64) * np.uint64(layer.n_out) + jnp.arange(layer.n_out, dtype=np.uint64)
        kept = uniforms(derive_key(seed, DROPOUT, step, index), numbers) >= rate
        found.append((kept / (1 - rate)).astype(dtype))
    return found


def sums(network: Network, theta: Any, batch: Batch, dropped: Sequence[Any] | None = None) -> Sums:
    """Return what rows add to the batch's gradient and loss, by one pass forward and one back."""
    dropped = dropped or [None] * len(network.layers)
    z, seen = batch.inputs, []
    for index, layer in enumerate(network.layers):
        activation = OnJax(layer.activation)
        u, back = passed(layer, network.blocks(theta, index), z)
        z = computed(activation, "value", u)
        seen.append((activation, u, z, back))
        z = z if dropped[index] is None else z * dropped[index]
    activation, u, z, _ = seen[-1]
    loss = OnJax(network.loss)
    losses = computed(loss, "rows", activation, u, z, batch.targets)
    delta = computed(loss, "delta", activation, u, z, batch.targets) * batch.weights[:, None]
    gradients: list[Any] = []
    for index in range(len(network.layers) - 1, -1, -1):
        of_blocks, g = seen[index][3](delta)
        gradients = [jnp.ravel(block) for block in of_blocks] + gradients
        if index:
            activation, u, z, _ = seen[index - 1]
            g = g if dropped[index - 1] is None else g * dropped[index - 1]
            delta = computed(activation, "pull_back", u, z, g)
    gradient = jnp.concatenate(gradients) if gradients else jnp.zeros_like(theta)
    return Sums(gradient.astype(theta.dtype), (batch.weights * losses).sum(), batch.weights.sum())


def penalized(network: Network, penalty: Penalty, theta: Any, weight: Any) -> tuple[Any, Any]:
    """Return P(θ), and its gradient or 0, of a batch of this weight."""
    if not penalty.l1 and not penalty.l2:
        return 0.0, 0.0
    share = 1 / weight.astype(np.float64) if penalty.per_row else jnp.float64(1)
    l1, l2 = (strength * share for strength in (penalty.l1, penalty.l2))
    weights = jnp.where(network.is_weight, theta, 0)
    value = l1 * jnp.abs(weights).sum() + 0.5 * l2 * (weights * weights).sum()
    return value, l1.astype(theta.dtype) * jnp.sign(weights) + l2.astype(theta.dtype) * weights


def clipped(gradient: Any, most: float) -> Any:
    """Return g, shortened to the norm ``most`` if it is longer, finite, and ``most`` is not 0."""
    if not most:
        return gradient
    wide = gradient.astype(np.float64)
    norm = jnp.sqrt((wide * wide).sum())
    factor = jnp.where((most < norm) & (norm < np.inf), most / norm, 1.0)
    return gradient * factor.astype(gradient.dtype)


def updated(
    plan: Plan, changed: dict[str, Any], theta: Any, gradient: Any, slots: Any, t: Any, rate: Any, decay: Any
) -> tuple[Any, Any]:
    """Return θ and slots after update t, from 1; ``decay`` is the share of λ, ``changed`` other hyperparameters."""
    if plan.factors.are_one:
        return _stepped(plan.optimizer, changed, theta, gradient, slots, t, rate, decay)
    thetas, slotses = [], []
    for block, start, stop in (span for spans in plan.network.spans for span in spans):
        of_rate, of_decay = plan.factors.of(block)
        own = (theta[start:stop], gradient[start:stop], slots[:, start:stop], t, rate * of_rate, decay * of_decay)
        after, slots_after = _stepped(plan.optimizer, changed, *own)
        thetas.append(after)
        slotses.append(slots_after)
    return jnp.concatenate(thetas), jnp.concatenate(slotses, axis=1)


def _stepped(
    rule: Optimizer, changed: dict[str, Any], theta: Any, gradient: Any, slots: Any, t: Any, rate: Any, decay: Any
) -> tuple[Any, Any]:
    changed = {name: value.astype(theta.dtype) for name, value in changed.items()}
    if rule.decay:
        strength = changed.get(rule.decay, getattr(rule, rule.decay))
        changed[rule.decay] = jnp.asarray(strength * decay).astype(theta.dtype)
    after, slots_after = computed(
        OnJax(rule, **changed), "step", theta, gradient, slots, t, jnp.asarray(rate).astype(theta.dtype)
    )
    return after.astype(theta.dtype), slots_after.astype(theta.dtype)
