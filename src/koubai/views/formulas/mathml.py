"""Formulas in MathML, which browsers render without a script."""

from collections.abc import Sequence
from html import escape

from koubai.core.formulas.tree import Apply, Formula, Symbol
from koubai.core.formulas.values import Written
from koubai.views.formulas.writer import Writer, are_read_together

INVISIBLE_TIMES, APPLY = "&#x2062;", "&#x2061;"
OPEN = '<mo form="prefix" stretchy="false" lspace="0" rspace="0">(</mo>'
CLOSE = '<mo form="postfix" stretchy="false" lspace="0" rspace="0">)</mo>'
ACCENTS = {"hat": "^", "tilde": "~"}
BARS = {"abs": "|", "norm": "‖"}


def _operator(sign: str, form: str) -> str:
    return f'<mo form="{form}">{escape(sign)}</mo>'


def _index(name: str) -> str:
    """Return an index as numbers and letters; words stand upright."""
    if name.isdigit():
        return f"<mn>{name}</mn>"
    for sign in "+−-":
        left, found, right = name.partition(sign)
        if found and left and right:
            return f"<mrow>{_index(left)}<mo>{sign.replace('-', '−')}</mo>{_index(right)}</mrow>"
    return f"<mi>{escape(name)}</mi>"


class MathMLWriter(Writer):
    """Writes formulas as the inside of a ``math`` element."""

    opening, closing = OPEN, CLOSE

    def join(self, pieces: Sequence[str]) -> str:
        """Return pieces as one row."""
        return pieces[0] if len(pieces) == 1 else f"<mrow>{''.join(pieces)}</mrow>"

    def digits(self, written: Written) -> str:
        """Return a number without its sign."""
        number = f"<mn>{written.mantissa}</mn>"
        if written.denominator:
            return f"<mfrac>{number}<mn>{written.denominator}</mn></mfrac>"
        if written.exponent is None:
            return number
        sign = _operator("−", "prefix") if written.exponent < 0 else ""
        power = f"<msup><mn>10</mn><mrow>{sign}<mn>{abs(written.exponent)}</mn></mrow></msup>"
        return f"<mrow>{number}<mo>×</mo>{power}</mrow>"

    def sign(self, sign: str, unary: bool = False) -> str:
        """Return an operator."""
        return _operator(sign, "prefix" if unary else "infix")

    def times(self, visible: bool) -> str:
        """Return × between numbers, an invisible sign between letters."""
        return "<mo>×</mo>" if visible else f"<mo>{INVISIBLE_TIMES}</mo>"

    def fence(self, written: str) -> str:
        """Return something in parentheses, which stretch only around what is taller than a line."""
        if "<mfrac" in written or "<mtable" in written or "<munder" in written:
            return f"<mrow><mo>(</mo>{written}<mo>)</mo></mrow>"
        return f"<mrow>{OPEN}{written}{CLOSE}</mrow>"

    def symbol(self, symbol: Symbol) -> str:
        """Return a letter with its indices."""
        style = ' mathvariant="normal"' if symbol.bold else ""
        base = f"<mi{style}>{symbol.base}</mi>"
        if symbol.bold:
            base = f'<mi{style} class="vector">{symbol.base}</mi>'
        if symbol.accent:
            base = f'<mover accent="true">{base}<mo>{ACCENTS[symbol.accent]}</mo></mover>'
        names = [str(index) for index in symbol.lower]
        apart = [] if are_read_together(names) else ["<mo>,</mo>"]
        below = [piece for name in names for piece in (*apart, _index(name))][len(apart) :]
        return self._scripts(base, f"<mrow>{''.join(below)}</mrow>" if below else "", symbol.layer, symbol.prime)

    def partial(self, of: str, by: str) -> str:
        """Return ∂E/∂w as a fraction."""
        return f"<mfrac><mrow><mo>∂</mo>{of}</mrow><mrow><mo>∂</mo>{by}</mrow></mfrac>"

    def apply(self, formula: Apply, arguments: Sequence[str]) -> str:
        """Return φ'(u)."""
        name = self._scripts(f"<mi>{escape(formula.function)}</mi>", "", formula.layer, formula.prime)
        return f"<mrow>{name}<mo>{APPLY}</mo>{self.fence('<mo>,</mo>'.join(arguments))}</mrow>"

    def big_sum(self, index: str, body: str) -> str:
        """Return Σ_index body."""
        return f"<mrow><munder><mo>∑</mo>{_index(index)}</munder>{body}</mrow>"

    def quotient(self, above: str, below: str) -> str:
        """Return a fraction."""
        return f"<mfrac>{above}{below}</mfrac>"

    def power(self, base: str, written_exponent: str, exponent: Formula) -> str:
        """Return a power."""
        return f"<msup>{base}{written_exponent}</msup>"

    def function(self, name: str, arguments: Sequence[str]) -> str:
        """Return a named function."""
        if name == "sqrt":
            return f"<msqrt>{arguments[0]}</msqrt>"
        if name in BARS:
            return f"<mrow><mo>{BARS[name]}</mo>{arguments[0]}<mo>{BARS[name]}</mo></mrow>"
        return f"<mrow><mi>{name}</mi><mo>{APPLY}</mo>{self.fence('<mo>,</mo>'.join(arguments))}</mrow>"

    def transpose(self, inside: str) -> str:
        """Return the transpose."""
        return f'<msup>{inside}<mi mathvariant="normal">⊤</mi></msup>'

    def cases(self, branches: Sequence[tuple[str, str]]) -> str:
        """Return the branches under one brace."""
        rows = "".join(
            f"<mtr><mtd>{value}</mtd><mtd><mrow>{OPEN}{condition}{CLOSE}</mrow></mtd></mtr>"
            for value, condition in branches
        )
        return f'<mrow><mo>{{</mo><mtable class="cases">{rows}</mtable></mrow>'

    def chosen(self, value: str, condition: str) -> str:
        """Return value (condition)."""
        return f'<mrow>{value}<mspace width="0.8em"/>{OPEN}{condition}{CLOSE}</mrow>'

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """Return a matrix in brackets."""
        body = "".join(f"<mtr>{''.join(f'<mtd>{entry}</mtd>' for entry in row)}</mtr>" for row in rows)
        bracket = '<mo class="bracket">{}</mo>'
        return f'<mrow>{bracket.format("[")}<mtable class="matrix">{body}</mtable>{bracket.format("]")}</mrow>'

    def _scripts(self, base: str, below: str, layer: str | int | None, prime: bool) -> str:
        above = "" if layer is None else f"{OPEN}{_index(str(layer))}{CLOSE}"
        above = f"<mrow>{above}{'<mo>′</mo>' if prime else ''}</mrow>" if above or prime else ""
        if below and above:
            return f"<msubsup>{base}{below}{above}</msubsup>"
        if below:
            return f"<msub>{base}{below}</msub>"
        return f"<msup>{base}{above}</msup>" if above else base
