"""Options of ``koubai fit`` for tables."""

import argparse
import re

from koubai.cli.parts.reading import ListedNames, add_reading_options
from koubai.cli.tables import honest, reported
from koubai.core.errors import on_one_line

TASKS = ("classification", "regression")


def add_table_options(group: "argparse._ArgumentGroup") -> None:
    """Add the options that say how a table is read and split."""
    group.add_argument("--task", choices=TASKS, help="the kind of prediction (default: inferred from the target)")
    for name, use in (
        ("--drop", "columns to drop; put a name that contains a comma in quotation marks: '\"a, b\",c'"),
        ("--keep", "columns to use whatever they look like"),
        ("--category", "numeric columns to treat as categories"),
        ("--text", "columns to treat as texts, whose words are counted"),
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
        "--test-fraction",
        type=float,
        metavar="SHARE",
        help="share of rows held out (default: 0.2; with --cv none, as all are scored by turns)",
    )
    honest.add_options(group)
    reported.add_options(group)
    add_reading_options(group)


def add_network_options(group: "argparse._ArgumentGroup") -> None:
    """Add the options of the network."""
    group.add_argument("--hidden", type=_sizes, metavar="64,32", help="nodes of the hidden layers, or none")
    group.add_argument("--activation", metavar="NAME", help="relu, tanh, sigmoid, gelu, silu, elu, … (default: silu)")
    group.add_argument("--loss", metavar="NAME", help="the loss (default: cross-entropy, or half the squared error)")
    group.add_argument(
        "--piecewise",
        action=argparse.BooleanOptionalAction,
        help="encode numbers by up to 48 pieces of their range besides (default: yes, unless quality is fast)",
    )
    group.add_argument("--dtype", choices=("float64", "float32"), default="float64", help="numbers (default: float64)")


def seconds(text: str) -> float:
    """Return a number of seconds; a column's name is told which option it is for."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a number of seconds such as 30; got {on_one_line(repr(text), 60)}. To train on the past and test "
            f"on the future, say --time-column"
        ) from None


def add_training_options(group: "argparse._ArgumentGroup") -> None:
    """Add the options that say how it is trained."""
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
        "--time", type=seconds, metavar="SECONDS", help="average as many networks as can be trained in that time"
    )
    group.add_argument(
        "--metric",
        metavar="NAME",
        help="the measure to serve: balanced_accuracy, f1, mcc, kappa, accuracy, auc, average_precision, log_loss, "
        "brier; rmse, mae, r2",
    )
    group.add_argument(
        "--intervals",
        type=float,
        metavar="LEVEL",
        help="give intervals (of classes: sets) that hold the truth with this probability, such as 0.9",
    )
    group.add_argument("--starts", type=int, metavar="N", help="try N sets of initial values and keep the best")
    group.add_argument(
        "--engine", metavar="NAME", help="cpu, reference, or jax, for GPUs and many machines (default: cpu)"
    )
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
