"""Saving and loading of models of any kind."""

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, Self

from koubai.core.arguments import Kind, check_kind
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ModelFileError, ParameterError, ParameterTypeError
from koubai.core.language import worded
from koubai.core.schema import REMEDY, Record, Tensors
from koubai.core.untyped import Loaded
from koubai.models.kept.homes import HOMES
from koubai.tables.meaning.columns import TEXT
from koubai.training.container import Container, open_container, write_container
from koubai.training.plain_data import decode, encode

OF_IMAGES = ("ConvClassifier", "ConvRegressor", "ImageModel", "Neocognitron")
"""Kinds that readers of versions before 3 do not know."""

KEPT_TABLE = "koubai.models.kept.kept_table:KeptTable"
WITH_MODEL = ("TableClassifier", "TableRegressor")
"""Estimators whose record holds that of a table's model."""
PREDICTORS = dict.fromkeys(("TableModel", *WITH_MODEL), KEPT_TABLE)
"""For kinds that can predict without scikit-learn, the module and the class that do."""


KNOWN = "be a known "
"""How a registry begins to say that it has no kind of a name."""

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
    model : TableModel, ImageModel, TableClassifier, MLPClassifier, ConvClassifier, their regressors, Perceptron, …
        A fitted model; of scikit-learn's pipelines, those whose steps are its own transformers before one of these.
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
    pipeline = (kind, type(model).__module__) == ("Pipeline", "sklearn.pipeline")
    if not pipeline and (kind not in HOMES or type(model).__module__ != HOMES[kind]):
        raise ParameterTypeError(
            who="save",
            parameter="model",
            required=worded("core.must.be_one_of", names=", ".join(HOMES)),
            got=type(model).__name__,
        )
    read_again: Callable[[Record, Tensors], object]
    if pipeline:
        from koubai.models.kept.pipelines import KeptPipeline

        (record, tensors), read_again = KeptPipeline.to_record(model), KeptPipeline.from_record
    else:
        (record, tensors), read_again = model.to_record(), type(model).from_record
    try:
        plain = decode(encode(record, "record"))
        assert isinstance(plain, dict)
        read_again(plain, tensors)
    except ModelFileError as error:
        _check_known(error.__cause__)
        told = str(error).removesuffix(REMEDY).strip().rstrip(".") + "."
        raise DataError(who="save", what=worded("models.error.model_loadable_again_undo_any", told=told)) from error
    write_container(path, kind, record, tensors, version=3 if kind in OF_IMAGES else _version_of(record, tensors))


def _check_known(cause: BaseException | None) -> None:
    """Raise DataError if a record cannot be read since it names a kind of somebody's own that is not registered."""
    required = getattr(cause, "required", "")
    if isinstance(cause, ParameterError) and isinstance(required, str) and required.startswith(KNOWN):
        raise DataError(
            who="save",
            parameter="the model",
            required="have kinds that are known by name, for a file holds no code",
            got=f"the {required.removeprefix(KNOWN)} {cause.got}",
            remedy="Register its class where it is saved and loaded (ACTIVATIONS.register, LOSSES.register).",
        ) from cause


def _version_of(record: Record, tensors: Tensors) -> int:
    """Return the oldest version of the format whose readers answer as the model does.

    Those of version 1 know no averages, and would answer with the first network alone, and no piecewise encoding; those
    of version 2 know no line between classes but that of the most probable one; those of version 3 know no texts.
    """
    if _has_texts(record):
        return 4
    if "pipeline" in record or record.keys() == {"model", "estimator"}:
        return 3
    columns = record["preparation"]["columns"] if "preparation" in record else ()
    if (record.get("decision") or {}).get("factors"):
        return 3
    return 2 if "others.theta" in tensors or any(column.get("edges") for column in columns) else 1


def _has_texts(record: Record) -> bool:
    """Tell whether a record, or one in it, is of a table's model with a column of texts."""
    columns = record["preparation"]["columns"] if "preparation" in record else ()
    inner = [part for part in record.values() if isinstance(part, dict)]
    return any(column["kind"] == TEXT for column in columns) or any(_has_texts(part) for part in inner)


def load(path: str | os.PathLike[str]) -> Loaded:
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
    return _restored(path, open_container(path), HOMES)


def load_predictor(path: str | os.PathLike[str]) -> Loaded:
    """Load what predicts for tables from a file saved by `save`, without scikit-learn where that is not needed.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    KeptTable or another model
        For a table's model, what only predicts; other models as `load` returns them.

    Raises
    ------
    ModelFileError
        As `load`.
    """
    return _restored(path, open_container(path), HOMES | PREDICTORS)


def _restored(path: str | os.PathLike[str], found: Container, homes: Mapping[str, str]) -> Loaded:
    if found.kind not in HOMES:
        raise ModelFileError(
            what=(
                worded(
                    "models.error.model_file_contain_got",
                    fspath=os.fspath(path),
                    homes=", ".join(HOMES),
                    kind=repr(found.kind[:40]),
                )
            )
        )
    record = found.record
    if homes is not HOMES and found.kind in WITH_MODEL:
        record = record.get("model", {})  # the estimator around it is not needed to predict
    home, _, name = homes[found.kind].partition(":")
    kind = getattr(import_module(home), name or found.kind)
    try:
        return kind.from_record(record, found.tensors)
    except ModelFileError as error:
        raise ModelFileError(
            what=worded("models.error.model_file_cannot_loaded", fspath=os.fspath(path), error=error)
        ) from error
