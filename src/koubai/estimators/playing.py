"""An estimator's way into the playground."""

import weakref
from typing import TYPE_CHECKING, Any

from koubai.core import entries
from koubai.core.errors import DataError, ParameterError

if TYPE_CHECKING:
    from koubai.core.entries import Playground

_TRAINED_ON: "weakref.WeakKeyDictionary[Any, tuple[weakref.ref[Any], weakref.ref[Any]]]" = weakref.WeakKeyDictionary()
"""What each estimator was fitted on, as long as somebody else keeps it: nothing is held, copied or stored by this."""


class Playable:
    """Adds ``play`` to an estimator.

    The playground lies in a room above the estimators, which they do not import: the function is found by its name when
    it is called.
    """

    def _remember(self, X: Any, y: Any) -> None:
        """Take note of the training data, if they are of a kind that can be referred to without holding them."""
        try:
            _TRAINED_ON[self] = weakref.ref(X), weakref.ref(y)
        except TypeError:
            _TRAINED_ON.pop(self, None)

    def play(self, X: Any = None, y: Any = None, **settings: Any) -> "Playground":
        """Open the playground in a notebook, with this network before its first update.

        It trains from the same initial values, on the same batches and by the same rule as ``fit`` with the same
        ``random_state``. The estimator itself stays as it is.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (n_samples, n_features), optional
            The rows to train on, columns of numbers. Left out, they are those of the last ``fit`` as long as they are
            still in memory, or, before any ``fit``, a ready-made set.
        y : array-like of shape (n_samples,), optional
            Their targets.
        **settings
            What shall be different, by the names that stand in a link to the page: ``train_ratio=0.8``, ….

        Returns
        -------
        koubai.play.widget.Playground
            The widget; ``widget.estimator`` is the network of the moment, fitted.

        Raises
        ------
        DataError
            If the training data are no longer there, or too many to be looked at.
        ParameterError
            If the network is too large to be drawn, or a setting is not what it must be.
        """
        network = getattr(self, "network_", None)
        if network is not None and not network.is_dense:
            raise ParameterError(
                f"{type(self).__name__}: play must have a network of dense layers; got one with others, which the "
                f"playground does not draw. Play an estimator that is not fitted."
            )
        if X is None and (hasattr(self, "coefs_") or hasattr(self, "coef_")):
            X, y = self._trained_on()
        return entries.play_estimator(self, X, y, **settings)

    def _trained_on(self) -> tuple[Any, Any]:
        X, y = (reference() for reference in _TRAINED_ON.get(self, (lambda: None, lambda: None)))
        if X is None or y is None:
            raise DataError(
                f"{type(self).__name__}: play must have the training data, which are no longer in memory; got none. "
                f"Give them again: play(X, y)."
            )
        return X, y
