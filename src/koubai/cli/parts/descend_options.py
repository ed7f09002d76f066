"""The options of ``koubai descend``, the mode each belongs to, and the parsing of their values."""

import argparse
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from koubai.core.errors import ParameterError
from koubai.core.language import either_of, worded

if TYPE_CHECKING:
    from koubai.core.schema import Record
    from koubai.descent.functions.objective import Window

USUAL = "sgd,momentum,nesterov,adagrad,rmsprop,adam"
"""Optimizers compared by default."""

DESCENT = {"start", "gradient_norm", "value", "by_hand"}
FIT = {"x", "y", "intercept", "method", "standardize"}
NETWORK = {"view", "other", "epochs", "span"}
ALLOWED: Mapping[str, set[str]] = {
    "a function": {*DESCENT, "optimizer", "learning_rate", "steps", "step_size", "window"},
    "--basins": {"basins", "resolution", "optimizer", "learning_rate", "steps", "window"},
    "--fit": {"fit", *FIT, "start", "optimizer", "learning_rate", "steps", "step_size", "window", "batch_size", "seed"},
    "--network": {"network", *NETWORK, "optimizer", "learning_rate", "batch_size", "seed"},
}
"""The options that apply in each mode."""
EVERY = set[str]().union(*ALLOWED.values())
"""All of these options."""


def way_in(args: argparse.Namespace, defaults: Mapping[str, object]) -> str:
    """Return the chosen mode, a key of `ALLOWED`.

    Raises
    ------
    ParameterError
        If an option was given that does not apply in that mode.
    """
    way = "--network" if args.network else "--fit" if args.fit else "--basins" if args.basins else "a function"
    for name in sorted(EVERY - ALLOWED[way]):
        if getattr(args, name) != defaults[name]:
            if f"--{name}" in ALLOWED:
                raise ParameterError(worded("descend.error.cannot_combine", name=name, way=_said(way)))
            ways = [_said(other) for other, names in ALLOWED.items() if name in names]
            belongs = either_of(ways)
            option = name.replace("_", "-")
            raise ParameterError(worded("descend.error.belongs", name=option, belongs=belongs, way=_said(way)))
    if args.seed < 0:
        raise ParameterError(worded("descend.error.seed", got=args.seed))
    return way


def _said(way: str) -> str:
    """Return what a mode is called in a sentence."""
    return way if way.startswith("--") else worded("descend.way.function")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of all modes."""
    _add_descent_options(parser.add_argument_group("descent"))
    _add_basin_options(parser.add_argument_group("basins of attraction"))
    _add_fit_options(parser.add_argument_group("descent on data"))
    _add_network_options(parser.add_argument_group("around a trained network"))


def _add_descent_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--start", action="append", type=_numbers, metavar="X,Y", help="where to begin; may be repeated")
    group.add_argument(
        "--optimizer",
        type=_names,
        metavar="A,B",
        help=f"optimizers to compare, each with its own rate if wanted, adam:0.1 (default: {USUAL}; with --network, "
        "the model's own)",
    )
    group.add_argument("--learning-rate", type=_numbers, metavar="A,B", help="learning rates to compare")
    group.add_argument(
        "--steps", type=int, metavar="N", help="maximum number of updates (default: 1000; with --fit 10000)"
    )
    group.add_argument("--step-size", type=float, metavar="D", help="stop after an update shorter than this")
    group.add_argument("--gradient-norm", type=float, metavar="G", help="stop at a smaller gradient (default: 1e-8)")
    group.add_argument("--value", type=float, metavar="V", help="stop at this value of the function")
    group.add_argument("--window", type=_window, metavar="X1:X2,Y1:Y2", help="the part of the function to show")
    group.add_argument(
        "--by-hand",
        action=argparse.BooleanOptionalAction,
        help="derive derivative, stationary points and minimum exactly (default: if SymPy is installed)",
    )


def _add_basin_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--basins", action="store_true", help="show which minimum is reached from each start in the window"
    )
    group.add_argument("--resolution", type=int, default=200, metavar="N", help="starts along each axis (default: 200)")


def _add_fit_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--fit", choices=("line", "logistic", "perceptron"), help="what to fit to two columns of a table"
    )
    group.add_argument("--x", default="x", metavar="COLUMN", help="the predictor column (default: x)")
    group.add_argument("--y", default="y", metavar="COLUMN", help="the column to predict (default: y)")
    group.add_argument("--standardize", action="store_true", help="fit (x - mean) / standard deviation instead of x")
    group.add_argument("--intercept", type=float, metavar="B", help="the intercept, if known")
    group.add_argument(
        "--method",
        type=_names,
        default=("steepest",),
        metavar="A,B",
        help="steepest, minibatch, sgd (default: steepest)",
    )
    group.add_argument("--batch-size", type=int, default=32, metavar="ROWS", help="rows of a minibatch (default: 32)")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the order of the rows (default: 0)")


def _add_network_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--network", metavar="MODEL", help="a model saved by 'koubai fit'; FUNCTION is then a table")
    group.add_argument(
        "--view",
        choices=("landscape", "path", "line", "solutions", "sharpness", "layers", "rates", "batches"),
        default="landscape",
        help="landscape: the loss around it; path: along a new training run; line: on the line from its start, or "
        "to --other; solutions: on the line to a network retrained from another start; sharpness: the largest "
        "eigenvalues of its Hessian; layers: its layers during training; rates: the range of learning rates; "
        "batches: why n matters",
    )
    group.add_argument("--other", metavar="MODEL", help="another model of the same shape, for --view line")
    group.add_argument("--epochs", type=int, metavar="N", help="passes of new training (default: 20)")
    group.add_argument("--span", type=float, default=1.0, metavar="S", help="extent of the landscape (default: 1)")


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise argparse.ArgumentTypeError(f"must be names such as sgd,adam; got {text!r}")
    return names


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be numbers such as 0.5 or -1.2,1; got {text!r}") from None


def _window(text: str) -> "Window":
    if not re.fullmatch(r"[^:,]+:[^:,]+(,[^:,]+:[^:,]+)?", text):
        raise argparse.ArgumentTypeError(f"must be ranges such as -2:2 or -2:2,-1:3; got {text!r}")
    window = tuple(_numbers(part.replace(":", ",")) for part in text.split(","))
    for low, high in window:
        if not -1e300 < low < high < 1e300:
            raise argparse.ArgumentTypeError(f"must be ranges from low to high; got {text!r}")
    return tuple((low, high) for low, high in window)


def checked_window(window: "Window | None", n_variables: int) -> "Window | None":
    """Return the window if it has a range for each variable; otherwise raise ParameterError."""
    if window is not None and len(window) != n_variables:
        example = ",".join(["-2:2"] * n_variables)
        raise ParameterError(worded("descend.error.window", n=n_variables, got=len(window), example=example))
    return window


def one_of_each(args: argparse.Namespace, who: str) -> tuple[str, float | None]:
    """Return the single optimizer, sgd by default, and the single learning rate or None; refuse several."""
    rules, rates = args.optimizer or ("sgd",), args.learning_rate or (None,)
    if len(rates) > 1 or len(rules) > 1:
        raise ParameterError(worded("descend.error.one_rule", who=who))
    return rules[0], rates[0]


def given(**options: object) -> "Record":
    """Return the options given, so that the function's own defaults apply to the others."""
    return {name: value for name, value in options.items() if value is not None}
