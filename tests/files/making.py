"""Small models and checkpoints of every kind, and the command that keeps the files of a version.

``python -m tests.files.making`` writes them into a folder named after koubai's version, with what they predict. The
folders of earlier versions stay as they are: `test_kept_files` loads them all.
"""

import json
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import koubai
from koubai import AvgPool, Conv, Dense, Dropout, Flatten, MaxPool
from koubai.models.honest.cross import cross_validate
from koubai.models.honest.curve import learning_curve
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
ONE: dict[str, Any] = {"hidden_layer_sizes": (4,), "epochs": 4, "n_jobs": 1, "n_members": 1, "cross_validation": False}
IMAGES = rng.integers(0, 60, size=(40, 8, 8)).astype(np.uint8)
IMAGES[::2, 3] = 220
IMAGES[1::2, :, 4] = 220
BARS = np.array(["lying", "standing"] * 20)
OF_IMAGES: dict[str, Any] = {"epochs": 2, "random_state": 0, "n_jobs": 1, "batch_size": 10}
STAGES: dict[str, Any] = {"planes": (3, 4), "n_shown": 20, "random_state": 0}

REVIEWED = {
    "size": TABLE["size"],
    "review": [f"a {w} thing, {['fast', 'slow', 'loud', 'dear'][i % 4]} and {w}" for i, w in enumerate(TABLE["class"])],
    "class": TABLE["class"],
}
"""A table with a column of texts."""

FIRST: dict[str, Callable[[], Any]] = {
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
    "classifier-scaled": lambda: scaled(koubai.MLPClassifier(**MLP, engine="reference").fit(X, THREE)),
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
"""What makes each model of the kinds that were there at first."""

LATER: dict[str, Callable[[], Any]] = {
    "classifier-layers": lambda: koubai.MLPClassifier(
        **MLP,
        embedding={"embedded": (0, 2), "n_frequencies": 3, "n_numbers": 2},
        scaling=True,
        parametrization="ntk",
        learned_activation=True,
        activation="mish",
        label_smoothing=0.1,
        rate_factors={"scales": 2.0},
        decay_schedule="cosine",
        dropout_schedule="flat_cosine",
        dropout=0.1,
        optimizer={"name": "adamw", "weight_decay": 0.1},
    ).fit(X, THREE),
    "regressor-quantile": lambda: koubai.MLPRegressor(**MLP, loss="quantile", clip_predictions=True, init="data").fit(
        X, NUMBERS
    ),
    "regressor-bounded": lambda: koubai.MLPRegressor(
        **MLP, output_activation="sigmoid", validation_metric="r2", early_stopping=True
    ).fit(X, 1 / (1 + np.exp(-NUMBERS))),
    "conv-classifier": lambda: koubai.ConvClassifier(
        [Conv(3, (3, 2), 2, "same"), "relu", MaxPool(2), Dropout(0.2), Dense(4), "tanh"],
        **OF_IMAGES,
        shifts=1,
        flips=True,
    ).fit(IMAGES, BARS),
    "conv-regressor": lambda: koubai.ConvRegressor([AvgPool(2), Conv(2, 3), "gelu", Flatten()], **OF_IMAGES).fit(
        IMAGES, IMAGES.mean(axis=(1, 2))
    ),
    "images-classes": lambda: of_images(BARS, layers="conv 3 3, relu, max_pool"),
    "images-numbers": lambda: of_images(IMAGES.mean(axis=(1, 2)), layers="conv 2 3, relu, avg_pool, dense 4, tanh"),
    "neocognitron": lambda: koubai.Neocognitron(**STAGES).fit(IMAGES, BARS),
    "neocognitron-winner": lambda: koubai.Neocognitron(readout="winner", **STAGES).fit(IMAGES, BARS),
    "neocognitron-unlabelled": lambda: koubai.Neocognitron(**STAGES, fields=(3, 5)).fit(IMAGES),
    "table-averaged": lambda: table_model("class", n_members=3),
    "table-averaged-numbers": lambda: table_model("price", n_members=2, dtype="float32", cross_validation=False),
    "table-pieces": lambda: table_model("price", n_members=1, piecewise=True, drop=["class"]),
    "table-decided": lambda: table_model("class", n_members=1, metric="balanced_accuracy", intervals=0.8),
    "table-intervals": lambda: table_model("price", n_members=1, metric="mae", intervals=0.8),
    "table-honest": lambda: judged(),
    "table-texts": lambda: TableModel(**ONE, text=["review"]).fit(pl.DataFrame(REVIEWED), "class"),
    "table-estimator-classes": lambda: koubai.TableClassifier(**ONE, drop=["price"]).fit(pl.DataFrame(TABLE), "class"),
    "table-estimator-truths": lambda: koubai.TableClassifier(**ONE).fit(pl.DataFrame(TABLE)[["size", "cost"]], TWO),
    "table-estimator-numbers": lambda: koubai.TableRegressor(**{**ONE, "n_members": 2}).fit(
        pl.DataFrame(TABLE).to_pandas(), "price"
    ),
    "pipeline": lambda: make_pipeline(SimpleImputer(), StandardScaler(), koubai.MLPClassifier(**MLP)).fit(X, THREE),
    "pipeline-categories": lambda: make_pipeline(
        OneHotEncoder(handle_unknown="ignore", sparse_output=False), koubai.MLPRegressor(**MLP)
    ).fit(X.round().astype(int), NUMBERS),
}
"""Those that came later."""

TRAINED = FIRST | LATER


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
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/table.parquet"
        pl.DataFrame(TABLE).write_parquet(path)
        return TableModel(hidden_layer_sizes=(4,), epochs=4, n_jobs=1).fit(
            open_blocks(path), "class", test_fraction=0.25
        )


def judged() -> TableModel:
    """Return a model of the small table with the scores of a cross-validation and a learning curve."""
    frame = pl.DataFrame({name: [*cells, *cells] for name, cells in TABLE.items()})
    model = TableModel(**ONE)
    prepared = model.prepare(frame, "class", test_fraction=0.25, group="new")
    model.train(prepared)
    model.cross_validated_ = cross_validate(model, prepared, 2)
    model.learning_curve_ = learning_curve(model, prepared)
    return model


def of_images(labels: Any, **given: Any) -> koubai.ImageModel:
    """Return a model of the images in a file."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/images.npz", images=IMAGES, labels=labels)
        return koubai.ImageModel(**given, epochs=2, n_jobs=1).fit(f"{folder}/images.npz", test_fraction=0.25)


WRITTEN = {
    "size": [None if x is None else f"{1000 * x:,.2f}".translate(str.maketrans(",.", ".,")) for x in TABLE["size"]],
    "sold": [f"{day[8:]}.{day[5:7]}.{day[2:4]}" for day in TABLE["sold"]],
    "colour": TABLE["colour"],
    "price": [str(price).replace(".", ",") for price in TABLE["price"]],
}
"""The small table as it stands in a file of a country with decimal commas."""


def from_text() -> TableModel:
    """Return a model of a file with semicolons, decimal commas, points between thousands, and days first."""
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


CHECKPOINTS: dict[str, tuple[Any, Any, Any]] = {
    "checkpoint": (koubai.MLPClassifier(**{**MLP, "epochs": 9}), X, THREE),
    "checkpoint-best": (koubai.MLPClassifier(**{**MLP, "epochs": 9}, early_stopping=True), X, THREE),
    "checkpoint-plain": (koubai.MLPRegressor(**{**MLP, "epochs": 9}, optimizer="sgd", dropout=0.2), X, NUMBERS),
    "checkpoint-layers": (
        koubai.MLPRegressor(
            **{**MLP, "epochs": 9}, scaling=True, parametrization="ntk", rate_factors={"biases": 0.5}, optimizer="adamw"
        ),
        X,
        NUMBERS,
    ),
    "checkpoint-images": (
        koubai.ConvClassifier([Conv(2, 3), "relu", MaxPool(2)], **{**OF_IMAGES, "epochs": 9}, shifts=1),
        IMAGES,
        BARS,
    ),
}
"""Trainings that are cut off, their rows and targets."""


def cut_off(name: str, path: Path) -> Any:
    """Write the checkpoint of a training that is cut off after three epochs; return the estimator, ready to go on."""
    estimator, rows, y = CHECKPOINTS[name]
    estimator = clone(estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "interrupted by user"
        estimator.set_params(checkpoint=path, callbacks=stop(3)).fit(rows, y)
    return estimator.set_params(callbacks=None)


def table_for(name: str) -> dict[str, list[Any]]:
    """Return the table that a table's model was made of."""
    return {"table-formats": WRITTEN, "table-texts": REVIEWED}.get(name, TABLE)


def rows_for(name: str) -> Any:
    """Return the rows that a model was trained on; of a model of images in files, the images."""
    if name.startswith("table"):
        frame = pl.DataFrame(table_for(name))
        return frame[["size", "cost"]] if name == "table-estimator-truths" else frame
    if name.startswith(("conv", "images", "neocognitron")):
        return IMAGES
    if name == "pipeline-categories":
        return X.round().astype(int)
    return X.astype(np.float32) if name == "regressor" else X


def outputs(name: str, model: Any) -> list[Any]:
    """Return predictions for five rows and, where there are any, probabilities and further answers, as plain data."""
    rows = rows_for(name)[:5]
    if isinstance(model, TableModel):
        return [list(row) for row in model.predict(rows).rows()]
    if isinstance(model, koubai.ImageModel):
        with tempfile.TemporaryDirectory() as folder:
            np.savez(f"{folder}/images.npz", images=rows)
            return [list(row) for row in model.predict(f"{folder}/images.npz").rows()]
    asked = [way for way in ("predict", "predict_proba") if hasattr(model, way)]
    if isinstance(model, koubai.Neocognitron):
        asked = [*(asked if hasattr(model, "readout_") else ()), "transform"]
    return [getattr(model, way)(rows).tolist() for way in asked]


def make(folder: Path) -> None:
    """Write every file that is not there yet, and what the models predict."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "predictions.json"
    predicted = json.loads(kept.read_text()) if kept.is_file() else {}
    for name, trained in TRAINED.items():
        if name in predicted:
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
