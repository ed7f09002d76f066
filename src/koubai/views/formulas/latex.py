"""Formulas in LaTeX, for Markdown and for print."""

import re
from collections.abc import Sequence

from koubai.core.formulas.tree import Apply, Formula, Symbol
from koubai.core.formulas.values import Written
from koubai.views.formulas.writer import Writer, are_read_together

LETTERS = {
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "η": r"\eta",
    "θ": r"\theta",
    "λ": r"\lambda",
    "μ": r"\mu",
    "ρ": r"\rho",
    "σ": r"\sigma",
    "φ": r"\varphi",
    "Φ": r"\Phi",
    "Δ": r"\Delta",
    "π": r"\pi",
    "∞": r"\infty",
    "∂": r"\partial",
    "ℓ": r"\ell",
}
SIGNS = {"−": "-", "≤": r"\le", "≥": r"\ge", "⊙": r"\odot", "≈": r"\approx", "≠": r"\ne", "∈": r"\in"}
FUNCTIONS = {
    "exp": r"\exp",
    "log": r"\log",
    "tanh": r"\tanh",
    "cos": r"\cos",
    "sin": r"\sin",
    "max": r"\max",
    "min": r"\min",
}
ESCAPES = str.maketrans(
    {c: f"\\{c}" for c in "#$%&_{}"}
    | {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
)
BARS = {"abs": (r"\left\lvert ", r" \right\rvert"), "norm": (r"\left\lVert ", r" \right\rVert")}


def escape(text: str) -> str:
    """Return text with LaTeX's special characters escaped."""
    return text.translate(ESCAPES)


def _name(name: str) -> str:
    """Return an index: letters and numbers unchanged, words upright."""
    if re.fullmatch(r"[A-Za-z]|\d+|[A-Za-z0-9]+[-+−][A-Za-z0-9]+", name):
        return name.replace("−", "-")
    return LETTERS.get(name, rf"\text{{{escape(name)}}}")


class LatexWriter(Writer):
    """Writes formulas as LaTeX, without the dollar signs around them."""

    opening, closing = r"\bigl(", r"\bigr)"

    def digits(self, written: Written) -> str:
        r"""Return a number without its sign, fractions as \frac."""
        if written.denominator:
            return rf"\frac{{{written.mantissa}}}{{{written.denominator}}}"
        mantissa = LETTERS.get(written.mantissa, written.mantissa)
        if mantissa == "nan":
            mantissa = r"\text{nan}"
        if written.exponent is None:
            return mantissa
        return rf"{mantissa} \times 10^{{{written.exponent}}}"

    def sign(self, sign: str, unary: bool = False) -> str:
        """Return an operator with space around it, unless it is unary."""
        written = SIGNS.get(sign, sign)
        return written if unary else f" {written} "

    def times(self, visible: bool) -> str:
        r"""Return \times between numbers, a thin space between letters."""
        return r" \times " if visible else r" \, "

    def fence(self, written: str) -> str:
        """Return something in parentheses that match its height."""
        return rf"\left({written}\right)"

    def symbol(self, symbol: Symbol) -> str:
        """Return a letter with its indices."""
        base = LETTERS.get(symbol.base) or (symbol.base if len(symbol.base) == 1 else rf"\mathrm{{{symbol.base}}}")
        if symbol.bold:
            base = (
                rf"\mathbf{{{base}}}" if len(symbol.base) == 1 and symbol.base.isascii() else rf"\boldsymbol{{{base}}}"
            )
        if symbol.accent:
            base = rf"\{symbol.accent}{{{base}}}"
        names = [str(index) for index in symbol.lower]
        separator = "" if are_read_together(names) else ","
        below = f"_{{{separator.join(map(_name, names))}}}" if names else ""
        above = ("" if symbol.layer is None else f"({_name(str(symbol.layer))})") + (r"\prime" if symbol.prime else "")
        return base + below + (f"^{{{above}}}" if above else "")

    def partial(self, of: str, by: str) -> str:
        """Return ∂E/∂w as a fraction."""
        return rf"\frac{{\partial {of}}}{{\partial {by}}}"

    def apply(self, formula: Apply, arguments: Sequence[str]) -> str:
        """Return φ'(u)."""
        name = LETTERS.get(formula.function, formula.function)
        if len(formula.function) > 1:
            name = rf"\mathrm{{{escape(formula.function)}}}"
        above = ("" if formula.layer is None else f"({_name(str(formula.layer))})") + (
            r"\prime" if formula.prime else ""
        )
        return name + (f"^{{{above}}}" if above else "") + self.fence(", ".join(arguments))

    def big_sum(self, index: str, body: str) -> str:
        """Return Σ_index body."""
        return rf"\sum_{{{index}}} {body}"

    def quotient(self, above: str, below: str) -> str:
        """Return a fraction."""
        return rf"\frac{{{above}}}{{{below}}}"

    def power(self, base: str, written_exponent: str, exponent: Formula) -> str:
        """Return a power."""
        return f"{{{base}}}^{{{written_exponent}}}"

    def function(self, name: str, arguments: Sequence[str]) -> str:
        """Return a named function."""
        if name == "sqrt":
            return rf"\sqrt{{{arguments[0]}}}"
        if name in BARS:
            return BARS[name][0] + arguments[0] + BARS[name][1]
        return FUNCTIONS.get(name, rf"\operatorname{{{name}}}") + self.fence(", ".join(arguments))

    def transpose(self, inside: str) -> str:
        """Return the transpose."""
        return rf"{{{inside}}}^{{\top}}"

    def cases(self, branches: Sequence[tuple[str, str]]) -> str:
        """Return the branches under one brace."""
        rows = r" \\ ".join(f"{value} & ({condition})" for value, condition in branches)
        return rf"\begin{{cases}} {rows} \end{{cases}}"

    def chosen(self, value: str, condition: str) -> str:
        """Return value (condition)."""
        return rf"{value} \quad ({condition})"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """Return a matrix in brackets."""
        body = r" \\ ".join(" & ".join(row) for row in rows)
        return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"
