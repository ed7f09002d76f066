"""Every kind of model that a file may hold is served: a row or a picture in, what the model says out, junk refused."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

pytest.importorskip("starlette", reason="pip install '.[serve]'")
from PIL import Image
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from starlette.testclient import TestClient

import koubai
from koubai import Conv, Dense
from koubai.core.errors import ParameterTypeError
from koubai.models.kept.homes import HOMES
from koubai.models.of_images.image_model import ImageModel
from koubai.serve.app import Service
from koubai.serve.bodies import ARROW

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
TWO = np.where(X[:, 0] > 0, "high", "low")
NUMBERS = 2 * X[:, 0] - X[:, 1]
NAMED = pd.DataFrame(X, columns=["length", "width", "depth"])
FEW: dict[str, Any] = {"hidden_layer_sizes": (4,), "epochs": 3, "random_state": 0}
PICTURES = RNG.integers(0, 255, (40, 6, 5, 3), dtype=np.uint8)
BARS = np.zeros((12, 9, 9))
BARS[::2, 4], BARS[1::2, :, 4] = 255, 255


def _image_model(folder: Path) -> ImageModel:
    labels = np.where(PICTURES[:, 2].mean(axis=(1, 2)) > 127, "light", "dark")
    np.savez(folder / "few.npz", images=PICTURES, labels=labels)
    return ImageModel(layers="conv 3 3, relu, max_pool", epochs=2).fit(folder / "few.npz")


def _mixed() -> Any:
    """A pipeline that takes columns of texts as well."""
    table = NAMED.assign(colour=np.array(["red", "blue"])[np.arange(60) % 2])
    steps = ColumnTransformer([("n", SimpleImputer(), ["length", "width"]), ("c", OneHotEncoder(), ["colour"])])
    return make_pipeline(steps, koubai.MLPClassifier(**FEW)).fit(table, TWO)


MAKE: dict[str, Callable[[Path], Any]] = {
    "TableModel": lambda _: koubai.TableModel(**FEW, n_members=1).fit(pl.DataFrame(NAMED).with_columns(y=TWO), "y"),
    "TableClassifier": lambda _: koubai.TableClassifier(**FEW, n_members=1).fit(X, np.where(X[:, 0] > 0, "NA", "7")),
    "TableRegressor": lambda _: koubai.TableRegressor(**FEW, n_members=1).fit(NAMED, NUMBERS),
    "ImageModel": _image_model,
    "ConvClassifier": lambda _: koubai.ConvClassifier([Conv(2, 3), "relu"], epochs=2, random_state=0).fit(
        BARS, np.arange(12) % 2
    ),
    "ConvRegressor": lambda _: koubai.ConvRegressor([Conv(2, 3), Dense(2)], epochs=2, random_state=0).fit(
        BARS, np.arange(12.0)
    ),
    "MLPClassifier": lambda _: koubai.MLPClassifier(**FEW).fit(NAMED, TWO),
    "MLPRegressor": lambda _: koubai.MLPRegressor(**FEW).fit(X, np.c_[NUMBERS, -NUMBERS]),
    "Neocognitron": lambda _: koubai.Neocognitron(random_state=0).fit(BARS, np.array(["lying", "standing"] * 6)),
    "Perceptron": lambda _: koubai.Perceptron().fit(X, TWO),
    "Pipeline": lambda _: make_pipeline(SimpleImputer(), StandardScaler(), koubai.MLPClassifier(**FEW)).fit(X, TWO),
}
"""A model of each kind."""
OF_PICTURES = ("ImageModel", "ConvClassifier", "ConvRegressor", "Neocognitron")
NAMES = {"TableClassifier": ["x0", "x1", "x2"], "MLPRegressor": ["x1", "x2", "x3"], "Perceptron": ["x1", "x2", "x3"],
         "Pipeline": ["x1", "x2", "x3"]}  # fmt: skip
"""What the inputs of models without names are called."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, TestClient]]:
    """Return a model of a kind as it comes back from its file, and a client of its service."""
    made: dict[str, tuple[Any, TestClient]] = {}

    def of(kind: str) -> tuple[Any, TestClient]:
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            koubai.save(MAKE[kind](folder), folder / "model.koubai")
            model = koubai.load(folder / "model.koubai")
            made[kind] = model, TestClient(Service(model).app())
        return made[kind]

    return of


def test_every_kind_that_a_file_holds_is_here() -> None:
    assert set(MAKE) == set(HOMES)


def row_of(kind: str) -> tuple[dict[str, Any], Any]:
    """Return a row as a client sends it, and as the model takes it."""
    if kind == "ImageModel":
        return {"pixels": PICTURES[3].tolist()}, PICTURES[3:4].astype(float)
    if kind in OF_PICTURES:
        return {"pixels": BARS[0].tolist()}, BARS[:1]
    names = NAMES.get(kind, list(NAMED))
    rows = pd.DataFrame(X[3:4], columns=names)
    if kind in ("TableModel", "TableRegressor", "MLPClassifier"):
        return dict(zip(names, X[3].tolist(), strict=True)), pl.DataFrame(rows) if kind == "TableModel" else rows
    return dict(zip(names, X[3].tolist(), strict=True)), X[3:4]


def said_by(kind: str, model: Any, rows: Any) -> tuple[Any, Any]:
    """Return what the model predicts for a row, and its probabilities."""
    if kind == "TableModel":
        found = model.predict(rows)
        shares = found.select(name for name in found.columns if name.startswith("probability_")).row(0)
        return found["prediction"][0], list(shares)
    if kind == "ImageModel":
        predicted, shares = model.outputs(rows)
        return predicted[0], shares[0].tolist()
    shares = model.predict_proba(rows)[0].tolist() if hasattr(model, "predict_proba") else None
    return model.predict(rows).tolist()[0], shares


@pytest.mark.parametrize("kind", MAKE)
def test_a_row_is_answered_as_by_the_model_alone_and_among_others(kind: str, served: Any) -> None:
    model, client = served(kind)
    row, rows = row_of(kind)
    predicted, shares = said_by(kind, model, rows)
    one = client.post("/predict", json=row)
    assert one.status_code == 200, one.text
    answers = client.post("/predict", json=[row, row]).json()["predictions"]
    assert len(answers) == 2
    for answer in (one.json(), *answers):
        if isinstance(predicted, str):
            assert answer["prediction"] == predicted
        else:
            assert answer["prediction"] == pytest.approx(predicted, rel=1e-6)
        if shares is None:
            assert "probabilities" not in answer
        else:
            classes = getattr(model, "classes_", getattr(getattr(model, "estimator_", None), "classes_", None))
            assert list(answer["probabilities"]) == [str(label) for label in classes.tolist()]
            assert list(answer["probabilities"].values()) == pytest.approx(shares, rel=1e-6)


@pytest.mark.parametrize("kind", MAKE)
def test_it_says_what_it_takes_and_takes_what_it_says(kind: str, served: Any) -> None:
    _, client = served(kind)
    specified = client.get("/openapi.json").json()
    row, _ = row_of(kind)
    described = specified["components"]["schemas"]["Row"]
    assert set(row) <= set(described["properties"])
    taken = specified["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert ("image/*" in taken) == (kind in OF_PICTURES)
    assert ("text/csv" in taken) == (kind not in OF_PICTURES)
    page = client.get("/").text
    assert all(f"<code>{name}</code>" in page for name in described["properties"])
    assert client.get("/health").json()["model"]
    if kind not in OF_PICTURES:
        assert client.post("/predict", json=described["example"]).status_code == 200


@pytest.mark.parametrize("kind", MAKE)
def test_an_answer_is_derived_or_it_is_said_that_it_cannot_be(kind: str, served: Any) -> None:
    _, client = served(kind)
    row, _ = row_of(kind)
    answer = client.post("/explain?form=text&lang=ja", json=row)
    listed = "/explain" in client.get("/openapi.json").json()["paths"]
    if kind == "Neocognitron":
        assert answer.status_code == 422
        assert "whose answers have a derivation; the model is a Neocognitron. Ask /predict." in answer.json()["error"]
        assert not listed
    else:
        assert answer.status_code == 200, answer.text
        assert len(answer.text) > 200
        assert listed


@pytest.mark.parametrize("kind", [kind for kind in MAKE if kind not in OF_PICTURES])
def test_tables_come_and_go(kind: str, served: Any) -> None:
    _, client = served(kind)
    row, _ = row_of(kind)
    answer = client.post("/predict", json=row).json()["prediction"]
    csv = client.post("/predict", content=pl.DataFrame([row]).write_csv(), headers={"Content-Type": "text/csv"})
    assert csv.status_code == 200, csv.text
    first = pl.read_csv(csv.content, infer_schema=False).row(0)
    if isinstance(answer, str):
        assert first[0] == answer
    else:
        numbers = answer if isinstance(answer, list) else [answer]
        assert list(map(float, first[: len(numbers)])) == pytest.approx(numbers)
    arrow = io.BytesIO()
    pl.DataFrame([row]).write_ipc_stream(arrow)
    found = client.post("/predict", content=arrow.getvalue(), headers={"Content-Type": ARROW})
    assert pl.read_ipc_stream(found.content).height == 1


JUNK = (
    *(None, True, "", " ", "x", "\x00", "9" * 5000, "1e999", "NaN", -1, 10**400, 1e308, 1e300, 1e39, 2**63),
    *([], {}, [[1]], [["a"]], [None], {"a": 1}, "data:image/png;base64,AAAA", "AAAA", "é", "<script>"),
)


@pytest.mark.parametrize("kind", MAKE)
def test_junk_is_one_sentence(kind: str, served: Any) -> None:
    _, client = served(kind)
    row, _ = row_of(kind)
    first = next(iter(row))
    bodies = [*({**row, first: cell} for cell in JUNK), {}, {"other": 1}, [row, {}]]
    bodies += [{"image": cell} for cell in JUNK] if kind in OF_PICTURES else []
    large = [np.full(np.shape(row.get("pixels")), number).tolist() for number in (1e39, 1e100, 1e300)]
    bodies += [{"pixels": pixels} for pixels in large] if kind in OF_PICTURES else []
    bodies += [{"image": "AAAA", **row}] if kind in OF_PICTURES else []
    for body in bodies:
        for path in ("/predict", "/explain"):
            answer = client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
            assert answer.status_code in (200, 413, 422), (body, answer.text)
            if answer.status_code != 200:
                assert "\n" not in answer.json()["error"]
                assert len(answer.json()["error"]) < 700
            elif path == "/predict":
                json.dumps(answer.json(), allow_nan=False)
    for content, given in ((b"\x89PNG\r\n\x1a\n junk", "image/png"), (b"x,y\n1,2", "text/csv"), (b"", "image/jpeg")):
        answer = client.post("/predict", content=content, headers={"Content-Type": given})
        assert answer.status_code in (415, 422), answer.text
        assert "\n" not in answer.json()["error"]


def png_of(pixels: Any) -> bytes:
    found = io.BytesIO()
    Image.fromarray(pixels).save(found, "png")
    return found.getvalue()


def test_pictures_come_as_files_and_in_base64(served: Any) -> None:
    model, client = served("ImageModel")
    _, shares = model.outputs(PICTURES[:2].astype(float))
    sent = [png_of(each) for each in PICTURES[:2]]
    alone = client.post("/predict", content=sent[0], headers={"Content-Type": "image/png"}).json()
    coded = [base64.b64encode(each).decode() for each in sent]
    rows = [{"image": coded[0]}, {"image": f"data:image/png;base64,{coded[1]}"}]
    both = client.post("/predict", json=rows).json()["predictions"]
    assert list(alone["probabilities"].values()) == pytest.approx(shares[0], rel=1e-6)
    assert [list(each["probabilities"].values()) for each in both] == [pytest.approx(row, rel=1e-6) for row in shares]
    small = client.post("/predict", content=png_of(PICTURES[0, :3]), headers={"Content-Type": "image/png"})
    assert small.status_code == 422
    assert small.json()["error"] == (
        "The picture 'the request' must have 5 × 6 pixels, as those learned from; it has 5 × 3. Send it as the model's "
        "images are."
    )
    grey = TestClient(Service(served("ConvClassifier")[0]).app())
    coloured = np.repeat(BARS[0].astype(np.uint8)[..., np.newaxis], 3, axis=2)
    coloured[0, 0, 0] = 200
    refused = grey.post("/predict", content=png_of(coloured), headers={"Content-Type": "image/png"})
    assert "must be grey, as those the model learned from" in refused.json()["error"]


def test_a_picture_in_other_units_than_an_estimator_learned_from_is_answered_with_a_note() -> None:
    shares = koubai.ConvClassifier([Conv(2, 3), "relu"], epochs=2, random_state=0).fit(BARS / 255, np.arange(12) % 2)
    client = TestClient(Service(shares).app())
    said = client.post("/predict", content=png_of(BARS[0].astype(np.uint8)), headers={"Content-Type": "image/png"})
    assert "give them in the same units" in said.json()["notes"][0]
    assert "notes" not in client.post("/predict", json={"pixels": (BARS[0] / 255).tolist()}).json()


def test_what_a_pixel_list_must_be_is_said(served: Any) -> None:
    _, client = served("ConvClassifier")
    for pixels, said in (
        ([[1, 2], [3, 4]], "must be 9 × 9 numbers in lists (height, width); got 2 × 2."),
        ([[1], [3, 4]], "got something else. Send them as the training images were."),
        ([[None] * 9] * 9, "got some that are none."),
    ):
        assert said in client.post("/predict", json={"pixels": pixels}).json()["error"]
    flat = client.post("/predict", json={"pixels": BARS[0].ravel().tolist()})
    assert flat.status_code == 200


def test_a_pipeline_that_reads_texts_is_given_them() -> None:
    model = _mixed()
    client = TestClient(Service(model).app())
    row = {"length": 0.5, "width": None, "depth": 1, "colour": "red"}
    frame = pd.DataFrame([row | {"width": np.nan}])
    answer = client.post("/predict", json=row).json()
    assert answer["prediction"] == model.predict(frame)[0]
    assert list(answer["probabilities"].values()) == pytest.approx(model.predict_proba(frame)[0])
    unknown = client.post("/predict", json=row | {"colour": "mauve"})
    assert unknown.status_code == 422
    assert "The pipeline must be able to take the rows; Found unknown categories" in unknown.json()["error"]
    assert client.post("/explain?form=text", json=row).status_code == 200


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ParameterTypeError, match=r"serve: model must be one of TableModel, .*; got StandardScaler"):
        Service(StandardScaler())
