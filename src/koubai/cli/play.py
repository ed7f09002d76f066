"""``koubai play``: the playground in the browser."""

import argparse

from koubai.core.errors import ParameterError

EXAMPLES = """examples:
  koubai play                                           # made data: circle, spiral, exclusive or, …
  koubai play examples/penguins.csv --target species    # your own table
  koubai play --lesson xor                              # a ready lesson
  koubai play --host 0.0.0.0 --token classroom          # for other machines in the room

The page needs no network: everything comes from this machine. Ctrl-C ends the server.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "play",
        help="watch a network learn, in the browser",
        description="Open a page on which a network is built, trained, stopped, stepped and explained.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("table", nargs="?", metavar="TABLE", help="a .csv, .tsv or .parquet file of your own")
    parser.add_argument("--target", metavar="COLUMN", help="the table's column to be predicted")
    parser.add_argument("--lesson", metavar="NAME", help="begin with a lesson")
    parser.add_argument("--port", type=int, default=8800, metavar="N", help="where to listen (default: 8800; 0: any)")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="default: this machine only")
    parser.add_argument("--token", metavar="TEXT", help="what others must know, if --host lets them in")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C; return the exit status."""
    if args.table and not args.target:
        raise ParameterError("play: --target must name the column to be predicted; got none.")
    if not 0 <= args.port <= 65535:
        raise ParameterError(f"play: --port must be from 0 to 65535; got {args.port}. Try 8800.")
    try:
        from koubai.play import lessons, server
        from koubai.play.settings import Settings
        from koubai.play.uploads import Tables
    except ModuleNotFoundError as error:
        raise ParameterError(
            f"play: {error.name} must be installed for the playground; got none. Run pip install 'koubai[play]'."
        ) from None
    if args.lesson and args.lesson not in lessons.names():
        raise ParameterError(f"play: --lesson must be one of {', '.join(lessons.names())}; got {args.lesson!r}.")
    tables = Tables()
    settings = Settings(lesson=args.lesson)
    if args.table:
        settings = _of_table(settings, tables, args.table, args.target)
    server.run(
        settings,
        tables,
        host=args.host,
        port=args.port,
        token=args.token,
        open_browser=not args.no_browser,
        fragment=f"lesson={args.lesson}" if args.lesson else "",
    )
    return 0


def _of_table(settings: "Settings", tables: "Tables", path: str, target: str) -> "Settings":  # type: ignore[name-defined]  # noqa: F821
    from pathlib import Path

    from koubai.play.data import load

    identity = tables.add(Path(path))
    chosen = settings.changed({"dataset": "table", "table": identity, "target": target, "axes": "pca"})
    load(chosen, tables.paths)  # a table that cannot be used is told before the page opens
    return chosen
