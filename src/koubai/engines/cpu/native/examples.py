"""One call of each kernel for each kind of arguments: what a library has code for."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.cpu.entries import Calls, recorded
from koubai.engines.cpu.perceptron import train
from koubai.engines.cpu.perceptron_records import LabelledRows, LearningRule, PassPlan, Problems, Weights
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
    rows = LabelledRows(inputs, np.ones(1, np.int32), one, np.arange(1))
    state = Weights(np.zeros((1, 1), inputs.dtype), np.zeros(1))
    train(rows, Problems(np.ones(1, np.int64), one, one), LearningRule(), PassPlan(max_passes=1), state)


def _learn_dense(dtype: npt.DTypeLike) -> None:
    _learn(np.ones((1, 1), dtype))


def _learn_sparse(dtype: npt.DTypeLike) -> None:
    _learn(csr_array(np.ones((1, 1), dtype)))


def examples(dtype: np.dtype[np.generic]) -> Calls:
    """Return the kernels that Python calls with arguments as the engine makes them, for one precision.

    They are recorded while the engine runs on minimal data, so that the kinds of arguments need not be written down.
    """
    work: tuple[Callable[[npt.DTypeLike], None], ...] = (_train, _learn_dense, _learn_sparse, _gradient, _predict)
    with recorded() as calls:
        for piece in work:
            piece(dtype)
    return calls
