"""``koubai predict``: apply a saved network to a table."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.fit import add_reading_options
from koubai.core.errors import DataError, ParameterError

if TYPE_CHECKING:
    import polars as pl

EXAMPLES = """examples:
  koubai predict penguins.koubai examples/penguins.csv
  koubai predict penguins.koubai new.csv --out predictions.csv --include all
  koubai predict houses.koubai houses.parquet --out prices.parquet --include id

Without --out, the predictions go to standard output as CSV. If the table has the target column, the score is printed
on standard error. Columns that the model does not know are ignored.
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
    parser.set_defaults(run=run)
    parser.add_argument("model", metavar="MODEL", help="a file that 'koubai fit' saved")
    parser.add_argument("table", metavar="TABLE", help="a .csv, .tsv, .parquet, .csv.gz or .tsv.gz file")
    parser.add_argument("--out", metavar="FILE", help="where to write: a .csv, .tsv or .parquet file")
    parser.add_argument(
        "--include", metavar="A,B", help="columns of the table to write before the prediction, or 'all'"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but the predictions and mistakes")
    add_reading_options(parser.add_argument_group("the table"))


def run(args: argparse.Namespace) -> int:
    """Load, read, predict, write; return the exit status."""
    from koubai.models.files import load
    from koubai.models.table_model import TableModel
    from koubai.tables.reading import read_table
    from koubai.training.atomic import check_writable, replace_file

    if args.out is not None:
        if Path(args.out).suffix.lower() not in SUFFIXES and not args.out.startswith("/dev/"):
            raise ParameterError(f"--out must end in one of {', '.join(SUFFIXES)}; got '{args.out}'. Rename it.")
        check_writable(args.out, reads=[args.table, args.model])
    model = load(args.model)
    if not isinstance(model, TableModel):
        raise ParameterError(
            f"MODEL must be a model for tables, as 'koubai fit' saves; '{args.model}' holds a bare "
            f"{type(model).__name__}. Use koubai.load in Python."
        )
    header = False if args.no_header else None
    table = read_table(args.table, encoding=args.encoding, separator=args.separator, header=header)
    predicted, evaluation, notes = model.predict_and_evaluate(table)
    result = _with_columns(table.frame, predicted, args.include)
    content = _content(result, Path(args.out or "").suffix.lower())
    if args.out:
        replace_file(args.out, content)
    if not args.quiet:
        _say(args, notes, evaluation, result.height)
    if not args.out:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    return 0


def _with_columns(frame: "pl.DataFrame", predicted: "pl.DataFrame", include: str | None) -> "pl.DataFrame":
    """Return the predictions with the wanted columns of the table before them."""
    from koubai.tables.columns import require_column

    if not include:
        return predicted
    names = frame.columns if include == "all" else [name.strip() for name in include.split(",") if name.strip()]
    for name in names:
        require_column(frame, name)
    doubled = sorted(set(names) & set(predicted.columns))
    if doubled:
        raise DataError(f"The table must have no column {doubled[0]!r} to be included, as the predictions have one.")
    return frame.select(names).hstack(predicted)


def _content(result: "pl.DataFrame", suffix: str) -> bytes:
    import io

    buffer = io.BytesIO()
    if suffix == ".parquet":
        result.write_parquet(buffer)
    else:
        result.write_csv(buffer, separator="\t" if suffix == ".tsv" else ",")
    return buffer.getvalue()


def _say(args: argparse.Namespace, notes: list[str], evaluation: object, n_rows: int) -> None:
    from koubai.cli.scores import say_evaluation
    from koubai.cli.terminal import console, printable
    from koubai.models.evaluation import Evaluation

    out = console(sys.stderr)
    for note in notes:
        out.print(f"Note: {printable(note)}", style="yellow")
    if isinstance(evaluation, Evaluation):
        say_evaluation(out, evaluation, "rows of this table")
    if args.out:
        out.print(f"Wrote   {printable(args.out)} ({n_rows:,} {'row' if n_rows == 1 else 'rows'})")
