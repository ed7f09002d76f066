"""``koubai descend``: see gradient methods move on a function, on data, or around a trained network."""

import argparse
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koubai.cli.terminal import printable
from koubai.core.errors import DataError, ParameterError

if TYPE_CHECKING:
    from koubai.descent.display import Displayed
    from koubai.descent.objective import Objective, Window

EXAMPLES = """examples:
  koubai descend "x**4 - 2*x**3 + 1" --start 2 --optimizer sgd,momentum,adam --learning-rate 0.01 --out picture.png
  koubai descend rosenbrock --out rosenbrock.html
  koubai descend saddle --optimizer sgd,momentum,nesterov,adagrad,adadelta,rmsprop --steps 200 --out saddle.gif
  koubai descend "(1-x)**2 + 100*(y-x**2)**2" --start=-1.2,1 --start=0,2 --optimizer adam --learning-rate 0.01,0.1
  koubai descend himmelblau --basins --optimizer momentum --out basins.png
  koubai descend --fit line points.tsv --x x --y y --intercept -1.59 --learning-rate 1e-4 --out line.html
  koubai descend --fit logistic patients.csv --x age --y outcome --method steepest,minibatch,sgd --out fit.gif
  koubai descend --network penguins.koubai examples/penguins.csv --view landscape --out landscape.png
  koubai descend --network penguins.koubai examples/penguins.csv --view layers --optimizer adam --out layers.png
  koubai descend --list

A start that begins with a minus sign is written --start=-1.2,1. Without --learning-rate, each optimizer gets one that
suits the curvature at the start. The ending of --out says what is written: .png, .svg or .pdf (a picture), .gif, or
.html (plays in any browser, without a network); the option may be given several times.
"""

USUAL = "sgd,momentum,nesterov,adagrad,rmsprop,adam"


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "descend",
        help="see gradient methods move on a function or on data",
        description="Minimise a function by gradient methods and show their paths.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "function",
        nargs="?",
        metavar="FUNCTION",
        help="an expression, a known name (see --list), or a table",
    )
    parser.add_argument("--list", action="store_true", help="list the known functions and the optimizers")
    parser.add_argument("--out", action="append", default=[], metavar="FILE", help=".png, .svg, .pdf, .gif or .html")
    parser.add_argument("--lang", metavar="en|ja", help="language of the texts (default: that of the environment)")
    _add_descent_options(parser.add_argument_group("descent"))
    _add_basin_options(parser.add_argument_group("basins of attraction"))
    _add_fit_options(parser.add_argument_group("descent on data"))
    _add_network_options(parser.add_argument_group("around a trained network"))


def _add_descent_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--start", action="append", type=_numbers, metavar="X,Y", help="where to begin; may be repeated")
    group.add_argument("--optimizer", type=_names, metavar="A,B", help=f"optimizers to compare (default: {USUAL})")
    group.add_argument("--learning-rate", type=_numbers, metavar="A,B", help="learning rates to compare")
    group.add_argument("--steps", type=int, metavar="N", help="most updates (default: 1000; with --fit 10000)")
    group.add_argument("--step-size", type=float, metavar="D", help="stop after an update shorter than this")
    group.add_argument("--gradient-norm", type=float, metavar="G", help="stop at a smaller gradient (default: 1e-8)")
    group.add_argument("--value", type=float, metavar="V", help="stop at this value of the function")
    group.add_argument("--window", type=_window, metavar="X1:X2,Y1:Y2", help="what part of the function to show")
    group.add_argument(
        "--by-hand",
        action=argparse.BooleanOptionalAction,
        help="work out derivative, stationary points and minimum (default: where SymPy is installed)",
    )


def _add_basin_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--basins", action="store_true", help="show which minimum each start of the window reaches")
    group.add_argument("--resolution", type=int, default=200, metavar="N", help="starts along each axis (default: 200)")


def _add_fit_options(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--fit", choices=("line", "logistic", "perceptron"), help="what to fit to two columns of a table"
    )
    group.add_argument("--x", default="x", metavar="COLUMN", help="the column that predicts (default: x)")
    group.add_argument("--y", default="y", metavar="COLUMN", help="the column to be predicted (default: y)")
    group.add_argument("--intercept", type=float, metavar="B", help="the intercept, if it is known")
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
    group.add_argument("--network", metavar="MODEL", help="a model that 'koubai fit' saved; FUNCTION is then a table")
    group.add_argument(
        "--view",
        choices=("landscape", "path", "line", "sharpness", "layers", "rates", "batches"),
        default="landscape",
        help="the loss around it, along its training, on the line from its start or from --other; the largest "
        "eigenvalues of its Hessian; its layers in training; the range of learning rates; why the batch size matters",
    )
    group.add_argument("--other", metavar="MODEL", help="another model of the same shape, for --view line")
    group.add_argument("--epochs", type=int, default=20, metavar="N", help="passes of new training (default: 20)")
    group.add_argument(
        "--span", type=float, default=1.0, metavar="S", help="how far the landscape reaches (default: 1)"
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


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
            raise argparse.ArgumentTypeError(f"must hold ranges from low to high; got {text!r}")
    return tuple((low, high) for low, high in window)


def run(args: argparse.Namespace) -> int:
    """Descend, print who arrived, write what was asked for; return the exit status."""
    from koubai.core.language import language

    lang = language(args.lang)
    if args.list:
        _print_list()
        return 0
    if args.function is None:
        raise ParameterError("FUNCTION must be given; got none. Try 'koubai descend rosenbrock', or --list.")
    _check_endings(args.out)
    record: Displayed
    if args.network:
        from koubai.cli.descend_network import look

        record = look(args)
    elif args.fit:
        record = _fit(args)
    elif args.basins:
        record = _basins(args)
    else:
        record = _compare(args)
    record.show(lang)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: print(f"Note: {printable(message)}", file=sys.stderr)
        warnings.simplefilter("default")
        for path in args.out:
            record.save(path, lang)
            print(printable(path))
    return 0


def _check_endings(paths: Sequence[str]) -> None:
    """Refuse an unknown ending before the work is done instead of after it."""
    from koubai.views.descent import SUFFIXES

    for path in paths:
        if Path(path).suffix.lower() not in SUFFIXES:
            raise ParameterError(f"--out must end in one of {', '.join(SUFFIXES)}; got {path!r}. Try out.png.")


def _given(**options: Any) -> dict[str, Any]:
    """Return the options that were given, so that the function's own defaults hold for the others."""
    return {name: value for name, value in options.items() if value is not None}


def _compare(args: argparse.Namespace) -> "Displayed":
    from koubai.descent.compare import compare_descents
    from koubai.descent.functions import get_objective

    objective = get_objective(args.function)
    return compare_descents(
        objective,
        args.optimizer or _names(USUAL),
        args.learning_rate or (None,),
        args.start or (None,),
        work_out=_wants_by_hand(args.by_hand, objective),
        window=_checked_window(args.window, objective.n_variables),
        **_given(max_steps=args.steps, step_size=args.step_size, gradient_norm=args.gradient_norm, value=args.value),
    )


def _wants_by_hand(asked: bool | None, objective: "Objective") -> bool:
    """Return whether to work the function out: as asked, else where it can be and SymPy is there."""
    from importlib.util import find_spec

    from koubai.descent.by_hand import can_be_worked_out

    if asked is not None:
        return asked
    return objective.n_variables <= 2 and find_spec("sympy") is not None and can_be_worked_out(objective)


def _checked_window(window: "Window | None", n_variables: int) -> "Window | None":
    if window is not None and len(window) != n_variables:
        raise ParameterError(
            f"--window must hold one range for each of the {n_variables} variables; got {len(window)}. "
            f"Try {','.join(['-2:2'] * n_variables)}."
        )
    return window


def _basins(args: argparse.Namespace) -> "Displayed":
    from koubai.descent.basins import basins
    from koubai.descent.functions import get_objective

    objective = get_objective(args.function)
    rule, rate = one_of_each(args, "--basins")
    return basins(
        objective,
        rule,
        rate,
        window=_checked_window(args.window, objective.n_variables),
        resolution=args.resolution,
        **_given(max_steps=args.steps),
    )


def one_of_each(args: argparse.Namespace, who: str) -> tuple[str, float | None]:
    """Return the one optimizer, sgd by default, and the one learning rate or None; refuse several."""
    rules, rates = args.optimizer or ("sgd",), args.learning_rate or (None,)
    if len(rates) > 1 or len(rules) > 1:
        raise ParameterError(f"{who} must be given one optimizer and one learning rate; got several. Run it for each.")
    return rules[0], rates[0]


def _fit(args: argparse.Namespace) -> "Displayed":
    from koubai.descent.fits import fit_points

    x, y = _columns(args.function, args.x, args.y)
    rule, rate = one_of_each(args, "--fit")
    return fit_points(
        x,
        y,
        args.fit,
        intercept=args.intercept,
        methods=args.method,
        optimizer=rule,
        learning_rate=rate,
        start=args.start[0] if args.start else None,
        batch_size=args.batch_size,
        seed=args.seed,
        names=(args.x, args.y),
        window=_checked_window(args.window, 1 if args.intercept is not None else 2),
        **_given(max_steps=args.steps, step_size=args.step_size),
    )


def _columns(path: str, x: str, y: str) -> tuple[Any, Any]:
    """Return two columns of a table; y stays text if it is not numbers, as classes may be."""
    import numpy as np

    from koubai.tables.reading import read_table

    frame = read_table(path).frame
    for name in (x, y):
        if name not in frame.columns:
            raise DataError(
                f"The table '{path}' must have the column {name!r}; got {', '.join(frame.columns[:12])}. "
                f"Name two of them with --x and --y."
            )
    columns = []
    for name in (x, y):
        values = frame[name].to_numpy()
        try:
            columns.append(np.asarray(values, dtype=np.float64))
        except (TypeError, ValueError):
            columns.append(np.asarray(values, dtype=str))
    return columns[0], columns[1]


def _print_list() -> None:
    from koubai.cli.terminal import console, plain_table
    from koubai.descent.functions import NAMED
    from koubai.optimizers.registry import OPTIMIZERS

    rows = []
    for name, make in NAMED.items():
        objective = make()
        assert objective.expression is not None
        start = ", ".join(f"{x:g}" for x in objective.start or ())
        rows.append((name, objective.expression.text, start))
    out = console()
    out.print(plain_table(("function", "expression", "start"), rows))
    out.print(f"Optimizers: {', '.join(OPTIMIZERS)}")
