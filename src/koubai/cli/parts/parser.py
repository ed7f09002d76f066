"""The parser of the command line, which complains in one sentence: which option, what is required, what came."""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from koubai.cli.parts.helping import Help
from koubai.core import printing
from koubai.core.errors import KoubaiError, on_one_line
from koubai.core.language import Language, catalogue, language, text

MISTAKE = 2
"""Exit status for a user's mistake."""
VALUE = re.compile(r"-(?!h$)[^-]")
"""How a value with a minus sign begins: -1/2, -1.2,1, -2:2, -cos(x). Options begin with two, except -h."""

ARGPARSE = (
    (r"argument (?P<name>.+?): must be one of (?P<choices>.*); got (?P<got>.*)", "choice"),
    (r"argument (?P<name>.+?): must be a number of seconds such as 30; got (?P<got>.*)\. To train .*", "time_column"),
    (r"argument (?P<name>.+?): must be (?P<kind>[^;]*?) such as (?P<examples>.*); got (?P<got>.*)", "such_as"),
    (r"argument (?P<name>.+?): must be ranges from low to high; got (?P<got>.*)", "range"),
    (r"argument (?P<name>.+?): must (?P<rest>.*)", "must"),
    (r"argument (?P<name>.+?): expected (one|at least one) argument", "no_value"),
    (r"argument (?P<name>.+?): ignored explicit argument (?P<got>.*)", "no_value_wanted"),
    (r"ambiguous option: (?P<name>.+?) could match (?P<others>.*)", "ambiguous"),
    (r"the following arguments are required: (?P<names>.*)", "required"),
    (r"unrecognized arguments: (?P<words>.*)", "unknown"),
)
"""What argparse and koubai's types of values say, and the key of the same in koubai's words: cli.error.KEY."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one sentence, and which takes ``--at -1/2`` and ``-x**2`` for values.

    Its help is in the language that is spoken.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"formatter_class": Help, **kwargs})
        # argparse takes a word for a value if this, by itself for negative numbers, matches
        self._negative_number_matcher = VALUE
        self.register("type", int, whole)
        self.register("type", float, number)
        self.set_defaults(parser=self)  # of commands within commands, the innermost stays
        self.words: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse words, and remember them: they tell in which language to report an error."""
        self.words = sys.argv[1:] if args is None else list(args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Print the error and where to find help, in the command's language, and exit with status 2."""
        lang = language_of(self.words)
        said = printing.printable(in_own_words(message, lang))
        self.exit(MISTAKE, f"{self.prog}: {text('cli.error.sentence', lang, said=said, prog=self.prog)}\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Raise an error that says what the choices are, in the same words with every version of Python."""
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, f"must be one of {listed(action.choices)}; got {value!r}")


def language_of(words: Sequence[str]) -> Language:
    """Return the language that a command line asks for, as far as its words tell, else that of the environment."""
    asked = re.findall(r"(?:^|\0)--lang[=\0]([^\0]*)", "\0".join(words))
    for lang in (asked[-1] if asked else None, None):
        try:
            return language(lang)
        except KoubaiError:  # no such language
            continue
    return "en"


def add_language(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Add the option that chooses the language in which a command speaks, and in which it writes pages."""
    parser.add_argument("--lang", metavar="LANG", help="en or ja (default: from the environment)")


def in_own_words(message: str, lang: Language = "en") -> str:
    """Return what argparse complains of in koubai's words, without a full stop.

    Examples
    --------
    >>> in_own_words("argument --epochs: expected one argument")
    '--epochs must be followed by a value; got none'
    >>> in_own_words("argument --epochs: expected one argument", "ja")
    '--epochs には値が必要です'
    """
    for pattern, key in ARGPARSE:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            values = found.groupdict()
            if "kind" in values:
                key_of_kind = "cli.kind." + re.sub(r"\W+", "_", values["kind"]).strip("_")
                values["kind"] = catalogue(lang).get(key_of_kind, values["kind"])
            if lang == "ja" and "examples" in values:
                values["examples"] = re.sub(",? or ", " や ", values["examples"])
            return text(f"cli.error.{key}", lang, **values)
    return message


def listed(choices: Iterable[object]) -> str:
    """Return choices as a list in words; what is no word stands in quotation marks.

    Examples
    --------
    >>> listed(["dmy", ","])
    "dmy, ','"
    """
    return ", ".join(str(choice) if re.fullmatch(r"[\w-]+", str(choice)) else repr(choice) for choice in choices)


def whole(written: str) -> int:
    """Return the integer that is written; 1e3 is told how to be written.

    Examples
    --------
    >>> whole("12")
    12
    """
    try:
        return int(written)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be an integer such as {_whole_meant(written)}; got {on_one_line(repr(written), 60)}"
        ) from None


def _whole_meant(written: str) -> int:
    """Return the integer that a text such as 1e3 or 20.0 stands for, or any example."""
    try:
        meant = float(written)
    except ValueError:
        return 10
    return int(meant) if meant.is_integer() and abs(meant) < 1e15 else 10


def number(written: str) -> float:
    """Return the number that is written.

    Examples
    --------
    >>> number("1e-3")
    0.001
    """
    try:
        return float(written)
    except ValueError:
        meant = written.replace(",", ".") if re.fullmatch(r"-?\d*,\d+", written) else "0.5"
        raise argparse.ArgumentTypeError(
            f"must be a number such as {meant}; got {on_one_line(repr(written), 60)}"
        ) from None
