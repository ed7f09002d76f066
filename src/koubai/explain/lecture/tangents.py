"""Steepest descent, step by step along tangents (slides 70-73): value, slope, tangent and the next point."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Apply, Formula, Number, Quantity, Symbol, add
from koubai.core.formulas.values import Notation, Value, as_given, tidy
from koubai.core.language import worded
from koubai.explain.derivations import Block, Curves, Derivation, Display, Section, Step, Table, say, step_id

LECTURE = (1, -2, 0, 0, 1)
"""x⁴ - 2x³ + 1, highest power first (slide 69)."""
MOST_STEPS = 20
X, ALPHA = Symbol("x"), Symbol("α")


def tangents(
    coefficients: Sequence[float] = LECTURE,
    start: float = 2.0,
    learning_rate: float = 0.05,
    n_steps: int = 4,
) -> Derivation:
    """Explain steepest descent on a polynomial in one variable, with the tangent at every point.

    Parameters
    ----------
    coefficients : sequence of float
        Those of the polynomial, of the highest power first.
    start : float
        x^(0).
    learning_rate : float
        α > 0.
    n_steps : int
        Updates, 1 … 20.

    Raises
    ------
    ParameterError
        If the polynomial is constant, α is not positive, or there are too many steps.

    Examples
    --------
    >>> tangents(n_steps=1).step("x.1").result.value
    Fraction(8, 5)
    """
    if len(coefficients) < 2 or not any(coefficients[:-1]):
        raise ParameterError(worded("explain.error.polynomial"))
    if not learning_rate > 0:
        raise ParameterError(worded("explain.error.tangents_rate", got=f"{float(learning_rate):g}"))
    if not 1 <= n_steps <= MOST_STEPS:
        raise ParameterError(worded("explain.error.tangents_steps", most=MOST_STEPS, got=n_steps))
    f = [as_given(value) for value in coefficients]
    slope = [factor * power for factor, power in zip(f, range(len(f) - 1, 0, -1), strict=False)]
    points: list[Value] = [as_given(start)]
    sections = []
    for t in range(n_steps):
        blocks = list(_one_step(f, slope, t, points, as_given(learning_rate)))
        sections.append(Section(say("explain.tangents.step", t=t + 1), tuple(blocks)))
        if abs(float(points[-1])) > 1e6:
            rates = {"rate": f"{float(learning_rate):g}", "example": f"{float(learning_rate) / 10:g}"}
            x = f"{float(points[-1]):.3g}"
            raise ParameterError(worded("explain.error.tangents_far", **rates, x=x, n=t + 1))
    rule = Display((_point("t+1"), _point("t") - ALPHA * Apply("f′", (_point("t"),))))
    law = Section(
        say("explain.tangents.rule"),
        (
            Display((Apply("f", (X,)), _polynomial(f, X))),
            Display((Apply("f′", (X,)), _polynomial(slope, X))),
            say("explain.tangents.downhill"),
            rule,
        ),
    )
    given = [*f, as_given(start), as_given(learning_rate)]
    return Derivation(say("explain.tangents.title"), (law, *sections, _end(f, points)), None, Notation.of(given))


def _one_step(f: list[Value], slope: list[Value], t: int, points: list[Value], rate: Value) -> Iterator[Block]:
    """Yield value, slope and tangent at the last point, the next point, which is added, and their picture."""
    here = Quantity(_point(t), Number(points[-1]))
    value = _step("f", t, "explain.tangents.value", Apply("f", (here.notation,)), _polynomial(f, here))
    rise = _step("s", t, "explain.tangents.slope", Apply("f′", (here.notation,)), _polynomial(slope, here))
    new = here - Quantity(ALPHA, Number(rate)) * Quantity(rise.subject, rise.result)
    moved = _step("x", t + 1, "explain.tangents.next", _point(t + 1), new)
    at, height, along = (float(_number(step)) for step in (moved, value, rise))
    begin = float(points[-1])
    points.append(_number(moved))
    line = Quantity(value.subject, value.result) + Quantity(rise.subject, rise.result) * (X - Number(points[-2]))
    yield value
    yield rise
    yield say("explain.tangents.line")
    yield Display((Apply("g", (X,)), line, line.substituted()))
    yield moved
    yield _picture(f, begin, at, height, along)


@np.errstate(over="ignore", invalid="ignore")  # a path that leaves is refused after its first steps
def _picture(f: list[Value], begin: float, end: float, height: float, along: float) -> Curves:
    """Return the function with the tangent at a point, and the point reached, as dots."""
    reach = max(2 * abs(end - begin), 0.75)
    grid = np.linspace(min(begin, end) - reach, max(begin, end) + reach, 49)
    values = np.polyval([float(factor) for factor in f], grid)
    tangent = height + along * (grid - begin)
    low, high = float(values.min()), float(values.max())
    room = 0.15 * ((high - low) or 1.0)
    inside = (low - room, high + room)
    lines = (("f", values), ("g", tangent))
    reached = float(np.polyval([float(factor) for factor in f], end))
    return Curves(
        "x",
        tuple(grid.tolist()),
        tuple((name, tuple(numbers.tolist())) for name, numbers in lines),
        dots=((begin, height), (end, reached)),
        limits=inside,
    )


def _end(f: list[Value], points: list[Value]) -> Section:
    """Return the path as a table."""
    heights = [tidy(_polynomial(f, Number(x)).evaluate()) for x in points]
    rows = tuple(
        (Number(Fraction(t)), Number(x), Number(height))
        for t, (x, height) in enumerate(zip(points, heights, strict=True))
    )
    return Section(say("explain.tangents.path"), (Table((Symbol("t"), X, Apply("f", (X,))), rows),))


def _polynomial(coefficients: Sequence[Value], x: Formula) -> Formula:
    """Return Σ_k c_k x^k without its zero terms."""
    terms: list[Formula] = []
    for power, factor in zip(range(len(coefficients) - 1, -1, -1), coefficients, strict=True):
        if factor == 0:
            continue
        size = Number(-factor if factor < 0 else factor)
        raised = x if power == 1 else x ** Number(Fraction(power))
        term = size if power == 0 else raised if factor in (1, -1) else size * raised
        terms.append(-term if factor < 0 else term)
    return add(*terms) if terms else Number(Fraction(0))


def _point(t: int | str) -> Symbol:
    return Symbol("x", (), t)


def _step(kind: str, t: int, key: str, subject: Formula, symbols: Formula) -> Step:
    return Step(step_id(kind, t), say(key), subject, symbols, Number(tidy(symbols.evaluate())))


def _number(step: Step) -> Value:
    assert isinstance(step.result, Number)
    return step.result.value
