"""The rows that every peer gets: the same numbers from the same seed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.cases import Case

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Data:
    """Inputs (n, n_features) of the asked dtype, class labels (n,) as integers, and the same as targets.

    Targets are one-hot (n, n_classes), or (n, 1) for two classes.
    """

    inputs: Array
    labels: npt.NDArray[np.int64]
    targets: Array


def moons(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two interleaved half circles with noise."""
    labels = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    x = np.where(labels == 0, np.cos(angle), 1 - np.cos(angle))
    y = np.where(labels == 0, np.sin(angle), 0.5 - np.sin(angle))
    return np.stack([x, y], axis=1) + rng.normal(0, 0.2, (n, 2)), labels


def digits(n: int) -> tuple[Array, Array]:
    """The first rows of scikit-learn's digits, scaled to [0, 1]."""
    from sklearn.datasets import load_digits

    inputs, labels = load_digits(return_X_y=True)
    return inputs[:n] / 16, labels[:n]


def make_data(case: Case, dtype: str) -> Data:
    """Return the rows of a case."""
    rng = np.random.default_rng(0)
    n_classes = max(2, case.sizes[-1])
    if case.data == "moons":
        inputs, labels = moons(case.rows, rng)
    elif case.data == "digits":
        inputs, labels = digits(case.rows)
    else:
        inputs = rng.random((case.rows, case.sizes[0]), dtype=dtype)  # type: ignore[arg-type]  # a str is a dtype
        labels = rng.integers(0, n_classes, case.rows)
        labels[: min(n_classes, case.rows)] = np.arange(min(n_classes, case.rows))  # every class is there
    if inputs.shape != (case.rows, case.sizes[0]):
        raise ValueError(
            f"case {case.name}: {case.data} must have {case.rows} rows of {case.sizes[0]}; got {inputs.shape}"
        )
    labels = labels.astype(np.int64)
    one_hot = labels[:, None] if case.sizes[-1] == 1 else np.eye(n_classes)[labels]
    return Data(np.ascontiguousarray(inputs, dtype=dtype), labels, np.ascontiguousarray(one_hot, dtype=dtype))
