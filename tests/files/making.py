"""Small models and checkpoints of every kind, and the command that keeps the files of a version.

``python -m tests.files.making`` writes them into a folder named after koubai's version, with what they predict. The
folders of earlier versions stay as they are: `test_kept_files` loads them all.
"""

import json
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from sklearn.base import clone

import koubai
from koubai.models.table_model import TableModel
from koubai.tables.files.blocks import open_blocks

HERE = Path(__file__).parent

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3)).round(3)
THREE = np.array(["high", "low", "mid"])[np.digitize(X[:, 0] - X[:, 1], [-0.7, 0.7])]
TWO = X[:, 0] > X[:, 1]
NUMBERS = (X[:, 0] - 2 * X[:, 1] + 0.5 * X[:, 2]).round(3)
MANY = (X > 0).astype(int)
PRODUCT = np.where(X[:, 2] > 0, X[:, 0], -X[:, 0]) > 0  # not linearly separable
MLP: dict[str, Any] = {"hidden_layer_sizes": (4, 3), "epochs": 6, "random_state": 0, "n_jobs": 1}

TABLE = {
    "size": [round(3 + x, 2) if i % 9 else None for i, x in enumerate(X[:, 0])],
    "cost": [round(float(np.exp(3 * x)), 3) for x in X[:, 1]],
    "colour": [["red", "green", "blue", "red"][i % 4] for i in range(40)],
    "sold": [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(40)],
    "new": [bool(i % 2) for i in range(40)],
    "class": THREE.tolist(),
    "price": NUMBERS.tolist(),
}
TRAINED: dict[str, Callable[[], Any]] = {
    "classifier-two": lambda: koubai.MLPClassifier(**MLP).fit(X, TWO),
    "classifier-three": lambda: koubai.MLPClassifier(
        **MLP,
        early_stopping=True,
        class_weight={"high": 2.0, "low": 1.0, "mid": 1},
        optimizer={"name": "adamw", "weight_decay": 0.1},
        schedule="cosine",
        dropout=[0.1, 0.0],
        activation=("gelu", {"name": "leaky_relu", "slope": 0.2}),
    ).fit(X, THREE),
    "classifier-many": lambda: koubai.MLPClassifier(**MLP).fit(X, MANY),
    "classifier-hinge": lambda: koubai.MLPClassifier(loss="hinge", **MLP).fit(X, THREE),
    "classifier-scaled": lambda: scaled(koubai.MLPClassifier(**MLP).fit(X, THREE)),
    "regressor": lambda: koubai.MLPRegressor(**MLP, solver="sgd", learning_rate="adaptive").fit(
        X.astype(np.float32), NUMBERS
    ),
    "regressor-lbfgs": lambda: koubai.MLPRegressor(**MLP, solver="lbfgs").fit(X, np.c_[NUMBERS, X[:, 0]]),
    "perceptron": lambda: koubai.Perceptron().fit(X, TWO),
    "perceptron-averaged": lambda: koubai.Perceptron(variant="averaged", penalty="l2", max_iter=20).fit(X, THREE),
    "perceptron-pocket": lambda: koubai.Perceptron(variant="pocket", max_iter=20, tol=None).fit(X, PRODUCT),
    "perceptron-sparse": lambda: koubai.Perceptron(penalty="l1", max_iter=20).fit(csr_array(X), THREE).sparsify(),
    "table-classes": lambda: table_model("class"),
    "table-numbers": lambda: table_model("price", keep=["cost"], drop=["class"], dtype="float32"),
    "table-streamed": lambda: streamed(),
    "table-long-tail": lambda: table_model("cost"),
    "table-judged": lambda: TableModel(hidden_layer_sizes=(4,), n_jobs=1).fit(
        pl.DataFrame({name: [*cells, *cells] for name, cells in TABLE.items()}), "class"
    ),
    "table-formats": lambda: from_text(),
}
"""What makes each model."""


def scaled(estimator: Any) -> Any:
    """Return a fitted estimator with a scaling layer before its network, by way of its record."""
    record, tensors = estimator.to_record()
    record["network"]["layers"].insert(0, {"kind": "scaling", "n_features": X.shape[1]})
    tensors["theta"] = np.concatenate(
        [np.linspace(0.5, 1.5, X.shape[1], dtype=tensors["theta"].dtype), tensors["theta"]]
    )
    return type(estimator).from_record(record, tensors)


def table_model(target: str, **given: Any) -> TableModel:
    """Return a model of the small table."""
    model = TableModel(hidden_layer_sizes=(4,), epochs=4, n_jobs=1, **given)
    return model.fit(pl.DataFrame(TABLE), target, test_fraction=0.25)


def streamed() -> TableModel:
    """Return a model of the small table, read block by block from a file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/table.parquet"
        pl.DataFrame(TABLE).write_parquet(path)
        return TableModel(hidden_layer_sizes=(4,), epochs=4, n_jobs=1).fit(
            open_blocks(path), "class", test_fraction=0.25
        )


WRITTEN = {
    "size": [None if x is None else f"{1000 * x:,.2f}".translate(str.maketrans(",.", ".,")) for x in TABLE["size"]],
    "sold": [f"{day[8:]}.{day[5:7]}.{day[2:4]}" for day in TABLE["sold"]],
    "colour": TABLE["colour"],
    "price": [str(price).replace(".", ",") for price in TABLE["price"]],
}
"""The small table as it stands in a file of a country with decimal commas."""


def from_text() -> TableModel:
    """Return a model of a file with semicolons, decimal commas, points between thousands, and days first."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/table.csv"
        pl.DataFrame(WRITTEN).write_csv(path, separator=";", null_value="n.v.")
        return TableModel(hidden_layer_sizes=(4,), epochs=4, n_jobs=1, missing=["n.v."]).fit(
            path, "price", test_fraction=0.25
        )


def stop(number: int) -> Callable[[Any], None]:
    """Return a callback that presses Ctrl-C after an epoch."""

    def callback(epoch: Any) -> None:
        if epoch.number == number:
            raise KeyboardInterrupt

    return callback


CHECKPOINTS: dict[str, tuple[Any, Any]] = {
    "checkpoint": (koubai.MLPClassifier(**{**MLP, "epochs": 9}), THREE),
    "checkpoint-best": (koubai.MLPClassifier(**{**MLP, "epochs": 9}, early_stopping=True), THREE),
    "checkpoint-plain": (koubai.MLPRegressor(**{**MLP, "epochs": 9}, optimizer="sgd", dropout=0.2), NUMBERS),
}
"""Trainings that are cut off, and their targets."""


def cut_off(name: str, path: Path) -> Any:
    """Write the checkpoint of a training that is cut off after three epochs; return the estimator, ready to go on."""
    estimator, y = CHECKPOINTS[name]
    estimator = clone(estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "interrupted by user"
        estimator.set_params(checkpoint=path, callbacks=stop(3)).fit(X, y)
    return estimator.set_params(callbacks=None)


def table_for(name: str) -> dict[str, list[Any]]:
    """Return the table that a table's model was made of."""
    return WRITTEN if name == "table-formats" else TABLE


def rows_for(name: str) -> Any:
    """Return the rows that a model is asked about."""
    if name.startswith("table"):
        return pl.DataFrame(table_for(name))[:5]
    return X[:5].astype(np.float32) if name == "regressor" else X[:5]


def outputs(name: str, model: Any) -> list[Any]:
    """Return a model's predictions and, where it has any, probabilities, as plain data."""
    rows = rows_for(name)
    if name.startswith("table"):
        return [list(row) for row in model.predict(rows).rows()]
    found = [model.predict(rows).tolist()]
    return found + [getattr(model, more)(rows).tolist() for more in ("predict_proba",) if hasattr(model, more)]


def make(folder: Path) -> None:
    """Write every file that is not there yet, and what the models predict."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "predictions.json"
    predicted = json.loads(kept.read_text()) if kept.is_file() else {}
    for name, trained in TRAINED.items():
        if (folder / f"{name}.koubai").exists():
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # so few epochs do not converge
            model = trained()
        koubai.save(model, folder / f"{name}.koubai")
        predicted[name] = outputs(name, model)
    for name in CHECKPOINTS:
        if (folder / f"{name}.koubai").exists():
            continue
        cut_off(name, folder / f"{name}.koubai")
    lines = [f"{json.dumps(name)}: {json.dumps(found)}" for name, found in predicted.items()]
    kept.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    make(HERE / version("koubai"))
