"""An estimator that learned from arrays, in a program or the playground, used as a model of images in files."""

from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import MissingError
from koubai.core.language import worded
from koubai.core.untyped import Loaded
from koubai.models.of_images.image_model import ImageModel
from koubai.models.of_images.seeing import is_of_cells
from koubai.tables.preparing.refusals import CLASSIFICATION, REGRESSION

if TYPE_CHECKING:
    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor
    from koubai.estimators.neocognitron.estimator import Neocognitron

UNLIKELY = 10.0
"""Standard deviations from the mean beyond which a pixel is likely to be counted in another unit."""


def of_arrays(estimator: "ConvClassifier | ConvRegressor | Neocognitron") -> ImageModel:
    """Return a fitted estimator as a model of images in files, which it takes as their pixels are.

    Raises
    ------
    MissingError
        If it learned without labels and names no classes, as a Neocognitron may.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from koubai.estimators.convolution.classifier import ConvClassifier
    >>> lines = np.zeros((4, 3, 3)), np.array(["lying", "standing"] * 2)
    >>> lines[0][::2, 1], lines[0][1::2, :, 1] = 1, 1
    >>> model = of_arrays(ConvClassifier([], epochs=100, shifts=0, random_state=0).fit(*lines))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/lines.npz", images=lines[0])
    ...     model.predict(f"{folder}/lines.npz")["prediction"].to_list()
    ['lying', 'standing', 'lying', 'standing']
    """
    if is_of_cells(estimator) and not hasattr(estimator, "readout_"):
        raise MissingError(
            who=type(estimator).__name__,
            what=worded("models.error.learned_without_labels"),
            remedy=worded("core.remedy.fit_with_labels"),
        )
    model = ImageModel()
    model.estimator_, model.resized_, model.evaluation_ = estimator, False, None
    model.task_ = CLASSIFICATION if hasattr(estimator, "classes_") else REGRESSION
    model.why_ = worded("models.note.estimator_does")
    model.commonest_, model.shares_, model.mean_ = None, None, float("nan")
    model.n_images_, model.notes_ = {}, []
    return model


def as_image_model(model: Loaded) -> ImageModel | None:
    """Return a loaded model as one of images in files; None if it is of something else."""
    if type(model).__name__ in ("ConvClassifier", "ConvRegressor", "Neocognitron"):
        return of_arrays(model)
    return model if isinstance(model, ImageModel) else None


def notes_on_units(model: Loaded, pixels: Array) -> list[str]:
    """Return a note if pixels are far from all that a model can have learned from: 0 to 255, not 0 to 1.

    A model that learned from files reads others as it read those, so only an estimator, or `of_arrays` of one, has any.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> notes_on_units(SimpleNamespace(pixel_mean_=[0.0], pixel_scale_=[16.0]), np.full((1, 2, 2, 1), 255))
    ['Pixels go up to 255, those that the model learned from were about 0 ± 16; give them in the same units.']
    """
    estimator = model.estimator_ if isinstance(model, ImageModel) else model
    if pixels.size == 0 or (isinstance(model, ImageModel) and model.learned_from_files):
        return []
    if hasattr(estimator, "range_"):  # a Neocognitron's
        mean, scale = np.array([estimator.lowest_]), np.array([estimator.range_])
    elif hasattr(estimator, "pixel_mean_"):
        mean, scale = np.asarray(estimator.pixel_mean_), np.asarray(estimator.pixel_scale_)
    else:
        return []
    lowest, highest = (extreme(axis=(0, 1, 2)) for extreme in (pixels.min, pixels.max))  # of each channel
    if (np.maximum(highest - mean, mean - lowest) <= UNLIKELY * scale).all():
        return []
    return [
        worded(
            "models.note.pixels_go_up_those_model",
            max=f"{highest.max():.4g}",
            mean=f"{mean.mean():.3g}",
            mean_2=f"{scale.mean():.3g}",
        )
    ]
