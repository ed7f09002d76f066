"""The limit: only the matrix products of a case, in SciPy's BLAS, called from compiled code without any other work."""

from typing import Any

import numba
import numpy as np

from benchmarks.cases import Case
from benchmarks.data import Data
from benchmarks.peers.protocol import Array, initial_thetas, layers_of


@numba.njit(nogil=True)
def forward_products(n: int, weights: Any, activations: Any) -> None:
    """z W of every layer, over the first n rows."""
    for layer in range(len(weights)):
        np.dot(activations[layer][:n], weights[layer], activations[layer + 1][:n])


@numba.njit(nogil=True)
def step_products(n: int, weights: Any, activations: Any, gradients: Any) -> None:
    """The three products of every layer: z W, zᵀ δ, δ Wᵀ, the last not for the first layer."""
    forward_products(n, weights, activations)
    for layer in range(len(weights) - 1, -1, -1):
        np.dot(activations[layer][:n].T, activations[layer + 1][:n], gradients[layer])
        if layer:
            np.dot(activations[layer + 1][:n], weights[layer].T, activations[layer][:n])


@numba.njit(nogil=True)
def epoch_products(batches: Any, weights: Any, activations: Any, gradients: Any) -> None:
    """The products of one epoch."""
    for n in batches:
        step_products(n, weights, activations, gradients)


class Products:
    """Each step begins at the same inputs, so nothing grows; nothing is updated either."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool = False) -> None:
        thetas = initial_thetas(case, dtype)
        self.case = case
        self.batches = np.array(case.batches)
        self.weights = tuple(np.ascontiguousarray(w) for w, _ in layers_of(case, thetas[0]))
        self.gradients = tuple(np.empty_like(w) for w in self.weights)
        self.activations = tuple(np.empty((case.batch, n), dtype) for n in case.sizes)
        self.start()
        self.result = thetas

    def start(self) -> None:
        for activation in self.activations:
            activation[:] = 0.5

    def train(self) -> None:
        for _ in range(self.case.networks * self.case.epochs):
            epoch_products(self.batches, self.weights, self.activations, self.gradients)

    def theta(self) -> Array:
        return self.result

    def predict(self) -> Any:
        forward_products(self.case.batch, self.weights, self.activations)
        return self.activations[-1]
