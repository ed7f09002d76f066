"""``koubai show MODEL --images``: draw what a network sees."""

import argparse

from koubai.cli.images import options
from koubai.cli.images.predict import check_there, load_model
from koubai.cli.parts.outputs import check_output
from koubai.cli.parts.terminal import printable
from koubai.core.errors import ParameterError
from koubai.core.language import language, worded
from koubai.core.printing import say


def run(args: argparse.Namespace) -> int:
    """Read the images, look, draw; return the exit status."""
    lang = language(args.lang)
    if args.out is None:
        raise ParameterError(worded("cli.error.out_given_images_got_none"))
    from koubai.views.images import showing

    showing.check_suffix(args.out)
    check_there(args.model, args.images)
    check_output(args.out, args.force, reads=[*args.images, args.model])

    from koubai.models.of_images.seeing import see

    model = load_model(args.model)
    images = model.read(args.images, resize=args.resize, channels=options.channels_of(args.color))
    row = 1 if args.row is None else args.row
    if not 1 <= row <= len(images):
        raise ParameterError(worded("cli.error.row_got_try", n_images=len(images), row=row))
    showing.save(see(model, images, row - 1), args.out, lang)
    say(worded("cli.wrote", out=printable(args.out)))
    return 0
