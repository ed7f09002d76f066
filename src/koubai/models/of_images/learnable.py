"""What is to be learned from images: classes or numbers, from which of them, and how it is judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, InPython, ParameterError
from koubai.core.language import worded
from koubai.images.images import Images
from koubai.tables.preparing.refusals import CLASSIFICATION, REGRESSION
from koubai.tables.preparing.splits import hold_out


@dataclass(frozen=True, slots=True, eq=False)
class LearnableImages:
    """Images divided into those to learn from and those that are held out.

    Parameters
    ----------
    images : Images
        All of them but those of a test set of their own.
    task, why : str
        Classification or regression, and the reason.
    training : array of int
        Which of them are for training.
    test_pixels, test_labels : array or None
        Those that are held out.
    test_from : str
        Where these come from.
    """

    images: Images
    task: str
    why: str
    training: Array
    test_pixels: Array | None
    test_labels: Array | None
    test_from: str

    @property
    def labels(self) -> Array:
        """Labels of the images for training."""
        return np.asarray(self.images.labels)[self.training]

    @property
    def pixels(self) -> Array:
        """The images for training; all of them, without a copy, where none are held out."""
        pixels = self.images.pixels
        return pixels if len(self.training) == len(pixels) else pixels[self.training]


def learnable(
    images: Images, task: str | None, test: Images | None, test_fraction: float | None, seed: int
) -> LearnableImages:
    """Return what is to be learned from images, and hold some of them out.

    Parameters
    ----------
    images : Images
        The images, with labels.
    task : str or None
        The task, if the labels are not to show it.
    test : Images or None
        Other images to judge the network by; by default those that the source keeps apart for it.
    test_fraction : float or None
        Share of the images to hold out if there are no others; by default a fifth.
    seed : int
        Seed of the choice.

    Raises
    ------
    DataError
        If there is nothing to be learned.
    ParameterError
        If a share is given besides test images.
    """
    labels = np.asarray(images.labels)
    found, why = (task, worded("models.note.requested")) if task is not None else task_of(labels)
    check_labels(images.source, labels, found)
    apart = test if test is not None else images.test
    everything = np.arange(len(images))
    if apart is not None:
        if test_fraction is not None:
            raise ParameterError(
                parameter="test_fraction",
                required=worded("core.must.left_open_where_there_test"),
                got=worded(
                    "core.got.besides",
                    test_fraction=f"{test_fraction:g}",
                    n_apart=f"{len(apart):,}",
                    source=apart.source,
                ),
                remedy=worded("core.remedy.leave_it_out"),
            )
        check_same_shape(apart, images.shape)
        return LearnableImages(
            images,
            found,
            why,
            everything,
            apart.pixels,
            np.asarray(apart.labels),
            worded("models.note.test_images", n_apart=f"{len(apart):,}"),
        )
    share = 0.2 if test_fraction is None else test_fraction
    kept, held = hold_out(len(images), share, seed, labels if found == CLASSIFICATION else None)
    if not len(held):
        return LearnableImages(images, found, why, everything, None, None, "")
    return LearnableImages(
        images, found, why, kept, images.pixels[held], labels[held], worded("models.note.held_out_images")
    )


def task_of(labels: Array) -> tuple[str, str]:
    """Return the task that labels show, and the reason.

    Examples
    --------
    >>> task_of(np.array(["cat", "dog"]))
    ('classification', '2 different labels')
    >>> task_of(np.array([0.5, 1.25]))
    ('regression', 'its labels are numbers with fractions')
    """
    if labels.dtype.kind == "f" and not np.array_equal(labels, np.round(labels)):
        return REGRESSION, worded("models.note.labels_numbers_fractions")
    return CLASSIFICATION, worded("models.note.different_labels", n_unique=f"{len(np.unique(labels)):,}")


def check_labels(source: str, labels: Array, task: str) -> None:
    """Raise DataError if the labels cannot be learned."""
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise DataError(
            what=worded("models.error.labels_finite", source=source),
            remedy=worded("core.remedy.mend_them", source=source),
        )
    if task == REGRESSION and labels.dtype.kind not in "biuf":
        raise DataError(
            what=worded("models.error.labels_numbers", source=source, label=repr(labels[0].item())),
            remedy=InPython("Leave the task open.", typed=worded("core.remedy.leave_task_out")),
        )
    n_labels = len(np.unique(labels))
    if n_labels < 2:
        raise DataError(
            what=worded(
                "models.error.labels_two_kinds_more_got",
                source=source,
                n_labels=n_labels,
                label=repr(labels[0].item()),
            ),
            remedy=worded("core.remedy.add_images_others"),
        )


def check_same_shape(images: Images, shape: Sequence[int]) -> None:
    """Raise DataError unless images have the size and the channels of those that the network learns from."""
    wanted, got = tuple(shape), images.shape
    if got[:2] != wanted[:2]:
        raise DataError(
            what=(
                worded(
                    "models.error.images_pixels_those_network_learned",
                    source=images.source,
                    wanted=wanted[1],
                    wanted_2=wanted[0],
                    got=got[1],
                    got_2=got[0],
                )
            ),
            remedy=InPython("Give resize=True for pictures.", typed=worded("core.remedy.add_pictures")),
        )
    if got[2] != wanted[2]:
        raise DataError(
            what=(
                worded(
                    "models.error.images_have_those_network_learned",
                    source=images.source,
                    channels_in_words=channels_in_words(wanted[2]),
                    channels_in_words_2=channels_in_words(got[2]),
                )
            ),
            remedy=worded("core.remedy.convert_them"),
        )


def channels_in_words(channels: int) -> str:
    """Return a number of channels in words.

    Examples
    --------
    >>> channels_in_words(1), channels_in_words(3), channels_in_words(2)
    ('1 channel (grey)', '3 channels (colour)', '2 channels')
    """
    if channels == 1:
        return worded("models.note.channel_grey")
    return (
        worded("models.note.channels_colour", channels=channels)
        if channels == 3
        else worded("models.note.channels", channels=channels)
    )
