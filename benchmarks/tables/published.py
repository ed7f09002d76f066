"""How good ``koubai fit`` is with its defaults on published tables: ``python -m benchmarks.tables published [SEEDS]``.

Each table is split anew for each seed, a fifth held out; Adult is also scored on its own test file. Prints a table in
Markdown: mean and standard deviation over the seeds, the constant answer's score, seconds a fit, and the processor's.
"""

import gzip
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from benchmarks.tables.sources import SHARED_DATA
from koubai.models.scores.evaluation import Evaluation
from koubai.models.table_model import TableModel

TABLES = (
    ("penguins.csv", "species"),
    ("penguins.csv", "body_mass_g"),
    ("titanic.csv", "Survived"),
    ("spambase.csv", "result"),
    ("california.csv.gz", "column_9"),
    ("adult.csv.gz", "income-per-year"),
)


ADULT_TEST = "adult.csv.gz, on adult.test.csv.gz"


def main(n_seeds: int = 5, names: Sequence[str] = ()) -> None:
    """Measure and print; with names, only rows that begin with one of them."""
    print("| table, target | measure | koubai fit | constant answer | seconds | processor |\n|---|---|---|---|---|---|")
    rows = {f"{name}, {target}": partial(_with_a_fifth_held_out, name, target) for name, target in TABLES}
    for what, measured in (rows | {ADULT_TEST: _adult_with_its_own_test}).items():
        if names and not any(what.startswith(name) for name in names):
            continue
        begin, clock = process_time(), perf_counter()
        found = [measured(seed) for seed in range(n_seeds)]
        spent = (perf_counter() - clock) / n_seeds, (process_time() - begin) / n_seeds
        _print(what, [one for one in found if one is not None], *spent)


def _with_a_fifth_held_out(name: str, target: str, seed: int) -> Evaluation | None:
    return TableModel(random_state=seed).fit(SHARED_DATA / name, target, test_fraction=0.2).evaluation_


def _adult_with_its_own_test(seed: int) -> Evaluation:
    """Return the scores on Adult's test file, without its first line and the dots behind its labels."""
    model = TableModel(random_state=seed).fit(SHARED_DATA / "adult.csv.gz", "income-per-year")
    with tempfile.TemporaryDirectory() as folder:
        names, *_ = gzip.decompress((SHARED_DATA / "adult.csv.gz").read_bytes()).decode().split("\n", 1)
        _, rows = gzip.decompress((SHARED_DATA / "adult.test.csv.gz").read_bytes()).decode().split("\n", 1)
        path = Path(folder) / "test.csv"
        path.write_text(names.strip() + "\n" + rows.replace(".\r", "\r").replace(".\n", "\n"))
        return model.evaluate(path)


def _print(what: str, found: list[Evaluation], seconds: float, processor: float) -> None:
    scores, constant = [one.score for one in found], np.mean([one.baseline for one in found])
    form = ".4f" if found[0].measure == "accuracy" else ",.0f"
    score = f"{np.mean(scores):{form}} ± {np.std(scores):{form}}"
    times = f"{seconds:.1f} | {processor:.1f}"
    print(f"| {what} | {found[0].measure} | {score} | {constant:{form}} | {times} |", flush=True)
