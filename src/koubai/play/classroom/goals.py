"""Goals of lessons: what is measured on the page, and how it is compared. The page's half is ``lessons/goals.js``."""

import operator
from collections.abc import Callable, Mapping

METRICS = (
    "train_loss",
    "test_loss",
    "train_accuracy",
    "test_accuracy",
    "mistakes",
    "epoch",
    "hidden_layers",
    "hidden_nodes",
    "parameters",
    "features",
    "starts",
    "poor_starts",
    "branches",
    "derivations",
)
"""What a goal may be about: losses, shares from 0 to 1 classified correctly, a perceptron's mistakes in an epoch, whole
epochs, the network's size, trained and poor starts among many, runs kept for comparison, derivations opened."""

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "below": operator.lt,
    "above": operator.gt,
    "at_most": operator.le,
    "at_least": operator.ge,
}
"""How a metric may be compared with a number."""

Goal = Mapping[str, Mapping[str, float]]
"""Conditions by metric, all of which must hold at the same time."""


def is_met(goal: Goal, measured: Mapping[str, object]) -> bool:
    """Return whether all conditions of a goal hold.

    A metric that is not there or not a number meets no condition.

    Examples
    --------
    >>> is_met({"test_loss": {"below": 0.1}, "hidden_nodes": {"at_most": 3}}, {"test_loss": 0.05, "hidden_nodes": 3})
    True
    >>> is_met({"test_loss": {"below": 0.1}}, {"test_loss": None})
    False
    """
    for metric, conditions in goal.items():
        value = measured.get(metric)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not all(COMPARISONS[name](value, limit) for name, limit in conditions.items()):
            return False
    return True
