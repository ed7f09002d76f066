"""Tables read block by block beside the same tables in memory: peak memory, and rows a second of the same network.

    python -m benchmarks.streaming                             # 200,000 and 800,000 rows, about two minutes
    python -m benchmarks.streaming --rows 2000000 8000000      # as docs/tables.md has it
    python -m benchmarks.streaming --rows 8000000 --only-stream --epochs 1

Every fit is a process of its own; streamed and in memory take turns on the same file with the same network, batches
and number of epochs. Rows a second are those that train, over the seconds of an epoch (validation included), the median
over epochs but the first and over rounds. "ratio" is the streamed rate over the one in memory: 0.8 or more is the aim.
"peak" is the largest resident memory of the whole process, from reading the file to the score on the held-out rows;
"predict" is that of a streamed prediction of all rows into a file.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

TARGET = "y"
ROW_GROUP = 262_144


def write_table(path: Path, n_rows: int, n_columns: int, seed: int = 0) -> None:
    """Write numbers and a noisy class that follows from them as Parquet, without holding them all."""
    import polars as pl

    from koubai.tables.files.writing import write_parquet

    rng = np.random.default_rng(seed)
    weights = rng.normal(size=n_columns)

    def frames() -> Any:
        for start in range(0, n_rows, ROW_GROUP):
            x = rng.normal(size=(min(ROW_GROUP, n_rows - start), n_columns))
            score = x @ weights + np.sin(3 * x[:, 0]) + rng.normal(size=len(x))
            names = [f"x{index}" for index in range(n_columns)]
            yield pl.DataFrame(x, schema=names).with_columns(pl.Series(TARGET, np.where(score > 0, "yes", "no")))

    with path.open("wb") as file:
        write_parquet(frames(), file)


def peak_mib() -> float:
    """Largest resident memory of this process, MiB."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (2**20 if sys.platform == "darwin" else 2**10)


def one_fit(path: str, how: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Fit in this process; return seconds, rows a second, score and peak memory."""
    from koubai import TableModel, save

    began = time.perf_counter()
    model = TableModel(**settings).fit(path, TARGET, test_fraction=0.2, stream=how == "stream")
    seconds = time.perf_counter() - began
    assert model.evaluation_ is not None
    save(model, Path(path).with_suffix(".koubai"))
    epochs = model.estimator_.history_.seconds
    rows = model.n_rows_["training"]
    rates = [rows / each for each in epochs[1:] or epochs]
    return {
        "rates": rates,
        "seconds": seconds,
        "before": seconds - sum(epochs),
        "score": model.evaluation_.score,
        "peak": peak_mib(),
    }


def one_prediction(path: str) -> dict[str, Any]:
    """Predict all rows into a file in this process; return seconds and peak memory."""
    from koubai.cli.main import main as koubai

    began = time.perf_counter()
    out = Path(path).with_suffix(".predicted.parquet")
    model = Path(path).with_suffix(".koubai")
    status = koubai(["predict", str(model), path, "--out", str(out), "--stream", "--quiet"])
    assert status == 0
    out.unlink()
    return {"seconds": time.perf_counter() - began, "peak": peak_mib()}


def in_a_process(*job: Any) -> dict[str, Any]:
    """Run a job of this module in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.streaming", "--job", json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"benchmarks.streaming: a job failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(path: Path, n_rows: int, given: argparse.Namespace) -> None:
    """Measure one table and print its lines."""
    settings: dict[str, Any] = {
        "hidden_layer_sizes": given.hidden,
        "epochs": given.epochs,
        "batch_size": given.batch_size,
        "dtype": given.dtype,
    }
    ways = ("stream",) if given.only_stream else ("stream", "memory")
    found: dict[str, list[dict[str, Any]]] = {how: [] for how in ways}
    for _ in range(given.rounds):
        for how in ways:
            found[how].append(in_a_process("fit", str(path), how, settings))
    rates = {how: median(rate for one in runs for rate in one["rates"]) for how, runs in found.items()}
    for how, runs in found.items():
        middle = {name: median(one[name] for one in runs) for name in ("seconds", "before", "score", "peak")}
        ratio = f"   ratio {rates['stream'] / rates['memory']:.2f}" if how == "memory" else ""
        print(
            f"{n_rows:>10,} rows   {how:6s}   {rates[how]:>9,.0f} rows/s   {middle['seconds']:7.1f} s in all, "
            f"{middle['before']:6.1f} s beside training   peak {middle['peak']:6.0f} MiB   "
            f"accuracy {middle['score']:.4f}{ratio}",
            flush=True,
        )
    predicted = in_a_process("predict", str(path))
    rate = n_rows / predicted["seconds"]
    print(f"{n_rows:>10,} rows   predict  {rate:>9,.0f} rows/s   peak {predicted['peak']:6.0f} MiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000, 800_000])
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--hidden", type=int, nargs="*", default=[128, 64])
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--dtype", choices=["float64", "float32"], default="float64")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only-stream", action="store_true", help="leave out the fits in memory")
    parser.add_argument("--folder", help="where the tables are written (default: a temporary folder)")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        kind, path, *rest = json.loads(given.job)
        print(json.dumps(one_fit(path, *rest) if kind == "fit" else one_prediction(path)))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for n_rows in given.rows:
            path = Path(folder) / f"{n_rows}.parquet"
            write_table(path, n_rows, given.columns)
            compare(path, n_rows, given)
            path.unlink()


if __name__ == "__main__":
    main()
