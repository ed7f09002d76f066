"""A small problem for the fit loop: ten rows of a smooth function, a 2-4-1 network, and a fresh run of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from koubai.core.network import Network
from koubai.engines.protocol import Patience, Plan, Rows, State
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.sgd import SGD
from koubai.training.run import Run

NETWORK = Network.dense((2, 4, 1), hidden="tanh")


@pytest.fixture
def rows() -> Rows:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(10, 2))
    return Rows(inputs, np.sin(inputs[:, :1]) + inputs[:, 1:] ** 2)


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    def make(optimizer: Optimizer | None = None, **given: Any) -> Plan:
        return Plan(NETWORK, optimizer or SGD(), batch_size=given.pop("batch_size", 4), seed=7, **given)

    return make


@pytest.fixture
def make_run() -> Callable[..., Run]:
    def make(plan: Plan, learning_rate: float = 0.05, tolerance: float = 0.0, limit: float = np.inf) -> Run:
        theta = NETWORK.initial(np.random.default_rng(1))
        return Run(State(theta, plan.optimizer.init(theta)), Patience(tolerance, limit), learning_rate)

    return make
