"""How many threads share the work, and how BLAS's own threads are kept out of their way."""

import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from threading import Lock
from typing import Protocol, TypeVar

from threadpoolctl import ThreadpoolController

from koubai.core.network import Network
from koubai.engines.cpu.native.blas import load

WORTH_A_THREAD = 1.5e6
"""Operations per batch and thread above which threads gain more than they lose by waiting for each other."""
WORTH_CALLING = 3e7
"""Operations per call above which it is worth waking other threads, which takes up to a tenth of a millisecond."""


@cache
def blas() -> ThreadpoolController:
    """Return the controller of BLAS's threads (found once: the search takes a millisecond).

    Compiled code calls SciPy's BLAS, which must therefore be loaded before the search.
    """
    load()
    return ThreadpoolController()


class Limiter(Protocol):
    """Threadpoolctl's limit on threads, while it holds."""

    def restore_original_limits(self) -> None:
        """End it."""
        ...


Result = TypeVar("Result")


class _Limit:
    """Limits BLAS to one thread from the start of the first block that asks for it to the end of the last."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start with no block."""
        self.lock, self.blocks = Lock(), 0
        self.limiter: Limiter | None = None

    def __enter__(self) -> None:
        with self.lock:
            self.blocks += 1
            if self.blocks == 1:
                self.limiter = blas().limit(limits=1, user_api="blas")

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.blocks -= 1
            if self.blocks == 0 and self.limiter is not None:
                self.limiter.restore_original_limits()


_limit = _Limit()


def one_blas_thread() -> AbstractContextManager[None]:
    """Return a context in which BLAS is limited to one thread.

    Blocks of several threads may overlap, and the number of BLAS's threads is the whole process's: if each restored
    what it found, the first to end would free BLAS's threads for the others, and the last would leave them limited.
    """
    return _limit


def available_threads() -> int:
    """Return how many threads may run: the processors of this process, or fewer if OMP_NUM_THREADS says so."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return min(processors, int(asked)) if asked.isdigit() and int(asked) > 0 else processors


def threads_for(network: Network, n_rows: int, passes: int, n_threads: int | None, n_batches: int = 1) -> int:
    """Return how many threads should share each batch of ``n_rows`` rows, given the number of batches.

    Rows go ``passes`` times through the weights: forward and back are three passes, the forward pass alone is one; each
    takes two operations a product.
    """
    if n_threads is not None:
        return max(1, min(n_threads, n_rows))
    operations = 2.0 * passes * n_rows * network.n_products
    if operations * n_batches < WORTH_CALLING:
        return 1
    return max(1, min(available_threads(), n_rows, int(operations / WORTH_A_THREAD)))


def blas_threads_for(network: Network, n_rows: int) -> AbstractContextManager[None]:
    """Return a context in which BLAS is limited to one thread if there are too few rows for several to gain anything.

    L-BFGS works on vectors of θ's length between its calls of the engine, and BLAS would wake its threads for each.
    """
    several = threads_for(network, n_rows, 3, None) > 1
    return nullcontext() if several else one_blas_thread()


def gradients_for(network: Network, n_rows: int, team: int) -> int:
    """Return how many gradients a team works with: one that it shares, or one for each thread, to be added up.

    Of a shared gradient a thread computes a part from all rows, and reads z and δ of the others' rows. Of gradients to
    be added up it reads a part of each, and computes more numbers that are sums of fewer terms.
    """
    return team if network.n_parameters < n_rows * sum(network.sizes) else 1


_resting: dict[int, list[ThreadPoolExecutor]] = defaultdict(list)
"""Idle teams of threads, by size: starting a thread takes ten times as long as waking one. Each call takes a team for
itself, since threads that meet at a barrier must all be running."""
if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_resting.clear)
    os.register_at_fork(after_in_child=_limit.forget)


def run_team(work: Callable[[int], Result], n_threads: int) -> Result:
    """Run ``work(rank)`` in each of the threads, rank 0 in this one, and return what that returned."""
    with one_blas_thread():
        if n_threads == 1:
            return work(0)
        team = None
        with suppress(IndexError):
            team = _resting[n_threads].pop()
        team = team or ThreadPoolExecutor(n_threads - 1, "koubai")
        others = [team.submit(work, rank) for rank in range(1, n_threads)]
        own = work(0)
        for other in others:
            other.result()
        _resting[n_threads].append(team)
        return own
