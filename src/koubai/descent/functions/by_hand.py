"""What one finds by hand: the derivative, its zeros, and the nature of each (lecture slide 69).

A polynomial in one variable is solved exactly and completely. For everything else the derivative is exact, and the
stationary points are sought in the window by Newton's method; those at simple numbers are then recognised and verified
exactly. The algebra runs in a separate process with a time limit; what takes longer is left out, and the answer says
so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from koubai.core.arguments import WINDOW, of_class, or_none, takes
from koubai.core.errors import ParameterError
from koubai.descent.functions.algebra import require_sympy
from koubai.descent.functions.exact import Kind, Stationary, in_numbers, is_solvable
from koubai.descent.functions.expression import Expression, Node
from koubai.descent.functions.objective import Objective, Window, check_window
from koubai.descent.functions.stationary import stationary_points
from koubai.descent.functions.worker import WORKER


@dataclass(frozen=True, slots=True)
class ByHand:
    """The answer by calculus.

    Attributes
    ----------
    expression : Expression
        f.
    variables : tuple of str
        Its variables.
    derivatives : tuple of Node or None
        ∂f/∂x for each variable, factorised for a polynomial; None where the grammar cannot express it.
    stationary : tuple of Stationary
        The stationary points, ordered by coordinates.
    complete : bool
        Whether these are known to be all the stationary points.
    bounded : bool or None
        Whether f is bounded below; None if unknown.
    left_out : tuple of str
        The steps that took too long, or too much memory: ``"derivatives"`` and ``"stationary"`` (points exactly).
    """

    expression: Expression
    variables: tuple[str, ...]
    derivatives: tuple[Node | None, ...]
    stationary: tuple[Stationary, ...]
    complete: bool
    bounded: bool | None
    left_out: tuple[str, ...] = ()

    @property
    def minimum(self) -> Stationary | None:
        """The lowest minimum found; None if there is none."""
        minima = [point for point in self.stationary if point.kind is Kind.MINIMUM]
        return min(minima, key=lambda point: point.value, default=None)


@takes("by_hand", objective=of_class(Objective, "Pass get_objective('x**2')."), window=or_none(WINDOW))
def by_hand(objective: Objective, window: Window | None = None) -> ByHand:
    """Solve an objective that was built from an expression.

    Parameters
    ----------
    objective : Objective
        The objective to solve.
    window : Window, optional
        Where to search for stationary points; by default, the objective's own window.

    Raises
    ------
    ParameterError
        If the objective has no expression, or SymPy is missing.

    Examples
    --------
    >>> from koubai.descent.functions.known import get_objective
    >>> answer = by_hand(get_objective("x**4 - 2*x**3 + 1"))
    >>> [(s.point, s.kind.value, s.value) for s in answer.stationary]
    [((0.0,), 'neither', 1.0), ((1.5,), 'minimum', -0.6875)]
    """
    if objective.expression is None:
        raise ParameterError(
            f"by_hand: the function must be an expression; got {objective.name}. Write it in x and y as text."
        )
    require_sympy()
    expression, variables = objective.expression, objective.variables
    solvable = is_solvable(expression, variables)
    check_window(objective, window)
    look = window or objective.window or ((-5.0, 5.0),) * len(variables)
    points = [] if solvable else stationary_points(objective, look)
    found = WORKER.ask(expression, variables, points)
    left_out = tuple(step for step in ("derivatives", "stationary") if step not in found)
    stationary: list[Stationary]
    if "stationary" in left_out:
        stationary = [in_numbers(objective, point) for point in stationary_points(objective, look)]
    else:
        stationary = found["stationary"]
    return ByHand(
        expression,
        variables,
        found.get("derivatives", (None,) * len(variables)),
        _one_of_each_flat(sorted(stationary, key=lambda point: point.point)),
        solvable and "stationary" in found,
        found.get("bounded"),
        left_out,
    )


def _one_of_each_flat(points: Iterable[Stationary]) -> tuple[Stationary, ...]:
    """Return points, of those at which f is constant all around only the first of each value."""
    found: dict[object, Stationary] = {}
    for point in points:
        found.setdefault(point.value if point.kind is Kind.FLAT else point.point, point)
    return tuple(found.values())


def can_be_worked_out(objective: Objective) -> bool:
    """Return whether `by_hand` accepts this objective: it has an expression, and its numbers are not too long."""
    if objective.expression is None:
        return False
    require_sympy()
    try:
        return "read" in WORKER.ask(objective.expression, objective.variables, None)
    except ParameterError:
        return False
