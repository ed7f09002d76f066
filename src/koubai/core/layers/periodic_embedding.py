"""The periodic embedding: some inputs are joined by learned mixtures of waves of them, which see fine differences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import check_count, check_real
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import BigSum, Formula, Function, Number, Quantity, Symbol
from koubai.core.initializers import RandomSource
from koubai.core.layers.base import EMBEDDINGS, Address, Block, Layer, Lookup, Term, Views
from koubai.core.schema import Fields, Listed, Real, Rule, Whole

PI = Quantity(Symbol("π"), Number(float(np.pi)))


def _fits(spec: Mapping[str, Any]) -> bool:
    return all(place < spec["n_features"] for place in spec["embedded"])


@dataclass(frozen=True, slots=True)
class PeriodicEmbedding(Layer):
    """u = (z, e): all inputs unchanged, then Q numbers of each embedded input; a network's first layer as a rule.

    e_q(z_j) = b_q + Σ_k v_qk cos(2π f_k z_j + c_k) with K frequencies f, phases c, weights v and b of its own for each
    embedded input j (periodic embedding with bias, linear and densely connected, PBLD; Holzmüller, Grinsztajn and
    Steinwart 2024, arXiv:2407.04491, after Gorishniy, Rubachev and Babenko 2022, arXiv:2203.05556).

    Parameters
    ----------
    n_features : int
        Number of inputs per row, at least 1.
    embedded : sequence of int or None
        Which inputs are embedded, counted from 0; None for all.
    n_frequencies : int
        K >= 1.
    n_numbers : int
        Q >= 1.
    sigma : float
        Standard deviation of the initial frequencies, > 0, in cycles per unit of the input.

    Raises
    ------
    ParameterError
        If a parameter is out of range, or an input is embedded twice.

    Examples
    --------
    >>> layer = PeriodicEmbedding(3, embedded=(1,), n_frequencies=2, n_numbers=1)
    >>> blocks = (np.array([[1.0, 0.5]]), np.zeros((1, 2)), np.array([[[2.0, 3.0]]]), np.array([[0.5]]))
    >>> layer.forward(blocks, np.array([[7.0, 1.0, 8.0]]))
    array([[ 7. ,  1. ,  8. , -0.5]])
    """

    name: ClassVar[str] = "periodic_embedding"
    code: ClassVar[int] = 3
    is_linear: ClassVar[bool] = False
    description: ClassVar[Fields] = Fields(
        {
            "n_features": Whole(1),
            "embedded": Listed(Whole(), 1, different=True),
            "n_frequencies": Whole(1),
            "n_numbers": Whole(1),
            "sigma": Real(above=0),
        },
        (Rule("embedded inputs are among the features", _fits),),
    )

    n_features: int
    embedded: tuple[int, ...] | None = None
    n_frequencies: int = 16
    n_numbers: int = 3
    sigma: float = 0.1

    def __post_init__(self) -> None:
        for name in ("n_features", "n_frequencies", "n_numbers"):
            check_count(self, name, at_least=1)
        check_real(self, "sigma", above=0)
        places = range(self.n_features) if self.embedded is None else self.embedded
        among = all(isinstance(place, int | np.integer) and 0 <= place < self.n_features for place in places)
        if not among or not len(places) or len(set(places)) < len(places):
            raise ParameterError(
                f"PeriodicEmbedding: embedded must be different inputs among 0 … {self.n_features - 1}, one at least; "
                f"got {self.embedded!r}. Leave it out to embed all."
            )
        object.__setattr__(self, "embedded", tuple(map(int, places)))

    @property
    def places(self) -> tuple[int, ...]:
        """The embedded inputs, counted from 0."""
        assert self.embedded is not None
        return self.embedded

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(n_features,)."""
        return (self.n_features,)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(n_features + n_embedded · n_numbers,)."""
        return (self.n_features + len(self.places) * self.n_numbers,)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Frequencies and phases (n_embedded, K), weights (n_embedded, Q, K) and biases (n_embedded, Q)."""
        d, k, q = len(self.places), self.n_frequencies, self.n_numbers
        shapes = {"frequencies": (d, k), "phases": (d, k), "weights": (d, q, k), "biases": (d, q)}
        return tuple(Block(name, shape, EMBEDDINGS) for name, shape in shapes.items())

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        """Return frequencies from N(0, σ²), phases uniform in ±π, the rest uniform in ±1 / √K, whatever the rule."""
        frequencies, phases, weights, biases = (block.shape for block in self.blocks)
        bound = 1 / np.sqrt(self.n_frequencies)
        return (
            rng.normal(0.0, self.sigma, frequencies),
            rng.uniform(-np.pi, np.pi, phases),
            rng.uniform(-bound, bound, weights),
            rng.uniform(-bound, bound, biases),
        )

    # The equations. Of embedded input f and frequency k: a = 2π f z + c, waves cos a, (n, d, K)

    def _angles(self, blocks: Views, z: Array) -> Array:
        """Return a = 2π f z_j + c, (n, d, K)."""
        turn = z.dtype.type(2 * np.pi)
        a: Array = turn * blocks[0] * z[:, self.places, np.newaxis] + blocks[1]
        return a

    def _apart(self, g: Array) -> tuple[Array, Array]:
        """Return the parts of (n, n_out) that belong to the inputs themselves, and to their embeddings (n, d, Q)."""
        return g[:, : self.n_features], g[:, self.n_features :].reshape(len(g), len(self.places), self.n_numbers)

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u = (z, Σ_k v_qk cos(2π f_k z_j + c_k) + b_q)."""
        mixed = np.einsum("ndk,dqk->ndq", np.cos(self._angles(blocks, z)), blocks[2]) + blocks[3]
        return np.concatenate([z, mixed.reshape(len(z), -1)], axis=1)

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z_j = δ_j - 2π Σ_k f_k sin(a_k) Σ_q δ_q v_qk."""
        own, mixed = self._apart(delta)
        slopes = -np.sin(self._angles(blocks, z)) * np.einsum("ndq,dqk->ndk", mixed, blocks[2])
        g: Array = own.copy()
        g[:, self.places] += z.dtype.type(2 * np.pi) * (slopes * blocks[0]).sum(axis=2)
        return g

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return the sums over the rows of ∂E/∂f_k = 2π z ∂E/∂a_k, ∂E/∂c_k = ∂E/∂a_k, δ_q cos a_k, and δ_q.

        ∂E/∂a_k = -sin(a_k) Σ_q δ_q v_qk.
        """
        a, mixed = self._angles(blocks, z), self._apart(delta)[1]
        by_angle = -np.sin(a) * np.einsum("ndq,dqk->ndk", mixed, blocks[2])
        inputs = z.dtype.type(2 * np.pi) * z[:, self.places, np.newaxis]
        of_weights = np.einsum("ndq,ndk->dqk", mixed, np.cos(a))
        return (by_angle * inputs).sum(axis=0), by_angle.sum(axis=0), of_weights, mixed.sum(axis=0)

    def _angle_tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{a} = 2π (R{f} z + f R{z}) + R{c}."""
        inputs, r_inputs = z[:, self.places, np.newaxis], r_z[:, self.places, np.newaxis]
        r_a: Array = 2 * np.pi * (r_blocks[0] * inputs + blocks[0] * r_inputs) + r_blocks[1]
        return r_a

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{u} = (R{z}, Σ_k (R{v} cos a - v sin(a) R{a}) + R{b})."""
        a, r_a = self._angles(blocks, z), self._angle_tangent(blocks, r_blocks, z, r_z)
        mixed = np.einsum("ndk,dqk->ndq", np.cos(a), r_blocks[2]) + r_blocks[3]
        mixed -= np.einsum("ndk,dqk->ndq", np.sin(a) * r_a, blocks[2])
        return np.concatenate([r_z, mixed.reshape(len(z), -1)], axis=1)

    def _by_angle_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> tuple[Array, Array]:
        """Return s = ∂E/∂a and R{s}, s = -sin(a) h with h = Σ_q δ_q v_q: R{s} = -cos(a) R{a} h - sin(a) R{h}."""
        a, r_a = self._angles(blocks, z), self._angle_tangent(blocks, r_blocks, z, r_z)
        mixed, r_mixed = self._apart(delta)[1], self._apart(r_delta)[1]
        h = np.einsum("ndq,dqk->ndk", mixed, blocks[2])
        r_h = np.einsum("ndq,dqk->ndk", r_mixed, blocks[2]) + np.einsum("ndq,dqk->ndk", mixed, r_blocks[2])
        return -np.sin(a) * h, -np.cos(a) * r_a * h - np.sin(a) * r_h

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return R{δ_j} + 2π Σ_k (R{s} f + s R{f})."""
        s, r_s = self._by_angle_tangent(blocks, r_blocks, z, r_z, delta, r_delta)
        r_g: Array = self._apart(r_delta)[0].copy()
        r_g[:, self.places] += 2 * np.pi * (r_s * blocks[0] + s * r_blocks[0]).sum(axis=2)
        return r_g

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return 2π Σ (R{s} z + s R{z}), Σ R{s}, Σ (R{δ} cos a - δ sin(a) R{a}) and Σ R{δ}."""
        s, r_s = self._by_angle_tangent(blocks, r_blocks, z, r_z, delta, r_delta)
        a, r_a = self._angles(blocks, z), self._angle_tangent(blocks, r_blocks, z, r_z)
        inputs, r_inputs = z[:, self.places, np.newaxis], r_z[:, self.places, np.newaxis]
        mixed, r_mixed = self._apart(delta)[1], self._apart(r_delta)[1]
        weights = np.einsum("ndq,ndk->dqk", r_mixed, np.cos(a)) - np.einsum("ndq,ndk->dqk", mixed, np.sin(a) * r_a)
        frequencies = 2 * np.pi * (r_s * inputs + s * r_inputs).sum(axis=0)
        return frequencies, r_s.sum(axis=0), weights, r_mixed.sum(axis=0)

    # Material for explanations: node n_features + f Q + q + 1 is number q of embedded input f

    def _of_node(self, node: int) -> tuple[int, int]:
        """Return which embedded input f and number q of it, from 0, a node behind the inputs is."""
        return divmod(node - self.n_features - 1, self.n_numbers)

    def terms(self, node: int) -> Iterable[Term]:
        """Return z_i of an input, or b_q and v_qk cos(2π f_k z_j + c_k) of every frequency."""
        if node <= self.n_features:
            return [Term(node, node, None)]
        f, q = self._of_node(node)
        waves = [Term(node, self.places[f] + 1, Address("weights", (f, q, k))) for k in range(self.n_frequencies)]
        return [Term(node, 0, Address("biases", (f, q))), *waves]

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return z_j itself, and the waves of its embedding."""
        found = [Term(source, source, None)]
        if source - 1 in self.places:
            f = self.places.index(source - 1)
            first = self.n_features + f * self.n_numbers + 1
            for node in range(first, first + self.n_numbers):
                found += [term for term in self.terms(node) if term.source]
        return found

    def terms_with(self, parameter: Address) -> Iterable[Term]:
        """Return the summand of a weight or bias, and of a frequency or a phase one for each number."""
        f = parameter.index[0]
        first = self.n_features + f * self.n_numbers + 1
        if parameter.block == "biases":
            return [Term(first + parameter.index[1], 0, parameter)]
        q_of = [parameter.index[1]] if parameter.block == "weights" else range(self.n_numbers)
        k, source = parameter.index[-1], self.places[f] + 1
        return [Term(first + q, source, Address("weights", (f, q, k))) for q in q_of]

    def parameters_of(self, node: int) -> Iterable[tuple[int, Address]]:
        """Return b_q as number 0, then all v_qk, all f_k and all c_k, from number 1 on."""
        if node <= self.n_features:
            return []
        f, q = self._of_node(node)
        many = range(self.n_frequencies)
        found = [Address("biases", (f, q)), *(Address("weights", (f, q, k)) for k in many)]
        found += [Address(block, (f, k)) for block in ("frequencies", "phases") for k in many]
        return list(enumerate(found))

    def symbol(self, block: str, node: "int | str", source: "int | str", layer: "int | str") -> Symbol:
        """Return v_ik or v_i0 of node i, and f_jk and c_jk of its input j."""
        if isinstance(source, int) and source:
            source = (source - 1) % self.n_frequencies + 1
        if block not in ("frequencies", "phases"):
            return Symbol("v", (node, source), layer)
        of_input = self.places[self._of_node(node)[0]] + 1 if isinstance(node, int) else "j"
        return Symbol("f" if block == "frequencies" else "c", (of_input, source), layer)

    def summand(self, term: Term, z: Formula, find: Lookup) -> Formula:
        """Return z_i, or v cos(2π f z_j + c)."""
        if term.parameter is None:
            return z
        return find(term.parameter) * Function("cos", (self._angle(term, z, find),))

    def slope_by_source(self, term: Term, z: Formula, find: Lookup) -> Formula:
        """Return 1, or -2π f v sin(2π f z_j + c)."""
        if term.parameter is None:
            return Number(1)
        frequency, weight = find(self._beside(term, "frequencies")), find(term.parameter)
        return -(2 * PI * frequency * weight * Function("sin", (self._angle(term, z, find),)))

    def slope_by_parameter(self, term: Term, parameter: Address, z: Formula, find: Lookup) -> Formula:
        """Return cos a by v, -v sin a by c, and 2π z_j times that by f."""
        assert term.parameter is not None
        angle = self._angle(term, z, find)
        if parameter.block == "weights":
            return Function("cos", (angle,))
        slope = find(term.parameter) * Function("sin", (angle,))
        return -(2 * PI * z * slope) if parameter.block == "frequencies" else -slope

    def _angle(self, term: Term, z: Formula, find: Lookup) -> Formula:
        return 2 * PI * find(self._beside(term, "frequencies")) * z + find(self._beside(term, "phases"))

    def _beside(self, term: Term, block: str) -> Address:
        """Return the frequency or phase that stands in the same wave as a weight."""
        assert term.parameter is not None
        f, _, k = term.parameter.index
        return Address(block, (f, k))

    def law(self) -> Formula:
        """Return v_i0 + Σ_k v_ik cos(2π f_jk z_j + c_jk), of the nodes behind the inputs."""
        v, (f, c) = Symbol("v", ("i", "k"), "l"), (Symbol(letter, ("j", "k"), "l") for letter in "fc")
        angle = 2 * Symbol("π") * f * Symbol("z", ("j",), "l-1") + c
        return Symbol("v", ("i", 0), "l") + BigSum("k", v * Function("cos", (angle,)))

    def law_back(self) -> Formula:
        """Return δ_i - Σ_m δ_m Σ_k 2π f_ik v_mk sin(2π f_ik z_i + c_ik), m being the nodes of z_i's embedding."""
        v, (f, c) = Symbol("v", ("m", "k"), "l+1"), (Symbol(letter, ("i", "k"), "l+1") for letter in "fc")
        angle = 2 * Symbol("π") * f * Symbol("z", ("i",), "l") + c
        slopes = BigSum("k", 2 * Symbol("π") * f * v * Function("sin", (angle,)))
        return Symbol("δ", ("i",), "l+1") - BigSum("m", Symbol("δ", ("m",), "l+1") * slopes)

    def spec(self) -> dict[str, Any]:
        """Return the layer as plain data for a model file."""
        return {
            "kind": self.name,
            "n_features": self.n_features,
            "embedded": list(self.places),
            "n_frequencies": self.n_frequencies,
            "n_numbers": self.n_numbers,
            "sigma": self.sigma,
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the layer described by `spec`; other contents are ignored."""
        return cls(spec["n_features"], tuple(spec["embedded"]), spec["n_frequencies"], spec["n_numbers"], spec["sigma"])
