"""The functions of single numbers that models apply, as formulas which every target writes in its own way."""

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite

from koubai.core.activations.base import Activation
from koubai.core.errors import UndefinedError
from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import (
    Formula,
    Function,
    Number,
    Operand,
    Product,
    Quotient,
    Sum,
    Symbol,
    add,
    formula,
    largest,
)
from koubai.core.language import worded
from koubai.export.steps import Scalar

FAR = 1e9
"""An activation asked for its formula at so large a number gives the form that cannot overflow."""


def smallest(*arguments: Operand) -> Formula:
    """Return min(…)."""
    return Function("min", tuple(map(formula, arguments)))


def floor(x: Operand) -> Formula:
    """Return the largest whole number that is not above x."""
    return Function("floor", (formula(x),))


def absolute(x: Operand) -> Formula:
    """Return |x|."""
    return Function("abs", (formula(x),))


def either(value: Operand, relation: Relation, other: Operand) -> Cases:
    """Return ``value`` where the relation holds, else ``other``."""
    opposite = {"<": "≥", ">": "≤", "≤": ">", "≥": "<", "=": "="}[relation.operator]
    return Cases(((formula(value), relation), (formula(other), Relation(relation.left, opposite, relation.right))))


def polynomial(x: Formula, coefficients: Sequence[float]) -> Formula:
    """Return c_0 + c_1 x + c_2 x² + … by Horner's rule."""
    found: Formula = Number(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        found = add(Number(coefficient), Product((x, found)))
    return found


def polynomials_of(quotient: Quotient) -> tuple[Formula, tuple[float, ...], tuple[float, ...]] | None:
    """Return x and the coefficients above and below if a formula is the quotient of two polynomials in x."""
    above, below = (_coefficients(part) for part in (quotient.above, quotient.below))
    if above is None or below is None or above[0] != below[0]:
        return None
    return above[0], above[1], below[1]


def _coefficients(formula: Formula) -> tuple[Formula, tuple[float, ...]] | None:
    """Return x and the coefficients of what `polynomial` wrote."""
    found: list[float] = []
    x = None
    while isinstance(formula, Sum) and len(formula.terms) == 2:
        number, product = formula.terms
        if not isinstance(number, Number) or not isinstance(product, Product) or len(product.factors) != 2:
            return None
        x, found, formula = product.factors[0], [*found, float(number.value)], product.factors[1]
    if x is None or not isinstance(formula, Number):
        return None
    return x, (*found, float(formula.value))


def scalar(name: str, arguments: Sequence[str], value: Formula, meaning: str = "") -> Scalar:
    """Return the function given by one formula."""
    return Scalar(name, tuple(arguments), (("result", value),), ("result",), meaning)


U, X = Symbol("u"), Symbol("x")


@lru_cache(maxsize=256)
def activation_function(activation: Activation, name: str) -> Scalar:
    """Return φ(u) of an activation that acts on each node by itself.

    Raises
    ------
    UndefinedError
        If it has no formula.
    """
    value = activation.formula(U, FAR)
    if value is None:
        raise UndefinedError(
            worded(
                "export.error.activation_define_formula_u_exported",
                name=activation.name,
                name_2=type(activation).__name__,
            )
        )
    return scalar(name, ("u",), value, f"the activation {activation.name}")


@lru_cache(maxsize=256)
def learned_activation_function(activation: Activation, name: str) -> Scalar:
    """Return (1 - a) u + a φ(u)."""
    share = Symbol("a")
    value = activation_function(activation, name).bindings[0][1]
    return scalar(name, ("u", "a"), (1 - share) * U + share * value, f"what is learned of {activation.name}")


def wave() -> Scalar:
    """Return cos(2π f x + c)."""
    angle = Number(6.283185307179586) * Symbol("f") * X + Symbol("c")
    return scalar("wave", ("x", "f", "c"), Function("cos", (angle,)), "a wave of frequency f and phase c")


LIMIT = 10


def _standardised(x: Formula) -> Formula:
    return largest(-LIMIT, smallest(LIMIT, Quotient(x - Symbol("mean"), Symbol("scale"))))


STANDARD = scalar(
    "standard", ("x", "mean", "scale"), _standardised(X), f"standardised, and cut off at {LIMIT} deviations"
)
DATE_PART = scalar(
    "date_part",
    ("x", "gap", "median", "mean", "scale"),
    _standardised(either(Symbol("median"), Relation(Symbol("gap"), "=", Number(1.0)), X)),
    "standardised, the median where the date is missing",
)
SIGNED_LOG = scalar(
    "signed_log",
    ("x", "unit"),
    Function("sign", (X,)) * Function("log", (1 + Quotient(absolute(X), Symbol("unit")),)),
    "nearly linear around 0, logarithmic far from it",
)
PIECE = scalar(
    "piece",
    ("x", "low", "width"),
    largest(0, smallest(1, Quotient(X - Symbol("low"), Symbol("width")))) * 2 - 1,
    "-1 below a piece of the range, 1 above it, linear within",
)
SCALED = scalar(
    "scaled",
    ("x", "center", "scale"),
    (X - Symbol("center")) / Symbol("scale"),
    "about its center, in units of its scale",
)
PIXEL = scalar("pixel", ("x", "mean", "scale"), (X - Symbol("mean")) / Symbol("scale"), "a pixel near 0")
IS_PLACE = scalar("is_place", ("x", "place"), either(1, Relation(X, "=", Symbol("place")), 0), "1 for one category")
COMPLEMENT = scalar("complement", ("x",), 1 - X, "the probability of the other class")
RESCALED = scalar(
    "rescaled",
    ("x", "scale", "center", "low", "high"),
    largest(Symbol("low"), smallest(Symbol("high"), X * Symbol("scale") + Symbol("center"))),
    "in the target's own unit, within the range of training",
)
SHIFTED = scalar(
    "shifted", ("x", "scale", "center"), X * Symbol("scale") + Symbol("center"), "in the target's own unit"
)
LIMITED = scalar(
    "limited",
    ("x", "low", "high"),
    largest(Symbol("low"), smallest(Symbol("high"), X)),
    "within the range of training",
)


def interval(lowest: float, grows: bool) -> Scalar:
    """Return an answer and the ends of its interval, as `koubai.models.trust.conformal.Conformal.interval` has them.

    Parameters
    ----------
    lowest : float
        No interval begins below.
    grows : bool
        Whether half its width is ``reach`` times the root of the answer, which is ``unit`` at least.
    """
    reach, half = Symbol("reach"), Symbol("half")
    width = reach * Function("sqrt", (largest(X, Symbol("unit")),)) if grows else reach

    def bounded(end: Formula) -> Formula:
        return largest(end, lowest) if isfinite(lowest) else end

    bindings = (("half", width), ("answer", X), ("lower", bounded(X - half)), ("upper", bounded(X + half)))
    arguments = ("x", "reach", "unit") if grows else ("x", "reach")
    meaning = "an answer, and the ends of the interval around it"
    return Scalar("with_interval", arguments, bindings, ("answer", "lower", "upper"), meaning)


_NEAR = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
_FAR = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip


def _quantile() -> Scalar:
    p, q, r, s = (Symbol(name) for name in ("x", "q", "r", "s"))
    near = q * Quotient(polynomial(r, _NEAR[0]), polynomial(r, _NEAR[1]))
    far = Function("sign", (q,)) * Quotient(polynomial(s, _FAR[0]), polynomial(s, _FAR[1]))
    bindings = (
        ("q", p - Number(0.5)),
        ("r", Number(0.180625) - q * q),
        ("s", Function("sqrt", (-Function("log", (smallest(p, 1 - p),)),)) - Number(1.6)),
        ("result", either(near, Relation(r, "≥", Number(0.0)), far)),
    )
    meaning = "the normal distribution's quantile (Wichura 1988, algorithm AS 241), for x from 1e-11 to 1 - 1e-11"
    return Scalar("quantile", ("x",), bindings, ("result",), meaning)


QUANTILE = _quantile()

_ERF = (
    (3.20937758913846947e3, 3.77485237685302021e2, 1.13864154151050156e2, 3.16112374387056560e0,
     1.85777706184603153e-1),
    (2.84423683343917062e3, 1.28261652607737228e3, 2.44024637934444173e2, 2.36012909523441209e1, 1.0),
)  # fmt: skip
_ERFC = (
    (1.23033935479799725e3, 2.05107837782607147e3, 1.71204761263407058e3, 8.81952221241769090e2,
     2.98635138197400131e2, 6.61191906371416295e1, 8.88314979438837594e0, 5.64188496988670089e-1,
     2.15311535474403846e-8),
    (1.23033935480374942e3, 3.43936767414372164e3, 4.36261909014324716e3, 3.29079923573345963e3,
     1.62138957456669019e3, 5.37181101862009858e2, 1.17693950891312499e2, 1.57449261107098347e1, 1.0),
)  # fmt: skip


def _erf() -> Scalar:
    y = Symbol("y")
    near = X * Quotient(polynomial(X * X, _ERF[0]), polynomial(X * X, _ERF[1]))
    tail = Function("exp", (-(y * y),)) * Quotient(polynomial(y, _ERFC[0]), polynomial(y, _ERFC[1]))
    far = Function("sign", (X,)) * (1 - tail)
    bindings = (
        ("y", smallest(6, absolute(X))),
        ("result", either(near, Relation(y, "≤", Number(0.5)), far)),
    )
    return Scalar("erf", ("x",), bindings, ("result",), "the error function (Cody 1969, Mathematics of Computation 23)")


ERF = _erf()
"""For targets that have no erf of their own."""


def _calendar() -> Scalar:
    """Return the calendar's parts of a point in time, in seconds since 1970: days since March of year 0, as Hinnant.

    (Howard Hinnant 2013, "chrono-compatible low-level date algorithms", civil_from_days.)
    """
    names = (
        *("day", "day_time", "z", "era", "day_of_era", "year_of_era", "day_of_year", "m", "month"),
        *("y", "leap", "new_year", "year", "weekday", "hour"),
    )
    s = {name: Symbol(name) for name in (*names, "x")}
    minutes = floor(s["day_time"] / 60)

    def divides(number: int) -> Formula:
        return either(1, Relation(floor(s["y"] / number) * number, "=", s["y"]), 0)

    bindings: tuple[tuple[str, Formula], ...] = (
        ("day", floor(s["x"] / 86400)),
        ("day_time", s["x"] - s["day"] * 86400),
        ("z", s["day"] + 719468),
        ("era", floor(s["z"] / 146097)),
        ("day_of_era", s["z"] - s["era"] * 146097),
        (
            "year_of_era",
            floor(
                (
                    s["day_of_era"]
                    - floor(s["day_of_era"] / 1460)
                    + floor(s["day_of_era"] / 36524)
                    - floor(s["day_of_era"] / 146096)
                )
                / 365
            ),
        ),
        (
            "day_of_year",
            s["day_of_era"] - (s["year_of_era"] * 365 + floor(s["year_of_era"] / 4) - floor(s["year_of_era"] / 100)),
        ),
        ("m", floor((s["day_of_year"] * 5 + 2) / 153)),
        ("month", either(s["m"] + 3, Relation(s["m"], "<", Number(10.0)), s["m"] - 9)),
        ("y", s["year_of_era"] + s["era"] * 400 + either(1, Relation(s["month"], "≤", Number(2.0)), 0)),
        ("leap", divides(4) - divides(100) + divides(400)),
        (
            "new_year",
            either(s["day_of_year"] - 306, Relation(s["month"], "≤", Number(2.0)), s["day_of_year"] + 59 + s["leap"]),
        ),
        ("year", s["y"] + s["new_year"] / 366),
        ("weekday", s["day"] + 3 - floor((s["day"] + 3) / 7) * 7),
        ("hour", minutes / 60),
    )
    results = ("year", "month", "weekday", "hour")
    return Scalar("calendar", ("x",), bindings, results, "year with its fraction, month, weekday (Monday 0), hour")


CALENDAR = _calendar()


def _turn(name: str) -> Scalar:
    value = Function(name, (Number(6.283185307179586) * Quotient(X - Symbol("first"), Symbol("period")),))
    return scalar(f"turn_{name}", ("x", "first", "period"), value, "a place on the circle of month, week or day")


TURNS: dict[str, Scalar] = {"sin": _turn("sin"), "cos": _turn("cos")}
