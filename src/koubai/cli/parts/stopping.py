"""Ctrl-C while a command trains: the first ends training after the running epoch, the second ends the program."""

import signal
import sys
from types import FrameType, TracebackType
from typing import Any, Self

from koubai.training.history import INTERRUPTED, Epoch


class Quit(BaseException):
    """The user wants to leave at once."""


class Stopper:
    """A callback for training that counts epochs and asks for the end once Ctrl-C was pressed.

    Before the first epoch is finished there is nothing to keep, so Ctrl-C leaves at once. Where the program was started
    with the signal ignored, as a shell starts what a script runs in the background, it stays ignored.

    Attributes
    ----------
    epochs : int
        Epochs finished.
    asked : bool
        Whether Ctrl-C was pressed.
    """

    def __init__(self) -> None:
        self.epochs = 0
        self.asked = False
        self._before: Any = None

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
        sys.stderr.write("\nStopping after this epoch; the best network so far is kept. Ctrl-C again leaves at once.\n")
