"""The common base of ConvClassifier and ConvRegressor: from images through pixels near 0 to a network of maps."""

from abc import abstractmethod
from collections.abc import Sequence
from math import prod
from numbers import Integral, Real
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight

from koubai.core import entries
from koubai.core.activations import get_activation
from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError, MissingError, ParameterError
from koubai.core.initializers import NAMES as INITIALIZER_NAMES
from koubai.core.language import worded
from koubai.core.layers import Dense as DenseLayer
from koubai.core.moments import Moments
from koubai.core.network import Network
from koubai.core.schema import Record
from koubai.core.untyped import ScikitLearn
from koubai.engines.protocol import Inputs, Rows
from koubai.estimators.base import BaseNetwork
from koubai.estimators.convolution import defaults, shapes
from koubai.estimators.convolution.augmentation import Augmentation
from koubai.estimators.convolution.source import ImagesInMemory, images_at_once
from koubai.estimators.given import training_choices as choices
from koubai.estimators.given.image_layers import Given, core_layers, parts_of
from koubai.estimators.given.layers_in_words import layers_from_text
from koubai.optimizers.adam import Adam
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Constant, OneCycle, Schedule
from koubai.training.sources import Source

if TYPE_CHECKING:
    from koubai.core.entries import Ask, Derivation, Seen

AUTO = "auto"
SHARED = (
    "alpha", "batch_size", "learning_rate_init", "shuffle", "random_state", "tol", "verbose", "warm_start",
    "early_stopping", "validation_fraction", "n_iter_no_change", "rate_factors", "decay_factors", "decay_schedule",
    "dropout_schedule", "l1", "clip_norm", "callbacks", "progress", "engine", "n_jobs", "checkpoint",
    "checkpoint_every", "keep_checkpoint", "validation_metric",
)  # fmt: skip
"""Parameters that are those of the other estimators."""
PIECE = 4096
"""Images whose pixels are averaged at a time."""


class BaseConv(BaseNetwork):
    """Convolutional network in scikit-learn's conventions; use `ConvClassifier` or `ConvRegressor`."""

    _parameter_constraints: ClassVar[dict[str, object]] = {
        **{name: choices.CONSTRAINTS[name] for name in SHARED},
        "validation_metric": [StrOptions({"score", "loss"})],
        "layers": [str, list, tuple],
        "image_shape": [list, tuple, None],
        "normalize": ["boolean"],
        "shifts": [Interval(Real, 0, None, closed="left"), StrOptions({AUTO})],
        "rotations": [Interval(Real, 0, 180, closed="both"), StrOptions({AUTO})],
        "zooms": [Interval(Real, 0, 1, closed="left"), StrOptions({AUTO})],
        "flips": ["boolean"],
        "optimizer": [str, Optimizer, dict],
        "schedule": [str, Schedule, dict],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({AUTO})],
        "init": [StrOptions(set(INITIALIZER_NAMES))],
    }

    layers: str | Sequence[Given]
    image_shape: Sequence[int] | None
    normalize: bool
    shifts: float | str
    rotations: float | str
    zooms: float | str
    flips: bool
    n_starts: ClassVar[int] = 1
    activation: ClassVar[str] = "relu"
    """Required by `HoldsTheta`; activations are given among the layers."""

    image_shape_: list[int]
    pixel_mean_: list[float]
    pixel_scale_: list[float]
    _given_weights: object = None

    # Images

    def _as_rows(self, X: object, reset: bool = False) -> object:
        who = choices.name_of(self)
        rows, found = shapes.array_of_images(X, who)
        if reset:
            self._found_shape = found
        else:
            shapes.check_shape(found, self.image_shape_, who)
            shapes.check_not_single(rows, self.image_shape_, who)
        return rows

    def _prepared(self, inputs: Inputs, fresh: bool = False) -> Inputs:
        images = np.asarray(inputs)
        if fresh:
            found = self.__dict__.pop("_found_shape", None)
            shape = shapes.shape_of_images(found, images.shape[1], self.image_shape, choices.name_of(self))
            self.image_shape_ = list(shape)
            shapes.check_shifts(self._augmentation().shifts, shape, choices.name_of(self))
            weights = self._weights_of(images)
            self._usual = defaults.usual_layers(
                shape, len(images) if weights is None else int(np.count_nonzero(weights))
            )
            self._learn_pixels(images, weights)
        if not self.normalize:
            return images
        n_channels = self.image_shape_[2]
        mean, scale = (np.array(numbers, images.dtype) for numbers in (self.pixel_mean_, self.pixel_scale_))
        pixels = images.reshape(-1, n_channels) - mean
        pixels /= scale
        return pixels.reshape(images.shape)

    def _fit(self, X: object, y: object, sample_weight: object, validation_data: object, *, incremental: bool) -> Self:
        self._given_weights = sample_weight  # means and deviations are learned before rows are weighted
        try:
            return super()._fit(X, y, sample_weight, validation_data, incremental=incremental)
        finally:
            del self._given_weights

    def _weights_of(self, rows: Array) -> Array | None:
        """Return the weights given for training rows, if any."""
        given = self._given_weights
        return None if given is None else _check_sample_weight(given, rows, dtype=np.float64, ensure_non_negative=True)

    def _learn_pixels(self, images: Array, weights: Array | None) -> None:
        """Keep the mean and the standard deviation of the pixels of each channel, over images with these weights."""
        n_channels = self.image_shape_[2]
        self.pixel_mean_, self.pixel_scale_ = [0.0] * n_channels, [1.0] * n_channels
        if not self.normalize:
            return
        moments = Moments()
        for start in range(0, len(images), PIECE):
            piece = images[start : start + PIECE].reshape(-1, n_channels).astype(np.float64)
            own = None if weights is None else weights[start : start + PIECE]
            moments.add(piece, None if own is None else np.repeat(own, len(piece) // len(own)))
        self.pixel_mean_ = np.asarray(moments.mean).tolist()
        self.pixel_scale_ = [scale if scale > 0 else 1.0 for scale in np.asarray(moments.deviation).tolist()]

    # The network

    def _check_layers(self) -> None:
        who = choices.name_of(self)
        shapes.check_image_shape(self.image_shape, who)
        if choices.uses_lbfgs(self):
            raise ParameterError(
                who=who,
                parameter="optimizer",
                required=worded("core.must.take_batches"),
                got="'lbfgs'",
                remedy=worded("core.remedy.try_adam"),
            )
        given = self._given_layers()
        if given is not None:
            parts_of(given, who)

    def _given_layers(self) -> Sequence[Given] | None:
        """Return the layers as given, or None if they are left open."""
        if not isinstance(self.layers, str):
            return self.layers
        if self.layers == AUTO:
            return None
        try:
            return layers_from_text(self.layers)
        except KoubaiError as error:
            raise error.of(choices.name_of(self), ParameterError) from None

    def _make_network(self, n_features: int, n_outputs: int) -> Network:
        who, ending = choices.name_of(self), self._ending()
        given, usual = self._given_layers(), self.__dict__.pop("_usual", None)
        if given is None and usual is None:  # training continues, whatever the number of images now
            layers = list(self.network_.layers[:-1])
        else:
            layers = core_layers(usual if given is None else given, tuple(self.image_shape_), who)
        n_last = layers[-1].n_out if layers else n_features
        try:
            return Network((*layers, DenseLayer(n_last, n_outputs, get_activation(ending.activation))), ending.loss)
        except KoubaiError as error:
            raise error.of(who, ParameterError) from None

    # Training

    def _usual_batch_size(self, n_rows: int) -> int:
        return defaults.usual_batch_size(n_rows)

    def _asked_epochs(self, n_rows: int) -> int:
        return defaults.usual_epochs(n_rows) if self.epochs == AUTO else int(self.epochs)

    def _schedule(self, *, incremental: bool = False) -> Schedule:
        if self.schedule == AUTO:
            return Constant() if incremental else OneCycle()
        return super()._schedule(incremental=incremental)

    def _rate(self, optimizer: Optimizer, *, incremental: bool = False) -> float:
        goes_in_a_cycle = self.schedule == AUTO and not incremental
        if self.learning_rate_init is None and goes_in_a_cycle and isinstance(optimizer, Adam):
            return defaults.HIGHEST_RATE
        return super()._rate(optimizer, incremental=incremental)

    def _augmentation(self) -> Augmentation:
        """Return how training images are changed; given ``shifts`` turn off rotations and zooms that are not given."""
        usual = self._usual_augmentation() if self.shifts == AUTO else Augmentation(float(self.shifts))
        return Augmentation(
            usual.shifts,
            bool(self.flips),
            usual.rotations if self.rotations == AUTO else float(self.rotations),
            usual.zooms if self.zooms == AUTO else float(self.zooms),
        )

    @abstractmethod
    def _usual_augmentation(self) -> Augmentation:
        """Return the augmentation used by default."""

    def _source(self, rows: Rows, *, training: bool = False) -> Source:
        augmentation = self._augmentation() if training else Augmentation()
        at_once = images_at_once(self.network_, rows.targets.dtype.itemsize)
        return ImagesInMemory(rows, tuple(self.image_shape_), at_once, augmentation)

    def _outputs(self, X: object) -> Array:
        self._check_has_parameters()
        theta, network = self._theta(), self.network_
        inputs, engine = self._inputs(X, theta.dtype), choices.predicting_engine(self)
        at_once = images_at_once(network, theta.itemsize)
        found = [
            engine.forward(network, theta, inputs[start : start + at_once])
            for start in range(0, inputs.shape[0], at_once)
        ]
        return found[0] if len(found) == 1 else np.concatenate(found)

    # Explanations and files

    def explain(self, x: object, y: object = None, *, ask: "Ask | None" = None) -> "Derivation":
        """Explain one image's numbers, step by step.

        Parameters
        ----------
        x : array-like of shape (height, width), (height, width, channels) or (n_features,)
            The image. The derivation begins with its pixels as the network takes them: with ``normalize``, less the
            mean of the training images' pixels and divided by their standard deviation.
        y : label, number or array-like of shape (n_targets,), optional
            The target. If given, the derivation continues to the loss and every gradient.
        ask : koubai.explain.Ask, optional
            One number of the pass; by default, all are explained.

        Returns
        -------
        koubai.explain.Derivation
            Displays itself in a notebook; ``show()`` prints it, ``save("page.html")`` writes it.

        Raises
        ------
        ShapeError, ParameterError
            If x or y does not match, or the network has no such number.
        """
        theta = self._current_theta()
        return super().explain(self._inputs(np.asarray(x)[np.newaxis], theta.dtype), y, ask=ask)

    def explain_model(self, X: object, y: object = None, *, layer: int = 1) -> "Derivation":
        """Raise MissingError: pixels have no meanings of their own that could be ranked; `see` serves for images.

        Parameters
        ----------
        X, y, layer
            As in MLPClassifier.
        """
        raise MissingError(
            who=choices.name_of(self),
            what="explain_model is for networks of tables, each of whose features means something.",
            remedy="Use see(X, y), which shows kernels, maps, what excites them and what an answer rests on.",
        )

    def see(self, X: object, y: object = None, *, row: int = 0) -> "Seen":
        """Return what the network sees: the parts of one image that its answer rests on, kernels, maps and mistakes.

        Parameters
        ----------
        X : array-like
            Images, as in ``fit``. What excites filters most is searched in all of them.
        y : array-like of shape (n_samples,), optional
            Their labels or numbers; if given, the images that are most wrong are shown.
        row : int
            The image to look at, from 0.

        Returns
        -------
        koubai.models.of_images.seeing.Seen
            Displays itself in a notebook; ``save("seen.html")`` and ``save("seen.png")`` write it.

        Raises
        ------
        ShapeError, DataError, ParameterError
            If X or y does not match, or there is no such image.
        """
        self._current_theta()
        return entries.see(self, X, y, row)

    def _take_own_record(self, record: Record) -> None:
        shape = self.image_shape_
        n_channels = shape[-1]
        if prod(shape) != self.n_features_in_ or {len(self.pixel_mean_), len(self.pixel_scale_)} != {n_channels}:
            raise ValueError(f"images of shape {shape} for {self.n_features_in_} features")
        super()._take_own_record(record)

    def __sklearn_tags__(self) -> ScikitLearn:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
