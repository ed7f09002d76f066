"""The fitted parameters of an estimator: one vector θ; ``coefs_`` and ``intercepts_`` are views of it."""

from operator import attrgetter, is_
from typing import ClassVar

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from koubai.core.arrays import Array
from koubai.core.errors import MissingError
from koubai.core.layers import Dense
from koubai.core.network import Network
from koubai.core.schema import Record
from koubai.core.untyped import ScikitLearn
from koubai.estimators.given import by_hand
from koubai.estimators.kept.plain_state import from_plain, to_plain

MATRICES = ("coefs_", "intercepts_")
"""The attributes that scikit-learn's networks have, and that can be said of dense layers only."""


class HoldsTheta(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Keeps ``theta_``, ``coefs_`` and ``intercepts_`` consistent, even when they are replaced, copied or pickled.

    Prediction uses θ. Replacing a weight array, or an attribute that determines the arrays' meaning, is noticed at the
    next prediction, because the objects are no longer those last seen; `given.by_hand` then takes over.
    """

    network_: Network
    theta_: Array
    coefs_: list[Array]
    intercepts_: list[Array]
    _described: ClassVar["attrgetter[tuple[object, ...]]"] = attrgetter(*by_hand.DESCRIBED)
    _seen: "by_hand.Seen | None" = None
    _own_arrays = False
    """Whether the weight arrays are the user's own rather than views of θ, so that θ is repacked in each prediction."""
    _output_by_hand = False
    """Whether ``out_activation_`` was set by hand."""

    def _set_theta(self, theta: Array) -> None:
        """Keep θ, with ``coefs_`` and ``intercepts_`` as views of it, which only dense layers have."""
        self.theta_ = theta
        if self.network_.is_dense:
            layers = list(self.network_.views(theta))
            self.coefs_ = [weights for _, weights, _ in layers]
            self.intercepts_ = [biases for _, _, biases in layers]
        else:
            for name in MATRICES:
                self.__dict__.pop(name, None)
        self._own_arrays = False
        self._look()

    def __getattr__(self, name: str) -> ScikitLearn:
        """Explain the absence of an attribute that scikit-learn's networks have; else raise Python's own error."""
        network = self.__dict__.get("network_")
        if name in MATRICES and network is not None and not network.is_dense:
            other = next(layer.name for layer in network.layers if not isinstance(layer, Dense))
            raise MissingError(
                who=type(self).__name__,
                what=f"{name} must be asked of a network of dense layers; this one has a {other} layer.",
                remedy="Read its parameters with network_.block(theta_, layer, name).",
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def _has_parameters(self) -> bool:
        """Return whether there is something to predict with: matrices, or the θ of other layers than dense ones."""
        if hasattr(self, "coefs_"):
            return True
        network = self.__dict__.get("network_")
        return network is not None and not network.is_dense

    def _check_has_parameters(self) -> None:
        """Raise NotFittedError unless the estimator is fitted."""
        if not self._has_parameters():
            check_is_fitted(self, "coefs_")  # reports what is missing; too slow to call for every row

    def _take_in_labels(self) -> None:
        """Update the class labels, in an estimator that has some."""

    def _look(self) -> None:
        """Remember the objects that determine predictions."""
        described = self._described(self)
        arrays = [*self.coefs_, *self.intercepts_] if self.network_.is_dense else []
        self._seen = by_hand.Seen((*arrays, *described), arrays, described, len(arrays) // 2, self.out_activation_)

    def _theta(self) -> Array:
        """Return θ, including any changes made by hand since the last prediction."""
        seen = self._seen
        if seen is None or self._own_arrays:
            by_hand.take_in(self)
            return self.theta_
        described = self._described(self)
        objects = (*self.coefs_, *self.intercepts_, *described) if seen.n_matrices else described
        if len(objects) != len(seen.objects) or not all(map(is_, objects, seen.objects)):
            by_hand.take_in(self)
        return self.theta_

    def _has_views(self) -> bool:
        """Return whether the weight arrays are views of θ."""
        seen = self._seen
        return (
            not self._own_arrays
            and seen is not None
            and seen.n_matrices > 0
            and seen.has([*self.coefs_, *self.intercepts_])
            and self.theta_ is seen.before("theta_")
        )

    def __getstate__(self) -> Record:
        """Return the attributes as plain data, without the views of θ, which a copy recreates."""
        state: Record = dict(super().__getstate__())
        state.pop("_seen", None)
        if "theta_" in state and self._has_views():
            for name in MATRICES:
                del state[name]
        return to_plain(state)

    def __setstate__(self, state: Record) -> None:
        super().__setstate__(from_plain(state))
        if "theta_" in state and "coefs_" not in state:
            self._set_theta(self.theta_)
