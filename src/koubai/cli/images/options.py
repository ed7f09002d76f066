"""Options for images beside those for tables: each is refused where it would do nothing."""

import argparse
import os
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from koubai.cli.parts.outputs import add_force
from koubai.core.errors import FileError, ParameterError
from koubai.core.language import term, worded

if TYPE_CHECKING:
    from koubai.core.schema import Record

FIT: Mapping[str, str] = {
    "layers": "layers",
    "shifts": "shifts",
    "rotations": "rotations",
    "zooms": "zooms",
    "flips": "flips",
    "image_size": "image-size",
    "channels": "color",
    "labels": "labels",
    "test": "test",
}
"""The option that sets each parameter of images for ``fit``."""
PLAY: Mapping[str, str] = {"image_size": "image-size", "channels": "color", "labels": "labels"}
"""The option that sets each parameter of images for ``play``."""
PREDICT: Mapping[str, str] = {"resize": "resize", "channels": "color"}
"""The option that sets each parameter of images for ``predict``."""
OF_BOTH = frozenset(
    {"command", "run", "options", "usual", "model", "table", "out", "force", "quiet", "task", "test_fraction", "loss",
     "optimizer", "learning_rate", "schedule", "batch_size", "epochs", "l2", "l1", "early_stopping",
     "validation_metric", "engine", "jobs", "checkpoint", "checkpoint_every", "class_weight", "seed", "raw_cells",
     "lang"}
)  # fmt: skip
"""What may be said of images and of tables."""
CHANNELS = {"gray": 1, "rgb": 3}


def add_fit_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fit`` for images."""
    group = parser.add_argument_group("images, in place of a table")
    group.add_argument(
        "--layers",
        metavar="LIST",
        help='the layers before the output, such as "conv 32 3, relu, max_pool 2, dropout 0.25, dense 128, relu" '
        "(default: by size and number of images)",
    )
    group.add_argument(
        "--shifts",
        type=float,
        metavar="PIXELS",
        help="greatest random shift (default: 1, 0.5 of images below 16 × 16, or 0 to learn numbers)",
    )
    group.add_argument(
        "--rotations",
        type=float,
        metavar="DEGREES",
        help="greatest random turn (default: 10 of images below 16 × 16, unless --shifts is given; else 0)",
    )
    group.add_argument(
        "--zooms",
        type=float,
        metavar="SHARE",
        help="greatest random change of size, 0.1 for a tenth (default: 0.1 where turned by default; else 0)",
    )
    group.add_argument(
        "--flips", action="store_true", help="exchange left and right of half of the images, others in each epoch"
    )
    _add_reading(group)
    group.add_argument(
        "--test", metavar="IMAGES", help="further images to judge the network by, instead of held-out ones"
    )


def add_play_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``play`` for images."""
    _add_reading(parser.add_argument_group("images, in place of a table"))


def refuse_target(args: argparse.Namespace) -> None:
    """Raise ParameterError if the column of a table was given with images."""
    if args.target is not None:
        kinds = {"what": term("a table"), "other": term("images")}
        remedy = worded("core.remedy.leave_out")
        raise ParameterError(worded("cli.error.come_got", replace="target", **kinds, shown=args.table, get=remedy))


def refuse_play_options(args: argparse.Namespace) -> None:
    """Raise ParameterError for an option of images that was given without any."""
    for name in PLAY.values():
        if getattr(args, name.replace("-", "_")) is not None:
            raise ParameterError(worded("cli.error.play_option_of_images", name=name))


def _add_reading(group: "argparse._ArgumentGroup") -> None:
    """Add the options of how images are read."""
    group.add_argument("--image-size", type=image_size, metavar="WxH", help="resize pictures: 28, or 64x48")
    add_color(group)
    group.add_argument("--labels", metavar="FILE", help="the idx file of labels, if not beside that of images")


def add_predict_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``predict`` for images."""
    group = parser.add_argument_group("images, in place of a table")
    group.add_argument("--resize", action="store_true", help="resize pictures to the size learned from")
    add_color(group)


def add_seeing_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``show`` for what a network sees."""
    group = parser.add_argument_group("what a model of images sees")
    group.add_argument("--images", nargs="+", metavar="IMAGES", help="pictures, a folder of them, an idx or npz file")
    group.add_argument("--row", type=int, metavar="N", help="which image to look at, counted from 1 (default: 1)")
    group.add_argument("--out", metavar="FILE", help="where to draw it: a .html or .png file")
    group.add_argument("--resize", action="store_true", help="resize pictures to the size learned from")
    add_color(group)
    add_force(group)


def refuse_seeing_options(args: argparse.Namespace, but: Collection[str] = ()) -> None:
    """Raise ParameterError for an option that was given without images, ``but`` for some that mean something else."""
    for name in ("row", "out", "color", "resize", "force"):
        if name not in but and getattr(args, name) not in (None, False):
            raise ParameterError(worded("cli.error.come_images_got_alone_leave", name=name))


def add_color(group: "argparse._ArgumentGroup") -> None:
    """Add the option that says how pictures are read."""
    group.add_argument("--color", choices=tuple(CHANNELS), help="read pictures as grey, or as red, green and blue")


def keep_usual(parser: argparse.ArgumentParser) -> None:
    """Tell the command the defaults of options that are not given."""
    parser.set_defaults(usual={action.dest: action.default for action in parser._actions})


def refuse(args: argparse.Namespace, *, images: bool) -> None:
    """Raise ParameterError for an option that was given, but is not for images, or only for them.

    Parameters
    ----------
    args : Namespace
        The arguments.
    images : bool
        Whether images were given, rather than a table.
    """
    only = {name.replace("-", "_") for name in (*FIT.values(), *PREDICT.values())}
    for name, usual in args.usual.items():
        given = getattr(args, name, usual)
        misplaced = name not in OF_BOTH | only if images else name in only
        if misplaced and given is not usual:
            what, other = (term("a table"), term("images")) if images else (term("images"), term("a table"))
            raise ParameterError(
                worded(
                    "cli.error.come_got",
                    replace=name.replace("_", "-"),
                    what=what,
                    other=other,
                    shown=shown(args),
                    get=worded(f"core.remedy.{REMEDIES.get(name, 'leave_out') if images else 'leave_out'}"),
                )
            )


REMEDIES = dict.fromkeys(("hidden", "activation", "dropout"), "say_layers")
"""What to do in place of options that are for tables alone."""


def shown(args: argparse.Namespace) -> str:
    """Return the first file that was given."""
    return str(args.table[0] if isinstance(args.table, list) else args.table)


def check_there(path: str) -> None:
    """Raise FileError for images that are missing, before what reads them is loaded."""
    if not os.path.exists(path):
        raise FileError(worded("cli.error.images_exist_were_not_found", path=path))


def image_size(text: str) -> tuple[int, int]:
    """Return a size as (height, width), from 28 or width x height.

    Examples
    --------
    >>> image_size("64x48")
    (48, 64)
    """
    found = re.fullmatch(r"\s*(\d{1,5})(?:\s*[x×]\s*(\d{1,5}))?\s*", text)
    sides = [int(side) for side in found.groups() if side] if found else []
    if not sides or 0 in sides:
        raise argparse.ArgumentTypeError(f"must be pixels, or width and height, such as 28 or 64x48; got {text!r}")
    return sides[-1], sides[0]


def channels_of(color: str | None) -> int | None:
    """Return the number of channels that ``--color`` asks for."""
    return None if color is None else CHANNELS[color]


def parameters(args: argparse.Namespace, names: Mapping[str, str]) -> "Record":
    """Return the parameters that were given as options."""
    given = {name: getattr(args, option.replace("-", "_")) for name, option in names.items()}
    return {name: value for name, value in given.items() if value is not None and value is not False}
