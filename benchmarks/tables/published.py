"""How good ``koubai fit`` is with its defaults on published tables: ``python -m benchmarks.tables published [SEEDS]``.

Each table is split anew for each seed, a fifth held out; Adult is also scored on its own test file. Prints a table in
Markdown: mean and standard deviation over the seeds, the constant answer's score, seconds a fit.
"""

import gzip
import tempfile
from pathlib import Path
from time import perf_counter

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


def main(n_seeds: int = 5) -> None:
    """Measure and print."""
    print("| table, target | measure | koubai fit | constant answer | seconds |\n|---|---|---|---|---|")
    for name, target in TABLES:
        begin = perf_counter()
        found = [
            TableModel(random_state=seed).fit(SHARED_DATA / name, target, test_fraction=0.2).evaluation_
            for seed in range(n_seeds)
        ]
        _print(f"{name}, {target}", [one for one in found if one is not None], (perf_counter() - begin) / n_seeds)
    begin = perf_counter()
    found = [_adult_with_its_own_test(seed) for seed in range(n_seeds)]
    _print("adult.csv.gz, on adult.test.csv.gz", found, (perf_counter() - begin) / n_seeds)


def _adult_with_its_own_test(seed: int) -> Evaluation:
    """Return the scores on Adult's test file, without its first line and the dots behind its labels."""
    model = TableModel(random_state=seed).fit(SHARED_DATA / "adult.csv.gz", "income-per-year")
    with tempfile.TemporaryDirectory() as folder:
        names, *_ = gzip.decompress((SHARED_DATA / "adult.csv.gz").read_bytes()).decode().split("\n", 1)
        _, rows = gzip.decompress((SHARED_DATA / "adult.test.csv.gz").read_bytes()).decode().split("\n", 1)
        path = Path(folder) / "test.csv"
        path.write_text(names.strip() + "\n" + rows.replace(".\r", "\r").replace(".\n", "\n"))
        return model.evaluate(path)


def _print(what: str, found: list[Evaluation], seconds: float) -> None:
    scores, constant = [one.score for one in found], np.mean([one.baseline for one in found])
    form = ".4f" if found[0].measure == "accuracy" else ",.0f"
    score = f"{np.mean(scores):{form}} ± {np.std(scores):{form}}"
    print(f"| {what} | {found[0].measure} | {score} | {constant:{form}} | {seconds:.1f} |", flush=True)
