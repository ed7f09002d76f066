"""Printing of a network's scores."""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from koubai.cli.parts.terminal import number, plain_table, printable

if TYPE_CHECKING:
    from rich.console import Console

    from koubai.models.scores.evaluation import Evaluation
    from koubai.training.history import History

MANY_CLASSES = 12
"""Maximum number of classes for a confusion matrix."""


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
        return f"the network of the last epoch, {n_epochs:,}"
    score = history.validation_scores[best - 1] or 0.0
    what = f"lowest validation loss, {number(-score)}" if by_loss else f"highest validation score, {number(score)}"
    return f"the network of epoch {best:,} of {n_epochs:,}: {what}"


def said_of_average(n_networks: int) -> str:
    """Return what is averaged, in one sentence."""
    return f"{n_networks} networks like it, trained anew on all rows from other starts; predictions are their mean."


def said_of_target(long_tail: bool, bounds: Sequence[float]) -> list[str]:
    """Return notes on a regression model's predictions, one sentence each."""
    said = []
    if long_tail:
        said.append("exp(u) times the mean: the target is positive with a long tail (Poisson loss).")
    if isfinite(bounds[0]) and isfinite(bounds[1]):
        said.append(
            f"lie between {number(bounds[0])} and {number(bounds[1])}, the range seen in training extended by a tenth."
        )
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
        What was predicted for, in the plural: ``held-out rows``, or ``test images``.
    """
    of_images = "images" in rows
    is_accuracy = evaluation.measure == "accuracy"
    name = "accuracy" if is_accuracy else "root mean squared error"
    always = f"always predicting {printable(evaluation.answer)}" + ("" if is_accuracy else ", the mean")
    right = f", {round(evaluation.score * evaluation.n_rows):,} right" if is_accuracy else ""
    n_rows = (
        f"{evaluation.n_rows:,} {rows}"
        if evaluation.n_rows > 1
        else f"1 {rows.replace('rows', 'row').replace('images', 'image')}"
    )
    listed = [
        (f"{name} on {n_rows}{right}", number(evaluation.score)),
        *_uncertainty(evaluation),
        (f"{name} of {always}", number(evaluation.baseline)),
        *((measure, number(value)) for measure, value in evaluation.others.items()),
    ]
    out.print(plain_table(("score", ""), listed, numbers=[1]))
    for sentence in advice(evaluation, of_images=of_images):
        out.print(sentence, style="red")
    if 2 <= len(evaluation.classes) <= MANY_CLASSES:
        heads = ["true \\ predicted", *evaluation.classes]
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
    return [("95 % confidence interval of it", f"{number(low)} … {number(high)}")]


def advice(evaluation: "Evaluation", *, of_images: bool = False) -> list[str]:
    """Return advice on a model that performs poorly, one sentence each, in the words of tables or of images."""
    if evaluation.is_perfect:
        return []
    if not evaluation.is_better:
        measured = ", neither by accuracy nor by its probabilities" if evaluation.measure == "accuracy" else ""
        why = "the columns may carry no information about the target, or there are too few rows"
        if of_images:
            why = "the images may not show what the labels say, or there are too few of them"
        return [f"The network is no better than a constant prediction{measured}: {why}."]
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
    return [
        f"Never predicted: {listed}, whose probability is always below another's. The probabilities still distinguish "
        f"such {rows}: rank {rows} by them, or give rare classes equal weight with --class-weight balanced."
    ]
