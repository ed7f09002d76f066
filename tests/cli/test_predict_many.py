"""Tables that are many files: a folder, a pattern, a URL; predictions file by file, or in one."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.cli.main import main

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 2))
TABLE = pl.DataFrame({"id": range(90), "a": X[:, 0], "b": X[:, 1], "kind": np.where(X.sum(axis=1) > 0, "yes", "no")})
GIVEN = {"hidden_layer_sizes": (4,), "epochs": 3, "quality": "fast", "cross_validation": False, "drop": ["id"]}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, and three files in lake, one of them further below."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "lake" / "below").mkdir(parents=True)
    (folder / "lake" / "notes.txt").write_text("no table")
    for number, name in enumerate(("p0", "p1", "below/p2")):
        TABLE[30 * number : 30 * number + 30].write_parquet(folder / "lake" / f"{name}.parquet")
    koubai.save(koubai.TableModel(**GIVEN).fit(TABLE, "kind"), folder / "model.koubai")
    return folder


@pytest.fixture
def run(lake: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.chdir(lake)
    return lambda *words: main([*words])


def test_each_file_of_a_folder_gets_its_own_predictions(
    run: Callable[..., int], lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("predict", "model.koubai", "lake", "--out", f"{out}/", "--include", "id", "--files-at-once", "1") == 0
    assert " ".join(capsys.readouterr().err.split()).endswith("(3 files, 90 rows)")
    found = [pl.read_parquet(out / f"{name}.parquet") for name in ("p0", "p1", "below/p2")]
    expected = TABLE.select("id").hstack(koubai.load("model.koubai").predict(TABLE))
    assert pl.concat(found).equals(expected)
    assert run("predict", "model.koubai", "lake", "--out", str(out), "--quiet") == 0  # its own files are replaced


def test_a_pattern_is_one_table_where_one_file_is_asked_for(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "one.parquet"
    for stream in ("--stream", "--no-stream"):
        assert run("predict", "model.koubai", "lake/*.parquet", "--out", str(out), "--include", "id", stream) == 0
        assert pl.read_parquet(out)["id"].to_list() == list(range(60))
    given = ("--model", str(tmp_path / "m.koubai"), "--epochs", "2", "--quality", "fast", "--no-cross-validation")
    assert run("fit", "lake/**/*.parquet", "--target", "kind", *given) == 0
    assert koubai.load(tmp_path / "m.koubai").n_rows_["read"] == 90


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("predict", "model.koubai", "none/*.parquet"), "'none/*.parquet' must hold Parquet files"),
        (("predict", "model.koubai", "s4://x/y.parquet"), "A table's URL must begin with a protocol such as s3://"),
        (("predict", "model.koubai", "lake", "--files-at-once", "2"), "--files-at-once must come with a folder"),
        (("predict", "model.koubai", "lake", "--files-at-once", "0", "--out", "o/"), "--files-at-once must be >= 1"),
        (("fit", "lake", "--target", "kind"), "--model must name a file for a table of many files"),
    ],
)
def test_mistakes(
    run: Callable[..., int], words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_file_that_is_no_table_leaves_those_before_it(run: Callable[..., int], tmp_path: Path) -> None:
    lake, out = tmp_path / "lake", tmp_path / "out"
    lake.mkdir()
    TABLE.write_parquet(lake / "a.parquet")
    (lake / "b.parquet").write_bytes(b"PAR1 no more")
    assert run("predict", "model.koubai", str(lake), "--out", f"{out}/", "--quiet") == 2
    assert [path.name for path in out.iterdir()] == ["a.parquet"]


@pytest.fixture
def web(lake: Path) -> Iterator[str]:
    """A server of the folder, on this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *what: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=lake)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


S3 = """
import sys
import boto3, koubai
from koubai.cli.main import main
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
host, port = server.get_host_and_port()
import os
os.environ |= {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
               "AWS_DEFAULT_REGION": "us-east-1"}
store = boto3.client("s3")
store.create_bucket(Bucket="lake")
for name in ("p0", "p1", "below/p2"):
    store.upload_file(f"lake/{name}.parquet", "lake", f"visits/{name}.parquet")
status = main(["predict", "model.koubai", "s3://lake/visits/*.parquet", "--out", sys.argv[1] + "/out/", "--quiet"])
status |= main(["fit", "s3://lake/visits", "--target", "kind", "--model", sys.argv[1] + "/m.koubai", "--epochs", "2",
                "--quality", "fast", "--no-cross-validation", "--quiet", "--stream"])
status |= main(["predict", "model.koubai", "s3://lake/absent/*.parquet"]) != 2
print(status, koubai.load(sys.argv[1] + "/m.koubai").n_rows_["read"])
server.stop()
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the packages for URLs
def test_urls(run: Callable[..., int], lake: Path, web: str, tmp_path: Path) -> None:
    """One file by HTTP, and a pattern and a folder in a real S3 server."""
    out = tmp_path / "web.parquet"
    assert run("predict", "model.koubai", f"{web}/lake/p1.parquet", "--out", str(out), "--include", "id") == 0
    assert pl.read_parquet(out)["id"].to_list() == list(range(30, 60))
    assert run("predict", "model.koubai", f"{web}/lake/none.parquet", "--quiet") == 2
    found = subprocess.run(
        [sys.executable, "-c", S3, str(tmp_path)], capture_output=True, text=True, cwd=lake, check=False
    )
    assert found.stdout.split() == ["0", "90"], found.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["p0.parquet", "p1.parquet"]
