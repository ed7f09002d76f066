"""Compiling everything ahead of time: each piece of the engine is run once on next to nothing."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu.compilation import quietly
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.cpu.perceptron import train
from koubai.engines.cpu.perceptron_records import Course, Problems, Rule, TrainingRows, Weights
from koubai.engines.cpu.threads import available_threads
from koubai.engines.protocol import Plan, Rows, State
from koubai.optimizers.sgd import SGD

NETWORK = Network.dense((1, 1, 1))
PLAN = Plan(NETWORK, SGD(), batch_size=1)


def _start(dtype: npt.DTypeLike) -> tuple[State, Rows]:
    theta = np.zeros(NETWORK.n_parameters, dtype)
    one = np.ones((1, 1), dtype)
    return State(theta, PLAN.optimizer.init(theta)), Rows(one, one)


def _train(dtype: npt.DTypeLike) -> None:
    CPUEngine().run(PLAN, *_start(dtype), np.ones((1, 1)))


def _predict(dtype: npt.DTypeLike) -> None:
    state, rows = _start(dtype)
    CPUEngine().forward(NETWORK, state.theta, rows.inputs)


def _gradient(dtype: npt.DTypeLike) -> None:
    state, rows = _start(dtype)
    CPUEngine().loss_and_gradient(NETWORK, state.theta, rows, Penalty())


def _learn(inputs: npt.NDArray[np.generic] | csr_array) -> None:
    one = np.ones(1, inputs.dtype)
    rows = TrainingRows(inputs, np.ones(1, np.int32), one, np.arange(1))
    state = Weights(np.zeros((1, 1), inputs.dtype), np.zeros(1))
    train(rows, Problems(np.ones(1, np.int64), one, one), Rule(), Course(max_passes=1), state)


def _learn_dense(dtype: npt.DTypeLike) -> None:
    _learn(np.ones((1, 1), dtype))


def _learn_sparse(dtype: npt.DTypeLike) -> None:
    _learn(csr_array(np.ones((1, 1), dtype)))


def pieces() -> dict[str, Callable[[], None]]:
    """Return what there is to compile, by name, the longest work first: a call compiles it, or loads it from disk."""
    work: dict[str, Callable[[npt.DTypeLike], None]] = {
        "training": _train,
        "perceptron on dense rows": _learn_dense,
        "perceptron on sparse rows": _learn_sparse,
        "gradient": _gradient,
        "prediction": _predict,
    }
    return {
        f"{name}, {np.dtype(dtype).name}": partial(function, dtype)
        for name, function in work.items()
        for dtype in (np.float64, np.float32)
    }


def compile_piece(name: str) -> None:
    """Compile one piece without a word."""
    with quietly():
        pieces()[name]()


def compile_all(names: Sequence[str]) -> Iterator[str]:
    """Compile pieces in as many processes as there are processors; give the name of each when it is there."""
    n_processes = min(available_threads(), len(names))
    if n_processes == 1:
        for name in names:
            compile_piece(name)
            yield name
        return
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(compile_piece, name): name for name in names}
        for job in as_completed(jobs):
            job.result()
            yield jobs[job]
