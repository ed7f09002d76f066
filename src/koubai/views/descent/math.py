"""Expressions in conventional notation, 2x²(2x − 3), as plain text or HTML."""

from dataclasses import dataclass
from fractions import Fraction
from html import escape

from koubai.descent.functions.expression import Apply, Constant, Node, Number, Variable

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUM, PRODUCT, NEGATION, POWER, ATOM = range(5)
"""Binding strengths of written expressions."""


@dataclass(frozen=True, slots=True)
class Written:
    """A written expression and its binding strength."""

    text: str
    tightness: int

    def within(self, tightness: int) -> str:
        """Return the text, in parentheses if it binds less tightly than ``tightness``."""
        return self.text if self.tightness >= tightness else f"({self.text})"

    def unsigned(self, tightness: int) -> str:
        """Like `within`, but also in parentheses if it begins with a sign."""
        return f"({self.text})" if self.text.startswith("−") else self.within(tightness)


def plain(tree: Node, decimals: bool = False) -> str:
    """Return a tree as text with superscripts.

    Parameters
    ----------
    tree : Node
        The expression to write.
    decimals : bool
        Whether to write fractions as 0.5 (as the user did) rather than 1/2.

    Examples
    --------
    >>> from koubai.descent.functions.expression import parse
    >>> plain(parse("2*x**2*(2*x - 3)").tree)
    '2x²(2x − 3)'
    """
    return _Writer(decimals, html=False).write(tree).text


def html(tree: Node, decimals: bool = False) -> str:
    """Return a tree as HTML, with variables in italics.

    Examples
    --------
    >>> from koubai.descent.functions.expression import parse
    >>> html(parse("x**2/2").tree)
    '<i>x</i><sup>2</sup>/2'
    """
    return _Writer(decimals, html=True).write(tree).text


class _Writer:
    def __init__(self, decimals: bool, html: bool) -> None:
        self.decimals, self.html = decimals, html

    def write(self, tree: Node) -> Written:
        """Return a tree in written form."""
        if isinstance(tree, Number):
            return self.number(tree.value)
        if isinstance(tree, Constant):
            return Written({"pi": "π", "e": "e"}[tree.name], ATOM)
        if isinstance(tree, Variable):
            return Written(self.variable(tree.name), ATOM)
        return self.operation(tree)

    def number(self, value: Fraction) -> Written:
        """Return a number: whole, as a decimal, or as a fraction."""
        sign = "−" if value < 0 else ""
        size = abs(value)
        if size.denominator == 1 and size < 10**6:
            return Written(f"{sign}{size.numerator}", NEGATION if sign else ATOM)
        if self.decimals or size.denominator > 10**4 or size >= 10**6:
            return Written(f"{sign}{float(size):g}", NEGATION if sign else ATOM)
        return Written(f"{sign}{size.numerator}/{size.denominator}", PRODUCT)

    def variable(self, name: str) -> str:
        """Return a name with its number as a subscript."""
        letter, digits = name[0], name[1:].lstrip("_")
        if self.html:
            return f"<i>{escape(letter)}</i>" + (f"<sub>{digits}</sub>" if digits else "")
        return letter + digits.translate(SUBSCRIPTS)

    def operation(self, tree: Apply) -> Written:
        """Return an operation in written form."""
        given = [self.write(argument) for argument in tree.arguments]
        match tree.operation:
            case "neg":
                return Written(f"−{given[0].within(PRODUCT)}", NEGATION)
            case "+":
                return Written(f"{given[0].text} + {given[1].unsigned(SUM)}", SUM)
            case "-":
                return Written(f"{given[0].text} − {given[1].unsigned(PRODUCT)}", SUM)
            case "*":
                return Written(self.product(given[0], given[1]), PRODUCT)
            case "/":
                return Written(f"{given[0].within(PRODUCT)}/{given[1].within(POWER)}", PRODUCT)
            case "**":
                return self.power(given[0], given[1], tree.arguments[1])
            case "sqrt":
                return Written(f"√{given[0].within(ATOM)}", POWER)
            case "abs":
                return Written(f"|{given[0].text}|", ATOM)
            case name:
                return Written(f"{name}({', '.join(argument.text for argument in given)})", ATOM)

    def product(self, left: Written, right: Written) -> str:
        """Return a product, with a dot where two numbers would run together and a space before a function's name."""
        first, second = left.within(POWER if "/" in left.text else PRODUCT), right.within(POWER)
        bare = second.replace("<i>", "")
        if bare[0].isdigit():
            return f"{first}·{second}"
        if first[-1].isalpha() and len(bare) > 1 and bare[:2].isalpha():
            return f"{first} {second}"
        if len(bare) > 2 and bare[:2].isalpha() and not second.startswith("<"):
            return f"{first} {second}"
        return f"{first}{second}"

    def power(self, base: Written, exponent: Written, tree: Node) -> Written:
        """Return a power with a superscript exponent; in plain text, only integers are raised."""
        if self.html:
            return Written(f"{base.within(ATOM)}<sup>{exponent.text}</sup>", POWER)
        if isinstance(tree, Number) and tree.value.denominator == 1:
            return Written(f"{base.within(ATOM)}{str(tree.value).translate(SUPERSCRIPTS)}", POWER)
        return Written(f"{base.within(ATOM)}^{exponent.within(ATOM)}", POWER)
