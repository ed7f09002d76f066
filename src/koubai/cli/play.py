"""``koubai play``: the playground in the browser."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.images import options as of_images
from koubai.cli.parts.parser import add_language
from koubai.cli.parts.reading import add_reading_options, reading_options, refuse_reading_options, require_files
from koubai.cli.parts.terminal import printable
from koubai.core.errors import ParameterError
from koubai.core.extras import to_install
from koubai.core.language import worded
from koubai.core.printing import say
from koubai.images.names import is_images

if TYPE_CHECKING:
    from koubai.core.schema import Record
    from koubai.play.of_images.sets import ImageSet
    from koubai.play.serving.uploads import Tables
    from koubai.play.settings import Settings

EXAMPLES = """examples:
  koubai play                                           # generated data: circle, spiral, exclusive or, …
  koubai play examples/penguins.csv --target species    # your own table
  koubai play images/                                   # your own images: a folder with a subfolder a class
  koubai play train-images-idx3-ubyte.gz                # images in MNIST's format, beside which their labels lie
  koubai play --lesson xor                              # a built-in lesson
  koubai play --lesson my-lesson.json                   # your own lesson
  koubai play --export playground.html                  # one file to hand out, which needs no server and no Python
  koubai play --export site/                            # a folder for GitHub Pages or any other web server
  koubai play images/ --export playground.html          # with your own images in it
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
    parser.add_argument(
        "table", nargs="?", metavar="TABLE", help="a .csv, .tsv or .parquet file of your own; or images, as for fit"
    )
    parser.add_argument("--target", metavar="COLUMN", help="the table's column to predict")
    add_reading_options(parser.add_argument_group("the table"), streams=False)
    of_images.add_play_options(parser)
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
    parser.set_defaults(run=run, options=of_images.PLAY)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C; return the exit status."""
    has_images = bool(args.table) and is_images(args.table)
    if has_images:
        of_images.check_there(args.table)
        of_images.refuse_target(args)
        refuse_reading_options(args, worded("cli.needs_table"))
    else:
        require_files([args.table or None])
        if args.table and not args.target:
            raise ParameterError(worded("cli.error.play_target_name_column_predict"))
    if args.target and not args.table:
        raise ParameterError(worded("cli.error.play_target_requires_table_missing"))
    if not 0 <= args.port <= 65535:
        raise ParameterError(worded("cli.error.play_port_got_try", port=args.port))
    if args.is_class and args.export is not None:
        raise ParameterError(worded("cli.error.play_class_come_without_export"))
    if not has_images:
        of_images.refuse_play_options(args)
    if not args.table:
        refuse_reading_options(args, worded("cli.needs_table"))
    try:
        if args.is_class:
            import segno  # noqa: F401  before a student is told to come
        from koubai.play.serving import server
        from koubai.play.serving.uploads import Tables
    except ModuleNotFoundError as error:
        install = to_install("play", str(error.name))
        raise ParameterError(
            worded("cli.error.play_installed_playground_was_not", name=error.name, install=install)
        ) from None
    own = _lesson(args.lesson) if args.lesson else {}
    lesson = next(iter(own), args.lesson)
    images = _images(args) if has_images else None
    if args.export is not None:
        return _export(args, lesson, own, images)
    tables = Tables()
    try:
        server.run(
            _settings(tables, args, lesson, images),
            tables,
            host=args.host or ("0.0.0.0" if args.is_class else "127.0.0.1"),
            port=args.port,
            token=args.token,
            open_browser=not args.no_browser,
            fragment=f"lesson={lesson}" if lesson else "",
            lessons=own,
            is_class=args.is_class,
            lang=args.lang,
        )
    finally:
        tables.close()
    return 0


def _images(args: argparse.Namespace) -> "ImageSet":
    """Return the images that were given, and print what should be said of them."""
    from koubai.play.of_images.given import read_given

    channels = of_images.channels_of(args.color)
    found, notes = read_given(args.table, labels=args.labels, image_size=args.image_size, channels=channels)
    for note in notes:
        say(worded("cli.note", note=printable(note)), sys.stderr)
    return found


def _export(args: argparse.Namespace, lesson: str | None, own: "dict[str, Record]", images: "ImageSet | None") -> int:
    """Write the page, and say what was written; return the exit status."""
    if args.table and images is None:
        raise ParameterError(worded("cli.error.play_export_come_without_table"))
    if not args.export.strip():
        raise ParameterError(worded("cli.error.play_export_name_folder_file"))
    from koubai.play.exporting import export

    written = export(Path(args.export), first=_first(lesson, images), own=own, images=images, lang=args.lang)
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


def _first(lesson: str | None, images: "ImageSet | None") -> "Settings | None":
    """Return the initial settings without a table, if they are not the default ones: images are shown at once."""
    from koubai.play.datasets import GIVEN_IMAGES
    from koubai.play.settings import Settings

    if images is None:
        return Settings(lesson=lesson) if lesson else None
    return Settings(lesson=lesson).changed({"dataset": GIVEN_IMAGES, **images.usual})


def _settings(
    tables: "Tables", args: argparse.Namespace, lesson: str | None, images: "ImageSet | None"
) -> "Settings | None":
    """Return the initial settings, if they are not the default ones."""
    settings = _first(lesson, images)
    if images is not None:
        from koubai.play.runs.data import GivenImages

        tables.take_images(GivenImages(images))
    elif args.table:
        from koubai.play.runs.data import load
        from koubai.play.settings import Settings

        path = _as_said(tables, args)
        chosen = {"dataset": "table", "table": tables.add(path), "target": args.target.strip(), "axes": "pca"}
        settings = Settings(lesson=lesson).changed(chosen)
        load(settings, tables.paths)  # report an unusable table before the page opens
    return settings


def _as_said(tables: "Tables", args: argparse.Namespace) -> Path:
    """Return the table's file or, if reading options were given, a normalised copy that needs none."""
    from koubai.tables.files.containers.standard import is_standard

    if all(value is None for value in reading_options(args).values()) and not is_standard(args.table):
        return Path(args.table)
    from koubai.tables.files.reading import read_table

    copy = tables.place(".parquet")
    read_table(args.table, **reading_options(args)).frame.write_parquet(copy)
    return copy
