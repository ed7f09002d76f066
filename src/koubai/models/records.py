"""A table's model as plain data and arrays for a model file, and the model from them again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from koubai.core.errors import KoubaiError, ModelFileError
from koubai.models.evaluation import Evaluation
from koubai.tables.preparation import Preparation
from koubai.tables.reading import reading_of
from koubai.tables.targets import Target

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel

Tensors = Mapping[str, npt.NDArray[Any]]

PARAMETERS = ("task", "drop", "keep", "category", "dtype", "random_state")
"""Parameters of a `TableModel` that a file keeps; those of the network are in the estimator's record."""

LISTS = ("drop", "keep", "category")
"""Those that are lists of names."""


def to_record(model: "TableModel") -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return a fitted model as plain data and arrays.

    Raises
    ------
    DataError
        If a parameter of the network has no plain form.
    """
    estimator, estimator_tensors = model.estimator_.to_record()
    preparation, preparation_tensors = model.preparation_.to_record()
    parameters = {name: getattr(model, name) for name in PARAMETERS}
    record = {
        "parameters": {name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()},
        "target": model.target_.record(),
        "center": model.center_,
        "scale": model.scale_,
        "commonest": getattr(model, "commonest_", None),
        "columns": list(model.columns_),
        "has_names": model.has_names_,
        "reading": dict(model.reading_),
        "rows": dict(model.n_rows_),
        "notes": list(model.notes_),
        "evaluation": None if model.evaluation_ is None else model.evaluation_.record(),
        "preparation": preparation,
        "estimator": estimator,
    }
    tensors = {f"estimator.{name}": array for name, array in estimator_tensors.items()}
    return record, tensors | {f"preparation.{name}": array for name, array in preparation_tensors.items()}


def parameters_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constructor's parameters that a record holds.

    Raises
    ------
    ModelFileError
        If it holds others, or none.
    """
    parameters = record.get("parameters")
    if (
        not isinstance(parameters, dict)
        or not set(parameters) <= set(PARAMETERS)
        or not all(isinstance(parameters.get(name, []), list) for name in LISTS)
    ):
        raise ModelFileError("TableModel: the record must have the parameters of a TableModel. Save the model again.")
    return parameters


def restore(model: "TableModel", record: Mapping[str, Any], tensors: Tensors) -> None:
    """Set what was learned, as a record describes it, on a new model.

    Raises
    ------
    ModelFileError
        If the record is damaged or of something else.
    """
    try:
        _restore(model, record, tensors)
    except ModelFileError:
        raise
    except (KoubaiError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"TableModel: the record must be whole and consistent; got {type(error).__name__}: {error}. "
            f"Save the model again."
        ) from error


def _restore(model: "TableModel", record: Mapping[str, Any], tensors: Tensors) -> None:
    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.regressor import MLPRegressor

    model.check_parameters(0.0)
    model.target_ = Target.from_record(record["target"])
    model.center_, model.scale_ = float(record["center"]), float(record["scale"])
    model.commonest_ = record["commonest"]
    model.columns_, model.has_names_ = list(record["columns"]), bool(record["has_names"])
    model.reading_ = reading_of(record.get("reading", {}))  # files of earlier versions have none
    model.n_rows_, model.notes_ = dict(record["rows"]), list(record["notes"])
    model.evaluation_ = None if record["evaluation"] is None else Evaluation.from_record(record["evaluation"])
    model.preparation_ = Preparation.from_record(record["preparation"], _below("preparation.", tensors))
    kind: Any = MLPClassifier if model.target_.is_classification else MLPRegressor
    model.estimator_ = kind.from_record(record["estimator"], _below("estimator.", tensors))
    if model.estimator_.n_features_in_ != len(model.preparation_.features):
        raise ValueError(f"{len(model.preparation_.features)} features for another network")


def _below(prefix: str, tensors: Tensors) -> dict[str, npt.NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}
