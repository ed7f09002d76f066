"""Printing of a network's scores."""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from koubai.cli.parts.terminal import number, plain_table, printable
from koubai.core.language import recognised, term, worded

if TYPE_CHECKING:
    from rich.console import Console

    from koubai.models.scores.evaluation import Evaluation
    from koubai.training.history import History

MANY_CLASSES = 12
"""Maximum number of classes for a confusion matrix."""


def counted_rows(n: int, name: str) -> str:
    """Return a number of rows for training, validation or the test."""
    return worded("cli.rows.counted", n=f"{n:,}", name=term(name))


def kept_epoch(history: "History", chosen: bool, by_loss: bool) -> str:
    """Return which epoch's network was kept and why.

    Parameters
    ----------
    history : History
        The epochs.
    chosen : bool
        Whether the best epoch was kept, rather than the last.
    by_loss : bool
        Whether validation scores are minus the loss.
    """
    best, n_epochs = history.best_epoch, len(history)
    if not chosen or best is None:
        return worded("cli.network_last_epoch", n_epochs=f"{n_epochs:,}")
    score = history.validation_scores[best - 1] or 0.0
    what = (
        worded("cli.lowest_validation_loss", value=number(-score))
        if by_loss
        else worded("cli.highest_validation_score", score=number(score))
    )
    return worded("cli.network_epoch", best=f"{best:,}", n_epochs=f"{n_epochs:,}", what=what)


def said_of_average(n_networks: int) -> str:
    """Return what is averaged, in one sentence."""
    return worded("cli.networks_like_trained_anew_on", n_networks=n_networks)


def said_of_target(long_tail: bool, bounds: Sequence[float]) -> list[str]:
    """Return notes on a regression model's predictions, one sentence each."""
    said: list[str] = []
    if long_tail:
        said.append(worded("cli.exp_u_times_mean_target"))
    if isfinite(bounds[0]) and isfinite(bounds[1]):
        said.append(worded("cli.lie_between_range_seen_training", bounds=number(bounds[0]), bounds_2=number(bounds[1])))
    return said


def say_evaluation(out: "Console", evaluation: "Evaluation", rows: str) -> None:
    """Print a score, the baseline's, further measures, and the confusion matrix.

    Parameters
    ----------
    out : Console
        Where to.
    evaluation : Evaluation
        The scores.
    rows : str
        What was predicted for: "held_out_rows", "rows_of_table", "test_images" or "known_images".
    """
    of_images = "images" in rows
    is_accuracy = evaluation.measure == "accuracy"
    name = term("accuracy" if is_accuracy else "root mean squared error")
    always = worded("cli.always_predicting", answer=printable(evaluation.answer)) + (
        "" if is_accuracy else worded("cli.score.of_mean")
    )
    right = worded("cli.score.right", score=f"{round(evaluation.score * evaluation.n_rows):,}") if is_accuracy else ""
    key = f"cli.score.{rows}" if evaluation.n_rows > 1 else f"cli.score.{rows}.one"
    n_rows = worded(key, n=f"{evaluation.n_rows:,}")
    listed = [
        (worded("cli.score.on", name=name, n_rows=n_rows, right=right), number(evaluation.score)),
        *_uncertainty(evaluation),
        (worded("cli.score.of", name=name, always=always), number(evaluation.baseline)),
        *((recognised(measure), number(value)) for measure, value in evaluation.others.items()),
    ]
    out.print(plain_table(("score", ""), listed, numbers=[1]))
    for sentence in advice(evaluation, of_images=of_images):
        out.print(sentence, style="red")
    if 2 <= len(evaluation.classes) <= MANY_CLASSES:
        heads = [worded("cli.true_predicted"), *evaluation.classes]
        body = [
            [label, *(f"{count:,}" if count else "·" for count in counts)]
            for label, counts in zip(evaluation.classes, evaluation.confusion, strict=True)
        ]
        out.print(plain_table([printable(head) for head in heads], body, numbers=range(1, len(heads))))


def _uncertainty(evaluation: "Evaluation") -> list[tuple[str, str]]:
    """Return the interval of the score as a row of the table, if it is known."""
    if evaluation.interval is None:
        return []
    low, high = evaluation.interval
    return [(worded("cli.confidence_interval"), f"{number(low)} … {number(high)}")]


def advice(evaluation: "Evaluation", *, of_images: bool = False) -> list[str]:
    """Return advice on a model that performs poorly, one sentence each, in the words of tables or of images."""
    if evaluation.is_perfect:
        return []
    if not evaluation.is_better:
        measured = worded("cli.neither_accuracy_nor_probabilities") if evaluation.measure == "accuracy" else ""
        why = worded("cli.columns_may_carry_no_information")
        if of_images:
            why = worded("cli.images_may_not_show_what")
        return [worded("cli.network_no_better_than_constant", measured=measured, why=why)]
    never = [
        label
        for label, counts, column in zip(
            evaluation.classes, evaluation.confusion, zip(*evaluation.confusion, strict=True), strict=True
        )
        if sum(counts) and not sum(column)
    ]
    if not never or not evaluation.orders:
        return []
    listed = ", ".join(printable(label) for label in never[:5]) + (", …" if len(never) > 5 else "")
    rows = "images" if of_images else "rows"
    return [worded("cli.never_predicted_whose_probability_always", listed=listed, rows=term(rows))]
