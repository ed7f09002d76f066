"""Ctrl-C while a command trains: the first ends training after the current epoch, the second ends the program."""

import signal
import sys
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from koubai.cli.parts.terminal import printable
from koubai.core.language import worded
from koubai.training.history import INTERRUPTED, Epoch


class Quit(BaseException):
    """Raised when the user wants to quit at once."""


class Stopper:
    """A training callback that counts epochs and requests a stop after Ctrl-C.

    Before the first epoch is finished there is nothing to keep, so Ctrl-C quits at once. If the program was started
    with SIGINT ignored, as shells do for background jobs in scripts, it stays ignored.

    Attributes
    ----------
    epochs : int
        Number of finished epochs.
    asked : bool
        Whether Ctrl-C was pressed.
    """

    def __init__(self) -> None:
        self.epochs = 0
        self.asked = False
        self._before: Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> Self:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def __call__(self, epoch: Epoch) -> str:
        """Count an epoch and say whether to stop, and why."""
        self.epochs += 1
        return INTERRUPTED if self.asked else ""

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked or not self.epochs:
            raise Quit
        self.asked = True
        sys.stderr.write(f"\n{printable(worded('cli.stopping'))}\n")
