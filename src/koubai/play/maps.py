"""What each node does over the plane: values on a grid, as numbers and as bytes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from koubai.core.activations import Array
from koubai.engines.reference import trace_forward
from koubai.play.experiment import Experiment


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
    """Return the maps of all nodes for the grid's inputs."""
    with np.errstate(all="ignore"):
        forward = trace_forward(experiment.network, theta, inputs)
    output = _as_probability(experiment, forward.outputs).astype(np.float32)
    n_outputs = experiment.network.n_outputs
    shape: Any = (grid, grid) if n_outputs == 1 else (grid, grid, n_outputs)
    hidden = forward.activations[:-1]
    if not with_nodes or not hidden:
        return Maps(output.reshape(shape), None, [])
    values = np.concatenate([z.T for z in hidden]).astype(np.float32)
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        scaled = np.nan_to_num((values - low) * (255.0 / np.where(high > low, high - low, 1)))
    ranges = [[float(a), float(b)] for a, b in np.nan_to_num(np.hstack([low, high])).tolist()]
    return Maps(output.reshape(shape), scaled.astype(np.uint8).reshape(-1, grid, grid), ranges)


def _as_probability(experiment: Experiment, outputs: Array) -> Array:
    """Return outputs as the page colours them: margins of two classes become 0 and 1 by their sign, softly."""
    if not experiment.ending.signed:
        return outputs
    if experiment.is_perceptron:
        return (outputs > 0).astype(float)
    return np.asarray(np.clip(0.5 + 0.5 * outputs, 0, 1))
