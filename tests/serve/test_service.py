"""The service: rows in every form, errors in one sentence, bounds, the token, and what it says of itself."""

import io
import json
import logging
import socket
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("starlette", reason="pip install '.[serve]'")
from starlette.testclient import TestClient

import koubai
from koubai.cli.main import main
from koubai.core.errors import ParameterError
from koubai.serve.app import Bounds, Service
from koubai.serve.bodies import ARROW
from koubai.serve.server import is_loopback, serve, token_for

TABLE = {
    "size": [1.0, 2.0, None, 4.0] * 15,
    "colour": ["red", "blue", None] * 20,
    "sold": ["2024-01-05", "2023-06-30"] * 30,
    "new": [True, False, True] * 20,
    "kind": ["a", "b", "b"] * 20,
}
ROW = {"size": 2.0, "colour": "red", "sold": "2023-09-30", "new": False}


@pytest.fixture(scope="module")
def model() -> koubai.TableModel:
    return koubai.TableModel(hidden_layer_sizes=(5,), n_members=2, epochs=4).fit(pl.DataFrame(TABLE), "kind")


@pytest.fixture(scope="module")
def client(model: koubai.TableModel) -> TestClient:
    return TestClient(Service(model, bounds=Bounds(20_000, 100)).app())


def expected(model: koubai.TableModel, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    predicted = model.predict(pl.DataFrame(rows, infer_schema_length=None)).to_dicts()
    return [
        {"prediction": row["prediction"], "probabilities": {k[12:]: v for k, v in row.items() if k != "prediction"}}
        for row in predicted
    ]


def near(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return found["prediction"] == wanted["prediction"] and found["probabilities"] == pytest.approx(
        wanted["probabilities"], rel=1e-6
    )


@pytest.mark.parametrize(
    "change",
    [{}, {"size": None}, {"colour": None}, {"sold": None}, {"new": None}, {"size": 3}, {"size": "3.5"}, {"new": "yes"},
     {"sold": "2023-12-31 13:37"}, {"colour": " blue "}, {"colour": "", "other": 1}],
)  # fmt: skip
def test_one_row_is_answered_as_by_the_model(client: TestClient, model: koubai.TableModel, change: Any) -> None:
    row = ROW | change
    found = client.post("/predict", json=row).json()
    assert near(found, expected(model, [row])[0])


def test_what_should_be_said_of_a_row_is_said(client: TestClient) -> None:
    found = client.post("/predict", json=ROW | {"colour": "mauve"}).json()
    assert found["notes"] == ["Column 'colour' holds values that training did not see: 'mauve'."]
    for change in ({"size": 99.0}, {"sold": "1999-01-01"}):
        (note,) = client.post("/predict", json=ROW | change).json()["notes"]
        assert "1 row lies outside what training saw" in note


def test_many_rows_come_and_go_as_json_csv_and_arrow(client: TestClient, model: koubai.TableModel) -> None:
    rows = [ROW, ROW | {"size": None, "colour": "blue"}, ROW | {"new": True}]
    wanted = expected(model, rows)
    table = pl.DataFrame(rows)
    found = client.post("/predict", json=rows).json()
    assert all(map(near, found["predictions"], wanted))
    csv = client.post("/predict", content=table.write_csv(), headers={"Content-Type": "text/csv"})
    assert csv.headers["content-type"].startswith("text/csv")
    assert pl.read_csv(csv.content)["prediction"].to_list() == [row["prediction"] for row in wanted]
    for write in ("write_ipc_stream", "write_ipc"):
        body = io.BytesIO()
        getattr(table, write)(body)
        arrow = client.post("/predict", content=body.getvalue(), headers={"Content-Type": ARROW})
        answer = pl.read_ipc_stream(arrow.content)
        assert answer["probability_a"].to_list() == pytest.approx([row["probabilities"]["a"] for row in wanted])
    mixed = client.post("/predict", json=rows, headers={"Accept": "text/csv"})
    assert mixed.text == csv.text


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (b"{", "application/json", 400, "The body must be JSON; "),
        (b"\xff\xfe", "application/json", 400, "The body must be JSON; "),
        (b"[" * 5000, "application/json", 400, "The body must be JSON; "),
        (b'{"size": NaN}', "application/json", 400, "NaN is none, write null"),
        (b"3", "application/json", 422, "The body must be an object with the columns of a row, or a list"),
        (b"[]", "application/json", 422, "or a list of such objects, one at least."),
        (b"[1]", "application/json", 422, "or a list of such objects, one at least."),
        (b"{}", "application/json", 422, "The table must have the column 'size' (and 3 more)"),
        (b'{"size": 1}', "application/json", 422, "The table must have the column 'colour' (and 2 more)"),
        (json.dumps(ROW | {"size": [1]}).encode(), "application/json", 422, "'size' in row 1 must be a number, a text"),
        (json.dumps(ROW | {"size": "big"}).encode(), "application/json", 422, "'size' must hold numbers; got 'big'"),
        (json.dumps(ROW | {"size": 10**400}).encode(), "application/json", 422, "'size' must hold"),
        (json.dumps(ROW | {"sold": "soon"}).encode(), "application/json", 422, "Column 'sold' must hold dates"),
        (json.dumps([ROW] * 101).encode(), "application/json", 413, "There must be at most 100 rows; got 101."),
        (b"x" * 20_001, "application/json", 413, "The body must be at most 20,000 bytes; it is larger."),
        (b"size\n" + b"1\n" * 101, "text/csv", 413, "There must be at most 100 rows; got more."),
        (b"", "text/csv", 400, "The body must be CSV in UTF-8 with a line of column names; "),
        (b"\xff\n1", "text/csv", 400, "The body must be CSV in UTF-8"),
        (b"size\n", "text/csv", 422, "The table must have rows; it has none."),
        (b"ARROW1 junk", ARROW, 400, "The body must be an Arrow stream or file; "),
        (b"junk" * 9, ARROW, 400, "The body must be an Arrow stream or file; "),
        (b"<a/>", "text/xml", 415, "The content type must be one of application/json, text/csv, "),
    ],
)  # fmt: skip
def test_junk_is_answered_in_one_sentence(client: TestClient, body: bytes, kind: str, status: int, said: str) -> None:
    answer = client.post("/predict", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert client.post("/predict", json=ROW).status_code == 200


EVIL = (
    *(None, True, False, 0, -0.0, 1.5, 10**400, -(10**400), 2**63, 1e308, -1e308, 5e-324),
    *("", " ", "\x00", "\ud800", "é\u0301", "\u202e", "NaN", "inf", "-Infinity", "1e999", "1,234.5", "１２"),
    *("2024-13-45", "0000-00-00", "99999-01-01", "12:30", "2024-05-31T09:30:00.123456789Z", "9" * 5000),
    *("<script>", "'; DROP TABLE x; --", "%s%n", "../../etc/passwd", [], {}, [[1]], {"$ref": "#"}),
)  # fmt: skip


@pytest.mark.parametrize("column", [*ROW, "other"])
def test_whatever_a_cell_holds_is_answered_alone_and_among_others(client: TestClient, column: str) -> None:
    for cell in EVIL:
        for body in (ROW | {column: cell}, [ROW, ROW | {column: cell}, ROW | {column: "blue"}]):
            sent = json.dumps(body).encode()
            answer = client.post("/predict", content=sent, headers={"Content-Type": "application/json"})
            allowed = (400,) if cell == "\ud800" else (200, 413, 422)
            assert answer.status_code in allowed, (cell, answer.text)
            found = answer.json()
            if answer.status_code == 200:
                rows = found["predictions"] if isinstance(body, list) else [found]
                assert all(row["prediction"] in ("a", "b") and 0 <= row["probabilities"]["a"] <= 1 for row in rows)
            else:
                assert len(found["error"]) < 600
                assert "\n" not in found["error"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"\xef\xbb\xbf{}", {}, 422),  # a mark of byte order
        (json.dumps(ROW).encode("utf-16"), {}, 200),
        (b'{"size": 1, "size": 2}', {}, 422),
        (b"", {}, 400),
        (json.dumps(ROW).encode(), {"Content-Length": "-1"}, 413),
        (json.dumps(ROW).encode(), {"Content-Length": "many"}, 413),
        (json.dumps(ROW).encode(), {"Accept": "image/png"}, 200),
        (json.dumps(ROW).encode(), {"Content-Type": ";"}, 415),
        (json.dumps([[ROW]]).encode(), {}, 422),
        (b'{"a":' * 900 + b"1" + b"}" * 900, {}, 422),
    ],
)
def test_odd_bodies_and_headers_are_answered(client: TestClient, body: bytes, headers: Any, status: int) -> None:
    answer = client.post("/predict", content=body, headers={"Content-Type": "application/json"} | headers)
    assert answer.status_code == status
    assert "\n" not in answer.json().get("error", "")


@pytest.mark.parametrize("target", ["price", "kind"])
def test_one_row_has_the_interval_or_the_set_that_a_table_has(target: str) -> None:
    table = pl.DataFrame({name: cells * 2 for name, cells in TABLE.items()})
    table = table.with_columns(pl.Series("price", [float(i % 7) for i in range(table.height)]))
    given = {"hidden_layer_sizes": (4,), "epochs": 3, "intervals": 0.8, "keep": ["size"]}
    given["task"] = "regression" if target == "price" else "classification"
    fitted = koubai.TableModel(**given, drop=["kind" if target == "price" else "price"]).fit(table, target)
    service = Service(fitted)
    answer = TestClient(service.app()).post("/predict", json=ROW).json()
    (wanted,), _ = service.scorer.many([ROW])
    assert set(answer) == set(wanted)
    assert len(answer) == 3
    if target == "kind":
        assert answer["prediction_set"] == wanted["prediction_set"]
    else:
        assert answer == pytest.approx(wanted)


def test_a_body_without_a_length_is_bounded_too(client: TestClient) -> None:
    parts = (b"x" * 5000 for _ in range(10))
    assert client.post("/predict", content=parts, headers={"Content-Type": "application/json"}).status_code == 413


def test_a_row_is_explained_in_both_languages_and_three_forms(client: TestClient) -> None:
    page = client.post("/explain?lang=ja", json=ROW)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="ja"' in page.text
    assert (
        "softmax" in client.post("/explain?form=text", json=ROW).text
        or client.post("/explain?form=text", json=ROW).text
    )
    assert client.post("/explain?form=markdown", json=[ROW]).headers["content-type"].startswith("text/markdown")
    assert (
        client.post("/explain?form=pdf", json=ROW).json()["error"]
        == "form must be one of html, markdown, text; got 'pdf'."
    )
    assert "The model averages 2 networks" in client.post("/explain?form=markdown", json=ROW | {"kind": "a"}).text
    assert client.post("/explain?lang=fr", json=ROW).status_code == 422
    assert client.post("/explain", json=[ROW, ROW]).status_code == 413
    assert client.post("/explain", json={}).status_code == 422


def test_the_service_says_what_it_is_and_how_it_fares(client: TestClient) -> None:
    assert client.get("/health").json()["status"] == "ok"
    specified = client.get("/openapi.json").json()
    assert specified["openapi"] == "3.1.0"
    assert specified["components"]["schemas"]["Row"]["required"] == ["size", "colour", "sold", "new"]
    assert set(specified["paths"]) == {"/predict", "/explain", "/health", "/metrics"}
    page = client.get("/").text
    assert "<code>colour</code>" in page
    assert "<script" not in page
    counts = client.get("/metrics").text
    assert 'koubai_requests_total{path="predict",status="200"}' in counts
    assert "koubai_predict_seconds_count" in counts
    assert client.get("/predict").status_code == 405
    assert client.get("/nowhere").status_code == 404


def test_other_machines_need_the_token(model: koubai.TableModel) -> None:
    assert token_for("127.0.0.1", None) is None
    made = token_for("0.0.0.0", None)
    assert made is not None
    assert len(made) >= 32
    assert [is_loopback(host) for host in ("localhost", "::1", "127.0.0.9", "0.0.0.0", "example.org")] == [True] * 3 + [
        False
    ] * 2
    client = TestClient(Service(model, token=made).app())
    assert client.post("/predict", json=ROW).status_code == 401
    assert client.post("/predict", json=ROW, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics").status_code == 401
    assert client.get("/health").status_code == 200  # whoever runs it asks without
    assert client.post("/predict", json=ROW, headers={"Authorization": f"Bearer {made}"}).status_code == 200
    with pytest.raises(ParameterError, match="token must have at least 16 letters or digits; got 3 letters"):
        token_for("0.0.0.0", "abc")


def test_without_a_token_a_page_from_elsewhere_that_points_here_is_refused(model: koubai.TableModel) -> None:
    client = TestClient(Service(model, hosts=("127.0.0.1", "Models.example.org")).app())
    for host, status in {
        "127.0.0.1:8080": 200,
        "localhost": 200,
        "[::1]:8080": 200,
        "127.0.0.1": 200,
        "models.EXAMPLE.org": 200,
        "evil.example:8080": 421,
        "localhost.evil.example": 421,
        "[bad": 421,
        "": 421,
    }.items():
        answer = client.post("/predict", json=ROW, headers={"Host": host})
        assert answer.status_code == status, host
        assert ("error" in answer.json()) is (status == 421)
    assert client.get("/metrics", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/health", headers={"Host": "evil.example"}).status_code == 200  # which tells nothing


def test_the_command_refuses_names_where_a_token_decides(model: koubai.TableModel, tmp_path: Path, capsys) -> None:
    koubai.save(model, tmp_path / "m.koubai")
    command = ["serve", str(tmp_path / "m.koubai"), "--allow-host", "a.example"]
    for more in (["--host", "0.0.0.0"], ["--token", "x" * 20]):
        assert main([*command, *more]) == 2
        assert "--allow-host must come without a token" in capsys.readouterr().err


def test_regression_answers_with_a_number() -> None:
    table = {"x": [1.0, 2.0, 3.0, 4.0] * 10, "y": [1.5, 2.5, 3.5, 4.5] * 10}
    fitted = koubai.TableModel(hidden_layer_sizes=(4,), solver="lbfgs", task="regression", keep=["x"]).fit(table, "y")
    client = TestClient(Service(fitted).app())
    found = client.post("/predict", json={"x": 2.0}).json()
    assert found == {"prediction": pytest.approx(fitted.predict({"x": [2.0]})["prediction"][0])}
    assert "y" in client.post("/explain?form=text", json={"x": 2.0}).text


def test_mistakes_at_the_command_line(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    koubai.save(koubai.Perceptron().fit([[0.0], [1.0]] * 5, [0, 1] * 5), "p.koubai")
    crosses = np.zeros((2, 9, 9))
    crosses[:, 4] = crosses[:, :, 4] = 1
    koubai.save(koubai.Neocognitron().fit(crosses), "blind.koubai")
    for arguments, said in (
        (
            ["blind.koubai"],
            "the model must have learned what to predict; the Neocognitron has not. Fit it with labels.",
        ),
        (["p.koubai", "--port", "70000"], "--port must be from 0 to 65535; got 70000."),
        (["p.koubai", "--max-rows", "0"], "--max-rows must be at least 1; got 0."),
        (["p.koubai", "--token", "short"], "--token must have at least 16 letters or digits; got 5 letters."),
        (["none.koubai"], "none.koubai"),
    ):
        assert main(["serve", *arguments]) == 2
        assert said in capsys.readouterr().err


def test_no_answer_waits_for_the_last_one_to_be_acknowledged(model: koubai.TableModel, monkeypatch, capsys) -> None:
    found: list[socket.socket] = []
    monkeypatch.setattr("uvicorn.Server.run", lambda _, sockets: found.extend(each.dup() for each in sockets))
    serve(model, port=0)
    (listening,) = found
    with listening:
        assert listening.proto == socket.IPPROTO_TCP, "Nagle's algorithm would hold every answer back for 40 ms"
        assert f"Serving http://127.0.0.1:{listening.getsockname()[1]}/ " in capsys.readouterr().out


def test_the_logging_of_the_calling_program_stays_as_it_is(model: koubai.TableModel, monkeypatch) -> None:
    closed: list[str] = []

    class Kept(logging.Handler):
        def close(self) -> None:
            closed.append("closed")

    handler = Kept()
    logging.getLogger("of the calling program").addHandler(handler)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    serve(model, port=0)
    assert not closed


def test_an_address_that_cannot_be_listened_on_is_told(model: koubai.TableModel) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ParameterError, match=rf"serve: .*, port {port}, but it is taken\. Try --port 0"):
            serve(model, port=port)
    with pytest.raises(ParameterError, match=r"but not a valid address\. Try --host 127"):
        serve(model, host="ü" * 70, port=0)
