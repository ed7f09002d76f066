"""The network of a table's model as a file holds it, which predicts without its estimator.

An estimator is a scikit-learn class, and loading scikit-learn takes longer than all else that a prediction does. What
only its estimator can do is left to it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ModelFileError
from koubai.core.network import Network
from koubai.core.schema import Fields, Later, Maybe, Record, Tensors, Text, Truth, Whole, consistent
from koubai.engines.protocol import Engine
from koubai.engines.registry import ENGINES, get_engine
from koubai.estimators.kept.described import DESCRIPTION, LABELS

ENGINE = Fields(
    {
        "engine": Later(Text(tuple(ENGINES)), "cpu"),
        "n_jobs": Later(Maybe(Whole(1)), None),
        "clip_predictions": Later(Truth(), False),
    }
)
"""The parameters on which predictions depend, as far as they can be followed without the estimator."""


@dataclass
class KeptNetwork:
    """A network with its θ and, for classes, their labels; it answers as `MLPClassifier` or `MLPRegressor` do.

    Parameters
    ----------
    network_ : Network
        The network.
    theta_ : array of shape (n_parameters,)
        Its parameters.
    classes_ : array of shape (n_classes,)
        The classes; empty for numbers.
    engine : Engine
        What computes the outputs.
    """

    network_: Network
    theta_: Array
    classes_: Array
    engine: Engine

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> Self | None:
        """Return the network that an estimator's record describes, or None where only the estimator can predict.

        Raises
        ------
        ModelFileError
            If the record is damaged.
        """
        kind = "MLPClassifier" if "labels" in record else "MLPRegressor"
        checked = DESCRIPTION.check(kind, record, tensors)
        return consistent(kind, lambda: cls._restored(checked, tensors))

    @classmethod
    def _restored(cls, record: Record, tensors: Tensors) -> Self | None:
        try:
            given = ENGINE.read(record.get("parameters"), "parameters")
        except ModelFileError:  # wrong, or more than is followed here: the estimator checks all of its parameters
            return None
        if given["clip_predictions"]:
            return None
        engine = get_engine(given["engine"], given["n_jobs"])
        network = Network.from_spec(record["network"])
        if record["fitted"]["n_features_in_"] != network.n_features:
            raise ValueError(f"{record['fitted']['n_features_in_']} features for a network of {network.n_features}")
        theta, last = np.array(tensors["theta"]), network.layers[-1].activation.name
        if "labels" not in record:
            return cls(network, theta, np.empty(0), engine)
        classes = LABELS.read(record["labels"], "labels")["classes"]
        n_outputs = len(classes) if len(classes) > 2 else 1
        if network.n_outputs != n_outputs:
            raise ValueError(f"{len(classes)} classes for a network of {network.n_outputs} outputs")
        as_usual = len(classes) > 1 and last == ("sigmoid" if n_outputs == 1 else "softmax")
        return cls(network, theta, classes, engine) if as_usual and not network.loss.signed else None

    @property
    def n_features_in_(self) -> int:
        """Number of features."""
        return self.network_.n_features

    def _set_theta(self, theta: Array) -> None:
        self.theta_ = theta

    def predict(self, X: Array) -> Array:
        """Return the numbers predicted for rows X of shape (n_rows, n_features), (n_rows,)."""
        return self._outputs(X).ravel()

    def predict_proba(self, X: Array) -> Array:
        """Return the probability of each class, (n_rows, n_classes)."""
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.network_.n_outputs == 1 else outputs

    def _outputs(self, X: Array) -> Array:
        return self.engine.forward(self.network_, self.theta_, np.ascontiguousarray(X, self.theta_.dtype))
