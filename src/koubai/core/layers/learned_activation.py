"""The learned activation: each node mixes its input with an activation of it, by a share that is learned."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.activations.base import Activation
from koubai.core.activations.relu import ReLU
from koubai.core.activations.softmax import Softmax
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.formulas.tree import Apply, Formula, Symbol
from koubai.core.initializers import RandomSource
from koubai.core.layers.base import ALPHAS, Address, Block, Layer, Lookup, Term, Views
from koubai.core.layers.dense import check_dropout
from koubai.core.schema import Fields, Named, Real, Scalar, Whole


@dataclass(frozen=True, slots=True)
class LearnedActivation(Layer):
    """z_i = (1 - α_i) x_i + α_i σ(x_i), α_i = 1 at first (RealMLP: Holzmüller and others 2024, arXiv:2407.04491).

    It stands behind a layer without an activation of its own.

    Parameters
    ----------
    n_nodes : int
        Number of inputs and outputs per row, at least 1.
    within : Activation
        σ, any but softmax.
    dropout : float
        Probability in [0, 1) that an output is set to 0 in training.

    Examples
    --------
    >>> layer = LearnedActivation(2, ReLU())
    >>> layer.forward((np.array([1.0, 0.5]),), np.array([[-3.0, -4.0]]))
    array([[ 0., -2.]])
    """

    name: ClassVar[str] = "learned_activation"
    code: ClassVar[int] = 4
    is_linear: ClassVar[bool] = False
    description: ClassVar[Fields] = Fields({"n_nodes": Whole(1), "within": Named(Scalar()), "dropout": Real(0, 1)})

    n_nodes: int
    within: Activation = field(default_factory=ReLU)
    dropout: float = 0.0

    def __post_init__(self) -> None:
        size = self.n_nodes
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise ParameterError(f"LearnedActivation: n_nodes must be an integer >= 1; got {size!r}. Try 8.")
        if not isinstance(self.within, Activation):
            raise ParameterTypeError(
                f"LearnedActivation: within must be an instance of Activation; got {type(self.within).__name__}. "
                f"Try get_activation('selu')."
            )
        if isinstance(self.within, Softmax):
            raise ParameterError(
                "LearnedActivation: within must act on each node by itself; got softmax. Try get_activation('selu')."
            )
        check_dropout(self)
        object.__setattr__(self, "n_nodes", int(size))

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(n_nodes,)."""
        return (self.n_nodes,)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(n_nodes,)."""
        return (self.n_nodes,)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The mixing shares α (n_nodes,)."""
        return (Block("alphas", (self.n_nodes,), ALPHAS),)

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        """Return ones, whatever the rule, so that the layer initially is the activation."""
        return (np.ones(self.n_nodes),)

    def _values(self, z: Array) -> tuple[Array, Array]:
        """Return σ(z) and σ'(z)."""
        value = self.within.value(z)
        return value, self.within.derivative(z, value)

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u = (1 - α) z + α σ(z)."""
        u: Array = (1 - blocks[0]) * z + blocks[0] * self.within.value(z)
        return u

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z_j = δ_j (1 - α_j + α_j σ'(z_j))."""
        g: Array = delta * (1 - blocks[0] + blocks[0] * self._values(z)[1])
        return g

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return ∂E/∂α_j = Σ_rows δ_j (σ(z_j) - z_j)."""
        return ((delta * (self.within.value(z) - z)).sum(axis=0),)

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{u} = (1 - α + α σ'(z)) R{z} + (σ(z) - z) R{α}."""
        value, slope = self._values(z)
        r_u: Array = (1 - blocks[0] + blocks[0] * slope) * r_z + (value - z) * r_blocks[0]
        return r_u

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return R{δ} (1 - α + α σ'(z)) + δ (R{α} (σ'(z) - 1) + α σ''(z) R{z})."""
        value, slope = self._values(z)
        bend = self.within.second_derivative(z, value)
        r_g: Array = r_delta * (1 - blocks[0] + blocks[0] * slope)
        return r_g + delta * (r_blocks[0] * (slope - 1) + blocks[0] * bend * r_z)

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return Σ_rows (R{δ} (σ(z) - z) + δ (σ'(z) - 1) R{z})."""
        value, slope = self._values(z)
        return ((r_delta * (value - z) + delta * (slope - 1) * r_z).sum(axis=0),)

    def terms(self, node: int) -> Iterable[Term]:
        """Return (1 - α_i) z_i + α_i σ(z_i), as one summand."""
        return [Term(node, node, Address("alphas", (node - 1,)))]

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return the one summand with z_j, which is node j's."""
        return self.terms(source)

    def terms_with(self, parameter: Address) -> Iterable[Term]:
        """Return the one summand with α_i."""
        return self.terms(parameter.index[0] + 1)

    def symbol(self, block: str, node: "int | str", source: "int | str", layer: "int | str") -> Symbol:
        """Return a_i^(l), since α is the learning rate."""
        return Symbol("a", (node,), layer)

    def summand(self, term: Term, z: Formula, find: Lookup) -> Formula:
        """Return (1 - α_i) z_i + α_i σ(z_i)."""
        alpha = find(_of(term))
        return (1 - alpha) * z + alpha * self._formula(z)

    def slope_by_source(self, term: Term, z: Formula, find: Lookup) -> Formula:
        """Return 1 - α_i + α_i σ'(z_i)."""
        alpha = find(_of(term))
        slope = self.within.derivative_formula(z, self._formula(z))
        return 1 - alpha + alpha * (Apply("σ", (z,), True) if slope is None else slope)

    def slope_by_parameter(self, term: Term, parameter: Address, z: Formula, find: Lookup) -> Formula:
        """Return σ(z_i) - z_i."""
        return self._formula(z) - z

    def _formula(self, z: Formula) -> Formula:
        """Return σ(z)."""
        try:
            known = float(z.evaluate())
        except TypeError:  # notation without a number
            known = 0.0
        value = self.within.formula(z, known)
        return Apply("σ", (z,)) if value is None else value

    def law(self) -> Formula:
        """Return (1 - a_i) z_i + a_i σ(z_i)."""
        a, z = Symbol("a", ("i",), "l"), Symbol("z", ("i",), "l-1")
        return (1 - a) * z + a * Apply("σ", (z,))

    def law_back(self) -> Formula:
        """Return δ_i (1 - a_i + a_i σ'(z_i))."""
        a, z = Symbol("a", ("i",), "l+1"), Symbol("z", ("i",), "l")
        return Symbol("δ", ("i",), "l+1") * (1 - a + a * Apply("σ", (z,), True))

    def spec(self) -> dict[str, Any]:
        """Return the layer as plain data for a model file."""
        return {
            "kind": self.name,
            "n_nodes": self.n_nodes,
            "within": self.within.spec(),
            "dropout": float(self.dropout),
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the layer described by `spec`; other contents are ignored."""
        return cls(spec["n_nodes"], get_activation(spec["within"]), spec["dropout"])


def _of(term: Term) -> Address:
    assert term.parameter is not None
    return term.parameter
