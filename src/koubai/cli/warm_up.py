"""``koubai warm-up``: say which code the engine runs; there is nothing to compile."""

import argparse

from koubai.cli.parts.parser import add_language
from koubai.core.language import worded
from koubai.core.printing import say

EXAMPLES = """examples:
  koubai warm-up

The engine is compiled when koubai is built, for several levels of processors; the best one for this processor is chosen
when it is first used. docs/building.md says how to build it.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "warm-up",
        help="say which compiled engine serves here",
        description="Say which compiled engine serves on this processor. Nothing has to be compiled ahead of time.",
        epilog=EXAMPLES,
    )
    add_language(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Say what serves; return the exit status, 1 if nothing compiled is there."""
    from koubai.engines.cpu.choice import is_compiled, library

    native = library()
    if native is not None:
        say(worded("cli.nothing_do_engine_compiled_processors", name=native.level.name, name_2=native.path.name))
    elif is_compiled():
        say(worded("cli.nothing_do_numba_compiles_each"))
    return 0 if is_compiled() else 1
