"""The grammar of matrix expressions: ``A.T @ x``, ``norm(A @ x - b)**2``. Nothing is ever evaluated as Python.

::

    equation := sum ["==" sum]
    sum      := term (("+" | "-") term)*
    term     := signed (("@" | "*" | "/") signed)*
    signed   := "-" signed | power
    power    := turned ["**" signed]
    turned   := atom (".T" | "ᵀ" | raised)*
    raised   := "⁻¹" | "²" | … (a power in superscripts)
    atom     := number | name | function "(" sum ")" | "(" sum ")"

``@`` is the matrix product; ``*`` multiplies by a scalar, or entry by entry.
"""

import difflib
import re
from dataclasses import dataclass, field
from fractions import Fraction

from koubai.core.errors import ParameterError
from koubai.core.language import Worded, worded

FUNCTIONS = (
    "norm",
    "sum",
    "trace",
    "inv",
    "exp",
    "log",
    "sqrt",
    "tanh",
    "sigmoid",
    "relu",
    "sin",
    "cos",
)
"""Functions that an expression may call, each with one argument."""

LONGEST, DEEPEST = 400, 40
"""Maximum length of an expression in characters, and maximum nesting depth."""
LONGEST_NUMBER, MOST_NAMES = 30, 12
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
"""Superscripts, in the order of the digits and of the minus sign that they stand for."""
TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[^\W\dᵀ⁰¹²³⁴⁵⁶⁷⁸⁹][^\Wᵀ⁰¹²³⁴⁵⁶⁷⁸⁹]*)|(?P<raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<sign>==|\*\*|\.T\b|[ᵀ⊤]|[-+*/@()−·]))"
)
"""Superscripts are letters or digits to `re`, but here they are operators and never part of a name."""
SAME = {"−": "-", "·": "*", "ᵀ": ".T", "⊤": ".T", "ln": "log"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed expression: an operator or function with its operands, a name, or a number.

    ``operator`` is one of name, number, +, -, negative, @, *, /, **, .T, ==, or a function; ``at`` is its position in
    the text, from 0.
    """

    operator: str
    parts: "tuple[Parsed, ...]"
    at: int
    name: str = ""
    value: Fraction = Fraction(0)
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + max((part.depth for part in self.parts), default=0))
        if self.depth > DEEPEST:
            raise ParameterError(worded("explain.error.deep", most=DEEPEST))


def parse(text: str) -> Parsed:
    """Parse an expression into a tree.

    Raises
    ------
    ParameterError
        If the text is not an expression of this grammar, or is too long.

    Examples
    --------
    >>> parse("A.T @ x").operator
    '@'
    """
    if not text.strip() or len(text) > LONGEST:
        raise ParameterError(worded("explain.error.length", most=LONGEST, got=len(text)))
    tree = _Parser(text, _tokens(text)).equation()
    if len(names(tree)) > MOST_NAMES:
        raise ParameterError(worded("explain.error.many_names", most=MOST_NAMES, got=len(names(tree))))
    return tree


def names(tree: Parsed) -> list[str]:
    """Return the names in an expression, each once, in order."""
    found = [tree.name] if tree.operator == "name" else []
    for part in tree.parts:
        found.extend(name for name in names(part) if name not in found)
    return found


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """Return (kind, text, position) of every token."""
    tokens, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise ParameterError(
                worded("explain.error.character", expression=repr(text), got=repr(text[at]), at=at + 1)
            )
        kind = str(match.lastgroup)
        tokens.append((kind, SAME.get(match.group(kind), match.group(kind)), match.start(kind)))
        at = match.end()
    return tokens


class _Parser:
    """Reads tokens from left to right, with one method per rule of the grammar."""

    def __init__(self, text: str, tokens: list[tuple[str, str, int]]) -> None:
        self.text, self.tokens, self.at, self.depth = text, tokens, 0, 0

    def equation(self) -> Parsed:
        left = self.sum()
        if self.peek("=="):
            place = self.take()[2]
            left = Parsed("==", (left, self.sum()), place)
        if self.at < len(self.tokens):
            raise self.unexpected(worded("explain.error.wanted_operator"))
        return left

    def sum(self) -> Parsed:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ParameterError(worded("explain.error.deep", most=DEEPEST))
        left = self.term()
        while self.peek("+", "-"):
            _, sign, place = self.take()
            left = Parsed(sign, (left, self.term()), place)
        self.depth -= 1
        return left

    def term(self) -> Parsed:
        left = self.signed()
        while self.peek("@", "*", "/"):
            _, sign, place = self.take()
            left = Parsed(sign, (left, self.signed()), place)
        return left

    def signed(self) -> Parsed:
        places = []
        while self.peek("-"):
            places.append(self.take()[2])
        inside = self.power()
        for place in reversed(places):
            inside = Parsed("negative", (inside,), place)
        return inside

    def power(self) -> Parsed:
        base = self.turned()
        if self.peek("**"):
            place = self.take()[2]
            return Parsed("**", (base, self.signed()), place)
        return base

    def turned(self) -> Parsed:
        inside = self.atom()
        while self.peek(".T") or self.peeks("raised"):
            kind, text, place = self.take()
            if kind == "raised":
                inside = Parsed("**", (inside, _exponent(text, place)), place)
            else:
                inside = Parsed(".T", (inside,), place)
        return inside

    def atom(self) -> Parsed:
        if self.at == len(self.tokens):
            raise self.unexpected(worded("explain.error.wanted_value"))
        kind, text, place = self.take()
        if kind == "number":
            if len(text) > LONGEST_NUMBER:
                raise ParameterError(
                    worded("explain.error.long_number", most=LONGEST_NUMBER, got=len(text), at=place + 1)
                )
            return Parsed("number", (), place, value=Fraction(text))
        if kind == "name":
            if not self.peek("("):
                return Parsed("name", (), place, name=text)
            if text not in FUNCTIONS:
                raise self.unknown(text)
            self.take()
            return Parsed(text, (self.closed(),), place)
        if text == "(":
            return self.closed()
        self.at -= 1
        raise self.unexpected(worded("explain.error.wanted_value"))

    def closed(self) -> Parsed:
        inside = self.sum()
        if not self.peek(")"):
            raise self.unexpected(worded("explain.error.wanted_closing"))
        self.take()
        return inside

    def peek(self, *signs: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1] in signs

    def peeks(self, kind: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] == kind

    def take(self) -> tuple[str, str, int]:
        self.at += 1
        return self.tokens[self.at - 1]

    def unknown(self, function: str) -> ParameterError:
        close = difflib.get_close_matches(function, FUNCTIONS, n=1)
        if close:
            remedy = worded("error.meant", name=close[0])
        else:
            remedy = worded("explain.error.function_product", name=function)
        said = {"expression": repr(self.text), "functions": ", ".join(FUNCTIONS), "got": repr(function)}
        return ParameterError(worded("explain.error.function", **said, remedy=remedy))

    def unexpected(self, wanted: Worded) -> ParameterError:
        if self.at < len(self.tokens):
            _, text, place = self.tokens[self.at]
            got = worded("explain.error.got_character", got=repr(text), at=place + 1)
        else:
            got = worded("explain.error.got_end")
        is_factor = self.at and self.tokens[self.at : self.at + 1] and (self.peeks("name") or self.peek("("))
        remedy = worded("explain.error.write_operator") if is_factor else worded("explain.error.check_there")
        said = {"expression": repr(self.text), "wanted": wanted, "got": got, "remedy": remedy}
        return ParameterError(worded("explain.error.unexpected", **said))


def _exponent(raised: str, place: int) -> Parsed:
    """Return the exponent that is written in superscripts: ⁻¹ is -1."""
    digits = "".join("0123456789-"[RAISED.index(letter)] for letter in raised)
    size = Parsed("number", (), place, value=Fraction(digits.removeprefix("-")))
    return Parsed("negative", (size,), place) if digits.startswith("-") else size
