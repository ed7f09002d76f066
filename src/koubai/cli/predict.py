"""``koubai predict``: apply a saved network to a table, or to images."""

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.images import options as images
from koubai.cli.parts.complaints import READING
from koubai.cli.parts.outputs import add_force, check_output
from koubai.cli.parts.parser import add_language
from koubai.cli.parts.predict_many import is_folder, predict_many, say_written
from koubai.cli.parts.reading import (
    TABLES,
    ListedNames,
    add_reading_options,
    is_streamed,
    read_or_open,
    reading_options,
    require_files,
    say_notes,
)
from koubai.cli.parts.terminal import console, printable
from koubai.cli.tables import reasoned
from koubai.cli.tables.starting import load_arrays
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.images.names import is_images

if TYPE_CHECKING:
    import polars as pl

    from koubai.models.predicting import Predicted, Prediction

EXAMPLES = """examples:
  koubai predict penguins.koubai examples/penguins.csv
  koubai predict penguins.koubai new.csv --out predictions.csv --include all
  koubai predict houses.koubai houses.parquet --out prices.parquet --include id
  koubai predict digits.koubai new/*.png --out found.csv
  koubai predict digits.koubai t10k-images-idx3-ubyte.gz
  koubai predict visits.koubai 's3://bucket/visits/*.parquet' --out predictions/

Without --out, the predictions go to standard output as CSV. If the table has the target column, the score is printed
on standard error. Columns unknown to the model are ignored. A table that is large relative to memory is read and
predicted block by block (--stream). FILE is written atomically; it replaces older predictions, but no other file
unless --force is given.
"""

SUFFIXES = (".csv", ".tsv", ".parquet")


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "predict",
        help="apply a saved network to a table or to images",
        description="Predict a column for each row of a table, or what each image shows.",
        epilog=EXAMPLES,
    )
    parser.set_defaults(run=run, options={**READING, **images.PREDICT})
    parser.add_argument("model", metavar="MODEL", help="a file that 'koubai fit' or the playground saved")
    parser.add_argument(
        "table", metavar="TABLE", nargs="+", help=f"{TABLES}; or pictures, a folder of them, an idx or npz file"
    )
    parser.add_argument("--out", metavar="FILE", help="where to write: a .csv, .tsv or .parquet file, or a folder")
    parser.add_argument(
        "--include",
        type=ListedNames,
        metavar="A,B",
        help="columns of the table to write before the prediction, or 'all'",
    )
    parser.add_argument(
        "--raw-cells",
        action="store_true",
        help="write texts that a spreadsheet would evaluate (starting with =, +, - or @) without a leading apostrophe",
    )
    parser.add_argument(
        "--files-at-once", type=int, metavar="N", help="of many files, how many are under way at a time (default: 2)"
    )
    add_force(parser)
    add_language(parser)
    parser.add_argument("--quiet", action="store_true", help="print only the predictions and errors")
    parser.add_argument(
        "--bad-cells",
        choices=("refuse", "missing"),
        default="refuse",
        help="cells that do not fit their column's kind: refuse the table (default), or count them as missing",
    )
    parser.add_argument(
        "--decimal", choices=(".", ","), help="the decimal mark, if it differs from the training table's"
    )
    parser.add_argument(
        "--thousands",
        choices=(",", ".", "none"),
        help="the thousands separator, if it differs from the training table's",
    )
    parser.add_argument(
        "--reasons",
        action="store_true",
        help="add a column with the three columns that speak most for or against each answer",
    )
    parser.add_argument(
        "--training",
        metavar="TABLE",
        help="with --reasons: rows like those that were learned from (default: those of TABLE)",
    )
    add_reading_options(parser.add_argument_group("the table"))
    images.add_predict_options(parser)
    images.keep_usual(parser)


def run(args: argparse.Namespace) -> int:
    """Load, read, predict, write; return the exit status."""
    from koubai.tables.files.many import is_many

    of_many = is_many(args.table[0])
    many = of_many and is_folder(args.out)
    if len(args.table) > 1 and args.table[0].endswith(".parquet"):
        raise ParameterError(worded("cli.error.pattern_tables_stand_quotation_marks", n_table=len(args.table)))
    if args.files_at_once is not None and not many:
        raise ParameterError(worded("cli.error.files_at_once_come_folder"))
    if args.raw_cells and many:
        raise _raw_parquet(args.out)
    if args.out is not None and not many:
        if Path(args.out).suffix.lower() not in SUFFIXES and not args.out.startswith("/dev/"):
            raise ParameterError(worded("cli.error.out_end_got_rename", suffixes=", ".join(SUFFIXES), out=args.out))
        if args.raw_cells and args.out.lower().endswith(".parquet"):
            raise _raw_parquet(args.out)
        check_output(args.out, args.force, reads=[*args.table, args.model])
    if len(args.table) > 1 or (is_images(args.table[0]) and not of_many):
        from koubai.cli.images.predict import run as run_images

        return run_images(args, _write)
    images.refuse(args, images=False)
    (args.table,) = args.table
    require_files([args.table], [args.model])
    reasoned.check(args, many)
    load_arrays()

    from koubai.models.files import OF_IMAGES, load_predictor
    from koubai.models.table_predictor import TablePredictor

    model = load_predictor(args.model)
    if not isinstance(model, TablePredictor) and type(model).__name__ in OF_IMAGES:
        raise ParameterError(worded("cli.error.given_images_learned_got", model=args.model, table=args.table))
    if not isinstance(model, TablePredictor):
        return _run_bare(args, model)
    if many:
        return _run_many(args, model)
    table = read_or_open(args, is_streamed(args, "predict"), model)
    prediction = model.prediction(table, bad_cells=args.bad_cells, decimal=args.decimal, thousands=args.thousands)
    pieces = reasoned.with_reasons(prediction, model, args, table) if args.reasons else prediction
    _write((_with_columns(piece, args.include) for piece in pieces), args.out, args.raw_cells)
    if not args.quiet:
        _say(args, prediction)
    return 0


def _raw_parquet(out: str) -> ParameterError:
    return ParameterError(worded("cli.error.raw_cells_come_text_since", out=out))


def _run_many(args: argparse.Namespace, model: object) -> int:
    """Predict each of many files by itself."""
    written = predict_many(args, model, _with_columns)
    if not args.quiet:
        say_written(args, written, console(sys.stderr))
    return 0


def _run_bare(args: argparse.Namespace, model: object) -> int:
    """Predict with a network that has no table's preparation, such as one saved in the playground."""
    from koubai.models.kept.bare import predict_bare
    from koubai.play.features import FEATURES

    for name in ("stream", "decimal", "thousands", "reasons"):
        if getattr(args, name):
            raise ParameterError(
                worded(
                    "cli.error.come_model_saved_koubai_fit", name=name, model=args.model, name_2=type(model).__name__
                )
            )
    from koubai.tables.files.reading import read_table

    table = read_table(args.table, **reading_options(args))
    frame = table.frame
    if not args.quiet:
        say_notes(table.notes)
    predicted = predict_bare(model, frame, FEATURES)
    _write(iter([_with_columns((frame, predicted), args.include)]), args.out, args.raw_cells)
    if args.out and not args.quiet:
        _say_written(args, frame.height)
    return 0


def _with_columns(
    piece: "Predicted | tuple[pl.DataFrame, pl.DataFrame]", include: "ListedNames | None"
) -> "pl.DataFrame":
    """Return the predictions, preceded by the requested columns of the table."""
    from koubai.tables.files.names import column_names
    from koubai.tables.meaning.columns import require_column

    frame, predicted = piece
    if include is None:
        return predicted
    names = frame.columns if include.text == "all" else column_names(include.among(frame.columns))
    for name in names:
        require_column(frame, name)
    doubled = sorted(set(names) & set(predicted.columns))
    if doubled:
        raise DataError(worded("cli.error.table_not_include_column_since", doubled=repr(doubled[0])))
    return frame.select(names).hstack(predicted)


def _write(frames: "Iterator[pl.DataFrame]", out: str | None, raw_cells: bool) -> None:
    """Write frames in order as one table, to standard output as CSV if no file is named."""
    from koubai.tables.files.writing import write_csv, write_parquet
    from koubai.training.atomic import replacing_file

    if out is None:
        write_csv(frames, _Terminal() if sys.stdout.isatty() else sys.stdout.buffer, raw_cells=raw_cells)
        sys.stdout.buffer.flush()
        return
    suffix = Path(out).suffix.lower()
    with replacing_file(out) as file:
        if suffix == ".parquet":
            write_parquet(frames, file)
        else:
            write_csv(frames, file, "\t" if suffix == ".tsv" else ",", raw_cells=raw_cells)


class _Terminal(io.BytesIO):
    """Standard output as a screen, with control characters escaped; a pipe gets the raw data."""

    def write(self, content: bytes) -> int:  # type: ignore[override]  # only bytes are written
        """Print whole lines."""
        lines = content.decode().split("\n")
        sys.stdout.write("\n".join(map(printable, lines)))
        return len(content)


def _say(args: argparse.Namespace, prediction: "Prediction") -> None:
    from koubai.cli.parts.scores import say_evaluation

    out = console(sys.stderr)
    for note in prediction.notes:
        out.print(worded("cli.note", note=printable(note)), style="yellow")
    if prediction.evaluation is not None:
        say_evaluation(out, prediction.evaluation, "rows_of_table")
    if args.out:
        _say_written(args, prediction.n_rows)


def _say_written(args: argparse.Namespace, n_rows: int) -> None:

    key = "cli.wrote_row" if n_rows == 1 else "cli.wrote_rows"
    console(sys.stderr).print(worded(key, out=printable(args.out), n_rows=f"{n_rows:,}"))
