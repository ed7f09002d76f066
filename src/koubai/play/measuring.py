"""How large a Parquet file is in memory, found out by a process of its own that may not take much.

A few kilobytes can unpack to many gigabytes, and what a file says of itself need not be true. So a process with bounded
memory and time reads it first; if that process dies, nothing else has suffered.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from koubai.core.errors import DataError

MOST_MEMORY = 2**30
"""Bytes that the measuring process may take beside its own code."""
MOST_CONTENT = 2**28
"""Bytes of all cells, were each written out."""
MOST_SECONDS = 20.0


def check_parquet(path: Path, most_rows: int, most_columns: int) -> None:
    """Refuse a Parquet file with too many rows, columns or bytes.

    Raises
    ------
    DataError
        If it is too large, or cannot be read within the bounds.
    """
    command = [sys.executable, "-m", "koubai.play.measuring", str(path), str(most_rows), str(most_columns)]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(command, capture_output=True, timeout=MOST_SECONDS, env=environment, check=True)
        rows, columns, size = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        raise DataError(
            "A table must be a whole Parquet file that fits in memory; it is damaged, or too large. "
            "Get it anew, or use koubai fit."
        ) from None
    for found, most, what in ((rows, most_rows, "rows"), (columns, most_columns, "columns")):
        if found > most:
            raise DataError(f"A table must have at most {most} {what}; got {found}. Use koubai fit.")
    if size > MOST_CONTENT:
        raise DataError(f"A table must have at most {MOST_CONTENT // 2**20} MiB in memory; got more. Use koubai fit.")


def measure(path: str, most_rows: int, most_columns: int) -> tuple[int, int, int]:
    """Return rows, columns and bytes of a Parquet file; of one with too many rows or columns, no bytes."""
    import polars as pl

    file = pl.scan_parquet(path)
    rows, columns = int(file.select(pl.len()).collect().item()), len(file.collect_schema())
    if rows > most_rows or columns > most_columns:
        return rows, columns, 0
    frame = pl.read_parquet(path)
    texts = frame.select(pl.col(pl.String).str.len_bytes().sum()).row(0)  # a text that many rows share counts for each
    return rows, columns, int(frame.estimated_size()) + sum(int(size or 0) for size in texts)


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):  # where memory cannot be limited, time still is
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    import polars  # noqa: F401  its own memory does not count

    _limit_memory()
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
