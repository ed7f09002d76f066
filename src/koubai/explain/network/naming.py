"""The names of a network's inputs and outputs, and its predictions in those terms."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from math import inf

import numpy as np

from koubai.core.formulas.pieces import Relation
from koubai.core.formulas.tree import Number, Quantity, Symbol
from koubai.core.network import Network
from koubai.explain.derivations import Block, Cell, Section, Step, Table, Text, say, step_id
from koubai.explain.network.book import Book

NAMED = 40
"""Maximum number of inputs, and of outputs, listed by name."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the inputs and outputs, and the target's units; empty for a network without names.

    Two names for a single output mean no and yes.
    """

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    target: tuple[str, float, float] | None = None
    """For regression on a standardised target: its name, its mean and its standard deviation.

    For a target divided by its mean, as for outputs exp(u): its name, 0 and its mean.
    """
    bounds: tuple[float, float] | None = None
    """For regression, the limits of predictions, in the target's units."""
    limits: tuple[tuple[float, float], ...] = ()
    """For regression, the lowest and the highest prediction of each output, if predictions are clipped."""
    apart: bool = False
    """Whether each output is a separate label, several of which may apply at once."""


NAMELESS = Names()


@lru_cache(maxsize=16)
def layer_names(network: Network) -> tuple[str, ...]:
    """Return what the layers are called, each kind counted from 1: conv1, pool1, conv2, dense1.

    Examples
    --------
    >>> layer_names(Network.dense((2, 3, 1)))
    ('dense1', 'dense2')
    """
    seen: Counter[str] = Counter()
    names = []
    for layer in network.layers:
        short = layer.short_name or layer.name
        seen[short] += 1
        names.append(f"{short}{seen[short]}")
    return tuple(names)


def prediction_section(book: Book, names: Names) -> Section:
    """Return the prediction; for a standardised target, also in the target's own units."""
    blocks: list[Block] = [*predictions(book, names)]
    for i, (low, high) in enumerate(names.limits, start=1):
        output = float(book.z(book.depth, i).evaluate())
        if not low <= output <= high:
            blocks.append(_bounded("explain.text.clipped", low, high, output))
    if names.target is not None:
        name, mean, deviation = names.target
        z = book.z(book.depth, 1)
        by_mean = book.network.layers[-1].activation.name == "exponential" and not mean
        scaled = Quantity(Symbol("s"), Number(deviation)) * z
        formula = scaled if by_mean else scaled + Quantity(Symbol("m"), Number(mean))
        result = Number(formula.evaluate())
        text = say("explain.step.unit_of_mean" if by_mean else "explain.step.unit", name=name)
        blocks.append(Step(step_id("unit"), text, Symbol("y", accent="hat"), formula, result))
        low, high = names.bounds or (-inf, inf)
        if not low <= float(formula.evaluate()) <= high:
            blocks.append(_bounded("explain.text.bounded", low, high, float(formula.evaluate())))
    return Section(say("explain.section.prediction"), tuple(blocks))


def _bounded(key: str, low: float, high: float, value: float) -> Text:
    """Return the remark on a number beyond the limits of predictions."""
    return say(key, low=f"{low:g}", high=f"{high:g}", end=f"{low if value < low else high:g}")


def predictions(book: Book, names: Names = NAMELESS) -> list[Text]:
    """Return the predictions: the class of the largest output, yes or no, or the numbers."""
    network = book.network
    outputs = [book.z(book.depth, i) for i in range(1, network.n_outputs + 1)]
    margin = network.loss.signed
    shares = network.layers[-1].activation.name in ("sigmoid", "softmax", "step")
    if not margin and not shares and network.loss.name != "binary_cross_entropy":
        return [say("explain.text.output", equation=equation(z)) for z in outputs]
    if names.apart and len(names.outputs) == len(outputs):
        keys = ("explain.text.label_no", "explain.text.label_yes")
        return [
            say(keys[z.evaluate() > (0 if margin else 0.5)], equation=equation(z), name=name)
            for z, name in zip(outputs, names.outputs, strict=True)
        ]
    if len(outputs) > 1:
        best = max(outputs, key=lambda z: float(z.evaluate()))
        node = outputs.index(best) + 1
        name = names.outputs[node - 1] if names.outputs else str(node)
        return [say("explain.text.largest", equation=equation(best), name=name)]
    z = outputs[0]
    yes = z.evaluate() > (0 if margin else 0.5)
    if len(names.outputs) == 2:
        pair = ("explain.text.below_zero", "explain.text.above_zero")
        key = pair[yes] if margin else ("explain.text.below", "explain.text.above")[yes]
        return [say(key, equation=equation(z), name=names.outputs[yes])]
    if margin:
        key = "explain.text.above_zero" if yes else "explain.text.below_zero"
        return [say(key, equation=equation(z), name="+1" if yes else "−1")]
    return [say("explain.text.positive" if yes else "explain.text.negative", equation=equation(z))]


def equation(quantity: Quantity) -> Relation:
    """Return symbol = number."""
    return Relation(quantity.notation, "=", quantity.number)


def named(book: Book, names: Names, targets: bool) -> list[Block]:
    """Return the names of the inputs and outputs; with ``targets``, also the targets."""
    blocks: list[Block] = [_named_inputs(book, names)] if len(names.inputs) == book.network.n_features else []
    if len(names.outputs) == book.network.n_outputs > 1:
        blocks.append(_named_outputs(book, names, targets))
    elif len(names.outputs) == 2 and book.network.n_outputs == 1:
        z = Symbol("z", (1,), book.depth)
        blocks.append(say("explain.text.output_means", z=z, yes=names.outputs[1], no=names.outputs[0]))
    return blocks


def _named_outputs(book: Book, names: Names, targets: bool) -> Table:
    """Return the outputs with their classes; if there are very many, those with the largest values."""
    z = book.trace.forward.outputs[book.row] + (2.0 * book.trace.targets[book.row] if targets else 0.0)
    shown = sorted(np.argsort(-z, kind="stable")[:NAMED].tolist())
    columns: list[Cell] = [Symbol("z", ("k",), "L"), say("explain.column.class")]
    rows: list[tuple[Cell, ...]] = [(book.z(book.depth, k + 1).notation, names.outputs[k]) for k in shown]
    if targets:
        columns.append(say("explain.column.target", letter=Symbol(book.target, ("k",))))
        rows = [(*row, book.y(k + 1).number) for row, k in zip(rows, shown, strict=True)]
    return Table(tuple(columns), tuple(rows))


def _named_inputs(book: Book, names: Names) -> Table:
    """Return the inputs with their names; if there are very many, those with the largest values."""
    values = book.trace.forward.inputs[book.row]
    shown = sorted(np.argsort(-np.abs(values), kind="stable")[:NAMED].tolist())
    rows = tuple((book.z(0, j + 1).notation, names.inputs[j], book.z(0, j + 1).number) for j in shown)
    return Table((Symbol("x", ("j",)), say("explain.column.feature"), say("explain.column.value")), rows)
