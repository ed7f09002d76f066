"""An estimator's way into a model file and back: its record and its tensors."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from koubai.core.activations import Array
from koubai.core.errors import KoubaiError, ModelFileError
from koubai.core.network import Network
from koubai.estimators import records
from koubai.estimators.theta import HoldsTheta
from koubai.training.history import History

STORED = (
    "n_features_in_",
    "feature_names_in_",
    "n_iter_",
    "t_",
    "loss_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
    "_no_improvement_count",
)
"""Fitted attributes that go into a record as they are."""


class Storable(HoldsTheta, ABC):
    """Turns a fitted estimator into plain data and tensors, and makes it from them again."""

    history_: History

    @abstractmethod
    def _describe(self, network: Network) -> None:
        """Set the attributes that follow from the network."""

    def to_record(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return all that prediction and ``warm_start`` need, as JSON data and arrays; `from_record` reads it back.

        Callbacks, the checkpoint's path and the optimizer's running averages are left out.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        DataError
            If a parameter or a class label has no plain form.
        """
        check_is_fitted(self, "coefs_")
        theta = self._theta()
        fitted = {name: getattr(self, name) for name in STORED if hasattr(self, name)}
        record = {
            "estimator": type(self).__name__,
            "parameters": records.encode_parameters(self),
            "network": self.network_.spec(),
            "fitted": {name: records.encode(value) for name, value in fitted.items()},
            "stopped": self.history_.stopped,
            **self._own_record(),
        }
        return record, {"theta": theta, **self.history_.tensors()}

    @classmethod
    def from_record(cls, record: Mapping[str, Any], tensors: Mapping[str, Array]) -> Self:
        """Return the estimator that `to_record` described: its predictions are bit for bit the same.

        Raises
        ------
        ModelFileError
            If the record is damaged, or of another estimator.
        """
        name = record.get("estimator")
        if name != cls.__name__:
            raise ModelFileError(f"{cls.__name__}: the record must be of a {cls.__name__}; got {name!r}.")
        try:
            return cls._restored(record, tensors)
        except ModelFileError:
            raise
        except (KoubaiError, AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
            raise ModelFileError(
                f"{cls.__name__}: the record must be whole and consistent; got {type(error).__name__}: {error}. "
                f"The file is damaged."
            ) from error

    @classmethod
    def _restored(cls, record: Mapping[str, Any], tensors: Mapping[str, Array]) -> Self:
        estimator = cls(**records.decode_parameters(cls, record["parameters"]))
        network = Network.from_spec(record["network"])
        theta = np.array(tensors["theta"])
        network.check_theta(theta)
        if theta.dtype not in (np.float32, np.float64):
            raise TypeError(f"theta of dtype {theta.dtype}")
        estimator._describe(network)
        for attribute in STORED:
            if attribute in record["fitted"]:
                setattr(estimator, attribute, records.decode(record["fitted"][attribute]))
        if estimator.n_features_in_ != network.n_features:
            raise ValueError(f"{estimator.n_features_in_} features for a network of {network.n_features} inputs")
        estimator.history_ = History.from_tensors(tensors, str(record["stopped"]))
        estimator.loss_curve_ = estimator.history_.losses
        estimator._take_own_record(record)
        estimator._set_theta(theta)
        return estimator

    def _own_record(self) -> dict[str, Any]:
        """Return what else this kind of estimator keeps."""
        return {}

    def _take_own_record(self, record: Mapping[str, Any]) -> None:
        """Take back what `_own_record` gave."""
