"""A network, its rows and an optimizer as the plain records that kernels read."""

from collections.abc import Mapping
from dataclasses import astuple
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from koubai.core.activations import ACTIVATIONS
from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.layers import LAYERS
from koubai.core.layers.base import WEIGHTS as GROUP_OF_WEIGHTS
from koubai.core.losses import LOSSES, Loss
from koubai.core.network import Network
from koubai.engines.cpu.kernels.activations import CODES as ACTIVATION_CODES
from koubai.engines.cpu.kernels.activations import MOST_PARAMETERS
from koubai.engines.cpu.kernels.layers import AT_ONCE as LAYERS_AT_ONCE
from koubai.engines.cpu.kernels.layers import CODES as LAYER_CODES
from koubai.engines.cpu.kernels.losses import CODES as LOSS_CODES
from koubai.engines.cpu.kernels.losses import MOST_PARAMETERS as MOST_LOSS_PARAMETERS
from koubai.engines.cpu.kernels.optimizers import CODES as OPTIMIZER_CODES
from koubai.engines.cpu.kernels.optimizers import MOST_HYPERPARAMETERS
from koubai.engines.cpu.kernels.products import BLAS_FROM
from koubai.engines.cpu.kernels.records import (
    ACTIVATION,
    AT_ONCE,
    BIASES,
    COLUMNS,
    DROPOUT_RATE,
    KIND,
    N_BIASES,
    N_COLUMNS,
    N_IN,
    N_OUT,
    PARAMETERS,
    ROWS,
    WEIGHTS,
    Data,
    Net,
    Rule,
)
from koubai.engines.cpu.kernels.tiles import TALL
from koubai.engines.protocol import Inputs, Plan
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import OPTIMIZERS

WORK_BYTES = 8 << 20
"""Room for one pass: rows beyond it go through in further passes."""
CACHE_BYTES = 256 << 10
"""Room for one pass of prediction, which needs nothing of a row once its outputs are there."""
FEWEST_ROWS = 768
"""Rows in one pass at least, so that the matrix products stay efficient: BLAS copies the weights in each."""


def code_of(kind: Any, known: Mapping[str, type[Any]], codes: Mapping[str, int], what: str) -> int:
    """Return the number by which kernels know an activation, a loss or an optimizer.

    Raises
    ------
    ParameterError
        If it is a class of the user's own, registered or not, also one that has kept a known name: kernels would
        compute another function.
    """
    name = getattr(kind, "name", "")
    if name not in codes or known.get(name) is not type(kind):
        raise ParameterError(
            f"engine 'cpu': {what} must be one that is compiled, {', '.join(codes)}; got one of class "
            f"{type(kind).__name__}. Set engine='reference', which runs any {what}."
        )
    return codes[name]


def parameters_of(kind: Activation | Loss | Optimizer) -> list[float]:
    """Return the numbers that a kind has (slope, scale, threshold, rates of decay), in their declared order."""
    return [float(value) for value in astuple(kind)]


def layer_row(network: Network, index: int, dtype: np.dtype[Any]) -> npt.NDArray[np.int64]:
    """Return a layer's row of ``Net.shape``: of a kind that is compiled, each group of parameters is one block."""
    layer, row = network.layers[index], np.zeros(N_COLUMNS, dtype=np.int64)
    row[KIND] = code_of(layer, LAYERS, LAYER_CODES, "layer")
    row[N_IN], row[N_OUT] = layer.n_in, layer.n_out
    row[WEIGHTS] = row[BIASES] = network.offsets[index]
    for block, start, _ in network.spans[index]:
        if block.group == GROUP_OF_WEIGHTS:
            columns = block.shape[-1] if len(block.shape) > 1 else 1
            row[WEIGHTS], row[ROWS], row[COLUMNS] = start, block.size // columns, columns
            row[AT_ONCE] = layer.name in LAYERS_AT_ONCE and block.size * dtype.itemsize >= BLAS_FROM
        else:
            row[BIASES], row[N_BIASES] = start, block.size
    row[ACTIVATION] = code_of(layer.activation, ACTIVATIONS, ACTIVATION_CODES, "activation")
    return row


@lru_cache(maxsize=64)
def net_record(network: Network, dtype: np.dtype[Any]) -> Net:
    """Return a network as kernels read it, for numbers of this dtype."""
    shape = np.stack([layer_row(network, index, dtype) for index in range(len(network.layers))])
    numbers = np.zeros((len(network.layers), PARAMETERS + MOST_PARAMETERS), dtype=dtype)
    for index, layer in enumerate(network.layers):
        numbers[index, DROPOUT_RATE] = layer.dropout
        given = parameters_of(layer.activation)
        numbers[index, PARAMETERS : PARAMETERS + len(given)] = given
    code, of_loss = code_of(network.loss, LOSSES, LOSS_CODES, "loss"), np.zeros(MOST_LOSS_PARAMETERS, dtype)
    given = parameters_of(network.loss)
    of_loss[: len(given)] = given
    return Net(shape, numbers, code, of_loss)


def optimizer_numbers(optimizer: Optimizer) -> tuple[int, npt.NDArray[np.float64]]:
    """Return an optimizer's number and its hyperparameters in their declared order, the rest being 0."""
    code = code_of(optimizer, OPTIMIZERS, OPTIMIZER_CODES, "optimizer")
    hyperparameters, values = np.zeros(MOST_HYPERPARAMETERS), parameters_of(optimizer)
    hyperparameters[: len(values)] = values
    return code, hyperparameters


def rule_record(plan: Plan) -> Rule:
    """Return optimizer, penalty and clipping as kernels read them."""
    return Rule(
        *optimizer_numbers(plan.optimizer),
        float(plan.penalty.l1),
        float(plan.penalty.l2),
        plan.penalty.per_row,
        float(plan.clip_norm),
    )


@cache
def nothing(dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return an array without numbers."""
    return np.empty(0, dtype)


INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)
NO_INT32, NO_INT64 = np.empty(0, INT32), np.empty(0, INT64)


def input_arrays(inputs: Inputs, dtype: np.dtype[Any]) -> tuple[Array, Array, Array, Array]:
    """Return inputs as kernels read them: dense, or data, indices and starts of CSR; the others are empty."""
    if isinstance(inputs, csr_array):
        return nothing(dtype), lent(inputs.data, dtype), lent(inputs.indices, INT32), lent(inputs.indptr, INT64)
    return lent(inputs, dtype).ravel(), nothing(dtype), NO_INT32, NO_INT64


def data_record(inputs: Inputs, targets: Array | None, weights: Array | None, dtype: np.dtype[Any]) -> Data:
    """Return rows as kernels read them, of this dtype and contiguous; what is so already is not copied."""
    row_weights = nothing(dtype) if weights is None else lent(weights, dtype)
    flat = nothing(dtype) if targets is None else lent(targets, dtype).ravel()
    return Data(inputs.shape[0], *input_arrays(inputs, dtype), flat, row_weights)


def lent(array: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return an array's numbers, to be read, as an array of the one kind that kernels are compiled for.

    That is contiguous, aligned, and one that could be written to: for read-only arrays, such as a table mapped from a
    file into the memory of several processes, numba would compile everything anew.
    """
    array = np.ascontiguousarray(array, dtype)
    if array.flags.carray:
        return array
    return np.asarray(Opened(array)) if array.flags.aligned else array.copy()


class Opened:
    """A read-only array as NumPy is to take it: the same memory, without the note that it is not to be written to."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.array = array  # keeps its memory alive
        address, _ = array.__array_interface__["data"]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}


def rows_to_train(network: Network, n_rows: int, itemsize: int, team: int) -> int:
    """Return how many of ``n_rows`` rows go through the network in one pass forward and back: one a thread at least."""
    per_row = itemsize * (network.n_features + 3 * sum(network.sizes[1:]))
    return max(team, min(n_rows, max(FEWEST_ROWS, WORK_BYTES // per_row)))


def rows_to_predict(network: Network, n_rows: int, itemsize: int) -> int:
    """Return how many of ``n_rows`` rows go through the network in one pass forward."""
    if n_rows <= FEWEST_ROWS:
        return max(1, n_rows)
    return max(1, min(n_rows, max(FEWEST_ROWS, CACHE_BYTES // (2 * itemsize * sum(network.sizes[1:])))))


def predicts_by_blas(network: Network, n_rows: int, itemsize: int) -> bool:
    """Return whether a forward pass may call BLAS."""
    return n_rows > 2 * TALL and max(layer.n_weights for layer in network.layers) * itemsize >= BLAS_FROM
