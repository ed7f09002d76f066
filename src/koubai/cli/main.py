"""The command ``koubai``: dispatches to its subcommands, and reports errors in one sentence."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from koubai.cli.parts.complaints import complaint
from koubai.cli.parts.parser import MISTAKE, Parser, language_of
from koubai.cli.parts.terminal import forget_output, printable
from koubai.core.errors import KoubaiError, LostProcessError
from koubai.core.language import language, term, told, worded
from koubai.core.printing import speak, spoken

COMMANDS = (
    "koubai.cli.fit",
    "koubai.cli.predict",
    "koubai.cli.compare",
    "koubai.cli.show",
    "koubai.cli.explain",
    "koubai.cli.export",
    "koubai.cli.quiz",
    "koubai.cli.grade",
    "koubai.cli.descend",
    "koubai.cli.play",
    "koubai.cli.serve",
    "koubai.cli.warm_up",
)
"""Modules with ``register(subparsers)``, which adds the command, and ``run(args)``, which returns the exit status."""

DONE, LOST, INTERRUPTED = 0, 75, 130
"""Exit statuses, besides `MISTAKE`."""

DESCRIPTION = "Neural networks you can see through: train on a table, predict, look inside."

EXAMPLES = """examples:
  koubai fit examples/penguins.csv --target species
  koubai predict penguins.koubai examples/penguins.csv --out predictions.csv
  koubai show penguins.koubai
  koubai descend rosenbrock --out rosenbrock.html

See 'koubai COMMAND --help' for details of a command.
"""


def make_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser with all commands, or with the one that is named, which is then loaded alone.

    Parameters
    ----------
    command : str, optional
        The first word of the command line; anything but a command stands for all of them.
    """
    parser = Parser(prog="koubai", description=DESCRIPTION, epilog=EXAMPLES)
    parser.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="show program's version number and exit"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = [name for name in COMMANDS if name.rpartition(".")[2].replace("_", "-") == command]
    for name in named or COMMANDS:
        import_module(name).register(commands)
    return parser


class _Version(argparse.Action):
    """Prints the version, which takes as long to look up as some commands take to run."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and exit."""
        print(f"koubai {_version()}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status.

    It is 0, 2 for a user's mistake, 75 if one of several processes was lost, or 130 after Ctrl-C.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; by default, the process's own.
    """
    before = spoken()
    try:
        status = _run(arguments)
        cluster = sys.modules.get("koubai.engines.xla.cluster")  # only if processes train together
        if cluster is not None and (own := cluster.joined()) is not None:
            own.end(status)
        return status
    finally:
        speak(before)  # a program that calls commands goes on in its own language


def _open_streams() -> None:
    """Give a process that has no output one that leads nowhere: a file would else take its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # as long as the process


def _run(arguments: Sequence[str] | None) -> int:
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    command, options = "", dict[str, str]()
    words = sys.argv[1:] if arguments is None else list(arguments)
    speak(language_of(words))
    try:
        parser = make_parser(words[0] if words else None)
        args, left = parser.parse_known_args(words)
        args.words = words
        if left and not (hasattr(args, "take_more") and args.take_more(args, left)):
            args.parser.error(f"unrecognized arguments: {' '.join(left)}")
        command, options = f" {args.command}", getattr(args, "options", options)
        speak(language(getattr(args, "lang", None)))
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        forget_output()  # the reader has closed the pipe; without this, Python would complain when flushing at exit
        return DONE
    except LostProcessError as error:
        _mistake(command, told(error, spoken()) or str(error))
        return LOST
    except KoubaiError as error:
        return _mistake(command, complaint(error, spoken(), options))
    except OSError as error:
        why = term((error.strerror or str(error)).lower())
        return _mistake(command, worded("cli.error.of_system", file=error.filename or term("a file"), why=why))
    except MemoryError:
        return _mistake(command, worded("cli.error.memory"))
    except KeyboardInterrupt:
        return INTERRUPTED


def _mistake(command: str, sentence: str) -> int:
    said = printable(sentence)
    for colon in (": ", "："):
        said = said.removeprefix(f"{command.strip()}{colon}")
    print(f"koubai{command}: {said}", file=sys.stderr)
    return MISTAKE


def _version() -> str:
    from importlib import metadata  # slow to load

    try:
        return metadata.version("koubai")
    except metadata.PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
