"""Files elsewhere that are one table: read file by file, and but a few copies at a time."""

import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.together import Member, in_each

from koubai.core.errors import DataError, FileError, ParameterError
from koubai.tables.files import many
from koubai.tables.files.blocks import TableBlocks, open_blocks, size_of
from koubai.tables.files.many import FilesUnderWay

ROWS = pl.DataFrame(
    {"a": range(700), "b": np.arange(700) / 7, "c": ["+" if i == 650 else f"w{i % 5}" for i in range(700)]}
)
PARTS = ((0, 120), (120, 121), (121, 500), (500, 700))


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A URL of four files, of 700 rows; blocks have 256."""
    pytest.importorskip("fsspec")
    monkeypatch.setattr("koubai.tables.files.blocks.CELLS_AT_ONCE", 1)
    for number, (start, stop) in enumerate(PARTS):
        ROWS[start:stop].write_parquet(tmp_path / f"p{number}.parquet")
    return f"file://{tmp_path}/*.parquet"


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were copied, in order."""
    found, copy = list[str](), many.local_copy

    def noted(name: str):
        found.append(name[-len("p0.parquet") :])
        return copy(name)

    monkeypatch.setattr(many, "local_copy", noted)
    return found


def all_rows(table: TableBlocks) -> pl.DataFrame:
    return pl.concat([block.frame for block in table.blocks("")])


def test_they_are_the_rows_of_all_files_in_order(lake: str, copied: list[str]) -> None:
    table = open_blocks(lake)
    assert (table.n_rows, table.columns, table.signed) == (700, ["a", "b", "c"], {"c"})
    assert all_rows(table).equals(ROWS)
    assert [block.first for block in table.blocks("")] == [0, 256, 512]
    assert table.head(3).equals(ROWS[:3])
    assert table.tail(190).equals(ROWS[510:])
    assert table.head(0).schema == ROWS.schema
    assert table.row_of("c", "+") == 650
    assert copied == ["p0.parquet", "p1.parquet", "p2.parquet", "p3.parquet"]


def test_few_copies_are_kept(lake: str, copied: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "MOST_COPIED", 1)
    table = open_blocks(lake)
    path = table.path
    assert isinstance(path, FilesUnderWay)
    for _ in range(2):
        assert all_rows(table).equals(ROWS)
    assert list(path._copies) == [path.names[-1]]
    assert copied == 3 * ["p0.parquet", "p1.parquet", "p2.parquet", "p3.parquet"]  # once to look for signs


def test_there_is_room_before_the_next_copy_is_made(lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [(tmp_path / f"p{number}.parquet").stat().st_size for number in range(4)]
    monkeypatch.setattr(many, "MOST_COPIED", sizes[1] + sizes[2])
    files, copy, kept = FilesUnderWay(lake), many.local_copy, list[list[str]]()
    assert files.sizes == sizes

    def noted(name: str):
        kept.append([other[-len("0.parquet")] for other in files._copies])
        return copy(name)

    monkeypatch.setattr(many, "local_copy", noted)
    for _ in files.scans(range(700)):
        pass
    assert kept == [[], ["0"] if sizes[0] <= sizes[2] else [], ["1"], [] if sizes[3] > sizes[1] else ["2"]]


def test_files_without_texts_are_not_copied_to_look_for_signs(lake: str, tmp_path: Path, copied: list[str]) -> None:
    for number, (start, stop) in enumerate(PARTS):
        ROWS[start:stop].drop("c").write_parquet(tmp_path / f"p{number}.parquet")
    assert open_blocks(lake).signed == frozenset()
    assert copied == []


@pytest.mark.filterwarnings("ignore")  # of the package for HTTP
def test_a_server_that_sends_whole_files_only_is_not_listened_to_until_its_end(
    tmp_path: Path, copied: list[str]
) -> None:
    pytest.importorskip("aiohttp")
    large = pl.DataFrame({"a": np.random.default_rng(0).normal(size=4_000_000)})
    large.write_parquet(tmp_path / "p0.parquet", compression="uncompressed")
    broken = list[bool]()

    class Whole(SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            """Say nothing."""

        def copyfile(self, source, outputfile) -> None:
            try:
                super().copyfile(source, outputfile)
            except ConnectionError:
                broken.append(True)
            else:
                broken.append(False)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Whole, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            files = FilesUnderWay(f"http://127.0.0.1:{server.server_port}/p0.parquet")
        finally:
            server.shutdown()
            thread.join()
    assert (files.n_rows, files.sizes) == (len(large), [(tmp_path / "p0.parquet").stat().st_size])
    assert copied == ["p0.parquet"]
    *parts, whole = broken
    assert (all(parts), len(parts) > 0, whole) == (True, True, False)  # those asked for, and the copy on disk


def test_each_process_copies_the_files_of_its_own_rows(lake: str) -> None:
    def own(member: Member) -> tuple[pl.DataFrame, list[str]]:
        table = open_blocks(lake, together=member)
        rows = all_rows(table)
        assert isinstance(table.path, FilesUnderWay)
        return rows, [name[-len("p0.parquet") :] for name in table.path._copies]

    (first, ours), (second, theirs) = in_each(2, own)
    assert pl.concat([first, second]).equals(ROWS)
    assert (ours, theirs) == (["p0.parquet", "p1.parquet", "p2.parquet"], ["p2.parquet", "p3.parquet"])


def test_ends_longer_than_what_is_asked_for_first(
    lake: str, copied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "END", 8)
    assert FilesUnderWay(lake).n_rows == 700
    assert copied == []


def test_a_folder_and_a_pattern_are_as_large_as_their_files_together(lake: str, tmp_path: Path) -> None:
    whole = sum(size_of(tmp_path / f"p{number}.parquet").needed for number in range(4))
    for source in (tmp_path, tmp_path / "*.parquet"):
        assert size_of(source).needed == pytest.approx(whole, rel=0.1)
    assert size_of(lake).needed == 0  # files elsewhere are read as asked


def test_other_columns_and_damage_are_told_with_the_file(lake: str, tmp_path: Path) -> None:
    ROWS[:5].drop("b").write_parquet(tmp_path / "p9.parquet")
    with pytest.raises(FileError, match=r"must have the same columns; '.*p9\.parquet' has others than '.*p0\.parquet'"):
        open_blocks(lake)
    (tmp_path / "p9.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DataError, match=r"p9\.parquet' must be a whole Parquet file"):
        open_blocks(lake)


DIFFERENT = [
    (pl.concat([ROWS, ROWS[:200]]), "process 1 sees 900 rows, and process 0 sees 700"),
    (ROWS.rename({"a": "d"}), "process 1 sees other columns than process 0"),
    (ROWS.with_columns(b=0.0), "process 1 sees other files than process 0"),
    (ROWS.with_columns(pl.col("a").cast(pl.Int32)), "process 1 sees other columns than process 0"),
]
"""What another process sees in place of `ROWS`; the last one is no other text."""


@pytest.mark.parametrize(
    ("source", "others", "apart"),
    [
        *(("t.csv", *each) for each in DIFFERENT[:-1]),
        *((source, *each) for source in ("t.parquet", "*.parquet", "file://*.parquet") for each in DIFFERENT),
    ],
)
def test_processes_that_see_different_tables_are_told_so(
    tmp_path: Path, source: str, others: pl.DataFrame, apart: str
) -> None:
    pytest.importorskip("fsspec")
    for folder, rows in (("0", ROWS), ("1", others)):
        (tmp_path / folder).mkdir()
        rows.write_parquet(tmp_path / folder / "t.parquet")
        rows.write_csv(tmp_path / folder / "t.csv")

    def own(member: Member) -> tuple[str, bool]:
        place = tmp_path / str(min(member.rank, 1))
        name = f"file://{place}/*.parquet" if source.startswith("file") else str(place / source)
        with pytest.raises(DataError) as error:
            open_blocks(name, together=member)
        return str(error.value).replace(str(place), ""), member.has_left

    found = in_each(3, own)
    assert len(set(found)) == 1
    (said, has_left) = found[0]
    assert has_left
    assert said.startswith("All processes must see the same table '")
    assert said.endswith(f"; {apart}. Start all with the same command, on the same files.")


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("gcsfs", r"A table at gs:// must have the packages that read from there; .* Run pip install gcsfs\."),
        ("fsspec", r"A table at gs:// must have .* Run pip install (?:\S+ )*fsspec(?: \S+)*\."),
    ],
)
def test_what_reads_from_a_cloud_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, missing: str, message: str
) -> None:
    pytest.importorskip("fsspec")
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ParameterError, match=message):
        many.files_of("gs://bucket/part-*.parquet")
