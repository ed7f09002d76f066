"""What stands at a network's end for each kind of target: output activation, loss, and how targets are coded."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from koubai.core.errors import ParameterError
from koubai.core.losses import ALIASES, LOSSES, Loss, get_loss

SPELLINGS = {"sigmoid": "logistic", "exponential": "exp"}
"""scikit-learn's names of output activations, where they differ."""

REGRESSION = {"half_squared_error": "identity", "huber": "identity", "poisson": "exponential"}
"""The losses of regression, with the output activation that goes with each."""

CLASSIFICATION = tuple(name for name in LOSSES if name != "poisson")
"""The losses of classification."""

MARGIN = ("hinge", "perceptron")
"""The losses on targets ±1, whose outputs are not probabilities."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a network.

    Parameters
    ----------
    activation : str
        Output activation, in koubai's name.
    loss : Loss
        What is minimised.
    signed : bool
        Whether targets are -1 and +1 instead of 0 and 1.
    one_of_many : bool
        Whether exactly one output is meant, so that the largest decides.
    """

    activation: str
    loss: Loss
    signed: bool = False
    one_of_many: bool = False

    @property
    def threshold(self) -> float:
        """An output above it says yes."""
        return 0.0 if self.signed else 0.5


def regression_ending(loss: str | Loss, who: str) -> Ending:
    """Return the end of a network for regression.

    Raises
    ------
    ParameterError
        If the loss is not one of regression.
    """
    _check_loss(loss, REGRESSION, ("squared_error", *list(REGRESSION)[1:]), who)
    kind = get_loss(loss)
    return Ending(REGRESSION[kind.name], kind)


def classification_ending(loss: str | Loss, one_of_many: bool, who: str) -> Ending:
    """Return the end of a network for classification.

    The cross-entropy stands behind softmax where one class of three or more is right, and is binary behind the
    sigmoid where there are two classes or several labels at once. The squared and the Huber loss stand behind the
    same activations. ``"binary_cross_entropy"`` is one yes or no for each class in any case; ``"hinge"`` and
    ``"perceptron"`` look at the outputs themselves.

    Raises
    ------
    ParameterError
        If the loss is not one of classification.
    """
    return _named_ending(loss, one_of_many, who) if isinstance(loss, str) else _ending(loss, one_of_many, who)


def _ending(loss: str | Loss, one_of_many: bool, who: str) -> Ending:
    name = _check_loss(loss, CLASSIFICATION, ("log_loss", *CLASSIFICATION), who)
    if name in MARGIN:
        return Ending("identity", get_loss(loss), signed=True, one_of_many=one_of_many)
    if name == "binary_cross_entropy":
        return Ending("sigmoid", get_loss(loss), one_of_many=one_of_many)
    if name == "cross_entropy":
        return (
            Ending("softmax", get_loss("cross_entropy"), one_of_many=True)
            if one_of_many
            else Ending("sigmoid", get_loss("binary_cross_entropy"))
        )
    return Ending("softmax" if one_of_many else "sigmoid", get_loss(loss), one_of_many=one_of_many)


def _check_loss(loss: str | Loss, allowed: Collection[str], offered: Sequence[str], who: str) -> str:
    """Return the loss's own name if it is one of those allowed; the message offers no other."""
    name = ALIASES.get(loss, loss) if isinstance(loss, str) else loss.name
    if name not in allowed:
        given = loss if isinstance(loss, str) else loss.name
        raise ParameterError(
            who=who,
            parameter="loss",
            required=f"be one of {', '.join(offered)}",
            got=repr(given),
            remedy=f"Try {offered[0]!r}.",
        )
    return name


_named_ending = lru_cache(maxsize=64)(_ending)
"""`_ending` by a name: asked in each prediction, where making a loss takes longer than a row."""
