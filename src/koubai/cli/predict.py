"""``koubai predict``: apply a saved network to a table."""

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.parts.complaints import READING
from koubai.cli.parts.outputs import add_force, check_output
from koubai.cli.parts.reading import ListedNames, add_reading_options, is_streamed, read_or_open, require_files
from koubai.cli.parts.terminal import printable
from koubai.core.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from koubai.models.predicting import Predicted, Prediction

EXAMPLES = """examples:
  koubai predict penguins.koubai examples/penguins.csv
  koubai predict penguins.koubai new.csv --out predictions.csv --include all
  koubai predict houses.koubai houses.parquet --out prices.parquet --include id

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
        help="apply a saved network to a table",
        description="Predict a column for each row of a table.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, options=READING)
    parser.add_argument("model", metavar="MODEL", help="a file that 'koubai fit' saved")
    parser.add_argument("table", metavar="TABLE", help="a .csv, .tsv, .parquet, .csv.gz or .tsv.gz file")
    parser.add_argument("--out", metavar="FILE", help="where to write: a .csv, .tsv or .parquet file")
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
    add_force(parser)
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
    add_reading_options(parser.add_argument_group("the table"))


def run(args: argparse.Namespace) -> int:
    """Load, read, predict, write; return the exit status."""
    if args.out is not None:
        if Path(args.out).suffix.lower() not in SUFFIXES and not args.out.startswith("/dev/"):
            raise ParameterError(f"--out must end in one of {', '.join(SUFFIXES)}; got '{args.out}'. Rename it.")
        if args.raw_cells and args.out.lower().endswith(".parquet"):
            raise ParameterError(
                f"--raw-cells must come with text, since a Parquet file holds all cells as they are; got '{args.out}'. "
                f"Leave it out."
            )
        check_output(args.out, args.force, reads=[args.table, args.model])
    require_files([args.table], [args.model])

    from koubai.models.files import load
    from koubai.models.table_model import TableModel

    model = load(args.model)
    if not isinstance(model, TableModel):
        raise ParameterError(
            f"MODEL must be a table model saved by 'koubai fit'; '{args.model}' contains a bare "
            f"{type(model).__name__}. Use koubai.load in Python."
        )
    table = read_or_open(args, is_streamed(args, "predict"), model)
    prediction = model.prediction(table, bad_cells=args.bad_cells, decimal=args.decimal, thousands=args.thousands)
    _write((_with_columns(piece, args.include) for piece in prediction), args.out, args.raw_cells)
    if not args.quiet:
        _say(args, prediction)
    return 0


def _with_columns(piece: "Predicted", include: "ListedNames | None") -> "pl.DataFrame":
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
        raise DataError(
            f"The table must not include a column {doubled[0]!r}, since the predictions have one of that name."
        )
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
    from koubai.cli.parts.terminal import console

    out = console(sys.stderr)
    for note in prediction.notes:
        out.print(f"Note: {printable(note)}", style="yellow")
    if prediction.evaluation is not None:
        say_evaluation(out, prediction.evaluation, "rows of this table")
    if args.out:
        rows = "row" if prediction.n_rows == 1 else "rows"
        out.print(f"Wrote   {printable(args.out)} ({prediction.n_rows:,} {rows})")
