"""What each node does over the plane: values on a grid, as numbers and as bytes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.play.experiment import Experiment

ONE_THREAD = 2**18
"""Multiplications of one matrix product up to which OpenBLAS stays in the thread that asks for it."""


@dataclass(frozen=True, slots=True)
class Maps:
    """Outputs over the plane (grid, grid) or (grid, grid, classes), and hidden nodes (n_nodes, grid, grid) as bytes.

    Row i of a grid lies at the i-th place of the second axis, upwards; byte b of a node stands for
    low + (high - low) b / 255 with its own ``ranges`` [low, high].
    """

    output: npt.NDArray[np.float32]
    nodes: npt.NDArray[np.uint8] | None
    ranges: list[list[float]]


def grid_inputs(experiment: Experiment, grid: int) -> Array:
    """Return the network's inputs at grid × grid places of the plane, (grid², n_features)."""
    (x0, x1), (y0, y1) = experiment.data.extent
    across, up = np.meshgrid(np.linspace(x0, x1, grid), np.linspace(y0, y1, grid))
    return np.ascontiguousarray(experiment.data.on_plane(np.column_stack([across.ravel(), up.ravel()])))


def compute_maps(experiment: Experiment, theta: Array, inputs: Array, grid: int, with_nodes: bool = True) -> Maps:
    """Return the maps of all nodes for the grid's inputs, computed in float32: a picture has 256 steps."""
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
    """Return what each layer's nodes say about the inputs, (n_nodes, n) of each: `trace_forward` turned around.

    With a node's values beside each other a map is a row. A block of inputs goes through all layers while it is in the
    processor's cache, and is so small that BLAS does not wake other threads, which belong to other runs.
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
            z = layer.activation.value(u.T).T  # softmax is over a row's outputs
            values[:, first : first + block] = z
    return found


def _in_steps(values: Array) -> tuple[npt.NDArray[np.uint8], list[list[float]]]:
    """Return values of nodes, (n_nodes, n), in 256 steps from the least to the largest of each, and these two."""
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    limits = np.hstack([low, high])
    wide = high - low
    values -= low
    values *= 255 / np.where(wide > 0, wide, 1)
    if not np.isfinite(limits).all() or not np.isfinite(wide).all():
        values, limits = np.nan_to_num(values, posinf=255, neginf=0).clip(0, 255), np.nan_to_num(limits)
    return values.astype(np.uint8), limits.astype(float).tolist()


def _as_probability(experiment: Experiment, outputs: Array) -> Array:
    """Return outputs as the page colours them: margins of two classes become 0 and 1 by their sign, softly."""
    if not experiment.ending.signed:
        return outputs
    if experiment.is_perceptron:
        return (outputs > 0).astype(float)
    return np.asarray(np.clip(0.5 + 0.5 * outputs, 0, 1))
