"""Columns by their names, cells of the types that steps learned, and bounds: one answer, or one sentence."""

import base64
import datetime
import io
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
from sklearn.preprocessing import OneHotEncoder
from starlette.testclient import TestClient
from tests.export import test_cells as odd_cells

import koubai
from koubai import Conv
from koubai.serve.app import Service
from koubai.serve.bodies import ARROW
from koubai.serve.pictures import PictureScorer
from koubai.serve.scoring import Scorer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
FEW: dict[str, Any] = {"hidden_layer_sizes": (4,), "epochs": 2, "random_state": 0}
CSV = {"Content-Type": "text/csv"}
BARS = np.zeros((8, 9, 9))
BARS[::2, 4], BARS[1::2, :, 4] = 255, 255


def client_of(model: Any) -> TestClient:
    return TestClient(Service(model).app())


@pytest.fixture(scope="module")
def of_arrays() -> TestClient:
    return client_of(koubai.MLPRegressor(**FEW).fit(X, X @ [1, 2, 3]))


def arrow(table: pl.DataFrame) -> dict[str, Any]:
    body = io.BytesIO()
    table.write_ipc_stream(body)
    return {"content": body.getvalue(), "headers": {"Content-Type": ARROW}}


def test_columns_are_taken_by_the_names_that_json_has(of_arrays: TestClient) -> None:
    row = {"x1": 0.5, "x2": -1.0, "x3": 2.0}
    wanted = of_arrays.post("/predict", json=row).json()["prediction"]
    for order in (["x3", "x2", "x1"], ["id", "x2", "x1", "x3"]):
        table = pl.DataFrame([row | {"id": 7}]).select(order)
        as_json = {"Accept": "application/json"}
        csv = of_arrays.post("/predict", content=table.write_csv(), headers=CSV | as_json).json()
        sent = arrow(table)
        other = of_arrays.post("/predict", content=sent["content"], headers=sent["headers"] | as_json).json()
        assert csv["predictions"] == other["predictions"] == [{"prediction": pytest.approx(wanted)}]
    unnamed = of_arrays.post("/predict", content="a,b,c\n0.5,-1,2\n", headers=CSV)
    assert float(unnamed.text.split()[1]) == pytest.approx(wanted)


def test_some_of_the_names_are_not_enough(of_arrays: TestClient) -> None:
    answer = of_arrays.post("/predict", content="x3,x2,y\n1,2,3\n", headers=CSV)
    assert answer.status_code == 422
    assert answer.json()["error"] == (
        "The table must have a column 'x1', one of the model's inputs; got 'x3', 'x2', 'y'. Add it, or rename one."
    )


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pl.Series([[1.0]]), "got List(Float64). Convert it."),
        (pl.Series([{"a": 1}]), "got Struct("),
        (pl.Series([b"1"]), "got Binary. Convert it."),
        (pl.Series([datetime.date(2024, 1, 1)]), "got Date. Convert it."),
    ],
)
def test_arrow_columns_of_other_types_are_refused(of_arrays: TestClient, column: pl.Series, said: str) -> None:
    for client in (of_arrays, _coded()):
        table = pl.DataFrame({"x1": column, "x2": [1.0], "x3": [2.0]})
        answer = client.post("/predict", **arrow(table))
        assert answer.status_code == 422
        assert answer.json()["error"].startswith("Column 'x1' must hold numbers, texts or truth values; got")
        assert said in answer.json()["error"]


def test_arrow_categories_are_texts(of_arrays: TestClient) -> None:
    for dtype in (pl.Categorical, pl.Enum(["1.5", "2"])):
        table = pl.DataFrame({"x1": pl.Series(["1.5"], dtype=dtype), "x2": [1.0], "x3": [2.0]})
        assert of_arrays.post("/predict", **arrow(table)).status_code == 200


def _coded() -> TestClient:
    """A pipeline that learned 1, 2 and 3 as texts in one column, and as numbers in another."""
    texts, numbers = np.array(["1", "2", "3"])[np.arange(40) % 3], np.array([1, 2, 3, 4])[np.arange(40) % 4]
    table = pd.DataFrame({"x1": texts, "x2": numbers, "x3": X[:, 2]})
    encoder = OneHotEncoder(handle_unknown="ignore")
    filled = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    steps = ColumnTransformer([("t", filled, ["x1"]), ("n", encoder, [1])], remainder="passthrough")
    return client_of(make_pipeline(steps, koubai.MLPRegressor(**FEW)).fit(table, numbers + 10.0 * texts.astype(int)))


def test_a_cell_is_read_as_the_steps_learned_it_whatever_stands_beside_it() -> None:
    client = _coded()
    row = {"x1": "2", "x2": 3, "x3": 0.5}
    wanted = client.post("/predict", json=row).json()
    assert client.post("/predict", json=row | {"x2": "3"}).json() == wanted
    assert client.post("/predict", json=row | {"x1": "1"}).json() != wanted
    others = client.post("/predict", json=[row, row | {"x1": "mauve"}, row | {"x1": "1"}]).json()["predictions"]
    assert others[0]["prediction"] == pytest.approx(wanted["prediction"])
    assert others[2]["prediction"] != pytest.approx(others[1]["prediction"])
    csv = client.post("/predict", content="x1,x2,x3\n2,3,0.5\n1,1,1\n", headers=CSV)
    assert float(csv.text.split()[1]) == pytest.approx(wanted["prediction"])
    for change, said in (
        ({"x1": 2}, "Column 'x1' must hold texts, since the pipeline learned texts; got numbers. Write them as"),
        (
            {"x2": "c"},
            "Column 'x2' must hold numbers, since the pipeline learned numbers; got 'c' in row 1. Correct it.",
        ),
    ):
        answer = client.post("/predict", json=row | change)
        assert answer.status_code == 422
        assert said in answer.json()["error"]


def test_what_a_step_says_against_a_row_is_one_sentence_in_derivations_too() -> None:
    colours = pd.DataFrame({"colour": np.array(["red", "blue"])[np.arange(40) % 2], "size": X[:, 0]})
    steps = ColumnTransformer([("c", OneHotEncoder(), ["colour"])])
    client = client_of(make_pipeline(steps, koubai.MLPRegressor(**FEW)).fit(colours, X[:, 1]))
    assert client.post("/explain", json={"colour": "red", "size": 1}).status_code == 200
    answer = client.post("/explain", json={"colour": "mauve", "size": 1})
    assert answer.status_code == 422
    assert "must be able to take the rows; Found unknown categories" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/predict", "/explain?form=text"])
def test_numbers_too_large_for_single_precision_are_one_sentence(path: str) -> None:
    single = client_of(koubai.MLPRegressor(**FEW).fit(X.astype(np.float32), X[:, 0].astype(np.float32)))
    images = client_of(
        koubai.ConvClassifier([Conv(2, 3), "relu"], epochs=1, random_state=0).fit(BARS, np.arange(8) % 2)
    )
    for large in (1e39, 1e100, 3e38):
        row = {"x1": large, "x2": 1.0, "x3": 1.0}
        for client, sent in ((single, row), (images, {"pixels": np.full((9, 9), large).tolist()})):
            answer = client.post(path, json=sent)
            assert answer.status_code in (200, 422), answer.text
            if answer.status_code == 422:
                assert "\n" not in answer.json()["error"]
        if large > 3.4e38:
            assert "too large for dtype('float32')" in answer.json()["error"]


def test_pictures_are_bounded_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    model = koubai.ConvClassifier([Conv(2, 3), "relu"], epochs=1, random_state=0).fit(BARS, np.arange(8) % 2)
    client = client_of(model)
    picture = io.BytesIO()
    Image.new("L", (6000, 6000)).save(picture, "png")
    monkeypatch.setattr(PictureScorer, "_read", lambda *_: pytest.fail("a picture was decoded"))
    answer = client.post("/predict", json=[{"image": base64.b64encode(picture.getvalue()).decode()}] * 2)
    assert answer.status_code == 413
    assert "The pictures of a request must have at most 64,000,000 pixels together" in answer.json()["error"]
    monkeypatch.setattr("koubai.serve.pictures.MOST_PIXELS", 10 * 81)
    answer = client.post("/predict", json=[{"pixels": BARS[0].tolist()}] * 11)
    assert answer.status_code == 413
    assert answer.json()["error"] == "There must be at most 10 images; got 11. Send fewer at a time."


def test_a_picture_is_answered_in_the_type_that_is_accepted() -> None:
    client = client_of(
        koubai.ConvClassifier([Conv(2, 3), "relu"], epochs=1, random_state=0).fit(BARS, np.array(["h", "v"] * 4))
    )
    picture = io.BytesIO()
    Image.fromarray(BARS[0].astype(np.uint8)).save(picture, "png")
    sent = {"content": picture.getvalue(), "headers": {"Content-Type": "image/png", "Accept": "text/csv"}}
    answer = client.post("/predict", **sent)
    assert answer.headers["content-type"].startswith("text/csv")
    found = pl.read_csv(answer.content)
    assert found.columns == ["prediction", "probability_h", "probability_v"]
    assert found["prediction"][0] == client.post("/predict", json={"pixels": BARS[0].tolist()}).json()["prediction"]


def test_the_call_on_the_page_is_one_that_a_shell_takes() -> None:
    named = pd.DataFrame(X, columns=["it's", "b", "c"])
    client = client_of(koubai.MLPRegressor(**FEW).fit(named, X[:, 0]))
    assert r"it&#x27;\&#x27;&#x27;s" in client.get("/").text


def test_words_are_not_counted_where_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["an old book about rivers and ", "a new lamp for the kitchen, with "]
    texts = [words[k % 2] + f"{k * 7 % 40} parts, number {k}" for k in range(40)]
    table = pl.DataFrame({"words": texts, "kind": ["a", "b"] * 20})
    service = Service(koubai.TableModel(**FEW, n_members=1, text=["words"]).fit(table, "kind"))
    done: list[Any] = []
    in_turn = service._in_turn

    async def watched(work: Any, *given: Any) -> Any:
        done.append(work.__name__)
        return await in_turn(work, *given)

    monkeypatch.setattr(service, "_in_turn", watched)
    assert TestClient(service.app()).post("/predict", json={"words": texts[0]}).status_code == 200
    assert done == ["one"]


def test_a_row_is_read_as_a_table_is_read_whatever_stands_around_a_cell() -> None:
    scorer = Scorer(odd_cells.model())
    rows = [row | {"number": float(row["number"]) if row["number"] else None} for row in odd_cells.asked()]
    odd_cells.compare([list(scorer.one(row)["probabilities"].values()) for row in rows])
