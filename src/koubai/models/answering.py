"""What a fitted model answers for prepared rows: its network's outputs, or the mean of those of several networks."""

import os
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Self

import numpy as np

from koubai.core import entries
from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError, ParameterError
from koubai.core.language import worded
from koubai.models.averaging import mean_of
from koubai.models.predicting import ROWS_AT_ONCE
from koubai.models.trust.conformal import Conformal
from koubai.models.trust.decision import Decision
from koubai.tables.preparing.targets import Target

if TYPE_CHECKING:
    from koubai.models.estimator_choice import Estimator
    from koubai.models.kept.kept_network import KeptNetwork


class UnfittedError(KoubaiError, ValueError, AttributeError):
    """A model was used before it was fitted; with the same builtin bases as scikit-learn's NotFittedError."""


class AnswersTogether:
    """Answers with ``estimator_`` and, where there are several networks, ``others_``."""

    target_: Target
    estimator_: "Estimator | KeptNetwork"
    others_: "Sequence[Estimator | KeptNetwork]"
    center_: float
    scale_: float
    bounds_: tuple[float, float]
    decision_: Decision | None
    conformal_: Conformal | None

    def check_fitted(self) -> None:
        """Raise UnfittedError if the model is not fitted."""
        if not hasattr(self, "estimator_"):
            raise UnfittedError(
                who=type(self).__name__,
                what=worded("models.error.model_fitted_before_use_not"),
                remedy=worded("core.remedy.call_fit_table_name_target"),
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
        estimator = self.estimator_
        if not hasattr(estimator, "predict_proba"):
            return np.concatenate([estimator.predict(block) for block in blocks]), None
        means = [mean_of(members, "predict_proba", block) for block in blocks]
        probabilities = np.concatenate(means)
        chosen = probabilities.argmax(axis=1) if self.decision_ is None else self.decision_.choose(probabilities)
        return estimator.classes_[chosen], probabilities

    def _members(self) -> "list[Estimator | KeptNetwork]":
        """Return the networks whose predictions are averaged; the first is ``estimator_``."""
        return [self.estimator_, *self.others_]

    def to_onnx(self, path: str | os.PathLike[str] | None = None) -> bytes:
        """Return the model as the content of an ONNX file, and write it if a path is given.

        All preparation is inside. There is an input (rows, 1) for each column: float64 for numbers, truth values (1 and
        0) and dates (seconds since 1970 as the clock shows them), NaN where they are missing; texts for categories, ""
        where they are missing. `koubai.export.onnx_inputs` makes them of a table. Outputs are ``prediction``, and
        ``probabilities`` of classes; with ``intervals`` also ``prediction_lower`` and ``prediction_upper``, or
        ``prediction_set``, (rows, classes), which says of each class whether it is in the set.

        Parameters
        ----------
        path : path, optional
            A file to write, atomically.

        Raises
        ------
        ParameterError
            If the package onnx is not installed.
        """
        return entries.to_onnx(self, path)

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
            among = (
                worded("core.must.one_network")
                if len(members) == 1
                else worded("core.must.from_one_to", n=len(members))
            )
            raise ParameterError(
                who="TableModel",
                parameter="member",
                required=among,
                got=repr(number),
                remedy=worded("core.remedy.try_3"),
            )
        found = copy(self)
        found.estimator_, found.others_ = members[number - 1], []
        if len(members) > 1:
            found.decision_ = found.conformal_ = None  # they are those of the average
        return found
