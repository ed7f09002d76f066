"""``koubai explain`` of a model of images: its network, and images as rows."""

import argparse
from typing import TYPE_CHECKING

import numpy as np

from koubai.cli.images import options
from koubai.cli.parts.reading import reading_options, say_notes
from koubai.core.errors import ParameterError
from koubai.core.language import worded

if TYPE_CHECKING:
    from koubai.explain.network.samples import Sample
    from koubai.models.of_images.image_model import ImageModel


def sample_of_images(args: argparse.Namespace, model: "ImageModel") -> "Sample":
    """Return the model's network, with the images that ``--data`` names as rows."""
    from koubai.explain.network.naming import Names
    from koubai.explain.network.samples import Sample
    from koubai.models.of_images.bare import notes_on_units
    from koubai.models.of_images.seeing import is_of_cells

    refused = {**reading_options(args), "member": args.member}
    for name, value in refused.items():
        if value is not None:
            raise ParameterError(
                worded("cli.error.come_model_table_got_images", replace=name.replace("_", "-"), model=args.model)
            )
    if is_of_cells(model.estimator_):
        raise ParameterError(worded("explain.error.of_cells", model=args.model))
    options.check_there(args.data)
    images = model.read(args.data, resize=args.resize, channels=options.channels_of(args.color))
    say_notes([*images.notes, *notes_on_units(model, images.pixels)])
    inputs, targets = model.network_rows(images)
    estimator = model.estimator_
    classes = tuple(map(str, getattr(estimator, "classes_", ())))
    return Sample(estimator.network_, estimator.theta_.astype(np.float64), inputs, targets, Names((), classes))
