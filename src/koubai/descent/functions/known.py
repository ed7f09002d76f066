"""Named test functions, known for how they challenge gradient methods.

Each is an expression, so its gradient comes from the same rules as any other's. Sources: Rosenbrock 1960; Beale 1955;
Himmelblau 1972; Rastrigin 1974; Ackley 1987; Dixon and Szegö 1978 (the six-hump camel); the others each illustrate one
behaviour.
"""

import difflib
from collections.abc import Callable, Mapping

from koubai.core.arguments import NAMES, WHOLE, or_none, takes
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.descent.functions.expression import Expression
from koubai.descent.functions.objective import Array, Noisy, Objective, Window, from_callable, from_expression

CAMEL_MINIMA = (
    (0.08984201310031806, -0.7126564030207396),
    (-0.08984201310031806, 0.7126564030207396),
    (1.7036067132900241, -0.7960835687930361),
    (-1.7036067132900241, 0.7960835687930361),
    (1.6071047529301, 0.5686514548816),
    (-1.6071047529301, -0.5686514548816),
)
HIMMELBLAU_MINIMA = (
    (3.0, 2.0),
    (-2.805118086952745, 3.131312518250573),
    (-3.7793102533777469, -3.2831859912861694),
    (3.5844283403304917, -1.8481265269644034),
)


def _named(
    name: str, text: str, window: Window, start: tuple[float, ...], *minima: tuple[float, ...]
) -> Callable[[], Objective]:
    return lambda: from_expression(text, name, window=window, start=start, minima=minima)


def _noisy_bowl() -> Noisy:
    bowl = from_expression("(x**2 + 5*y**2)/2")
    return Noisy(
        "noisy_bowl",
        bowl.variables,
        bowl.function,
        ((-5.0, 5.0), (-3.0, 3.0)),
        (-4.0, 2.0),
        ((0.0, 0.0),),
        bowl.expression,
    )


_WIDE: Window = ((-5.12, 5.12), (-5.12, 5.12))

NAMED: Mapping[str, Callable[[], Objective]] = {
    "quartic": _named("quartic", "x**4 - 2*x**3 + 1", ((-1.0, 2.3),), (2.0,), (1.5,)),
    "valley": _named("valley", "x**2/20 + y**2", ((-8.0, 8.0), (-4.0, 4.0)), (-7.0, 2.0), (0.0, 0.0)),
    "saddle": _named(
        "saddle",
        "x**2/2 - y**2/2 + y**4/4",
        ((-2.0, 2.0), (-1.8, 1.8)),
        (-1.5, 0.001),
        (0.0, 1.0),
        (0.0, -1.0),
    ),
    "rosenbrock": _named(
        "rosenbrock", "(1 - x)**2 + 100*(y - x**2)**2", ((-2.0, 2.0), (-1.0, 3.0)), (-1.2, 1.0), (1.0, 1.0)
    ),
    "beale": _named(
        "beale",
        "(1.5 - x + x*y)**2 + (2.25 - x + x*y**2)**2 + (2.625 - x + x*y**3)**2",
        ((-4.5, 4.5), (-4.5, 4.5)),
        (1.0, 1.5),
        (3.0, 0.5),
    ),
    "himmelblau": _named(
        "himmelblau",
        "(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
        ((-5.0, 5.0), (-5.0, 5.0)),
        (-0.5, -1.0),
        *HIMMELBLAU_MINIMA,
    ),
    "booth": _named("booth", "(x + 2*y - 7)**2 + (2*x + y - 5)**2", ((-10.0, 10.0),) * 2, (-8.0, -5.0), (1.0, 3.0)),
    "rastrigin": _named(
        "rastrigin", "20 + x**2 - 10*cos(2*pi*x) + y**2 - 10*cos(2*pi*y)", _WIDE, (-3.3, 2.4), (0.0, 0.0)
    ),
    "ackley": _named(
        "ackley",
        "20 + e - 20*exp(-0.2*sqrt((x**2 + y**2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2)",
        ((-5.0, 5.0), (-5.0, 5.0)),
        (-3.4, 2.7),
        (0.0, 0.0),
    ),
    "camel": _named(
        "camel",
        "(4 - 2.1*x**2 + x**4/3)*x**2 + x*y + (4*y**2 - 4)*y**2",
        ((-2.1, 2.1), (-1.2, 1.2)),
        (-1.9, 1.1),
        *CAMEL_MINIMA,
    ),
    "noisy_bowl": _noisy_bowl,
    "plateau": _named("plateau", "1 - exp(-(x**2 + y**2)/4)", ((-4.5, 4.5), (-4.5, 4.5)), (3.5, 2.5), (0.0, 0.0)),
}
"""Factories of the named functions. Where a function has more minima than are listed (Rastrigin, Ackley), the listed
ones are the lowest."""

ALIASES: Mapping[str, str] = {
    "six_hump_camel": "camel",
    "long_valley": "valley",
    "bowl": "noisy_bowl",
    "lecture": "quartic",
}
"""Aliases."""


@takes("descend", n_variables=WHOLE, variables=or_none(NAMES))
def get_objective(
    given: "str | Expression | Objective | Callable[[Array], float]",
    gradient: Callable[[Array], object] | None = None,
    n_variables: int = 2,
    variables: tuple[str, ...] | None = None,
) -> Objective:
    """Return the objective for a name, an expression, a Python function or an objective.

    Parameters
    ----------
    given : str, Expression, Objective or callable
        A name in `NAMED` (hyphens count as underscores), an expression, or a function of one vector.
    gradient : callable, optional
        The gradient of a Python function.
    n_variables : int
        Number of variables of a Python function.
    variables : tuple of str, optional
        The variables of an expression, to set their order.

    Raises
    ------
    ParameterError
        If a text is neither a known name nor a valid expression.
    ParameterTypeError
        If ``given`` is none of these.

    Examples
    --------
    >>> get_objective("rosenbrock").minima
    ((1.0, 1.0),)
    """
    if isinstance(given, Objective):
        return given
    if isinstance(given, str):
        name = given.strip().lower().replace("-", "_").replace(" ", "_")
        name = ALIASES.get(name, name)
        if name in NAMED:
            return NAMED[name]()
        if name.isidentifier() and len(name) > 3 and " " not in given.strip():
            close = difflib.get_close_matches(name, [*NAMED, *ALIASES], n=1)
            remedy = worded("descend.error.one_of", names=", ".join(NAMED))
            if close:
                remedy = worded("error.meant", name=close[0])
            raise ParameterError(worded("descend.error.unknown_function", got=repr(given), remedy=remedy))
    if isinstance(given, str | Expression):
        return from_expression(given, variables=variables)
    return from_callable(given, gradient, n_variables)
