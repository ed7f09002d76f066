"""Expressions such as ``(1-x)**2 + 100*(y-x**2)**2``: a small grammar, parsed into a typed tree.

An expression is never evaluated as Python. The grammar has numbers, variables (one letter, with a number if needed:
``x``, ``w1``), the constants ``pi`` and ``e``, ``+ - * / **``, parentheses and the functions of
`koubai.descent.functions.evaluation.OPERATIONS`. It is parsed by operator precedence (Pratt 1973, "Top down operator
precedence").
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn, TypeAlias

from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.language import worded

MAX_LENGTH = 1000
"""Maximum length of an expression, in characters."""
MAX_DEPTH = 100
"""Maximum nesting depth, of parentheses or of the tree."""
MAX_VARIABLES = 10
"""Maximum number of variables in an expression."""

CONSTANTS = ("pi", "e")
"""Names of constants."""

FUNCTIONS: dict[str, int] = {
    **dict.fromkeys(("sqrt", "exp", "log", "log10", "abs", "sin", "cos", "tan", "asin", "acos", "atan"), 1),
    **dict.fromkeys(("sinh", "cosh", "tanh", "sigmoid", "relu", "softplus"), 1),
    **dict.fromkeys(("max", "min"), 2),
}
"""The functions by name, with the number of arguments of each."""

SYNONYMS = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}
"""Alternative spellings."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number exactly as written: 0.1 is one tenth."""

    value: Fraction
    depth: int = field(default=1, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """``pi`` or ``e``."""

    name: str
    depth: int = field(default=1, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable."""

    name: str
    depth: int = field(default=1, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation (``"neg"``, ``"+"``, ``"**"``, ``"sin"``, …) on its arguments."""

    operation: str
    arguments: "tuple[Node, ...]"
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + max(argument.depth for argument in self.arguments))


Node: TypeAlias = Number | Constant | Variable | Apply


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text, its tree, and its variables in alphabetical order."""

    text: str
    tree: Node
    variables: tuple[str, ...]


def parse(text: str) -> Expression:
    """Parse an expression.

    Parameters
    ----------
    text : str
        For example ``"x**4 - 2*x**3 + 1"``; at most 1000 characters.

    Raises
    ------
    ParameterTypeError
        If ``text`` is not a string.
    ParameterError
        If it does not follow the grammar, is too long, or is nested too deeply; the message gives the character.

    Examples
    --------
    >>> parse("(1-x)**2 + 100*(y-x**2)**2").variables
    ('x', 'y')
    """
    if not isinstance(text, str):
        raise ParameterTypeError(
            f"expression: text must be a string; got {type(text).__name__}. Try 'x**4 - 2*x**3 + 1'."
        )
    if len(text) > MAX_LENGTH:
        raise ParameterError(worded("descend.error.expression_long", most=MAX_LENGTH, got=len(text)))
    tree = _Parser(text).whole()
    names = sorted(set(variables_in(tree)), key=_natural)
    if len(names) > MAX_VARIABLES:
        raise ParameterError(worded("descend.error.expression_variables", most=MAX_VARIABLES, got=len(names)))
    return Expression(text.strip(), tree, tuple(names))


def variables_in(tree: Node) -> Iterator[str]:
    """Yield the names of the variables in a tree, once for each occurrence."""
    if isinstance(tree, Variable):
        yield tree.name
    elif isinstance(tree, Apply):
        for argument in tree.arguments:
            yield from variables_in(argument)


def _natural(name: str) -> tuple[str, int]:
    """Order x2 before x10."""
    digits = re.search(r"\d+$", name)
    return (name.rstrip("0123456789").rstrip("_"), int(digits.group()) if digits else -1)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<symbol>\*\*|[-+*/(),])|(?P<end>$))"
)
_VARIABLE = re.compile(r"[^\W\d_](?:_?\d{1,3})?")
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
PLAIN = str.maketrans(SUPERSCRIPTS, "0123456789")
_INFIX = {"+": (10, 11), "-": (10, 11), "*": (20, 21), "/": (20, 21), "**": (30, 29)}
"""How tightly an operator binds to its left and right: ** binds tightest and is right-associative."""
_NEGATION = 25
"""A leading minus binds more loosely than **, so that -x**2 is -(x**2)."""
_HINTS = {
    "^": "descend.error.write_power",
    "=": "descend.error.write_right_side",
    "×": "descend.error.write_times",
    "·": "descend.error.write_times",
    "−": "descend.error.write_minus",
    "[": "descend.error.write_round",
    "{": "descend.error.write_round",
    "²": "descend.error.write_square",
}
"""The text that says what to write instead of a character."""


class _Parser:
    """Parses one text from left to right with one token of lookahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.position = 0
        self.token = self.next_token()

    def fail(self, problem: str, position: int, remedy: str) -> NoReturn:
        """Raise an error that gives the character's position, counted from 1."""
        named = {"problem": problem, "position": position + 1, "text": repr(self.text.strip()), "remedy": remedy}
        raise ParameterError(worded("descend.error.expression", **named))

    def next_token(self) -> _Token:
        """Read the token after the current one."""
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            start = self.position + len(self.text[self.position :]) - len(self.text[self.position :].lstrip())
            found = self.text[start]
            remedy = worded(_HINTS.get(found, "descend.error.write_grammar"))
            self.fail(worded("descend.error.character", got=repr(found)), start, remedy)
        self.position = match.end()
        kind = str(match.lastgroup)
        return _Token(kind, match.group(kind), match.start(kind))

    def advance(self) -> _Token:
        """Return the current token and advance to the next."""
        token, self.token = self.token, self.next_token()
        return token

    def whole(self) -> Node:
        """Parse the whole text as one expression."""
        tree = self.expression(0)
        if self.token.kind != "end":
            remedy = worded("descend.error.check_parentheses")
            if self.token.kind in ("name", "number") or self.token.text == "(":
                remedy = worded("descend.error.write_factors")
            self.fail(worded("descend.error.operator", got=repr(self.token.text)), self.token.position, remedy)
        return tree

    def expression(self, binding: int) -> Node:
        """Parse as far as operators bind more tightly than ``binding``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            problem = worded("descend.error.deep_nesting", most=MAX_DEPTH)
            self.fail(problem, self.token.position, worded("descend.error.write_simply"))
        left = self.operand()
        while self.token.kind == "symbol" and self.token.text in _INFIX:
            to_left, to_right = _INFIX[self.token.text]
            if to_left < binding:
                break
            operator = self.advance()
            left = self.checked(Apply(operator.text, (left, self.expression(to_right))), operator)
        self.depth -= 1
        return left

    def checked(self, tree: Apply, at: _Token) -> Apply:
        """Return the tree, or fail if it has become too deep."""
        if tree.depth > MAX_DEPTH:
            problem = worded("descend.error.deep_tree", most=MAX_DEPTH)
            self.fail(problem, at.position, worded("descend.error.write_fewer"))
        return tree

    def operand(self) -> Node:
        """Parse a number, a name, a call, a parenthesis, or a sign with its operand."""
        token = self.token
        if token.kind == "number":
            self.advance()
            return self.number(token)
        if token.kind == "name":
            self.advance()
            return self.named(token)
        if token.text in ("+", "-"):
            self.advance()
            inner = self.expression(_NEGATION)
            return inner if token.text == "+" else self.checked(Apply("neg", (inner,)), token)
        if token.text != "(":
            problem = worded("descend.error.operand", got=repr(token.text))
            if token.kind == "end":
                problem = worded("descend.error.operand_end")
            self.fail(problem, token.position, worded("descend.error.write_quartic"))
        self.advance()
        inner = self.expression(0)
        self.close(token)
        return inner

    def close(self, opened: _Token) -> None:
        """Read the closing parenthesis that matches ``opened``."""
        if self.token.text != ")":
            remedy = worded("descend.error.write_parenthesis")
            self.fail(worded("descend.error.parenthesis"), opened.position, remedy)
        self.advance()

    def number(self, token: _Token) -> Number:
        """Return a number, if it fits in a float."""
        exponent = re.search(r"[eE]([+-]?\d+)$", token.text)
        if len(token.text) > 60 or (exponent and abs(int(exponent.group(1))) > 300):
            self.fail(worded("descend.error.number"), token.position, worded("descend.error.write_smaller"))
        return Number(Fraction(token.text))

    def named(self, token: _Token) -> Node:
        """Return the constant, variable or call that a name begins."""
        name = SYNONYMS.get(token.text, token.text)
        if self.token.text == "(" and (name in FUNCTIONS or not _VARIABLE.fullmatch(name)):
            return self.call(name, token)
        if name in CONSTANTS:
            return Constant(name)
        if name in FUNCTIONS:
            remedy = worded("descend.error.write_call", call=f"{name}(x)")
            self.fail(worded("descend.error.no_argument", name=name), token.position, remedy)
        if not _VARIABLE.fullmatch(name):
            self.unknown(token, [*CONSTANTS, *FUNCTIONS])
        return Variable(name)

    def unknown(self, token: _Token, known: list[str]) -> NoReturn:
        """Fail because of an unknown name."""
        close = difflib.get_close_matches(token.text, known, n=1)
        remedy = worded("descend.error.one_of", names=", ".join(FUNCTIONS))
        if close:
            remedy = worded("error.meant", name=close[0])
        power = re.search(f"[{SUPERSCRIPTS}]+", token.text)
        if power:
            remedy = worded("descend.error.write_exponent", n=power[0].translate(PLAIN))
        if token.text in ("sum", "norm", "trace", "inv"):
            remedy = worded("descend.error.vectors")
        self.fail(worded("descend.error.unknown_name", got=repr(token.text)), token.position, remedy)

    def call(self, name: str, token: _Token) -> Apply:
        """Parse the arguments of a function."""
        if name not in FUNCTIONS:
            self.unknown(token, list(FUNCTIONS))
        opened = self.advance()
        arguments = [self.expression(0)]
        while self.token.text == ",":
            self.advance()
            arguments.append(self.expression(0))
        self.close(opened)
        wanted = FUNCTIONS[name]
        if len(arguments) != wanted:
            key = "descend.error.argument" if wanted == 1 else "descend.error.arguments"
            remedy = worded("descend.error.write_call", call=f"{name}({', '.join('xy'[:wanted])})")
            self.fail(worded(key, name=name, n=wanted, got=len(arguments)), token.position, remedy)
        return self.checked(Apply(name, tuple(arguments)), token)
