"""``koubai descend``: see gradient methods move on a function, on data, or around a trained network."""

import argparse
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.parts.descend_options import EVERY, USUAL, add_options, checked_window, given, way_in
from koubai.cli.parts.outputs import add_force, check_output
from koubai.cli.parts.reading import require_files, say_notes
from koubai.cli.parts.terminal import console, plain_table, printable, sentence_of
from koubai.core.errors import ParameterError
from koubai.core.language import Language, language, text, worded

if TYPE_CHECKING:
    from koubai.descent.display import Displayed
    from koubai.descent.functions.objective import Objective

EXAMPLES = """examples:
  koubai descend "x**4 - 2*x**3 + 1" --start 2 --optimizer sgd,momentum,adam --learning-rate 0.01 --out picture.png
  koubai descend rosenbrock --out rosenbrock.html
  koubai descend saddle --optimizer sgd,momentum,nesterov,adagrad,adadelta,rmsprop --steps 200 --out saddle.gif
  koubai descend "(1-x)**2 + 100*(y-x**2)**2" --start=-1.2,1 --start=0,2 --optimizer adam --learning-rate 0.01,0.1
  koubai descend himmelblau --basins --optimizer sgd,momentum,adam --out basins.png
  koubai descend --fit line points.tsv --x x --y y --intercept -1.59 --learning-rate 1e-4 --out line.html
  koubai descend --fit logistic patients.csv --x age --y outcome --standardize --method steepest,sgd --out fit.gif
  koubai descend --fit perceptron patients.csv --x age --y outcome --standardize --method sgd --out perceptron.html
  koubai descend --network penguins.koubai examples/penguins.csv --view landscape --out landscape.png
  koubai descend --network penguins.koubai examples/penguins.csv --view sharpness
  koubai descend --network penguins.koubai examples/penguins.csv --view layers --optimizer adam --out layers.png
  koubai descend --network penguins.koubai examples/penguins.csv --view batches --out why_n_matters.png
  koubai descend "x**2 + 20*y**2" --start=-9,2 --optimizer sgd:0.001,momentum:0.001,adam:0.1 --out valley.gif
  koubai descend --list

Without --learning-rate, each optimizer gets one that
suits the curvature at the start. The ending of --out says what is written: .png, .svg or .pdf (a picture), .gif, or
.html (plays in any browser, without a network); the option may be given several times.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "descend",
        help="see gradient methods move on a function or on data",
        description="Minimise a function by gradient methods and show their paths.",
        epilog=EXAMPLES,
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
    add_force(parser)
    parser.add_argument("--lang", metavar="en|ja", help="language of the output (default: from the environment)")
    add_options(parser)
    parser.set_defaults(defaults={name: parser.get_default(name) for name in EVERY})


def run(args: argparse.Namespace) -> int:
    """Descend, print which paths arrived, write the requested files; return the exit status."""
    lang = language(args.lang)
    if args.list:
        _print_list(lang)
        return 0
    way = way_in(args, args.defaults)
    if args.function is None:
        wanted = worded("descend.way.table" if way in ("--fit", "--network") else "descend.way.expression")
        raise ParameterError(worded("descend.error.function", wanted=wanted))
    reads = [args.network, args.other, args.function if way in ("--fit", "--network") else None]
    require_files(reads[2:], reads[:2])
    _check_outputs(args.out, args.force, reads, moves=way in ("a function", "--fit"))
    record = _record(args, way)
    record.show(lang)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: say_notes([sentence_of(message)])
        warnings.simplefilter("default")
        for path in args.out:
            record.save(path, lang)
            print(printable(path))
    return 0


def _record(args: argparse.Namespace, way: str) -> "Displayed":
    """Return the requested record."""
    if way == "--network":
        from koubai.cli.parts.descend_network import look

        return look(args)
    if way == "--fit":
        from koubai.cli.parts.descend_fit import fit

        return fit(args)
    return _basins(args) if way == "--basins" else _compare(args)


def _check_outputs(paths: Sequence[str], force: bool, reads: Sequence[str | None], moves: bool) -> None:
    """Refuse outputs that cannot be written before doing the work."""
    from koubai.views.descent.showing import STILL, SUFFIXES

    allowed = SUFFIXES if moves else STILL
    for path in paths:
        if Path(path).suffix.lower() not in allowed:
            why = "" if moves else worded("descend.error.still")
            named = {"endings": ", ".join(allowed), "why": why, "path": repr(path)}
            raise ParameterError(worded("descend.error.ending", **named))
        check_output(path, force, reads)


def _compare(args: argparse.Namespace) -> "Displayed":
    from koubai.descent.functions.known import get_objective
    from koubai.descent.paths.compare import compare_descents

    objective = get_objective(args.function)
    return compare_descents(
        objective,
        args.optimizer or USUAL.split(","),
        args.learning_rate or (None,),
        args.start or (None,),
        work_out=_wants_by_hand(args.by_hand, objective),
        window=checked_window(args.window, objective.n_variables),
        **given(max_steps=args.steps, step_size=args.step_size, gradient_norm=args.gradient_norm, value=args.value),
    )


def _wants_by_hand(asked: bool | None, objective: "Objective") -> bool:
    """Return whether to solve by hand: as requested, else where possible and SymPy is installed."""
    from importlib.util import find_spec

    from koubai.descent.functions.by_hand import can_be_worked_out

    if asked is not None:
        return asked
    return objective.n_variables <= 2 and find_spec("sympy") is not None and can_be_worked_out(objective)


def _basins(args: argparse.Namespace) -> "Displayed":
    from koubai.descent.functions.known import get_objective
    from koubai.descent.paths.basins import compare_basins

    objective = get_objective(args.function)
    rates = args.learning_rate or (None,)
    if len(rates) > 1:
        raise ParameterError(worded("descend.error.basins_rate", got=len(rates)))
    return compare_basins(
        objective,
        args.optimizer or ("sgd",),
        rates[0],
        window=checked_window(args.window, objective.n_variables) if objective.n_variables == 2 else None,
        resolution=args.resolution,
        **given(max_steps=args.steps),
    )


def _print_list(lang: Language) -> None:
    from koubai.descent.functions.known import NAMED
    from koubai.optimizers.registry import OPTIMIZERS

    rows = []
    for name, make in NAMED.items():
        objective = make()
        assert objective.expression is not None
        start = ", ".join(f"{x:g}" for x in objective.start or ())
        rows.append((name, objective.expression.text, start))
    out = console()
    heads = [text(f"descend.list.{name}", lang) for name in ("function", "expression", "start")]
    out.print(plain_table(heads, rows))
    out.print(text("descend.list.optimizers", lang, names=", ".join(OPTIMIZERS)))
