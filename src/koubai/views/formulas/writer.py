"""The part common to all three formula writers: the order of parts, signs, and the placement of parentheses."""

from collections.abc import Sequence

from koubai.core.formulas.pieces import Cases, Chosen, Relation
from koubai.core.formulas.tree import (
    Apply,
    BigSum,
    Elementwise,
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
from koubai.core.formulas.values import Notation, Written, write

LOOSE, SUM, BIG_SUM, PRODUCT, POWER, ATOM = 0, 1, 2, 3, 4, 5
"""Binding strengths of written formulas; a looser one inside a tighter one is put in parentheses."""


class Writer:
    """Writes formulas as strings; subclasses define how each piece looks.

    Parameters
    ----------
    notation : Notation
        The number format.
    """

    opening, closing = "(", ")"
    """Parentheses whose halves fall in different pieces of a wrapped formula."""
    flat_quotients = False
    """Whether a quotient is written on one line, a / b, and so needs parentheses around it."""

    def __init__(self, notation: Notation) -> None:
        self.notation = notation
        self.saw_rounded = False
        """Whether a rounded number has been written."""

    def write(self, formula: Formula) -> str:
        """Return the formula as written on its own."""
        match formula:
            case Number():
                return self._number(formula)
            case Symbol():
                return self.symbol(formula)
            case Quantity():
                return self.write(formula.notation)
            case Partial():
                return self.partial(self.fenced(formula.of, POWER), self.write(formula.by))
            case Apply():
                return self.apply(formula, [self.write(part) for part in formula.arguments])
            case BigSum():
                return self.big_sum(formula.index, self.fenced(formula.body, BIG_SUM))
            case Sum():
                return self.join(self.sum_pieces(formula))
            case Negative():
                return self.join([self.sign("−", unary=True), self.fenced(formula.inside, BIG_SUM)])
            case Product():
                return self.join(self.product_pieces(formula))
            case _:
                return self._write_structure(formula)

    def _write_structure(self, formula: Formula) -> str:
        match formula:
            case Elementwise():
                factors = [self.fenced(part, PRODUCT) for part in (formula.left, formula.right)]
                return self.join([factors[0], self.sign("⊙"), factors[1]])
            case Quotient():
                return self._quotient(formula)
            case Power():
                fraction = isinstance(formula.base, Number) and bool(
                    write(formula.base.value, self.notation).denominator
                )
                base = self.write(formula.base)
                if fraction or self.level(formula.base) < ATOM or isinstance(formula.base, Quotient):
                    base = self.fence(base)
                return self.power(base, self.write(formula.exponent), formula.exponent)
            case Function():
                return self.function(formula.name, [self.write(part) for part in formula.arguments])
            case Transpose():
                return self.transpose(self.fenced(formula.inside, ATOM))
            case Relation():
                near = formula.operator == "=" and self.rounded(formula.right)
                sign = self.sign("≈" if near else formula.operator)
                return self.join([self.write(formula.left), sign, self.write(formula.right)])
            case Cases():
                return self.cases([(self.write(value), self.write(condition)) for value, condition in formula.branches])
            case Chosen():
                return self.chosen(self.write(formula.value), self.write(formula.condition))
            case Matrix():
                return self.matrix([[self.write(entry) for entry in row] for row in formula.rows])
        raise TypeError(f"{type(formula).__name__} cannot be written.")

    def level(self, formula: Formula) -> int:
        """Return the binding strength of the written formula."""
        match formula:
            case Number():
                written = write(formula.value, self.notation)
                if written.negative or formula.signed:
                    return SUM
                if written.denominator:
                    return PRODUCT if self.flat_quotients else ATOM
                return ATOM if written.exponent is None else PRODUCT
            case Quantity():
                return self.level(formula.notation)
            case Partial() | Quotient():
                return PRODUCT if self.flat_quotients else ATOM
            case Sum() | Negative():
                return SUM
            case BigSum():
                return BIG_SUM
            case Product() | Elementwise():
                return PRODUCT
            case Power() | Transpose():
                return POWER
            case Chosen():
                return self.level(formula.value)
            case Relation():
                return LOOSE
        return ATOM

    def fenced(self, formula: Formula, least: int) -> str:
        """Return the formula as written inside another, in parentheses if it binds less tightly than ``least``."""
        inside = formula.value if isinstance(formula, Chosen) else formula
        written = self.write(inside)
        return self.fence(written) if self.level(inside) < least else written

    def sum_pieces(self, formula: Sum) -> list[str]:
        """Return the written terms of a sum, between which a line may break; all but the first carry their sign."""
        pieces: list[str] = []
        for index, term in enumerate(formula.terms):
            minus = isinstance(term, Negative)
            inside = term.inside if isinstance(term, Negative) else term
            bare = index == 0 and not minus and isinstance(inside, Number)
            written = self.write(inside) if bare else self.fenced(inside, BIG_SUM)
            signs = [self.sign("−" if minus else "+", unary=index == 0)] if minus or index else []
            pieces.append(self.join([*signs, written]))
        return pieces

    def product_pieces(self, formula: Product) -> list[str]:
        """Return the written factors and the signs between them."""
        pieces: list[str] = []
        last = len(formula.factors) - 1
        for index, factor in enumerate(formula.factors):
            if index:
                visible = _numeric(factor) and _numeric(formula.factors[index - 1])
                pieces.append(self.times(visible or isinstance(factor, Number)))
            least = BIG_SUM if index == last else PRODUCT
            if self.flat_quotients and last and self.level(factor) == PRODUCT:
                least = POWER  # 1/2×3 could be read as 1/(2×3)
            if isinstance(factor, Product):
                least = POWER
            pieces.append(self.fenced(factor, least))
        return pieces

    def breakable(self, formula: Formula) -> list[str]:
        """Return the formula in pieces between which a line may break: the terms of a sum, of -(sum), of a (sum) b."""
        if isinstance(formula, Sum):
            return self.sum_pieces(formula)
        if isinstance(formula, Negative) and isinstance(formula.inside, Sum):
            return self._around([self.sign("−", unary=True)], self.sum_pieces(formula.inside))
        if isinstance(formula, Product):
            sums = [index for index, factor in enumerate(formula.factors) if isinstance(factor, Sum)]
            if len(sums) == 1 and isinstance(inside := formula.factors[sums[0]], Sum):
                pieces = self.product_pieces(formula)  # factor, sign, factor, sign, …
                before, after = pieces[: 2 * sums[0]], pieces[2 * sums[0] + 1 :]
                return self._around(before, self.sum_pieces(inside), after)
        return [self.write(formula)]

    def _around(self, before: Sequence[str], pieces: Sequence[str], after: Sequence[str] = ()) -> list[str]:
        """Return the pieces of a sum in parentheses, with something before them and after them."""
        first, *between = pieces
        last = between.pop() if between else ""
        opened = self.join([*before, self.opening, first])
        closed = self.join([*([last] if last else []), self.closing, *after])
        return [opened, *between, closed]

    def rounded(self, formula: Formula) -> bool:
        """Return whether any number in the written formula is rounded."""
        return any(
            isinstance(part, Number) and not write(part.value, self.notation).exact for part in _visible(formula)
        )

    def _number(self, number: Number) -> str:
        written = write(number.value, self.notation)
        self.saw_rounded |= not written.exact
        plus = number.signed and number.value > 0
        sign = [self.sign("−" if written.negative else "+", unary=True)] if written.negative or plus else []
        return self.join([*sign, self.digits(written)])

    def _quotient(self, formula: Quotient) -> str:
        if self.flat_quotients:
            return self.quotient(self.fenced(formula.above, PRODUCT), self.fenced(formula.below, POWER))
        return self.quotient(self.write(formula.above), self.write(formula.below))

    # Implemented by subclasses:

    def join(self, pieces: Sequence[str]) -> str:
        """Return pieces written one after another as one."""
        return "".join(pieces)

    def digits(self, written: Written) -> str:
        """Return a number without its sign."""
        raise NotImplementedError

    def sign(self, sign: str, unary: bool = False) -> str:
        """Return an operator; unary ones are set close to what follows."""
        raise NotImplementedError

    def times(self, visible: bool) -> str:
        """Return the sign between two factors, visible or not."""
        raise NotImplementedError

    def fence(self, written: str) -> str:
        """Return something in parentheses."""
        raise NotImplementedError

    def symbol(self, symbol: Symbol) -> str:
        """Return a letter with its indices."""
        raise NotImplementedError

    def partial(self, of: str, by: str) -> str:
        """Return ∂of/∂by."""
        raise NotImplementedError

    def apply(self, formula: Apply, arguments: Sequence[str]) -> str:
        """Return φ'(u) and the like."""
        raise NotImplementedError

    def big_sum(self, index: str, body: str) -> str:
        """Return Σ_index body."""
        raise NotImplementedError

    def quotient(self, above: str, below: str) -> str:
        """Return a fraction."""
        raise NotImplementedError

    def power(self, base: str, written_exponent: str, exponent: Formula) -> str:
        """Return a power."""
        raise NotImplementedError

    def function(self, name: str, arguments: Sequence[str]) -> str:
        """Return a named function."""
        raise NotImplementedError

    def transpose(self, inside: str) -> str:
        """Return a transpose."""
        raise NotImplementedError

    def cases(self, branches: Sequence[tuple[str, str]]) -> str:
        """Return the branches of a piecewise function."""
        raise NotImplementedError

    def chosen(self, value: str, condition: str) -> str:
        """Return the branch that applies, with its condition."""
        raise NotImplementedError

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """Return a matrix."""
        raise NotImplementedError


def _numeric(formula: Formula) -> bool:
    """Return whether the formula shows only numbers."""
    return not any(isinstance(part, Symbol | Quantity | Apply | Partial) for part in formula.walk())


def _visible(formula: Formula) -> Sequence[Formula]:
    """Return all written parts of a formula, excluding the numbers behind quantities."""
    if isinstance(formula, Quantity):
        return [formula.notation]
    return [formula, *(inner for part in formula.parts() for inner in _visible(part))]


def are_read_together(indices: Sequence[str]) -> bool:
    """Return whether indices need no comma between them: one or two of one character each, as in w_ij."""
    return len(indices) <= 2 and all(len(index) == 1 for index in indices)
