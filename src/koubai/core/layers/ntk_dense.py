"""The fully connected layer in neural tangent parametrisation: the weights' size does not depend on their number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from koubai.core.activations.base import Activation
from koubai.core.activations.identity import Identity
from koubai.core.arrays import Array
from koubai.core.formulas.tree import BigSum, Formula, Symbol, sqrt
from koubai.core.initializers import RandomSource
from koubai.core.layers.base import Address, Block, Layer, Term, Views
from koubai.core.layers.dense import Dense, check_dense
from koubai.core.schema import Fields


@dataclass(frozen=True, slots=True)
class NTKDense(Layer):
    """u = Wᵀ z / √n + b, z = φ(u), n being the number of sources (Jacot, Gabriel and Hongler 2018, equation 1).

    It is the dense layer of the weights W / √n. Initial weights are √n times those of the rule, so with
    ``lecun_normal`` they have variance 1, and one learning rate suits layers of any width.

    Parameters
    ----------
    n_in, n_out, activation, bias, dropout
        As for `koubai.core.layers.dense.Dense`.

    Examples
    --------
    >>> layer = NTKDense(4, 1)
    >>> layer.forward((np.ones((4, 1)), np.zeros(1)), np.ones((1, 4)))
    array([[2.]])
    """

    name: ClassVar[str] = "ntk_dense"
    code: ClassVar[int] = 2
    has_activation: ClassVar[bool] = True
    description: ClassVar[Fields] = Dense.description

    n_in: int = field()
    n_out: int = field()
    activation: Activation = field(default_factory=Identity)
    bias: bool = True
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_dense(self)

    @property
    def _plain(self) -> Dense:
        """The dense layer of the same shape."""
        return Dense(self.n_in, self.n_out, self.activation, self.bias, self.dropout)

    @property
    def factor(self) -> float:
        """1 / √n."""
        return float(1 / np.sqrt(self.n_in))

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
        return self._plain.blocks

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        """Return √n times the weights drawn by the rule, and biases 0 unless the rule draws them too."""
        weights, *biases = self._plain.initial(scheme, rng, hidden_activation)
        return (weights / self.factor, *biases)

    def _scaled(self, blocks: Views) -> Views:
        """Return W / √n and b."""
        weights, *biases = blocks
        return (weights * weights.dtype.type(self.factor), *biases)

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u = z W / √n + b."""
        return self._plain.forward(self._scaled(blocks), z)

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z_j = Σ_i δ_i w_ij / √n."""
        return self._plain.to_sources(self._scaled(blocks), z, delta)

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return ∂E/∂w_ij = Σ_rows δ_i z_j / √n and ∂E/∂b_i = Σ_rows δ_i."""
        return self._scaled(self._plain.gradient(blocks, z, delta))

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{u} = (R{z} W + z R{W}) / √n + R{b}."""
        return self._plain.tangent(self._scaled(blocks), self._scaled(r_blocks), z, r_z)

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return (R{δ} Wᵀ + δ R{W}ᵀ) / √n."""
        scaled = self._scaled(blocks), self._scaled(r_blocks)
        return self._plain.to_sources_tangent(*scaled, z, r_z, delta, r_delta)

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return (R{z}ᵀ δ + zᵀ R{δ}) / √n, and the sum of R{δ}."""
        return self._scaled(self._plain.gradient_tangent(blocks, r_blocks, z, r_z, delta, r_delta))

    def terms(self, node: int) -> Iterable[Term]:
        """Return w_i0, the bias, and w_ij z_j / √n of every source."""
        return map(self._with_factor, self._plain.terms(node))

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return w_ij z_j / √n of every node."""
        return map(self._with_factor, self._plain.terms_from(source))

    def terms_with(self, parameter: Address) -> Iterable[Term]:
        """Return the one summand with the weight or bias."""
        return map(self._with_factor, self._plain.terms_with(parameter))

    def _with_factor(self, term: Term) -> Term:
        return term._replace(factor=1 / sqrt(self.n_in)) if term.source else term

    def parameter(self, node: int, source: int) -> Address | None:
        """Return w_ij, or for j = 0 the bias."""
        return self._plain.parameter(node, source)

    def symbol(self, block: str, node: "int | str", source: "int | str", layer: "int | str") -> Symbol:
        """Return w_ij^(l), or w_i0^(l) for the bias."""
        return self._plain.symbol(block, node, source, layer)

    def law(self) -> Formula:
        """Return w_i0 + Σ_j w_ij z_j / √n."""
        total = BigSum("j", Symbol("w", ("i", "j"), "l") * Symbol("z", ("j",), "l-1")) / sqrt(self.n_in)
        return Symbol("w", ("i", 0), "l") + total if self.bias else total

    def law_back(self) -> Formula:
        """Return Σ_k δ_k w_ki / √n."""
        return BigSum("k", Symbol("δ", ("k",), "l+1") * Symbol("w", ("k", "i"), "l+1")) / sqrt(self.n_in)

    def spec(self) -> dict[str, Any]:
        """Return the layer as plain data for a model file."""
        return {**self._plain.spec(), "kind": self.name}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the layer described by `spec`; other contents are ignored."""
        plain = Dense.from_spec(spec)
        return cls(plain.n_in, plain.n_out, plain.activation, plain.bias, plain.dropout)
