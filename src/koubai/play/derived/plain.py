"""Formulas and texts as plain lists, in which marked indices stand as names, so that a page puts in its own.

A formula is a list whose first entry says what it is (``"s"`` a symbol, ``"q"`` a quantity, ``"+"`` a sum, …); the page
reads them in ``static/derivations/tree.js``. An index of a marked number, such as layer 3, becomes ``"$l"``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import (
    Apply,
    BigSum,
    Formula,
    Function,
    Matrix,
    Negative,
    Number,
    Partial,
    Power,
    Product,
    Quantity,
    Quotient,
    Sum,
    Symbol,
    Transpose,
)
from koubai.core.formulas.values import Value
from koubai.explain.derivations import StepId, Text

Plain: TypeAlias = list[object]
COMPUTED = ("u", "z", "δ", "w", "x", "y", "p", "S", "E", "φ", "m")
"""Letters of what the page computes: their numbers are left out."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Which numbers stand for which indices, and whose numbers are left open.

    Parameters
    ----------
    names : mapping of int to str
        ``{3: "l"}``: an index 3 becomes ``"$l"``.
    open : tuple of str
        Letters whose quantities get their numbers on the page.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    open: tuple[str, ...] = COMPUTED

    def index(self, index: str | int | None) -> str | int | None:
        """Return an index, or its name."""
        return f"${self.names[index]}" if isinstance(index, int) and index in self.names else index

    def formula(self, part: Formula) -> Plain:
        """Return a formula as a list."""
        match part:
            case Number():
                return ["n", _value(part.value), *([True] if part.signed else [])]
            case Symbol():
                lower = [self.index(index) for index in part.lower]
                return _short(["s", part.base, lower, self.index(part.layer), part.accent, part.bold, part.prime])
            case Quantity():
                is_open = isinstance(part.number, Matrix) or _letter(part.notation) in self.open
                return ["q", self.formula(part.notation), None if is_open else self.formula(part.number)]
            case Apply():
                arguments = [self.formula(each) for each in part.arguments]
                return ["apply", part.function, arguments, part.prime, self.index(part.layer)]
            case BigSum():
                return ["bigsum", part.index, self.formula(part.body)]
            case Function():
                return ["f", part.name, *map(self.formula, part.arguments)]
            case Relation():
                return ["rel", self.formula(part.left), part.operator, self.formula(part.right)]
            case Cases():
                return ["cases", *([self.formula(value), self.formula(when)] for value, when in part.branches)]
            case Matrix():
                return ["matrix", *([self.formula(entry) for entry in row] for row in part.rows)]
        return [SIGNS[type(part)], *map(self.formula, part.parts())]

    def text(self, text: Text) -> Plain:
        """Return a text as its key and its values; a number in words counts as an index."""
        return ["t", text.key, {name: self.said(value) for name, value in text.values}]

    def said(self, value: Formula | Text | str | int) -> Any:
        """Return one value of a text."""
        if isinstance(value, Formula):
            return self.formula(value)
        if isinstance(value, Text):
            return self.text(value)
        return self.index(int(value)) if isinstance(value, str) and value.isdigit() else self.index(value)

    def identifier(self, identifier: StepId) -> Plain:
        """Return a step's kind and its indices."""
        return [identifier.kind, *map(self.index, identifier.indices)]


SIGNS: Mapping[type[Formula], str] = {
    Sum: "+",
    Negative: "-",
    Product: "*",
    Quotient: "/",
    Power: "^",
    Partial: "partial",
    Transpose: "T",
}


def filled(part: object, values: Mapping[str, int]) -> Any:
    """Return plain data with the names of indices replaced by their numbers."""
    if isinstance(part, str) and part.startswith("$") and part[1:] in values:
        return values[part[1:]]
    if isinstance(part, list):
        return [filled(each, values) for each in part]
    return {name: filled(each, values) for name, each in part.items()} if isinstance(part, dict) else part


def _short(symbol: Plain) -> Plain:
    """Return a symbol without the last entries that say nothing."""
    while len(symbol) > 2 and (symbol[-1] in (None, "", []) or symbol[-1] is False):
        symbol = symbol[:-1]
    return symbol


def _value(value: Value) -> str | float:
    return str(value) if isinstance(value, Fraction) else float(value)


def _letter(notation: Formula) -> str:
    """Return the letter by which a quantity is known: of ∂E/∂z that of E, of φ'(u) that of φ."""
    match notation:
        case Symbol():
            return notation.base
        case Partial(of=Symbol(base=letter)):
            return letter
        case Apply():
            return notation.function
    return ""


def alike(terms: Sequence[Plain], what: str) -> Plain:
    """Return the one form that all terms have.

    Raises
    ------
    ValueError
        If they are not all alike.
    """
    if any(term != terms[0] for term in terms):
        raise ValueError(f"derivations: the terms of {what} must be alike.")
    return terms[0]


def repeated(terms: Sequence[Plain], count: int) -> tuple[list[Plain], list[list[Plain]]]:
    """Return what stands before ``count`` groups of terms of equal length, and the groups."""
    head, size = len(terms) % count, len(terms) // count
    return list(terms[:head]), [list(terms[at : at + size]) for at in range(head, len(terms), size)]
