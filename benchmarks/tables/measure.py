"""One contender on one split of one table: its error, its log loss and its seconds."""

from time import perf_counter, process_time
from typing import Any

import numpy as np
import polars as pl

from benchmarks.tables.contenders import Answers, Task
from benchmarks.tables.sources import Source

TEST_SHARE = 0.25
MOST_TESTED = 5000
FEWEST_OF_CLASS = 4
"""Rarer classes are left out: each needs a row on either side."""


def split_of(source: Source, seed: int, most_rows: int) -> Task:
    """Return a table's training and test rows: a quarter, at most 5000, is held out, of each class alike."""
    from sklearn.model_selection import train_test_split

    frame, target = source.load()
    if source.classes:
        frame = frame.with_columns(pl.col(target).cast(pl.String))
    else:
        frame = frame.with_columns(pl.col(target).cast(pl.Float64, strict=False))
    frame = frame.filter(pl.col(target).is_not_null())
    if source.classes:
        frame = frame.filter(pl.len().over(target) >= FEWEST_OF_CLASS)
    n_test = min(MOST_TESTED, round(TEST_SHARE * frame.height))
    n_training = min(most_rows, frame.height - n_test)
    strata = frame[target].to_numpy() if source.classes else None
    training, test = train_test_split(
        np.arange(frame.height), train_size=n_training, test_size=n_test, random_state=seed, stratify=strata
    )
    return Task(frame[np.sort(training)], frame[np.sort(test)], target, source.classes, seed)


def measured(contend: Any, task: Task) -> dict[str, float]:
    """Return a contender's scores on a split.

    For classes: error (share of wrong answers) and log_loss, in nats; for numbers: error (root mean squared error as a
    share of that of the training mean). seconds are the processor's, wall those of the clock.
    """
    begin, clock = process_time(), perf_counter()
    answers = contend(task)
    seconds, wall = process_time() - begin, perf_counter() - clock
    y = task.test[task.target].to_numpy()
    found = _class_scores(answers, y) if task.is_classes else _number_scores(answers, y, task)
    return found | {"seconds": seconds, "wall": wall, "rows": task.training.height, "columns": task.training.width - 1}


def _class_scores(answers: Answers, y: np.ndarray) -> dict[str, float]:
    assert answers.classes is not None
    places = {name: index for index, name in enumerate(answers.classes)}
    true = np.array([places.get(str(value), -1) for value in y])
    shares = np.append(answers.predicted, np.zeros((len(y), 1)), axis=1)[np.arange(len(y)), true]
    wrong = float((answers.predicted.argmax(axis=1) != true).mean())
    return {"error": wrong, "log_loss": float(-np.log(np.maximum(shares, 1e-15)).mean()), "least": 0.5 / len(y)}


def _number_scores(answers: Answers, y: np.ndarray, task: Task) -> dict[str, float]:
    constant = np.sqrt(np.mean((y - task.training[task.target].to_numpy().mean()) ** 2))
    return {"error": float(np.sqrt(np.mean((answers.predicted - y) ** 2)) / constant), "least": 1e-6}
