"""``koubai play``: the playground in the browser."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.parts.parser import add_language
from koubai.cli.parts.reading import add_reading_options, refuse_reading_options, require_files
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.printing import say

if TYPE_CHECKING:
    from koubai.core.schema import Record
    from koubai.play.serving.uploads import Tables
    from koubai.play.settings import Settings

EXAMPLES = """examples:
  koubai play                                           # generated data: circle, spiral, exclusive or, …
  koubai play examples/penguins.csv --target species    # your own table
  koubai play --lesson xor                              # a built-in lesson
  koubai play --lesson my-lesson.json                   # your own lesson
  koubai play --export playground.html                  # one file to hand out, which needs no server and no Python
  koubai play --export site/                            # a folder for GitHub Pages or any other web server
  koubai play --class                                   # lead a class: a code to join by, steps to push, a tally
  koubai play --host 0.0.0.0 --token classroom          # for other machines in the room

The page works offline: everything comes from this machine. Its address contains a random token, so that no other user
of this machine can open it; to choose your own token without exposing it to them, set the variable KOUBAI_TOKEN.
Ctrl-C ends the server.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "play",
        help="watch a network learn, in the browser",
        description="Open a page on which a network is built, trained, stopped, stepped and explained.",
        epilog=EXAMPLES,
    )
    parser.add_argument("table", nargs="?", metavar="TABLE", help="a .csv, .tsv or .parquet file of your own")
    parser.add_argument("--target", metavar="COLUMN", help="the table's column to predict")
    add_reading_options(parser.add_argument_group("the table"), streams=False)
    parser.add_argument("--lesson", metavar="NAME", help="start with a built-in lesson, or one in a .json file")
    parser.add_argument(
        "--class",
        dest="is_class",
        action="store_true",
        help="lead a class: students join by a short address or QR code, you push steps and see a live tally",
    )
    parser.add_argument("--port", type=int, default=8800, metavar="N", help="port to listen on (default: 8800; 0: any)")
    parser.add_argument(
        "--host", metavar="ADDRESS", help="default: this machine only; with --class, all its networks (0.0.0.0)"
    )
    parser.add_argument(
        "--token", metavar="TEXT", help="token required in the page's address, 8 characters or more (default: random)"
    )
    parser.add_argument(
        "--export",
        metavar="PLACE",
        help="write the page instead of serving it: a folder for any web server, or one file ending in .html",
    )
    add_language(parser)
    parser.add_argument("--no-browser", action="store_true", help="print the address without opening a browser")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C; return the exit status."""
    if args.table and not args.target:
        raise ParameterError(worded("cli.error.play_target_name_column_predict"))
    if args.target and not args.table:
        raise ParameterError(worded("cli.error.play_target_requires_table_missing"))
    if not 0 <= args.port <= 65535:
        raise ParameterError(worded("cli.error.play_port_got_try", port=args.port))
    if args.is_class and args.export is not None:
        raise ParameterError(worded("cli.error.play_class_come_without_export"))
    require_files([args.table or None])
    if not args.table:
        refuse_reading_options(args, worded("cli.needs_table"))
    try:
        if args.is_class:
            import segno  # noqa: F401  before a student is told to come
        from koubai.play.serving import server
        from koubai.play.serving.uploads import Tables
    except ModuleNotFoundError as error:
        raise ParameterError(worded("cli.error.play_installed_playground_was_not", name=error.name)) from None
    own = _lesson(args.lesson) if args.lesson else {}
    lesson = next(iter(own), args.lesson)
    if args.export is not None:
        return _export(args, lesson, own)
    tables = Tables()
    try:
        server.run(
            _settings(tables, args, lesson),
            tables,
            host=args.host or ("0.0.0.0" if args.is_class else "127.0.0.1"),
            port=args.port,
            token=args.token,
            open_browser=not args.no_browser,
            fragment=f"lesson={lesson}" if lesson else "",
            lessons=own,
            is_class=args.is_class,
        )
    finally:
        tables.close()
    return 0


def _export(args: argparse.Namespace, lesson: str | None, own: "dict[str, Record]") -> int:
    """Write the page, and say what was written; return the exit status."""
    if args.table:
        raise ParameterError(worded("cli.error.play_export_come_without_table"))
    if not args.export.strip():
        raise ParameterError(worded("cli.error.play_export_name_folder_file"))
    from koubai.play.exporting import export
    from koubai.play.settings import Settings

    written = export(Path(args.export), first=Settings(lesson=lesson) if lesson else None, own=own)
    size = sum(path.stat().st_size for path in written) / 2**20
    if len(written) == 1:
        say(worded("cli.koubai_play_mb_opens_double", written=written[0], size=f"{size:.1f}"))
    else:
        say(worded("cli.koubai_play_files_mb_any", export=args.export, n_written=len(written), size=f"{size:.1f}"))
    return 0


def _lesson(given: str) -> "dict[str, Record]":
    """Return the user's own lesson by name; empty for a built-in one."""
    from koubai.play.classroom import lessons

    if given in lessons.names():
        return {}
    if given.lower().endswith(".json"):
        found = lessons.load(Path(given))
        return {found["name"]: found}
    raise ParameterError(
        worded("cli.error.play_lesson_json_file_got", names=", ".join(lessons.names()), given=repr(given))
    )


def _settings(tables: "Tables", args: argparse.Namespace, lesson: str | None) -> "Settings | None":
    """Return the initial settings, if they are not the default ones."""
    if not args.table and not lesson:
        return None
    from koubai.play.settings import Settings

    settings = Settings(lesson=lesson)
    if args.table:
        from koubai.play.runs.data import load

        path = _as_said(tables, args)
        chosen = {"dataset": "table", "table": tables.add(path), "target": args.target.strip(), "axes": "pca"}
        settings = settings.changed(chosen)
        load(settings, tables.paths)  # report an unusable table before the page opens
    return settings


def _as_said(tables: "Tables", args: argparse.Namespace) -> Path:
    """Return the table's file or, if reading options were given, a normalised copy that needs none."""
    from koubai.cli.parts.reading import reading_options
    from koubai.tables.files.containers.standard import is_standard

    if all(value is None for value in reading_options(args).values()) and not is_standard(args.table):
        return Path(args.table)
    from koubai.tables.files.reading import read_table

    copy = tables.place(".parquet")
    read_table(args.table, **reading_options(args)).frame.write_parquet(copy)
    return copy
