"""What a fitted model answers for prepared rows: its network's outputs, or the mean of those of several networks."""

from copy import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError, ParameterError
from koubai.models.averaging import mean_of
from koubai.models.predicting import ROWS_AT_ONCE
from koubai.tables.preparing.targets import Target

if TYPE_CHECKING:
    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.regressor import MLPRegressor


class UnfittedError(KoubaiError, ValueError, AttributeError):
    """A model was used before it was fitted; with the same builtin bases as scikit-learn's NotFittedError."""


class AnswersTogether:
    """Answers with ``estimator_`` and, where there are several networks, ``others_``."""

    target_: Target
    estimator_: "MLPClassifier | MLPRegressor"
    others_: "list[MLPClassifier | MLPRegressor]"
    center_: float
    scale_: float
    bounds_: tuple[float, float]

    def check_fitted(self) -> None:
        """Raise UnfittedError if the model is not fitted."""
        if not hasattr(self, "estimator_"):
            raise UnfittedError(
                who=type(self).__name__,
                what="the model must be fitted before use; it is not.",
                remedy="Call fit with a table and the name of its target.",
            )

    def outputs(self, features: Array) -> tuple[Array, Array | None]:
        """Return the network's outputs for prepared rows.

        Predictions (n_rows,) and, for classification, probabilities (n_rows, n_classes) if available.
        """
        blocks = [features[start : start + ROWS_AT_ONCE] for start in range(0, len(features), ROWS_AT_ONCE)]
        members = self._members()
        if not self.target_.is_classification:
            numbers = np.concatenate([mean_of(members, "predict", block) for block in blocks])
            return np.clip(numbers.astype(np.float64) * self.scale_ + self.center_, *self.bounds_), None
        estimator: Any = self.estimator_
        if not hasattr(estimator, "predict_proba"):
            return np.concatenate([estimator.predict(block) for block in blocks]), None
        means = [mean_of(members, "predict_proba", block) for block in blocks]
        probabilities = np.concatenate(means)
        return estimator.classes_[probabilities.argmax(axis=1)], probabilities

    def _members(self) -> "list[MLPClassifier | MLPRegressor]":
        """Return the networks whose predictions are averaged; the first is ``estimator_``."""
        return [self.estimator_, *self.others_]

    def member(self, number: int) -> Self:
        """Return the model of one of the networks whose predictions are averaged, counted from 1.

        Parameters
        ----------
        number : int
            Which of them.

        Raises
        ------
        ParameterError
            If there is no such network.
        """
        self.check_fitted()
        members = self._members()
        whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
        if not whole or not 1 <= number <= len(members):
            among = "be 1, as the model is of one network" if len(members) == 1 else f"be from 1 to {len(members)}"
            raise ParameterError(
                who="TableModel", parameter="member", required=among, got=repr(number), remedy="Try 1."
            )
        found = copy(self)
        found.estimator_, found.others_ = members[number - 1], []
        return found
