"""The perceptron of lecture section 2: its worked example, its limit, its convergence theorem."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.core.perceptron import learn, loss, predict, update, with_bias

FEATURES = ("and", "viagra", "the", "of", "nigeria")
MAILS = np.array([[1, 1, 0, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 1, 0, 1], [1, 0, 1, 1, 0]])
SPAM = np.array([1, -1, 1, -1, 1, -1])
H = Fraction(1, 2)
WEIGHTS_AFTER = [(H, H, 0, H, H), (H, H, -H, 0, H), (H, 1, 0, 0, H), *3 * [(0, 1, 0, -H, H)]]
XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([-1, 1, 1, -1])


@pytest.mark.parametrize("exact", [True, False], ids=["fractions", "float64"])
def test_slides_19_to_25_spam_table(exact):
    X = MAILS.astype(object) if exact else MAILS
    steps = learn(X, SPAM, learning_rate=H if exact else 0.5)
    assert [step.score for step in steps] == [0, H, 0, H, H, -H]
    assert [step.right for step in steps] == [False, False, False, False, True, True]
    assert [step.prediction for step in steps] == [-1, 1, -1, 1, 1, -1]
    assert [tuple(step.weights) for step in steps] == WEIGHTS_AFTER
    assert [step.y for step in steps] == list(SPAM)
    assert all((step.x == MAILS[step.row]).all() for step in steps)
    if exact:
        assert all(isinstance(weight, (int, Fraction)) for weight in steps[-1].weights)


def test_slides_19_to_25_a_second_pass_changes_nothing():
    first = learn(MAILS, SPAM, learning_rate=0.5)
    second = learn(MAILS, SPAM, learning_rate=0.5, start=first[-1].weights)
    assert all(step.right for step in second)
    assert tuple(second[-1].weights) == (0, 1, 0, -0.5, 0.5)
    both = learn(MAILS, SPAM, learning_rate=0.5, n_sweeps=2)
    assert [step.sweep for step in both] == 6 * [0] + 6 * [1]
    assert tuple(both[-1].weights) == (0, 1, 0, -0.5, 0.5)


def test_slide_18_a_score_of_zero_is_predicted_as_minus_one():
    assert predict(np.zeros(2), np.ones(2)) == -1
    assert list(predict(np.array([1.0]), np.array([[-1.0], [0.0], [1e-300]]))) == [-1, -1, 1]


def test_slide_17_a_right_example_costs_nothing():
    w = np.array([1.0, -2.0])
    X = np.array([[3.0, 1.0], [3.0, 1.0], [0.0, 1.0]])
    assert loss(w, X, np.array([1, -1, 1])) == 0 + 1 + 2


def test_slide_18_update():
    assert list(update(np.array([1.0, 1.0]), np.array([2.0, 3.0]), -1, 0.5)) == [0.0, -0.5]


def test_each_record_follows_from_the_one_before():
    steps = learn(*XOR, n_sweeps=3, order=[3, 1, 0, 2])
    assert [step.row for step in steps] == 3 * [3, 1, 0, 2]
    for before, after in pairwise(steps):
        assert after.weights_before is before.weights
    with pytest.raises(ValueError, match="read-only"):
        steps[0].weights[0] = 1


def test_slide_26_xor_is_never_learned():
    steps = learn(with_bias(XOR[0]), XOR[1], n_sweeps=200)
    for sweep in range(200):
        assert not all(step.right for step in steps[4 * sweep : 4 * sweep + 4])


@given(
    arrays(np.float64, (12, 3), elements=st.integers(-8, 8).map(float)),
    arrays(np.float64, 3, elements=st.integers(-4, 4).map(float)),
    arrays(np.float64, 3, elements=st.just(0.0)) | st.just(None),
)
def test_convergence_theorem(X, separator, start):
    """Novikoff 1962: with margin γ and radius R there are at most (R/γ)² mistakes from zero weights, in any order."""
    margins = X @ separator
    assume((margins != 0).all())
    y = np.sign(margins)
    gamma = np.abs(margins).min() / np.linalg.norm(separator)
    bound = (np.linalg.norm(X, axis=1).max() / gamma) ** 2
    n_sweeps = min(int(bound) + 1, 60)
    steps = learn(X, y, start=start, n_sweeps=n_sweeps)
    assert sum(not step.right for step in steps) <= bound * (1 + 1e-12)
    if n_sweeps > bound:  # some sweep made no mistake
        assert (predict(steps[-1].weights, X) == y).all()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"X": [1, 2]}, ShapeError, r"learn: X must have shape \(n_rows, n_features\); got \(2,\)"),
        ({"X": np.ones((0, 2))}, DataError, "learn: X must have at least one row; got none"),
        ({"y": [1]}, ShapeError, r"learn: y must have shape \(n_rows,\) = \(2,\); got \(1,\)"),
        ({"y": [0, 1]}, DataError, r"learn: y must hold \+1 and -1 only; got .*0"),
        ({"start": [1, 2, 3]}, ShapeError, r"learn: start must have shape \(n_features,\) = \(2,\); got \(3,\)"),
        ({"learning_rate": 0}, ParameterError, "learn: learning_rate must be > 0; got 0. Try 1."),
        ({"n_sweeps": 0}, ParameterError, "learn: n_sweeps must be >= 1; got 0. Try 1."),
        ({"order": [0, 2]}, ParameterError, "learn: order must name rows from 0 to 1; got 2."),
        ({"order": []}, ParameterError, "learn: order must name rows from 0 to 1; got none."),
    ],
)
def test_bad_input_is_named_in_one_sentence(changes, error, message):
    given = {"X": [[1, 2], [3, 4]], "y": [1, -1]} | changes
    with pytest.raises(error, match=message):
        learn(given.pop("X"), given.pop("y"), **given)
