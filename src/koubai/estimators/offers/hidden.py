"""What hidden nodes say of rows: for every layer, or as features for what comes next in a pipeline."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.engines.reference import trace_forward
from koubai.estimators.kept.theta import HoldsTheta


class ShowsHidden(HoldsTheta):
    """Adds ``hidden_activations`` to an estimator."""

    def hidden_activations(self, X: object) -> list[Array]:
        """Return the activations z of every hidden layer, (n_samples, n_nodes) each.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.

        Examples
        --------
        >>> from koubai.estimators.regressor import MLPRegressor
        >>> model = MLPRegressor(hidden_layer_sizes=(4, 3), epochs=2).fit([[0.0], [1.0]], [0.0, 1.0])
        >>> [layer.shape for layer in model.hidden_activations([[0.5]])]
        [(1, 4), (1, 3)]
        """
        self._check_has_parameters()
        theta = self._theta()
        trace = trace_forward(self.network_, theta, self._inputs(X, theta.dtype))
        return list(trace.activations[:-1])


class HiddenLayer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Features for a pipeline: what the nodes of a network's hidden layer say.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor or a network of images
        The network, which ``fit`` trains on a copy; a fitted one in scikit-learn's FrozenEstimator stays as it is.
    layer : int
        Which hidden layer, from 1; negative ones are counted from the last.

    Attributes
    ----------
    estimator_
        The fitted network.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from koubai.estimators.classifier import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((6,), solver="lbfgs", random_state=0)
    >>> bool(make_pipeline(HiddenLayer(network), LogisticRegression(max_iter=1000)).fit(X, y).score(X, y) > 0.9)
    True
    """

    def __init__(self, estimator: object, layer: int = -1) -> None:
        self.estimator, self.layer = estimator, layer

    def fit(self, X: object, y: object = None, **given: object) -> Self:
        """Train the network; further arguments go to its ``fit``."""
        self.estimator_ = clone(self.estimator).fit(X, y, **given)
        return self

    def transform(self, X: object) -> Array:
        """Return the activations of the hidden layer, (n_samples, n_nodes).

        Raises
        ------
        ParameterError
            If there is no such layer.
        """
        place, _ = self._place()
        found: Array = self.estimator_.hidden_activations(X)[place]
        return found

    def get_feature_names_out(self, input_features: object = None) -> Array:
        """Return a name for each node.

        Raises
        ------
        ParameterError
            If there is no such layer.
        """
        _, n_nodes = self._place()
        return np.array([f"node{node}" for node in range(1, n_nodes + 1)], dtype=object)

    def _place(self) -> tuple[int, int]:
        """Return the layer's place among the hidden ones, and its number of nodes; raise ParameterError without one."""
        check_is_fitted(self, "estimator_")
        sizes = self.estimator_.network_.sizes[1:-1]
        place = self.layer - 1 if self.layer > 0 else self.layer
        if self.layer == 0 or not -len(sizes) <= place < len(sizes):
            raise ParameterError(
                who="HiddenLayer",
                parameter="layer",
                required=f"be from 1 to {len(sizes)}, or negative to count from the last",
                got=repr(self.layer),
                remedy="Try -1.",
            )
        return place, sizes[place]
