"""How a text table is laid out, found from its lines: separators, titles, names, quotation marks, encodings."""

import gzip
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koubai.core.errors import DataError, ParameterError
from koubai.tables.files import parsing, pieces
from koubai.tables.files.blocks import open_blocks
from koubai.tables.files.frames import as_table
from koubai.tables.files.reading import Table, read_table

ROWS = [("1.5", "2,5", "a"), ("0.2", "0,3", "b"), ("0.8", "1,6", "b"), ("0.5", "1,0", "a"), ("0.9", "1,9", "b")]


def rows_of(separator: str, rows=ROWS) -> str:
    return "".join(f"{separator.join(row)}\n" for row in rows)


def both(path: Path, **options) -> Table:
    """Read a table as a whole and block by block, which must agree."""
    whole = read_table(path, **options)
    opened = open_blocks(path, **options)
    assert (opened.columns, opened.n_rows, opened.notes) == (whole.frame.columns, whole.frame.height, whole.notes)
    assert pl.concat(block.frame for block in opened.blocks("")).equals(as_table(whole).frame)
    return whole


def written(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_stray_quotation_marks_lose_no_rows(tmp_path: Path) -> None:
    for separator, name in ((",", "t.csv"), ("\t", "t.tsv"), (";", "t.csv")):
        lines = [f"{i}{separator}x{i % 3}{separator}{i % 2}" for i in range(60)]
        lines[11], lines[21] = f'11{separator}"red{separator}1', f'21{separator}"blue{separator}0'
        text = f"y{separator}col{separator}x\n" + "\n".join(lines)
        table = both(written(tmp_path, text, name))
        assert table.frame.shape == (60, 3)
        assert table.frame["col"][11] == '"red'
        assert table.notes[-1] == (
            "2 cells begin with a quotation mark that does not close them, the first in line 13; these marks are read "
            "as text."
        )
    one = both(written(tmp_path, 'a,b\n1,"x\n2,y\n'))
    assert one.frame["b"].to_list() == ['"x', "y"]
    assert one.notes == (
        "1 cell begins with a quotation mark that does not close it, in line 2; the mark is read as text.",
    )


def test_lines_that_marks_join_are_named(tmp_path: Path) -> None:
    table = both(written(tmp_path, 'a,b\n1,x\n2,"y\n3,z"\n4,w\n'))
    assert table.frame.height == 3
    assert table.notes == (
        "Quotation marks make one row of lines 3 to 4, each of which could be a row; if the marks are text, double "
        "them or leave them out.",
    )
    assert both(written(tmp_path, 'a,b\n1,x\n2,"y\nz"\n')).notes == ()


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=5)
plain = st.text(st.sampled_from('ab"'), min_size=1, max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=8), size=st.integers(1, 12))
def test_quoted_cells_come_back_however_small_the_pieces_are(tmp_path: Path, rows, size: int) -> None:
    quoted = "".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\n" for row in rows)
    path = written(tmp_path, 'a,b\n"first",row\n' + quoted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "byte_pieces", _in_pieces(pieces.byte_pieces, size))
        frame = read_table(path, header=True, separator=",").frame.fill_null("")
    expected = [tuple(cell[1:] if re.match(r"'+[=+\-@\t\n＝＋－＠]", cell) else cell for cell in row) for row in rows]
    assert frame.rows()[1:] == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(plain, plain, plain), min_size=3, max_size=12))
def test_no_line_is_lost_without_a_word(tmp_path: Path, rows) -> None:
    """Whatever marks there are: as many rows as lines, or it is said which lines are one row, or refused."""
    path = written(tmp_path, "a,b,c\n" + rows_of(",", rows))
    said, n_rows = "", 0
    try:
        table = read_table(path, header=True)
        said, n_rows = " ".join(table.notes), table.frame.height
    except DataError as error:
        said = str(error)
    assert n_rows == len(rows) or "make one row of lines" in said or "Correct the line" in said


def _in_pieces(original, size: int):
    def give(source, limit, n):
        return original(source, limit, n if n == 2**20 else size)

    return give


@pytest.mark.parametrize(
    ("content", "names", "note"),
    [
        ("A, cm;B, mm;K\n" + rows_of(";"), ["A, cm", "B, mm", "K"], "semicolons"),
        ('"A, cm";"B, mm";K\n' + rows_of(";"), ["A, cm", "B, mm", "K"], "semicolons"),
        ("a|b|c\n" + rows_of("|"), ["a", "b", "c"], "vertical bars"),
        ("sep=;\na;b;c\n" + rows_of(";"), ["a", "b", "c"], "The first line, sep=;, says what separates cells"),
        ('"sep=|"\na|b|c\n' + rows_of("|"), ["a", "b", "c"], "says what separates cells"),
        (
            "Report 7\nDone 2021\n\na;b;c\n" + rows_of(";"),
            ["a", "b", "c"],
            "The first 2 lines are no part of the table",
        ),
        ("Report 7;;\na;b;c\n" + rows_of(";"), ["a", "b", "c"], "The first line is no part of the table"),
        ("# made, by hand\na\tb\tc\n" + rows_of("\t"), ["a", "b", "c"], "The first line is no part of the table"),
        ("a,a,b\n1,2,3\n1,2,4\n", ["a", "a_2", "b"], "the later ones are called a_2"),
        ("a,a ,a_2\n1,2,x\n1,2,y\n", ["a", "a_3", "a_2"], "the later ones are called a_3"),
    ],
)
def test_layouts_are_found(tmp_path: Path, content: str, names: list[str], note: str) -> None:
    table = both(written(tmp_path, content))
    assert table.frame.columns == names
    assert note in " ".join(table.notes)
    assert table.frame.height in (len(ROWS), 2)


def test_layouts_can_be_said(tmp_path: Path) -> None:
    path = written(tmp_path, "Report, of 7\nx,1\na:b:c\n" + rows_of(":"))
    table = both(path, separator=":", skip_lines=2)
    assert (table.frame.columns, table.frame.height) == (["a", "b", "c"], 5)
    assert table.reading == {"separator": ":", "skip_lines": 2}
    with pytest.raises(DataError, match=r"got 1 cell in line 1 and 3 in those below.*skip_lines"):
        read_table(path, separator=":", skip_lines=0)
    with pytest.raises(DataError, match=r"must have lines after the 99 that are skipped; it has none\. Skip fewer"):
        read_table(path, skip_lines=99)
    for wrong in (-1, 1.5, True):
        with pytest.raises(ParameterError, match="skip_lines must be an integer >= 0; got"):
            read_table(path, skip_lines=wrong)


@pytest.mark.parametrize(
    ("text", "suspected"),
    [
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n4.7,3.2,virginica\n4.6,3.1,setosa\n", True),
        ("2020-01-02,red,1\n2020-01-03,red,2\n2020-01-04,blue,3\n2020-01-05,red,1\n", True),
        ("yes,no\nno,no\nyes,yes\nno,yes\n", True),
        ("a,b,c\n4.9,3.0,x\n4.7,3.2,y\n4.6,3.1,x\n", False),
        ("country,1990,1991\nJapan,3,4\nFrance,5,6\nPeru,7,8\n", False),
        ("name,kind\nAnn,x\nBob,y\nCyd,x\nDan,y\n", False),
    ],
)
def test_a_missing_line_of_names_is_suspected(tmp_path: Path, text: str, suspected: bool) -> None:
    table = both(written(tmp_path, text))
    assert any("looks like the rows below it" in note for note in table.notes) == suspected


@pytest.mark.parametrize(
    ("codec", "text", "name"),
    [
        ("euc_jp", "年齢,性別,結果\n21,女,陽性\n40,男,陰性\n", "EUC-JP"),
        ("cp932", "年齢,性別,結果\n21,女,陽性\n40,男,陰性\n", "cp932 (Shift-JIS)"),
        ("cp932", "ｺｰﾄﾞ,名前\n1,ﾔﾏﾀﾞ 太郎さん\n2,表\n", "cp932 (Shift-JIS)"),
        ("iso2022_jp", "名前,値\nやまだ,1\n", "ISO-2022-JP"),
        ("utf-16", "名前,値\nやまだ,1\n", "UTF-16"),
        ("utf-16-le", "名前,値\nやまだ,1\nさとう,2\n", "UTF-16 (little-endian)"),
        ("utf-16-be", "name,value\nYamada,1\n", "UTF-16 (big-endian)"),
        ("cp1252", "année,prix\nété,5 €\nhiver,6\n", "cp1252 (Western European)"),
        ("latin-1", "Größe,y\n1,a\n2,b\n", "cp1252 (Western European)"),
        ("latin-1", "Größe,Straße\n1,Müllerstraße\n2,Köln\n", "cp1252 (Western European)"),
    ],
)
def test_encodings_are_recognised_and_said(tmp_path: Path, codec: str, text: str, name: str) -> None:
    table = both(written(tmp_path, text.encode(codec)))
    header, *rows = [tuple(line.split(",")) for line in text.splitlines()]
    assert table.frame.columns == list(header)
    assert table.frame.rows() == rows
    assert (
        table.notes[0] == f"The text is no UTF-8; it is read as {name}, which fits it. Another encoding can be named."
    )


def test_utf_8_is_no_surprise(tmp_path: Path) -> None:
    content = "名前,値\nやまだ,1\n"
    assert both(written(tmp_path, content.encode("utf-8"))).notes == ()
    (said,) = both(written(tmp_path, content.encode("utf-8-sig"))).notes
    assert said == "The text begins with a byte order mark of UTF-8, which is left out."


def test_an_encoding_that_shows_late_is_recognised(tmp_path: Path) -> None:
    text = "id,name\n" + "1,plain\n" * 140_000 + "2,やまだ\n"
    table = both(written(tmp_path, text.encode("euc_jp")))
    assert table.frame["name"][-1] == "やまだ"
    assert "EUC-JP" in table.notes[0]


def test_what_a_packed_file_may_hold_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, gzip.compress(b"a,b\n" + b"1,2\n" * 50_000), "t.csv.gz")
    assert both(path).frame.height == 50_000
    monkeypatch.setattr("koubai.tables.files.reading.free_memory", lambda: 400_000)
    with pytest.raises(DataError, match=r"must fit into memory when it is unpacked; it holds more than 0.0001 GB"):
        read_table(path)
    assert open_blocks(path).n_rows == 50_000
    damaged = written(tmp_path, path.read_bytes()[:-20], "d.csv.gz")
    with pytest.raises(DataError, match="must be a whole gzip file; it is damaged or none"):
        open_blocks(damaged)


@pytest.mark.slow
def test_long_headers_are_read_and_endless_lines_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"column number {i} of very many" for i in range(40_000)]
    path = written(tmp_path, ",".join(names) + "\n" + ",".join(["1"] * len(names)) + "\n")
    assert open_blocks(path, header=True).columns == names
    monkeypatch.setattr(parsing, "LONGEST_LINE", 1000)
    monkeypatch.setattr(pieces, "byte_pieces", _in_pieces(pieces.byte_pieces, 500))
    path = written(tmp_path, "a\n" + "x" * 5000 + "\n")
    with pytest.raises(DataError, match="must have lines of at most 0 MiB; line 2 is longer"):
        read_table(path, header=True)


def test_a_streamed_text_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    opened = open_blocks(written(tmp_path, "a,b\n1,x\n2,y\n"))
    assert list(scratch.iterdir()) == []  # so that a process that is killed leaves nothing either
    assert opened.head(2).rows() == [("1", "x"), ("2", "y")]
    monkeypatch.setattr("tempfile.tempdir", None)


def test_a_panic_of_the_parquet_reader_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)

    def panic(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("index out of bounds")

    monkeypatch.setattr(pl, "read_parquet", panic)
    monkeypatch.setattr(pl, "scan_parquet", panic)
    for read in (read_table, open_blocks):
        with pytest.raises(DataError, match="must be a whole Parquet file; it is damaged or none"):
            read(path)


@pytest.mark.parametrize("last", ["Müller; Anna", "Müller, Anna", "a|b"])
def test_a_last_line_that_has_a_separator_alone_makes_no_titles_of_those_above(tmp_path: Path, last: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"student\n007\nb\n{last}\n", encoding="utf-8")
    if "," in last:
        with pytest.raises(DataError, match="must have 1 cell in each line, as in the first; got 2 in line 4"):
            read_table(path)
    else:
        assert read_table(path).frame.to_dict(as_series=False) == {"student": ["007", "b", last]}
