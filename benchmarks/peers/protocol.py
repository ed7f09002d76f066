"""What a peer's module offers. Only the methods named ``train``, ``predict`` are timed."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.cases import Case
from benchmarks.data import Data
from koubai.core.network import Network

Array = npt.NDArray[Any]


class Trainer(Protocol):
    """Trains one network, or ``case.networks`` of them, from the same start every time."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        """Do what a user does once: make arrays, models, compiled functions."""
        ...

    def start(self) -> None:
        """Go back to the initial θ and a new optimizer; not timed."""
        ...

    def train(self) -> None:
        """Run all epochs, and wait until they are done."""
        ...

    def theta(self) -> Array:
        """Return the parameters in koubai's order, (networks, n_parameters)."""
        ...


class Predictor(Protocol):
    """Gives the probabilities of all rows."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int) -> None:
        """Do what a user does once."""
        ...

    def predict(self) -> Any:
        """Return the probabilities, and wait until they are there."""
        ...


def make_network(case: Case) -> Network:
    """Return a case's network as koubai describes it."""
    one = case.sizes[-1] == 1
    return Network.dense(
        case.sizes,
        hidden=case.hidden,
        output="sigmoid" if one else "softmax",
        loss="binary_cross_entropy" if one else "cross_entropy",
    )


def initial_thetas(case: Case, dtype: str) -> Array:
    """Return the initial θ of each network, (networks, n_parameters): scikit-learn's own, so that all start there."""
    network = make_network(case)
    return np.stack(
        [network.initial(np.random.RandomState(seed), "scikit-learn", dtype) for seed in range(case.networks)]
    )


def layers_of(case: Case, theta: Array) -> list[tuple[Array, Array]]:
    """Return the weights (n_in, n_out) and biases (n_out,) of each layer in θ."""
    return [(weights, biases) for _, weights, biases in make_network(case).views(theta)]
