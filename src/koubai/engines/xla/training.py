"""Whole epochs on JAX: one compiled function runs as many as it is told, each a scan over the epoch's batches."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P
from jax.typing import ArrayLike

from koubai.core.randomness import SHUFFLE
from koubai.engines.protocol import Plan
from koubai.engines.xla.equations import Followed
from koubai.engines.xla.passes import (
    Held,
    HeldSlots,
    Sums,
    apart,
    clipped,
    in_blocks,
    masks,
    penalized,
    slots_apart,
    slots_together,
    sums,
    together,
    updated,
)
from koubai.engines.xla.placing import AXIS, Data, taken
from koubai.engines.xla.randomness import derive_key, permutation

MOST_RATES = 2**16
"""Approximate number of updates per call."""
MOST_EPOCHS = 1024
SPARE = 2.5
"""A device has room for its mean share of a batch plus this many standard deviations."""

Running: TypeAlias = tuple[Held, HeldSlots, jax.Array, jax.Array]
"""θ, slots, updates done, and the sum of losses, between two updates."""
Given: TypeAlias = tuple[jax.Array, Followed, Followed, Followed]
"""Of an update: the rows, α, and the shares of weight decay and dropout."""


class EpochBlock(NamedTuple):
    """The epochs of a call: α of each update, and the shares of weight decay and dropout, (n_epochs, n_steps) or None.

    The first ``n_epochs`` are run; the rest is padding, so that one compiled function serves calls of any length.
    """

    rates: Followed
    decays: Followed | None
    dropouts: Followed | None
    n_epochs: ArrayLike


class Own(NamedTuple):
    """What a network has for itself: seed, factor of α, and hyperparameters that differ in a population."""

    seed: ArrayLike
    scale: ArrayLike
    changed: dict[str, Followed]


class Progress(NamedTuple):
    """Where a network stands: θ, slots, updates and epochs done, patience, and the losses of this call's epochs.

    Within a call θ and slots are held in parts (see `koubai.engines.xla.passes`). ``patience`` is tolerance, limit,
    best loss and count, as in `koubai.engines.protocol.Patience`.
    """

    theta: Followed
    slots: Followed
    step: Followed
    epoch: Followed
    patience: Followed
    losses: Followed
    ran: Followed
    ended: Followed


@dataclass(frozen=True)
class Setup:
    """All that a compiled function is made for.

    Parameters
    ----------
    plan : Plan
        The plan; its seed does not matter.
    n_rows : int
        Number of rows of an epoch, on all devices.
    longest : int
        Largest number of values in a row of CSR inputs, 0 for dense ones.
    mesh : Mesh or None
        The devices, if there are several.
    in_rounds : bool
        Whether shuffles are made in rounds.
    populated : bool
        Whether many networks train at once.
    """

    plan: Plan
    n_rows: int
    longest: int
    mesh: Mesh | None
    in_rounds: bool
    populated: bool = False

    def _key(self) -> tuple[object, ...]:
        plan = self.plan
        factors = tuple(sorted(plan.factors.rates.items())), tuple(sorted(plan.factors.decays.items()))
        how = (plan.network, plan.optimizer, plan.penalty, self.batch_size, plan.shuffle, plan.clip_norm, *factors)
        return (*how, self.n_rows, self.longest, self.mesh, self.in_rounds, self.populated)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Setup) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    @property
    def batch_size(self) -> int:
        """Rows per update."""
        return min(self.plan.batch_size, self.n_rows)

    @property
    def n_steps(self) -> int:
        """Updates per epoch."""
        return -(-self.n_rows // self.batch_size)

    @property
    def most_epochs(self) -> int:
        """The largest number of epochs of one call."""
        return max(1, min(MOST_EPOCHS, MOST_RATES // self.n_steps))

    @property
    def room(self) -> int:
        """Rows of a batch that a device takes at once: its share and some more, since a batch's rows lie anywhere."""
        if self.mesh is None:
            return self.batch_size
        share = self.batch_size / self.mesh.size
        spread = np.sqrt(share * (1 - 1 / self.mesh.size))
        return min(self.batch_size, int(-(-(share + SPARE * spread) // 8) * 8))


@lru_cache(maxsize=64)
def trainer(setup: Setup) -> Callable[[Progress, Data, EpochBlock, Own], Progress]:
    """Return the compiled function that trains; of a population, each argument but rows and block has a network axis.

    Each device adds up the gradient of its rows of a batch, and one all-reduced vector holds gradient, loss and weight.
    """

    def run(progress: Progress, data: Data, block: EpochBlock, own: Own) -> Progress:
        def more(progress: Progress) -> jax.Array:
            return (progress.ran < block.n_epochs) & ~progress.ended

        held = _in_parts(setup, progress)
        return _whole(lax.while_loop(more, lambda progress: _epoch(setup, progress, data, block, own), held), progress)

    if setup.mesh is not None:
        whole, split = P(), P(AXIS)
        run = jax.shard_map(
            run, mesh=setup.mesh, in_specs=(whole, split, whole, whole), out_specs=whole, check_vma=False
        )
    if setup.populated:
        run = jax.vmap(run, in_axes=(0, None, None, 0))
    return jax.jit(run)


def _in_parts(setup: Setup, progress: Progress) -> Progress:
    """Return the same with θ and slots in parts."""
    network, by_block = setup.plan.network, in_blocks(setup.plan)
    slots = slots_apart(network, [progress.slots[k] for k in range(progress.slots.shape[0])], by_block)
    return progress._replace(theta=apart(network, progress.theta, by_block), slots=slots)


def _whole(progress: Progress, begun: Progress) -> Progress:
    """Return the same with θ and slots as arrays; rules without slots leave those that there were."""
    slots = slots_together(progress.slots)
    return progress._replace(theta=together(progress.theta), slots=jnp.stack(slots) if slots else begun.slots)


def _epoch(setup: Setup, progress: Progress, data: Data, block: EpochBlock, own: Own) -> Progress:
    """Run one epoch, then determine whether it was the last."""
    n, size, n_steps = setup.n_rows, setup.batch_size, setup.n_steps
    if setup.plan.shuffle:
        order = permutation(derive_key(own.seed, SHUFFLE, progress.epoch), n, setup.in_rounds)
    else:
        order = jnp.arange(n, dtype=np.int32)
    order = jnp.concatenate([order, jnp.full(n_steps * size - n, -1, np.int32)]).reshape(n_steps, size)

    def shares(given: Followed | None) -> Followed:
        return jnp.ones(n_steps) if given is None else given[progress.ran]

    def update(state: Running, given: Given) -> tuple[Running, None]:
        theta, slots, step, total = state
        chosen, rate, decay, dropout = given
        found = _batch(setup, theta, data, chosen, own.seed, step, dropout)
        penalty, of_penalty = penalized(setup.plan.network, setup.plan.penalty, theta, found.weight)
        summed = (part + more for part, more in zip(found.gradient, of_penalty, strict=True))
        gradient = clipped(tuple(summed), setup.plan.clip_norm)
        theta, slots = updated(setup.plan, own.changed, theta, gradient, slots, step + 1, rate * own.scale, decay)
        loss = (found.loss.astype(np.float64) + penalty) * (chosen >= 0).sum()
        return (theta, slots, step + 1, total + loss), None

    given = (order, block.rates[progress.ran], shares(block.decays), shares(block.dropouts))
    start = (progress.theta, progress.slots, progress.step, jnp.float64(0))
    (theta, slots, step, total), _ = lax.scan(update, start, given)
    loss = total / n
    tolerance, limit, best, count = progress.patience
    count = jnp.where(loss > best - tolerance, count + 1, 0.0)
    patience = jnp.stack([tolerance, limit, jnp.minimum(best, loss), count])
    losses = progress.losses.at[progress.ran].set(loss)
    finite = jnp.isfinite(loss)
    patience = jnp.where(finite, patience, progress.patience)
    ended = ~finite | (count > limit)
    return Progress(theta, slots, step, progress.epoch + 1, patience, losses, progress.ran + 1, ended)


def _batch(
    setup: Setup, held: Held, data: Data, chosen: jax.Array, seed: ArrayLike, step: jax.Array, dropout: jax.Array
) -> Sums:
    """Return a batch's mean gradient and loss, and its weight, given its rows' numbers among all, -1 for none."""
    network, dtype = setup.plan.network, held[0].dtype
    if setup.mesh is None:
        there, every = chosen >= 0, jnp.arange(len(chosen))
        batch = taken(data, jnp.where(there, chosen, 0), there, setup.longest, network.n_features)
        weight = batch.weights.sum()
        shares = batch._replace(weights=batch.weights / weight)  # cheaper than dividing all gradients
        return sums(network, held, shares, masks(network, seed, step, dropout, every, dtype))._replace(weight=weight)
    assert data.places is not None, "of rows on several devices each device knows where they are"
    own = jnp.where(chosen >= 0, data.places[chosen], -1)
    mine = own >= 0
    room = setup.room
    n_rooms = -(-len(chosen) // room)
    (spots,) = jnp.nonzero(mine, size=n_rooms * room, fill_value=len(chosen))

    def add(number: int, total: Sums) -> Sums:
        some = lax.dynamic_slice(spots, (number * room,), (room,))
        there = some < len(chosen)
        places = jnp.where(there, some, 0)
        batch = taken(data, jnp.where(there, own[places], 0), there, setup.longest, network.n_features)
        found = sums(network, held, batch, masks(network, seed, step, dropout, places, dtype))
        return jax.tree.map(jnp.add, total, found)

    zero = jax.tree.map(jnp.zeros_like, Sums(held, jnp.zeros((), dtype), jnp.zeros((), dtype)))
    found = lax.fori_loop(0, -(-mine.sum() // room), add, zero)
    flat = lax.psum(jnp.concatenate([*found.gradient, jnp.stack([found.loss, found.weight])]), AXIS)
    weight = flat[-1]
    return Sums(apart(network, flat[:-2] / weight, in_blocks(setup.plan)), flat[-2] / weight, weight)
