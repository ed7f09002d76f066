"""Explanation methods of estimators."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from sklearn.utils.validation import check_is_fitted

from koubai.core import entries
from koubai.core.arguments import floats, shown
from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError, ParameterError, ShapeError
from koubai.estimators.kept.theta import HoldsTheta

if TYPE_CHECKING:
    from koubai.core.entries import Ask, Derivation


def _dense(x: object, name: str = "x") -> Array:
    """Return one or more rows as a dense float64 array."""
    return floats("explain", name, x.toarray() if hasattr(x, "toarray") else x)


class Explainable(HoldsTheta):
    """Adds ``explain`` to an estimator that has ``network_`` and ``theta_``.

    Explanations live in a package beside the estimators, and neither imports the other; the function is looked up when
    called.
    """

    def _current_theta(self) -> Array:
        """Return θ, with all that was set by hand taken in."""
        self._check_has_parameters()
        return self._theta()

    def coded_targets(self, y: object) -> Array:
        """Return targets encoded as network outputs, in float64.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Class labels or numbers, as in ``fit``.

        Returns
        -------
        targets : (n_samples, n_outputs)
            0 and 1, -1 and +1, class shares, or numbers, as the loss requires.
        """
        self._current_theta()
        coded: Array = self._coded(np.asarray(y), np.float64)
        return coded

    def _coded_target(self, y: object) -> Array:
        """Return one row's target as the network's outputs should be; raise ParameterError if it is no target."""
        try:
            coded: Array = self.coded_targets([y])[0]
        except KoubaiError:
            raise
        except (TypeError, ValueError) as error:  # scikit-learn's message would be about arrays of labels
            raise ParameterError(
                who="explain",
                parameter="y",
                required="be one row's target, as in fit",
                got=shown(y),
                remedy="Give a label, or a number for each output.",
            ) from error
        return coded

    def explain(self, x: object, y: object = None, *, ask: "Ask | None" = None) -> "Derivation":
        """Explain one row's numbers, step by step.

        Parameters
        ----------
        x : array-like of shape (n_features,)
            The inputs.
        y : label, number or array-like of shape (n_targets,), optional
            The target. If given, the derivation continues to the loss and every gradient.
        ask : koubai.explain.Ask, optional
            One number of the pass, for example ``Ask.weight(2, 1, 4)`` or ``Ask.node(1, 3)``; by default, all are
            explained.

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
        inputs = _dense(x).reshape(-1)
        if y is not None and not self._ending().loss.accepts(self.network_.layers[-1].activation):
            raise ParameterError(
                who="explain",
                parameter="y",
                required="not be given where out_activation_ was set by hand to one for which the loss is undefined",
                got=shown(y),
                remedy="Omit it, or reset out_activation_.",
            )
        targets = None if y is None else self._coded_target(y)
        several = hasattr(self, "_is_multilabel") and self._is_multilabel()
        classes = getattr(self, "classes_", None)
        if (
            y is not None
            and classes is not None
            and not several
            and not np.any(classes == np.asarray(y).reshape(-1)[0])
        ):
            raise ParameterError(
                who="explain",
                parameter="y",
                required=f"be one of the classes {', '.join(map(str, classes))}",
                got=shown(y),
                remedy="Try another.",
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
            limits=tuple((low, high) for low, high in self._limits()),
        )

    def _limits(self) -> "list[list[float]]":
        """Return the lowest and the highest prediction of each output; nothing if predictions are not clipped."""
        return []

    def explain_model(self, X: object, y: object = None, *, layer: int = 1) -> "Derivation":
        """Show what the whole model has learned: what its hidden nodes represent, and the effects of its features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to examine.
        y : array-like of shape (n_samples,), optional
            Their targets. If given, permutation importance and partial dependence (by scikit-learn) are added.
        layer : int
            The hidden layer, counted from 1.

        Returns
        -------
        koubai.explain.Derivation
            For each hidden node its strongest inputs, the rows that activate it most and its effect on the outputs.
            Displays itself in a notebook; ``show()`` prints it, ``save("page.html")`` writes it.

        Raises
        ------
        ShapeError, ParameterError
            If X or y does not match, or there is no such hidden layer.
        """
        self._current_theta()
        return entries.model_page(self, _dense(X, "X"), y, layer)


class ExplainableWeights:
    """Adds ``explain`` to an estimator with one weight vector per class: the perceptron."""

    coef_: Array | csr_array
    intercept_: Array
    classes_: Array
    fit_intercept: bool
    eta0: float

    def explain(self, x: object, y: object = None) -> "Derivation":
        """Explain one row: inference, loss, and the learning rule's update with the learned weights.

        With three or more classes, this is the perceptron of one class against the rest: that of ``y``, or of the
        predicted class. The intercept is the weight of a constant feature 1.

        Parameters
        ----------
        x : array-like of shape (n_features,)
            The features.
        y : label, optional
            The true class; by default, the predicted one.

        Returns
        -------
        koubai.explain.Derivation
            Displays itself in a notebook; ``show()`` prints it, ``save("page.html")`` writes it.

        Raises
        ------
        ShapeError, ParameterError
            If x does not match, or y is not a class.
        """
        check_is_fitted(self)
        row = _dense(x).reshape(-1)
        coef = self.coef_.toarray() if hasattr(self.coef_, "toarray") else np.asarray(self.coef_)
        if len(row) != coef.shape[1]:
            raise ShapeError(
                who="explain",
                parameter="x",
                required=f"hold {coef.shape[1]} numbers",
                got=str(len(row)),
                remedy="Pass one row.",
            )
        scores = coef @ row + np.broadcast_to(self.intercept_, coef.shape[:1])
        best = int(scores[0] > 0) if len(coef) == 1 else int(np.argmax(scores))
        one = not hasattr(y, "__len__") or isinstance(y, str | bytes)
        found = np.flatnonzero(self.classes_ == (self.classes_[best] if y is None else y)) if one else np.empty(0)
        if not len(found):
            raise ParameterError(
                who="explain",
                parameter="y",
                required=f"be one of the classes {', '.join(map(str, self.classes_))}",
                got=shown(y),
                remedy="Try another.",
            )
        which = int(found[0])
        weights, label = (coef[0], 1 if which else -1) if len(coef) == 1 else (coef[which], 1)
        names = list(getattr(self, "feature_names_in_", ()))
        if self.fit_intercept:
            bias = float(np.broadcast_to(self.intercept_, coef.shape[:1])[0 if len(coef) == 1 else which])
            weights, row, names = np.array([bias, *weights]), np.array([1.0, *row]), ["1", *names]
        return entries.learning_walk(weights, row, label, self.eta0, names)
