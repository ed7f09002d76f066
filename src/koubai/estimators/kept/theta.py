"""The fitted parameters of an estimator: one vector θ; ``coefs_`` and ``intercepts_`` are views of it."""

from operator import attrgetter, is_
from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.estimators.given import by_hand
from koubai.estimators.kept.plain_state import from_plain, to_plain


class HoldsTheta(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Keeps ``theta_``, ``coefs_`` and ``intercepts_`` consistent, even when they are replaced, copied or pickled.

    Prediction uses θ. Replacing a weight array, or an attribute that determines the arrays' meaning, is noticed at the
    next prediction, because the objects are no longer those last seen; `given.by_hand` then takes over.
    """

    network_: Network
    theta_: Array
    coefs_: list[Array]
    intercepts_: list[Array]
    _described: ClassVar[Any] = attrgetter(*by_hand.DESCRIBED)
    _seen: "by_hand.Seen | None" = None
    _own_arrays = False
    """Whether the weight arrays are the user's own rather than views of θ, so that θ is repacked in each prediction."""
    _output_by_hand = False
    """Whether ``out_activation_`` was set by hand."""

    def _set_theta(self, theta: Array) -> None:
        """Keep θ, with ``coefs_`` and ``intercepts_`` as views of it."""
        self.theta_ = theta
        layers = list(self.network_.views(theta))
        self.coefs_ = [weights for _, weights, _ in layers]
        self.intercepts_ = [biases for _, _, biases in layers]
        self._own_arrays = False
        self._look()

    def _take_in_labels(self) -> None:
        """Update the class labels, in an estimator that has some."""

    def _look(self) -> None:
        """Record the objects used in prediction."""
        arrays, described = [*self.coefs_, *self.intercepts_], self._described(self)
        self._seen = by_hand.Seen((*arrays, *described), arrays, described, len(self.coefs_))

    def _theta(self) -> Array:
        """Return θ, including any changes made by hand since the last prediction."""
        seen = self._seen
        if seen is None or self._own_arrays:
            by_hand.take_in(self)
            return self.theta_
        objects = (*self.coefs_, *self.intercepts_, *self._described(self))
        if len(objects) != len(seen.objects) or not all(map(is_, objects, seen.objects)):
            by_hand.take_in(self)
        return self.theta_

    def _has_views(self) -> bool:
        """Return whether the weight arrays are views of θ."""
        seen = self._seen
        return (
            not self._own_arrays
            and seen is not None
            and seen.has([*self.coefs_, *self.intercepts_])
            and self.theta_ is seen.before("theta_")
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes as plain data, without the views of θ, which a copy recreates."""
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_seen", None)
        if "theta_" in state and self._has_views():
            for name in ("coefs_", "intercepts_"):
                del state[name]
        return to_plain(state)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(from_plain(state))
        if "theta_" in state and "coefs_" not in state:
            self._set_theta(self.theta_)
