"""Tables that people bring: taken in bounded, and refused with one sentence when they are none."""

import asyncio
import gzip
import io
import os
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.requests import Request
from starlette.testclient import TestClient
from tests.loops import in_a_loop

from koubai.core.errors import DataError
from koubai.play.serving import measuring, uploads
from koubai.play.serving.app import make_app
from koubai.play.serving.uploads import MOST_BYTES, Tables

PAGE = "http://127.0.0.1:8800"
GOOD = b"height,weight,kind\n" + b"".join(b"%d,%d,%c\n" % (i, i * i % 7, 97 + i % 2) for i in range(30))


@pytest.fixture(scope="module")
def tables():
    return Tables()


@pytest.fixture(scope="module")
def client(tables):
    with TestClient(make_app(tables=tables), base_url=PAGE, headers={"origin": PAGE}) as found:
        yield found


def sent(client, content, name="table.csv"):
    return client.post("/table", content=content, headers={"x-filename": name})


def refused(client, tables, content, name="table.csv"):
    """The sentence with which a table is refused; nothing of it is left behind."""
    before = dict(tables.paths), set(tables.place("").parent.iterdir())
    answer = sent(client, content, name)
    assert 400 <= answer.status_code < 500, answer.text
    sentence = answer.json()["text"]
    assert "\n" not in sentence
    assert str(tables.folder.name) not in sentence
    assert (dict(tables.paths), set(tables.place("").parent.iterdir())) == before
    return sentence


def parquet(table, **options):
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


@pytest.mark.slow
def test_good_tables_of_every_ending_are_taken(client, tables):
    for name, content in (
        ("t.csv", GOOD),
        ("T.TXT", GOOD),
        ("t.tsv", GOOD.replace(b",", b"\t")),
        ("returns_alone.csv", b"a,b\r" + b"1,2\r2,1\r" * 600),
        ("%E8%A1%A8.csv", "身長,y\n1,2\n2,3\n".encode()),
        ("t.parquet", parquet(pa.table({"a": [1, 2, 3], "y": ["u", "v", "u"]}))),
    ):
        answer = sent(client, content, name).json()
        assert len(answer["columns"]) >= 2, answer
        assert answer["rows"] >= 2
        assert tables.paths[answer["id"]].exists()


def packed(how):
    zeros = b"a,b\n" + b"0,0\n" * 2_000_000
    if how == "gzip":
        return gzip.compress(zeros)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", zeros)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (GOOD, "table.xlsx", "must be one of .csv, .tsv, .txt, .parquet; got .xlsx"),
        (GOOD, "table.csv.gz", "got .gz"),
        (GOOD, "", "got no extension"),
        (GOOD, "x." + "y" * 5000, "must be one of"),
        (b"", "t.csv", "empty"),
        (b"a,b\n", "t.csv", "at least one row"),
        (b"a,b\n1,2\n3\n", "t.csv", "2 cells in each line"),
        (bytes(range(256)) * 400, "t.csv", "must be text"),
        (b"\0" * 100_000, "t.csv", "must be text"),
        (packed("gzip"), "t.csv", "got a compressed file"),
        (packed("zip"), "t.csv", "got a compressed file"),
        (b"," * 1_000_000 + b"\n", "t.csv", "at most 1000 columns"),
        (b"\n" + b",".join(b"c%d" % k for k in range(1200)) + b"\n", "t.csv", "at most 1000 columns"),
        (b"\xef\xbb\xbf\r\n \n" + b";" * 2000 + b"\n1\n", "t.csv", "at most 1000 columns"),
        (b"a," + b"x" * 300 + b"\n1,2\n", "t.csv", "at most 200 characters in a column's name; got 300"),
        (b"a,b\n1," + b"x" * 20_000 + b"\n", "t.csv", "at most 10000 bytes in a cell; got 20000"),
        (b"a,b\n" + b"1,2\n" * 20_001, "t.csv", "at most 20000 rows"),
        (b"not a parquet file", "t.parquet", "complete Parquet file"),
        (parquet(pa.table({"a": np.zeros(1000)}))[:-50], "t.parquet", "complete Parquet file"),
        (parquet(pa.table({"a": np.zeros(20_001)})), "t.parquet", "at most 20000 rows; got 20001"),
        (parquet(pa.table({f"c{k}": [0] for k in range(1001)})), "t.parquet", "at most 1000 columns; got 1001"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_no_table_gets_one_sentence(client, tables, content, name, words):
    assert words in refused(client, tables, content, name)


def test_a_small_parquet_file_that_would_fill_the_memory_is_refused(client, tables):
    shared = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000), pa.array(["x" * 100_000]))
    bomb = parquet(pa.table({"a": shared, "y": [0, 1] * 10_000}), compression="zstd", store_schema=False)
    assert len(bomb) < 10_000  # two gigabytes of text
    assert "at most 256 MiB in memory" in refused(client, tables, bomb, "t.parquet")


def test_a_parquet_file_that_unpacks_without_end_dies_alone(tmp_path, monkeypatch):
    bomb = pa.table({"a": ["\0" * 120_000_000], "y": [1]})
    path = tmp_path / "t.parquet"
    path.write_bytes(parquet(bomb, compression="zstd", use_dictionary=False, write_statistics=False))
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(measuring, "MOST_CONTENT", 2**26)
    with pytest.raises(DataError, match=r"at most 64 MiB in memory|a whole Parquet file"):  # old polars: as damaged
        measuring.measured(path, 20_000, 1000)


def test_a_table_that_is_too_large_is_refused_as_soon_as_that_is_known(client, tables):
    sentence = f"at most {MOST_BYTES // 2**20} MiB"
    answer = client.post("/table", content=b"x", headers={"x-filename": "t.csv", "content-length": str(2**30)})
    assert answer.status_code == 413
    assert sentence in answer.json()["text"]

    def unannounced():
        for _ in range(MOST_BYTES // 2**20 + 2):
            yield b"1,2\n" * 2**18

    assert sentence in refused(client, tables, unannounced())


def test_the_oldest_uploads_give_way_and_the_table_of_the_command_line_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_TABLES", 3)
    own, tables = tmp_path / "own.csv", Tables()
    own.write_bytes(GOOD)
    first, kept = tables.add(own), []
    for _ in range(6):
        path = tables.place(".csv")
        path.write_bytes(GOOD)
        kept.append(tables.keep(path))
    assert set(tables.paths) == {first, *kept[-3:]}
    assert own.exists()
    assert len(list(path.parent.iterdir())) == 3
    tables.close()
    assert not path.parent.exists()
    assert own.exists()


def test_a_name_from_outside_never_becomes_a_path(client, tables):
    for name in ("../../etc/passwd.csv", "%2e%2e%2f%2e%2e%2fx.csv", "a\\..\\b.csv", "/tmp/x.csv"):
        answer = sent(client, GOOD, name).json()
        assert tables.paths[answer["id"]].parent == tables.place("").parent


def hostile(kind):
    """A table of about three megabytes that is made to be slow to look at."""
    names = b",".join(b"c%d" % k for k in range(400_000))
    return {
        "columns behind an empty line": b"\n" + names + b"\n1\n",
        "columns in the second line": b"a title\n" + names + b"\n",
        "a header of two lines": b'"a\nb",' + names + b"\n1\n",
        "one name, again and again": b'"\n",' + b"a," * 1_500_000 + b"\n1\n",
        "quotation marks alone": b'a,b\n"' + b'""' * 1_500_000,
        "one cell": b"a,b\n1," + b"x" * 3_000_000 + b"\n",
        "one name": b"a" * 3_000_000 + b",b\n1,2\n",
        "empty lines": b"\n" * 3_000_000,
        "rows of all lengths": b"a,b\n" + b"".join(b"1" + b"," * (k % 900) + b"\n" for k in range(6_000)),
        "carriage returns": b"a,b\r" * 700_000,
    }[kind]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [
    "columns behind an empty line", "columns in the second line", "a header of two lines", "one name, again and again",
    "quotation marks alone", "one cell", "one name", "empty lines", "rows of all lengths", "carriage returns",
])  # fmt: skip
def test_a_table_that_is_made_to_be_slow_is_refused_in_bounded_time(client, tables, kind):
    begin = cpu()
    assert refused(client, tables, hostile(kind))
    assert cpu() - begin < measuring.MOST_SECONDS + 5


def cpu():
    """Seconds of processor time of this process and those that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def test_the_server_answers_while_tables_are_looked_at(client, monkeypatch):
    """What is slow stays in threads of its own: no page and no question of others waits for it."""
    at_work, go_on = threading.Semaphore(0), threading.Event()

    def slow(*_):
        at_work.release()
        assert go_on.wait(60)
        return {"columns": ["a"], "rows": 1}

    monkeypatch.setattr(uploads, "measured", slow)
    with ThreadPoolExecutor(4) as senders:
        answers = [senders.submit(sent, client, GOOD) for _ in range(4)]
        try:
            for _ in range(uploads_at_once := 2):
                assert at_work.acquire(timeout=60)
            assert client.get("/lessons.json").status_code == 200
            assert client.get("/catalogue.json").json()["served"] is True
            assert not at_work.acquire(timeout=0.2), f"more than {uploads_at_once} tables are looked at at once"
        finally:
            go_on.set()
        assert [answer.result().status_code for answer in answers] == [200] * 4


def test_a_table_that_stops_coming_is_given_up(client, tables, monkeypatch):
    monkeypatch.setattr(uploads, "SILENCE", 0.2)

    async def story():
        request = Request({"type": "http", "headers": [(b"x-filename", b"t.csv")]})

        async def stream():
            yield GOOD
            await asyncio.sleep(60)

        with pytest.raises(uploads.Refused, match=r"must not stall; nothing arrived for 0.2 seconds. Try again."):
            await uploads._written(request, stream(), tables)

    before = set(tables.place("").parent.iterdir())
    in_a_loop(story())
    assert set(tables.place("").parent.iterdir()) == before
