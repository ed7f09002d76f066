"""What a person finds by hand: the derivative, where it is zero, what lies there (lecture slide 69).

A polynomial of one variable is worked out exactly and completely. For everything else the derivative is exact, and the
stationary points are searched for in the window by Newton's method; those at simple numbers are then recognised and
checked exactly.
The algebra is done elsewhere, in bounded time: what takes longer is left out, and the answer says so.
"""

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
        ∂f/∂x for each variable, factorised for a polynomial; None where the grammar cannot say it.
    stationary : tuple of Stationary
        In order of their coordinates.
    complete : bool
        Whether these are known to be all of them.
    bounded : bool or None
        Whether f has a lowest value; None if that is not known.
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
        """The lowest of the minima that were found, None if there is none."""
        minima = [point for point in self.stationary if point.kind is Kind.MINIMUM]
        return min(minima, key=lambda point: point.value, default=None)


@takes("by_hand", objective=of_class(Objective, "Pass get_objective('x**2')."), window=or_none(WINDOW))
def by_hand(objective: Objective, window: Window | None = None) -> ByHand:
    """Work out an objective that was made of an expression.

    Parameters
    ----------
    objective : Objective
        What to work out.
    window : Window, optional
        Where to search for stationary points; without, the objective's own.

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
    if "stationary" in left_out:
        points = stationary_points(objective, look)
    stationary: list[Stationary] = found.get("stationary") or [in_numbers(objective, point) for point in points]
    return ByHand(
        expression,
        variables,
        found.get("derivatives", (None,) * len(variables)),
        tuple(sorted(stationary, key=lambda point: point.point)),
        solvable and "stationary" in found,
        found.get("bounded"),
        left_out,
    )


def can_be_worked_out(objective: Objective) -> bool:
    """Return whether `by_hand` takes this objective: it has an expression whose numbers are not too long."""
    if objective.expression is None:
        return False
    require_sympy()
    try:
        return "read" in WORKER.ask(objective.expression, objective.variables, None)
    except ParameterError:
        return False
