"""What is compared on the study's tables: koubai's defaults, and boosted trees with theirs.

Each contender takes training rows and test rows and answers for the test rows: numbers, or the classes' probabilities
with the classes themselves. Trees get numbers as numbers and texts as categories, as their manuals recommend.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl


class Answers(NamedTuple):
    """Predicted numbers (n,), or probabilities (n, n_classes) and the classes they belong to."""

    predicted: np.ndarray
    classes: list[str] | None = None


class Task(NamedTuple):
    """Training rows, test rows and what is asked of them; the target of classes is text."""

    training: pl.DataFrame
    test: pl.DataFrame
    target: str
    is_classes: bool
    seed: int


def koubai(task: Task, **options: Any) -> Answers:
    """A `TableModel` with its defaults."""
    from koubai.models.table_model import TableModel

    kind = "classification" if task.is_classes else "regression"
    model = TableModel(task=kind, random_state=task.seed, **options).fit(task.training, task.target)
    found = model.predict(task.test.drop(task.target))
    if not task.is_classes:
        return Answers(found["prediction"].to_numpy())
    names = [name for name in found.columns if name.startswith("probability_")]
    labels = _as_written([name.removeprefix("probability_") for name in names], task.training[task.target])
    return Answers(found.select(names).to_numpy(), labels)


def _as_written(labels: list[str], y: pl.Series) -> list[str]:
    """Return classes as the table has them: koubai says -1 of -1.0."""
    cells = y.unique().to_list()
    numbers = dict(zip(y.unique().cast(pl.Float64, strict=False).to_list(), cells, strict=True))
    return [label if label in cells else numbers[float(label)] for label in labels]


def columns_for_trees(task: Task) -> tuple[Any, Any, list[str]]:
    """Return training and test columns as pandas frames, and the names of those that hold categories."""
    both = pl.concat([task.training, task.test]).drop(task.target)
    ready = []
    texts = []
    for column in both:
        number = column.cast(pl.Float64, strict=False)
        if number.null_count() == column.null_count():
            ready.append(number)
        else:
            texts.append(column.name)
            ready.append(column.cast(pl.String))
    frame = pl.DataFrame(ready).to_pandas()
    n = task.training.height
    return frame.iloc[:n], frame.iloc[n:], texts


def hist_gradient_boosting(task: Task) -> Answers:
    """scikit-learn's HistGradientBoosting; categories beyond its 255 become missing."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    X, T, texts = columns_for_trees(task)
    X, T = X.copy(), T.copy()
    for name in texts:
        known = X[name].value_counts().index[:250]
        for frame in (X, T):
            frame[name] = frame[name].where(frame[name].isin(known)).astype("category").cat.set_categories(known)
    kind: Any = HistGradientBoostingClassifier if task.is_classes else HistGradientBoostingRegressor
    model = kind(random_state=task.seed).fit(X, task.training[task.target].to_numpy())
    return _answers(model, T, task.is_classes)


def catboost(task: Task) -> Answers:
    """CatBoost, where it is installed."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    X, T, texts = columns_for_trees(task)
    X, T = X.copy(), T.copy()
    for name in texts:
        for frame in (X, T):
            frame[name] = frame[name].fillna("missing").astype(str)
    kind: Any = CatBoostClassifier if task.is_classes else CatBoostRegressor
    model = kind(random_seed=task.seed, verbose=False, allow_writing_files=False, thread_count=1, cat_features=texts)
    model.fit(X, task.training[task.target].to_numpy())
    return _answers(model, T, task.is_classes)


def lightgbm(task: Task) -> Answers:
    """LightGBM, where it is installed."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    X, T, texts = columns_for_trees(task)
    X, T = X.copy(), T.copy()
    for name in texts:
        known = X[name].dropna().unique()
        for frame in (X, T):
            frame[name] = frame[name].astype("category").cat.set_categories(known)
    kind: Any = LGBMClassifier if task.is_classes else LGBMRegressor
    model = kind(random_state=task.seed, n_jobs=1, verbose=-1).fit(X, task.training[task.target].to_numpy())
    return _answers(model, T, task.is_classes)


def _answers(model: Any, T: Any, is_classes: bool) -> Answers:
    if not is_classes:
        return Answers(np.asarray(model.predict(T), np.float64))
    return Answers(np.asarray(model.predict_proba(T), np.float64), [str(name) for name in model.classes_])


CONTENDERS: Mapping[str, Callable[[Task], Answers]] = {
    "koubai": koubai,
    "hgb": hist_gradient_boosting,
    "catboost": catboost,
    "lightgbm": lightgbm,
}
