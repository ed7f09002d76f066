"""Formulas as expressions of a programming language: signs and parentheses, which most languages share."""

from collections.abc import Callable, Mapping

from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import (
    Formula,
    Function,
    Negative,
    Number,
    Power,
    Product,
    Quantity,
    Quotient,
    Sum,
    Symbol,
)

LOOSE, SUM, PRODUCT, SIGNED, ATOM = range(5)
"""How strongly a written expression binds."""

RELATIONS = {"≤": "<=", "≥": ">=", "=": "=="}


def digits(value: float) -> str:
    """Return a number so that it is read back exactly.

    Examples
    --------
    >>> digits(1), digits(0.1), digits(1e300)
    ('1.0', '0.1', '1e+300')
    """
    return repr(float(value))


class FormulaText:
    """Writes formulas in one language.

    Parameters
    ----------
    functions : mapping of str to str
        What the language calls exp, log, …; those that are left out are called as they are.
    conditional : callable
        Returns an expression for (condition, value, other).
    relations : mapping of str to str
        What the language writes for ≤, ≥ and =.
    power : callable
        Returns an expression for (base, exponent).
    """

    def __init__(
        self,
        functions: Mapping[str, str],
        conditional: Callable[[str, str, str], str],
        relations: Mapping[str, str] = RELATIONS,
        power: Callable[[str, str], str] = "pow({}, {})".format,
    ) -> None:
        self.functions, self.conditional = dict(functions), conditional
        self.relations, self.power = relations, power

    def write(self, formula: Formula, symbols: Mapping[str, str] | None = None, least: int = LOOSE) -> str:
        """Return a formula as written, in parentheses if it binds less strongly than ``least``.

        Parameters
        ----------
        formula : Formula
            The formula.
        symbols : mapping of str to str, optional
            What stands for symbols; those that are left out stand for themselves.
        least : int
            How strongly it must bind.
        """
        level, text = self._written(formula, symbols or {})
        return f"({text})" if level < least else text

    def _written(self, formula: Formula, symbols: Mapping[str, str]) -> tuple[int, str]:
        match formula:
            case Number():
                value = float(formula.value)
                return (SIGNED if value < 0 else ATOM), digits(value)
            case Quantity():
                return self._written(formula.number, symbols)
            case Symbol():
                return ATOM, symbols.get(formula.base, formula.base)
            case Negative():
                return SIGNED, f"-{self.write(formula.inside, symbols, ATOM)}"
            case Sum():
                return SUM, self._sum(formula, symbols)
            case Product():
                return PRODUCT, " * ".join(self.write(factor, symbols, SIGNED) for factor in formula.factors)
            case Quotient():
                above = self.write(formula.above, symbols, PRODUCT)
                return PRODUCT, f"{above} / {self.write(formula.below, symbols, SIGNED)}"
            case Power():
                return self._power(formula, symbols)
            case Function():
                return ATOM, self.call(formula.name, [self.write(part, symbols) for part in formula.arguments])
            case Relation():
                sign = self.relations.get(formula.operator, formula.operator)
                return (
                    LOOSE,
                    f"{self.write(formula.left, symbols, SUM)} {sign} {self.write(formula.right, symbols, SUM)}",
                )
            case Cases():
                (first, condition), (other, _) = formula.branches
                parts = (self.write(part, symbols, SUM) for part in (first, other))
                return LOOSE, self.conditional(self.write(condition, symbols), *parts)
        raise TypeError(f"{type(formula).__name__} cannot be computed.")

    def _sum(self, formula: Sum, symbols: Mapping[str, str]) -> str:
        first, *others = formula.terms
        found = self.write(first, symbols, SUM)
        for term in others:
            minus = isinstance(term, Negative)
            inside = term.inside if isinstance(term, Negative) else term
            found += f" {'-' if minus else '+'} {self.write(inside, symbols, PRODUCT)}"
        return found

    def _power(self, formula: Power, symbols: Mapping[str, str]) -> tuple[int, str]:
        if isinstance(formula.exponent, Number) and formula.exponent.value == 2:
            base = self.write(formula.base, symbols, SIGNED)
            return PRODUCT, f"{base} * {base}"
        return ATOM, self.power(self.write(formula.base, symbols), self.write(formula.exponent, symbols))

    def call(self, name: str, arguments: list[str]) -> str:
        """Return the call of a function."""
        return f"{self.functions.get(name, name)}({', '.join(arguments)})"


def names_in(formula: Formula) -> set[str]:
    """Return the names of the functions that a formula calls, with ``power`` for powers that are no squares."""
    found = {part.name for part in formula.walk() if isinstance(part, Function)}
    powers = [part for part in formula.walk() if isinstance(part, Power)]
    return found | ({"power"} if any(part.exponent != Number(2) for part in powers) else set())
