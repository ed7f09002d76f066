"""The dimensions of a table, measured in a separate process with limited resources.

A few kilobytes can unpack to many gigabytes, a few megabytes can be crafted to take hours to read, and a file's
metadata need not be true. So a low-priority process with limited memory and time reads it first; if that process dies,
no harm is done.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from koubai.core.errors import DataError, KoubaiError
from koubai.core.language import worded

MOST_MEMORY = 2**30
"""Limit on the measuring process's memory beyond its own code, in bytes."""
MOST_CONTENT = 2**28
"""Maximum size of all cells in bytes, if each were written out."""
MOST_NAME, MOST_CELL = 200, 10_000
"""Maximum length of a column name in characters, and of a cell in bytes."""
MOST_SECONDS, MOST_WAITING = 15, 60.0
"""Limits on the measuring process's processor time and wall-clock time, in seconds."""
TOO_LARGE = (
    "A table must fit in memory and be readable within {} seconds; this one is damaged or too large. Download it "
    "again, or use koubai fit."
)
WHOLE = (
    "A table must be a complete Parquet file with at most {} MiB in memory; this one is damaged or too large. "
    "Download it again, or use koubai fit."
)


def measured(path: Path, most_rows: int, most_columns: int) -> dict[str, object]:
    """Return the columns and the number of rows of a table, to be offered on the page.

    Raises
    ------
    DataError
        If it cannot be read within the limits, has too many rows or columns, or has too much content.
    """
    command = [sys.executable, "-m", "koubai.play.serving.measuring", str(path), str(most_rows), str(most_columns)]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(command, capture_output=True, timeout=MOST_WAITING, env=environment, check=True)
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        is_parquet = path.suffix == ".parquet"
        raise DataError(WHOLE.format(MOST_CONTENT // 2**20) if is_parquet else TOO_LARGE.format(MOST_SECONDS)) from None
    if "problem" in found:
        raise DataError(found["problem"])
    for part, most, what in (("rows", most_rows, "rows"), ("width", most_columns, "columns")):
        if found[part] > most:
            raise DataError(f"A table must have at most {most} {what}; got {found[part]}. Use koubai fit.")
    if found["size"] > MOST_CONTENT:
        raise DataError(worded("playground.error.table_have_at_most_mib", most_content=MOST_CONTENT // 2**20))
    for part, most, what in (
        ("name", MOST_NAME, "characters in a column's name"),
        ("cell", MOST_CELL, "bytes in a cell"),
    ):
        if found[part] > most:
            raise DataError(
                f"A table must have at most {most} {what}; got {found[part]}. Shorten them, or use koubai fit."
            )
    return {"columns": found["columns"], "rows": found["rows"]}


def measure(path: str, most_rows: int, most_columns: int) -> dict[str, object]:
    """Return a table's dimensions and columns; if there are too many rows or columns, only their numbers."""
    import polars as pl

    from koubai.tables.files.reading import read_table

    found: dict[str, Any] = {"rows": 0, "width": 0, "name": 0, "cell": 0, "size": 0, "columns": []}
    if path.endswith(".parquet"):  # its metadata gives the size before reading
        file = pl.scan_parquet(path)
        found |= {"rows": int(file.select(pl.len()).collect().item()), "width": len(file.collect_schema())}
        if found["rows"] > most_rows or found["width"] > most_columns:
            return found
    frame = read_table(path).frame
    found |= {"rows": frame.height, "width": frame.width}
    if frame.height > most_rows or frame.width > most_columns:
        return found
    found["name"] = max(map(len, frame.columns))
    found["columns"] = list(frame.columns) if found["name"] <= MOST_NAME else []
    lengths = frame.select(pl.col(pl.String).str.len_bytes())  # text columns
    longest, summed = lengths.max().row(0), lengths.sum().row(0)  # a text shared by many rows counts for each
    found["cell"] = max((int(length or 0) for length in longest), default=0)
    texts = sum(int(length or 0) for length in summed)
    return found | {"size": int(frame.estimated_size()) + texts}


def _limit() -> None:
    """Limit this process's resources as far as the system can; elsewhere `MOST_WAITING` applies."""
    with suppress(ImportError, OSError, ValueError, AttributeError):
        import resource

        os.nice(10)
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _main(path: str, most_rows: str, most_columns: str) -> None:
    import polars  # noqa: F401  loaded before the limits, so as not to count

    import koubai.tables.files.reading  # noqa: F401

    _limit()
    try:
        print(json.dumps(measure(path, int(most_rows), int(most_columns))))
    except (KoubaiError, ValueError) as error:
        print(json.dumps({"problem": str(error)}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
