"""An estimator's way to the derivation of its own numbers."""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from koubai.core import entries
from koubai.core.arguments import floats, shown
from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError, ParameterError, ShapeError
from koubai.core.network import Network

if TYPE_CHECKING:
    from koubai.core.entries import Ask, Derivation


def _dense(x: Any, name: str = "x") -> Array:
    """Return a row, or rows, as an array of float64; sparse ones written out."""
    return floats("explain", name, x.toarray() if hasattr(x, "toarray") else x)


class Explainable:
    """Adds ``explain`` to an estimator that has ``network_`` and ``theta_``.

    Explanations live in a room beside the estimators, which neither imports: the function is found by its name when it
    is called.
    """

    network_: Network
    theta_: Array

    def _current_theta(self) -> Array:
        """Return θ, with all that was set by hand taken in."""
        check_is_fitted(self, "coefs_")
        theta: Array = self._theta()  # type: ignore[attr-defined]  # every estimator has it
        return theta

    def coded_targets(self, y: Any) -> Array:
        """Return targets as the network's outputs should be, in float64.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Class labels or numbers, as in ``fit``.

        Returns
        -------
        targets : (n_samples, n_outputs)
            0 and 1, -1 and +1, shares of classes, or numbers, as the loss asks for.
        """
        self._current_theta()
        coded: Array = self._coded(np.asarray(y), np.float64)  # type: ignore[attr-defined]  # every estimator has it
        return coded

    def _coded_target(self, y: Any) -> Array:
        """Return one row's target as the network's outputs should be; raise ParameterError if it is no target."""
        try:
            coded: Array = self.coded_targets([y])[0]
        except KoubaiError:
            raise
        except (TypeError, ValueError) as error:  # scikit-learn's words are about arrays of labels
            raise ParameterError(
                f"explain: y must be one row's target, as in fit; got {shown(y)}. Give a label, or a number for each "
                f"output."
            ) from error
        return coded

    def explain(self, x: Any, y: Any = None, *, ask: "Ask | None" = None) -> "Derivation":
        """Explain one row's numbers, step by step.

        Parameters
        ----------
        x : array-like of shape (n_features,)
            The inputs.
        y : label, number or array-like of shape (n_targets,), optional
            What should have come out. With it the derivation goes on to the loss and to every gradient.
        ask : koubai.explain.Ask, optional
            One number of the pass, for example ``Ask.weight(2, 1, 4)`` or ``Ask.node(1, 3)``; else all are explained.

        Returns
        -------
        koubai.explain.Derivation
            Shows itself in a notebook; ``show()`` prints it, ``save("page.html")`` writes it.

        Raises
        ------
        ShapeError, ParameterError
            If x or y does not fit, or the network has no such number.
        """
        theta = self._current_theta()
        inputs = _dense(x).reshape(-1)
        if y is not None and not self._ending().loss.accepts(self.network_.layers[-1].activation):  # type: ignore[attr-defined]  # as above
            raise ParameterError(
                f"explain: y must be left out where out_activation_ was set by hand to one that the loss is not "
                f"defined for; got {shown(y)}. Leave it out, or set out_activation_ back."
            )
        targets = None if y is None else self._coded_target(y)
        labels_apart: Any = getattr(self, "_is_multilabel", None)
        several = labels_apart is not None and labels_apart()
        classes = getattr(self, "classes_", None)
        if (
            y is not None
            and classes is not None
            and not several
            and not np.any(classes == np.asarray(y).reshape(-1)[0])
        ):
            raise ParameterError(
                f"explain: y must be one of the classes {', '.join(map(str, classes))}; got {shown(y)}. Try another."
            )
        return entries.explain(
            self.network_,
            theta,
            inputs,
            targets,
            ask,
            features=tuple(getattr(self, "feature_names_in_", ())),
            classes=tuple(getattr(self, "classes_", ())),
            apart=several,
        )

    def explain_model(self, X: Any, y: Any = None, *, layer: int = 1) -> "Derivation":
        """Show what the whole model has learned: what its hidden nodes stand for, and what its features do.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to look at.
        y : array-like of shape (n_samples,), optional
            Their targets. With them permutation importance and partial dependence follow, by scikit-learn.
        layer : int
            Which hidden layer, from 1.

        Returns
        -------
        koubai.explain.Derivation
            For each hidden node its strongest inputs, the rows that excite it most and what the outputs make of it.
            Shows itself in a notebook; ``show()`` prints it, ``save("page.html")`` writes it.

        Raises
        ------
        ShapeError, ParameterError
            If X or y does not fit, or there is no such hidden layer.
        """
        self._current_theta()
        return entries.model_page(self, _dense(X, "X"), y, layer)


class ExplainableWeights:
    """Adds ``explain`` to an estimator that has one weight vector a class: the perceptron."""

    coef_: Any
    intercept_: Any
    classes_: Any
    fit_intercept: bool
    eta0: float

    def explain(self, x: Any, y: Any = None) -> "Derivation":
        """Explain one row: inference, loss, and what the learning rule would make of it with the learned weights.

        With three classes or more, it is the perceptron of one class against the rest: that of ``y``, or of the
        predicted class. The intercept is the weight of a feature that is always 1.

        Parameters
        ----------
        x : array-like of shape (n_features,)
            The features.
        y : label, optional
            The right class; the predicted one if left out.

        Returns
        -------
        koubai.explain.Derivation
            Shows itself in a notebook; ``show()`` prints it, ``save("page.html")`` writes it.

        Raises
        ------
        ShapeError, ParameterError
            If x does not fit, or y is no class.
        """
        check_is_fitted(self)
        row = _dense(x).reshape(-1)
        coef = self.coef_.toarray() if hasattr(self.coef_, "toarray") else np.asarray(self.coef_)
        if len(row) != coef.shape[1]:
            raise ShapeError(f"explain: x must hold {coef.shape[1]} numbers; got {len(row)}. Pass one row.")
        scores = coef @ row + np.broadcast_to(self.intercept_, coef.shape[:1])
        best = int(scores[0] > 0) if len(coef) == 1 else int(np.argmax(scores))
        one = not hasattr(y, "__len__") or isinstance(y, str | bytes)
        found = np.flatnonzero(self.classes_ == (self.classes_[best] if y is None else y)) if one else np.empty(0)
        if not len(found):
            raise ParameterError(
                f"explain: y must be one of the classes {', '.join(map(str, self.classes_))}; "
                f"got {shown(y)}. Try another."
            )
        which = int(found[0])
        weights, label = (coef[0], 1 if which else -1) if len(coef) == 1 else (coef[which], 1)
        names = list(getattr(self, "feature_names_in_", ()))
        if self.fit_intercept:
            bias = float(np.broadcast_to(self.intercept_, coef.shape[:1])[0 if len(coef) == 1 else which])
            weights, row, names = np.array([bias, *weights]), np.array([1.0, *row]), ["1", *names]
        return entries.learning_walk(weights, row, label, self.eta0, names)
