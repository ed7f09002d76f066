"""Storage of estimators in model files: their records and tensors."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ModelFileError
from koubai.core.layers import LayerKind
from koubai.core.network import Network
from koubai.core.schema import (
    FLOATS,
    Description,
    Fields,
    Kind,
    Later,
    Listed,
    Maybe,
    Named,
    Real,
    Scalar,
    Tensor,
    Text,
    Whole,
    consistent,
)
from koubai.estimators.kept import recording
from koubai.estimators.kept.theta import HoldsTheta
from koubai.training.history import TENSORS, History

LOSS = Maybe(Real(finite=False))

FITTED: Mapping[str, Kind] = {
    "n_features_in_": Whole(1),
    "feature_names_in_": Later(recording.Names()),
    "n_iter_": Later(Whole(), 0),
    "t_": Later(Whole(), 0),
    "loss_": Later(LOSS),
    "best_loss_": Later(LOSS),
    "validation_scores_": Later(Maybe(Listed(Real(finite=False)))),
    "best_validation_score_": Later(LOSS),
    "_no_improvement_count": Later(Whole()),
    "target_range_": Later(Listed(Listed(Real(), 2, 2))),
}
"""Fitted attributes stored unchanged in a record."""

SPEC = Named(Scalar())
"""An activation, a loss or another named kind with its parameters, which it checks itself."""

DESCRIPTION = Description(
    Fields(
        {
            "network": Fields({"layers": Listed(LayerKind(), 1), "loss": SPEC}),
            "fitted": Fields(
                recording.encoded(FITTED),
                (recording.NAMES_FIT,),
            ),
            "stopped": Text(longest=100),
        }
    ),
    {"theta": Tensor(FLOATS, ("n_parameters",)), **TENSORS},
    lambda record: {"n_parameters": Network.from_spec(record["network"]).n_parameters},
)
"""Required contents of a network's record and arrays; `Storable` adds more for each estimator."""


class Storable(HoldsTheta, ABC):
    """Converts a fitted estimator to plain data and tensors, and back."""

    history_: History

    @abstractmethod
    def check_choices(self) -> None:
        """Raise ParameterError if a parameter is not allowed."""

    @abstractmethod
    def _describe(self, network: Network) -> None:
        """Set the attributes that follow from the network."""

    def to_record(self) -> tuple[dict[str, Any], dict[str, Array]]:
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
    def from_record(cls, record: Mapping[str, Any], tensors: Mapping[str, Array]) -> Self:
        """Return the estimator described by `to_record`; its predictions are bit-for-bit the same.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes another estimator.
        """
        name = record.get("estimator")
        if name != cls.__name__:
            raise ModelFileError(
                who=cls.__name__, what=f"the record must be of a {cls.__name__}; got {str(name)[:60]!r}."
            )
        checked = DESCRIPTION.check(cls.__name__, record, tensors)
        return consistent(cls.__name__, lambda: cls._restored(checked, tensors))

    @classmethod
    def _restored(cls, record: Mapping[str, Any], tensors: Mapping[str, Array]) -> Self:
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

    def _own_record(self) -> dict[str, Any]:
        """Return additional data stored by this kind of estimator."""
        return {}

    def _take_own_record(self, record: Mapping[str, Any]) -> None:
        """Restore the data from `_own_record`."""
