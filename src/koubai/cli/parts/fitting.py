"""What fitting a table and fitting images have in common: where results go, and what is said on the way."""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.parts.outputs import foreign
from koubai.cli.parts.reading import say_notes
from koubai.cli.parts.terminal import sentence_of
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.printing import say

if TYPE_CHECKING:
    from koubai.models.of_images.image_model import ImageModel
    from koubai.models.table_model import TableModel
    from koubai.training.history import Epoch
    from koubai.training.loop import Callback


def check_outputs(path: str, checkpoint: str | None, table: str) -> None:
    """Raise FileError if the model or the checkpoint cannot be written, or would replace another file."""
    from koubai.training.atomic import check_writable

    check_writable(path, reads=[table])
    if checkpoint is not None:
        check_writable(checkpoint, reads=[table])
        if os.path.realpath(checkpoint) == os.path.realpath(path):
            raise ParameterError(worded("cli.error.checkpoint_different_file_model_got", path=path))


def spare_others(args: argparse.Namespace, path: str) -> None:
    """Raise FileError if the model or the checkpoint would replace something else, unless that is asked for."""
    if not args.force:
        spare_other_files(path, "model")
        if args.checkpoint is not None:
            spare_other_files(args.checkpoint, "checkpoint")


def forget_checkpoint(args: argparse.Namespace, model: "TableModel | ImageModel") -> None:
    """Remove the checkpoint of a training that ended, only now that the model has been saved."""
    if args.checkpoint is not None and not _was_interrupted(model):
        Path(args.checkpoint).unlink(missing_ok=True)


def say_interrupted(checkpoint: str | None) -> None:
    """Say that no model was saved, and where the training so far is, if a checkpoint holds it."""
    kept = _kept(checkpoint)
    say(worded("cli.interrupted") if kept is None else worded("cli.interrupted_kept", kept=kept), sys.stderr)


def say_how_to_go_on(checkpoint: str | None, model: "TableModel | ImageModel") -> None:
    """Say after a training that Ctrl-C ended where its state is, if a checkpoint holds it."""
    kept = _kept(checkpoint)
    if kept is not None and _was_interrupted(model):
        sys.stdout.flush()  # it comes after what is said of the model
        say(kept, sys.stderr)


def _was_interrupted(model: "TableModel | ImageModel") -> bool:
    from koubai.training.history import INTERRUPTED

    return bool(model.estimator_.history_.stopped == INTERRUPTED)


def _kept(checkpoint: str | None) -> str | None:
    from koubai.training.checkpoints import KIND
    from koubai.training.container import kind_of

    if checkpoint is None or kind_of(checkpoint) != KIND:
        return None
    return worded("cli.checkpoint_kept", checkpoint=checkpoint)


def spare_other_files(path: str, what: str) -> None:
    """Raise FileError if the path is a non-empty file other than a model or a checkpoint."""
    from koubai.training.checkpoints import KIND
    from koubai.training.container import kind_of

    if not os.path.isfile(path) or not os.path.getsize(path):
        return
    kind = kind_of(path)
    if kind is None or (kind == KIND) != (what == KIND):
        raise foreign(path, worded("file.wanted." + what))


def sayer(by_loss: bool) -> "Callback":
    """Return a callback that prints a line for epochs 1, 2, 5, 10, 20, 50, … if there is no terminal for a bar."""

    def tell(epoch: "Epoch") -> None:
        if str(epoch.number).rstrip("0") in ("1", "2", "5"):
            given = epoch.validation_score
            shown = (
                ""
                if given is None
                else worded("cli.epoch.validation_loss", value=f"{-given:.5g}")
                if by_loss
                else worded("cli.epoch.validation_score", value=f"{given:.4f}")
            )
            say(worded("cli.epoch", number=epoch.number, loss=f"{epoch.loss:.5g}", shown=shown), sys.stderr)

    return tell


@contextmanager
def notes_of_warnings(quiet: bool) -> Iterator[None]:
    """Print warnings as one-line notes."""

    def note(message: Warning | str, *details: object, **more: object) -> None:
        if not quiet:
            say_notes([sentence_of(message)])

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = note
        yield
