"""Compiling everything ahead of time: each piece of the engine is run once on next to nothing."""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu.engine import CPUEngine
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


def pieces() -> dict[str, Callable[[], None]]:
    """Return what there is to compile, by name: calling a piece compiles it, or loads it if it is on disk."""
    work: dict[str, Callable[[npt.DTypeLike], None]] = {
        "training": _train,
        "prediction": _predict,
        "gradient": _gradient,
    }
    return {
        f"{name}, {np.dtype(dtype).name}": partial(function, dtype)
        for dtype in (np.float64, np.float32)
        for name, function in work.items()
    }
