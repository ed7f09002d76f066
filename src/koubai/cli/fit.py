"""``koubai fit``: train a network on a table."""

import argparse
import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koubai.cli.parts.complaints import READING
from koubai.cli.parts.outputs import add_force, foreign
from koubai.cli.parts.reading import ListedNames, add_reading_options, is_streamed, read_or_open, require_files
from koubai.cli.parts.terminal import forget_output, printable
from koubai.core.errors import ParameterError

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel
    from koubai.training.history import Epoch
    from koubai.training.loop import Callback

EXAMPLES = """examples:
  koubai fit examples/penguins.csv --target species
  koubai fit houses.parquet --target price --hidden 256,128 --model houses.koubai
  koubai fit patients.csv --target outcome --drop ward,nurse --class-weight balanced
  koubai fit digits.csv --target digit --task classification --optimizer sgd --learning-rate 0.1 --epochs 100
  koubai fit clicks.parquet --target bought --checkpoint clicks.checkpoint

Numbers, categories, truth values, dates and missing values are prepared automatically. Columns that merely identify
rows, and constant ones, are dropped. A fifth of the rows is held out to evaluate the network. Ctrl-C stops training
and keeps the best network so far. A table too large for memory is read block by block (--stream).
"""

TASKS = ("classification", "regression")


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "fit",
        help="train a network on a table and save it",
        description="Train a network to predict one column of a table from the others, and save it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, options=OPTIONS)
    parser.add_argument("table", metavar="TABLE", help="a .csv, .tsv, .parquet, .csv.gz or .tsv.gz file")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the column to predict")
    parser.add_argument(
        "--model", metavar="FILE", help="where to save the model (default: the table's name with .koubai)"
    )
    add_force(parser)
    parser.add_argument("--quiet", action="store_true", help="print only errors")
    _add_table_options(parser.add_argument_group("the table"))
    _add_network_options(parser.add_argument_group("the network"))
    _add_training_options(parser.add_argument_group("training"))


def _add_table_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--task", choices=TASKS, help="the kind of prediction (default: inferred from the target)")
    for name, use in (
        ("--drop", "columns to drop; put a name that contains a comma in quotation marks: '\"a, b\",c'"),
        ("--keep", "columns to use whatever they look like"),
        ("--category", "numeric columns to treat as categories"),
        ("--missing", "marks of missing values, such as -999,unknown"),
        ("--not-missing", "values that look missing but are not, such as None,NA"),
    ):
        group.add_argument(name, type=ListedNames, default=ListedNames(), metavar="A,B", help=use)
    group.add_argument("--decimal", choices=(".", ","), help="the decimal mark, if the cells leave it open")
    group.add_argument(
        "--thousands", choices=(",", ".", " ", "'", "none"), help="the thousands separator, if the cells leave it open"
    )
    group.add_argument(
        "--date-order", choices=("dmy", "mdy", "ymd"), help="order of day, month and year, if the cells leave it open"
    )
    group.add_argument(
        "--test-fraction", type=float, default=0.2, metavar="SHARE", help="share of rows held out (default: 0.2)"
    )
    add_reading_options(group)


def _add_network_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--hidden", type=_sizes, metavar="64,32", help="nodes of the hidden layers, or none")
    group.add_argument("--activation", metavar="NAME", help="relu, tanh, sigmoid, gelu, silu, elu, … (default: silu)")
    group.add_argument("--loss", metavar="NAME", help="the loss (default: cross-entropy, or half the squared error)")
    group.add_argument(
        "--piecewise",
        action=argparse.BooleanOptionalAction,
        help="encode numbers by up to 16 pieces of their range besides (default: yes, unless quality is fast)",
    )
    group.add_argument("--dtype", choices=("float64", "float32"), default="float64", help="numbers (default: float64)")


def _add_training_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--optimizer", metavar="NAME", help="adam, adamw, sgd, momentum, rmsprop, lbfgs, … (default: adamw)"
    )
    group.add_argument("--learning-rate", type=float, metavar="RATE", help="the maximum learning rate")
    group.add_argument("--schedule", metavar="NAME", help="one_cycle, cosine, constant, step, … (default: cosine)")
    group.add_argument("--batch-size", type=int, metavar="ROWS", help="rows per update")
    group.add_argument("--epochs", type=int, metavar="N", help="passes over the table")
    group.add_argument("--dropout", type=float, metavar="SHARE", help="share of hidden nodes dropped in each update")
    group.add_argument("--l2", type=float, metavar="STRENGTH", help="penalty on squared weights")
    group.add_argument("--l1", type=float, metavar="STRENGTH", help="penalty on absolute weights")
    group.add_argument(
        "--early-stopping",
        action=argparse.BooleanOptionalAction,
        help="keep the network from the epoch that is best on a tenth of the rows (default: with 2,000 rows or more)",
    )
    group.add_argument(
        "--validation-metric",
        choices=("loss", "score"),
        help="choose that epoch by the loss, which considers probabilities, or by accuracy or R² (default: loss)",
    )
    group.add_argument(
        "--cross-validation",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="choose a small table's penalty and confidence by cross-validation (default: yes)",
    )
    group.add_argument(
        "--quality",
        choices=("fast", "good", "best"),
        default="good",
        help="average one network, up to 8 or up to 32 (default: good)",
    )
    group.add_argument("--members", type=int, metavar="N", help="average so many networks; 1 keeps a single one")
    group.add_argument(
        "--time", type=float, metavar="SECONDS", help="average as many networks as can be trained in that time"
    )
    group.add_argument("--starts", type=int, metavar="N", help="try N sets of initial values and keep the best")
    group.add_argument(
        "--jobs", type=int, metavar="N", help="maximum number of threads (default: as many as are worthwhile)"
    )
    group.add_argument("--checkpoint", metavar="FILE", help="save progress to FILE; an interrupted fit resumes from it")
    group.add_argument(
        "--checkpoint-every", type=float, metavar="SECONDS", help="how often to save progress (default: 10)"
    )
    group.add_argument("--class-weight", choices=("balanced",), help="give rare classes the same weight as common ones")
    group.add_argument(
        "--seed", type=int, default=0, metavar="N", help="the same seed gives the same network (default: 0)"
    )


def _sizes(text: str) -> tuple[int, ...]:
    if text.strip().lower() in ("none", "0", ""):
        return ()
    sizes = tuple(int(size) for size in re.findall(r"\d+", text))
    if not re.fullmatch(r"\s*\d{1,6}(\s*[,x-]\s*\d{1,6})*\s*", text) or 0 in sizes:
        raise argparse.ArgumentTypeError(f"must be whole numbers above 0 such as 64,32, or none; got {text!r}")
    return sizes


OPTIONS_OF_NETWORK: Mapping[str, str] = {
    "hidden_layer_sizes": "hidden",
    "activation": "activation",
    "loss": "loss",
    "optimizer": "optimizer",
    "learning_rate_init": "learning-rate",
    "schedule": "schedule",
    "batch_size": "batch-size",
    "epochs": "epochs",
    "n_starts": "starts",
    "n_jobs": "jobs",
    "dropout": "dropout",
    "alpha": "l2",
    "l1": "l1",
    "early_stopping": "early-stopping",
    "checkpoint": "checkpoint",
    "checkpoint_every": "checkpoint-every",
    "validation_metric": "validation-metric",
    "class_weight": "class-weight",
}
"""The option that sets each of the network's parameters."""

OPTIONS: Mapping[str, str] = {
    **OPTIONS_OF_NETWORK,
    "piecewise": "piecewise",
    "quality": "quality",
    "n_members": "members",
    "time": "time",
    "random_state": "seed",
    "test_fraction": "test-fraction",
    "task": "task",
    "drop": "drop",
    "keep": "keep",
    "category": "category",
    "decimal": "decimal",
    "thousands": "thousands",
    "date_order": "date-order",
    "missing": "missing",
    "not_missing": "not-missing",
    **READING,
}
"""The option that sets each parameter."""


def network_parameters(args: argparse.Namespace) -> dict[str, Any]:
    """Return the estimator's parameters that were given as options."""
    given = {name: getattr(args, option.replace("-", "_")) for name, option in OPTIONS_OF_NETWORK.items()}
    given["keep_checkpoint"] = None if args.checkpoint is None else True  # until the model is safely written
    return {name: value for name, value in given.items() if value is not None}


def run(args: argparse.Namespace) -> int:
    """Read, train, evaluate, save; return the exit status."""
    path = args.model
    if path is None:
        path = Path(args.table).name.removesuffix(".gz").rpartition(".")[0] + ".koubai"
    _check_outputs(path, args.checkpoint, args.table)
    require_files([args.table])

    from koubai.cli.main import DONE, INTERRUPTED
    from koubai.cli.parts import fit_report as report
    from koubai.cli.parts.stopping import Quit
    from koubai.models.files import save
    from koubai.models.table_model import TableModel
    from koubai.tables.files.blocks import TableBlocks
    from koubai.tables.files.names import column_names

    if args.checkpoint is None and args.checkpoint_every is not None:
        raise ParameterError(
            f"--checkpoint-every must come with --checkpoint; got {args.checkpoint_every:g} alone. "
            f"Name a file with --checkpoint."
        )
    model = TableModel(
        task=args.task,
        decimal=args.decimal,
        thousands=args.thousands,
        date_order=args.date_order,
        missing=args.missing.names,
        not_missing=args.not_missing.names,
        dtype=args.dtype,
        random_state=args.seed,
        cross_validation=args.cross_validation,
        piecewise=args.piecewise,
        quality=args.quality,
        n_members=args.members,
        time=args.time,
        **network_parameters(args),
    )
    streamed = is_streamed(args, "fit")
    checked = model.check(args.target, args.test_fraction, streamed)
    if not args.force:
        _spare_other_files(path, "model")
    if args.checkpoint is not None and not args.force:
        _spare_other_files(args.checkpoint, "checkpoint")
    with _notes_of_warnings(args.quiet):
        try:
            table = read_or_open(args, streamed)
            columns = table.columns if isinstance(table, TableBlocks) else table.frame.columns
            model.drop, model.keep, model.category = (
                column_names(listed.among(columns)) for listed in (args.drop, args.keep, args.category)
            )
            prepared = model.survey(table, checked) if isinstance(table, TableBlocks) else model.prepare(table, checked)
            if not args.quiet:
                try:
                    report.say_what_was_read(prepared, args.table)
                    sys.stdout.flush()
                except BrokenPipeError:
                    forget_output()  # continue training: the model is what was asked for
            _train(model, prepared, args.quiet)
        except (Quit, KeyboardInterrupt):
            print("koubai fit: interrupted; nothing was saved.", file=sys.stderr)
            return INTERRUPTED
    save(model, path)
    if args.checkpoint is not None and model.estimator_.history_.stopped != "interrupted":
        Path(args.checkpoint).unlink(missing_ok=True)  # only now that the model has been saved
    if not args.quiet:
        report.say_how_good(model, path, os.path.getsize(path))
    return DONE


def _check_outputs(path: str, checkpoint: str | None, table: str) -> None:
    """Raise FileError if the model or the checkpoint cannot be written, or would replace another file."""
    from koubai.training.atomic import check_writable

    check_writable(path, reads=[table])
    if checkpoint is not None:
        check_writable(checkpoint, reads=[table])
        if os.path.realpath(checkpoint) == os.path.realpath(path):
            raise ParameterError(
                f"--checkpoint must be a different file from the model; got '{path}' for both. Rename one."
            )


def _spare_other_files(path: str, what: str) -> None:
    """Raise FileError if the path is a non-empty file other than a model or a checkpoint."""
    from koubai.training.checkpoints import KIND
    from koubai.training.container import kind_of

    if not os.path.isfile(path) or not os.path.getsize(path):
        return
    kind = kind_of(path)
    if kind is None or (kind == KIND) != (what == KIND):
        raise foreign(path, f"a koubai {what}")


def _train(model: "TableModel", prepared: Any, quiet: bool) -> None:
    """Train until done or Ctrl-C, which takes effect after the epoch or, if epochs are long, its current part."""
    from koubai.cli.parts.stopping import Quit, Stopper
    from koubai.models.streamed import StreamedTable

    show_bar = not quiet and sys.stderr.isatty()
    say_epoch = _sayer(model.network.get("validation_metric", "loss") == "loss")
    if isinstance(prepared, StreamedTable):
        model.train(prepared, [] if quiet or show_bar else [say_epoch], progress=show_bar)
        if model.estimator_.history_.stopped == "interrupted" and not model.estimator_.t_:
            raise Quit
        return
    with Stopper() as stopper:
        callbacks = [stopper] if quiet or show_bar else [stopper, say_epoch]
        model.train(prepared, callbacks, progress=show_bar)


def _sayer(by_loss: bool) -> "Callback":
    """Return a callback that prints a line for epochs 1, 2, 5, 10, 20, 50, … if there is no terminal for a bar."""

    def say(epoch: "Epoch") -> None:
        if str(epoch.number).rstrip("0") in ("1", "2", "5"):
            given = epoch.validation_score
            shown = "" if given is None else f", validation {f'loss {-given:.5g}' if by_loss else f'score {given:.4f}'}"
            print(f"Epoch {epoch.number}: loss {epoch.loss:.5g}{shown}", file=sys.stderr, flush=True)

    return say


@contextmanager
def _notes_of_warnings(quiet: bool) -> Iterator[None]:
    """Print warnings as one-line notes."""

    def note(message: Warning | str, *details: Any, **more: Any) -> None:
        if not quiet:
            print(f"Note: {printable(message)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = note
        yield
