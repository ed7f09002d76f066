"""The end of a network for each kind of target: output activation, loss, and encoding of targets."""

from dataclasses import dataclass, replace
from functools import lru_cache

from koubai.core.activations.base import Activation
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.losses import LOSSES, Loss, get_loss
from koubai.core.losses.binary_cross_entropy import BinaryCrossEntropy
from koubai.core.losses.cross_entropy import CrossEntropy

SPELLINGS = {"sigmoid": "logistic", "exponential": "exp"}
"""scikit-learn's names of output activations, where they differ."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a network.

    Parameters
    ----------
    activation : str or Activation
        Output activation, in koubai's name.
    loss : Loss
        What is minimised.
    signed : bool
        Whether targets are -1 and +1 instead of 0 and 1.
    one_of_many : bool
        Whether exactly one class applies, so that the largest output decides.
    """

    activation: str | Activation
    loss: Loss
    signed: bool = False
    one_of_many: bool = False

    @property
    def threshold(self) -> float:
        """An output above this means yes."""
        return 0.0 if self.signed else 0.5


def regression_ending(loss: str | Loss, who: str) -> Ending:
    """Return the end of a network for regression.

    Raises
    ------
    ParameterError
        If the loss is not one of regression.
    """
    kind = _checked_loss(loss, "regression", ("squared_error",), ("half_squared_error",), who)
    return Ending(kind.output, kind)


def classification_ending(loss: str | Loss, one_of_many: bool, who: str) -> Ending:
    """Return the end of a network for classification.

    The cross-entropy goes with softmax for one of three or more classes, and in its binary form with the sigmoid for
    two classes or several labels at once. The squared and the Huber loss use the same activations.
    ``"binary_cross_entropy"`` is always one yes or no per class; ``"hinge"`` and ``"perceptron"`` use the outputs
    directly.

    Raises
    ------
    ParameterError
        If the loss is not one of classification.
    """
    if not isinstance(loss, str) and LOSSES.get(loss.name) is not type(loss):
        return _ending(loss, one_of_many, who)
    return _named_ending(loss, one_of_many, who)


def _ending(loss: str | Loss, one_of_many: bool, who: str) -> Ending:
    kind = _checked_loss(loss, "classification", ("log_loss",), (), who)
    if kind.signed:
        return Ending("identity", kind, signed=True, one_of_many=one_of_many)
    if kind.output == "softmax" and not one_of_many:
        smoothing = getattr(kind, "smoothing", 0.0)
        return Ending("sigmoid", get_loss({"name": "binary_cross_entropy", "smoothing": smoothing}))
    if kind.output in ("sigmoid", "softmax"):
        return Ending(kind.output, kind, one_of_many=one_of_many)
    return Ending("softmax" if one_of_many else "sigmoid", kind, one_of_many=one_of_many)


def smoothed_ending(ending: Ending, smoothing: float, who: str) -> Ending:
    """Return the end of a network whose loss smooths the labels.

    Raises
    ------
    ParameterError
        If the loss is not one that can.
    """
    if smoothing == 0:
        return ending
    if not isinstance(ending.loss, CrossEntropy | BinaryCrossEntropy):
        raise ParameterError(
            who=who,
            parameter="label_smoothing",
            required=worded("core.must.loss", name=ending.loss.name),
            got=repr(smoothing),
            remedy=worded("core.remedy.try_loss_log_loss"),
        )
    return replace(ending, loss=replace(ending.loss, smoothing=float(smoothing)))


def _checked_loss(loss: str | Loss, task: str, usual: tuple[str, ...], left_out: tuple[str, ...], who: str) -> Loss:
    """Return the loss if it is one for the task; the message offers ``usual`` first and no other."""
    kind = get_loss(loss) if not isinstance(loss, str) or loss in LOSSES or loss in LOSSES.aliases else None
    if kind is None or task not in kind.tasks:
        known = (name for name, kind in LOSSES.items() if task in kind.tasks and name not in left_out)
        given = loss if isinstance(loss, str) else loss.name
        raise ParameterError(
            who=who,
            parameter="loss",
            required=worded("core.must.be_one_of", names=", ".join((*usual, *known))),
            got=repr(given),
            remedy=worded("core.remedy.try", value=repr(usual[0])),
        )
    return kind


_named_ending = lru_cache(maxsize=64)(_ending)
"""`_ending` by a name: cached, since it is needed in each prediction and constructing a loss takes longer than a
row."""
