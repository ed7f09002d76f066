"""``koubai compare``: the other learners of the lecture beside a network, on one table."""

import argparse
import sys
from typing import TYPE_CHECKING

from koubai.cli.parts.complaints import READING
from koubai.cli.parts.outputs import add_force, check_output
from koubai.cli.parts.parser import add_language
from koubai.cli.parts.reading import ListedNames, add_reading_options, reading_options, require_files
from koubai.cli.parts.terminal import console, number, plain_table, printable
from koubai.core.errors import ParameterError
from koubai.core.language import language, recognised, term, worded
from koubai.core.printing import say

if TYPE_CHECKING:
    from koubai.models.comparing.compare import Comparison

EXAMPLES = """examples:
  koubai compare examples/penguins.csv --target species
  koubai compare examples/penguins.csv --target species --learners knn,tree,network --out compare.html --lang ja
  koubai compare houses.csv --target price --learners forest,boosting,network --cv 3 --quality fast

All learners have scikit-learn's defaults and see the same folds and the same prepared columns. Learners: knn, svm,
logistic (for numbers: ridge regression), bayes, tree, forest, boosting, perceptron, network, and lightgbm and catboost
where they are installed.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "compare",
        help="compare other learners with a network on a table",
        description="Compare the learners of the lecture with a network: score, times and memory, on the same folds.",
        epilog=EXAMPLES,
    )
    options = {"learners": "learners", "columns": "columns", "cv": "cv", "group": "group", "time_column": "time-column"}
    parser.set_defaults(run=run, options={**READING, **options, "quality": "quality", "random_state": "seed"})
    parser.add_argument("table", metavar="TABLE", help="a table, as koubai fit reads them")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the column to predict")
    parser.add_argument("--learners", type=ListedNames, metavar="A,B", help="which learners (default: all)")
    parser.add_argument("--cv", type=int, default=5, metavar="K", help="number of folds (default: 5)")
    parser.add_argument("--columns", type=ListedNames, metavar="A,B", help="two columns of numbers for the picture")
    parser.add_argument("--group", metavar="COLUMN", help="keep the rows of each group together")
    parser.add_argument("--time-column", metavar="COLUMN", help="train on the past, test on the future")
    parser.add_argument(
        "--quality", choices=("fast", "good", "best"), default="good", help="of the network (default: good)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of folds and learners (default: 0)")
    parser.add_argument("--out", metavar="FILE", help="write a page too: a .html file")
    add_language(parser)
    parser.add_argument("--quiet", action="store_true", help="print only the table")
    add_force(parser)
    add_reading_options(parser.add_argument_group("the table"), streams=False)


def run(args: argparse.Namespace) -> int:
    """Compare, print, write; return the exit status."""
    lang = language(args.lang)
    if args.out is not None:
        if not args.out.lower().endswith((".html", ".htm")):
            raise ParameterError(worded("cli.error.out_end_html_got_rename", out=args.out))
        check_output(args.out, args.force, reads=[args.table])
    require_files([args.table])

    from koubai.models.comparing.compare import compare

    def progress(name: str) -> None:
        if not args.quiet:
            say(worded("cli.training", name=term(name)), sys.stderr)

    found = compare(
        args.table,
        args.target,
        learners=None if args.learners is None else list(args.learners.names),
        cv=args.cv,
        columns=None if args.columns is None else list(args.columns.names),
        progress=progress,
        group=args.group,
        time_column=args.time_column,
        quality=args.quality,
        random_state=args.seed,
        **reading_options(args),
    )
    _say(found)
    if args.out is not None:
        found.save(args.out, lang)
        if not args.quiet:
            say(worded("cli.wrote_wide", out=args.out), sys.stderr)
    return 0


def _say(found: "Comparison") -> None:

    out = console()
    measure = term("accuracy" if found.measure == "accuracy" else "root mean squared error")
    out.print(
        worded(
            "cli.compare.heading",
            source=printable(found.source),
            n_rows=f"{found.n_rows:,}",
            target=printable(found.target),
        ),
        style="bold",
    )
    heads = (
        "learner",
        measure,
        worded("cli.score.deviation"),
        "training",
        worded("cli.compare.a_row"),
        "memory",
        "keeps",
    )
    rows = [
        (
            term(one.name),
            number(one.mean),
            number(one.spread),
            f"{one.fit_seconds:.3g} s",
            f"{one.predict_seconds * 1e6:.3g} µs",
            f"{one.kept_bytes / 1024:,.0f} KiB",
            worded("cli.compare.keeps_data") if one.keeps == "data" else worded("cli.compare.keeps_model"),
        )
        for one in found.learners
    ]
    out.print(plain_table(heads, rows, numbers=range(1, 6)))
    out.print(
        worded(
            "cli.constant_answer_folds",
            measure=measure,
            constant=number(found.constant),
            n_folds=found.n_folds,
            scheme=recognised(found.scheme),
        )
    )
