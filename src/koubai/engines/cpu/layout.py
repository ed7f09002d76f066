"""Conversion of a network, its rows and an optimizer to the plain records that kernels read."""

from collections.abc import Mapping
from dataclasses import astuple
from functools import cache, lru_cache
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from koubai.core.activations import ACTIVATIONS
from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.layers import (
    LAYERS,
    AveragePooling,
    Convolution,
    Layer,
    LearnedActivation,
    MaxPooling,
    PeriodicEmbedding,
)
from koubai.core.layers.base import BIASES as GROUP_OF_BIASES
from koubai.core.layers.base import Block
from koubai.core.losses import LOSSES, Loss
from koubai.core.network import Network
from koubai.engines.cpu.codes import (
    ACTIVATION_CODES,
    LAYER_CODES,
    LAYERS_AT_ONCE,
    LOSS_CODES,
    MOST_HYPERPARAMETERS,
    MOST_LOSS_PARAMETERS,
    MOST_PARAMETERS,
    OPTIMIZER_CODES,
)
from koubai.engines.cpu.kernels.records import (
    ACTIVATION,
    AT_ONCE,
    BIASES,
    COLUMNS,
    DESCENDS,
    DROPOUT_RATE,
    INNER,
    KIND,
    LINES,
    LIST,
    N_BIASES,
    N_COLUMNS,
    N_IN,
    N_OUT,
    N_PART_COLUMNS,
    PARAMETERS,
    PENALIZED,
    ROWS,
    START,
    WEIGHTS,
    WIDTH,
    Data,
    Net,
    UpdateRule,
)
from koubai.engines.cpu.kernels.sizes import BLAS_FROM, FEWEST_TALL
from koubai.engines.protocol import Inputs, Plan
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import OPTIMIZERS

WORK_BYTES = 8 << 20
"""Size of the work arrays of one pass; further rows take further passes."""
PATCH_NUMBERS = 48 << 10
"""Most numbers in the windows of a convolution that are copied at a time: they stay in a processor's own cache."""
CACHE_BYTES = 256 << 10
"""Size of the work arrays of one pass of prediction, which keeps only the outputs of a row."""
FEWEST_ROWS = 768
"""Minimum number of rows per pass for efficient matrix products, since BLAS copies the weights in each."""
MOST_LINES = 64
"""Most lines of windows that are copied at a time."""
FEWEST_MAPS = 16
"""Rows a thread that suffice where layers read maps: a row has many windows, which share the weights."""


def code_of(kind: Any, known: Mapping[str, type[Any]], codes: Mapping[str, int], what: str) -> int:
    """Return the code by which kernels identify an activation, a loss or an optimizer.

    Raises
    ------
    ParameterError
        If it is a user-defined class, registered or not, even one with a known name, since kernels would compute a
        different function.
    """
    name = getattr(kind, "name", "")
    if name not in codes or known.get(name) is not type(kind):
        raise ParameterError(
            f"engine 'cpu': {what} must be one that is compiled, {', '.join(codes)}; got one of class "
            f"{type(kind).__name__}. Set engine='reference', which runs any {what}."
        )
    return codes[name]


def parameters_of(kind: Activation | Loss | Optimizer) -> list[float]:
    """Return the parameters of a kind (slope, scale, threshold, rates of decay), in their declared order."""
    return [float(value) for value in astuple(kind)]


def layer_row(network: Network, index: int, dtype: np.dtype[Any]) -> npt.NDArray[np.int64]:
    """Return a layer's row of ``Net.shape``; a compiled kind's first block says how threads divide it."""
    layer, row = network.layers[index], np.zeros(N_COLUMNS, dtype=np.int64)
    row[KIND] = code_of(layer, LAYERS, LAYER_CODES, "layer")
    row[N_IN], row[N_OUT] = layer.n_in, layer.n_out
    if network.spans[index]:
        (first, start, stop), *others = network.spans[index]
        row[WEIGHTS], row[BIASES] = start, stop
        row[ROWS], row[COLUMNS] = lines_of(layer, first), first.shape[-1] if len(first.shape) > 1 else 1
        row[AT_ONCE] = descends(layer, first, dtype)
        row[N_BIASES] = sum(block.size for block, _, _ in others if block.group == GROUP_OF_BIASES)
    row[ACTIVATION] = code_of(layer.activation, ACTIVATIONS, ACTIVATION_CODES, "activation")
    if isinstance(layer, LearnedActivation):
        row[INNER] = code_of(layer.within, ACTIVATIONS, ACTIVATION_CODES, "activation")
    return row


def lines_of(layer: Layer, block: Block) -> int:
    """Return how many rows a block has as a matrix, which threads divide: those of kernels are windows' places."""
    return block.size // block.shape[-1] if reads_windows(layer) and len(block.shape) > 1 else block.shape[0]


def descends(layer: Layer, block: Block, dtype: np.dtype[Any]) -> bool:
    """Return whether plain descent updates a layer's first block of parameters without a gradient between."""
    large = block.size * dtype.itemsize >= BLAS_FROM
    return large and layer.name in LAYERS_AT_ONCE


def part_rows(network: Network, dtype: np.dtype[Any]) -> npt.NDArray[np.int64]:
    """Return ``Net.parts``: a row for each block of parameters, in their order in θ."""
    rows = []
    for layer, spans in zip(network.layers, network.spans, strict=True):
        for number, (block, start, stop) in enumerate(spans):
            row = np.zeros(N_PART_COLUMNS, dtype=np.int64)
            lines = lines_of(layer, block)
            row[START], row[LINES], row[WIDTH] = start, lines, (stop - start) // lines
            row[PENALIZED] = block.penalized
            row[DESCENDS] = number == 0 and descends(layer, block, dtype)
            rows.append(row)
    return np.stack(rows) if rows else np.zeros((0, N_PART_COLUMNS), dtype=np.int64)


def reads_windows(layer: Layer) -> TypeGuard[Convolution | MaxPooling | AveragePooling]:
    """Return whether a layer reads windows of a map."""
    return isinstance(layer, Convolution | MaxPooling | AveragePooling)


def map_numbers(layer: Convolution | MaxPooling | AveragePooling) -> list[int]:
    """Return what kernels need of a layer that reads windows, in the order of their places in ``Net.lists``."""
    windows = layer.windows
    line = windows.output_size[1] * windows.size[0] * windows.size[1] * windows.input_shape[2]
    at_once = max(1, min(PATCH_NUMBERS // line, MOST_LINES))
    return [
        *windows.input_shape, *windows.size, *windows.strides, *windows.before, *windows.output_size, at_once
    ]  # fmt: skip


@lru_cache(maxsize=64)
def net_record(network: Network, dtype: np.dtype[Any]) -> Net:
    """Return a network in the form kernels read, for this dtype."""
    shape = np.stack([layer_row(network, index, dtype) for index in range(len(network.layers))])
    numbers = np.zeros((len(network.layers), PARAMETERS + MOST_PARAMETERS), dtype=dtype)
    lists: list[int] = []
    for index, layer in enumerate(network.layers):
        numbers[index, DROPOUT_RATE] = layer.dropout
        given = parameters_of(layer.within if isinstance(layer, LearnedActivation) else layer.activation)
        numbers[index, PARAMETERS : PARAMETERS + len(given)] = given
        if isinstance(layer, PeriodicEmbedding):
            shape[index, LIST] = len(lists)
            lists += layer.places
        elif reads_windows(layer):
            shape[index, LIST] = len(lists)
            lists += map_numbers(layer)
    code, of_loss = code_of(network.loss, LOSSES, LOSS_CODES, "loss"), np.zeros(MOST_LOSS_PARAMETERS, dtype)
    given = parameters_of(network.loss)
    of_loss[: len(given)] = given
    return Net(shape, numbers, np.array(lists, np.int64), code, of_loss, part_rows(network, dtype))


def optimizer_numbers(optimizer: Optimizer) -> tuple[int, npt.NDArray[np.float64]]:
    """Return an optimizer's code and its hyperparameters in declared order, padded with 0."""
    code = code_of(optimizer, OPTIMIZERS, OPTIMIZER_CODES, "optimizer")
    hyperparameters, values = np.zeros(MOST_HYPERPARAMETERS), parameters_of(optimizer)
    hyperparameters[: len(values)] = values
    return code, hyperparameters


def rule_record(plan: Plan) -> UpdateRule:
    """Return optimizer, penalty, clipping and the factors of each block in the form kernels read."""
    blocks = [block for spans in plan.network.spans for block, _, _ in spans]
    return UpdateRule(
        *optimizer_numbers(plan.optimizer),
        float(plan.penalty.l1),
        float(plan.penalty.l2),
        plan.penalty.per_row,
        float(plan.clip_norm),
        np.array([plan.factors.of(block) for block in blocks]),
        plan.factors.are_one,
    )


@cache
def nothing(dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return an empty array."""
    return np.empty(0, dtype)


INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)
NO_INT32, NO_INT64 = np.empty(0, INT32), np.empty(0, INT64)


def input_arrays(inputs: Inputs, dtype: np.dtype[Any]) -> tuple[Array, Array, Array, Array]:
    """Return inputs in the form kernels read: dense, or data, indices and starts of CSR; the others are empty."""
    if isinstance(inputs, csr_array):
        return nothing(dtype), lent(inputs.data, dtype), lent(inputs.indices, INT32), lent(inputs.indptr, INT64)
    return lent(inputs, dtype).ravel(), nothing(dtype), NO_INT32, NO_INT64


def data_record(inputs: Inputs, targets: Array | None, weights: Array | None, dtype: np.dtype[Any]) -> Data:
    """Return rows in the form kernels read, of this dtype and contiguous, copying only if needed."""
    row_weights = nothing(dtype) if weights is None else lent(weights, dtype)
    flat = nothing(dtype) if targets is None else lent(targets, dtype).ravel()
    return Data(inputs.shape[0], *input_arrays(inputs, dtype), flat, row_weights)


def lent(array: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return a view of an array, for reading, of the one type that kernels are compiled for.

    That is contiguous, aligned and writable: for read-only arrays, such as a file mapped into the memory of several
    processes, numba would compile everything again.
    """
    array = np.ascontiguousarray(array, dtype)
    if array.flags.carray:
        return array
    return np.asarray(Opened(array)) if array.flags.aligned else array.copy()


class Opened:
    """A read-only array presented to NumPy as the same memory without the read-only flag."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.array = array  # keeps the memory alive
        address, _ = array.__array_interface__["data"]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}


def rows_to_train(network: Network, n_rows: int, itemsize: int, team: int) -> int:
    """Return how many of ``n_rows`` rows go through the network in one pass forward and back: one a thread at least."""
    per_row = itemsize * (network.n_features + 3 * sum(network.sizes[1:]))
    return max(team, min(n_rows, max(fewest_rows(network, team, per_row), WORK_BYTES // per_row)))


def fewest_rows(network: Network, team: int, per_row: int) -> int:
    """Return how many rows should go through at a time at least; large maps may go one by one."""
    if not any(map(reads_windows, network.layers)):
        return FEWEST_ROWS
    return team * max(1, min(FEWEST_MAPS, 2 * WORK_BYTES // per_row))


def rows_to_predict(network: Network, n_rows: int, itemsize: int) -> int:
    """Return how many of ``n_rows`` rows go through the network in one pass forward."""
    per_row = 2 * itemsize * sum(network.sizes[1:])
    fewest = fewest_rows(network, 1, per_row)
    if n_rows <= fewest:
        return max(1, n_rows)
    return max(1, min(n_rows, max(fewest, CACHE_BYTES // per_row)))


def predicts_by_blas(network: Network, n_rows: int, itemsize: int) -> bool:
    """Return whether a forward pass may call BLAS."""
    large = [layer for layer in network.layers if layer.n_weights * itemsize >= BLAS_FROM]
    return bool(large) and (n_rows > 2 * FEWEST_TALL or any(map(reads_windows, large)))
