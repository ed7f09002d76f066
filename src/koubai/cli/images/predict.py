"""``koubai predict`` with images: apply a saved network to pictures, an idx file or an npz archive."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from koubai.cli.images import options
from koubai.cli.parts.terminal import console, printable
from koubai.cli.tables.starting import load_base
from koubai.core.errors import ParameterError
from koubai.core.language import worded

if TYPE_CHECKING:
    from koubai.images.images import Images
    from koubai.models.of_images.image_model import ImageModel
    from koubai.models.scores.evaluation import Evaluation


def run(args: argparse.Namespace, write: Callable[..., None]) -> int:
    """Load, read, predict, write; return the exit status.

    Parameters
    ----------
    args : Namespace
        The arguments, ``table`` being a list of files.
    write : callable
        Writes frames as a table: (frames, file or None, whether cells are left raw).
    """
    options.refuse(args, images=True)
    check_there(args.model, args.table)
    model = load_model(args.model)
    images = model.read(args.table, resize=args.resize, channels=options.channels_of(args.color))
    outputs = model.outputs(images.pixels)
    write(iter([model.predictions(images, *outputs)]), args.out, args.raw_cells)
    if not args.quiet:
        _say(args, model, images, model.evaluate(images, *outputs))
    return 0


def check_there(model: str, images: Sequence[str]) -> None:
    """Raise ModelFileError or FileError for a file that is missing, before what reads it is loaded."""
    from koubai.training import container

    container.check_there(model)
    for path in images:
        options.check_there(path)


def load_model(path: str) -> "ImageModel":
    """Return a model of images from its file; an estimator of images takes them as their pixels are."""
    load_base()
    from koubai.models.files import load
    from koubai.models.of_images.bare import as_image_model

    loaded = load(path)
    model = as_image_model(loaded)
    if model is None:
        raise ParameterError(worded("cli.error.model_koubai_fit_learned_images", path=path, name=type(loaded).__name__))
    return model


def _say(args: argparse.Namespace, model: "ImageModel", images: "Images", evaluation: "Evaluation | None") -> None:
    from koubai.cli.parts.scores import say_evaluation
    from koubai.models.of_images.bare import notes_on_units

    out = console(sys.stderr)
    for note in (*images.notes, *notes_on_units(model, images.pixels)):
        out.print(worded("cli.note", note=printable(note)), style="yellow")
    if evaluation is not None:
        say_evaluation(out, evaluation, "known_images")
    if args.out:
        n = len(images)
        key = "cli.wrote_image" if n == 1 else "cli.wrote_images"
        out.print(worded(key, out=printable(args.out), n=f"{n:,}"))
