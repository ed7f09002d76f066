"""What is written for a static host, or as one file: complete, small, and refused in one sentence where it must be."""

import base64
import hashlib
import json
import re
import subprocess
import sys

import pytest

from koubai.cli.main import main
from koubai.play import exporting
from koubai.play.catalogue import engine_files

MOST_BYTES = 3_000_000


@pytest.fixture(autouse=True)
def engine(missing):
    if engine_files() is None:
        missing("no module for browsers is built; python -m koubai.engines.cpu.native.build wasm32")


def test_one_file_is_small_names_no_other_machine_and_allows_its_own_script_alone(tmp_path, capsys):
    path = tmp_path / "playground.html"
    assert main(["play", "--export", str(path)]) == 0
    assert "opens by a double click" in capsys.readouterr().out
    content = path.read_bytes()
    assert len(content) < MOST_BYTES
    text = content.decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#x27;", "'")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}' 'wasm-unsafe-eval'" in policy
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
    assert "unsafe-inline" not in policy
    assert "http" not in policy
    assert "https://" not in text.replace("http://www.w3.org/", "")
    carried = json.loads(re.search(r'id="koubai-carried">(.*?)</script>', text, re.DOTALL)[1])
    assert set(carried["texts"]) == {"en", "ja"}
    assert set(carried["tables"]) == {"baseball", "digits", "penguins", "spam"}
    assert carried["catalogue"]["served"] is False
    assert len(carried["lessons"]) >= 10


def test_a_folder_holds_all_that_its_page_asks_for_and_may_be_written_again(tmp_path):
    folder = tmp_path / "site"
    assert main(["play", "--export", str(folder), "--lesson", "xor"]) == 0
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    page = (folder / "index.html").read_text(encoding="utf-8")
    for name in re.findall(r'(?:href|src)="([^"]+)"', page):
        assert name in names or name.startswith("data:")
    choices = json.loads((folder / "catalogue.json").read_text())
    assert {choices["engine"]["module"], choices["engine"]["description"]} <= names
    assert choices["first"]["lesson"] == "xor"
    assert all(lesson["steps"] for lesson in json.loads((folder / "lessons.json").read_text()))
    assert set(choices["ahead"]) <= names
    assert {"derivations.json", "texts/ja.json", "tables/penguins.json", "tables/digits.json"} <= set(choices["ahead"])
    assert {"texts/en.json", "texts/ja.json", "tables/spam.json", "static/worker.js"} <= names
    assert len(names) < 40  # a static host is asked for few files
    assert "http-equiv" in page
    assert "data-lang" not in page
    assert main(["play", "--export", str(folder), "--lang", "ja"]) == 0
    assert (folder / "index.html").read_text(encoding="utf-8").count('<html lang="ja" data-lang="ja">') == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--export", "{full}"], "a new or empty folder, an earlier export, or a file ending in .html"),
        (["--export", ""], "--export must name a folder"),
        (["--export", "{missing}/a.html"], "must be in an existing folder"),
        (["examples/penguins.csv", "--target", "species", "--export", "x.html"], "without a TABLE"),
    ],
)
def test_what_cannot_be_exported_gets_one_sentence(tmp_path, capsys, arguments, words):
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("keep me")
    places = {"full": full, "missing": tmp_path / "missing"}
    assert main(["play", *(part.format(**places) for part in arguments)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert (full / "mine.txt").read_text() == "keep me"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit the size of files")
@pytest.mark.parametrize("name", ["playground.html", "site"])
def test_a_full_disk_leaves_an_earlier_export_as_it_was_and_nothing_beside_it(tmp_path, name):
    target = tmp_path / "pages" / name
    target.parent.mkdir()

    def exported(*, limit: int) -> subprocess.CompletedProcess:
        code = (
            "import resource, signal, sys\n"
            "from koubai.cli.main import main\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
            "sys.exit(main(sys.argv[1:]))\n"
        )
        command = [sys.executable, "-c", code, "play", "--export", str(target)]
        return subprocess.run(command, capture_output=True, text=True)

    failed = exported(limit=100_000)
    assert failed.returncode == 2
    assert "file too large. Choose another place." in failed.stderr
    assert list(target.parent.iterdir()) == []
    assert exported(limit=2**30).returncode == 0
    before = {path: path.read_bytes() for path in target.parent.rglob("*") if path.is_file()}
    assert exported(limit=100_000).returncode == 2
    assert {path: path.read_bytes() for path in target.parent.rglob("*") if path.is_file()} == before


def test_without_an_engine_for_browsers_that_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(exporting, "engine_files", lambda: None)
    assert main(["play", "--export", str(tmp_path / "a.html")]) == 2
    assert "python -m koubai.engines.cpu.native.build wasm32" in capsys.readouterr().err
