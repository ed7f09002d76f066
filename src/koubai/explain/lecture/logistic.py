"""A node with the sigmoid is a logistic regression (slides 43-44): the same numbers both ways."""

from collections.abc import Sequence

from koubai.core.errors import ParameterError, ShapeError
from koubai.core.formulas.tree import Formula, Number, Quantity, Symbol, add, exp, log
from koubai.core.formulas.values import Notation, as_given
from koubai.explain.derivations import Derivation, Section, Step, say, step_id


def logistic(
    w: Sequence[float] = (2.0, -1.0), b: float = 0.5, x: Sequence[float] = (1.0, 2.0), y: int = 1
) -> Derivation:
    """Explain that a sigmoid node with cross-entropy and logistic regression have the same probability, loss and slope.

    Parameters
    ----------
    w, x : sequence of float
        Weights and inputs.
    b : float
        The bias.
    y : int
        The class, 1 or 0.

    Raises
    ------
    ShapeError
        If w and x have different lengths.
    ParameterError
        If y is not a class.
    """
    if len(w) != len(x) or not len(w):
        raise ShapeError(f"explain: w and x must have the same length; got {len(w)} and {len(x)} numbers. Give both.")
    if y not in (0, 1):
        raise ParameterError(f"explain: y must be 1 or 0; got {y}. Try 1.")
    weights = [Quantity(Symbol("w", (j,)), Number(as_given(v))) for j, v in enumerate(w, start=1)]
    inputs = [Quantity(Symbol("x", (j,)), Number(as_given(v))) for j, v in enumerate(x, start=1)]
    bias, target = Quantity(Symbol("b"), Number(as_given(b))), Quantity(Symbol("y"), Number(as_given(y)))
    score = add(*(a * c for a, c in zip(weights, inputs, strict=True)), bias)
    u = _step("u", "net_input", Symbol("u"), score)
    z = _step("z", "output", Symbol("z"), 1 / (1 + exp(-_of(u))))
    loss = _step("E", "loss", Symbol("E"), -(target * log(_of(z)) + (1 - target) * log(1 - _of(z))))
    slope = _step("g", "slope", Symbol("g", (1,)), (_of(z) - target) * inputs[0])
    odds = _step("s", "log_odds", Symbol("s"), score)
    p = _step("p", "probability", Symbol("p"), exp(_of(odds)) / (1 + exp(_of(odds))))
    sign = 1 if y else -1
    likelihood = _step("l", "likelihood", Symbol("ℓ"), log(1 + exp(-(sign * _of(odds)))))
    other = -(sign / (1 + exp(sign * _of(odds)))) * inputs[0]
    gradient = _step("h", "slope_of_likelihood", Symbol("h", (1,)), other)
    sections = (
        Section(say("explain.logistic.node"), (u, z, loss, slope)),
        Section(
            say("explain.logistic.regression"),
            (say("explain.logistic.about"), odds, p, likelihood, gradient, say("explain.logistic.same")),
        ),
    )
    given = [as_given(value) for value in (*w, *x, b)]
    return Derivation(say("explain.logistic.title"), sections, None, Notation.of(given))


def _step(kind: str, heading: str, subject: Symbol, symbols: Formula) -> Step:
    value = symbols.evaluate()
    return Step(step_id(kind), say(f"explain.logistic.{heading}"), subject, symbols, Number(value))


def _of(step: Step) -> Quantity:
    return Quantity(step.subject, step.result)
