"""The convolution: every node reads a window of the map, and all nodes of one filter share its weights."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.activations.base import Activation
from koubai.core.activations.identity import Identity
from koubai.core.arrays import Array
from koubai.core.checks import is_whole
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import BigSum, Formula, Symbol
from koubai.core.initializers import RandomSource, initial_layer
from koubai.core.layers.base import BIASES, WEIGHTS, Address, Block, Layer, Term, Views, unraveled
from koubai.core.layers.dense import check_parts
from koubai.core.layers.windows import (
    MOST,
    SHAPE,
    SIZES,
    VALID,
    Padding,
    PaddingKind,
    Pair,
    Windows,
    settle_windows,
    windows_of,
)
from koubai.core.schema import Fields, Named, Real, Scalar, Truth, Whole


@dataclass(frozen=True, slots=True)
class Convolution(Layer):
    """u_yxf = b_f + Σ_abc w_abcf z_(y+a, x+b, c), z = φ(u): a dense layer that reads every window of the map.

    What is computed is the cross-correlation, as in all software for networks (LeCun and others 1998, section II A).

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width and channels of the map; a row is flat in C order.
    n_filters : int
        Number of filters, each of which makes one channel of the output.
    kernel_size : int or (int, int)
        Height and width of the kernels.
    strides : int or (int, int)
        Cells from one window to the next.
    padding : str, int or (int, int)
        Zeros around the map: ``"valid"`` none; ``"same"`` so many that there are ⌈size / stride⌉ windows, an odd one
        below and to the right; or their number on either side, vertically and horizontally.
    activation : Activation
        φ.
    bias : bool
        Whether the filters have a bias b.
    dropout : float
        Probability in [0, 1) that a node's activation is set to 0 in training.

    Examples
    --------
    >>> layer = Convolution((4, 4, 1), n_filters=2, kernel_size=3)
    >>> layer.output_shape
    (2, 2, 2)
    >>> edges = np.array([[-1.0, 0.0, 1.0]] * 3).reshape(3, 3, 1, 1)
    >>> image = np.array([[0.0, 0.0, 1.0, 1.0]] * 4).reshape(1, 16)
    >>> Convolution((4, 4, 1), 1, bias=False).forward((edges,), image)
    array([[3., 3., 3., 3.]])
    """

    name: ClassVar[str] = "convolution"
    code: ClassVar[int] = 5
    short_name: ClassVar[str] = "conv"
    index_names: ClassVar[tuple[str, ...]] = ("y", "x", "f")
    has_activation: ClassVar[bool] = True
    description: ClassVar[Fields] = Fields(
        {
            "input_shape": SHAPE,
            "n_filters": Whole(1, MOST),
            "kernel_size": SIZES,
            "strides": SIZES,
            "padding": PaddingKind(),
            "activation": Named(Scalar()),
            "bias": Truth(),
            "dropout": Real(0, 1),
        }
    )

    input_shape: tuple[int, int, int] = field()  # without field(), the base class's property would be the default
    n_filters: int = field()
    kernel_size: int | Pair = 3
    strides: int | Pair = 1
    padding: Padding | int = VALID
    activation: Activation = field(default_factory=Identity)
    bias: bool = True
    dropout: float = 0.0

    def __post_init__(self) -> None:
        settle_windows(self, "kernel_size")
        if not is_whole(self.n_filters) or not 1 <= self.n_filters <= MOST:
            got = repr(self.n_filters)
            raise ParameterError(
                who="Convolution", parameter="n_filters", required="be an integer >= 1", got=got, remedy="Try 32."
            )
        object.__setattr__(self, "n_filters", int(self.n_filters))
        check_parts(self)

    @property
    def windows(self) -> Windows:
        """The windows that the nodes read."""
        strides: Any = self.strides
        return windows_of(self, "kernel_size", strides)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(height, width, n_filters)."""
        return (*self.windows.output_size, self.n_filters)

    @property
    def _n_read(self) -> int:
        """Number of sources of a node."""
        high, wide = self.windows.size
        return high * wide * self.input_shape[2]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Weights w (kernel height, kernel width, channels, n_filters) and biases b (n_filters,)."""
        weights = Block("weights", (*self.windows.size, self.input_shape[2], self.n_filters), WEIGHTS)
        return (weights, Block("biases", (self.n_filters,), BIASES)) if self.bias else (weights,)

    @property
    def n_products(self) -> int:
        """Number of multiplications per row in a forward pass: one a weight in every window."""
        return self._n_read * self.n_out

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        """Return weights drawn by the rule, and biases 0 unless the rule draws them too.

        A node reads kernel height · width · channels sources; a source goes to kernel height · width · filters nodes.
        """
        high, wide = self.windows.size
        fan_out, shape = high * wide * self.n_filters, self.blocks[0].shape
        return initial_layer(scheme, rng, self._n_read, fan_out, hidden_activation, shape)[: len(self.blocks)]

    # With P(z), the windows as rows of a matrix, the equations are those of the dense layer

    def _read(self, z: Array) -> Array:
        """Return P(z), (n · windows, sources of a node)."""
        return self.windows.patches(z).reshape(-1, self._n_read)

    def _matrix(self, weights: Array) -> Array:
        """Return the weights as W, (sources of a node, n_filters)."""
        return weights.reshape(self._n_read, self.n_filters)

    def _sums(self, weights: Array, z: Array) -> Array:
        """Return P(z) W, (n, n_out)."""
        out = np.empty((len(z), self.n_out), np.result_type(z, weights))
        for rows in self.windows.chunks(len(z), z.itemsize):
            out[rows] = (self._read(z[rows]) @ self._matrix(weights)).reshape(-1, self.n_out)
        return out

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u = P(z) W + b."""
        u = self._sums(blocks[0], z)
        if self.bias:
            u.reshape(-1, self.n_filters)[:] += blocks[1]
        return u

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z = Pᵀ(δ Wᵀ): each cell collects Σ δ_yxf w_abcf from all windows that it lies in."""
        out = np.empty((len(z), self.n_in), np.result_type(delta, blocks[0]))
        shape = (-1, *self.windows.output_size, *self.blocks[0].shape[:3])
        for rows in self.windows.chunks(len(z), z.itemsize):
            by_window = delta[rows].reshape(-1, self.n_filters) @ self._matrix(blocks[0]).T
            out[rows] = self.windows.fold(by_window.reshape(shape))
        return out

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return ∂E/∂w_abcf = Σ_rows Σ_yx δ_yxf z_(y+a, x+b, c) = P(z)ᵀ δ, and ∂E/∂b_f = Σ_rows Σ_yx δ_yxf."""
        total = np.zeros((self._n_read, self.n_filters), np.result_type(z, delta))
        for rows in self.windows.chunks(len(z), z.itemsize):
            total += self._read(z[rows]).T @ delta[rows].reshape(-1, self.n_filters)
        weights = total.reshape(self.blocks[0].shape)
        return (weights, delta.reshape(-1, self.n_filters).sum(axis=0)) if self.bias else (weights,)

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{u} = P(R{z}) W + P(z) R{W} + R{b}."""
        return self._sums(blocks[0], r_z) + self.forward(r_blocks, z)

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return Pᵀ(R{δ} Wᵀ + δ R{W}ᵀ)."""
        return self.to_sources(blocks, z, r_delta) + self.to_sources(r_blocks, z, delta)

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return P(R{z})ᵀ δ + P(z)ᵀ R{δ}, and the sum of R{δ}."""
        (weights, *biases), (more, *_) = self.gradient(blocks, z, r_delta), self.gradient(blocks, r_z, delta)
        return (weights + more, *biases)

    # Material for explanations; nodes and sources are counted from 1 in C order

    def terms(self, node: int) -> Iterable[Term]:
        """Return the bias of the node's filter, and w_abcf z of every source in its window; zeros around are none."""
        y, x, f = self.place_of(node)
        if self.bias:
            yield Term(node, 0, Address("biases", (f,)))
        for a, b, row, column in self.windows.cells(y, x):
            for c in range(self.input_shape[2]):
                yield Term(node, self.source_at(row, column, c), Address("weights", (a, b, c, f)))

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return w_abcf z_j of every filter in every window that source j lies in."""
        row, column, c = unraveled(source - 1, self.input_shape)
        return [
            Term(self.node_at(y, x, f), source, Address("weights", (a, b, c, f)))
            for y, x, a, b in self.windows.over(row, column)
            for f in range(self.n_filters)
        ]

    def terms_with(self, parameter: Address) -> Iterable[Term]:
        """Return the summands that share a weight or bias: one in each window where its source is on the map."""
        height, width = self.windows.output_size
        f = parameter.index[-1]
        for y in range(height):
            for x in range(width):
                if parameter.block == "biases":
                    yield Term(self.node_at(y, x, f), 0, parameter)
                    continue
                a, b, c, _ = parameter.index
                cell = self.windows.cell(y, x, a, b)
                if cell is not None:
                    yield Term(self.node_at(y, x, f), self.source_at(*cell, c), parameter)

    def symbol(self, block: str, node: "int | str", source: "int | str", layer: "int | str") -> Symbol:
        """Return w_abcf of the node's filter f and the source's place in its window, all from 1, or w_0f, the bias."""
        if not isinstance(node, int) or not isinstance(source, int):
            return Symbol("w", (0, "f") if block == "biases" else ("a", "b", "c", "f"), layer)
        address = self.parameter(node, source)
        assert address is not None
        index = tuple(at + 1 for at in address.index)
        return Symbol("w", (0, *index) if block == "biases" else index, layer)

    def law(self) -> Formula:
        """Return w_0f + Σ_abc w_abcf z_(row, column, c), row and column being those of place a, b in the window."""
        z = Symbol("z", (*self.windows.names_of_cell(), "c"), "l-1")
        total = BigSum("a,b,c", Symbol("w", ("a", "b", "c", "f"), "l") * z)
        return Symbol("w", (0, "f"), "l") + total if self.bias else total

    def law_back(self) -> Formula:
        """Return Σ_ijf δ_ijf w_abcf over the windows i, j in which the source at y, x has place a, b."""
        w = Symbol("w", (*self.windows.names_of_place(), "c", "f"), "l+1")
        return BigSum("i,j,f", Symbol("δ", ("i", "j", "f"), "l+1") * w)

    def spec(self) -> dict[str, Any]:
        """Return the layer as plain data for a model file."""
        windows, padding = self.windows, self.padding
        return {
            "kind": self.name,
            "input_shape": list(self.input_shape),
            "n_filters": self.n_filters,
            "kernel_size": list(windows.size),
            "strides": list(windows.strides),
            "padding": list(padding) if isinstance(padding, tuple) else padding,
            "activation": self.activation.spec(),
            "bias": bool(self.bias),
            "dropout": float(self.dropout),
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the layer described by `spec`; other contents are ignored."""
        known = {name: spec[name] for name in cls.description.kinds}
        return cls(**{**known, "activation": get_activation(spec["activation"])})
