"""Conversion of a model of images to plain data and arrays for a model file, and back."""

from typing import TYPE_CHECKING, Protocol

from koubai.core.arrays import Array
from koubai.core.schema import (
    Description,
    Fields,
    Listed,
    Maybe,
    Real,
    Record,
    Scalar,
    Tensors,
    Text,
    Truth,
    Whole,
    consistent,
)
from koubai.models.kept.table_record import SCORES
from koubai.models.scores.evaluation import Evaluation
from koubai.tables.preparing.refusals import CLASSIFICATION, TASKS

if TYPE_CHECKING:
    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor
    from koubai.estimators.neocognitron.estimator import Neocognitron

PREFIX = "estimator."
"""The estimator's arrays stand under names that begin so."""

DESCRIPTION = Description(
    Fields(
        {
            "parameters": Fields(
                {
                    "task": Maybe(Text(TASKS)),
                    "image_size": Maybe(Listed(Whole(1), 2, 2)),
                    "channels": Maybe(Whole(1, 3)),
                    "random_state": Whole(0, 2**32 - 1),
                }
            ),
            "task": Text(TASKS),
            "why": Text(longest=1000),
            "resized": Truth(),
            "images": Fields({"training": Whole(1), "test": Whole()}),
            "commonest": Scalar(),
            "shares": Maybe(Listed(Real(0, 1))),
            "mean": Real(),
            "notes": Listed(Text()),
            "evaluation": Maybe(SCORES),
        }
    )
)
"""Required contents of the record of a model of images, besides its estimator."""


class Learned(Protocol):
    """A model of images, with its parameters and what it has learned."""

    task: str | None
    image_size: int | tuple[int, int] | None
    channels: int | None
    random_state: int
    estimator_: "ConvClassifier | ConvRegressor | Neocognitron"
    task_: str
    why_: str
    resized_: bool
    commonest_: object
    shares_: list[float] | None
    mean_: float
    evaluation_: Evaluation | None
    n_images_: dict[str, int]
    notes_: list[str]

    def check(self) -> None:
        """Raise ParameterError if a parameter is not allowed."""
        ...


def to_record(model: Learned) -> tuple[Record, dict[str, Array]]:
    """Return a fitted model as plain data and arrays."""
    estimator, tensors = model.estimator_.to_record()
    size = model.image_size
    record = {
        "parameters": {
            "task": model.task,
            "image_size": [size, size] if isinstance(size, int) else None if size is None else list(size),
            "channels": model.channels,
            "random_state": model.random_state,
        },
        "task": model.task_,
        "why": model.why_,
        "resized": model.resized_,
        "images": dict(model.n_images_),
        "commonest": model.commonest_,
        "shares": model.shares_,
        "mean": model.mean_,
        "notes": list(model.notes_),
        "evaluation": None if model.evaluation_ is None else model.evaluation_.record(),
        "estimator": estimator,
    }
    return record, {f"{PREFIX}{name}": array for name, array in tensors.items()}


def parameters_of(record: Record) -> Record:
    """Return the constructor parameters in a record.

    Raises
    ------
    ModelFileError
        If something is missing or out of range.
    """
    given: Record = DESCRIPTION.check("ImageModel", record, {})["parameters"]
    size = given["image_size"]
    names = ("task", "channels", "random_state")
    return {name: given[name] for name in names} | {"image_size": None if size is None else tuple(size)}


def restore(model: Learned, record: Record, tensors: Tensors) -> None:
    """Set what was learned, as a checked record describes it, on a new model.

    Raises
    ------
    ModelFileError
        If the record is damaged or describes something else.
    """
    consistent("ImageModel", lambda: _restore(model, record, tensors))


def _restore(model: Learned, record: Record, tensors: Tensors) -> None:
    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor

    model.task_, model.why_, model.resized_ = record["task"], record["why"], record["resized"]
    model.n_images_, model.notes_ = dict(record["images"]), list(record["notes"])
    model.commonest_, model.mean_ = record["commonest"], float(record["mean"])
    model.shares_ = None if record["shares"] is None else [float(share) for share in record["shares"]]
    model.evaluation_ = None if record["evaluation"] is None else Evaluation.from_record(record["evaluation"])
    kind: type[ConvClassifier | ConvRegressor] = ConvClassifier if record["task"] == CLASSIFICATION else ConvRegressor
    own = {name.removeprefix(PREFIX): array for name, array in tensors.items() if name.startswith(PREFIX)}
    model.estimator_ = kind.from_record(record["estimator"], own)
    model.check()
    classes = getattr(model.estimator_, "classes_", None)
    if classes is None:
        if model.estimator_.n_outputs_ != 1:
            raise ValueError("one number is predicted by a network of one output")
    elif model.commonest_ not in classes.tolist() or len(model.shares_ or ()) != len(classes):
        raise ValueError("the classes must be those of the network")
