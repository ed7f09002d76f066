"""``koubai warm-up``: compile the engine ahead of time, so that later commands need not wait for it."""

import argparse
import sys

EXAMPLES = """examples:
  koubai warm-up

The compiled code is kept in the user's cache folder, for this version of koubai. Without this command, each piece is
compiled when first needed.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "warm-up",
        help="compile the engine ahead of time",
        description="Compile the engine once, so that later commands start at once.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compile every piece with a progress bar; return the exit status.

    Raises
    ------
    FileError
        If the compiled code could not be stored, which would make the work useless.
    """
    from time import perf_counter

    from rich.progress import track

    from koubai.cli.parts.terminal import console
    from koubai.core.errors import FileError
    from koubai.engines.cpu.compilation import cache_folder
    from koubai.engines.cpu.kept_code import unusable
    from koubai.engines.cpu.warm_up import compile_all, pieces

    reason = unusable(cache_folder())
    if reason:
        raise FileError(
            f"The folder for compiled code must be usable; {cache_folder()} {reason}. Remove it, or set XDG_CACHE_HOME "
            f"to another folder."
        )
    begin = perf_counter()
    names = list(pieces())
    for _ in track(compile_all(names), "Compiling", total=len(names), console=console(sys.stderr)):
        pass
    print(f"Compiled {len(names)} pieces in {perf_counter() - begin:.1f} seconds; they are in {cache_folder()}.")
    return 0
