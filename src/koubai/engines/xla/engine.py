"""The engine on JAX: converts records, calls compiled functions, and updates the state."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields, replace
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.sharding import Mesh
from scipy.sparse import csr_array

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import WHOLE, Inputs, Patience, Plan, Population, Rows, Share, Shares, State
from koubai.engines.xla.cluster import joined
from koubai.engines.xla.equations import Followed
from koubai.engines.xla.passes import Sums, outputs, penalized, sums
from koubai.engines.xla.placing import AXIS, Data, Placed, place, taken
from koubai.engines.xla.randomness import shuffles_in_rounds
from koubai.engines.xla.training import EpochBlock, Own, Progress, Setup, trainer
from koubai.optimizers.protocol import Optimizer

ROWS_AT_ONCE = 8192
"""Rows per pass when a whole table goes through a network."""


@contextmanager
def settings() -> Iterator[None]:
    """Within the block, let JAX use float64 where requested, and the factors' precision in products."""
    precision = getattr(jax.config, "jax_default_matmul_precision", None) or "highest"
    with jax.enable_x64(True), jax.default_matmul_precision(precision):
        yield


class JaxEngine:
    """Runs whole epochs in functions that JAX compiles for the devices it finds: processors, GPUs, TPUs.

    The first epoch of each shape includes its compilation. Rows stay on the devices from one call of ``run`` to the
    next,
    as long as the same arrays are given, which must not change meanwhile.

    Parameters
    ----------
    devices : sequence of jax.Device, optional
        The devices that share each batch; by default all that JAX has, including those of other processes.

    Examples
    --------
    >>> engine = JaxEngine()
    >>> network = Network.dense((2, 3, 1))
    >>> engine.forward(network, network.initial(np.random.default_rng(0)), np.zeros((4, 2))).shape
    (4, 1)
    """

    name = "jax"

    def __init__(self, devices: Sequence[jax.Device] | None = None) -> None:
        found = list(jax.devices() if devices is None else devices)
        self.mesh = Mesh(np.array(found), (AXIS,)) if len(found) > 1 else None
        own = all(device.process_index == jax.process_index() for device in found)
        self.together = None if own else joined()
        self._kept: tuple[Rows, Placed] | None = None

    def forward(self, network: Network, theta: Array, inputs: Inputs) -> Array:
        """Return the outputs z^(L), (n, n_outputs)."""
        n, found = inputs.shape[0], []
        with settings():
            held = jnp.asarray(theta)
            for start in range(0, n, ROWS_AT_ONCE):
                some = inputs[start : start + ROWS_AT_ONCE]
                x = some.toarray() if isinstance(some, csr_array) else np.asarray(some)
                filled = np.zeros((_next_size(len(x)), x.shape[1]), theta.dtype)
                filled[: len(x)] = x
                found.append(np.asarray(_forward(network)(held, filled))[: len(x)])
        return np.concatenate(found) if found else np.empty((0, network.n_outputs), theta.dtype)

    def loss_and_gradient(self, network: Network, theta: Array, rows: Rows, penalty: Penalty) -> tuple[float, Array]:
        """Return the weighted mean loss plus penalty over all rows, and its gradient (n_parameters,)."""
        if isinstance(rows, Share):
            raise ParameterError("engine 'jax': a gradient must be of rows that one process has; got a share of them.")
        with settings():
            placed = self._placed(rows, theta.dtype, None)
            loss, gradient = _mean(network, penalty, rows.n_rows, placed.longest)(jnp.asarray(theta), placed.data)
            return float(loss), np.array(gradient)

    def run(
        self,
        plan: Plan,
        state: State,
        rows: Rows,
        learning_rates: npt.NDArray[np.float64],
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> npt.NDArray[np.float64]:
        """Train whole epochs, modifying ``state`` in place; see `koubai.engines.protocol.Engine.run`."""
        with settings(), nullcontext() if self.together is None else self.together.explained():
            self._check_same(plan, state, rows)
            placed = self._placed(rows, state.theta.dtype, self.mesh)
            setup = Setup(plan, rows.n_rows, placed.longest, placed.mesh, shuffles_in_rounds())
            own = Own(np.uint64(plan.seed), np.float64(1), {})
            progress = _begun(setup, state.theta, state.slots, state.step, state.epoch, patience)
            losses, progress = _run(setup, progress, placed, learning_rates, shares, own)
            state.theta, state.slots = np.array(progress.theta), np.array(progress.slots)
        state.step += len(losses) * learning_rates.shape[1]
        state.epoch += len(losses)
        if patience is not None:
            patience.best, patience.count = float(progress.patience[2]), int(progress.patience[3])
        return losses

    def run_population(
        self,
        plan: Plan,
        population: Population,
        rows: Rows,
        rates: npt.NDArray[np.float64],
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> npt.NDArray[np.float64]:
        """Train all networks at once; see `koubai.engines.protocol.PopulationEngine.run_population`.

        Networks with optimizers of the same kind train together, whatever their hyperparameters.
        """
        losses = np.full((len(population.thetas), len(rates)), np.nan)
        with settings():
            placed = self._placed(rows, population.thetas.dtype, None)
            for members in _of_one_kind(population.optimizers):
                rule, changed = _common(plan, [population.optimizers[member] for member in members])
                setup = Setup(
                    replace(plan, optimizer=rule), rows.n_rows, placed.longest, None, shuffles_in_rounds(), True
                )
                own = Own(population.seeds[members], population.learning_rates[members], changed)
                thetas = population.thetas[members]
                slots = np.zeros((len(members), rule.n_slots, thetas.shape[1]), thetas.dtype)
                begun = _begun(setup, thetas[0], slots[0], 0, 0, patience)
                many = Progress(*(jnp.broadcast_to(part, (len(members), *jnp.shape(part))) for part in begun))
                many = many._replace(theta=jnp.asarray(thetas), slots=jnp.asarray(slots))
                found, many = _run(setup, many, placed, rates, shares, own)
                losses[members, : found.shape[1]] = found
                population.thetas[members] = np.asarray(many.theta)
        return losses

    def _check_same(self, plan: Plan, state: State, rows: Rows) -> None:
        """Check that all processes start alike, when rows are new."""
        if self.together is None or (self._kept is not None and _same(self._kept[0], rows)):
            return
        where = f"{state.step} {state.epoch} {plan.seed} {plan.batch_size} {rows.n_rows}".encode()
        of_rows = (
            repr(rows.counts).encode() if isinstance(rows, Share) else np.ascontiguousarray(rows.targets).tobytes()
        )
        self.together.check_same(
            {"state of training": where + state.theta.tobytes() + state.slots.tobytes(), "rows": of_rows}
        )

    def _placed(self, rows: Rows, dtype: jax.typing.DTypeLike, mesh: Mesh | None) -> Placed:
        """Return the rows on the devices, where they stay until other rows arrive."""
        if self._kept is not None and self._kept[1].mesh is mesh and _same(self._kept[0], rows):
            return self._kept[1]
        self._kept = None  # free the old rows before placing the new ones
        placed = place(rows, mesh, dtype)
        self._kept = (rows, placed)
        return placed


def _same(one: Rows, other: Rows) -> bool:
    """Return whether rows are the same arrays."""
    return all(getattr(one, field.name) is getattr(other, field.name) for field in fields(Rows))


def _next_size(n: int) -> int:
    """Return the next power of 2 from 8 on, so that few sizes are compiled."""
    return max(8, 1 << (n - 1).bit_length())


@lru_cache(maxsize=64)
def _forward(network: Network) -> Callable[[Followed, Followed], jax.Array]:
    return jax.jit(lambda theta, inputs: outputs(network, theta, inputs))


@lru_cache(maxsize=64)
def _mean(
    network: Network, penalty: Penalty, n_rows: int, longest: int
) -> Callable[[jax.Array, Data], tuple[jax.Array, jax.Array]]:
    """Return the compiled function from θ and rows to the mean loss and its gradient."""
    size = min(n_rows, ROWS_AT_ONCE)

    def mean(theta: jax.Array, data: Data) -> tuple[jax.Array, jax.Array]:
        def add(number: int, total: Sums) -> Sums:
            places = number * size + jnp.arange(size)
            there = places < n_rows
            batch = taken(data, jnp.where(there, places, 0), there, longest, network.n_features)
            return jax.tree.map(jnp.add, total, sums(network, (theta,), batch))

        zero = jnp.zeros((), theta.dtype)
        begun = Sums((jnp.zeros_like(theta),), zero, zero)
        (gradient,), loss, weight = jax.lax.fori_loop(0, -(-n_rows // size), add, begun)
        value, (of_penalty,) = penalized(network, penalty, (theta,), weight)
        return loss.astype(np.float64) / weight + value, gradient / weight + of_penalty

    return jax.jit(mean)


def _begun(setup: Setup, theta: Array, slots: Array, step: int, epoch: int, patience: Patience | None) -> Progress:
    """Return the progress at the start of a call."""
    waiting = Patience(0.0, np.inf) if patience is None else patience
    numbers = np.array([waiting.tolerance, waiting.limit, waiting.best, waiting.count], np.float64)
    losses = np.full(setup.most_epochs, np.nan)
    # a plain int has no dtype of its own in JAX, so that β ** step does not turn float32 rules into float64
    return Progress(theta, slots, int(step), np.int64(epoch), numbers, losses, np.int64(0), np.bool_(False))


def _run(
    setup: Setup, progress: Progress, placed: Placed, rates: npt.NDArray[np.float64], shares: Shares, own: Own
) -> tuple[npt.NDArray[np.float64], Progress]:
    """Run all epochs, in as many calls as it takes; return their losses, the last axis being epochs."""
    run, most = trainer(setup), setup.most_epochs
    # arrays of many devices cannot be used in NumPy's computations
    blank, none = np.asarray(progress.losses), np.asarray(progress.ran)
    found = []
    for start in range(0, len(rates), most):
        n_epochs = min(most, len(rates) - start)

        def filled(given: npt.NDArray[np.float64], start: int = start) -> npt.NDArray[np.float64]:
            some = np.zeros((most, setup.n_steps))
            some[: len(given[start : start + most])] = given[start : start + most]
            return some

        decays, dropouts = (None if given is None else filled(given) for given in (shares.decay, shares.dropout))
        block = EpochBlock(filled(rates), decays, dropouts, np.int64(n_epochs))
        progress = run(progress._replace(losses=blank, ran=none), placed.data, block, own)
        losses = np.asarray(progress.losses)[..., :n_epochs]
        ended = np.asarray(progress.ended)
        found.append(losses if setup.populated else losses[: int(progress.ran)])
        if ended.all():
            break
    return np.concatenate(found, axis=-1), progress


def _of_one_kind(rules: Sequence[Optimizer]) -> list[list[int]]:
    """Return the places of rules of each class."""
    kinds: dict[type, list[int]] = {}
    for place_, rule in enumerate(rules):
        kinds.setdefault(type(rule), []).append(place_)
    return list(kinds.values())


def _common(plan: Plan, rules: list[Optimizer]) -> tuple[Optimizer, dict[str, Followed]]:
    """Return one of the rules, and the numbers in which they differ, (n_rules,) each."""
    changed = {}
    for field in fields(rules[0]):
        values = [getattr(rule, field.name) for rule in rules]
        if any(value != values[0] for value in values):
            changed[field.name] = np.array(values, np.float64)
    return rules[0], changed
