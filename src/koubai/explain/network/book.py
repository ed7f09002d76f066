"""The book of one row's pass through a network: every quantity with its symbol and number, every step made once.

Quantities are named as in the lecture: layers l = 1 … L, nodes i and sources j from 1, j = 0 for the bias. Numbers come
from the reference engine's trace. Where the network is small and its numbers are simple fractions, exact numbers
replace them for as long as the equations keep them exact.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Apply, Formula, Number, Partial, Quantity, Symbol, add
from koubai.core.formulas.values import as_given, tidy
from koubai.core.layers.base import Address, Lookup, Term, raveled, unraveled
from koubai.core.network import Network
from koubai.core.trace import StepTrace
from koubai.explain.derivations import Step, StepId, Text, say, step_id

Part: TypeAlias = Literal["forward", "loss", "backward", "gradient"]
"""The part of a pass that computes a quantity."""
PARTS: tuple[Part, ...] = ("forward", "loss", "backward", "gradient")
"""The parts in order of computation."""

SMALL = 2000
"""Maximum number of parameters for a network to be traced exactly and in full."""
DEEP = 20
"""Maximum number of layers to be traced exactly and in full: each step asks for the one before it, and deeper nesting
of calls than this would come near to Python's limit."""
WRITTEN_OUT = 20
"""A sum with more terms is written with the largest first and the rest summed."""
LARGEST_TERMS = 6
"""Number of terms of a longer sum that are written."""


@dataclass(frozen=True, slots=True)
class StepKind:
    """One kind of step of a pass.

    Attributes
    ----------
    name : str
        As in `StepId.kind`.
    part : str
        The part of a pass it belongs to.
    rank : int
        Its rank, from 0, among the kinds computed for one layer in that part.
    build : callable
        Builds the step from the book and the step's indices.
    """

    name: str
    part: Part
    rank: int
    build: "Callable[..., Step]"


class Book:
    """One row's pass, as quantities and steps.

    Parameters
    ----------
    trace : StepTrace
        From `koubai.engines.reference.trace_step`, without dropout.
    kinds : mapping of str to StepKind
        The kinds of step that it can build; `koubai.explain.network.steps.book_of` supplies all of them.
    row : int
        Index of the row in the trace, from 0.
    """

    def __init__(self, trace: StepTrace, kinds: Mapping[str, StepKind], row: int = 0) -> None:
        self.trace, self.kinds, self.row = trace, kinds, row
        self.network: Network = trace.forward.network
        self.theta: Array = trace.forward.theta
        self.depth = len(self.network.layers)
        self.small = (
            self.network.n_parameters <= SMALL and max(self.network.sizes) <= WRITTEN_OUT and self.depth <= DEEP
        )
        self.layer_deltas = trace.deltas
        self.places: dict[Formula, tuple[int, int, int]] = {}
        """Layer, node and source of each parameter that was written so far."""
        self._steps: dict[StepId, Step] = {}

    # Steps

    def step(self, kind: str, *indices: int) -> Step:
        """Return a step, building it on the first call."""
        return self.find(step_id(kind, *indices))

    def find(self, identifier: StepId) -> Step:
        """Return the step with an id, building it on the first call."""
        if identifier not in self._steps:
            self._steps[identifier] = self.kinds[identifier.kind].build(self, *identifier.indices)
        return self._steps[identifier]

    def part(self, step: Step) -> Part:
        """Return which part of the pass a step belongs to."""
        return self.kinds[step.id.kind].part

    def needed(self, identifiers: Sequence[StepId], breadth: int | None = None) -> list[Step]:
        """Return the steps with these ids and all they depend on, in order of dependency.

        Parameters
        ----------
        identifiers : sequence of StepId
        breadth : int, optional
            For a step that uses many others of one kind, follow only this many: the first, which carry the largest
            terms.
        """
        found: dict[StepId, Step] = {}
        # a stack of its own instead of calls: a network may have more layers than Python lets calls nest
        waiting = [iter(identifiers)]
        open_steps: list[Step] = []
        while waiting:
            identifier = next(waiting[-1], None)
            if identifier is None:
                waiting.pop()
                if open_steps:
                    step = open_steps.pop()
                    found[step.id] = step
            elif identifier not in found:
                step = self.find(identifier)
                open_steps.append(step)
                waiting.append(iter(_followed(step, breadth)))
        return list(found.values())

    # Nodes: by their number in explanations' ids, by their place on a map, (row, column, channel), in symbols

    def shape(self, layer: int) -> tuple[int, ...]:
        """Return the shape of a layer's nodes, or of the inputs for layer 0."""
        return self.network.layers[layer - 1].output_shape if layer else self.network.layers[0].input_shape

    def place(self, layer: int, i: int) -> tuple[int, ...]:
        """Return the indices, from 1, by which a node is told: one, or three on a map."""
        return tuple(index + 1 for index in unraveled(i - 1, self.shape(layer)))

    def node(self, layer: int, place: tuple[int, ...]) -> int:
        """Return the node that is told by these indices, 0 if none is."""
        shape = self.shape(layer)
        return raveled(tuple(index - 1 for index in place), shape) + 1 if len(place) == len(shape) else 0

    def label(self, layer: int, i: int) -> str:
        """Return those indices as text."""
        return ",".join(map(str, self.place(layer, i)))

    def symbol(self, letter: str, layer: int, i: int) -> Symbol:
        """Return the symbol of a node's quantity: u_3^(2), or u_4,7,2^(1) on a map."""
        return Symbol(letter, self.place(layer, i), layer)

    def general(self, letter: str, layer: int) -> Symbol:
        """Return a quantity of any node of a layer, as its law has it: u_i^(l), or u_yxf^(l)."""
        return Symbol(letter, self.network.layers[layer - 1].index_names, "l")

    def general_source(self, letter: str, layer: int) -> Symbol:
        """Return a quantity of any node of a layer, as the law of what comes back from above has it."""
        is_map = layer < self.depth and len(self.network.layers[layer].input_shape) > 1
        return Symbol(letter, ("y", "x", "c") if is_map else ("i",), "l")

    # Quantities

    def traced(self, kind: str, *indices: int) -> float:
        """Return the trace's number for a quantity: u, z, delta, dz, slope of (l, i), or the loss E."""
        if kind == "E":
            return float(self.trace.row_losses[self.row])
        layer, node = indices[0] - 1, indices[1] - 1
        u = self.trace.forward.pre_activations[layer][self.row : self.row + 1]
        z = self.trace.forward.activations[layer][self.row : self.row + 1]
        if kind == "slope":
            return float(self.network.layers[layer].activation.derivative(u, z)[0, node])
        if kind == "dz":
            return float(self.slopes_by_activation(layer, z)[0, node])
        return float({"u": u, "z": z, "delta": self.layer_deltas[layer][self.row : self.row + 1]}[kind][0, node])

    def slopes_by_activation(self, layer: int, z: Array) -> Array:
        """Return ∂E/∂z of a layer's nodes, (1, n_out)."""
        if layer == self.depth - 1:
            return self.network.loss.gradient(z, self.trace.targets[self.row : self.row + 1])
        above, row = self.network.layers[layer + 1], slice(self.row, self.row + 1)
        blocks, sources = self.network.blocks(self.theta, layer + 1), self.trace.forward.sources(layer + 1)
        return above.to_sources(blocks, sources[row], self.layer_deltas[layer + 1][row])

    def settled(self, formula: Formula, kind: str, *indices: int) -> Number:
        """Return a formula's number: the exact one if it stays exact, else the trace's."""
        exact = formula.evaluate() if self.small else None
        return Number(tidy(self.traced(kind, *indices) if exact is None or isinstance(exact, float) else exact))

    def value(self, kind: str, *indices: int) -> Number:
        """Return a computed quantity's number: in a small network from its step, in a large one from the trace."""
        if self.small:
            result = self.step(kind, *indices).result
            assert isinstance(result, Number)
            return result
        return Number(self.traced(kind, *indices))

    def parameter(self, layer: int, address: Address) -> float:
        """Return a parameter's number."""
        return float(self.network.block(self.theta, layer - 1, address.block)[address.index])

    def w(self, layer: int, i: int, j: int) -> Quantity:
        """Return the parameter between node i and source j: in a dense layer w_ij^(l), the bias for j = 0."""
        spec = self.network.layers[layer - 1]
        address = spec.parameter(i, j)
        assert address is not None
        symbol = spec.symbol(address.block, i, j, layer)
        self.places[symbol] = (layer, i, j)
        return Quantity(symbol, Number(as_given(self.parameter(layer, address))))

    def lookup(self, layer: int, node: int) -> Lookup:
        """Return what gives the parameters of a node as quantities, by their addresses."""
        asked = {address: j for j, address in self.network.layers[layer - 1].parameters_of(node)}
        return lambda address: self.w(layer, node, asked[address])

    def factor(self, layer: int, term: Term) -> float:
        """Return ∂u_i/∂z_j of a summand: the number of its parameter, 1 without one, unless the layer is not linear."""
        spec = self.network.layers[layer - 1]
        if spec.takes_largest:
            return float(term.source == self.winner(layer, term.node))
        if not spec.is_linear and term.source:
            slope = self.slope_by_source(layer, term)
            return 1.0 if slope is None else float(slope.evaluate())
        own = 1.0 if term.parameter is None else self.parameter(layer, term.parameter)
        return own if term.factor is None else own * float(term.factor.evaluate())

    def winner(self, layer: int, i: int) -> int:
        """Return the source that is the largest of a node, of a layer that takes the largest."""
        sources = [term.source for term in self.network.layers[layer - 1].terms(i)]
        z = self.trace.forward.sources(layer - 1)[self.row]
        return sources[int(np.argmax([z[source - 1] for source in sources]))]

    def contribution(self, layer: int, term: Term, z: float) -> float:
        """Return the number of a summand with a source."""
        spec = self.network.layers[layer - 1]
        return self.factor(layer, term) * z if spec.is_linear else float(self.summand(layer, term).evaluate())

    def summand(self, layer: int, term: Term) -> Formula:
        """Return a summand of u_i as a formula: its parameter times z_j, or one of them alone."""
        spec = self.network.layers[layer - 1]
        if not term.source:
            return self.w(layer, term.node, 0)
        z = self.z(layer - 1, term.source)
        if not spec.is_linear and not spec.takes_largest:
            return spec.summand(term, z, self.lookup(layer, term.node))
        product = z if term.parameter is None else self.w(layer, term.node, term.source) * z
        return product if term.factor is None else term.factor * product

    def slope_by_source(self, layer: int, term: Term) -> Formula | None:
        """Return ∂u_i/∂z_j of a summand as a formula, None for 1."""
        spec = self.network.layers[layer - 1]
        if not spec.is_linear and term.parameter is not None:
            return spec.slope_by_source(term, self.z(layer - 1, term.source), self.lookup(layer, term.node))
        slope = None if term.parameter is None else self.w(layer, term.node, term.source)
        return slope if term.factor is None else (term.factor if slope is None else slope * term.factor)

    def slope_by_parameter(self, layer: int, term: Term, address: Address) -> Formula | None:
        """Return the derivative of a summand with respect to one of its parameters as a formula, None for 1."""
        spec = self.network.layers[layer - 1]
        if not term.source:
            return None
        z = self.z(layer - 1, term.source)
        if not spec.is_linear:
            return spec.slope_by_parameter(term, address, z, self.lookup(layer, term.node))
        return z if term.factor is None else z * term.factor

    def u(self, layer: int, i: int) -> Quantity:
        """Return the pre-activation u_i^(l)."""
        return Quantity(self.symbol("u", layer, i), self.value("u", layer, i))

    def z(self, layer: int, i: int) -> Quantity:
        """Return the activation z_i^(l), or for layer 0 the input x_i."""
        if layer == 0:
            number = Number(as_given(self.trace.forward.inputs[self.row, i - 1]))
            return Quantity(Symbol("x", self.place(0, i)), number)
        return Quantity(self.symbol("z", layer, i), self.value("z", layer, i))

    def y(self, i: int) -> Quantity:
        """Return the target of output i: y_i, or p_i where the loss is cross-entropy over classes."""
        targets = self.network.loss.smoothed(self.trace.targets[self.row : self.row + 1])
        return Quantity(self.target_symbol(i), Number(as_given(targets[0, i - 1])))

    def target_symbol(self, i: int | str) -> Symbol:
        """Return the symbol of an output's target, with a tilde where the loss smooths the labels."""
        return Symbol(self.target, (i,), accent="tilde" if self.is_smoothed else "")

    @property
    def is_smoothed(self) -> bool:
        """Whether the loss compares with other targets than the true ones."""
        return getattr(self.network.loss, "smoothing", 0) != 0

    def delta(self, layer: int, i: int) -> Quantity:
        """Return δ_i^(l) = ∂E/∂u_i^(l)."""
        return Quantity(self.symbol("δ", layer, i), self.value("delta", layer, i))

    def by_activation(self, layer: int, i: int) -> Quantity:
        """Return ∂E/∂z_i^(l)."""
        return Quantity(Partial(Symbol("E"), self.symbol("z", layer, i)), self.value("dz", layer, i))

    def slope(self, layer: int, i: int) -> Quantity:
        """Return φ'(u_i^(l))."""
        return Quantity(slope_symbol(self.symbol("u", layer, i)), self.value("slope", layer, i))

    @property
    def target(self) -> str:
        """The letter of the targets: p for class shares, otherwise y."""
        return self.network.loss.letter

    # Sums

    def chosen_terms(self, contributions: Array) -> tuple[list[int], float]:
        """Return which terms of a sum to write (indices from 0) and the sum of the others.

        All terms of a short sum, in order; the largest of a long one, by size.
        """
        if len(contributions) <= WRITTEN_OUT:
            return list(range(len(contributions))), 0.0
        order = np.argsort(-np.abs(contributions), kind="stable")
        return order[:LARGEST_TERMS].tolist(), float(contributions[order[LARGEST_TERMS:]].sum())

    def long_sum(
        self, contributions: Array, term: Callable[[int], Formula], first: Sequence[Formula] = ()
    ) -> tuple[Formula, list[int], tuple[Text, ...]]:
        """Return a sum, in full or with its largest terms and the remainder R.

        Parameters
        ----------
        contributions : (n,)
            The values of the terms.
        term : callable
            Returns the formula of term k, k from 0.
        first : sequence of Formula
            Terms to put first.

        Returns
        -------
        total : Formula
        shown : list of int
            Indices of the terms written, largest first.
        notes : tuple of Text
            An explanation of R, if it occurs.
        """
        shown, rest = self.chosen_terms(contributions)
        terms = [*first, *(term(k) for k in shown)]
        n_rest = len(contributions) - len(shown)
        shown = sorted(shown, key=lambda k: -abs(contributions[k]))
        if not n_rest:
            return add(*terms), shown, ()
        symbol = Symbol("R", (n_rest,))
        terms.append(Quantity(symbol, Number(rest)))
        return add(*terms), shown, (say("explain.note.rest", rest=symbol, count=n_rest, shown=len(shown)),)


def _followed(step: Step, breadth: int | None) -> list[StepId]:
    """Return which of the steps that a step uses are followed: all, or the first few of each kind."""
    seen: Counter[str] = Counter()
    followed = []
    for used in step.uses:
        seen[used.kind] += 1
        if breadth is None or seen[used.kind] <= breadth:
            followed.append(used)
    return followed


def slope_symbol(u: Formula) -> Formula:
    """Return φ'(u)."""
    return Apply("φ", (u,), prime=True)
