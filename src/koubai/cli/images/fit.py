"""``koubai fit`` with images: train a convolutional network on a folder, idx files or an npz archive."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.images import options
from koubai.cli.parts.fitting import (
    check_outputs,
    forget_checkpoint,
    notes_of_warnings,
    say_how_to_go_on,
    say_interrupted,
    sayer,
    spare_others,
)
from koubai.cli.parts.terminal import console, forget_output, plain_table, printable
from koubai.cli.tables.starting import load_base
from koubai.core.errors import ParameterError
from koubai.core.language import listed_as, term, worded

if TYPE_CHECKING:
    from koubai.core.network import Network
    from koubai.models.of_images.image_model import ImageModel
    from koubai.models.of_images.learnable import LearnableImages
    from koubai.training.loop import Callback

NETWORK = (
    "loss", "optimizer", "learning_rate_init", "schedule", "batch_size", "epochs", "alpha", "l1", "early_stopping",
    "validation_metric", "engine", "n_jobs", "checkpoint", "checkpoint_every", "class_weight",
)  # fmt: skip
"""Parameters of the network that tables' networks have too."""
MANY_CLASSES = 6


def run(args: argparse.Namespace, named: dict[str, str]) -> int:
    """Read, train, evaluate, save; return the exit status.

    Parameters
    ----------
    args : Namespace
        The arguments.
    named : dict of str to str
        The option that sets each of the network's parameters.
    """
    options.refuse(args, images=True)
    path = args.model if args.model is not None else _usual_path(args.table)
    options.check_there(args.table)
    check_outputs(path, args.checkpoint, args.table)
    if args.checkpoint is None and args.checkpoint_every is not None:
        raise ParameterError(worded("cli.error.checkpoint_every_come_checkpoint_got_2"))
    spare_others(args, path)
    load_base()

    from koubai.cli.main import DONE, INTERRUPTED
    from koubai.cli.parts.stopping import Quit
    from koubai.models.files import save

    model = _new_model(args, named)
    model.check()
    with notes_of_warnings(args.quiet):
        try:
            prepared = model.prepare(
                args.table,
                labels=args.labels,
                test=args.test,
                test_fraction=None if args.test_fraction is args.usual["test_fraction"] else args.test_fraction,
            )
            if not args.quiet:
                _say_what_was_read(prepared, args.table)
            _train(model, prepared, args.quiet)
        except (Quit, KeyboardInterrupt):
            say_interrupted(args.checkpoint)
            return INTERRUPTED
    save(model, path)
    forget_checkpoint(args, model)
    if not args.quiet:
        _say_how_good(model, path)
    say_how_to_go_on(args.checkpoint, model)
    return DONE


def _usual_path(images: str) -> str:
    """Return where a model is saved by default: beside the terminal, under the images' name."""
    name = Path(images).resolve().name.removesuffix(".gz")
    return f"{name.rpartition('.')[0] if Path(images).is_file() and '.' in name else name}.koubai"


def _new_model(args: argparse.Namespace, named: dict[str, str]) -> "ImageModel":
    from koubai.models.of_images.image_model import ImageModel

    network = options.parameters(args, {name: named[name] for name in NETWORK})
    network |= options.parameters(
        args, {name: options.FIT[name] for name in ("layers", "shifts", "rotations", "zooms", "flips")}
    )
    if args.checkpoint is not None:
        network["keep_checkpoint"] = True  # until the model is safely written
    return ImageModel(
        task=args.task,
        image_size=args.image_size,
        channels=options.channels_of(args.color),
        random_state=args.seed,
        **network,
    )


def _train(model: "ImageModel", prepared: "LearnableImages", quiet: bool) -> None:
    """Train until done or Ctrl-C, which takes effect after the epoch."""
    from koubai.cli.parts.stopping import Stopper

    show_bar = not quiet and sys.stderr.isatty()
    say_epoch = sayer(model.network.get("validation_metric") == "loss")
    with Stopper() as stopper:
        callbacks: list[Callback] = [stopper] if quiet or show_bar else [stopper, say_epoch]
        model.train(prepared, callbacks, progress=show_bar)


def _say_what_was_read(prepared: "LearnableImages", source: str) -> None:
    """Print what was read; whoever closes the pipe still gets the model."""
    import numpy as np

    from koubai.images.images import said_of_size
    from koubai.models.of_images.learnable import channels_in_words

    out, images = console(), prepared.images
    height, width, channels = images.shape
    try:
        size = worded(
            "cli.pixels", said_of_size=said_of_size(height, width), channels_in_words=channels_in_words(channels)
        )
        out.print(
            worded("cli.images.heading", source=printable(source), n_images=f"{len(images):,}", size=size), style="bold"
        )
        labels = prepared.labels
        if prepared.task == "classification":
            classes, counts = np.unique(labels, return_counts=True)
            listed = [f"{printable(classes[i])} {counts[i]:,}" for i in np.argsort(-counts, kind="stable")]
            more = ", …" if len(listed) > MANY_CLASSES else ""
            said = f"{', '.join(listed[:MANY_CLASSES])}{more}"
        else:
            said = worded("cli.images.range", min=f"{labels.min():,.7g}", max=f"{labels.max():,.7g}")
        out.print(worded("cli.learned", task=term(prepared.task), why=prepared.why, said=said))
        for note in images.notes:
            out.print(worded("cli.note", note=printable(note)), style="yellow")
        n_test = 0 if prepared.test_labels is None else len(prepared.test_labels)
        out.print(
            worded("cli.images_training", n_labels=f"{len(labels):,}")
            + (worded("cli.images.test", n_test=f"{n_test:,}") if n_test else "")
        )
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()


def layer_rows(network: "Network") -> list[tuple[str, str, str, str, str]]:
    """Return for each layer the name by which explain knows it, its kind, its shape, its dropout and its parameters."""
    from koubai.explain.network.naming import layer_names

    rows = []
    for name, layer in zip(layer_names(network), network.layers, strict=True):
        last = layer is network.layers[-1]
        activation = [layer.activation.name] if layer.has_activation else []
        rows.append(
            (
                name,
                listed_as(", ", [term(layer.name.replace("_", " ")), *activation])
                if not last
                else worded("cli.layer.output", name=layer.activation.name),
                " × ".join(f"{size:,}" for size in layer.output_shape),
                f"{layer.dropout:g}" if layer.dropout else "",
                f"{layer.n_parameters:,}",
            )
        )
    return rows


HEADINGS = ("name", "layer", "maps or nodes", "dropout", "parameters")
NUMBERS = (2, 3, 4)
"""Columns of numbers."""


def _say_how_good(model: "ImageModel", path: str) -> None:
    """Print the network, its score beside the baseline's, and what to type next."""
    from koubai.cli.parts.scores import kept_epoch, say_evaluation

    out = console()
    estimator = model.estimator_
    network, history = estimator.network_, estimator.history_
    out.print(plain_table(HEADINGS, layer_rows(network), numbers=NUMBERS))
    stopped = worded("cli.stopped_ctrl_c", space=" ") if history.stopped == "interrupted" else ""
    seconds = sum(history.seconds)
    out.print(
        worded(
            "cli.images.network",
            n_parameters=f"{network.n_parameters:,}",
            n_history=len(history),
            stopped=stopped,
            seconds=f"{seconds:.1f}",
        )
    )
    kept = kept_epoch(history, bool(estimator.early_stopping), estimator.validation_metric == "loss")
    out.print(worded("cli.fit.kept", kept=kept))
    if model.evaluation_ is None:
        out.print(worded("cli.no_images_were_held_out"), style="yellow")
    else:
        say_evaluation(out, model.evaluation_, "test_images")
    shown = printable(path)
    out.print(worded("cli.saved", shown=shown, getsize=f"{os.path.getsize(path) / 1024:,.0f}"))
    out.print(worded("cli.next_koubai_predict_images_out", shown=shown), style="bold")
