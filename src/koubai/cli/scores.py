"""How the commands print how good a network is."""

from typing import TYPE_CHECKING

from koubai.cli.terminal import number, plain_table, printable

if TYPE_CHECKING:
    from rich.console import Console

    from koubai.models.evaluation import Evaluation

MANY_CLASSES = 12
"""More classes than this have no table of confusions."""


def say_evaluation(out: "Console", evaluation: "Evaluation", rows: str) -> None:
    """Print a score, the constant answer's, further measures, and which classes are taken for which."""
    is_accuracy = evaluation.measure == "accuracy"
    name = "accuracy" if is_accuracy else "root mean squared error"
    always = f"always answering {printable(evaluation.answer)}" + ("" if is_accuracy else ", the mean")
    right = f", {round(evaluation.score * evaluation.n_rows):,} right" if is_accuracy else ""
    n_rows = f"{evaluation.n_rows:,} {rows}" if evaluation.n_rows > 1 else f"1 {rows.replace('rows', 'row')}"
    listed = [
        (f"{name} on {n_rows}{right}", number(evaluation.score)),
        (f"{name} of {always}", number(evaluation.baseline)),
        *((measure, number(value)) for measure, value in evaluation.others.items()),
    ]
    out.print(plain_table(("score", ""), listed, numbers=[1]))
    if not evaluation.is_better and not evaluation.is_perfect:
        out.print("The network is no better than always giving the same answer.", style="red")
    if 2 <= len(evaluation.classes) <= MANY_CLASSES:
        heads = ["true \\ predicted", *evaluation.classes]
        body = [
            [label, *(f"{count:,}" if count else "·" for count in counts)]
            for label, counts in zip(evaluation.classes, evaluation.confusion, strict=True)
        ]
        out.print(plain_table([printable(head) for head in heads], body, numbers=range(1, len(heads))))
