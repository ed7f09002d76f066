"""What fitting a table and fitting images have in common: where results go, and what is said on the way."""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koubai.cli.parts.outputs import foreign
from koubai.cli.parts.terminal import printable
from koubai.core.errors import ParameterError

if TYPE_CHECKING:
    from koubai.training.history import Epoch
    from koubai.training.loop import Callback


def check_outputs(path: str, checkpoint: str | None, table: str) -> None:
    """Raise FileError if the model or the checkpoint cannot be written, or would replace another file."""
    from koubai.training.atomic import check_writable

    check_writable(path, reads=[table])
    if checkpoint is not None:
        check_writable(checkpoint, reads=[table])
        if os.path.realpath(checkpoint) == os.path.realpath(path):
            raise ParameterError(
                f"--checkpoint must be a different file from the model; got '{path}' for both. Rename one."
            )


def spare_others(args: argparse.Namespace, path: str) -> None:
    """Raise FileError if the model or the checkpoint would replace something else, unless that is asked for."""
    if not args.force:
        spare_other_files(path, "model")
        if args.checkpoint is not None:
            spare_other_files(args.checkpoint, "checkpoint")


def forget_checkpoint(args: argparse.Namespace, model: Any) -> None:
    """Remove the checkpoint of a training that ended, only now that the model has been saved."""
    if args.checkpoint is not None and model.estimator_.history_.stopped != "interrupted":
        Path(args.checkpoint).unlink(missing_ok=True)


def spare_other_files(path: str, what: str) -> None:
    """Raise FileError if the path is a non-empty file other than a model or a checkpoint."""
    from koubai.training.checkpoints import KIND
    from koubai.training.container import kind_of

    if not os.path.isfile(path) or not os.path.getsize(path):
        return
    kind = kind_of(path)
    if kind is None or (kind == KIND) != (what == KIND):
        raise foreign(path, f"a koubai {what}")


def sayer(by_loss: bool) -> "Callback":
    """Return a callback that prints a line for epochs 1, 2, 5, 10, 20, 50, … if there is no terminal for a bar."""

    def say(epoch: "Epoch") -> None:
        if str(epoch.number).rstrip("0") in ("1", "2", "5"):
            given = epoch.validation_score
            shown = "" if given is None else f", validation {f'loss {-given:.5g}' if by_loss else f'score {given:.4f}'}"
            print(f"Epoch {epoch.number}: loss {epoch.loss:.5g}{shown}", file=sys.stderr, flush=True)

    return say


@contextmanager
def notes_of_warnings(quiet: bool) -> Iterator[None]:
    """Print warnings as one-line notes."""

    def note(message: Warning | str, *details: Any, **more: Any) -> None:
        if not quiet:
            print(f"Note: {printable(message)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = note
        yield
