"""The parser of the command line, which complains in one sentence: which option, what is required, what came."""

import argparse
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from koubai.cli.parts.terminal import printable
from koubai.core.errors import on_one_line

MISTAKE = 2
"""Exit status for a user's mistake."""
VALUE = re.compile(r"-(?!h$)[^-]")
"""How a value with a minus sign begins: -1/2, -1.2,1, -2:2, -cos(x). Options have two, but for -h."""

ARGPARSE = (
    (r"argument (?P<name>.+?): must (?P<rest>.*)", "{name} must {rest}"),
    (r"argument (?P<name>.+?): expected one argument", "{name} must be followed by a value; got none"),
    (r"argument (?P<name>.+?): ignored explicit argument (?P<value>.*)", "{name} must have no value; got {value}"),
    (
        r"ambiguous option: (?P<name>.+?) could match (?P<others>.*)",
        "{name} must be written in full; it may be {others}",
    ),
    (r"the following arguments are required: (?P<names>.*)", "{names} must be given; got none"),
    (r"unrecognized arguments: (?P<words>.*)", "arguments must be those that --help lists; got {words}"),
)
"""What argparse says, and the same in koubai's words."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one sentence, and which takes ``--at -1/2`` and ``-x**2`` for values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # argparse takes a word for a value if this, by itself for negative numbers, matches
        self._negative_number_matcher = VALUE
        self.register("type", int, whole)
        self.register("type", float, number)

    def error(self, message: str) -> NoReturn:
        """Print the error and where to find help, and exit with status 2."""
        self.exit(MISTAKE, f"{self.prog}: {printable(in_own_words(message))}. See '{self.prog} --help'.\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise an error that says what the choices are, in the same words with every version of Python."""
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, f"must be one of {listed(action.choices)}; got {value!r}")


def in_own_words(message: str) -> str:
    """Return what argparse complains of in koubai's words.

    Examples
    --------
    >>> in_own_words("argument --epochs: expected one argument")
    '--epochs must be followed by a value; got none'
    """
    for pattern, words in ARGPARSE:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            return words.format(**found.groupdict())
    return message


def listed(choices: Iterable[Any]) -> str:
    """Return choices as a list in words; what is no word stands in quotation marks.

    Examples
    --------
    >>> listed(["dmy", ","])
    "dmy, ','"
    """
    return ", ".join(str(choice) if re.fullmatch(r"[\w-]+", str(choice)) else repr(choice) for choice in choices)


def whole(text: str) -> int:
    """Return the integer that is written; 1e3 is told how to be written.

    Examples
    --------
    >>> whole("12")
    12
    """
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be an integer such as {_whole_meant(text)}; got {on_one_line(repr(text), 60)}"
        ) from None


def _whole_meant(text: str) -> int:
    """Return the integer that a text such as 1e3 or 20.0 stands for, or any example."""
    try:
        meant = float(text)
    except ValueError:
        return 10
    return int(meant) if meant.is_integer() and abs(meant) < 1e15 else 10


def number(text: str) -> float:
    """Return the number that is written.

    Examples
    --------
    >>> number("1e-3")
    0.001
    """
    try:
        return float(text)
    except ValueError:
        meant = text.replace(",", ".") if re.fullmatch(r"-?\d*,\d+", text) else "0.5"
        raise argparse.ArgumentTypeError(
            f"must be a number such as {meant}; got {on_one_line(repr(text), 60)}"
        ) from None
