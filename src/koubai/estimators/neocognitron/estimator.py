"""The Neocognitron in scikit-learn's conventions."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from koubai.core.arrays import Array
from koubai.core.errors import DataError, MissingError
from koubai.core.schema import Record, Tensors
from koubai.core.untyped import ScikitLearn
from koubai.estimators.convolution import shapes
from koubai.estimators.given.parameters import check_parameters, checks_parameters, keep_parameters, only_if
from koubai.estimators.neocognitron import stages
from koubai.estimators.neocognitron.cells import SLayer
from koubai.estimators.neocognitron.readout import SOFTMAX, WINNER, Readout, Winner, learned_readout
from koubai.estimators.offers.tracking import tracked

AUTO = stages.AUTO
COUNTS = [Interval(Integral, 1, None, closed="left"), list, tuple]
COUNTS_OR_AUTO = [*COUNTS, StrOptions({AUTO})]
PARTS_OR_AUTO = [Interval(Real, 0, 1, closed="neither"), list, tuple, StrOptions({AUTO})]


def _has_probabilities(estimator: "Neocognitron") -> bool:
    if estimator.readout != SOFTMAX:
        raise MissingError(
            who=type(estimator).__name__,
            what=f"predict_proba is there with readout={SOFTMAX!r} only; got {estimator.readout!r}.",
            remedy="Use predict.",
        )
    return True


class Neocognitron(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """Neocognitron: the first convolutional network, whose features nobody designs and no label teaches.

    Stages of S-cells and C-cells (Fukushima 1980) learn one after the other. S-cells answer where the maps below look
    like what they learned, an inhibitory V-cell dividing by how much there is to see; C-cells answer if an S-cell of
    their plane does anywhere near, so that what is shifted a little looks the same to the next stage. S-cells learn by
    competition, without labels. A readout of the top C-cells, which learns with labels, says the class. Layers and
    learning follow the paper of 1980; the layer for contrast, the thresholds and the growth of planes that of 2003.
    ``docs/neocognitron.md`` says which equation is whose, and why.

    Parameters
    ----------
    planes : int or sequence of int
        Most cell-planes of each stage; a stage takes as many as it finds different patterns, and there are as many
        stages as numbers.
    fields : int, sequence of int or "auto"
        Side of the window that an S-cell sees of the maps below, for all stages or each. ``"auto"`` is 5, and 3 for
        images of fewer than 16 pixels on a side, as for the next four.
    blurs : int, sequence of int or "auto"
        Side of the window over which a C-cell blurs its plane; ``"auto"`` is 5, or 3.
    strides : int, sequence of int or "auto"
        Distance between the C-cells of a plane: their map is smaller by this factor. ``"auto"`` is 2, 3 and then 2, or
        1, 2 and then 1.
    learning_thresholds : float, sequence of float or "auto"
        θ while S-cells learn, in (0, 1): how alike, as a cosine, patterns must be to be learned by one plane;
        ``"auto"`` is 0.7, or 0.85.
    thresholds : float, sequence of float or "auto"
        θ afterwards, in (0, 1): how alike a pattern must be to what was learned for its S-cell to answer; ``"auto"`` is
        0.5, or 0.7.
    saturation : float
        α of the C-cells, > 0: the blurred input that makes half of the largest answer.
    n_shown : int
        Training images from which each stage's S-cells learn, drawn anew for each stage; all, if there are fewer.
    readout : {"softmax", "winner"}
        What reads the class from the top C-cells: softmax regression (`koubai.MLPClassifier` without hidden layer), or
        as in the papers the class of the winner among labelled cells.
    alpha : float
        Penalty on the weights of the softmax regression, >= 0.
    image_shape : (height, width) or (height, width, channels), optional
        The shape of images in flat rows; one of the numbers may be -1. By default they are square and grey.
    n_jobs : int or None
        Threads of the softmax regression.
    random_state : int, RandomState or None
        Source of randomness for the order of images.

    Attributes
    ----------
    s_layers_ : list of SLayer
        The S-cells of each stage; ``weights`` are their excitatory connections a, (inputs, planes).
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; absent if there were none.
    readout_ : MLPClassifier or Winner
        What reads the class from the top C-cells; absent without labels.
    image_shape_ : list of int
        Height, width and channels of the images.
    lowest_, range_ : float
        Least of the training images' pixels, and the difference from it to the greatest.
    n_features_in_, feature_names_in_
        As elsewhere in scikit-learn.

    References
    ----------
    K. Fukushima, "Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition
    unaffected by shift in position", Biological Cybernetics 36, 193-202 (1980).

    K. Fukushima, "Neocognitron for handwritten digit recognition", Neurocomputing 51, 161-180 (2003).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> model = Neocognitron(random_state=0).fit(X[:600], y[:600])
    >>> model.score(X[600:900], y[600:900]) > 0.9
    True
    >>> model.transform(X[:5]).shape[0], [name for name in model.maps(X[:1])]
    (5, ['contrast', 'S1', 'C1', 'S2', 'C2'])
    """

    _parameter_constraints: ClassVar[dict[str, object]] = {
        "planes": COUNTS,
        "fields": COUNTS_OR_AUTO,
        "blurs": COUNTS_OR_AUTO,
        "strides": COUNTS_OR_AUTO,
        "learning_thresholds": PARTS_OR_AUTO,
        "thresholds": PARTS_OR_AUTO,
        "saturation": [Interval(Real, 0, None, closed="neither")],
        "n_shown": [Interval(Integral, 1, None, closed="left")],
        "readout": [StrOptions({SOFTMAX, WINNER})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "image_shape": [list, tuple, None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    s_layers_: list[SLayer]
    readout_: Readout
    image_shape_: list[int]
    lowest_: float
    range_: float
    n_features_in_: int
    _stages: list[stages.Choices]

    def __init__(
        self,
        planes: int | Sequence[int] = (24, 80),
        *,
        fields: int | Sequence[int] | str = AUTO,
        blurs: int | Sequence[int] | str = AUTO,
        strides: int | Sequence[int] | str = AUTO,
        learning_thresholds: float | Sequence[float] | str = AUTO,
        thresholds: float | Sequence[float] | str = AUTO,
        saturation: float = 0.3,
        n_shown: int = 1000,
        readout: str = SOFTMAX,
        alpha: float = 0.1,
        image_shape: Sequence[int] | None = None,
        n_jobs: int | None = None,
        random_state: object = None,
    ) -> None:
        keep_parameters(self, locals())

    def _validate_params(self) -> None:
        check_parameters(self)
        shapes.check_image_shape(self.image_shape, type(self).__name__)
        self._choices()

    def _choices(self) -> list[stages.Choices]:
        side = min(getattr(self, "image_shape_", (stages.SMALL_SIDE,) * 2)[:2])
        return stages.chosen(self, type(self).__name__, side)

    @tracked
    @checks_parameters
    def fit(self, X: object, y: object = None) -> Self:
        """Learn S-cells from images, and the readout from their classes.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_features)
            The images.
        y : array-like of shape (n,), optional
            Their classes. Without them S-cells learn alone, and there is ``transform`` but no ``predict``.

        Returns
        -------
        self

        Raises
        ------
        ParameterError
            If a parameter is out of range.
        ShapeError
            If flat rows are no square images and ``image_shape`` is not given.
        DataError
            If there is only one class, or the images show nothing.
        """
        who, rng = type(self).__name__, check_random_state(self.random_state)
        given, found = shapes.array_of_images(X, who)
        labels = None
        if y is None:
            rows = validate_data(self, given, dtype=np.float64)
        else:
            rows, labels = validate_data(self, given, column_or_1d(y, warn=True), dtype=np.float64)
            check_classification_targets(labels)
        self.image_shape_ = list(shapes.shape_of_images(found, rows.shape[1], self.image_shape, who))
        self.lowest_ = float(rows.min())
        self.range_ = float(rows.max() / 2 - self.lowest_ / 2) * 2 or 1.0
        for name in ("classes_", "readout_"):
            self.__dict__.pop(name, None)
        codes = None if labels is None else self._coded(labels)
        self._stages = self._choices()
        self.s_layers_ = stages.learned_stages(self._images(rows), self._stages, int(self.n_shown), rng, who)
        if codes is not None:
            self.readout_ = learned_readout(self.readout, self._top(rows), codes, self.alpha, self.n_jobs, rng)
        return self

    def _coded(self, y: Array) -> Array:
        """Set the classes; return the place of each label among them."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(
                who=type(self).__name__,
                what=f"The number of classes has to be greater than one; got {len(self.classes_)} class, {y[0]}.",
                remedy="Add images of another.",
            )
        return codes

    def _images(self, rows: Array) -> Array:
        """Return validated rows as images whose pixels were in [0, 1] in training."""
        pixels = rows / self.range_ - self.lowest_ / self.range_
        return pixels.astype(np.float32).reshape(-1, *self.image_shape_)

    def _rows(self, X: object) -> Array:
        """Return images of the shape of those in training as validated rows."""
        check_is_fitted(self, "s_layers_")
        who = type(self).__name__
        rows, found = shapes.array_of_images(X, who)
        shapes.check_shape(found, self.image_shape_, who)
        validated: Array = validate_data(self, rows, dtype=np.float64, reset=False)
        return validated

    def _top(self, rows: Array) -> Array:
        return stages.top(self._images(rows), self.s_layers_, self._stages).reshape(len(rows), -1)

    @property
    def _n_features_out(self) -> int:
        height, width = self.image_shape_[:2]
        for choice in self._stages:
            height, width = -(-height // choice.strides), -(-width // choice.strides)
        return height * width * int(self.s_layers_[-1].weights.shape[1])

    def transform(self, X: object) -> Array:
        """Return what the top C-cells say of each image, (n, n_cells), in [0, 1) and in single precision.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_features)
            The images.
        """
        return self._top(self._rows(X))

    def maps(self, X: object) -> dict[str, Array]:
        """Return what all cells say of images: ``"contrast"``, ``"S1"``, ``"C1"``, … each (n, height, width, planes).

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_features)
            The images, best a few.
        """
        rows = self._rows(X)
        return dict(stages.through(self._images(rows), self.s_layers_, self._stages))

    def _read(self, X: object) -> tuple[Readout, Array]:
        answers = self.transform(X)
        if not hasattr(self, "readout_"):
            raise NotFittedError(
                f"{type(self).__name__}: predict needs a readout, and fit had no labels. Call fit(X, y)."
            )
        return self.readout_, answers

    def predict(self, X: object) -> Array:
        """Return the class of each image, (n,).

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_features)
            The images.
        """
        readout, answers = self._read(X)
        labels: Array = self.classes_[readout.predict(answers)]
        return labels

    @only_if(_has_probabilities)
    def predict_proba(self, X: object) -> Array:
        """Return the probability of each class for each image, (n, n_classes), by the softmax regression.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_features)
            The images.
        """
        readout, answers = self._read(X)
        if isinstance(readout, Winner):  # the parameter was changed after fit
            raise MissingError(
                who=type(self).__name__,
                what="predict_proba needs the softmax regression; got labelled winners from fit.",
                remedy="Use predict, or fit again.",
            )
        found: Array = readout.predict_proba(answers)
        return found

    def to_record(self) -> tuple[Record, dict[str, Array]]:
        """Return a fitted model as plain data and arrays for a file; `from_record` reads them back."""
        from koubai.estimators.neocognitron.storage import to_record

        check_is_fitted(self, "s_layers_")
        return to_record(self)

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> Self:
        """Return the model that `to_record` described.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes another estimator.
        """
        from koubai.estimators.neocognitron.storage import from_record

        return from_record(cls, record, tensors)

    def __sklearn_tags__(self) -> ScikitLearn:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = False
        return tags
