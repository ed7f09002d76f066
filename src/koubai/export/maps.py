"""Layers that read maps, as steps: the edge is added first, so that what follows reads whole windows only.

``layers`` is everywhere the `koubai.export.layers.Layers` that adds a network, which knows these functions by name.
"""

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Protocol

import numpy as np

from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Function, Symbol, largest
from koubai.core.layers import AveragePooling, Convolution, Flatten, MaxPooling
from koubai.core.layers.base import Views
from koubai.core.layers.windows import Windows
from koubai.estimators.neocognitron.cells import SLayer, bell, fixed_connections
from koubai.estimators.neocognitron.cells import windows as windows_around
from koubai.estimators.neocognitron.stages import Choices
from koubai.export.functions import SCALED, X, scalar
from koubai.export.steps import Builder, Cast, Step

if TYPE_CHECKING:
    from koubai.estimators.neocognitron.estimator import Neocognitron

LOWEST = -3e38
"""What an edge is that no maximum takes, in single precision too."""


@dataclass(frozen=True)
class Pad(Step):
    """The map of the windows with its edge, (height, width, channels), whose cells are all ``value``."""

    windows: Windows
    value: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels with the edge."""
        return _padded(self.windows).input_shape


@dataclass(frozen=True)
class Convolve(Step):
    """u_yxf = Σ_abc w_abcf z_(y+a, x+b, c) + b_f over windows without an edge.

    ``weights`` (height · width · channels of a window, n_filters) and ``biases`` (n_filters,).
    """

    windows: Windows
    weights: Array
    biases: Array


@dataclass(frozen=True)
class Pool(Step):
    """The largest number, or the sum, of every window and channel."""

    windows: Windows
    largest: bool


@dataclass(frozen=True)
class Blur(Step):
    """Σ_v d(v) z(v) over every window without an edge, channel by channel, with ``weights`` d (cells of a window,)."""

    windows: Windows
    weights: Array


def _padded(windows: Windows) -> Windows:
    """Return the same windows over the map with its edge, which then has none."""
    height, width, channels = windows.input_shape
    sizes = (windows.before[0] + height + windows.after[0], windows.before[1] + width + windows.after[1])
    return replace(windows, input_shape=(*sizes, channels), before=(0, 0), after=(0, 0))


class Adds(Protocol):
    """What adds a network's layers to a computation, as `koubai.export.layers.Layers` does."""

    builder: Builder
    number: int

    def name(self, what: str) -> str:
        """Return the name of a vector of the layer at hand."""
        ...

    def activated(self, activation: Activation, source: str) -> str:
        """Add an activation; return the name of its outputs."""
        ...


def _with_edge(layers: Adds, windows: Windows, source: str, value: float) -> tuple[str, Windows]:
    """Add the edge, if there is one."""
    if not any((*windows.before, *windows.after)):
        return source, windows
    padded = _padded(windows)
    step = Pad(layers.name("edged"), (source,), prod(padded.input_shape), "", windows, value)
    return layers.builder.add(step), padded


def convolution(layers: Adds, layer: Convolution, blocks: Views, source: str) -> str:
    """Add a convolution."""
    weights = blocks[0].reshape(-1, layer.n_filters)
    biases = blocks[1] if layer.bias else np.zeros(layer.n_filters, weights.dtype)
    source, windows = _with_edge(layers, layer.windows, source, 0.0)
    note = f"layer {layers.number}: convolution, u = w * z + b"
    u = layers.builder.add(Convolve(layers.name("u"), (source,), layer.n_out, note, windows, weights, biases))
    return layers.activated(layer.activation, u)


def max_pooling(layers: Adds, layer: MaxPooling, blocks: Views, source: str) -> str:
    """Add a maximum."""
    source, windows = _with_edge(layers, layer.windows, source, LOWEST)
    note = f"layer {layers.number}: the largest of each window"
    return layers.builder.add(Pool(layers.name("z"), (source,), layer.n_out, note, windows, True))


PART = scalar("part", ("x", "m"), X / Symbol("m"), "the mean of m numbers, whose sum is given")


def average_pooling(layers: Adds, layer: AveragePooling, blocks: Views, source: str) -> str:
    """Add a mean over the cells that are there: a sum, divided by their number."""
    inside = layer.windows.patches(np.ones((1, layer.n_in)))[0].sum(axis=(2, 3))
    source, windows = _with_edge(layers, layer.windows, source, 0.0)
    total = layers.builder.add(Pool(layers.name("sums"), (source,), layer.n_out, "", windows, False))
    note = f"layer {layers.number}: the mean of each window"
    return layers.builder.apply(layers.name("z"), [total], PART, {"m": inside.ravel()}, note)


def flatten(layers: object, layer: Flatten, blocks: Views, source: str) -> str:
    """Add nothing: rows are flat."""
    return source


# The Neocognitron

E, V = Symbol("e"), Symbol("v")
SQUARE = scalar("square", ("x",), X * X, "x squared")
ROOT = scalar("root", ("x",), Function("sqrt", (X,)), "the square root")
ON = scalar("on", ("x", "b"), largest(X - Symbol("b"), 0), "where the centre is brighter than its surround")
OFF = scalar("off", ("x", "b"), largest(Symbol("b") - X, 0), "where the centre is darker than its surround")
S_CELL = scalar(
    "s_cell",
    ("e", "v", "b", "t"),
    Symbol("t") / (1 - Symbol("t")) * largest(E / (1 + Symbol("t") * Symbol("b") * V) - 1, 0),
    "an S-cell: excitation e, inhibition b v that divides it, threshold t",
)
C_CELL = scalar("c_cell", ("x", "a"), X / (Symbol("a") + X), "a C-cell, half of whose largest answer is made by a")


def neocognitron(builder: Builder, model: "Neocognitron", source: str) -> str:
    """Add all cells of a Neocognitron, from images as rows of pixels; return the top C-cells.

    Parameters
    ----------
    builder : Builder
        Where the steps go.
    model : Neocognitron
        The fitted model.
    source : str
        The pixels.
    """
    pixels = int(np.prod(model.image_shape_))
    given = {"center": np.full(pixels, model.lowest_), "scale": np.full(pixels, model.range_)}
    shown = builder.apply("shown", [source], SCALED, given, "pixels from 0 to 1")
    shown = builder.add(Cast("z0", (shown,), pixels, "", "float32"))
    height, width, channels = map(int, model.image_shape_)
    maps, shape = _contrast(builder, shown, (height, width, channels)), (height, width, 2 * channels)
    for stage, (layer, choice) in enumerate(zip(model.s_layers_, model._stages, strict=True), 1):
        maps, shape = _s_cells(builder, stage, layer, maps, shape)
        maps, shape = _c_cells(builder, stage, choice, maps, shape)
    return maps


def _blurred(builder: Builder, name: str, source: str, around: Windows, width: float) -> str:
    """Add the blur of a `bell` over windows without an edge."""
    planes, (rows, columns) = around.input_shape[2], around.output_size
    weights = bell(around.size[0], width).ravel()
    return builder.add(Blur(name, (source,), rows * columns * planes, "", around, weights))


def _contrast(builder: Builder, source: str, shape: tuple[int, int, int]) -> str:
    """Add the cells that answer to contrast; beyond the image lie its outermost pixels again."""
    around = windows_around(shape, 7)
    cells = np.arange(prod(shape)).reshape(shape)
    (top, left), (bottom, right) = around.before, around.after
    places = np.pad(cells, ((top, bottom), (left, right), (0, 0)), mode="edge").ravel().tolist()
    edged = builder.select("shown_edged", source, places)
    surround = _blurred(builder, "surround", edged, _padded(around), 2.0)
    parts = [builder.apply(f"{f.name}_cells", [source, surround], f) for f in (ON, OFF)]
    joined = builder.join("on_and_off", parts)
    both = np.concatenate([cells, cells + prod(shape)], axis=-1).ravel().tolist()
    return builder.select("contrast", joined, both, "contrast: on-centre and off-centre cells")


def _with_zeros(builder: Builder, name: str, source: str, around: Windows) -> tuple[str, Windows]:
    """Add an edge of zeros."""
    if not any((*around.before, *around.after)):
        return source, around
    padded = _padded(around)
    return builder.add(Pad(name, (source,), prod(padded.input_shape), "", around, 0.0)), padded


def _s_cells(
    builder: Builder, stage: int, layer: SLayer, source: str, shape: tuple[int, int, int]
) -> tuple[str, tuple[int, int, int]]:
    """Add the S-cells of a stage with their V-cells."""
    (height, width, _), planes = shape, layer.weights.shape[1]
    source, around = _with_zeros(builder, f"S{stage}_below", source, windows_around(shape, layer.size))
    n, note = height * width, f"stage {stage}: excitation"
    ones = np.ones(planes, layer.weights.dtype)
    excited = builder.add(Convolve(f"S{stage}_e", (source,), n * planes, note, around, layer.weights, ones))
    squares = builder.apply(f"S{stage}_squares", [source], SQUARE)
    fixed = fixed_connections(layer.size, len(layer.weights))[:, np.newaxis]
    energy = Convolve(f"S{stage}_energy", (squares,), n, "", around, fixed, np.zeros(1, fixed.dtype))
    inhibiting = builder.apply(f"V{stage}", [builder.add(energy)], ROOT, note=f"stage {stage}: V-cells, which inhibit")
    each = builder.select(f"V{stage}_each", inhibiting, np.repeat(np.arange(n), planes).tolist())
    given = {"b": np.tile(layer.inhibition(), n), "t": np.full(n * planes, layer.threshold, np.float32)}
    cells = builder.apply(f"S{stage}", [excited, each], S_CELL, given, f"stage {stage}: S-cells")
    return cells, (height, width, planes)


def _c_cells(
    builder: Builder, stage: int, choice: Choices, source: str, shape: tuple[int, int, int]
) -> tuple[str, tuple[int, int, int]]:
    """Add the C-cells of a stage."""
    around = windows_around(shape, choice.blurs, choice.strides)
    (rows, columns), planes = around.output_size, shape[2]
    source, around = _with_zeros(builder, f"C{stage}_below", source, around)
    blurred = _blurred(builder, f"C{stage}_sum", source, around, choice.blurs / 3)
    given = {"a": np.full(rows * columns * planes, choice.saturation, np.float32)}
    cells = builder.apply(f"C{stage}", [blurred], C_CELL, given, f"stage {stage}: C-cells")
    return cells, (rows, columns, planes)
