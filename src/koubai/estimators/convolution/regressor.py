"""The convolutional network for numbers that images show."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.losses import Loss
from koubai.core.moments import Moments
from koubai.core.schema import Record
from koubai.engines.protocol import Engine, Inputs
from koubai.estimators.answers.numbers import Regresses
from koubai.estimators.convolution.augmentation import Augmentation
from koubai.estimators.convolution.base import AUTO, BaseConv
from koubai.estimators.given.image_layers import Given
from koubai.estimators.given.parameters import keep_parameters
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Schedule
from koubai.training.loop import Callback


class ConvRegressor(BaseConv, Regresses):
    """Convolutional network for numbers that images show, in scikit-learn's conventions.

    Parameters not described here are those of `koubai.ConvClassifier`.

    Parameters
    ----------
    normalize : bool
        Whether to normalize pixels, as in ConvClassifier, and targets: the network predicts how many standard
        deviations they lie above their mean, unless its loss is for targets >= 0. Losses are in these units then.
    loss : str or Loss
        As in MLPRegressor.
    shifts, rotations, zooms : float or "auto"
        As in ConvClassifier, but ``"auto"`` is 0: numbers may tell where something stands.
    layers, image_shape, flips, optimizer, learning_rate_init, schedule, epochs, batch_size, alpha, l1
        As in ConvClassifier.
    clip_norm, rate_factors, decay_factors, decay_schedule, dropout_schedule, init, early_stopping
        As in ConvClassifier.
    validation_fraction, n_iter_no_change, tol, validation_metric, shuffle, random_state, verbose, warm_start
        As in ConvClassifier.
    callbacks, progress, engine, n_jobs, checkpoint, checkpoint_every, keep_checkpoint
        As in ConvClassifier.

    Attributes
    ----------
    target_mean_, target_scale_ : list of float
        What is subtracted from each target, and what it is divided by.
    image_shape_, pixel_mean_, pixel_scale_, network_, loss_, loss_curve_, validation_scores_, history_, theta_
        As in ConvClassifier.
    validation_losses_
        As in ConvClassifier.

    Examples
    --------
    >>> import numpy as np
    >>> from koubai import Conv, ConvRegressor
    >>> images = np.random.default_rng(0).random((60, 4, 4))
    >>> brightness = 100 * images.mean(axis=(1, 2))
    >>> model = ConvRegressor([Conv(2, 3), "relu"], epochs=200, learning_rate_init=0.01, random_state=0)
    >>> model.fit(images, brightness).score(images, brightness) > 0.9
    True
    """

    clip_predictions: ClassVar[bool] = False

    _parameter_constraints: ClassVar[dict[str, object]] = {**BaseConv._parameter_constraints, "loss": [str, Loss]}

    target_mean_: list[float]
    target_scale_: list[float]

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
        loss: str | Loss = "squared_error",
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
        return Augmentation()  # the target may be the position of something

    def _prepared(self, inputs: Inputs, fresh: bool = False) -> Inputs:
        if fresh:
            self._learns_targets = True  # from the targets coded next
        return super()._prepared(inputs, fresh)

    def _coded(self, y: Array, dtype: npt.DTypeLike) -> Array:
        targets = super()._coded(y, dtype)
        if self.__dict__.pop("_learns_targets", False):
            self._learn_targets(targets)
        scaled: Array = (targets - np.array(self.target_mean_, dtype)) / np.array(self.target_scale_, dtype)
        return scaled

    def _learn_targets(self, targets: Array) -> None:
        """Keep the mean and the standard deviation of each target."""
        n_outputs = targets.shape[1]
        self.target_mean_, self.target_scale_ = [0.0] * n_outputs, [1.0] * n_outputs
        if self.normalize and self._ending().loss.lowest_target == -np.inf:
            moments = Moments()
            moments.add(targets.astype(np.float64), self._weights_of(targets))
            self.target_mean_ = np.asarray(moments.mean).tolist()
            self.target_scale_ = [scale if scale > 0 else 1.0 for scale in np.asarray(moments.deviation).tolist()]

    def _outputs(self, X: object) -> Array:
        outputs = super()._outputs(X)
        found: Array = outputs * np.array(self.target_scale_, outputs.dtype)
        found += np.array(self.target_mean_, outputs.dtype)
        return found

    def _take_own_record(self, record: Record) -> None:
        if {len(self.target_mean_), len(self.target_scale_)} != {self.n_outputs_}:
            raise ValueError(f"{len(self.target_mean_)} targets for a network of {self.n_outputs_} outputs")
        super()._take_own_record(record)
