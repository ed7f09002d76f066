"""Files that somebody changed and signed again, and what must hold of each: it works, or is refused in one sentence."""

import contextlib
import io
import json
import random
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from tests.files.making import CHECKPOINTS, IMAGES, MANY, NUMBERS, rows_for

import koubai
from koubai.cli.main import main
from koubai.core.errors import DataError, KoubaiError, ModelFileError, ParameterError
from koubai.training import container
from koubai.training.container import Container, open_container
from koubai.training.plain_data import encode

Tensors = dict[str, Any]

DEEP: list[Any] = []
for _ in range(100):
    DEEP = [DEEP]
STRANGE: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    3,
    40,
    2**31,
    2**53,
    2**63,
    2**64,
    -(2**63),
    10**400,
    -(10**400),
    0.5,
    -0.5,
    1e-320,
    1e308,
    -1e308,
    {"$float": "nan"},
    {"$float": "inf"},
    {"$float": "-inf"},
    {"float": "nan"},
    {"float": [1]},
    "",
    "a",
    "nan",
    "\x1b[31mred",
    "\x00",
    "あ",
    "<U500000000",
    "O",
    "<U3",
    "<f8",
    "M8[D]",
    "relu",
    "os.system",
    "/tmp/written",
    "x" * 300,
    [],
    [1],
    ["a", "a"],
    [[1, 2], [3]],
    {},
    {"a": 1},
    {"name": "adam"},
    {"tuple": [1, [2]]},
    {"dict": [[[1], 2]]},
    {"array": {}},
    {"array": {"dtype": "<U500000000", "values": ["a"]}},
    {"optimizer": {"name": "adam", "beta_1": 10**400}},
    DEEP,
]
"""Values that are put in the place of others."""


def seeds(folder: Path) -> dict[str, Container]:
    """Return the kept files by name."""
    return {path.stem: open_container(path) for path in sorted(folder.glob("*.koubai"))}


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Give every place of a record: the list or mapping, and the index or key in it."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


def mutate(found: Container, rng: random.Random) -> tuple[dict[str, Any], Tensors]:
    """Return a record, ready for JSON, and arrays with one to three changes."""
    record = json.loads(json.dumps(encode(found.record, "record")))
    tensors = {name: array.copy() for name, array in found.tensors.items()}
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change = mutate_tensors if tensors and rng.random() < 0.3 else mutate_record
        change(record, tensors, rng)
    return record, tensors


def mutate_record(record: dict[str, Any], tensors: Tensors, rng: random.Random) -> None:
    """Delete, replace, double, or swap something in a record, or put a number off by one."""
    where = list(places(record))
    if not where:
        return
    inside, key = rng.choice(where)
    what = rng.random()
    if what < 0.2:
        del inside[key]
    elif what < 0.3 and isinstance(inside, list):
        inside.append(inside[key])
    elif what < 0.4:
        other, its_key = rng.choice(where)
        with contextlib.suppress(KeyError, IndexError):
            inside[key] = json.loads(json.dumps(other[its_key]))
    elif what < 0.5 and type(inside[key]) is int:
        inside[key] += rng.choice((-1, 1))
    else:
        inside[key] = rng.choice(STRANGE)


def mutate_tensors(record: dict[str, Any], tensors: Tensors, rng: random.Random) -> None:
    """Delete, resize, retype, fill, swap or reshape an array."""
    name = rng.choice(sorted(tensors))
    array = tensors[name]
    what = rng.randrange(8)
    if what == 0:
        del tensors[name]
    elif what == 1:
        tensors[name] = np.ascontiguousarray(array[..., : rng.choice((0, 1, -1))]) if array.ndim else array.reshape(1)
    elif what == 2:
        tensors[name] = np.concatenate([array.ravel(), array.ravel()[:1]])
    elif what == 3:
        with np.errstate(all="ignore"):
            tensors[name] = array.astype(rng.choice(("<f4", "<f8", "<i8", "<i4", "u1", "?")))
    elif what == 4 and array.size:
        with np.errstate(all="ignore"), contextlib.suppress(OverflowError, ValueError):
            flat = array.reshape(-1)
            flat[rng.randrange(array.size)] = rng.choice((np.nan, np.inf, -np.inf, -1, 1e300, 1e-320, 1e38, 0, 2**40))
    elif what == 5:
        tensors[name] = tensors[rng.choice(sorted(tensors))]
    elif what == 6:
        tensors[name] = array.reshape((1, *array.shape)) if rng.random() < 0.5 else array.T.copy()
    else:
        tensors[f"{name}2" if rng.random() < 0.5 else f"running.{name}"] = array


def write(path: Path, found: Container, record: dict[str, Any], tensors: Tensors) -> None:
    """Write a file of another's kind and version whose digest is right, whatever is in it."""
    fields = {
        "format": "koubai",
        "format_version": str(found.format_version),
        "kind": found.kind,
        "koubai_version": "0.1.0",
        "record": json.dumps(record),
    }
    fields["sha256"] = container._digest(fields, tensors)
    path.write_bytes(container._assemble(fields, tensors))


def use(name: str, path: Path) -> str:
    """Load a file and do with it what a user would; return ``refused`` or ``works``.

    Whatever else is raised than one sentence, where the file is read, or a sentence of koubai's, where training goes on
    with the parameters that it holds, comes through.
    """
    if name.startswith("checkpoint"):
        return use_checkpoint(name, path)
    try:
        model = koubai.load(path)
    except ModelFileError as error:
        return refused(error)
    with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.redirect_stderr(io.StringIO()):
        assert main(["show", str(path)]) == 0
    assert "\x1b[31m" not in shown.getvalue()
    for kind, used in USED.items():
        if name.startswith(kind):
            used(name, model)
            return "works"
    use_estimator(name, model)
    return "works"


def use_table(name: str, model: Any) -> None:
    """Predict for a table, and judge the predictions."""
    rows = rows_for(name)
    with contextlib.suppress(DataError):  # a file may say that its columns are written in another way
        model.predict(rows)
    with contextlib.suppress(KoubaiError):
        model.evaluate(rows)
        model.explain(rows[:1])


def use_table_estimator(name: str, model: Any) -> None:
    """Predict for a table, and learn again, also if all predictions are one class."""
    rows = rows_for(name)
    with contextlib.suppress(DataError):
        model.predict(rows)
    classes = getattr(model, "classes_", None)
    y = np.resize(NUMBERS if classes is None else classes, 40)
    with contextlib.suppress(KoubaiError, MemoryError):  # a network of as many nodes as the file says may have no room
        model.set_params(epochs=1, n_members=1, time=None).fit(rows, y)


def use_images(name: str, model: Any) -> None:
    """Predict for images in a file."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/images.npz", images=IMAGES)
        with contextlib.suppress(KoubaiError):  # of another shape than those that the network takes
            model.predict(f"{folder}/images.npz")


def use_neocognitron(name: str, model: Any) -> None:
    """Ask what the cells answer, and the classes if it has any."""
    x = np.resize(IMAGES.reshape(40, -1), (5, model.n_features_in_)).reshape(5, *model.image_shape_)
    model.transform(x)
    if hasattr(model, "readout_"):
        model.predict(x)


def use_pipeline(name: str, model: Any) -> None:
    """Predict; what scikit-learn's steps hold is not described, and what they say to it is theirs."""
    try:
        model.predict(rows_for(name))
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1].filename
        if "site-packages" not in last and not isinstance(error, KoubaiError):
            raise


USED: dict[str, Callable[[str, Any], None]] = {
    "table-estimator": use_table_estimator,
    "table": use_table,
    "images": use_images,
    "neocognitron": use_neocognitron,
    "pipeline": use_pipeline,
}
"""How models are used, by what their names begin with; all others as estimators."""


def use_estimator(name: str, model: Any) -> None:
    """Predict with an estimator, explain a row, and let it go on learning."""
    x = rows_for(name).reshape(40, -1)[:, : model.n_features_in_]
    if x.shape[1] < model.n_features_in_:
        x = np.zeros((40, model.n_features_in_))
    if hasattr(model, "image_shape_"):
        x = x.reshape(40, *model.image_shape_)
    try:
        predicted = model.predict(x)
    except ParameterError:  # as where clip_predictions was set after training
        return
    classes = getattr(model, "classes_", None)
    y = MANY if getattr(predicted, "ndim", 1) == 2 and classes is not None else NUMBERS
    if classes is not None and getattr(predicted, "ndim", 1) == 1:
        y = classes[np.arange(40) % len(classes)]
    elif classes is None:
        y = np.zeros_like(predicted)
    with contextlib.suppress(KoubaiError), contextlib.redirect_stdout(io.StringIO()):
        model.explain(x[0]).show()
    again = {"max_iter": 2, "epochs": 2, "n_starts": 1, "progress": False, "verbose": False, "warm_start": True}
    model.set_params(**{key: value for key, value in again.items() if key in model.get_params()})
    with contextlib.suppress(KoubaiError):
        if hasattr(model, "partial_fit"):
            model.partial_fit(x, y)
            model.partial_fit(x, y)
    with contextlib.suppress(KoubaiError):
        model.fit(x, y)
    model.predict(x)


def use_checkpoint(name: str, path: Path) -> str:
    """Go on from a checkpoint."""
    estimator, rows, y = CHECKPOINTS[name]
    try:
        clone(estimator).set_params(checkpoint=path).fit(rows, y)
    except KoubaiError as error:
        return refused(error)
    return "works"


def refused(error: KoubaiError) -> str:
    """Return ``refused`` if what is said is one sentence that a terminal can show."""
    told = str(error)
    assert told.isprintable(), told
    assert len(told) < 700, told
    return "refused"


def run(kept: Path, folder: Path, numbers: range) -> None:
    """Try mutants, and print a line for each that is neither refused in one sentence nor works."""
    found = seeds(kept)
    names = list(found)
    path = folder / "mutant.koubai"
    counts = {"refused": 0, "works": 0, "wrong": 0}
    for number in numbers:
        name = names[number % len(names)]
        (folder / "number").write_text(f"{number} {name}")
        record, tensors = mutate(found[name], random.Random(number))
        write(path, found[name], record, tensors)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # training that does not converge, overflow: what users are told
            try:
                counts[use(name, path)] += 1
            except Exception:
                counts["wrong"] += 1
                print(f"mutant {number} of {name}:", *traceback.format_exc().strip().splitlines()[-3:], flush=True)
    print(json.dumps(counts))


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), range(int(sys.argv[3]), int(sys.argv[4])))
