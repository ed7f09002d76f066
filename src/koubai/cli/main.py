"""The command ``koubai``: finds its commands, and says in one sentence what went wrong."""

import argparse
import io
import re
import sys
from collections.abc import Sequence
from importlib import import_module, metadata
from typing import Any, NoReturn

from koubai.cli.parts.complaints import in_terms_of_options
from koubai.cli.parts.terminal import forget_output, printable
from koubai.core.errors import KoubaiError

COMMANDS = (
    "koubai.cli.fit",
    "koubai.cli.predict",
    "koubai.cli.show",
    "koubai.cli.explain",
    "koubai.cli.quiz",
    "koubai.cli.descend",
    "koubai.cli.play",
    "koubai.cli.warm_up",
)
"""Modules with ``register(subparsers)``, which adds the command, and ``run(args)``, which returns the exit status."""

DONE, MISTAKE, INTERRUPTED = 0, 2, 130
"""Exit statuses."""
VALUE = re.compile(r"-(?!h$)[^-]")
"""How a value with a minus sign begins: -1/2, -1.2,1, -2:2, -cos(x). Options have two, but for -h."""

DESCRIPTION = "Neural networks that you can see through: train on a table, predict, look inside."

EXAMPLES = """examples:
  koubai fit examples/penguins.csv --target species
  koubai predict penguins.koubai examples/penguins.csv --out predictions.csv
  koubai show penguins.koubai
  koubai descend rosenbrock --out rosenbrock.html

'koubai COMMAND --help' says more about a command.
"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one sentence, and which takes ``--at -1/2`` and ``-x**2`` for values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # argparse takes a word for a value if this, by itself for negative numbers, matches
        self._negative_number_matcher = VALUE

    def error(self, message: str) -> NoReturn:
        """Print the complaint and where to find help, and exit with status 2."""
        self.exit(MISTAKE, f"{self.prog}: {printable(message)}. See '{self.prog} --help'.\n")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser with all commands."""
    parser = Parser(
        prog="koubai", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"koubai {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(name).register(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0, 2 for a user's mistake, 130 after Ctrl-C.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; the process's own, if not given.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    command, options = "", dict[str, str]()
    try:
        parser = make_parser()
        args, left = parser.parse_known_args(sys.argv[1:] if arguments is None else arguments)
        if left and not (hasattr(args, "take_more") and args.take_more(args, left)):
            parser.error(f"unrecognized arguments: {' '.join(left)}")
        command, options = f" {args.command}", getattr(args, "options", options)
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        forget_output()  # who reads it has seen enough; without this, Python complains when it flushes at exit
        return DONE
    except KoubaiError as error:
        return _mistake(command, in_terms_of_options(error, options))
    except OSError as error:
        return _mistake(command, f"{error.filename or 'a file'}: {(error.strerror or str(error)).lower()}.")
    except MemoryError:
        return _mistake(command, "the memory is not enough; try fewer rows, or a smaller network.")
    except KeyboardInterrupt:
        return INTERRUPTED


def _mistake(command: str, sentence: str) -> int:
    said = sentence.removeprefix(f"{command.strip()}: ")
    print(f"koubai{command}: {printable(said)}", file=sys.stderr)
    return MISTAKE


def _version() -> str:
    try:
        return metadata.version("koubai")
    except metadata.PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
