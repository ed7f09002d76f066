"""Saving and loading of models of any kind."""

import os
from importlib import import_module
from typing import Any, Protocol, Self

from koubai.core.arguments import Kind, check_kind
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ModelFileError, ParameterTypeError
from koubai.core.schema import REMEDY, Record, Tensors
from koubai.training.container import open_container, write_container
from koubai.training.plain_data import decode, encode

HOMES = {
    "TableModel": "koubai.models.table_model",
    "MLPClassifier": "koubai.estimators.classifier",
    "MLPRegressor": "koubai.estimators.regressor",
    "Perceptron": "koubai.estimators.perceptron",
}
"""The module of each kind of model a file may contain; loading a file imports nothing else."""


PATH = Kind("a path", lambda value: isinstance(value, str | os.PathLike), "Try 'model.koubai'.")


class Model(Protocol):
    """A model that can be saved."""

    def to_record(self) -> tuple[Record, dict[str, Array]]:
        """Return the model as plain data and arrays."""
        ...

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> Self:
        """Return the model described by plain data and arrays."""
        ...


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Save a fitted model to a file, atomically: an existing file is replaced completely or not at all.

    Parameters
    ----------
    model : TableModel, MLPClassifier, MLPRegressor or Perceptron
        A fitted model.
    path : path
        The file; ``.koubai`` is the usual suffix.

    Raises
    ------
    ParameterTypeError
        If it is not one of these models.
    DataError
        If it could not be loaded again, for example because its weights are no longer finite.
    FileError
        If the file cannot be written.

    Examples
    --------
    >>> from koubai.estimators.classifier import MLPClassifier
    >>> model = MLPClassifier((4,), solver="lbfgs", random_state=0).fit([[0.0], [1.0]], ["no", "yes"])
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, f"{folder}/model.koubai")
    ...     load(f"{folder}/model.koubai").predict([[0.9]])
    array(['yes'], dtype='<U3')
    """
    check_kind("save", "path", path, PATH)
    kind = type(model).__name__
    if kind not in HOMES or type(model).__module__ != HOMES[kind]:
        raise ParameterTypeError(
            who="save", parameter="model", required=f"be one of {', '.join(HOMES)}", got=type(model).__name__
        )
    record, tensors = model.to_record()
    try:
        type(model).from_record(decode(encode(record, "record")), tensors)
    except ModelFileError as error:
        told = str(error).removesuffix(REMEDY).strip()
        raise DataError(
            who="save", what=f"the model must be loadable again; {told} Undo any manual changes, or fit it again."
        ) from error
    write_container(path, kind, record, tensors, version=_version_of(record, tensors))


def _version_of(record: dict[str, Any], tensors: dict[str, Any]) -> int:
    """Return the oldest version of the format whose readers answer as the model does.

    Those of version 1 know no averages, and would answer with the first network alone, and no piecewise encoding.
    """
    columns = record["preparation"]["columns"] if "preparation" in record else ()
    return 2 if "others.theta" in tensors or any(column.get("edges") for column in columns) else 1


def load(path: str | os.PathLike[str]) -> Any:
    """Load a model saved by `save`; its predictions are bit-for-bit those of the saved model.

    Nothing in the file is executed.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, truncated, not koubai's, or of a newer version.
    """
    check_kind("load", "path", path, PATH)
    found = open_container(path)
    if found.kind not in HOMES:
        raise ModelFileError(
            what=(
                f"The model file '{os.fspath(path)}' must contain one of {', '.join(HOMES)}; got {found.kind[:40]!r}."
            )
        )
    kind = getattr(import_module(HOMES[found.kind]), found.kind)
    try:
        return kind.from_record(found.record, found.tensors)
    except ModelFileError as error:
        raise ModelFileError(what=f"The model file '{os.fspath(path)}' cannot be loaded: {error}") from error
