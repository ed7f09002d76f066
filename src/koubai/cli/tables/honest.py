"""What the commands print of cross-validations and learning curves."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from koubai.cli.parts.terminal import number, plain_table
from koubai.core.language import recognised, worded

if TYPE_CHECKING:
    from rich.console import Console

    from koubai.models.honest.cross import CrossValidated
    from koubai.models.honest.curve import LearningCurve

OPTIONS: Mapping[str, str] = {"cv": "cv", "group": "group", "time_column": "time-column"}
"""The option that sets each parameter."""
MOST_FOLDS = 10
"""With more folds than this, the individual scores are not listed."""


def add_options(group: "argparse._ArgumentGroup") -> None:
    """Add the options for honest scores."""
    group.add_argument(
        "--cv", type=int, metavar="K", help="score by K-fold cross-validation, and train the saved model on all rows"
    )
    group.add_argument(
        "--group", metavar="COLUMN", help="keep the rows of each group together: learned from, or held out"
    )
    group.add_argument(
        "--time-column", metavar="COLUMN", help="hold out the latest rows: train on the past, test on the future"
    )
    group.add_argument(
        "--learning-curve", action="store_true", help="train on fewer rows too, and say whether more would help"
    )


def say_cross_validated(out: "Console", crossed: "CrossValidated") -> None:
    """Print the mean and the spread of each measure over the folds."""
    k = len(crossed.n_rows)
    heads = [
        worded("cli.score_folds", k=k, scheme=recognised(crossed.scheme)),
        "mean",
        worded("cli.score.deviation"),
        *([worded("cli.fold_fold")] if k <= MOST_FOLDS else []),
    ]
    rows = []
    for name, values in crossed.scores.items():
        shown = recognised("root mean squared error" if name == "rmse" else name)
        listed = [" ".join(number(value) for value in values)] if k <= MOST_FOLDS else []
        rows.append((shown, number(crossed.mean[name]), number(crossed.spread[name]), *listed))
    out.print(plain_table(heads, rows, numbers=[1, 2]))


def say_curve(out: "Console", curve: "LearningCurve") -> None:
    """Print the learning curve and its verdict."""
    rows = [
        (f"{n:,}", number(loss), number(score))
        for n, loss, score in zip(curve.n_rows, curve.losses, curve.scores, strict=True)
    ]
    out.print(plain_table((worded("cli.rows_learn"), "loss", "score"), rows, numbers=[0, 1, 2]))
    out.print(curve.sentence)
