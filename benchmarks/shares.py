"""What each of several processes takes that share a table: peak memory, and what it writes to its disk.

    python -m benchmarks.shares                              # 300,000 rows, 1, 2 and 4 processes
    python -m benchmarks.shares --rows 2000000 --processes 1 2 4

Every line is a fit of the same network on the same Parquet file, read block by block, by so many processes on this
machine. "written" is what a process writes to disk, nearly all of it the rows that it prepares and keeps; "peak" its
largest resident memory, in which JAX and polars alone take hundreds of MiB; of both the largest among the processes.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.streaming import TARGET, peak_mib, write_table


def written_mib() -> float:
    """What this process has written so far, MiB; Linux says so."""
    lines = Path("/proc/self/io").read_text(encoding="utf-8").splitlines()
    found = dict(line.split(": ") for line in lines)
    return int(found["write_bytes"]) / 2**20


def one_process(words: Sequence[str]) -> dict[str, float]:
    """Fit in this process, one of several; return what it took."""
    from koubai.cli.main import main as koubai

    status = koubai(words)
    assert status == 0
    return {"peak": peak_mib(), "written": written_mib()}


def fit(path: Path, size: int, given: argparse.Namespace) -> list[dict[str, Any]]:
    """Fit by so many processes; return what each took."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = ["fit", str(path), "--target", TARGET, "--model", f"{path}.koubai", "--stream", "--quiet", "--force"]
    words += ["--hidden", "16", "--batch-size", "1024", "--epochs", str(given.epochs), "--members", "1"]
    children = []
    for rank in range(size):
        own = ["--coordinator", address, "--processes", str(size), "--process", str(rank)]
        job = [sys.executable, "-m", "benchmarks.shares", "--job", json.dumps([*words, *own])]
        children.append(subprocess.Popen(job, stdout=subprocess.PIPE, text=True))
    return [json.loads(child.communicate()[0].splitlines()[-1]) for child in children]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--folder", help="where the table is written (default: a temporary folder)")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        print(json.dumps(one_process(json.loads(given.job))))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / "table.parquet"
        write_table(path, given.rows, given.columns)
        for size in given.processes:
            took = fit(path, size, given)
            peak, written = (max(one[name] for one in took) for name in ("peak", "written"))
            print(
                f"{given.rows:>10,} rows   {size} processes   peak {peak:6.0f} MiB   written {written:6.1f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
