"""Packed tables and standard input: the same cells whatever the packing, and one sentence for what is none."""

import bz2
import gzip
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest

from koubai.core.errors import DataError, FileError
from koubai.tables.files import reading
from koubai.tables.files.blocks import open_blocks, size_of
from koubai.tables.files.containers import packing
from koubai.tables.files.containers.kinds import KINDS
from koubai.tables.files.reading import read_table
from koubai.tables.files.typed import TYPED

FRAME = pl.DataFrame({"x": [1.5, 2.0, 0.25], "name": ["あき", "b", "c"]})


def table(kind: str) -> bytes:
    """Return the table in a format."""
    file = io.BytesIO()
    if kind == ".csv":
        FRAME.write_csv(file)
    elif kind == ".parquet":
        FRAME.write_parquet(file)
    elif kind == ".jsonl":
        FRAME.write_ndjson(file)
    elif kind == ".arrow":
        FRAME.write_ipc_stream(file)
    else:
        from openpyxl import Workbook

        book = Workbook()
        for row in (FRAME.columns, *FRAME.rows()):
            book.active.append(list(row))
        book.save(file)
    return file.getvalue()


def packed(content: bytes, how: str, name: str = "in/t.csv") -> bytes:
    """Return packed bytes."""
    if how == ".gz":
        return gzip.compress(content)
    if how == ".zst":
        compressor = packing.zstd("t").ZstdCompressor()  # as by a pipe, without the size
        return compressor.compress(content) + compressor.flush()
    if how == ".zip":
        return zipped({name: content, "__MACOSX/in/._t.csv": b"x", "README.txt": b"about"})
    return content


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch):
    """Put bytes on standard input."""

    def put(content: bytes) -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return "-"

    return put


def same(frame: pl.DataFrame) -> bool:
    return [float(x) for x in frame["x"]] == FRAME["x"].to_list() and frame["name"].to_list() == FRAME["name"].to_list()


def test_the_formats_are_those_that_are_read() -> None:
    assert set(KINDS) == {".csv", ".tsv", ".parquet", *TYPED}


@pytest.mark.parametrize("how", ["", ".gz", ".zst", ".zip"])
@pytest.mark.parametrize("kind", [".csv", ".parquet", ".jsonl", ".arrow", ".xlsx"])
def test_all_formats_in_all_packings_by_name_and_by_standard_input(tmp_path: Path, send, kind: str, how: str) -> None:
    path = tmp_path / f"t{kind}{how}"
    path.write_bytes(packed(table(kind), how, f"in/t{kind}"))
    found = read_table(path)
    assert same(found.frame)
    beside = (f"The zip file holds 2 files; the one table in it, 'in/t{kind}', is read.",) if how == ".zip" else ()
    assert found.notes == beside
    piped = read_table(send(path.read_bytes()))
    assert same(piped.frame)
    assert piped.notes[0].startswith("Standard input is read as ")
    assert piped.notes[0].endswith(
        f", packed with {packing.PACKED[how]}, as its beginning shows." if how else " shows."
    )
    assert piped.notes[1:] == beside
    assert same(read_table("-").frame), "it is kept"
    if kind in TYPED:
        return
    for source in (path, "-"):
        blocks = open_blocks(source)
        assert same(blocks.head(9))
        assert blocks.notes == (beside if source == path else piped.notes)


def test_sizes_are_those_unpacked(tmp_path: Path) -> None:
    content = b"x,y\n" + b"1,2\n" * 100_000
    for how, made in (
        (".gz", gzip.compress(content)),
        (".zst", packing.zstd("t").compress(content)),
        (".zip", packed(content, ".zip")),
    ):
        path = tmp_path / f"t.csv{how}"
        path.write_bytes(made)
        assert size_of(path).needed == len(content)


@pytest.mark.parametrize("how", [".gz", ".zst", ".zip"])
@pytest.mark.parametrize("kind", [".csv", ".parquet", ".jsonl"])
def test_what_unpacks_to_more_than_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, kind: str
) -> None:
    path = tmp_path / f"t{kind}{how}"
    path.write_bytes(packed(b'{"x": 1}\n' + b" " * 2**21, how, f"t{kind}"))
    assert path.stat().st_size < 2**14
    monkeypatch.setattr(reading, "free_memory", lambda: 2**22)
    with pytest.raises(DataError, match=r"must fit into memory when it is unpacked; it holds more than 0\.001 GB"):
        read_table(path)


@pytest.mark.parametrize("how", [".gz", ".zst", ".zip"])
def test_damage_is_told_in_one_sentence(tmp_path: Path, send, how: str) -> None:
    content = "".join(f"{i},{i * i % 977}\n" for i in range(5000)).encode()
    whole = packed(content, how)
    middle = len(whole) // 2
    for name, made in (
        ("cut", whole[:middle]),
        ("none", b"x,y\n1,2\n"),
        ("changed", whole[:middle] + bytes(64) + whole[middle + 64 :]),
    ):
        path = tmp_path / f"{name}.csv{how}"
        path.write_bytes(made)
        with pytest.raises(
            DataError, match=rf"must be a whole {packing.PACKED[how]} file; it is damaged or none\. Get"
        ):
            read_table(path)
        if name != "none":
            with pytest.raises(DataError, match=r"The table '-' must be a whole \w+ file"):
                read_table(send(made))


def test_of_several_tables_in_a_zip_file_one_is_asked_for(tmp_path: Path, send) -> None:
    path = tmp_path / "wine.zip"
    path.write_bytes(zipped({"a/red.csv": b"x\n1\n", "white.tsv": b"x\ty\n1\t2\n", "z.txt": b"z"}))
    with pytest.raises(
        DataError,
        match=r"must hold one table; it holds 2: a/red\.csv, white\.tsv\. Name one as '.*wine\.zip/a/red\.csv'\.",
    ):
        read_table(path)
    assert read_table(path / "a" / "red.csv").frame["x"].to_list() == ["1"]
    assert read_table(path / "white.tsv").frame.columns == ["x", "y"]
    assert open_blocks(path / "white.tsv").n_rows == 1
    with pytest.raises(DataError, match=r"must be in the zip file; it holds a/red\.csv, white\.tsv\. Correct the name"):
        read_table(path / "rose.csv")
    with pytest.raises(DataError, match=r"must hold one table; it holds 2: .*\. Send one of them\."):
        read_table(send(path.read_bytes()))
    with pytest.raises(FileError, match="there is no such file"):
        read_table(tmp_path / "beer.zip" / "red.csv")


def test_zip_files_without_a_table_with_a_password_or_of_unknown_packing(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    path.write_bytes(zipped({"a.txt": b"x"}))
    with pytest.raises(DataError, match=r"must hold a table, whose name ends in one of \.csv, .*; it holds none"):
        read_table(path)
    plain = zipped({"a.csv": b"x\n1\n"}, zipfile.ZIP_STORED)
    where = plain.index(b"PK\x01\x02")
    locked = bytearray(plain)
    locked[6] |= 1
    locked[where + 8] |= 1
    path.write_bytes(bytes(locked))
    with pytest.raises(DataError, match=r"must not ask for a password; it does\. Unpack it first"):
        read_table(path)
    other = bytearray(plain)
    other[8] = other[where + 10] = 9  # Deflate64, as Windows packs large files
    path.write_bytes(bytes(other))
    with pytest.raises(DataError, match=r"must be packed in a usual way .*; it is not\. Unpack it first"):
        read_table(path)


def test_standard_input_that_is_no_table(send, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="it is empty"):
        read_table(send(b""))
    with pytest.raises(DataError, match=r"one JSON object a line; it is one JSON list\. Convert it, as with jq"):
        read_table(send(json.dumps([{"x": 1}]).encode()))
    with pytest.raises(DataError, match="Excel's old files"):
        read_table(send(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))
    with pytest.raises(DataError, match="must be text"):
        read_table(send(bz2.compress(b"x\n1\n")))
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileError, match=r"to which nothing is sent\. Try a pipe, or < table\.csv"):
        read_table("-")


def test_encodings_of_standard_input_are_found(send) -> None:
    text = "名前,年齢\n" + "あき,3\n" * 9
    for codec, name in (("cp932", "Shift-JIS"), ("utf-16", "UTF-16")):
        found = read_table(send(text.encode(codec)))
        assert found.frame.columns == ["名前", "年齢"]
        assert name in found.notes[1]
    assert read_table(send(text.encode("utf-8-sig"))).frame.columns == ["名前", "年齢"]


@pytest.mark.slow
def test_the_command_line_reads_standard_input(tmp_path: Path) -> None:
    lines = ["x,y"] + [f"{i % 10},{'ab'[i % 10 > 4]}" for i in range(60)]
    given = gzip.compress("\n".join(lines).encode())
    run = [sys.executable, "-c", "from koubai.cli.main import main; raise SystemExit(main())"]
    fit = [*run, "fit", "-", "--target", "y", "--hidden", "2", "--epochs", "3", "--quality", "fast"]
    fitted = subprocess.run(fit, input=given, capture_output=True, cwd=tmp_path, check=False)
    assert fitted.returncode == 0, fitted.stderr.decode()
    said = (fitted.stdout + fitted.stderr).decode()
    assert "Standard input is read as text (CSV), packed with gzip" in " ".join(said.split())
    predict = [*run, "predict", "table.koubai", "-"]
    predicted = subprocess.run(predict, input=given, capture_output=True, cwd=tmp_path, check=False)
    assert len(predicted.stdout.decode().splitlines()) == 61
    assert "Standard input is read as text (CSV)" in " ".join(predicted.stderr.decode().split())
    refused = subprocess.run(predict, input=b"", capture_output=True, cwd=tmp_path, check=False)
    assert refused.returncode != 0
    assert refused.stderr.decode().count("\n") == 1


def test_the_package_for_zstd_is_named_where_it_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.zst"
    path.write_bytes(packed(b"x\n1\n", ".zst"))
    code = (
        "import sys; sys.modules['backports'] = sys.modules['compression'] = None\n"
        f"from koubai.tables.files.reading import read_table\nread_table({str(path)!r})"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr
    assert "needs backports.zstd to be unpacked, which is missing. Install it with pip install backports" in said


def test_a_json_list_is_named_however_it_is_packed(tmp_path: Path) -> None:
    """A list in place of lines is what most programs write as JSON."""
    content = b'[{"a": 1, "y": 2}, {"a": 2, "y": 3}]'
    listed = "must hold one JSON object a line; it is one JSON list. Convert it, as with jq"
    wanted = "Convert it to one JSON object a line, in a file that ends in .jsonl, as with jq"
    for name, said in (("t.jsonl", listed), ("t.jsonl.gz", listed), ("t.json", wanted), ("t.json.gz", wanted)):
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        with pytest.raises((DataError, FileError), match=re.escape(said)):
            read_table(tmp_path / name)
    for member, said in (("t.jsonl", listed), ("t.json", wanted)):
        with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
            archive.writestr(member, content)
        with pytest.raises(DataError, match=re.escape(said)):
            read_table(tmp_path / "t.zip")


def test_a_byte_order_mark_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("a,y\n1,2\n".encode("utf-8-sig"))
    found = read_table(tmp_path / "t.csv")
    assert found.frame.columns == ["a", "y"]
    assert found.notes == ("The text begins with a byte order mark of UTF-8, which is left out.",)
