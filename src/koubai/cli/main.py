"""The command ``koubai``: dispatches to its subcommands, and reports errors in one sentence."""

import argparse
import io
import sys
from collections.abc import Sequence
from importlib import import_module, metadata

from koubai.cli.parts.complaints import in_terms_of_options
from koubai.cli.parts.parser import MISTAKE, Parser
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

DONE, INTERRUPTED = 0, 130
"""Exit statuses, besides `MISTAKE`."""

DESCRIPTION = "Neural networks you can see through: train on a table, predict, look inside."

EXAMPLES = """examples:
  koubai fit examples/penguins.csv --target species
  koubai predict penguins.koubai examples/penguins.csv --out predictions.csv
  koubai show penguins.koubai
  koubai descend rosenbrock --out rosenbrock.html

See 'koubai COMMAND --help' for details of a command.
"""


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
        The command line without the program's name; by default, the process's own.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    command, options = "", dict[str, str]()
    try:
        parser = make_parser()
        args, left = parser.parse_known_args(sys.argv[1:] if arguments is None else arguments)
        if left and not (hasattr(args, "take_more") and args.take_more(args, left)):
            parser.prog += f" {args.command}"
            parser.error(f"unrecognized arguments: {' '.join(left)}")
        command, options = f" {args.command}", getattr(args, "options", options)
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        forget_output()  # the reader has closed the pipe; without this, Python would complain when flushing at exit
        return DONE
    except KoubaiError as error:
        return _mistake(command, in_terms_of_options(error, options))
    except OSError as error:
        return _mistake(command, f"{error.filename or 'a file'}: {(error.strerror or str(error)).lower()}.")
    except MemoryError:
        return _mistake(command, "there is not enough memory; try fewer rows, or a smaller network.")
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
