"""One update as steps: the mean gradient of a batch, penalty, clipping, and each optimizer's rule (slides 67-78)."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import isclose, isfinite
from typing import TypeAlias

import numpy as np

from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Apply, Formula, Function, Number, Partial, Quantity, Quotient, Symbol, add
from koubai.core.formulas.values import as_given, tidy
from koubai.core.trace import StepTrace
from koubai.engines.protocol import Plan
from koubai.explain.derivations import Step, Text, called, say, step_id
from koubai.explain.network.steps import book_of
from koubai.optimizers.protocol import Optimizer

Place: TypeAlias = tuple[int, int, int]
"""(layer, node, source): the indices of w_ij^(l); j = 0 is the bias."""


ROUNDING = 1e-6
"""Formulas reckon with fractions and a rule with float64: they may differ by so much, and no more."""


class UpdateSteps:
    """The steps from one weight's gradient to its new value.

    Parameters
    ----------
    plan : Plan
        The rule, the penalty and the clipping.
    trace : StepTrace
        A whole update under this plan, with ``theta_after``.
    where : (layer, node, source)
        The weight w_ij^(l); j = 0 is the bias. In a layer that is not dense, the parameter between node and source.
    numbers : sequence of int
        What the rows are called; by default 1, 2, ….
    """

    def __init__(self, plan: Plan, trace: StepTrace, where: Place, numbers: Sequence[int] = ()) -> None:
        assert trace.theta_after is not None
        self.plan, self.trace, self.where = plan, trace, where
        network, (layer, i, j) = trace.forward.network, where
        address = network.layers[layer - 1].parameter(i, j)
        assert address is not None
        self.place = network.place(layer - 1, address)
        self.books = [book_of(trace, row) for row in range(len(trace.targets))]
        self.numbers = tuple(numbers) or tuple(range(1, len(self.books) + 1))
        self.name = network.layers[layer - 1].symbol(address.block, i, j, layer)
        self.w = self.books[0].w(layer, i, j)
        self.time = Quantity(Symbol("t"), Number(Fraction(trace.step or 1)))
        self.before = [self.books[0].step("grad", *where)] if len(self.books) == 1 else []
        self.steps: list[Step] = []
        self.slots: dict[str, int] = {}
        of_rate, of_decay = plan.factors.of(network.span(layer - 1, address.block).block)
        self.rate = self._rate(of_rate)
        self.g = self._gradient()
        plan.optimizer.with_decay(of_decay).explain(self)

    # Building blocks for rules

    def parameter(self, letter: str, value: float, lower: tuple[int, ...] = ()) -> Quantity:
        """Return a hyperparameter of the rule."""
        return Quantity(Symbol(letter, lower), Number(as_given(value)))

    def slot(self, letter: str, index: int) -> Quantity:
        """Return a slot of the rule for this weight, from before the update."""
        assert self.trace.slots_before is not None
        self.slots[letter] = index
        return Quantity(Symbol(letter), Number(as_given(self.trace.slots_before[index, self.place])))

    def define(
        self,
        key: str,
        subject: Symbol | Partial,
        formula: Formula,
        notes: Sequence[Text] = (),
        number: float | None = None,
    ) -> Quantity:
        """Add the step that computes a quantity, and return the quantity."""
        evaluated = formula.evaluate()
        result = Number(tidy(evaluated if number is None or isinstance(evaluated, Fraction) else float(number)))
        known = [step for step in (*self.before, *self.steps) if _mentions(formula, step.subject)]
        self.steps.append(
            Step(
                id=step_id(key, *self.where),
                heading=called((f"explain.update.{key}",), key),
                subject=subject,
                symbols=formula,
                result=result,
                uses=tuple(step.id for step in known),
                notes=tuple(notes),
            )
        )
        return Quantity(subject, result)

    def move(self, formula: Formula | None) -> None:
        """Add the last step: the weight's new value; without a formula, what the rule makes of w and g.

        Raises
        ------
        ParameterError
            If the formula leads elsewhere than the rule: one that is another's with a step of its own.
        """
        assert self.trace.theta_after is not None
        after = float(self.trace.theta_after[self.place])
        if formula is None:
            name = self.plan.optimizer.name
            formula = Quantity(Apply(name, (self.w, self.g)), Number(as_given(after)))
        said = float(formula.evaluate())
        if isfinite(after) and not isclose(said, after, rel_tol=ROUNDING, abs_tol=ROUNDING):
            kind = type(self.plan.optimizer).__name__
            raise ParameterError(
                f"explain: {kind} must explain the step that it makes; its formulas lead to {said:g} and its step to "
                f"{after:g}. Define {kind}.explain."
            )
        self.define("new", replace(self.name, prime=True), formula, number=after)

    def _rate(self, factor: float) -> Quantity:
        """Return α, after the step that multiplies it with the factor of the parameter's group, if there is one."""
        rate = Number(as_given(self.trace.learning_rate or 0.0))
        if factor == 1:
            return Quantity(Symbol("α"), rate)
        return self.define("group_rate", Symbol("α"), Number(as_given(factor)) * Quantity(Symbol("α", (0,)), rate))

    # From the rows' gradients to the gradient used by the rule

    def _gradient(self) -> Quantity:
        """Add mean, penalty and clipping if present; return g."""
        trace = self.trace
        symbol = Symbol("g")
        error = Partial(Symbol("E"), self.name)
        data = self.before[0].result if self.before else self._mean()
        assert isinstance(data, Number)
        here = Quantity(error, data)
        weighs = bool(trace.forward.network.is_weight[self.place] and trace.penalty_gradient.any())
        if weighs:
            here = self._penalized(here)
        whole = trace.data_gradient + trace.penalty_gradient
        length = float(np.sqrt(whole @ whole))
        if self.plan.clip_norm and self.plan.clip_norm < length < np.inf:
            norm = Quantity(Function("norm", (Symbol("g", accent="tilde", bold=True),)), Number(length))
            limit = self.parameter("c", self.plan.clip_norm)
            return self.define(
                "clip", symbol, here * (limit / norm), [say("explain.note.clip")], trace.gradient[self.place]
            )
        return self.define("g", symbol, here)

    def _mean(self) -> Number:
        """Add the step that averages the rows' gradients, weighted if there are weights."""
        weights = [as_given(float(weight)) for weight in self.trace.row_weights]
        terms: list[Formula] = []
        for row, book, weight in zip(self.numbers, self.books, weights, strict=True):
            result = book.step("grad", *self.where).result
            assert isinstance(result, Number)
            gradient = Quantity(Partial(Symbol("E", (row,)), self.name), result)
            terms.append(gradient if weight == 1 else Quantity(Symbol("s", (row,)), Number(weight)) * gradient)
        equal = all(weight == 1 for weight in weights)
        whole = sum(weights, Fraction(0))
        number = Number(tidy(whole))
        count: Formula = number if equal else Quantity(Symbol("S"), number)
        formula = Quotient(add(*terms), count)
        notes = [] if equal else [say("explain.note.row_weights", s=Symbol("s", ("r",)), S=Symbol("S"))]
        number = self.trace.data_gradient[self.place]
        made = self.define("batch_mean", Partial(Symbol("E"), self.name), formula, notes, number)
        assert isinstance(made.number, Number)
        return made.number

    def _penalized(self, here: Quantity) -> Quantity:
        """Add the penalty's gradient λ₁ sign(w) + λ₂ w and the sum with the data's."""
        strengths = self.plan.penalty.scaled(float(self.trace.row_weights.sum()))
        terms: list[Formula] = []
        for index, strength in enumerate(strengths, start=1):
            if strength:
                inside: Formula = Function("sign", (self.w,)) if index == 1 else self.w
                terms.append(self.parameter("λ", strength, (index,)) * inside)
        p = self.define(
            "penalty",
            Partial(Symbol("P"), self.name),
            add(*terms),
            [say("explain.note.penalty")],
            self.trace.penalty_gradient[self.place],
        )
        both = self.trace.data_gradient[self.place] + self.trace.penalty_gradient[self.place]
        return self.define("regularized", Symbol("g", accent="tilde"), here + p, [], both)


def _mentions(formula: Formula, subject: Formula) -> bool:
    return any(isinstance(part, Quantity) and part.notation == subject for part in formula.walk())


def rule_name(rule: Optimizer) -> Text:
    """Return what an optimizer is called; one that the catalogues do not know, by its own name."""
    return called((f"explain.rule.{rule.name}", f"play.choice.{rule.name}"), rule.name)
