"""The book of one row's pass through a network: every quantity with its symbol and its number, every step made once.

Quantities are named as in the lecture: layers l = 1 … L, nodes i and sources j from 1, j = 0 for the bias. Numbers come
from the reference engine's trace. Where the network is small and its numbers are small fractions, exact ones take
their place, as far as the equations keep them exact.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Apply, Formula, Number, Partial, Quantity, Symbol, add
from koubai.core.formulas.values import as_given, tidy
from koubai.core.layers.base import Address, Term
from koubai.core.network import Network
from koubai.core.trace import StepTrace
from koubai.explain.derivations import Step, StepId, Text, say, step_id

Part: TypeAlias = Literal["forward", "loss", "backward", "gradient"]
"""Which part of a pass computes a quantity."""
PARTS: tuple[Part, ...] = ("forward", "loss", "backward", "gradient")
"""In the order in which they are computed."""

SMALL = 2000
"""Networks of at most this many parameters are followed exactly and in full."""
WRITTEN_OUT = 20
"""A sum of more terms is written with the largest first and the rest summed."""
LARGEST_TERMS = 6
"""How many terms of a longer sum are written."""


@dataclass(frozen=True, slots=True)
class StepKind:
    """One kind of step of a pass.

    Attributes
    ----------
    name : str
        As in `StepId.kind`.
    part : str
        Which part of a pass it belongs to.
    rank : int
        Where it stands among the kinds that are computed for one layer in that part, the first being 0.
    build : callable
        Makes the step, from the book and the step's indices.
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
        The kinds of step that it can make; `koubai.explain.network.steps.book_of` knows them all.
    row : int
        Which row of the trace, from 0.
    """

    def __init__(self, trace: StepTrace, kinds: Mapping[str, StepKind], row: int = 0) -> None:
        self.trace, self.kinds, self.row = trace, kinds, row
        self.network: Network = trace.forward.network
        self.theta: Array = trace.forward.theta
        self.depth = len(self.network.layers)
        self.small = self.network.n_parameters <= SMALL and max(self.network.sizes) <= WRITTEN_OUT
        self.layer_deltas = trace.deltas
        self.places: dict[Formula, tuple[int, int, int]] = {}
        """Layer, node and source of each parameter that was written so far."""
        self._steps: dict[StepId, Step] = {}

    # Steps

    def step(self, kind: str, *indices: int) -> Step:
        """Return a step, made at the first call."""
        return self.find(step_id(kind, *indices))

    def find(self, identifier: StepId) -> Step:
        """Return the step of an id, made at the first call."""
        if identifier not in self._steps:
            self._steps[identifier] = self.kinds[identifier.kind].build(self, *identifier.indices)
        return self._steps[identifier]

    def part(self, step: Step) -> Part:
        """Return which part of the pass a step belongs to."""
        return self.kinds[step.id.kind].part

    def needed(self, identifiers: Sequence[StepId], breadth: int | None = None) -> list[Step]:
        """Return the steps of these ids and all they rest on, each after what it uses.

        Parameters
        ----------
        identifiers : sequence of StepId
        breadth : int, optional
            Of a step that uses many others of one kind, follow only so many: the first, which carry the largest terms.
        """
        found: dict[StepId, Step] = {}

        def visit(identifier: StepId) -> None:
            if identifier not in found:
                step = self.find(identifier)
                followed: Counter[str] = Counter()
                for used in step.uses:
                    followed[used.kind] += 1
                    if breadth is None or followed[used.kind] <= breadth:
                        visit(used)
                found[identifier] = step

        for identifier in identifiers:
            visit(identifier)
        return list(found.values())

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
        """Return the number that a formula gives: the exact one if it stays exact, else the trace's."""
        exact = formula.evaluate() if self.small else None
        return Number(tidy(self.traced(kind, *indices) if exact is None or isinstance(exact, float) else exact))

    def value(self, kind: str, *indices: int) -> Number:
        """Return a computed quantity's number: a small network's from its step, a large one's from the trace."""
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

    def factor(self, layer: int, term: Term) -> float:
        """Return the number of a summand's parameter, 1 without one."""
        return 1.0 if term.parameter is None else self.parameter(layer, term.parameter)

    def summand(self, layer: int, term: Term, other: Quantity | None) -> Formula:
        """Return a summand as a formula: its parameter times ``other``, z_j or the δ that comes back, or one alone."""
        if term.parameter is None:
            assert other is not None
            return other
        parameter = self.w(layer, term.node, term.source)
        return parameter if other is None else parameter * other

    def u(self, layer: int, i: int) -> Quantity:
        """Return the pre-activation u_i^(l)."""
        return Quantity(Symbol("u", (i,), layer), self.value("u", layer, i))

    def z(self, layer: int, i: int) -> Quantity:
        """Return the activation z_i^(l), or for layer 0 the input x_i."""
        if layer == 0:
            return Quantity(Symbol("x", (i,)), Number(as_given(self.trace.forward.inputs[self.row, i - 1])))
        return Quantity(Symbol("z", (i,), layer), self.value("z", layer, i))

    def y(self, i: int) -> Quantity:
        """Return the target of output i: y_i, or p_i where the loss is cross-entropy over classes."""
        return Quantity(Symbol(self.target, (i,)), Number(as_given(self.trace.targets[self.row, i - 1])))

    def delta(self, layer: int, i: int) -> Quantity:
        """Return δ_i^(l) = ∂E/∂u_i^(l)."""
        return Quantity(Symbol("δ", (i,), layer), self.value("delta", layer, i))

    def by_activation(self, layer: int, i: int) -> Quantity:
        """Return ∂E/∂z_i^(l)."""
        return Quantity(Partial(Symbol("E"), Symbol("z", (i,), layer)), self.value("dz", layer, i))

    def slope(self, layer: int, i: int) -> Quantity:
        """Return φ'(u_i^(l))."""
        return Quantity(slope_symbol(Symbol("u", (i,), layer)), self.value("slope", layer, i))

    @property
    def target(self) -> str:
        """The letter of the targets: p for shares of classes, y for the rest."""
        return self.network.loss.letter

    # Sums

    def chosen_terms(self, contributions: Array) -> tuple[list[int], float]:
        """Return which terms of a sum are written (numbers from 0) and what the others add up to.

        All terms of a short sum, in order; of a long one the largest, by size.
        """
        if len(contributions) <= WRITTEN_OUT:
            return list(range(len(contributions))), 0.0
        order = np.argsort(-np.abs(contributions), kind="stable")
        return order[:LARGEST_TERMS].tolist(), float(contributions[order[LARGEST_TERMS:]].sum())

    def long_sum(
        self, contributions: Array, term: Callable[[int], Formula], first: Sequence[Formula] = ()
    ) -> tuple[Formula, list[int], tuple[Text, ...]]:
        """Return a sum, written out or with its largest terms and the rest R.

        Parameters
        ----------
        contributions : (n,)
            The terms' numbers.
        term : callable
            Makes the formula of term k, k from 0.
        first : sequence of Formula
            Terms to stand before them.

        Returns
        -------
        total : Formula
        shown : list of int
            Which terms were written, the largest first.
        notes : tuple of Text
            What R is, if it is there.
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


def slope_symbol(u: Formula) -> Formula:
    """Return φ'(u)."""
    return Apply("φ", (u,), prime=True)
