"""The perceptron explained: inference, loss and learning rule over whole passes (lecture slides 13-25)."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import (
    Apply,
    BigSum,
    Formula,
    Function,
    Matrix,
    Number,
    Product,
    Quantity,
    Symbol,
    Transpose,
    add,
    largest,
)
from koubai.core.formulas.values import Notation, Value, as_given
from koubai.core.language import worded
from koubai.core.perceptron import Example, learn
from koubai.explain.derivations import Block, Cell, Derivation, Display, Section, Step, StepId, Table, say, step_id
from koubai.explain.learning_rule.examples import Examples, spam
from koubai.explain.learning_rule.wide import SHOWN_FEATURES, changes, largest_terms, weights

MOST_DRAWN = 200_000
"""Maximum number of examples drawn, over all passes."""
DETAILED = 24
"""Number of examples explained step by step; the table shows the rest."""
TABLE_ROWS = 200
"""Maximum number of examples in the table."""
DETAILED_WIDE = 8
"""The same with more features, where each example has a table of the weights that it changed."""
X, W, ETA = Symbol("x", bold=True), Symbol("w", bold=True), Symbol("η")
ZERO = Number(Fraction(0))


def perceptron(
    examples: Examples | None = None,
    *,
    learning_rate: float | Fraction = Fraction(1, 2),
    start: Sequence[float | Fraction] | None = None,
    n_sweeps: int = 1,
    seed: int | None = None,
) -> Derivation:
    """Explain the perceptron learning rule over whole passes through the data, with exact numbers where possible.

    Parameters
    ----------
    examples : Examples, optional
        The data; by default, the lecture's six mails.
    learning_rate : number
        η > 0.
    start : sequence of number, optional
        The initial weights; zeros by default.
    n_sweeps : int
        Number of passes through the data.
    seed : int, optional
        Draw each example at random among all of them, with this seed; by default, passes go through them in order.

    Returns
    -------
    Derivation

    Raises
    ------
    ShapeError, DataError, ParameterError
        As for `koubai.core.perceptron.learn`.
    """
    data = examples or spam()
    if n_sweeps * len(data.y) > MOST_DRAWN:
        most = max(1, MOST_DRAWN // max(1, len(data.y)))
        counts = {"most": most, "n": len(data.y), "got": n_sweeps, "example": min(10, most)}
        raise ParameterError(worded("explain.error.sweeps", **counts))
    rows = data.rows
    begin = None if start is None else np.array([as_given(value) for value in start], dtype=object)
    rate = as_given(learning_rate)
    if seed is not None and seed < 0:
        raise ParameterError(worded("explain.error.random", got=seed))
    if seed is None or n_sweeps < 1:
        drawn = learn(rows, data.y, learning_rate=rate, start=begin, n_sweeps=n_sweeps)
    else:
        order = np.random.default_rng(seed).integers(len(data.y), size=n_sweeps * len(data.y))
        drawn = learn(rows, data.y, learning_rate=rate, start=begin, order=order.tolist())
        drawn = tuple(replace(seen, sweep=t // len(data.y)) for t, seen in enumerate(drawn))
    given = [*rows.ravel().tolist(), rate, *drawn[0].weights_before.tolist()]
    walk = Walk(data, drawn, rate)
    sections = [walk.rules(), walk.table()]
    if seed is not None:
        rules = sections[0]
        sections[0] = Section(rules.title, (*rules.blocks, say("explain.text.perceptron_random", seed=seed)))
    detailed = DETAILED_WIDE if walk.wide else DETAILED
    sections += [walk.example(t) for t in range(1, min(detailed, len(drawn)) + 1)]
    sections.append(walk.result())
    title = (
        say("explain.title.perceptron", count=len(data.y), sweeps=n_sweeps)
        if seed is None
        else say("explain.title.perceptron_random", count=len(data.y), draws=len(drawn))
    )
    return Derivation(title, tuple(sections), None, Notation.of(given))


def one_example(weights: Array, x: Array, y: int, learning_rate: float, names: Sequence[str] = ()) -> Derivation:
    """Explain one example with given weights: inference, loss, and the learning rule's update.

    Parameters
    ----------
    weights, x : (n_features,)
        w and the features.
    y : int
        The label, +1 or -1.
    learning_rate : float
        η.
    names : sequence of str, optional
        Names of the features.
    """
    features = tuple(names) if len(names) == len(x) else tuple(f"x{j}" for j in range(1, len(x) + 1))
    data = Examples(np.asarray(x).reshape(1, -1), np.array([y]), features, ("1",))
    return perceptron(data, learning_rate=learning_rate, start=np.asarray(weights).tolist())


class Walk:
    """The examples drawn by the rule, t = 1, 2, …, as steps."""

    def __init__(self, data: Examples, drawn: Sequence[Example], rate: Value) -> None:
        self.data, self.drawn = data, drawn
        self.first = 0 if data.bias else 1
        self.wide = len(data.columns) > SHOWN_FEATURES
        self.rate = Quantity(ETA, Number(rate))

    # The quantities of one example

    def weights(self, t: int) -> Quantity:
        """Return w^(t), the weights after t examples, as a column."""
        values = self.drawn[0].weights_before if t == 0 else self.drawn[t - 1].weights
        return Quantity(Symbol("w", (), t, bold=True), _column(values))

    def x(self, t: int) -> Quantity:
        """Return the features of the t-th example, as a column."""
        return Quantity(Symbol("x", (self.drawn[t - 1].row + 1,), bold=True), _column(self.drawn[t - 1].x))

    def y(self, t: int) -> Quantity:
        """Return the label of the t-th example."""
        seen = self.drawn[t - 1]
        return Quantity(Symbol("y", (seen.row + 1,)), Number(Fraction(seen.y), signed=True))

    def score(self, t: int) -> Quantity:
        """Return f(x) of the t-th example before the update."""
        return Quantity(self._score_symbol(t), Number(as_given(self.drawn[t - 1].score)))

    def _score_symbol(self, t: int) -> Formula:
        return Apply("f", (self.x(t).notation,))

    def inference(self, t: int) -> Step:
        """f(x) = Σ_j w_j x_j (slide 15)."""
        seen = self.drawn[t - 1]
        columns = range(len(seen.x))
        shown = list(columns) if len(seen.x) <= SHOWN_FEATURES else [k for k in columns if seen.x[k] != 0]
        terms = [
            Quantity(Symbol("w", (k + self.first,), t - 1), Number(as_given(seen.weights_before[k])))
            * Quantity(Symbol("x", (seen.row + 1, k + self.first)), Number(as_given(seen.x[k])))
            for k in shown
        ]
        formula, rest = largest_terms(terms)
        return Step(
            id=step_id("f", t),
            heading=say("explain.step.score", name=self.data.names[seen.row]),
            subject=self._score_symbol(t),
            symbols=formula,
            result=Number(as_given(seen.score)),
            law=(Apply("f", (X,)), Transpose(W) * X, BigSum("j", Symbol("w", ("j",)) * Symbol("x", ("j",)))),
            uses=self._last_update(t),
            notes=(*((say("explain.note.nonzero"),) if len(shown) < len(seen.x) else ()), *rest),
        )

    def decision(self, t: int) -> Step:
        """+1 if f(x) > 0, else -1 (slide 16)."""
        seen = self.drawn[t - 1]
        key = "right" if seen.right else "wrong"
        notes = [say(f"explain.note.{key}", y=self.y(t).number)]
        if seen.score == 0:
            notes.insert(0, say("explain.note.zero_score"))
        return Step(
            id=step_id("y", t),
            heading=say("explain.step.decision"),
            subject=Symbol("y", (seen.row + 1,), accent="hat"),
            symbols=_decision(self.score(t)),
            result=Number(Fraction(seen.prediction), signed=True),
            law=(Symbol("y", accent="hat"), _decision(Apply("f", (X,)))),
            uses=(step_id("f", t),),
            notes=tuple(notes),
        )

    def loss(self, t: int) -> Step:
        """max(0, -y f(x)) (slide 17)."""
        seen = self.drawn[t - 1]
        formula = largest(0, -(self.y(t) * self.score(t)))
        y, f = Symbol("y"), Apply("f", (X,))
        return Step(
            id=step_id("L", t),
            heading=say("explain.step.perceptron_loss"),
            subject=Symbol("L", (seen.row + 1,)),
            symbols=formula,
            result=Number(formula.evaluate()),
            law=(Symbol("L"), largest(0, -(y * f))),
            uses=(step_id("f", t),),
        )

    def update(self, t: int) -> Step:
        """w ← w + η y x (slide 18)."""
        return Step(
            id=step_id("w", t),
            heading=say("explain.step.perceptron_update"),
            subject=Symbol("w", (), t, bold=True),
            symbols=self.weights(t - 1) + Product((self.rate, self.y(t), self.x(t))),
            result=_column(self.drawn[t - 1].weights),
            law=(Symbol("w", (), "t", bold=True), Symbol("w", (), "t-1", bold=True) + Product((ETA, Symbol("y"), X))),
            uses=(*self._last_update(t), step_id("y", t)),
        )

    def _last_update(self, t: int) -> tuple[StepId, ...]:
        """Return the id of the step that last changed the weights before example t; nothing if there is none."""
        if self.wide:  # their updates are tables
            return ()
        changes = (step_id("w", k) for k in range(t - 1, 0, -1) if not self.drawn[k - 1].right)
        return tuple(islice(changes, 1))

    # The sections of the page

    def rules(self) -> Section:
        """Return the three rules, in symbols."""
        f, y = Apply("f", (X,)), Symbol("y")
        w = Symbol("w", ("j",)) * Symbol("x", ("j",))
        blocks: list[Block] = [
            say("explain.text.perceptron_inference"),
            Display((f, Transpose(W) * X, BigSum("j", w))),
            Display((Symbol("y", accent="hat"), _decision(f))),
            say("explain.text.perceptron_loss"),
            Display((Function("L", (Symbol("D"),)), BigSum("i", largest(0, -(Symbol("y", ("i",)) * _score_of("i")))))),
            say("explain.text.perceptron_rule"),
            Display((Symbol("w", (), "t", bold=True), Symbol("w", (), "t-1", bold=True) + Product((ETA, y, X)))),
            Display((self.rate.notation, self.rate.number)),
            *self.whole(0),
        ]
        if self.data.bias:
            blocks.append(say("explain.text.perceptron_bias", x=Symbol("x", (0,)), w=Symbol("w", (0,))))
        if self.data.labels:
            plus, minus = self.data.labels
            blocks.append(say("explain.text.perceptron_labels", plus=plus, minus=minus))
        return Section(say("explain.section.rules"), tuple(blocks))

    def table(self) -> Section:
        """Return the whole walk as the lecture's table (slides 19-25)."""
        words = () if self.wide else self.data.columns
        columns: tuple[Cell, ...] = (
            say("explain.column.example"),
            *words,
            Symbol("y"),
            Transpose(W) * X,
            say("explain.column.prediction"),
            say("explain.column.weights"),
        )
        rows = [self._table_row(t) for t in range(1, min(TABLE_ROWS, len(self.drawn)) + 1)]
        marked = tuple(t for t, seen in enumerate(self.drawn[:TABLE_ROWS]) if not seen.right)
        blocks: list[Block] = [say("explain.text.perceptron_table"), Table(columns, tuple(rows), marked)]
        if len(self.drawn) > TABLE_ROWS:
            blocks.append(say("explain.text.more_rows", count=len(self.drawn) - TABLE_ROWS))
        return Section(say("explain.section.walk"), tuple(blocks))

    def _table_row(self, t: int) -> tuple[Cell, ...]:
        seen = self.drawn[t - 1]
        words = () if self.wide else tuple(Number(as_given(value)) for value in seen.x)
        after: Cell = say("explain.column.unchanged") if seen.right else _row(seen.weights)
        if self.wide and not seen.right:
            after = say("explain.column.changed", count=int(np.count_nonzero(seen.weights != seen.weights_before)))
        verdict = say("explain.column.right" if seen.right else "explain.column.wrong")
        return (self.data.names[seen.row], *words, self.y(t).number, self.score(t).number, verdict, after)

    def example(self, t: int) -> Section:
        """Return the steps of the t-th example."""
        seen = self.drawn[t - 1]
        steps = [self.inference(t), self.decision(t), self.loss(t)]
        if not seen.right and not self.wide:
            steps.append(self.update(t))
        blocks: list[Block] = [_without_law(step) if t > 1 else step for step in steps]
        if not seen.right and self.wide:
            change = Product((self.rate.notation, self.y(t).notation, self.x(t).notation))
            blocks.append(Display((Symbol("w", (), t, bold=True), self.weights(t - 1).notation + change)))
            blocks += changes(self.data.columns, seen.weights_before, seen.weights, t)
        title = say("explain.section.example", t=t, name=self.data.names[seen.row], sweep=seen.sweep + 1)
        return Section(title, tuple(blocks))

    def whole(self, t: int) -> list[Block]:
        """Return the weights after t examples: as a vector, or by name where there are many."""
        found = self.weights(t)
        if not self.wide:
            return [Display((found.notation, found.number))]
        values = self.drawn[0].weights_before if t == 0 else self.drawn[t - 1].weights
        return [say("explain.text.weights_by_name", w=found.notation), *weights(self.data.columns, values)]

    def result(self) -> Section:
        """Return the learned weights, the loss over the data, and whether a further pass would change anything."""
        t = len(self.drawn)
        blocks = self.whole(t)
        total = self._total_loss(t)
        if total is not None:
            blocks.append(total)
        again = learn(self.data.rows, self.data.y, learning_rate=self.rate.evaluate(), start=self.drawn[-1].weights)
        mistakes = sum(not seen.right for seen in again)
        key = "explain.text.settled" if mistakes == 0 else "explain.text.unsettled"
        blocks.append(say(key, count=mistakes))
        return Section(say("explain.section.result"), tuple(blocks))

    def _total_loss(self, t: int) -> Step | None:
        """L(D) = Σ_i max(0, -y_i wᵀx_i) with the learned weights."""
        rows = self.data.rows
        if len(rows) > SHOWN_FEATURES:
            return None
        terms = []
        for row, y in enumerate(self.data.y, start=1):
            score = rows[row - 1] @ self.drawn[-1].weights
            f = Quantity(Apply("f", (Symbol("x", (row,), bold=True),)), Number(as_given(score)))
            terms.append(largest(0, -(Quantity(Symbol("y", (row,)), Number(Fraction(int(y)), signed=True)) * f)))
        formula = add(*terms)
        return Step(
            id=step_id("L"),
            heading=say("explain.step.total_loss"),
            subject=Function("L", (Symbol("D"),)),
            symbols=formula,
            result=Number(formula.evaluate()),
            uses=self._last_update(t + 1),
        )


def _score_of(index: str) -> Formula:
    return Transpose(W) * Symbol("x", (index,), bold=True)


def _decision(f: Formula) -> Cases:
    yes, no = Number(Fraction(1), signed=True), Number(Fraction(-1), signed=True)
    return Cases(((yes, Relation(f, ">", ZERO)), (no, Relation(f, "≤", ZERO))))


def _without_law(step: Step) -> Step:
    return Step(step.id, step.heading, step.subject, step.symbols, step.result, (), step.uses, step.notes)


def _column(values: Array) -> Matrix:
    return Matrix(tuple((Number(as_given(value)),) for value in values))


def _row(values: Array) -> Matrix:
    return Matrix((tuple(Number(as_given(value)) for value in values),))
