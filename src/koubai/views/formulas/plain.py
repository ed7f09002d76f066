"""Formulas as one line of Unicode text: w₂₁⁽¹⁾·z₁⁽⁰⁾ + w₂₀⁽¹⁾."""

from collections.abc import Sequence

from koubai.core.formulas.tree import Apply, Formula, Number, Quantity, Symbol
from koubai.core.formulas.values import Written
from koubai.views.formulas.writer import Writer, are_read_together

SUBSCRIPTS = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
SUPERSCRIPTS = str.maketrans("0123456789+-−=()ijlLnTt", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱʲˡᴸⁿᵀᵗ")
ACCENTS = {"": "", "hat": "\u0302", "tilde": "\u0303"}
BARS = {"abs": "|", "norm": "‖"}


def _raised(text: str) -> str | None:
    """Return the text as superscripts, or None if a character has none."""
    return text.translate(SUPERSCRIPTS) if all(ord(c) in SUPERSCRIPTS for c in text) else None


def _lowered(text: str) -> str | None:
    """Return the text as subscripts, or None if a character has none."""
    return text.translate(SUBSCRIPTS) if all(ord(c) in SUBSCRIPTS for c in text) else None


class PlainWriter(Writer):
    """Writes formulas as Unicode text."""

    flat_quotients = True

    def digits(self, written: Written) -> str:
        """Return a number without its sign, powers of ten as ×10⁻⁵."""
        if written.denominator:
            return f"{written.mantissa}/{written.denominator}"
        if written.exponent is None:
            return written.mantissa
        return f"{written.mantissa}×10{str(written.exponent).translate(SUPERSCRIPTS)}"

    def sign(self, sign: str, unary: bool = False) -> str:
        """Return an operator with space around it, unless it is unary."""
        return sign if unary else f" {sign} "

    def times(self, visible: bool) -> str:
        """Return × between numbers, a dot between letters."""
        return "×" if visible else "·"

    def fence(self, written: str) -> str:
        """Return something in parentheses."""
        return f"({written})"

    def symbol(self, symbol: Symbol) -> str:
        """Return a letter with its indices, in brackets where Unicode has no character for them."""
        names = [str(index) for index in symbol.lower]
        separator = "" if are_read_together(names) else ","
        lowered = [_lowered(name) for name in names]
        below = separator.join(name or "" for name in lowered) if all(lowered) else f"[{','.join(names)}]"
        above = "" if symbol.layer is None else self._above(str(symbol.layer))
        return symbol.base + ACCENTS[symbol.accent] + below + above + ("′" if symbol.prime else "")

    def partial(self, of: str, by: str) -> str:
        """Return ∂E/∂w."""
        return f"∂{of}/∂{by}"

    def apply(self, formula: Apply, arguments: Sequence[str]) -> str:
        """Return φ′(u)."""
        above = "" if formula.layer is None else self._above(str(formula.layer))
        return f"{formula.function}{above}{'′' if formula.prime else ''}({', '.join(arguments)})"

    def big_sum(self, index: str, body: str) -> str:
        """Return Σⱼ body."""
        return f"Σ{_lowered(index) or f'[{index}]'} {body}"

    def quotient(self, above: str, below: str) -> str:
        """Return above / below."""
        return f"{above} / {below}"

    def power(self, base: str, written_exponent: str, exponent: Formula) -> str:
        """Return base² or base^(exponent)."""
        simple = exponent.notation if isinstance(exponent, Quantity) else exponent
        raised = _raised(written_exponent) if isinstance(simple, Number | Symbol) else None
        return base + raised if raised else f"{base}^({written_exponent})"

    def function(self, name: str, arguments: Sequence[str]) -> str:
        """Return name(arguments), |x| and √(x)."""
        if name in BARS:
            return f"{BARS[name]}{arguments[0]}{BARS[name]}"
        return f"{'√' if name == 'sqrt' else name}({', '.join(arguments)})"

    def transpose(self, inside: str) -> str:
        """Return the transpose."""
        return f"{inside}ᵀ"

    def cases(self, branches: Sequence[tuple[str, str]]) -> str:
        """Return {value (condition); value (condition)}."""
        return "{" + "; ".join(f"{value} ({condition})" for value, condition in branches) + "}"

    def chosen(self, value: str, condition: str) -> str:
        """Return value (condition)."""
        return f"{value}  ({condition})"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """Return [a, b; c, d]."""
        return "[" + "; ".join(", ".join(row) for row in rows) + "]"

    def _above(self, layer: str) -> str:
        raised = _raised(f"({layer})")
        return raised if raised else f"^({layer})"
