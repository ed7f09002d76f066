"""One update as steps: the mean gradient of a batch, penalty, clipping, and each optimizer's rule (slides 67-78)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from koubai.core.formulas.tree import (
    Formula,
    Function,
    Number,
    Partial,
    Quantity,
    Quotient,
    Symbol,
    add,
    largest,
    sqrt,
)
from koubai.core.formulas.values import as_given, tidy
from koubai.core.trace import StepTrace
from koubai.engines.protocol import Plan
from koubai.explain.derivations import Step, Text, say, step_id
from koubai.explain.network.steps import book_of
from koubai.optimizers.adadelta import Adadelta
from koubai.optimizers.adagrad import Adagrad
from koubai.optimizers.adamw import AdamW
from koubai.optimizers.lion import Lion
from koubai.optimizers.moments import MomentRule
from koubai.optimizers.momentum import Momentum
from koubai.optimizers.nesterov import Nesterov
from koubai.optimizers.rmsprop import RMSprop
from koubai.optimizers.sgd import SGD

Place: TypeAlias = tuple[int, int, int]
"""(layer, node, source): the indices of w_ij^(l), the bias being j = 0."""


class UpdateSteps:
    """The steps from one weight's gradient to its new value.

    Parameters
    ----------
    plan : Plan
        The rule, the penalty and the clipping.
    trace : StepTrace
        A whole update under this plan, with ``theta_after``.
    where : (layer, node, source)
        The weight w_ij^(l), j = 0 being the bias; of another layer than a dense one, the parameter between the two.
    """

    def __init__(self, plan: Plan, trace: StepTrace, where: Place) -> None:
        assert trace.theta_after is not None
        self.plan, self.trace, self.where = plan, trace, where
        network, (layer, i, j) = trace.forward.network, where
        address = network.layers[layer - 1].parameter(i, j)
        assert address is not None
        self.place = network.place(layer - 1, address)
        self.books = [book_of(trace, row) for row in range(len(trace.targets))]
        self.name = network.layers[layer - 1].symbol(address.block, i, j, layer)
        self.w = self.books[0].w(layer, i, j)
        self.rate = Quantity(Symbol("α"), Number(as_given(trace.learning_rate or 0.0)))
        self.time = Quantity(Symbol("t"), Number(Fraction(trace.step or 1)))
        self.before = [self.books[0].step("grad", *where)] if len(self.books) == 1 else []
        self.steps: list[Step] = []
        self.g = self._gradient()
        RULES[plan.optimizer.name](self, plan.optimizer)

    # Pieces that rules are written with

    def parameter(self, letter: str, value: float, lower: tuple[int, ...] = ()) -> Quantity:
        """Return a hyperparameter of the rule."""
        return Quantity(Symbol(letter, lower), Number(as_given(value)))

    def slot(self, letter: str, index: int) -> Quantity:
        """Return what the rule remembers of this weight from the updates before."""
        assert self.trace.slots_before is not None
        return Quantity(Symbol(letter), Number(as_given(self.trace.slots_before[index, self.place])))

    def define(
        self, key: str, subject: Symbol | Partial, formula: Formula, notes: Sequence[Text] = (), number: Any = None
    ) -> Quantity:
        """Add the step that computes a quantity, and return the quantity."""
        evaluated = formula.evaluate()
        result = Number(tidy(evaluated if number is None or isinstance(evaluated, Fraction) else float(number)))
        known = [step for step in (*self.before, *self.steps) if _mentions(formula, step.subject)]
        self.steps.append(
            Step(
                id=step_id(key, *self.where),
                heading=say(f"explain.update.{key}"),
                subject=subject,
                symbols=formula,
                result=result,
                uses=tuple(step.id for step in known),
                notes=tuple(notes),
            )
        )
        return Quantity(subject, result)

    def move(self, formula: Formula) -> None:
        """Add the last step: the weight's new value."""
        after = self.trace.theta_after
        assert after is not None
        self.define("new", replace(self.name, prime=True), formula, number=after[self.place])

    # From the rows' gradients to the gradient that the rule sees

    def _gradient(self) -> Quantity:
        """Add mean, penalty and clipping where they are there; return g."""
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
        """Add the step that averages the rows' gradients, weighted if they are."""
        weights = [as_given(float(weight)) for weight in self.trace.row_weights]
        terms: list[Formula] = []
        for row, (book, weight) in enumerate(zip(self.books, weights, strict=True), start=1):
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


def _sgd(c: UpdateSteps, rule: SGD) -> None:
    c.move(c.w - c.rate * c.g)


def _momentum(c: UpdateSteps, rule: Momentum) -> None:
    v = c.define("velocity", after("v"), c.parameter("μ", rule.momentum) * c.slot("v", 0) - c.rate * c.g)
    c.move(c.w + v)


def _nesterov(c: UpdateSteps, rule: Nesterov) -> None:
    mu = c.parameter("μ", rule.momentum)
    v = c.define("velocity", after("v"), mu * c.slot("v", 0) - c.rate * c.g)
    c.move(c.w + mu * v - c.rate * c.g)


def _adagrad(c: UpdateSteps, rule: Adagrad) -> None:
    s = c.define("squares", after("s"), c.slot("s", 0) + c.g**2)
    c.move(c.w - c.rate * c.g / (sqrt(s) + c.parameter("ε", rule.epsilon)))


def _rmsprop(c: UpdateSteps, rule: RMSprop) -> None:
    rho = c.parameter("ρ", rule.rho)
    s = c.define("mean_squares", after("s"), rho * c.slot("s", 0) + (1 - rho) * c.g**2)
    c.move(c.w - c.rate * c.g / (sqrt(s) + c.parameter("ε", rule.epsilon)))


def _adadelta(c: UpdateSteps, rule: Adadelta) -> None:
    rho, epsilon, d = c.parameter("ρ", rule.rho), c.parameter("ε", rule.epsilon), c.slot("d", 1)
    s = c.define("mean_squares", after("s"), rho * c.slot("s", 0) + (1 - rho) * c.g**2)
    delta = c.define("own_step", Symbol("Δ"), sqrt(d + epsilon) / sqrt(s + epsilon) * c.g)
    c.define("mean_steps", after("d"), rho * d + (1 - rho) * delta**2)
    c.move(c.w - c.rate * delta)


def _moments(c: UpdateSteps, rule: MomentRule) -> tuple[Quantity, Quantity, Quantity, Quantity]:
    """Add m and v; return them with β₁ and β₂."""
    b1, b2 = c.parameter("β", rule.beta_1, (1,)), c.parameter("β", rule.beta_2, (2,))
    m = c.define("mean", after("m"), b1 * c.slot("m", 0) + (1 - b1) * c.g)
    v = c.define("mean_squares", after("v"), b2 * c.slot("v", 1) + (1 - b2) * c.g**2)
    return m, v, b1, b2


def _adam(c: UpdateSteps, rule: MomentRule) -> None:
    m, v, b1, b2 = _moments(c, rule)
    m_hat = c.define("corrected", Symbol("m", accent="hat"), m / (1 - b1**c.time))
    v_hat = c.define("corrected_squares", Symbol("v", accent="hat"), v / (1 - b2**c.time))
    kept: Formula = c.w
    if isinstance(rule, AdamW):
        kept = (1 - c.rate * c.parameter("λ", rule.weight_decay)) * c.w
    c.move(kept - c.rate * m_hat / (sqrt(v_hat) + c.parameter("ε", rule.epsilon)))


def _nadam(c: UpdateSteps, rule: MomentRule) -> None:
    m, v, b1, b2 = _moments(c, rule)
    ahead = b1 * m / (1 - b1 ** (c.time + 1)) + (1 - b1) * c.g / (1 - b1**c.time)
    m_hat = c.define("ahead", Symbol("m", accent="hat"), ahead)
    v_hat = c.define("corrected_squares", Symbol("v", accent="hat"), v / (1 - b2**c.time))
    c.move(c.w - c.rate * m_hat / (sqrt(v_hat) + c.parameter("ε", rule.epsilon)))


def _amsgrad(c: UpdateSteps, rule: MomentRule) -> None:
    m, v, b1, b2 = _moments(c, rule)
    top = c.define("largest", after("q"), largest(c.slot("q", 2), v))
    m_hat = c.define("corrected", Symbol("m", accent="hat"), m / (1 - b1**c.time))
    q_hat = c.define("corrected_squares", Symbol("q", accent="hat"), top / (1 - b2**c.time))
    c.move(c.w - c.rate * m_hat / (sqrt(q_hat) + c.parameter("ε", rule.epsilon)))


def _lion(c: UpdateSteps, rule: Lion) -> None:
    b1, b2, m = c.parameter("β", rule.beta_1, (1,)), c.parameter("β", rule.beta_2, (2,)), c.slot("m", 0)
    direction = c.define("direction", Symbol("d"), b1 * m + (1 - b1) * c.g)
    c.define("mean", after("m"), b2 * m + (1 - b2) * c.g)
    sign: Formula = Function("sign", (direction,))
    c.move(c.w - c.rate * (sign + c.parameter("λ", rule.weight_decay) * c.w if rule.weight_decay else sign))


def after(letter: str) -> Symbol:
    """Return what a rule remembers, after the update."""
    return Symbol(letter, prime=True)


RULES: Mapping[str, Callable[[UpdateSteps, Any], None]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adam,
    "nadam": _nadam,
    "amsgrad": _amsgrad,
    "lion": _lion,
}
"""How each optimizer's rule is written, by its name."""
