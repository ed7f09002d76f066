"""Reads formulas back: from MathML, LaTeX and plain text to the numbers that they say.

Written apart from the writers, so that a formula that a person would misread is misread here too. Quantities are
handed in as ``known``: how each is written, and its number.
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from fractions import Fraction
from html import unescape
from typing import Any

import numpy as np

Known = Mapping[str, Any]
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": lambda x: Fraction(1) if x == 0 else math.exp(x) if x < 709 else math.inf,
    "log": lambda x: math.log(x),
    "tanh": math.tanh,
    "erf": math.erf,
    "cos": math.cos,
    "sin": math.sin,
    "max": max,
    "min": min,
    "sign": lambda x: Fraction((x > 0) - (x < 0)),
    "sqrt": math.sqrt,
    "abs": abs,
}
COMPARE = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "≤": lambda a, b: a <= b,
    "≥": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}


class Reader:
    """Evaluates a list of tokens: ("value", v), ("function", name), ("sign", s), ("power", v), ("transpose", None)."""

    def __init__(self, tokens):
        self.tokens, self.at = tokens, 0

    def peek(self, *signs):
        return self.at < len(self.tokens) and self.tokens[self.at] in [("sign", s) for s in signs]

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def all(self):
        value = self.comparison()
        assert self.at == len(self.tokens), f"left over: {self.tokens[self.at :]}"
        return value

    def comparison(self):
        left = self.sum()
        if self.peek(*COMPARE):
            sign = self.take()[1]
            return COMPARE[sign](left, self.sum())
        return left

    def sum(self):
        value = (
            -self.product() if self.peek("−") and self.take() else (self.peek("+") and self.take(), self.product())[1]
        )
        while self.peek("+", "−"):
            sign = self.take()[1]
            other = self.product()
            value = value + other if sign == "+" else value - other
        return value

    def product(self):
        value = self.power()
        while self.peek("×", "·", "/", "⊙"):
            sign = self.take()[1]
            other = self.power()
            if sign == "/":
                value = divide(value, other)
            elif sign != "⊙" and isinstance(value, np.ndarray) and isinstance(other, np.ndarray):
                value = value @ other
            else:
                value = value * other
        return value

    def power(self):
        value = self.atom()
        while self.at < len(self.tokens) and self.tokens[self.at][0] in ("power", "transpose"):
            kind, exponent = self.take()
            value = value.T if kind == "transpose" else raise_to(value, exponent)
        return value

    def atom(self):
        kind, what = self.take()
        if kind == "value":
            return what
        if kind == "function":
            assert self.take() == ("sign", "("), what
            arguments = [self.comparison()]
            while self.peek(","):
                self.take()
                arguments.append(self.comparison())
            assert self.take() == ("sign", ")")
            return FUNCTIONS[what](*arguments)
        assert (kind, what) == ("sign", "("), f"unexpected {kind} {what}"
        value = self.comparison()
        assert self.take() == ("sign", ")")
        return value


def number(text):
    return float(text) if "." in text else Fraction(text)


def divide(a, b):
    if b == 0:
        return math.nan if a == 0 else math.copysign(math.inf, a)
    return a / b


def raise_to(base, exponent):
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return base ** int(exponent)
    return float(base) ** float(exponent)


def read(tokens):
    return Reader(tokens).all()


def first_true(branches):
    return next(value for value, condition in branches if condition)


def grid(rows):
    array = np.empty((len(rows), len(rows[0])), dtype=object)
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            array[i, j] = entry
    return array


def hide(text: str, known: Known, mark: str) -> tuple[str, list[Any]]:
    """Put a numbered mark in place of each known quantity, the longest notation first."""
    values = []
    for written in sorted(known, key=len, reverse=True):
        text, count = re.subn(rf"(?<![A-Za-z\\]){re.escape(written)}(?![A-Za-z])", mark.format(len(values)), text)
        if count:
            values.append(known[written])
    return text, values


# Plain text

PLAIN = re.compile(
    r"\s*(?:@(?P<known>\d+)@|(?P<number>\d+(?:\.\d+)?|∞)|(?P<function>[a-z]+|√)(?=\()|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)"
    r"|(?P<transpose>ᵀ)|(?P<sign>[-+−×·/⊙(),<>≤≥=])|(?P<up>\^)|(?P<other>[|{\[]))"
)
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def closing(text: str, start: int, opening: str, close: str) -> int:
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == opening) - (text[index] == close)
        if depth == 0:
            return index
    raise AssertionError(f"no {close} in {text[start:]!r}")


def read_plain(text: str, known: Known = {}) -> Any:  # noqa: B006 - read only
    text, values = hide(re.sub("(?<!⁽)ᵗ(?!⁾)", "^(t)", text), known, " @{}@ ")
    return _read_plain(text, values)


def _read_plain(text: str, values: list[Any]) -> Any:
    text = re.sub(r"  \([^()]*(\([^()]*\)[^()]*)*\)$", "", text.strip())  # the condition that chose a branch
    tokens, at = [], 0
    while at < len(text):
        match = PLAIN.match(text, at)
        assert match, f"cannot read {text[at:]!r}"
        at = match.end()
        kind, what = match.lastgroup, match.group(match.lastgroup)
        if kind == "known":
            tokens.append(("value", values[int(what)]))
        elif kind == "number":
            tokens.append(("value", math.inf if what == "∞" else number(what)))
        elif kind == "raised":
            tokens.append(("power", Fraction(what.translate(DIGITS))))
        elif kind == "function":
            tokens.append(("function", "sqrt" if what == "√" else what))
        elif kind == "up":
            end = closing(text, at, "(", ")")
            tokens.append(("power", _read_plain(text[at + 1 : end], values)))
            at = end + 1
        elif kind == "other" and what == "|":
            end = text.index("|", at)
            tokens.append(("value", abs(_read_plain(text[at:end], values))))
            at = end + 1
        elif kind == "other":
            end = closing(text, at - 1, what, {"{": "}", "[": "]"}[what])
            inside = text[at:end]
            tokens.append(("value", _plain_cases(inside, values) if what == "{" else _plain_matrix(inside, values)))
            at = end + 1
        else:
            tokens.append((kind, None if kind == "transpose" else what))
    return read(tokens)


def _plain_cases(text, values):
    pairs = [part.rsplit(" (", 1) for part in text.split("; ")]
    return first_true((_read_plain(value, values), _read_plain(condition[:-1], values)) for value, condition in pairs)


def _plain_matrix(text, values):
    return grid([[_read_plain(entry, values) for entry in row.split(", ")] for row in text.split("; ")])


# LaTeX

LATEX = re.compile(
    r"\s*(?:@(?P<known>\d+)@|(?P<number>\d+(?:\.\d+)?)|\\(?P<command>[A-Za-z]+|,)|(?P<up>\^)|(?P<group>\{)"
    r"|(?P<sign>[-+(),<>=])|(?P<bar>\|))"
)
LATEX_SIGNS = {"times": "×", ",": "·", "le": "≤", "ge": "≥", "odot": "⊙"}


def read_latex(text: str, known: Known = {}) -> Any:  # noqa: B006 - read only
    text, values = hide(text, known, " @{}@ ")
    return _read_latex(text, values)


def _group(text, at):
    """Return the inside of the braces at ``at`` and where they end."""
    while text[at] == " ":
        at += 1
    end = closing(text, at, "{", "}")
    return text[at + 1 : end], end + 1


def _read_latex(text: str, values: list[Any]) -> Any:
    text = text.split(r"\quad")[0].strip()
    tokens, at = [], 0
    while at < len(text):
        match = LATEX.match(text, at)
        assert match, f"cannot read {text[at:]!r}"
        at = match.end()
        kind, what = match.lastgroup, match.group(match.lastgroup)
        if kind == "known":
            tokens.append(("value", values[int(what)]))
        elif kind == "number":
            tokens.append(("value", number(what)))
        elif kind == "sign":
            tokens.append(("sign", "−" if what == "-" else what))
        elif kind == "group":
            inside, at = _group(text, at - 1)
            tokens.append(("value", _read_latex(inside, values)))
        elif kind == "up":
            inside, at = _group(text, at)
            tokens.append(("transpose", None) if inside == r"\top" else ("power", _read_latex(inside, values)))
        else:
            at = _latex_command(what, text, at, tokens, values)
    return read(tokens)


def _latex_command(what, text, at, tokens, values):
    if what in LATEX_SIGNS:
        tokens.append(("sign", LATEX_SIGNS[what]))
    elif what == "frac":
        above, at = _group(text, at)
        below, at = _group(text, at)
        tokens.append(("value", divide(_read_latex(above, values), _read_latex(below, values))))
    elif what == "sqrt":
        inside, at = _group(text, at)
        tokens.append(("value", math.sqrt(_read_latex(inside, values))))
    elif what == "operatorname":
        inside, at = _group(text, at)
        tokens.append(("function", inside))
    elif what in FUNCTIONS:
        tokens.append(("function", what))
    elif what == "infty":
        tokens.append(("value", math.inf))
    elif what in ("left", "right", "bigl", "bigr"):
        sign = text[at]
        if text.startswith(r"\lvert", at):
            end = text.index(r"\right\rvert", at)
            tokens.append(("value", abs(_read_latex(text[at + len(r"\lvert") : end], values))))
            return end + len(r"\right\rvert")
        tokens.append(("sign", sign))
        at += 1
    elif what == "begin":
        name, at = _group(text, at)
        end = text.index(rf"\end{{{name}}}", at)
        rows = [row.split("&") for row in text[at:end].split(r"\\")]
        if name == "cases":
            branches = ((_read_latex(v, values), _read_latex(c.strip()[1:-1], values)) for v, c in rows)
            tokens.append(("value", first_true(branches)))
        else:
            tokens.append(("value", grid([[_read_latex(entry, values) for entry in row] for row in rows])))
        return end + len(rf"\end{{{name}}}")
    else:
        raise AssertionError(f"unknown command {what}")
    return at


# MathML


def read_mathml(text: str, known: Known = {}) -> Any:  # noqa: B006 - read only
    text, values = hide(
        unescape(text.replace("&lt;", "‹").replace("&gt;", "›")),
        {unescape(k): v for k, v in known.items()},
        "<known>{}</known>",
    )
    root = ET.fromstring(f"<math>{text}</math>")
    return read(_tokens(root, values))


def _value(element, values):
    return read(_tokens(element, values))


def _tokens(element, values) -> list[tuple[str, Any]]:
    """Return the tokens of an element that stands for a row or a piece of one."""
    tag, text = element.tag, (element.text or "").strip()
    children = list(element)
    if tag in ("math", "mrow", "mtd"):
        if any(child.tag == "mspace" for child in children):
            children = children[: [child.tag for child in children].index("mspace")]
        if children and children[0].tag == "mo" and children[0].text == "{":
            rows = [(_value(row[0], values), _value(row[1], values)) for row in children[1]]
            return [("value", first_true(rows))]
        if children and children[0].tag == "mo" and children[0].text == "[":
            return [("value", grid([[_value(entry, values) for entry in row] for row in children[1]]))]
        if children and children[0].tag == "mo" and children[0].text == "|":
            inside = [token for child in children[1:-1] for token in _tokens(child, values)]
            return [("value", abs(read(inside)))]
        return [token for child in children for token in _tokens(child, values)]
    if tag == "known":
        return [("value", values[int(text)])]
    if tag == "mn":
        return [("value", math.inf if text == "∞" else number(text))]
    if tag == "mi":
        return [("function", text)]
    if tag == "mo":
        sign = {"\u2062": "·", "\u2061": "", "‹": "<", "›": ">"}.get(text, text)
        return [("sign", sign)] if sign else []
    if tag == "mfrac":
        return [("value", divide(_value(children[0], values), _value(children[1], values)))]
    if tag == "msup":
        if children[1].text == "⊤":
            return [*_parenthesized(children[0], values), ("transpose", None)]
        return [*_parenthesized(children[0], values), ("power", _value(children[1], values))]
    if tag == "msqrt":
        inside = [token for child in children for token in _tokens(child, values)]
        return [("value", math.sqrt(read(inside)))]
    raise AssertionError(f"unknown element {tag}")


def _parenthesized(element, values):
    return [("value", _value(element, values))]
