"""Perceptron beside scikit-learn's: the same rows in the same order, in turns, medians of the times and their ratios.

    python benchmarks/perceptron.py                     # some seconds
    python benchmarks/perceptron.py --rows 1000000 --features 100000 --cases sparse --repeats 3

Every case runs a set number of passes (no stopping rule), so that both libraries do the same work. scikit-learn has no
pocket variant; it is set beside its plain one. "ratio" is scikit-learn's time over koubai's: above 1, koubai is faster.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import sklearn.linear_model
from scipy.sparse import csr_array
from sklearn.linear_model import SGDClassifier

from koubai import Perceptron


def sparse_rows(n: int, m: int, per_row: int, n_classes: int, seed: int = 0) -> tuple[csr_array, np.ndarray]:
    """Rows with ``per_row`` entries, features as unequally frequent as words, and noisy linear classes."""
    rng = np.random.default_rng(seed)
    columns = (m ** rng.random((n, per_row)) - 1).astype(np.int32)  # frequency of feature j about 1 / (j + 1)
    columns.sort(axis=1)
    data = rng.random(n * per_row)
    X = csr_array((data, columns.ravel(), np.arange(0, n * per_row + 1, per_row, dtype=np.int32)), shape=(n, m))
    scores = X @ rng.normal(size=(m, max(1, n_classes if n_classes > 2 else 1)))
    scores += rng.normal(size=scores.shape) * scores.std() * 0.3
    y = scores.argmax(axis=1) if n_classes > 2 else (scores[:, 0] > np.median(scores)).astype(int)
    return X, y


def dense_rows(n: int, m: int, n_classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Normal features and noisy linear classes."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, m))
    scores = X @ rng.normal(size=(m, n_classes if n_classes > 2 else 1))
    scores += rng.normal(size=scores.shape) * scores.std() * 0.3
    return X, scores.argmax(axis=1) if n_classes > 2 else (scores[:, 0] > 0).astype(int)


def seconds(make: Callable[[], Any], X: Any, y: np.ndarray) -> float:
    model = make()
    began = time.process_time()  # both use one thread: other work on the machine counts less than in elapsed time
    model.fit(X, y)
    return time.process_time() - began


def compare(name: str, X: Any, y: np.ndarray, repeats: int, **settings: Any) -> None:
    """Time the variants of both libraries in turns and print a line for each."""
    theirs: dict[str, Callable[[], Any]] = {
        "plain": lambda: sklearn.linear_model.Perceptron(**settings),
        "averaged": lambda: SGDClassifier(
            loss="perceptron", learning_rate="constant", eta0=1, average=True, **{"penalty": None, **settings}
        ),
    }
    ours = {
        variant: (lambda variant=variant: Perceptron(variant=variant, **settings))
        for variant in ("plain", "averaged", "pocket")
    }
    for make in ours.values():  # compile, and touch the memory
        make().fit(X[:200], y[:200])
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(repeats):
        for variant, make in ours.items():
            times.setdefault(("koubai", variant), []).append(seconds(make, X, y))
            if variant in theirs:
                times.setdefault(("scikit-learn", variant), []).append(seconds(theirs[variant], X, y))
    middle = {key: median(values) for key, values in times.items()}
    for variant in ours:
        theirs_plain, peer = middle["scikit-learn", "plain"], middle.get(("scikit-learn", variant))
        beside = (
            "" if peer is None else f"   scikit-learn {peer:9.4f} s   ratio {peer / middle['koubai', variant]:5.2f}"
        )
        print(
            f"{name:38s} {variant:9s} koubai {middle['koubai', variant]:9.4f} s   "
            f"ratio to plain scikit-learn {theirs_plain / middle['koubai', variant]:5.2f}{beside}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--features", type=int, default=10_000)
    parser.add_argument("--per-row", type=int, default=50, help="entries in a row of the sparse cases")
    parser.add_argument("--dense-features", type=int, default=100)
    parser.add_argument("--classes", type=int, nargs="*", default=[2, 10])
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--orders", nargs="*", default=["shuffled", "in order"])
    parser.add_argument("--cases", nargs="*", default=["dense", "sparse"])
    parser.add_argument("--penalty", choices=["l1", "l2", "elasticnet"])
    given = parser.parse_args()
    for case in given.cases:
        for n_classes in given.classes:
            if case == "sparse":
                X, y = sparse_rows(given.rows, given.features, given.per_row, n_classes)
            else:
                X, y = dense_rows(given.rows, given.dense_features, n_classes)
            for order in given.orders:
                settings = {
                    "shuffle": order == "shuffled",
                    "max_iter": given.passes,
                    "tol": None,
                    "penalty": given.penalty,
                }
                name = f"{case} {X.shape[0]} × {X.shape[1]}, {n_classes} classes, {order}"
                compare(name, X, y, given.repeats, **settings)


if __name__ == "__main__":
    main()
