"""Conversion of a table model to plain data and arrays for a model file, and back."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ModelFileError
from koubai.core.language import term
from koubai.core.schema import (
    REMEDY,
    Description,
    Fields,
    Kind,
    Later,
    Listed,
    Maybe,
    Named,
    Real,
    Record,
    Rule,
    Scalar,
    Tensor,
    Tensors,
    Text,
    Truth,
    Whole,
    consistent,
)
from koubai.models.averaging import MOST_MEMBERS, QUALITIES, with_theta
from koubai.models.honest.cross import CROSS_VALIDATED, CrossValidated
from koubai.models.honest.curve import CURVE, LearningCurve
from koubai.models.scaling import TargetScale
from koubai.models.scores.evaluation import Evaluation
from koubai.models.scores.judgement import Judgement
from koubai.models.table_predictor import TablePredictor
from koubai.models.trust.conformal import CONFORMAL, Conformal
from koubai.models.trust.decision import DECISION, Decision
from koubai.models.trust.metrics import METRICS
from koubai.tables.files.reading import reading_of
from koubai.tables.meaning.number_formats import FORMAT
from koubai.tables.preparing.preparation import Preparation
from koubai.tables.preparing.refusals import TASKS
from koubai.tables.preparing.targets import Target

if TYPE_CHECKING:
    from koubai.models.estimator_choice import Estimator
    from koubai.models.kept.kept_network import KeptNetwork
    from koubai.models.table_preparer import TablePreparer

PARAMETERS = (
    "task",
    "drop",
    "keep",
    "category",
    "text",
    "decimal",
    "thousands",
    "date_order",
    "missing",
    "not_missing",
    "dtype",
    "random_state",
    "cross_validation",
    "piecewise",
    "quality",
    "n_members",
    "time",
    "metric",
    "intervals",
)
"""Parameters of a `TableModel` stored in a file; those of the network are in the estimator's record."""

OTHERS = "others.theta"
"""The array of the parameters of further networks that are averaged with the first, one row for each."""

TRAINED = "trained"
"""The array of what is remembered of the training rows; files of older versions have none."""

UNBOUNDED = (-float("inf"), float("inf"))

LISTS = ("drop", "keep", "category", "text", "missing", "not_missing")
"""The parameters that are lists of names."""


SCORES = Fields(
    {
        "n_rows": Whole(),
        "measure": Text(longest=100),
        "score": Real(finite=False),
        "baseline": Real(finite=False),
        "answer": Text(),
        "others": Named(Real(finite=False)),
        "classes": Listed(Text()),
        "confusion": Listed(Listed(Whole())),
        "interval": Later(Maybe(Listed(Real(finite=False), 2, 2))),
    },
    (
        Rule(
            "a row and a column of the confusion matrix for each class",
            lambda scores: (
                [len(row) for row in scores["confusion"]] == [len(scores["classes"])] * len(scores["classes"])
            ),
        ),
    ),
)
JUDGEMENT = Fields(
    {
        "losses": Named(Real(finite=False)),
        "l2": Real(0),
        "factor": Real(0),
        "constant": Real(finite=False),
        "n_parts": Whole(1),
    }
)
READING = Fields(
    {
        "encoding": Later(Maybe(Text(longest=100))),
        "separator": Later(Maybe(Text(longest=100))),
        "header": Later(Maybe(Truth())),
        "skip_lines": Later(Maybe(Whole())),
    }
)
PARAMETER_KINDS: dict[str, Kind] = {
    "task": Later(Maybe(Text(TASKS))),
    "decimal": Later(Maybe(Text((".", ",")))),
    "thousands": Later(Maybe(Text((".", ",", " ", "'", "none")))),
    "date_order": Later(Maybe(Text(("dmy", "mdy", "ymd")))),
    "dtype": Later(Text(("float64", "float32"))),
    "random_state": Later(Whole(0, 2**32 - 2)),
    "cross_validation": Later(Truth()),
    "piecewise": Later(Maybe(Truth())),
    "quality": Later(Text(tuple(QUALITIES))),
    "n_members": Later(Maybe(Whole(1, MOST_MEMBERS))),
    "time": Later(Maybe(Real(above=0))),
    "metric": Later(Maybe(Text(tuple(METRICS)))),
    "intervals": Later(Maybe(Real(0, 1))),
}
NAMES: dict[str, Kind] = {name: Later(Listed(Text())) for name in LISTS}
DESCRIPTION = Description(
    Fields(
        {
            "parameters": Fields({**NAMES, **PARAMETER_KINDS}),
            "target": Fields(
                {
                    "name": Text(),
                    "task": Text(TASKS),
                    "why": Text(),
                    "whole": Truth(),
                    "truth": Truth(),
                    "format": Later(Maybe(FORMAT)),
                },
                (
                    Rule(
                        "classes are whole numbers or truth values",
                        lambda target: not (target["whole"] and target["truth"]),
                    ),
                ),
            ),
            "center": Real(),
            "scale": Real(above=0),
            "mean": Later(Real()),
            "bounds": Later(Listed(Real(finite=False), 2, 2)),
            "long_tail": Later(Truth()),
            "commonest": Scalar(),
            "shares": Later(Maybe(Listed(Real(0, 1)))),
            "judgement": Later(Maybe(JUDGEMENT)),
            "decision": Later(Maybe(DECISION)),
            "conformal": Later(Maybe(CONFORMAL)),
            "cross_validated": Later(Maybe(CROSS_VALIDATED)),
            "learning_curve": Later(Maybe(CURVE)),
            "n_networks": Later(Whole(1, MOST_MEMBERS)),
            "reading": Later(READING),
            "columns": Listed(Text(), 1, different=True),
            "has_names": Truth(),
            "rows": Fields(
                {name: Whole() for name in ("training", "validation", "test", "without target")}
                | {"calibration": Later(Whole())}
            ),
            "notes": Listed(Text()),
            "evaluation": Maybe(SCORES),
        },
        (Rule("the target is one of the columns", lambda record: record["target"]["name"] in record["columns"]),),
    )
)
"""Required contents of a table model's record, besides its preparation and its estimator."""


def to_record(model: "TablePreparer") -> tuple[Record, dict[str, Array]]:
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
        "mean": model.mean_,
        "bounds": list(model.bounds_),
        "long_tail": model.long_tail_,
        "commonest": getattr(model, "commonest_", None),
        "shares": model.shares_,
        "judgement": _recorded(model.judgement_),
        "decision": _recorded(model.decision_),
        "conformal": _recorded(model.conformal_),
        "cross_validated": _recorded(model.cross_validated_),
        "learning_curve": _recorded(model.learning_curve_),
        "columns": list(model.columns_),
        "has_names": model.has_names_,
        "reading": dict(model.reading_),
        "rows": dict(model.n_rows_),
        "notes": list(model.notes_),
        "evaluation": _recorded(model.evaluation_),
        "n_networks": 1 + len(model.others_),
        "preparation": preparation,
        "estimator": estimator,
    }
    tensors = {f"estimator.{name}": array for name, array in estimator_tensors.items()}
    if model.others_:
        tensors[OTHERS] = np.stack([other.theta_ for other in model.others_])
    if model.trained_ is not None:
        tensors[TRAINED] = model.trained_
    return record, tensors | {f"preparation.{name}": array for name, array in preparation_tensors.items()}


class Recordable(Protocol):
    """A part of a model that has a record of its own."""

    def record(self) -> Record:
        """Return it as plain data."""
        ...

    @classmethod
    def from_record(cls, record: Record) -> Self:
        """Return what plain data describe."""
        ...


Recorded = TypeVar("Recorded", bound=Recordable)


def _recorded(part: Recordable | None) -> Record | None:
    return None if part is None else part.record()


def parameters_of(record: Record) -> Record:
    """Return the constructor parameters in a record.

    Raises
    ------
    ModelFileError
        If parameters are missing or unknown.
    """
    parameters: Record = DESCRIPTION.check("TableModel", record, {})["parameters"]
    if not set(parameters) <= set(PARAMETERS):
        raise ModelFileError(
            who="TableModel",
            what="the record must have the parameters of a TableModel.",
            remedy="Save the model again.",
        )
    return parameters


def estimator_of(is_classification: bool, record: Record, tensors: Tensors) -> "Estimator":
    """Return the estimator that a record describes.

    Raises
    ------
    ModelFileError
        If the record is damaged.
    """
    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.regressor import MLPRegressor

    kind: type[MLPClassifier | MLPRegressor] = MLPClassifier if is_classification else MLPRegressor
    return kind.from_record(record, tensors)


NetworkOf: TypeAlias = Callable[[bool, Record, Tensors], "Estimator | KeptNetwork"]
"""Makes what predicts from whether it predicts classes, a network's record and its arrays."""


def restore(model: TablePredictor, record: Record, tensors: Tensors, network: NetworkOf = estimator_of) -> None:
    """Set what was learned, as a record describes it, on a new model.

    Parameters
    ----------
    model : TablePredictor
        The new model.
    record, tensors
        The contents of its file.
    network : callable
        Makes what predicts from the task and the network's record and arrays: an estimator or a `KeptNetwork`.

    Raises
    ------
    ModelFileError
        If the record is damaged or describes something else.
    """
    consistent("TableModel", lambda: _restore(model, record, tensors, network))


def _restore(model: TablePredictor, record: Record, tensors: Tensors, network: NetworkOf) -> None:
    model.target_ = Target.from_record(record["target"])
    center, scale = float(record["center"]), float(record["scale"])
    bounds = [float(bound) for bound in record.get("bounds", UNBOUNDED)]  # absent from files of older versions
    long_tail = bool(record.get("long_tail", False))
    model._take_scale(TargetScale(center, scale, float(record.get("mean", center)), *_two(bounds), long_tail))
    model.commonest_ = record["commonest"]
    model.shares_ = None if record.get("shares") is None else [float(share) for share in record["shares"]]
    model.judgement_ = _found(Judgement, record, "judgement")
    if (trained := tensors.get(TRAINED)) is not None:
        Tensor(("uint64",), ("n_remembered",)).check(TRAINED, trained, {}, tensors)
    model.trained_ = trained
    model.cross_validated_ = _found(CrossValidated, record, "cross_validated")
    model.learning_curve_ = _found(LearningCurve, record, "learning_curve")
    model.decision_ = _found(Decision, record, "decision")
    model.conformal_ = _found(Conformal, record, "conformal")
    model.columns_, model.has_names_ = list(record["columns"]), bool(record["has_names"])
    model.reading_ = reading_of(record.get("reading", {}))  # absent from files of older versions
    model.n_rows_, model.notes_ = dict(record["rows"]), list(record["notes"])
    model.evaluation_ = _found(Evaluation, record, "evaluation")
    model.preparation_ = Preparation.from_record(record["preparation"], _below("preparation.", tensors))
    model.estimator_ = network(model.target_.is_classification, record["estimator"], _below("estimator.", tensors))
    if model.estimator_.n_features_in_ != len(model.preparation_.features):
        raise ValueError(f"{len(model.preparation_.features)} features for another network")
    model.others_ = _others(model.estimator_, int(record.get("n_networks", 1)), tensors)
    for column in model.preparation_.columns:
        if column.name not in model.columns_ or column.name == model.target_.name:
            raise ValueError("a column that is prepared must be one of the table, and not the target")
    if model.target_.is_classification:
        _check_classes(model, record["estimator"]["labels"])
    elif model.estimator_.network_.n_outputs != 1:
        raise ValueError("one number is predicted by a network of one output")


def _found(kind: type[Recorded], record: Record, name: str) -> Recorded | None:
    """Return what a part of a record describes; None if there is none, as in files of older versions."""
    part = record.get(name)
    return None if part is None else kind.from_record(part)


def _others(first: "Estimator | KeptNetwork", n_networks: int, tensors: Tensors) -> "list[Estimator | KeptNetwork]":
    """Return the further networks whose predictions are averaged; files of older versions have none."""
    if n_networks == 1:
        if OTHERS in tensors:
            raise ModelFileError(
                parameter="n_networks", required=f"count the networks of the array {OTHERS} too", got="1", remedy=REMEDY
            )
        return []
    if OTHERS not in tensors:
        raise ModelFileError(parameter=f"the array {OTHERS}", required="be present", got=term("none"), remedy=REMEDY)
    thetas = tensors[OTHERS]
    sizes = {"n_others": n_networks - 1, "n_parameters": first.network_.n_parameters}
    Tensor((str(first.theta_.dtype),), ("n_others", "n_parameters")).check(OTHERS, thetas, sizes, tensors)
    return [with_theta(first, np.array(theta)) for theta in thetas]


def _check_classes(model: TablePredictor, labels: Mapping[str, object]) -> None:
    """Raise ValueError unless the estimator's classes are what the target column gives."""
    estimator = model.estimator_
    dtype = estimator.classes_.dtype
    wanted = "i" if model.target_.whole else "b" if model.target_.truth else "U"
    if dtype.kind != wanted or labels["kind"] not in ("binary", "multiclass") or labels["sparse"]:
        raise ValueError(f"{labels['kind']} classes of dtype {dtype} for another target")
    if model.commonest_ not in estimator.classes_.tolist():
        raise ValueError("the commonest class must be one of them")
    if model.decision_ is not None and len(model.decision_.factors) not in (0, len(estimator.classes_)):
        raise ValueError(f"{len(model.decision_.factors)} factors of {len(estimator.classes_)} classes")
    if model.shares_ is not None and len(model.shares_) != len(estimator.classes_):
        raise ValueError(f"{len(model.shares_)} shares of {len(estimator.classes_)} classes")


def _two(bounds: list[float]) -> tuple[float, float]:
    if len(bounds) != 2 or not bounds[0] <= bounds[1]:
        raise ValueError(f"bounds {bounds}")
    return bounds[0], bounds[1]


def _below(prefix: str, tensors: Tensors) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}
