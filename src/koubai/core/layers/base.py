"""The interface of a layer: its parameters, its computation, the derivatives, and the material for explanations.

A layer computes u = f(z; parameters) from the previous layer's output, then z = φ(u), then dropout. A kind of layer
defines f; φ and dropout are the same for all kinds. Rows are flat: a layer of shape (h, w, c) reads and returns h · w ·
c numbers per row, in C order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from math import prod
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

from koubai.core.activations.base import Activation
from koubai.core.activations.identity import Identity
from koubai.core.arrays import Array
from koubai.core.errors import UndefinedError
from koubai.core.formulas.tree import Formula, Symbol
from koubai.core.initializers import RandomSource
from koubai.core.schema import Fields

CURVATURE = "computations that need curvature, such as the Hessian"
WEIGHTS, BIASES, SCALES, EMBEDDINGS, ALPHAS = "weights", "biases", "scales", "embeddings", "alphas"
GROUPS = (WEIGHTS, BIASES, SCALES, EMBEDDINGS, ALPHAS)
"""The groups of parameters, which may have learning rates and weight decays of their own."""
PENALIZED = frozenset({WEIGHTS, SCALES})
"""The groups on which penalties act."""


@dataclass(frozen=True, slots=True)
class Block:
    """An array of a layer's parameters, contiguous in θ.

    Parameters
    ----------
    name : str
        Its name within the layer: ``"weights"``.
    shape : tuple of int
        Its shape; in θ it lies in C order.
    group : str
        One of `GROUPS`: it decides the learning rate and the weight decay, and whether penalties apply.
    """

    name: str
    shape: tuple[int, ...]
    group: str = WEIGHTS

    @property
    def size(self) -> int:
        """Number of parameters."""
        return prod(self.shape)

    @property
    def penalized(self) -> bool:
        """Whether penalties apply."""
        return self.group in PENALIZED


Views: TypeAlias = tuple[Array, ...]
"""A layer's blocks in θ, in a direction, or in a gradient, in the order of ``Layer.blocks``."""


@dataclass(frozen=True, slots=True)
class Address:
    """One parameter of a layer: the block's name and the index in it, from 0."""

    block: str
    index: tuple[int, ...]


class Term(NamedTuple):
    """One summand of u_i: a parameter times z_j, or one of the two alone; j = 0 means no source.

    A ``factor`` is a number of its own with which it is multiplied. In a layer that is not linear, the layer's
    ``summand`` says what the summand is.
    """

    node: int
    source: int
    parameter: Address | None
    factor: Formula | None = None


Lookup: TypeAlias = Callable[[Address], Formula]
"""Gives a parameter of the layer as a formula."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Base class of all kinds of layers.

    A kind must define its shapes, blocks, initial values and computations (forward, backward, gradient). Anything else
    it omits is refused by name where needed, never guessed.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    code: ClassVar[int] = -1
    """Its code in the compiled engine and its position in lists; -1 if it is not compiled."""
    is_linear: ClassVar[bool] = True
    """Whether each summand of u is a parameter times a source; else ``summand`` and its slopes are defined."""
    takes_largest: ClassVar[bool] = False
    """Whether u is the largest of its summands, the first of several, instead of their sum."""
    short_name: ClassVar[str] = ""
    """What it is called in ``conv1[4,7,2]``, if not by its name."""
    index_names: ClassVar[tuple[str, ...]] = ("i",)
    """Letters of a node's place in ``output_shape``, in laws."""
    has_activation: ClassVar[bool] = False
    """Whether the layer has its own φ; otherwise z is u."""
    description: ClassVar[Fields]
    """Required contents of its ``spec()`` in a file."""

    # Shapes and parameters

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one row's inputs."""
        raise NotImplementedError

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one row's outputs."""
        raise NotImplementedError

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The parameters, in their order in θ."""
        raise NotImplementedError

    @property
    def n_in(self) -> int:
        """Number of inputs per row."""
        return prod(self.input_shape)

    @property
    def n_out(self) -> int:
        """Number of outputs per row, its nodes."""
        return prod(self.output_shape)

    @property
    def activation(self) -> Activation:
        """φ."""
        return Identity()

    @property
    def dropout(self) -> float:
        """Probability that a node's activation is set to 0 in training."""
        return 0.0

    @property
    def n_parameters(self) -> int:
        """Number of parameters."""
        return sum(block.size for block in self.blocks)

    @property
    def n_weights(self) -> int:
        """Number of parameters on which penalties act."""
        return sum(block.size for block in self.blocks if block.penalized)

    @property
    def n_products(self) -> int:
        """Number of multiplications per row in a forward pass: each parameter's in every node that has it."""
        return self.n_parameters

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        """Return the blocks' initial values, float64; random ones are drawn from ``rng`` by the rule ``scheme``."""
        raise NotImplementedError

    # The equations; z is (n, n_in), u and δ are (n, n_out)

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u."""
        raise NotImplementedError

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z from δ = ∂E/∂u, (n, n_in)."""
        raise NotImplementedError

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return ∂E/∂parameters of each block, summed over the rows."""
        raise NotImplementedError

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{u}: the change in u when the parameters change by ``r_blocks`` and z by R{z}."""
        raise self._without("tangent(blocks, r_blocks, z, r_z)")

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return R{∂E/∂z}."""
        raise self._without("to_sources_tangent(blocks, r_blocks, z, r_z, delta, r_delta)")

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return R{∂E/∂parameters} of each block."""
        raise self._without("gradient_tangent(blocks, r_blocks, z, r_z, delta, r_delta)")

    def _without(self, method: str, purpose: str = CURVATURE) -> UndefinedError:
        return UndefinedError(
            f"the {self.name} layer must define {method} for {purpose}; it does not. Add it to {type(self).__name__}."
        )

    # Material for explanations and pictures; nodes i and sources j are counted from 1

    def terms(self, node: int) -> Iterable[Term]:
        """Return the summands of u_i.

        Raises
        ------
        UndefinedError
            If the layer does not define them.
        """
        raise UndefinedError(
            f"the {self.name} layer must define terms(node) for its numbers to be explained; it does not. "
            f"Add it to {type(self).__name__}."
        )

    def place_of(self, node: int) -> tuple[int, ...]:
        """Return the index of node i in ``output_shape``, from 0."""
        return unraveled(node - 1, self.output_shape)

    def node_at(self, *place: int) -> int:
        """Return the node at an index of ``output_shape``."""
        return raveled(place, self.output_shape) + 1

    def source_at(self, *place: int) -> int:
        """Return the source at an index of ``input_shape``."""
        return raveled(place, self.input_shape) + 1

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return the summands, of any node, that have z_j as a factor."""
        return [term for i in range(1, self.n_out + 1) for term in self.terms(i) if term.source == source]

    def terms_with(self, parameter: Address) -> Iterable[Term]:
        """Return the summands, of any node, that have this parameter as a factor."""
        return [term for i in range(1, self.n_out + 1) for term in self.terms(i) if term.parameter == parameter]

    def parameters_of(self, node: int) -> Iterable[tuple[int, Address]]:
        """Return the parameters of node i, each with the number j by which it is asked for: its source."""
        return [(term.source, term.parameter) for term in self.terms(node) if term.parameter is not None]

    def parameter(self, node: int, source: int) -> Address | None:
        """Return the parameter by which node i multiplies z_j, or for j = 0 the one it adds; None if there is none."""
        if not 1 <= node <= self.n_out:
            return None
        return next((address for j, address in self.parameters_of(node) if j == source), None)

    def summand(self, term: Term, z: Formula, find: Lookup) -> Formula:
        """Return a summand with a source as a formula, where the layer is not linear."""
        raise self._without("summand(term, z, find)", "its numbers to be explained")

    def slope_by_source(self, term: Term, z: Formula, find: Lookup) -> Formula:
        """Return its derivative with respect to z_j."""
        raise self._without("slope_by_source(term, z, find)", "its numbers to be explained")

    def slope_by_parameter(self, term: Term, parameter: Address, z: Formula, find: Lookup) -> Formula:
        """Return its derivative with respect to one of its parameters."""
        raise self._without("slope_by_parameter(term, parameter, z, find)", "its numbers to be explained")

    def symbol(self, block: str, node: "int | str", source: "int | str", layer: "int | str") -> Symbol:
        """Return the symbol of the parameter by which node i multiplies z_j."""
        return Symbol(block[0], (node, source), layer)

    def law(self) -> Formula | None:
        """Return u_i^(l) in symbols, or None if not defined."""
        return None

    def law_back(self) -> Formula | None:
        """Return ∂E/∂z_i^(l) in symbols, where this is layer l + 1 with nodes k, or None if not defined."""
        return None

    # Files

    def spec(self) -> dict[str, Any]:
        """Return the layer as plain data for a model file."""
        return {"kind": self.name, **asdict(self)}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the layer described by `spec`; anything else in it is ignored."""
        return cls(**{field.name: spec[field.name] for field in fields(cls)})


def raveled(place: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """Return where the number at an index of an array of this shape lies in C order."""
    at = 0
    for index, size in zip(place, shape, strict=True):
        at = at * size + index
    return at


def unraveled(at: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of the number that lies there in C order."""
    place: list[int] = []
    for size in reversed(shape):
        at, index = divmod(at, size)
        place.append(index)
    return tuple(reversed(place))
