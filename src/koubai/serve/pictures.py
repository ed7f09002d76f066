"""Answers of models of images: a picture as it is, or in JSON in base64 or as its pixels."""

import base64
import binascii
import io
import re
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, InPython, KoubaiError
from koubai.core.untyped import Loaded
from koubai.export import steps
from koubai.export.steps import Input
from koubai.images.folders import read_files
from koubai.images.images import COLOUR, GRAY
from koubai.images.pictures import MOST_PIXELS, read_header
from koubai.models.kept.bare import asked, predictions_of
from koubai.models.of_images.bare import notes_on_units
from koubai.models.of_images.image_model import ImageModel
from koubai.serve.answers import answers_in, no_derivation, with_notes
from koubai.serve.bodies import JSON, Refusal
from koubai.tables.meaning.values import LARGEST

if TYPE_CHECKING:
    import polars as pl

PICTURES = "image/*"
"""The content type of one picture: PNG, JPEG and what else `koubai predict` reads."""
IMAGE, PIXELS = "image", "pixels"
"""A picture file in base64, and an image as its numbers."""
DATA_URL = re.compile(r"data:image/[a-z0-9.+-]+;base64,", re.IGNORECASE)


class Sent(io.BytesIO):
    """A picture file that came with a request, which messages name."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.called = name

    def __str__(self) -> str:
        return self.called


class PictureScorer:
    """Answers with a model of images.

    Parameters
    ----------
    model : ImageModel, ConvClassifier, ConvRegressor or Neocognitron
        The fitted model.
    """

    types: tuple[str, ...] = (JSON, PICTURES)

    def __init__(self, model: Loaded) -> None:
        self.model = model
        self.estimator = model._fitted() if isinstance(model, ImageModel) else model
        self.resized = bool(getattr(model, "resized_", False))
        height, width, channels = map(int, self.estimator.image_shape_)
        self.shape = (height, width, channels)
        colours = {GRAY: "grey", COLOUR: "red, green and blue"}.get(channels, f"{channels} channels")
        self.title = f"{type(self.estimator).__name__} of images of {width} × {height} pixels, {colours}"
        self.inputs: tuple[Input, ...] = (
            Input(IMAGE, steps.IMAGE, shape=self.shape),
            Input(PIXELS, steps.ROW, int(np.prod(self.shape)), shape=self.shape),
        )
        self.classes = np.asarray(getattr(self.estimator, "classes_", ())).tolist()
        self.has_probabilities = hasattr(self.estimator, "predict_proba")
        self.is_explained = hasattr(self.estimator, "explain")

    def one(self, row: dict[str, object]) -> dict[str, object]:
        """Return the answer for one image."""
        answers, notes = self.of_table(self.frame([row]))
        return with_notes(answers[0], notes)

    def picture(self, content: bytes) -> dict[str, object]:
        """Return the answer for one picture file."""
        answers, notes = self.of_table(self.read(content))
        return with_notes(answers[0], notes)

    def read(self, content: bytes) -> tuple[Array, list[str]]:
        """Return the image of one picture file, (1, height, width, channels), and notes on reading it."""
        return self._read([Sent(content, "the request")])

    def frame(self, rows: list[dict[str, object]]) -> tuple[Array, list[str]]:
        """Return images of JSON, (n, height, width, channels), and notes on reading them.

        Raises
        ------
        DataError
            If one is no picture, or not of the model's size.
        Refusal
            If there are too many pixels.
        """
        most, found, notes = MOST_PIXELS // int(np.prod(self.shape)), [], list[str]()
        if len(rows) > most:
            raise Refusal(413, f"There must be at most {most:,} images; got {len(rows):,}. Send fewer at a time.")
        sent = self._sent(rows)
        for number, row in enumerate(rows, 1):
            pixels, own = self._read([sent[number]]) if number in sent else (self._numbers(row[PIXELS], number), [])
            found.append(pixels.reshape(self.shape))
            notes += [note for note in own if note not in notes]
        return np.stack(found), notes

    def _sent(self, rows: list[dict[str, object]]) -> dict[int, Sent]:
        """Return the picture files among rows by their numbers, of which only the headers have been read."""
        sent, n_pixels = dict[int, Sent](), 0
        for number, row in enumerate(rows, 1):
            if (IMAGE in row) == (PIXELS in row):
                raise DataError(
                    f"Row {number} must have either {IMAGE!r}, a picture in base64, or {PIXELS!r}, its numbers; it has "
                    f"{'both' if IMAGE in row else ', '.join(map(repr, list(row)[:8])) or 'nothing'}. Give one."
                )
            if IMAGE in row:
                sent[number] = Sent(_decoded(row[IMAGE], number), f"row {number}")
                header = read_header(sent[number])  # type: ignore[arg-type]  # as in _read
                n_pixels += header.height * header.width
            if n_pixels > MOST_PIXELS:  # decoded, small files could fill the memory
                raise Refusal(
                    413,
                    f"The pictures of a request must have at most {MOST_PIXELS:,} pixels together; they have more. "
                    "Send fewer at a time.",
                )
        return sent

    def of_table(self, table: tuple[Array, list[str]]) -> tuple[list[dict[str, object]], list[str]]:
        """Return the answers for images, and notes on them."""
        predicted, notes = self.table(table)
        return answers_in(predicted, self.classes), notes

    def table(self, table: tuple[Array, list[str]]) -> "tuple[pl.DataFrame, list[str]]":
        """Return the answers for images as a table, and notes on it."""
        pixels, notes = table
        return predictions_of(self.estimator, pixels), notes

    def explanation(self, row: dict[str, object], form: str, lang: str | None) -> str:
        """Return the derivation of one image's answer.

        Raises
        ------
        KoubaiError
            If it cannot be predicted, or the model has no derivation.
        """
        from koubai.views.explanation.showing import render

        if not self.is_explained:
            raise no_derivation(self.estimator)
        pixels, _ = self.frame([row])
        return render(asked(self.estimator, "explain", pixels[0]), form, lang)

    def _read(self, sent: list[Sent]) -> tuple[Array, list[str]]:
        """Return the pixels of picture files, read as those that the network learned from."""
        height, width, channels = self.shape
        size = (height, width) if self.resized else None
        wanted = channels if channels in (GRAY, COLOUR) else None
        try:
            found = read_files(sent, wanted, size, "the request", lossless=True, expected=(height, width))  # type: ignore[arg-type]  # what is opened may be a file's content
        except KoubaiError as error:
            if isinstance(error.remedy, InPython):
                raise type(error)(what=error.what, remedy="Send it as the model's images are.") from error
            raise
        if found.shape != self.shape:
            raise DataError(f"The picture must have {channels} channels; it has {found.shape[2]}. Send its pixels.")
        return found.pixels, [*found.notes, *notes_on_units(self.model, found.pixels)]

    def _numbers(self, given: object, number: int) -> Array:
        """Return an image of JSON: lines of pixels, each of its channels if there are several; or all in one list."""
        height, width, channels = self.shape
        shapes: list[tuple[int, ...]] = [
            self.shape,
            *([(height, width)] if channels == 1 else []),
            (int(np.prod(self.shape)),),
        ]
        try:
            found = np.array(given, np.float64)
        except (TypeError, ValueError, OverflowError):
            found = np.array(np.nan)
        if found.shape not in shapes or not (np.abs(found) <= LARGEST).all():
            wanted = " × ".join(map(str, shapes[-2] if channels == 1 else self.shape))
            got = "something else" if found.ndim == 0 else " × ".join(map(str, found.shape))
            got = "some that are none" if found.shape in shapes else got
            raise DataError(
                f"The pixels of row {number} must be {wanted} numbers in lists (height, width"
                f"{'' if channels == 1 else ', channels'}); got {got}. Send them as the training images were."
            )
        return found.reshape(self.shape)


def _decoded(given: object, number: int) -> bytes:
    """Return the content of a picture file in base64, or as a data URL."""
    try:
        if not isinstance(given, str):
            raise ValueError
        return base64.b64decode(DATA_URL.sub("", given, count=1), validate=True)
    except (ValueError, binascii.Error):
        raise DataError(
            f"The image of row {number} must be a picture file in base64; it is not. Encode it, or send its pixels."
        ) from None
