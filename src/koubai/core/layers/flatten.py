"""Flattening: a map's numbers as one row of features, in the order in which they lie already."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, ClassVar, Self

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Symbol
from koubai.core.initializers import RandomSource
from koubai.core.layers.base import Block, Layer, Term, Views
from koubai.core.layers.dense import check_dropout
from koubai.core.layers.windows import SHAPE, settle_shape
from koubai.core.schema import Fields, Real


@dataclass(frozen=True, slots=True)
class Flatten(Layer):
    """u_i = z_i: the map (height, width, channels) as height · width · channels numbers, in C order.

    Rows are flat between all layers, so that a dense layer may also follow a map without it.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width and channels of the map.
    dropout : float
        Probability in [0, 1) that an output is set to 0 in training.

    Examples
    --------
    >>> Flatten((2, 2, 3)).output_shape
    (12,)
    """

    name: ClassVar[str] = "flatten"
    code: ClassVar[int] = 8
    description: ClassVar[Fields] = Fields({"input_shape": SHAPE, "dropout": Real(0, 1)})

    input_shape: tuple[int, int, int] = field()
    dropout: float = 0.0

    def __post_init__(self) -> None:
        settle_shape(self)
        check_dropout(self)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(height · width · channels,)."""
        return (prod(self.input_shape),)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """None."""
        return ()

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        """Return nothing."""
        return ()

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u_i = z_i."""
        return z.copy()

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z_j = δ_j."""
        return delta.copy()

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return nothing: there are no parameters."""
        return ()

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{z}."""
        return r_z.copy()

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return R{δ}."""
        return r_delta.copy()

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return nothing."""
        return ()

    def terms(self, node: int) -> Iterable[Term]:
        """Return z_i."""
        return [Term(node, node, None)]

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return the one summand with z_j, which is node j's."""
        return self.terms(source)

    def law(self) -> Formula:
        """Return z_i."""
        return Symbol("z", ("i",), "l-1")

    def law_back(self) -> Formula:
        """Return δ_i."""
        return Symbol("δ", ("i",), "l+1")

    def spec(self) -> dict[str, Any]:
        """Return the layer as plain data for a model file."""
        return {"kind": self.name, "input_shape": list(self.input_shape), "dropout": float(self.dropout)}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the layer described by `spec`; other contents are ignored."""
        return cls(spec["input_shape"], spec["dropout"])
