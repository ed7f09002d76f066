"""Storage of estimators in model files: their records and tensors."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.core.schema import Record, Tensors, consistent
from koubai.estimators.kept import recording
from koubai.estimators.kept.described import DESCRIPTION, FITTED
from koubai.estimators.kept.theta import HoldsTheta
from koubai.training.history import History


class Storable(HoldsTheta, ABC):
    """Converts a fitted estimator to plain data and tensors, and back."""

    history_: History

    @abstractmethod
    def check_choices(self) -> None:
        """Raise ParameterError if a parameter is not allowed."""

    @abstractmethod
    def _describe(self, network: Network) -> None:
        """Set the attributes that follow from the network."""

    def to_record(self) -> tuple[Record, dict[str, Array]]:
        """Return what prediction and ``warm_start`` need as JSON data and arrays; `from_record` reads it back.

        Callbacks, the checkpoint's path and the optimizer's running averages are omitted.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        DataError
            If a parameter or a class label has no plain form.
        """
        self._check_has_parameters()
        theta = self._theta()
        fitted = {name: getattr(self, name) for name in FITTED if hasattr(self, name)}
        record = {
            "estimator": type(self).__name__,
            "parameters": recording.encode_parameters(self),
            "network": self.network_.spec(),
            "fitted": {name: recording.encode(value) for name, value in fitted.items()},
            "stopped": self.history_.stopped,
            **self._own_record(),
        }
        return record, {"theta": theta, **self.history_.tensors()}

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> Self:
        """Return the estimator described by `to_record`; its predictions are bit-for-bit the same.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes another estimator.
        """
        recording.check_estimator(cls, record)
        checked = DESCRIPTION.check(cls.__name__, record, tensors)
        return consistent(cls.__name__, lambda: cls._restored(checked, tensors))

    @classmethod
    def _restored(cls, record: Record, tensors: Tensors) -> Self:
        estimator = cls(**recording.decode_parameters(cls, record.get("parameters")))
        estimator.check_choices()
        network = Network.from_spec(record["network"])
        theta = np.array(tensors["theta"])
        estimator._describe(network)
        for attribute, value in record["fitted"].items():
            if attribute in FITTED:
                setattr(estimator, attribute, value)
        if estimator.n_features_in_ != network.n_features:
            raise ValueError(f"{estimator.n_features_in_} features for a network of {network.n_features} inputs")
        estimator.history_ = History.from_tensors(tensors, str(record["stopped"]))
        estimator.loss_curve_ = estimator.history_.losses
        estimator._take_own_record(record)
        estimator._set_theta(theta)
        return estimator

    def _own_record(self) -> Record:
        """Return additional data stored by this kind of estimator."""
        return {}

    def _take_own_record(self, record: Record) -> None:
        """Restore the data from `_own_record`."""
