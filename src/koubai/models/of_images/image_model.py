"""A model of images in files: how they are read, and the network that learns from them."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from koubai.core import entries
from koubai.core.arrays import Array
from koubai.core.errors import MissingError, ParameterError
from koubai.core.language import worded
from koubai.core.schema import Record, Tensors
from koubai.images.images import COLOUR, GRAY, Images
from koubai.images.reading import check_channels, is_folder_of_pictures, read_images, read_unlabelled, size_of
from koubai.models.of_images import image_record
from koubai.models.of_images.judging import Simplest, known, labels_like
from koubai.models.of_images.learnable import LearnableImages, check_same_shape, learnable
from koubai.models.of_images.network_asked import check_network, new_estimator
from koubai.models.scores.evaluation import Evaluation
from koubai.tables.preparing.refusals import CLASSIFICATION, TASKS
from koubai.training.loop import Callbacks

if TYPE_CHECKING:
    import polars as pl

    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor
    from koubai.estimators.neocognitron.estimator import Neocognitron
    from koubai.models.of_images.seeing import Seen

Path = str | os.PathLike[str]


class ImageModel:
    """A convolutional network for images in files; it remembers how they are read.

    Parameters
    ----------
    task : {"classification", "regression"}, optional
        By default, regression if the labels are numbers with fractions.
    image_size : int or (height, width), optional
        The size to give pictures; later ones are given the same.
    channels : {1, 3}, optional
        1 to read pictures as grey, 3 as red, green and blue; by default grey if all of them are.
    random_state : int
        Seed of the images held out, of initial values and of shuffles.
    **network
        Parameters of `koubai.ConvClassifier` or `koubai.ConvRegressor`.

    Attributes
    ----------
    estimator_ : ConvClassifier, ConvRegressor or Neocognitron
        The network.
    task_, why_ : str
        What is predicted, and why that.
    evaluation_ : Evaluation or None
        Scores on the images held out, if any.
    n_images_ : dict of str to int
        Numbers of images for training and test.
    notes_ : list of str
        Notes on reading the images.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> images = np.zeros((40, 6, 6), np.uint8)
    >>> images[:20, 2] = 255
    >>> images[20:, :, 2] = 255
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/bars.npz", images=images, labels=["lying"] * 20 + ["standing"] * 20)
    ...     model = ImageModel(layers="conv 4 3, relu, max_pool", epochs=30, learning_rate_init=0.01)
    ...     model = model.fit(f"{folder}/bars.npz")
    ...     model.predict(f"{folder}/bars.npz")["prediction"][39]
    'standing'
    """

    estimator_: "ConvClassifier | ConvRegressor | Neocognitron"
    task_: str
    why_: str
    resized_: bool
    commonest_: object
    shares_: list[float] | None
    mean_: float
    evaluation_: Evaluation | None
    n_images_: dict[str, int]
    notes_: list[str]

    def __init__(
        self,
        *,
        task: str | None = None,
        image_size: int | tuple[int, int] | None = None,
        channels: int | None = None,
        random_state: int = 0,
        **network: object,
    ) -> None:
        self.task, self.image_size, self.channels = task, image_size, channels
        self.random_state, self.network = random_state, network

    def check(self) -> None:
        """Raise ParameterError if a parameter is not allowed, whatever the images."""
        if self.task not in (None, *TASKS):
            raise ParameterError(
                who="ImageModel",
                parameter="task",
                required=[*TASKS, "None"],
                got=repr(self.task),
                remedy=worded("core.remedy.try", value=repr(CLASSIFICATION)),
            )
        size_of(self.image_size)
        check_channels(self.channels)
        check_network(self.task, self.network, self.random_state)

    def fit(
        self,
        images: Path,
        *,
        labels: Path | None = None,
        test: Path | None = None,
        test_fraction: float | None = None,
        callbacks: Callbacks = None,
    ) -> Self:
        """Learn from images in files.

        Parameters
        ----------
        images, labels : path
            A folder with a subfolder for each class, an idx file and that of its labels, or an npz archive; see
            `koubai.images.reading.read_images`.
        test : path, optional
            Further images of the same kind, to judge the network by.
        test_fraction : float, optional
            Share of the images that are held out for that if there are none; by default 0.2.
        callbacks : callable or sequence of callables, optional
            Called with a `koubai.training.history.Epoch` after every epoch; True stops training.

        Returns
        -------
        self

        Raises
        ------
        DataError, FileError
            If the images cannot be read, or there is nothing to be learned from them.
        ParameterError
            If a parameter is not allowed.
        DivergenceError
            If training diverges to NaN or infinity.
        """
        return self.train(self.prepare(images, labels=labels, test=test, test_fraction=test_fraction), callbacks)

    def prepare(
        self,
        images: Path,
        *,
        labels: Path | None = None,
        test: Path | None = None,
        test_fraction: float | None = None,
    ) -> LearnableImages:
        """Read images and hold some of them out, without training yet; parameters are those of `fit`."""
        self.check()
        if test_fraction is not None and not 0 <= test_fraction < 1:
            raise ParameterError(
                who="ImageModel",
                parameter="test_fraction",
                required=worded("core.must.be_in"),
                got=repr(test_fraction),
                remedy=worded("core.remedy.try_8"),
            )
        read = read_images(images, labels=labels, image_size=self.image_size, channels=self.channels)
        apart = None
        if test is not None:
            height, width, n_channels = read.shape
            pictures = is_folder_of_pictures(test)
            size = (height, width) if pictures and read.resized else None
            apart = read_images(test, image_size=size, channels=n_channels if pictures else None)
        return learnable(read, self.task, apart, test_fraction, self.random_state)

    def train(self, prepared: LearnableImages, callbacks: Callbacks = None, *, progress: bool = False) -> Self:
        """Train on the result of `prepare`, and evaluate on the images held out.

        Parameters
        ----------
        prepared : LearnableImages
            The images.
        callbacks
            As for `fit`.
        progress : bool
            Whether to show a progress bar on standard error.
        """
        self.task_, self.why_ = prepared.task, prepared.why
        self.resized_, self.notes_ = prepared.images.resized, list(prepared.images.notes)
        labels, test = prepared.labels, prepared.test_labels
        self.n_images_ = {"training": len(labels), "test": 0 if test is None else len(test)}
        self.commonest_, self.shares_, self.mean_ = None, None, 0.0
        if self.is_classification:
            classes, counts = np.unique(labels, return_counts=True)
            self.commonest_, self.shares_ = classes[counts.argmax()].item(), (counts / counts.sum()).tolist()
        else:
            self.mean_ = float(np.mean(labels, dtype=np.float64))
        estimator = new_estimator(prepared.task, self.network, self.random_state)
        estimator.set_params(callbacks=callbacks, progress=progress)
        self.estimator_ = estimator.fit(prepared.pixels, labels).set_params(callbacks=None, progress=False)
        self.evaluation_ = None
        if prepared.test_pixels is not None and test is not None:
            self.evaluation_ = self._simplest.evaluate(test, *self.outputs(prepared.test_pixels))
        return self

    @property
    def is_classification(self) -> bool:
        """Whether classes are predicted."""
        return self.task_ == CLASSIFICATION

    # Predictions

    def read(self, images: Path | Sequence[Path], *, resize: bool = False, channels: int | None = None) -> Images:
        """Read images to predict for, as those that the network learned from were read.

        Parameters
        ----------
        images : path or sequence of paths
            Pictures; or a folder of them, an idx file, or an npz archive.
        resize : bool
            Whether pictures of another size are given that of those that the network learned from; if they were resized
            too, these are in any case.
        channels : {1, 3}, optional
            1 to read pictures with colours as grey, which a model of grey images otherwise refuses.

        Raises
        ------
        DataError, FileError
            If the images cannot be read, or do not fit the network.
        """
        shape = self._fitted().image_shape_
        given = [images] if isinstance(images, str | os.PathLike) else list(images)
        height, width, wanted = shape
        size = (height, width) if resize or self.resized_ else None
        found = read_unlabelled(
            given,
            image_size=size,
            channels=wanted if wanted in (GRAY, COLOUR) else channels,
            lossless=channels is None,
            expected=(height, width),
        )
        check_same_shape(found, shape)
        return found

    def predict(
        self, images: Path | Sequence[Path], *, resize: bool = False, channels: int | None = None
    ) -> "pl.DataFrame":
        """Predict for images in files.

        Parameters
        ----------
        images, resize, channels
            As for `read`.

        Returns
        -------
        polars.DataFrame
            The columns ``image``, ``prediction`` and, for classes, ``probability_…`` of each.
        """
        found = self.read(images, resize=resize, channels=channels)
        return self.predictions(found, *self.outputs(found.pixels))

    def predictions(self, images: Images, predicted: Array, probabilities: Array | None) -> "pl.DataFrame":
        """Return the result of `outputs` as a table, each row under the image's name."""
        import polars as pl

        columns: dict[str, object] = {"image": list(images.names), "prediction": predicted}
        if probabilities is not None:
            classes = self.estimator_.classes_
            columns |= {f"probability_{label}": probabilities[:, index] for index, label in enumerate(classes.tolist())}
        return pl.DataFrame(columns)

    def outputs(self, pixels: Array) -> tuple[Array, Array | None]:
        """Return predictions for images (n, height, width, channels), and the probabilities of classes."""
        from koubai.models.of_images.seeing import answers_to

        return answers_to(self._fitted(), pixels)

    def see(
        self,
        images: Path | Sequence[Path],
        *,
        row: int = 0,
        resize: bool = False,
        channels: int | None = None,
    ) -> "Seen":
        """Return what the network sees: the parts of one image that its answer rests on, kernels, maps and mistakes.

        Parameters
        ----------
        images, resize, channels
            As for `read`. What excites filters most is searched in all of them, and if their labels are known, so are
            those that are most wrong.
        row : int
            The image to look at, from 0.

        Returns
        -------
        koubai.models.of_images.seeing.Seen
            Displays itself in a notebook; ``save("seen.html")`` and ``save("seen.png")`` write it.
        """
        from koubai.models.of_images.seeing import see

        return see(self, self.read(images, resize=resize, channels=channels), row)

    def network_rows(self, images: Images) -> tuple[Array, Array]:
        """Return what the network takes of images, (n, n_features), and its targets (n, n_outputs), NaN where unknown.

        A label is unknown if the images have none, or it is no class of the model's.
        """
        estimator = self._fitted()
        inputs = estimator._inputs(images.pixels, estimator.theta_.dtype)
        targets = np.full((len(images), estimator.network_.n_outputs), np.nan)
        labels = self._labels_of(images)
        if labels is not None:
            rows = known(labels, self._classes)
            if rows.any():
                targets[rows] = estimator.coded_targets(labels[rows])
        return np.asarray(inputs, np.float64), targets

    def evaluate(self, images: Images, predicted: Array, probabilities: Array | None) -> Evaluation | None:
        """Return the scores of predictions; None for images without labels that the model could predict."""
        labels = self._labels_of(images)
        if labels is None or not known(labels, self._classes).any():
            return None
        return self._simplest.evaluate(labels, predicted, probabilities)

    def _labels_of(self, images: Images) -> Array | None:
        return labels_like(None if images.labels is None else np.asarray(images.labels), self._classes)

    @property
    def _classes(self) -> Array | None:
        return self.estimator_.classes_ if self.is_classification else None

    @property
    def _simplest(self) -> Simplest:
        return Simplest(self._classes, self.commonest_, self.shares_, self.mean_)

    @property
    def learned_from_files(self) -> bool:
        """Whether it learned from files; if not, it is an estimator that learned from arrays (`of_arrays`)."""
        return bool(self.n_images_)

    def _fitted(self) -> "ConvClassifier | ConvRegressor | Neocognitron":
        if not hasattr(self, "estimator_"):
            raise MissingError(
                who="ImageModel", what=worded("models.error.fitted_first_not"), remedy=worded("core.remedy.call_fit")
            )
        return self.estimator_

    # Files

    def to_onnx(self, path: Path | None = None) -> bytes:
        """Return the model as the content of an ONNX file, and write it if a path is given.

        The input ``images`` is (rows, height, width, channels) in the precision of the network, pixels as they are in
        files; `koubai.export.onnx_inputs` makes it of files. Outputs are ``prediction``, and ``probabilities`` or
        ``scores`` of classes.

        Parameters
        ----------
        path : path, optional
            A file to write, atomically.

        Raises
        ------
        ParameterError
            If the package onnx is not installed.
        """
        return entries.to_onnx(self, path)

    def to_record(self) -> tuple[Record, dict[str, Array]]:
        """Return the model as plain data and arrays; `from_record` reads them back."""
        self._fitted()
        return image_record.to_record(self)

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> Self:
        """Return the model described by `to_record`; its predictions are bit-for-bit the same.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes something else.
        """
        model = cls(**image_record.parameters_of(record))
        image_record.restore(model, record, tensors)
        return model
