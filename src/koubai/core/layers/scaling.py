"""The scaling layer: one learned factor per feature, with which a network selects among its inputs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import is_whole
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Formula, Symbol
from koubai.core.initializers import RandomSource
from koubai.core.layers.base import SCALES, Address, Block, Layer, Term, Views
from koubai.core.schema import Fields, Whole


@dataclass(frozen=True, slots=True)
class Scaling(Layer):
    """z_j = s_j x_j, s_j = 1 at first (RealMLP: Holzmüller, Grinsztajn and Steinwart 2024, arXiv:2407.04491).

    Parameters
    ----------
    n_features : int
        Number of inputs and outputs per row, at least 1.

    Examples
    --------
    >>> layer = Scaling(2)
    >>> layer.forward((np.array([1.0, -2.0]),), np.array([[3.0, 4.0]]))
    array([[ 3., -8.]])
    """

    name: ClassVar[str] = "scaling"
    code: ClassVar[int] = 1
    description: ClassVar[Fields] = Fields({"n_features": Whole(1)})

    n_features: int

    def __post_init__(self) -> None:
        size = self.n_features
        if not is_whole(size) or size < 1:
            raise ParameterError(
                who="Scaling", parameter="n_features", required="be an integer >= 1", got=repr(size), remedy="Try 8."
            )
        object.__setattr__(self, "n_features", int(size))  # JSON has no NumPy integers

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(n_features,)."""
        return (self.n_features,)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(n_features,)."""
        return (self.n_features,)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The factors s (n_features,)."""
        return (Block("scales", (self.n_features,), SCALES),)

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        """Return ones, whatever the rule, so that the layer initially passes its inputs through."""
        return (np.ones(self.n_features),)

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u_j = s_j z_j."""
        return z * blocks[0]

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z_j = δ_j s_j."""
        return delta * blocks[0]

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return ∂E/∂s_j = Σ_rows δ_j z_j."""
        return ((delta * z).sum(axis=0),)

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{u} = R{z} s + z R{s}."""
        return r_z * blocks[0] + z * r_blocks[0]

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return R{δ} s + δ R{s}."""
        return r_delta * blocks[0] + delta * r_blocks[0]

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return Σ_rows (R{δ} z + δ R{z})."""
        return ((r_delta * z + delta * r_z).sum(axis=0),)

    def terms(self, node: int) -> Iterable[Term]:
        """Return s_i z_i."""
        return [Term(node, node, Address("scales", (node - 1,)))]

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return the one summand with z_j, which is node j's."""
        return self.terms(source)

    def terms_with(self, parameter: Address) -> Iterable[Term]:
        """Return the one summand with s_i."""
        return self.terms(parameter.index[0] + 1)

    def symbol(self, block: str, node: "int | str", source: "int | str", layer: "int | str") -> Symbol:
        """Return s_i^(l)."""
        return Symbol("s", (node,), layer)

    def law(self) -> Formula:
        """Return s_i z_i."""
        return Symbol("s", ("i",), "l") * Symbol("z", ("i",), "l-1")

    def law_back(self) -> Formula:
        """Return δ_i s_i."""
        return Symbol("δ", ("i",), "l+1") * Symbol("s", ("i",), "l+1")
