"""Reading tables: what is in the file comes out, and whatever is wrong with it is said in one sentence."""

import csv
import gzip
import io
import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koubai.core.errors import DataError, FileError, ParameterError
from koubai.tables.files import reading
from koubai.tables.files.reading import read_table

cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=6)


@pytest.fixture
def write(tmp_path: Path):
    def put(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


def cells_of(path: Path, **options) -> dict[str, list]:
    return read_table(path, **options).frame.fill_null("").to_dict(as_series=False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", "a,b\n1,x\n2,y\n"),
        ("t.CSV", "a,b\n1,x\n2,y"),
        ("t.csv", "\ufeffa,b\r\n1,x\r\n2,y\r\n"),
        ("t.csv", "a,b\r1,x\r2,y\r"),
        ("t.csv", "\n\na,b\n\n1,x\n\n2,y\n\n"),
        ("t.csv", 'a,b\n"1","x"\n2,y\n'),
        ("t.csv", "a;b\n1;x\n2;y\n"),
        ("t.csv", "a|b\n1|x\n2|y\n"),
        ("t.csv", "a\tb\n1\tx\n2\ty\n"),
        ("t.tsv", "a\tb\n1\tx\n2\ty\n"),
        ("t.csv", " a , b \n1,x\n2,y\n"),
    ],
)
def test_the_same_table_in_many_forms(write, name: str, content: str) -> None:
    assert cells_of(write(content, name)) == {"a": ["1", "2"], "b": ["x", "y"]}


def test_compressed_and_parquet(write, tmp_path: Path) -> None:
    assert cells_of(write(gzip.compress(b"a,b\n1,x\n"), "t.csv.gz")) == {"a": ["1"], "b": ["x"]}
    assert cells_of(write(gzip.compress(b"a\tb\n1\tx\n"), "t.tsv.gz")) == {"a": ["1"], "b": ["x"]}
    pl.DataFrame({"a": [1], "b": ["x"]}).write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").frame.to_dict(as_series=False) == {"a": [1], "b": ["x"]}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_any_cells_come_back(write, rows) -> None:
    """Commas, quotation marks and line ends in quoted cells are text, as Python's own writer writes them."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("a", "b"), *rows])
    frame = read_table(write(text.getvalue())).frame.fill_null("")
    assert frame.rows() == rows


def test_without_names(write) -> None:
    table = read_table(write("1,2.5\n3,4\n"))
    assert table.frame.to_dict(as_series=False) == {"column_1": ["1", "3"], "column_2": ["2.5", "4"]}
    assert not table.has_names
    assert "column_1 to column_2" in table.notes[0]
    assert cells_of(write("x,y\n3,4\n"), header=False) == {"column_1": ["x", "3"], "column_2": ["y", "4"]}
    assert cells_of(write("1,2\n3,4\n"), header=True) == {"1": ["3"], "2": ["4"]}
    assert cells_of(write(",a\n3,4\n")) == {"column_1": ["3"], "a": ["4"]}


def test_separators_and_encodings_can_be_given(write) -> None:
    assert cells_of(write("a:b\n1:x\n"), separator=":") == {"a": ["1"], "b": ["x"]}
    assert cells_of(write("a\tb\n1\tx\n"), separator="tab") == {"a": ["1"], "b": ["x"]}
    assert cells_of(write("名前\nあ\n".encode("cp932")), encoding="cp932") == {"名前": ["あ"]}
    assert cells_of(write("a,b\n1,é\n".encode("utf-16")), encoding="utf-16") == {"a": ["1"], "b": ["é"]}


def test_decimal_commas_between_semicolons(write) -> None:
    content = "a;b\n1,5;x,1\n-0,25;1,2,3\n,5;2,\n1,5e-3;3\n"
    assert cells_of(write(content)) == {"a": ["1,5", "-0,25", ",5", "1,5e-3"], "b": ["x,1", "1,2,3", "2,", "3"]}
    assert cells_of(write('a,b\n"1,5",2\n')) == {"a": ["1,5"], "b": ["2"]}


def test_odd_quotation_marks_are_kept(write) -> None:
    assert cells_of(write('a,b\n1,5" disk\n2,"x"y\n')) == {"a": ["1", "2"], "b": ['5" disk', '"x"y']}
    assert cells_of(write('a\tb\n1\t"open\n2\tx\n', "t.tsv")) == {"a": ["1", "2"], "b": ['"open', "x"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it is empty"),
        (" \n \n", "it is empty"),
        ("a,b\n", "at least one row; got column names alone"),
        ("a,b", "at least one row; got column names alone"),
        ("a,b,c\n1,2,3\n1,2\n", "must have 3 cells in each line, as in the first; got 2 in line 3"),
        ("a,b,c\n1,2,3\n1,2,3,4\n", "must have 3 cells in each line, as in the first; got 4 in line 3"),
        ('a,b\n1,2\n"x,3,3\n4,5\n', "got 3 in line 3. Correct the line. A quotation mark may be missing"),
        ('a,b\n1,2\n"x\n4",5,6\n', "got 3 in line 3. Correct the line. A quotation mark may be missing"),
        ("a\nПривет\n".encode("cp1251"), "it is not. Save it as UTF-8, or try the encoding cp1252 or another one"),
        (b"a,b\n\0,1\n", "it holds null characters"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(write, content: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_table(write(content))


@pytest.mark.parametrize(("name", "what"), [("t.parquet", "Parquet"), ("t.csv.gz", "gzip"), ("t.tsv.gz", "gzip")])
@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", b"\x1f\x8b\x08\0", b"\x1f\x8b\x08" + b"\xff" * 40])
def test_damaged_binary_files_are_named(write, name: str, what: str, content: bytes) -> None:
    if content == b"" and what == "gzip":
        content = b"\x1f"
    with pytest.raises(DataError, match=f"must be a whole {what} file; it is damaged or none"):
        read_table(write(content, name))


@pytest.mark.parametrize("name", ["folder.csv", "folder"])
def test_a_folder_is_no_table(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(FileError, match="must be a file; got the folder"):
        read_table(tmp_path / name)


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.parquet", "pipe.csv.gz"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(
        FileError, match=r"A table must be a regular file; '.*' is none\. Write it to a file first, or pipe it in and"
    ):
        read_table(tmp_path / name)


def test_missing_and_unknown_files(write, tmp_path: Path) -> None:
    write("a\n1\n", "penguins.csv")
    with pytest.raises(FileError, match=r"no such file\. Did you mean '.*penguins.csv'\?"):
        read_table(tmp_path / "penguin.csv")
    with pytest.raises(FileError, match=r"no such file\. Check the name"):
        read_table(tmp_path / "nowhere" / "else.csv")
    with pytest.raises(FileError, match=r"no such file\. Check the name"):
        read_table(tmp_path / "else.parquet")
    with pytest.raises(FileError, match="must exist"):
        read_table(tmp_path / "else.xyz")
    with pytest.raises(
        FileError, match=r"must end in one of \.csv, \.tsv, \.parquet, .* and \.gz, \.zst or \.zip; got"
    ):
        read_table(write("a", "t.docx"))
    with pytest.raises(FileError, match="must be readable; got: file name too long"):
        read_table(tmp_path / ("x" * 5000 + ".csv"))


def test_impossible_options(write) -> None:
    path = write("a,b\n1,2\n")
    with pytest.raises(ParameterError, match="encoding must be one that Python knows; got 'nonsense'"):
        read_table(path, encoding="nonsense")
    for separator in ("", ",,", '"', "\n", "、"):
        with pytest.raises(ParameterError, match="separator must be one ASCII character"):
            read_table(path, separator=separator)


def test_the_slow_way_reads_the_same(write, monkeypatch) -> None:
    """Lines without missing last cells go through polars; both ways must agree."""
    path = write("a,b\n1,x\n2,\n,y\n")
    fast = cells_of(path)
    monkeypatch.setattr(pl, "read_csv", lambda *a, **k: (_ for _ in ()).throw(pl.exceptions.ComputeError("no")))
    assert cells_of(path) == fast == {"a": ["1", "2", ""], "b": ["x", "", "y"]}
    assert reading.SEPARATORS[","] == "commas"


def test_published_tables_are_read_whole(shared_data: Path) -> None:
    """Six public tables have all their rows and columns, and a seventh, with a line that is none, is refused."""
    shapes = {
        "titanic.csv": (891, 12),
        "penguins.csv": (344, 8),
        "spambase.csv": (4601, 58),
        "adult.csv.gz": (32561, 15),
        "california.csv.gz": (20640, 9),
        "sms_spam.tsv.gz": (5573, 2),
    }
    assert {name: read_table(shared_data / name).frame.shape for name in shapes} == shapes
    test = read_table(shared_data / "adult.test.csv.gz")
    assert test.frame.shape == (16280, 15)
    assert "'|1x3 Cross validator'" in test.notes[0]
    assert "looks like the rows below it" in test.notes[1]


PIECES = (
    *(b"a", b"1", b",", b";", b"\t", b"\n", b"\r\n", b"\r", b'"', b" ", b"'", b"#", b"\x0c", b"\0"),
    *(b"\xff", b"\xfe", b"\x81", b"\x8e", b"\x8f", b"\xa4\xa2", b"\xc3\xa4", b"\xe2\x80\xa8", b"\xef\xbb\xbf"),
    *(b"\x1b$B", b"sep=;\n", b"1,5", b"\x1f\x8b", b"PK"),
)
"""What decides how a file is read."""
WAYS = ({}, {}, {"header": False}, {"separator": ";"}, {"skip_lines": 1}, {"encoding": "cp932"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=10), options=st.sampled_from(WAYS))
def test_whatever_is_in_a_file_it_is_read_or_refused_in_one_sentence(write, pieces, options) -> None:
    said = ""
    try:
        read_table(write(b"".join(pieces)), **options)
    except (DataError, FileError, ParameterError) as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.parametrize("content", [b"\xff", b"a,b\n1,\x8f\n", b"a,b\n1,\xa4", b"\x81", b"\xa4\xa2\n\xa4"])
def test_a_character_that_is_cut_off_is_told_in_one_sentence(write, content: bytes) -> None:
    with pytest.raises(DataError, match="must be text in UTF-8; "):
        read_table(write(content))


@pytest.mark.parametrize("content", ['""', '"\n"\n', '"",""\n'])
def test_empty_cells_alone_are_no_table(write, content: str) -> None:
    with pytest.raises(DataError, match="must hold"):
        read_table(write(content))


def test_many_stray_marks_in_one_line_are_text(write) -> None:
    """The end of the line is sought once: sought with each mark, this takes minutes where it takes a second."""
    with pytest.raises(DataError, match="must have 2 cells in each line, as in the first; got 100001 in line 2"):
        read_table(write("x,y\n" + ',"b' * 100_000))
