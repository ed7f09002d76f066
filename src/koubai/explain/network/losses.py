"""Each loss and its derivative with respect to an output, as formulas."""

import sys
from collections.abc import Callable, Sequence
from fractions import Fraction

from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import BigSum, Formula, Function, Negative, Number, Quotient, add, largest, log
from koubai.core.formulas.values import Value, as_given
from koubai.core.losses import Huber, Loss

ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
HALF = Number(Fraction(1, 2))
VANISHED = sys.float_info.min
"""A smaller denominator counts as zero."""


def _log(x: Formula) -> Formula:
    return log(x)


def term(loss: Loss, z: Formula, y: Formula, log_of: Callable[[Formula], Formula] = _log) -> Formula:
    """Return one output's contribution to the loss, before the sign or factor in front of the sum.

    Parameters
    ----------
    loss : Loss
    z, y : Formula
        Output and target.
    log_of : callable
        How to write log z and log(1 - z): directly, or as quantities where z itself has underflowed.
    """
    if isinstance(loss, Huber):
        t, d = _threshold(loss), Function("abs", (z - y,))
        near, far = (z - y) ** 2 / 2, t * (d - t / 2)
        return Cases(((near, Relation(d, "≤", t)), (far, Relation(d, ">", t))))
    forms: dict[str, Callable[[], Formula]] = {
        "half_squared_error": lambda: (z - y) ** 2,
        "cross_entropy": lambda: y * log_of(z),
        "binary_cross_entropy": lambda: y * log_of(z) + (1 - y) * log_of(1 - z),
        "perceptron": lambda: largest(0, -(y * z)),
        "hinge": lambda: largest(0, 1 - y * z),
        "poisson": lambda: z - y + _poisson_tail(z, y, log_of),
    }
    return forms[loss.name]()


def total(loss: Loss, terms: Sequence[Formula]) -> Formula:
    """Return the loss of one row from each output's contribution."""
    inside = add(*terms)
    if loss.name == "half_squared_error":
        return HALF * inside
    return Negative(inside) if loss.name.endswith("cross_entropy") else inside


def law(loss: Loss, z: Formula, y: Formula) -> Formula:
    """Return the loss of one row as a sum over outputs k."""
    return total(loss, [BigSum("k", term(loss, z, y))])


def slope(loss: Loss, z: Formula, y: Formula) -> Formula:
    """Return ∂E/∂z_k as a formula."""
    if isinstance(loss, Huber):
        t, d = _threshold(loss), z - y
        inner = (d, Relation(Function("abs", (d,)), "≤", t))
        return Cases((inner, (t, Relation(d, ">", t)), (Negative(t), Relation(d, "<", Negative(t)))))
    forms: dict[str, Callable[[], Formula]] = {
        "half_squared_error": lambda: z - y,
        "cross_entropy": lambda: Negative(_over(y, z)),
        "binary_cross_entropy": lambda: _over(1 - y, 1 - z) - _over(y, z),
        "perceptron": lambda: _kink(loss, z, y),
        "hinge": lambda: _kink(loss, z, y),
        "poisson": lambda: 1 - _over(y, z),
    }
    return forms[loss.name]()


def _kink(loss: Loss, z: Formula, y: Formula) -> Formula:
    """Return -y where the row is on the wrong side of the kink, else 0.

    The perceptron counts f(x) = 0 as a mistake for a positive row but not for a negative one (slide 18).
    """
    if loss.name == "hinge":
        return Cases(((-y, Relation(y * z, "<", ONE)), (ZERO, Relation(y * z, "≥", ONE))))
    return Cases(
        (
            (-y, Relation(y * z, "<", ZERO)),
            (ZERO, Relation(y * z, ">", ZERO)),
            (-largest(0, y), Relation(y * z, "=", ZERO)),
        )
    )


def _poisson_tail(z: Formula, y: Formula, log_of: Callable[[Formula], Formula]) -> Formula:
    """Return y log(y / z), which is 0 for y = 0."""
    if _known(y) == 0:
        return ZERO
    return y * (log(y) - log_of(z))


def _over(above: Formula, below: Formula) -> Formula:
    """Return above / below, or 0 where the denominator has vanished, as the engines do."""
    known = _known(below)
    return ZERO if known is not None and known < VANISHED else Quotient(above, below)


def _known(formula: Formula) -> Value | None:
    """Return the formula's number if its quantities have numbers."""
    try:
        number: Value = formula.evaluate()
    except TypeError:
        return None
    return number


def _threshold(loss: Huber) -> Number:
    return Number(as_given(loss.threshold))
