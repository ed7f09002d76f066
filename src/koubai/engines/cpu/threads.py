"""How many threads share the work, and BLAS's own threads kept out of their way."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

from koubai.core.network import Network

WORTH_SHARING = 3e6
"""Operations of one batch from which on threads gain more than they lose in waiting for each other."""


@cache
def blas() -> ThreadpoolController:
    """Return the control of BLAS's threads (found once: looking takes a millisecond).

    Compiled code calls SciPy's BLAS, so that one must be loaded before it is looked for.
    """
    import scipy.linalg.cython_blas

    assert scipy.linalg.cython_blas
    return ThreadpoolController()


def available_threads() -> int:
    """Return how many threads may run: the processors of this process, or fewer if OMP_NUM_THREADS says so."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return min(processors, int(asked)) if asked.isdigit() and int(asked) > 0 else processors


def threads_for(network: Network, n_rows: int, passes: int, n_threads: int | None) -> int:
    """Return how many threads should share ``n_rows`` rows that go ``passes`` times through the weights.

    Forward and back are three passes, the forward pass alone is one; each takes two operations a weight and row.
    """
    if n_threads is not None:
        return max(1, min(n_threads, n_rows))
    operations = 2.0 * passes * n_rows * network.n_parameters
    return 1 if operations < WORTH_SHARING else min(available_threads(), n_rows)


def gradients_for(network: Network, n_rows: int, team: int) -> int:
    """Return how many gradients a team works with: one that it shares, or one for each thread, to be added up.

    Of a shared gradient a thread computes a part from all rows, and reads z and δ of the others' rows. Of gradients to
    be added up it reads a part of each, and computes more numbers that are sums of fewer terms.
    """
    return team if network.n_parameters < n_rows * sum(network.sizes) else 1


def run_team(work: Callable[[int], Any], n_threads: int) -> Any:
    """Run ``work(rank)`` in each of the threads, and return what the first of them returned."""
    with blas().limit(limits=1, user_api="blas"):
        if n_threads == 1:
            return work(0)
        with ThreadPoolExecutor(n_threads) as pool:
            first, *_ = pool.map(work, range(n_threads))
            return first
