"""Over 20 seeds the two libraries reach the same loss and score: they differ by the order of rows alone.

Each seed gives both the same initial values and split, so the differences are paired. Their mean must lie within three
standard errors of 0 (of six comparisons, one beyond two would be no surprise), and those errors must be small beside
what is compared, or the test would say nothing.
"""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from koubai import MLPClassifier, MLPRegressor

SEEDS = range(20)
DIGITS, DIGIT = load_digits(return_X_y=True)
BODIES, PROGRESSION = load_diabetes(return_X_y=True)
PROBLEMS: dict[str, tuple[Any, Any, Any, Any, dict[str, Any]]] = {
    "digits, adam": (
        theirs.MLPClassifier,
        MLPClassifier,
        DIGITS[:900] / 16,
        DIGIT[:900],
        {"learning_rate_init": 0.005},
    ),
    "digits, sgd": (
        theirs.MLPClassifier,
        MLPClassifier,
        DIGITS[:900] / 16,
        DIGIT[:900],
        {"solver": "sgd", "learning_rate_init": 0.05},
    ),
    "diabetes, adam": (
        theirs.MLPRegressor,
        MLPRegressor,
        scale(BODIES),
        scale(PROGRESSION),
        {"learning_rate_init": 0.005, "activation": "tanh"},
    ),
}


SLOW = ("digits, adam", "digits, sgd")


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in PROBLEMS])
def test_same_loss_and_score(name: str) -> None:
    their_class, our_class, X, y, given = PROBLEMS[name]
    losses, scores = np.empty((2, len(SEEDS))), np.empty((2, len(SEEDS)))
    for seed in SEEDS:
        train_X, test_X, train_y, test_y = train_test_split(X, y, random_state=seed)
        for row, make in enumerate((their_class, our_class)):
            model = make(hidden_layer_sizes=(16,), batch_size=32, max_iter=15, random_state=seed, **given)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(train_X, train_y)
            losses[row, seed], scores[row, seed] = model.loss_, model.score(test_X, test_y)
    for values, resolution in ((losses, 0.1), (scores, 0.01)):
        differences = values[1] - values[0]
        error = differences.std(ddof=1) / np.sqrt(len(SEEDS))
        assert error < resolution * values[0].mean()
        assert abs(differences.mean()) < 3 * error
