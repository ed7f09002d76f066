"""``koubai export``: write a saved model as something that computes elsewhere."""

import argparse
import sys
from pathlib import Path

from koubai.cli.parts.outputs import add_force, check_output
from koubai.cli.parts.parser import add_language
from koubai.cli.parts.reading import ListedNames, require_files
from koubai.cli.parts.terminal import console, printable
from koubai.cli.tables.starting import load_base
from koubai.core.language import worded

EXAMPLES = """examples:
  koubai export penguins.koubai --to onnx
  koubai export penguins.koubai --to c --out penguins.c
  koubai export penguins.koubai --to sql --dialect duckdb --table penguins --include id
  koubai export penguins.koubai --to svg --out penguins.svg

All of the model is written, from the table's columns or a picture's pixels to the prediction: missing values,
categories, dates, the average of several networks, intervals. Code goes to standard output unless --out names a file;
ONNX and PNG go to a file in this folder. Pictures (svg, tikz, png) show the network with its weights. docs/export.md
says what each of them takes and gives.
"""

OPTIONS = {"to": "to", "table": "table", "dialect": "dialect", "include": "include", "nodes": "nodes"}

WITHOUT_FILE = ("c", "js", "python", "sql", "svg", "tikz")
"""What can go to standard output."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "export",
        help="write a saved network as ONNX, C, JavaScript, Python, SQL or a picture",
        description="Write a saved model as something that computes elsewhere.",
        epilog=EXAMPLES,
    )
    parser.set_defaults(run=run, options=OPTIONS)
    parser.add_argument("model", metavar="MODEL", help="a file saved by 'koubai fit' or koubai.save")
    parser.add_argument("--to", required=True, metavar="TARGET", help="one of onnx, c, js, python, sql, svg, tikz, png")
    parser.add_argument("--out", metavar="FILE", help="the file to write")
    add_force(parser)
    add_language(parser)
    sql = parser.add_argument_group("SQL")
    sql.add_argument("--table", metavar="NAME", help="the table to score (default: data)")
    sql.add_argument("--dialect", metavar="NAME", help="sqlite (default), postgresql or duckdb")
    sql.add_argument("--include", type=ListedNames, metavar="A,B", help="columns to select before the prediction")
    pictures = parser.add_argument_group("pictures")
    pictures.add_argument("--nodes", type=int, metavar="N", help="show at most N nodes of a layer (default: 10)")


def run(args: argparse.Namespace) -> int:
    """Load, write; return the exit status."""
    from koubai.export.exporting import TARGETS, check_target, export

    options = {name: getattr(args, name) for name in ("table", "dialect", "nodes") if getattr(args, name) is not None}
    if args.include is not None:
        options["include"] = args.include.names
    check_target(args.to, options)
    out = args.out
    if out is None and args.to not in WITHOUT_FILE:
        out = str(Path(args.model).with_suffix(TARGETS[args.to].suffix).name)
    if out is not None:
        check_output(out, args.force, reads=[args.model])
    require_files([], [args.model])
    load_base()

    from koubai.models.files import load

    content = export(load(args.model), args.to, out, **options)
    if out is None:
        sys.stdout.write(content if isinstance(content, str) else "")
    else:
        _say(out, content)
    return 0


def _say(out: str, content: str | bytes) -> None:

    size = len(content) / 1000
    console(sys.stderr).print(worded("cli.wrote_size", out=printable(out), size=f"{size:,.0f}"))
