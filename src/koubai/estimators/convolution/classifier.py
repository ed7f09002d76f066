"""The convolutional network for classes of images."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import ClassVar

from koubai.core.losses import Loss
from koubai.engines.protocol import Engine
from koubai.estimators.answers.classes import Classifies
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.convolution.augmentation import Augmentation
from koubai.estimators.convolution.base import AUTO, BaseConv
from koubai.estimators.convolution.defaults import usual_augmentation
from koubai.estimators.given.image_layers import Given
from koubai.estimators.given.parameters import keep_parameters
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Schedule
from koubai.training.loop import Callback


class ConvClassifier(BaseConv, Classifies):
    """Convolutional network for the classes of images, in scikit-learn's conventions.

    X holds images, (n, height, width) or (n, height, width, channels), or flat rows of them; outputs, loss and classes
    are those of `koubai.MLPClassifier`. Pixels that single precision holds exactly, as it does bytes and whole numbers,
    train in single precision, others in double.

    Parameters
    ----------
    layers : "auto", sequence of layers, or str
        The layers before the output, which is added: `Conv`, `MaxPool`, `AvgPool`, `Flatten`, `Dense` and `Dropout`,
        and after `Conv` and `Dense` the name of an activation: ``[Conv(32, 3), "relu", MaxPool(2), Dense(64),
        "relu"]``, or the same as a text, ``"conv 32 3, relu, max_pool 2, dense 64, relu"``. By default convolutions
        and poolings as the images' size warrants, and one hidden dense layer; fewer maps with few images.
    image_shape : (height, width) or (height, width, channels), optional
        The shape of images in flat rows; one of the numbers may be -1. By default they are square and grey.
    normalize : bool
        Whether to subtract the mean of the training images' pixels and to divide by their standard deviation, for each
        channel; both weigh images by ``sample_weight``.
    shifts : float or "auto"
        Greatest random shift of training images, in pixels; they are changed anew in every epoch. ``"auto"`` is 1 for
        images of at least 16 × 16, 0.5 from 8 × 8 on, and 0 for smaller ones; give 0 if classes differ by where
        something stands.
    rotations : float or "auto"
        Greatest random turn of training images about their middle, in degrees. ``"auto"`` is 10 for images of 8 × 8 to
        15 × 15 if ``shifts`` is left open too, and else 0.
    zooms : float or "auto"
        Greatest random change of size of training images: 0.1 makes them exp(-0.1) to exp(0.1) times as large.
        ``"auto"`` is 0.1 where images are turned by default, and else 0.
    flips : bool
        Whether half of the training images, others in every epoch, are exchanged left for right.
    optimizer : str, Optimizer or dict
        A rule of `koubai.optimizers` by name, or an instance.
    learning_rate_init : float or None
        α, > 0, the highest of the schedule; None means 0.003 for the one cycle of ``schedule="auto"`` with Adam, and
        else the optimizer's own default.
    schedule : str, Schedule or dict
        A schedule of `koubai.optimizers.schedules`; ``"auto"`` is ``"one_cycle"``, and a constant rate in
        ``partial_fit``.
    epochs : int or "auto"
        Maximum number of epochs; ``"auto"`` is 60 to 12, the fewer the more images.
    batch_size : int or "auto"
        Images per update; ``"auto"`` is 16 to 128, the more the more images.
    alpha, l1, clip_norm, class_weight, label_smoothing, loss
        As in MLPClassifier.
    rate_factors, decay_factors, decay_schedule, dropout_schedule
        As in MLPClassifier.
    init : str
        Rule for initial values, one of `koubai.core.initializers`.
    early_stopping, validation_fraction, n_iter_no_change, tol, validation_metric
        As in MLPClassifier.
    shuffle, random_state, verbose, warm_start, callbacks, progress, engine, n_jobs
        As in MLPClassifier.
    checkpoint, checkpoint_every, keep_checkpoint
        As in MLPClassifier.

    Attributes
    ----------
    image_shape_ : list of int
        Height, width and channels of the images.
    pixel_mean_, pixel_scale_ : list of float
        What is subtracted from the pixels of each channel, and what they are divided by.
    network_ : Network
        The network; ``network_.block(theta_, 0, "weights")`` holds the first kernels, (height, width, channels, maps).
    validation_losses_, classes_, loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_, t_
        As in MLPClassifier.
    n_iter_, n_layers_
        As in MLPClassifier.
    n_outputs_, out_activation_, theta_, history_, n_features_in_, feature_names_in_
        As in MLPClassifier.

    Examples
    --------
    >>> import numpy as np
    >>> from koubai import Conv, ConvClassifier, MaxPool
    >>> images = np.zeros((40, 6, 6))
    >>> images[:20, 2] = 1  # lying bars, and standing ones
    >>> images[20:, :, 2] = 1
    >>> y = ["lying"] * 20 + ["standing"] * 20
    >>> model = ConvClassifier([Conv(4, 3), "relu", MaxPool(2)], epochs=30, learning_rate_init=0.01, random_state=0)
    >>> model.fit(images, y).predict(images[[0, 39]]).tolist()
    ['lying', 'standing']
    """

    _parameter_constraints: ClassVar[dict[str, object]] = {
        **BaseConv._parameter_constraints,
        **{name: MLPClassifier._parameter_constraints[name] for name in ("loss", "label_smoothing", "class_weight")},
    }

    def __init__(
        self,
        layers: str | Sequence[Given] = AUTO,
        *,
        image_shape: Sequence[int] | None = None,
        normalize: bool = True,
        shifts: float | str = AUTO,
        rotations: float | str = AUTO,
        zooms: float | str = AUTO,
        flips: bool = False,
        optimizer: str | Optimizer | Mapping[str, object] = "adam",
        learning_rate_init: float | None = None,
        schedule: str | Schedule | Mapping[str, object] = AUTO,
        epochs: int | str = AUTO,
        batch_size: int | str = AUTO,
        alpha: float = 0.0,
        l1: float = 0.0,
        clip_norm: float | None = None,
        class_weight: object = None,
        label_smoothing: float = 0.0,
        loss: str | Loss = "log_loss",
        rate_factors: Mapping[str, float] | None = None,
        decay_factors: Mapping[str, float] | None = None,
        decay_schedule: str | Schedule | Mapping[str, object] | None = None,
        dropout_schedule: str | Schedule | Mapping[str, object] | None = None,
        init: str = "glorot_uniform",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: float = 10,
        tol: float = 1e-4,
        validation_metric: str = "score",
        shuffle: bool = True,
        random_state: object = None,
        verbose: bool | int = False,
        warm_start: bool = False,
        callbacks: Callback | Sequence[Callback] | None = None,
        progress: bool = False,
        engine: str | Engine = "cpu",
        n_jobs: int | None = None,
        checkpoint: str | PathLike[str] | None = None,
        checkpoint_every: float = 10.0,
        keep_checkpoint: bool = False,
    ) -> None:
        keep_parameters(self, locals())

    def _usual_augmentation(self) -> Augmentation:
        return usual_augmentation(self.image_shape_)
