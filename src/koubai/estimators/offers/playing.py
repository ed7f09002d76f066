"""Opening the playground from an estimator."""

import weakref
from typing import TYPE_CHECKING

from sklearn.base import BaseEstimator

from koubai.core import entries
from koubai.core.errors import DataError, ParameterError

if TYPE_CHECKING:
    from koubai.core.entries import Playground

_TRAINED_ON: "weakref.WeakKeyDictionary[object, tuple[weakref.ref[object], weakref.ref[object]]]" = (
    weakref.WeakKeyDictionary()
)
"""Weak references to each estimator's training data: nothing is kept alive, copied or stored."""


class Playable(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Adds ``play`` to an estimator.

    The playground lies in a room above the estimators, which they do not import: the function is found by its name when
    it is called.
    """

    def _remember(self, X: object, y: object) -> None:
        """Remember the training data, if they can be weakly referenced."""
        try:
            _TRAINED_ON[self] = weakref.ref(X), weakref.ref(y)
        except TypeError:
            _TRAINED_ON.pop(self, None)

    def play(self, X: object = None, y: object = None, **settings: object) -> "Playground":
        """Open the playground in a notebook, with this network before its first update.

        It trains from the same initial values, on the same batches and by the same rule as ``fit`` with the same
        ``random_state``. The estimator itself is unchanged.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (n_samples, n_features), optional
            The numeric rows to train on. By default, those of the last ``fit`` if they are still in memory or, before
            any ``fit``, a built-in data set.
        y : array-like of shape (n_samples,), optional
            Their targets.
        **settings
            Settings to change, by the names used in a link to the page: ``train_ratio=0.8``, ….

        Returns
        -------
        koubai.play.widget.Playground
            The widget; ``widget.estimator`` is the current network, fitted.

        Raises
        ------
        DataError
            If the training data are no longer available, or are too large to display.
        ParameterError
            If the network is too large to draw, or a setting is invalid.
        """
        network = getattr(self, "network_", None)
        if network is not None and not network.is_dense:
            raise ParameterError(
                who=type(self).__name__,
                what=(
                    "play must have a network of dense layers; got one with others, which the playground does not draw."
                ),
                remedy="Play an estimator that is not fitted.",
            )
        if X is None and (hasattr(self, "coefs_") or hasattr(self, "coef_")):
            X, y = self._trained_on()
        return entries.play_estimator(self, X, y, **settings)

    def _trained_on(self) -> tuple[object, object]:
        X, y = (reference() for reference in _TRAINED_ON.get(self, (lambda: None, lambda: None)))
        if X is None or y is None:
            raise DataError(
                who=type(self).__name__,
                what="play needs the training data, which are no longer in memory.",
                remedy="Pass them again: play(X, y).",
            )
        return X, y
