"""Training of many networks by the workers of an executor: local processes, or those of Dask, MPI, loky or Ray."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import ParameterTypeError
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import (
    WHOLE,
    Engine,
    Inputs,
    Patience,
    Plan,
    Population,
    PopulationEngine,
    Rows,
    Shares,
    State,
)
from koubai.engines.registry import ENGINES, get_engine

Item = TypeVar("Item")
Result = TypeVar("Result")


def check_executor(executor: object, who: str) -> None:
    """Raise ParameterTypeError unless it is an executor or None."""
    if executor is not None and not isinstance(executor, Executor) and not hasattr(executor, "submit"):
        raise ParameterTypeError(
            who=who,
            parameter="executor",
            required="be a concurrent.futures.Executor or None",
            got=type(executor).__name__,
            remedy="Try ProcessPoolExecutor(), or client.get_executor() of Dask.",
        )


def n_workers(executor: Executor) -> int:
    """Return the number of an executor's workers, as far as it says, else that of this machine's processors."""
    client = getattr(executor, "_client", None)  # Dask's
    if client is not None:
        return max(1, sum(client.ncores().values()))
    for name in ("_max_workers", "num_workers"):  # those of concurrent.futures and loky, and of MPI
        found = getattr(executor, name, None)
        if isinstance(found, int) and found > 0:
            return found
    return os.cpu_count() or 1


def shared_out(
    executor: Executor, function: Callable[..., Result], items: Sequence[Item], *shared: object
) -> list[tuple[slice, Result]]:
    """Return a function's results for the items, in as many parts as there are workers, each with its position.

    Parameters
    ----------
    executor : Executor
        The workers.
    function : callable
        Takes a part of the items, and the shared data.
    items, shared
        Its arguments. Each worker gets one part, and so the shared data only once.
    """
    n = min(n_workers(executor), len(items))
    places = [slice(len(items) * k // n, len(items) * (k + 1) // n) for k in range(n)]
    futures = [executor.submit(function, items[place], *shared) for place in places]
    try:
        return [(place, future.result()) for place, future in zip(places, futures, strict=True)]
    except BaseException:
        for future in futures:
            future.cancel()
        raise


@contextmanager
def threads_of_a_block(n_threads: int) -> Iterator[Executor]:
    """Give threads to a block; what they have not begun when it ends, by an error or not, they never begin."""
    with ThreadPoolExecutor(n_threads) as threads:
        try:
            yield threads
        finally:
            threads.shutdown(cancel_futures=True)


class SpreadEngine:
    """An engine whose populations are trained by the workers of an executor; it trains single networks here.

    Each network follows its own path, so results do not depend on how they are distributed.

    Parameters
    ----------
    engine : Engine
        The engine, in the workers too, in which koubai must be installed.
    executor : Executor
        The workers.
    n_jobs : int
        Number of threads of each worker.
    """

    def __init__(self, engine: Engine, executor: Executor, n_jobs: int = 1) -> None:
        self.engine, self.executor, self.n_jobs = engine, executor, n_jobs
        self.name, self.at_a_time = engine.name, n_workers(executor) * n_jobs

    def forward(self, network: Network, theta: Array, inputs: Inputs) -> Array:
        """Return the outputs z^(L), (n, n_outputs)."""
        return self.engine.forward(network, theta, inputs)

    def loss_and_gradient(self, network: Network, theta: Array, rows: Rows, penalty: Penalty) -> tuple[float, Array]:
        """Return the weighted mean loss plus penalty over all rows, and its gradient (n_parameters,)."""
        return self.engine.loss_and_gradient(network, theta, rows, penalty)

    def run(
        self,
        plan: Plan,
        state: State,
        rows: Rows,
        learning_rates: npt.NDArray[np.float64],
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> npt.NDArray[np.float64]:
        """Train one network here; see `koubai.engines.protocol.Engine.run`."""
        return self.engine.run(plan, state, rows, learning_rates, patience, shares)

    def run_population(
        self,
        plan: Plan,
        population: Population,
        rows: Rows,
        rates: npt.NDArray[np.float64],
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> npt.NDArray[np.float64]:
        """Train all networks in the workers; see `koubai.engines.protocol.PopulationEngine.run_population`."""
        kind = self.name if self.name in ENGINES else self.engine
        parts = [
            Population(
                population.thetas[k : k + 1],
                [optimizer],
                population.seeds[k : k + 1],
                population.learning_rates[k : k + 1],
            )
            for k, optimizer in enumerate(population.optimizers)
        ]
        losses = np.full((len(parts), len(rates)), np.nan)
        shared = (kind, plan, rows, rates, patience, shares, self.n_jobs)
        for place, (thetas, found) in shared_out(self.executor, _train, parts, *shared):
            population.thetas[place], losses[place] = thetas, found
        return losses


@contextmanager
def using(estimator: object, executor: Executor | None) -> Iterator[None]:
    """Let an estimator train its populations by an executor within the block; the estimator does not keep it."""
    if executor is None:
        yield
        return
    check_executor(executor, type(estimator).__name__)
    vars(estimator)["_executor"] = executor
    try:
        yield
    finally:
        del vars(estimator)["_executor"]


def spread(engine: Engine, executor: Executor | None, n_jobs: int | None = None) -> Engine:
    """Return an engine that trains populations by an executor; the engine itself without one, or if it trains none."""
    trains_populations = hasattr(engine, "run_population")
    return SpreadEngine(engine, executor, n_jobs or 1) if executor is not None and trains_populations else engine


def _train(
    parts: Sequence[Population],
    kind: str | Engine,
    plan: Plan,
    rows: Rows,
    rates: npt.NDArray[np.float64],
    patience: Patience | None,
    shares: Shares,
    n_jobs: int,
) -> tuple[Array, npt.NDArray[np.float64]]:
    """Train networks together, in a worker; return θ and losses of each."""
    together = Population(
        np.concatenate([part.thetas for part in parts]),
        [rule for part in parts for rule in part.optimizers],
        np.concatenate([part.seeds for part in parts]),
        np.concatenate([part.learning_rates for part in parts]),
    )
    engine = cast(PopulationEngine, get_engine(kind, n_jobs))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        losses = engine.run_population(
            plan, together, rows, rates, None if patience is None else replace(patience), shares
        )
    return together.thetas, losses
