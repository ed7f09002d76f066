"""The progress bar of training, on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from koubai.core.language import term, worded
from koubai.core.printing import said
from koubai.training.history import Epoch


class Show(Protocol):
    """Shows the progress of training."""

    def __call__(self, done: float, numbers: str) -> None:
        """Show the number of epochs done, possibly fractional, and the latest numbers."""
        ...


def newest_numbers(epoch: Epoch, by_loss: bool = False) -> str:
    """Return the bar's text for the last epoch: loss, and validation score (or loss) if there is one."""
    given = epoch.validation_score
    loss = f"{epoch.loss:.4g}"
    if given is None:
        return worded("training.note.loss", loss=loss)
    if by_loss:
        return worded("training.note.validation_loss", loss=loss, value=f"{-given:.4g}")
    return worded("training.note.validation", loss=loss, value=f"{given:.3f}")


@contextmanager
def progress_bar(shown: bool, total: int, done: int) -> Iterator[Show]:
    """Show a progress bar on standard error while the block runs, with the latest numbers and the time.

    Parameters
    ----------
    shown : bool
        Whether to show anything at all.
    total, done : int
        Total number of epochs (or starts), and the number already done.
    """
    if not shown:
        yield lambda done, numbers: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (  # 60 characters in all, so that nothing is truncated in a narrow terminal
        BarColumn(bar_width=12),
        MofNCompleteColumn(),
        TextColumn("{task.fields[numbers]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(file=sys.stderr)) as progress:
        task = progress.add_task("Training", total=total, completed=done, numbers="")

        def show(done: float, numbers: str) -> None:
            progress.update(task, completed=done, numbers=said(term(numbers)))

        yield show
