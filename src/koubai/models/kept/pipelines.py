"""scikit-learn's pipelines in model files: their steps as plain data and arrays, of which nothing is executed.

A step is the name of a class of scikit-learn's own and what is in it: numbers, texts, lists, arrays, and other such
steps. Loading imports that class, which must be an estimator of scikit-learn's, makes an empty object of it and fills
it in. What holds functions, or objects of other classes, is refused when it is saved.
"""

import re
import warnings
from importlib import import_module

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ModelFileError
from koubai.core.language import worded
from koubai.core.schema import REMEDY, Json, Record, Tensors
from koubai.core.untyped import ScikitLearn

CLASS = re.compile(r"sklearn(\.[a-z_][a-z0-9_]*)+\.[A-Z][A-Za-z0-9]*")
"""Names of classes that may be loaded."""
NUMERIC = "biuf"
"""Kinds of arrays that a file holds as such."""
MOST_LEVELS = 40
"""More levels of nesting than any pipeline has."""


class KeptPipeline:
    """A pipeline on its way to a model file and back."""

    @staticmethod
    def to_record(pipeline: ScikitLearn) -> tuple[Record, dict[str, Array]]:
        """Return a fitted pipeline as plain data and arrays; `from_record` reads them back.

        Raises
        ------
        DataError
            If a step holds something that has no plain form.
        """
        import sklearn

        tensors: dict[str, Array] = {}
        record = {"pipeline": _plain(pipeline, "pipeline", tensors), "scikit_learn": sklearn.__version__}
        return record, tensors

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> ScikitLearn:
        """Return the pipeline described by `to_record`.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes something else.
        """
        import sklearn
        from sklearn.pipeline import Pipeline

        written = record.get("scikit_learn")
        try:
            found = _restored(record["pipeline"], tensors, 0)
        except ModelFileError:
            raise
        except (AttributeError, ImportError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise _damaged() from error
        if not isinstance(found, Pipeline) or not isinstance(written, str):
            raise _damaged()
        _check_steps(found.steps)
        if written.split(".")[:2] != sklearn.__version__.split(".")[:2]:
            warnings.warn(
                worded("models.note.pipeline_version", written=written[:20], version=sklearn.__version__),
                stacklevel=4,
            )
        return found


def _plain(value: ScikitLearn, where: str, tensors: dict[str, Array]) -> Json:
    """Return a value as plain data; arrays of numbers go into ``tensors`` under the place where they were found."""
    from sklearn.base import BaseEstimator

    from koubai.models.kept.homes import HOMES

    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is np.ndarray:
        return _array(value, where, tensors)
    if isinstance(value, np.bool_ | np.integer | np.floating | np.str_):
        return {"scalar": kind.__name__, "of": value.item()}
    if kind in (list, tuple, set, frozenset) or (kind.__name__ == "Bunch" and kind.__module__.startswith("sklearn.")):
        if isinstance(value, dict):
            return {"bunch": [[key, _plain(of, f"{where}.{key}", tensors)] for key, of in value.items()]}
        return {kind.__name__: [_plain(of, f"{where}.{k}", tensors) for k, of in enumerate(value)]}
    if isinstance(value, dict):
        pairs = enumerate(value.items())
        return {
            "dict": [
                [_plain(key, f"{where}.{k}k", tensors), _plain(of, f"{where}.{k}", tensors)] for k, (key, of) in pairs
            ]
        }
    if kind is slice:
        return {"slice": [_plain(end, where, tensors) for end in (value.start, value.stop, value.step)]}
    if isinstance(value, type) and issubclass(value, np.generic):
        return {"numpy": value.__name__}
    if isinstance(value, np.dtype):
        return {"dtype": value.str}
    if HOMES.get(kind.__name__) == kind.__module__:
        record, own = value.to_record()
        tensors.update({f"{where}/{name}": array for name, array in own.items()})
        return {"model": kind.__name__, "at": where, "record": record}
    name = f"{kind.__module__}.{kind.__name__}"
    if isinstance(value, BaseEstimator) and CLASS.fullmatch(name):
        state = {name: _plain(of, f"{where}.{name}", tensors) for name, of in vars(value).items()}
        return {"class": name, "state": state}
    raise DataError(
        who="save",
        what=f"{where} must be a number, a text, an array, or an estimator of scikit-learn's or koubai's; it is a "
        f"{kind.__name__}, which would have to be executed when it is loaded.",
        remedy="Leave that step out, and do it before the pipeline.",
    )


def _array(value: Array, where: str, tensors: dict[str, Array]) -> Record:
    if value.dtype.kind in NUMERIC:
        tensors[where] = value
        return {"array": where}
    if value.dtype.kind not in "UO":
        raise DataError(who="save", what=f"{where} must hold numbers or texts; it holds {value.dtype}.")
    cells = [_plain(cell, f"{where}.{k}", tensors) for k, cell in enumerate(value.ravel().tolist())]
    return {"cells": cells, "shape": list(value.shape), "kind": value.dtype.kind}


def _restored(value: object, tensors: Tensors, level: int) -> ScikitLearn:
    """Return what plain data stand for."""
    if level > MOST_LEVELS:
        raise _damaged()
    if not isinstance(value, dict):
        if value is not None and not isinstance(value, bool | int | float | str):
            raise _damaged()
        return value

    def below(of: object) -> ScikitLearn:
        return _restored(of, tensors, level + 1)

    match value:
        case {"array": str(name)}:
            return tensors[name].copy()
        case {"cells": list(cells), "shape": list(shape), "kind": str(kind)}:
            found: Array = np.empty(len(cells), dtype=object)
            found[:] = [below(cell) for cell in cells]
            return (found if kind == "O" else found.astype(np.str_)).reshape([int(size) for size in shape])
        case {"scalar": str(name), "of": of}:
            return _numpy(name)(of)
        case {"numpy": str(name)}:
            return _numpy(name)
        case {"dtype": str(name)}:
            return np.dtype(name)
        case {"list": list(of)}:
            return [below(each) for each in of]
        case {"tuple": list(of)}:
            return tuple(below(each) for each in of)
        case {"set": list(of)}:
            return {below(each) for each in of}
        case {"frozenset": list(of)}:
            return frozenset(below(each) for each in of)
        case {"dict": list(pairs)}:
            return {below(key): below(of) for key, of in pairs}
        case {"bunch": list(pairs)}:
            from sklearn.utils import Bunch

            return Bunch(**{str(key): below(of) for key, of in pairs})
        case {"slice": [start, stop, step]}:
            return slice(start, stop, step)
        case {"model": str(name), "at": str(where), "record": dict(record)}:
            return _model(name, where, record, tensors)
        case {"class": str(name), "state": dict(state)}:
            return _estimator(name, {str(key): below(of) for key, of in state.items()})
    raise _damaged()


def _numpy(name: str) -> type[np.generic]:
    found = getattr(np, name, None)
    if not isinstance(found, type) or not issubclass(found, np.generic):
        raise _damaged()
    return found


def _model(name: str, where: str, record: Record, tensors: Tensors) -> ScikitLearn:
    """Return a model of koubai's own within a pipeline."""
    from koubai.models.kept.homes import HOMES

    if name not in HOMES or ":" in HOMES[name]:
        raise _damaged()
    prefix = f"{where}/"
    own = {key.removeprefix(prefix): array for key, array in tensors.items() if key.startswith(prefix)}
    return getattr(import_module(HOMES[name]), name).from_record(record, own)


def _estimator(name: str, state: Record) -> ScikitLearn:
    """Return an estimator of scikit-learn's with what was in it; nothing of it runs."""
    from sklearn.base import BaseEstimator

    if not CLASS.fullmatch(name):
        raise _damaged()
    module, _, kind = name.rpartition(".")
    found = getattr(import_module(module), kind, None)
    if not isinstance(found, type) or not issubclass(found, BaseEstimator):
        raise _damaged()
    made: ScikitLearn = object.__new__(found)
    made.__dict__.update(state)
    made.get_params(deep=False)  # raises if one is missing
    made._validate_params()
    return made


def _check_steps(steps: object) -> None:
    """Raise ModelFileError unless steps are pairs of a name, each another, and a transformer, or last an estimator."""
    if not isinstance(steps, list) or not all(isinstance(step, tuple) and len(step) == 2 for step in steps):
        raise _damaged()
    names = [name for name, _ in steps]
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise _damaged()
    for place, (_, step) in enumerate(steps, start=1):
        needed = "transform" if place < len(steps) else "fit"
        if step not in (None, "passthrough") and not hasattr(step, needed):
            raise _damaged()


def _damaged() -> ModelFileError:
    return ModelFileError(
        who="Pipeline",
        what="the record must describe a pipeline of scikit-learn's and koubai's estimators.",
        remedy=REMEDY,
    )
