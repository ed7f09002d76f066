"""The output of each node over the plane: values on a grid, as numbers and as bytes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.play.experiment import Experiment

ONE_THREAD = 2**18
"""Number of multiplications in a matrix product up to which OpenBLAS stays in the calling thread."""


@dataclass(frozen=True, slots=True)
class Maps:
    """Outputs over the plane (grid, grid) or (grid, grid, classes), and hidden nodes (n_nodes, grid, grid) as bytes.

    Row i of a grid is the i-th position on the second axis, upwards; byte b of a node represents
    low + (high - low) b / 255 with its own ``ranges`` [low, high].
    """

    output: npt.NDArray[np.float32]
    nodes: npt.NDArray[np.uint8] | None
    ranges: list[list[float]]


def grid_inputs(experiment: Experiment, grid: int) -> Array:
    """Return the network's inputs at grid × grid positions in the plane, (grid², n_features)."""
    (x0, x1), (y0, y1) = experiment.data.extent
    across, up = np.meshgrid(np.linspace(x0, x1, grid), np.linspace(y0, y1, grid))
    return np.ascontiguousarray(experiment.data.on_plane(np.column_stack([across.ravel(), up.ravel()])))


def compute_maps(experiment: Experiment, theta: Array, inputs: Array, grid: int, with_nodes: bool = True) -> Maps:
    """Return the maps of all nodes for the grid's inputs, computed in float32, as images have only 256 levels."""
    with np.errstate(all="ignore"):
        values = _values(experiment.network, theta, inputs)
        output = np.ascontiguousarray(_as_probability(experiment, values[-1]).T, np.float32)
        n_outputs = experiment.network.n_outputs
        shape: Any = (grid, grid) if n_outputs == 1 else (grid, grid, n_outputs)
        if not with_nodes or len(values) == 1:
            return Maps(output.reshape(shape), None, [])
        nodes, ranges = _in_steps(np.concatenate(values[:-1]))
        return Maps(output.reshape(shape), nodes.reshape(-1, grid, grid), ranges)


def _values(network: Network, theta: Array, inputs: Array) -> list[Array]:
    """Return the outputs of each layer's nodes for the inputs, (n_nodes, n) each: `trace_forward` transposed.

    With a node's values contiguous, a map is a row. A block of inputs passes through all layers while in the
    processor's cache, and is small enough that BLAS does not wake other threads, which belong to other runs.
    """
    columns = np.ascontiguousarray(inputs.T, np.float32)
    layers = [(layer, w.T.astype(np.float32), b.astype(np.float32)[:, None]) for layer, w, b in network.views(theta)]
    found = [np.empty((w.shape[0], columns.shape[1]), np.float32) for _, w, _ in layers]
    block = max(16, ONE_THREAD // max(w.size for _, w, _ in layers))
    for first in range(0, columns.shape[1], block):
        z: Array = columns[:, first : first + block]
        for (layer, weights, biases), values in zip(layers, found, strict=True):
            u = weights @ z
            if layer.bias:
                u += biases
            z = layer.activation.value(u.T).T  # softmax acts on a row's outputs
            values[:, first : first + block] = z
    return found


def _in_steps(values: Array) -> tuple[npt.NDArray[np.uint8], list[list[float]]]:
    """Return node values, (n_nodes, n), quantised to 256 levels of each node's range, and these ranges."""
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    limits = np.hstack([low, high])
    wide = high - low
    values -= low
    values *= 255 / np.where(wide > 0, wide, 1)
    if not np.isfinite(limits).all() or not np.isfinite(wide).all():
        values, limits = np.nan_to_num(values, posinf=255, neginf=0).clip(0, 255), np.nan_to_num(limits)
    return values.astype(np.uint8), limits.astype(float).tolist()


def _as_probability(experiment: Experiment, outputs: Array) -> Array:
    """Return outputs as the page colours them: margins of two classes are mapped smoothly to 0…1 by their sign."""
    if not experiment.ending.signed:
        return outputs
    if experiment.is_perceptron:
        return (outputs > 0).astype(float)
    return np.asarray(np.clip(0.5 + 0.5 * outputs, 0, 1))
