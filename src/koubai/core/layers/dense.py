"""The fully connected layer: every node reads every source, each with its own weight."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.activations.base import Activation
from koubai.core.activations.identity import Identity
from koubai.core.arrays import Array
from koubai.core.checks import is_whole
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.formulas.tree import BigSum, Formula, Symbol
from koubai.core.initializers import RandomSource, initial_layer
from koubai.core.layers.base import BIASES, WEIGHTS, Address, Block, Layer, Term, Views
from koubai.core.schema import Fields, Named, Real, Scalar, Truth, Whole


@dataclass(frozen=True, slots=True)
class Dense(Layer):
    """A fully connected layer: u = Wᵀ z + b, z = φ(u).

    Parameters
    ----------
    n_in, n_out : int
        Sources and nodes, at least 1 each.
    activation : Activation
        φ.
    bias : bool
        Whether the nodes have a bias b.
    dropout : float
        Probability in [0, 1) that a node's activation is set to 0 in training, the others being divided by 1 - dropout
        (inverted dropout; Srivastava and others 2014, section 10).
    """

    name: ClassVar[str] = "dense"
    code: ClassVar[int] = 0
    has_activation: ClassVar[bool] = True
    description: ClassVar[Fields] = Fields(
        {
            "n_in": Whole(1),
            "n_out": Whole(1),
            "activation": Named(Scalar()),
            "bias": Truth(),
            "dropout": Real(0, 1),
        }
    )

    n_in: int = field()  # without field(), the base class's property of this name would be the default
    n_out: int = field()
    activation: Activation = field(default_factory=Identity)
    bias: bool = True
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_dense(self)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(n_in,)."""
        return (self.n_in,)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(n_out,)."""
        return (self.n_out,)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Weights W (n_in, n_out) and biases b (n_out,)."""
        weights = Block("weights", (self.n_in, self.n_out), WEIGHTS)
        return (weights, Block("biases", (self.n_out,), BIASES)) if self.bias else (weights,)

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        """Return weights drawn by the rule, and biases 0 unless the rule draws them too."""
        return initial_layer(scheme, rng, self.n_in, self.n_out, hidden_activation)[: len(self.blocks)]

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u = z W + b."""
        u: Array = z @ blocks[0] + blocks[1] if self.bias else z @ blocks[0]
        return u

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z_j = Σ_i δ_i w_ij."""
        g: Array = delta @ blocks[0].T
        return g

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return ∂E/∂w_ij = Σ_rows δ_i z_j and ∂E/∂b_i = Σ_rows δ_i."""
        return (z.T @ delta, delta.sum(axis=0)) if self.bias else (z.T @ delta,)

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{u} = R{z} W + z R{W} + R{b}."""
        r_u: Array = r_z @ blocks[0] + z @ r_blocks[0]
        return r_u + r_blocks[1] if self.bias else r_u

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return R{δ} Wᵀ + δ R{W}ᵀ."""
        r_g: Array = r_delta @ blocks[0].T + delta @ r_blocks[0].T
        return r_g

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return R{z}ᵀ δ + zᵀ R{δ}, and the sum of R{δ}."""
        weights = r_z.T @ delta + z.T @ r_delta
        return (weights, r_delta.sum(axis=0)) if self.bias else (weights,)

    def terms(self, node: int) -> Iterable[Term]:
        """Return w_i0, the bias, and w_ij z_j of every source."""
        if self.bias:
            yield Term(node, 0, Address("biases", (node - 1,)))
        for j in range(1, self.n_in + 1):
            yield Term(node, j, Address("weights", (j - 1, node - 1)))

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return w_ij z_j of every node."""
        return [Term(i, source, Address("weights", (source - 1, i - 1))) for i in range(1, self.n_out + 1)]

    def terms_with(self, parameter: Address) -> Iterable[Term]:
        """Return the one summand of a weight or bias."""
        if parameter.block == "biases":
            return [Term(parameter.index[0] + 1, 0, parameter)]
        return [Term(parameter.index[1] + 1, parameter.index[0] + 1, parameter)]

    def parameter(self, node: int, source: int) -> Address | None:
        """Return the address of w_ij, or of the bias for j = 0."""
        if not (1 <= node <= self.n_out and 0 <= source <= self.n_in):
            return None
        if source == 0:
            return Address("biases", (node - 1,)) if self.bias else None
        return Address("weights", (source - 1, node - 1))

    def symbol(self, block: str, node: "int | str", source: "int | str", layer: "int | str") -> Symbol:
        """Return w_ij^(l), or w_i0^(l) for the bias."""
        return Symbol("w", (node, source), layer)

    def law(self) -> Formula:
        """Return w_i0 + Σ_j w_ij z_j (slide 38)."""
        total = BigSum("j", Symbol("w", ("i", "j"), "l") * Symbol("z", ("j",), "l-1"))
        return Symbol("w", ("i", 0), "l") + total if self.bias else total

    def law_back(self) -> Formula:
        """Return Σ_k δ_k w_ki."""
        return BigSum("k", Symbol("δ", ("k",), "l+1") * Symbol("w", ("k", "i"), "l+1"))

    def spec(self) -> dict[str, Any]:
        """Return the layer as plain data for a model file."""
        return {
            "kind": "dense",
            "n_in": int(self.n_in),
            "n_out": int(self.n_out),
            "activation": self.activation.spec(),
            "bias": bool(self.bias),
            "dropout": float(self.dropout),
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the layer described by `spec`; other contents are ignored."""
        activation = get_activation(spec["activation"])
        return cls(spec["n_in"], spec["n_out"], activation, spec["bias"], spec["dropout"])


def check_dense(layer: Any) -> None:
    """Raise a ParameterError unless sizes, activation, bias and dropout of a fully connected layer are allowed."""
    who = type(layer).__name__
    for name, size in (("n_in", layer.n_in), ("n_out", layer.n_out)):
        if not is_whole(size) or size < 1:
            raise ParameterError(
                who=who, parameter=name, required="be an integer >= 1", got=repr(size), remedy="Try 8."
            )
    check_parts(layer)


def check_parts(layer: Any) -> None:
    """Raise a ParameterError unless activation, bias and dropout of a layer are allowed."""
    who = type(layer).__name__
    if not isinstance(layer.activation, Activation):
        raise ParameterTypeError(
            who=who,
            parameter="activation",
            required="be an instance",
            got=type(layer.activation).__name__,
            remedy="Try get_activation('relu').",
        )
    if not isinstance(layer.bias, bool | np.bool_):
        raise ParameterTypeError(
            who=who, parameter="bias", required="be True or False", got=repr(layer.bias), remedy="Try True."
        )
    check_dropout(layer)


def check_dropout(layer: Layer) -> None:
    """Raise a ParameterError unless a layer's dropout is a probability below 1."""
    if not isinstance(layer.dropout, int | float | np.floating) or not 0 <= layer.dropout < 1:
        raise ParameterError(f"{type(layer).__name__}: dropout must be in [0, 1); got {layer.dropout!r}. Try 0.2.")
