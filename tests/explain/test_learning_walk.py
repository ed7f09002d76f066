"""The perceptron's walk: the lecture's table exactly, and any other walk read back."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.explain.derivations import Table, step_id
from koubai.explain.learning_rule.examples import Examples, spam
from koubai.explain.learning_rule.learning_walk import perceptron

from .checks import check_derivation

HALF = Fraction(1, 2)
SCORES = [0, HALF, 0, HALF, HALF, -HALF]
PREDICTIONS = [-1, 1, -1, 1, 1, -1]
WEIGHTS = {
    1: [HALF, HALF, 0, HALF, HALF],
    2: [HALF, HALF, -HALF, 0, HALF],
    3: [HALF, 1, 0, 0, HALF],
    4: [0, 1, 0, -HALF, HALF],
}


def test_the_lecture_s_six_mails_come_out_as_on_slides_19_to_25():
    derivation = perceptron()
    assert [derivation.step(f"f.{t}").result.value for t in range(1, 7)] == SCORES
    assert [derivation.step(f"y.{t}").result.value for t in range(1, 7)] == PREDICTIONS
    updated = {str(step.id): step for step in derivation.steps if step.id.kind == "w"}
    assert set(updated) == {f"w.{t}" for t in WEIGHTS}
    for t, weights in WEIGHTS.items():
        assert [row[0].value for row in updated[f"w.{t}"].result.rows] == weights
    assert derivation.step("L").result.value == 0


def test_the_table_of_the_walk_reads_as_on_the_slides():
    derivation = perceptron()
    text = derivation.render("text", "en")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "v1 1 1 0 1 1 +1 0 wrong [1/2, 1/2, 0, 1/2, 1/2]" in lines
    assert "v2 0 0 1 1 0 −1 1/2 wrong [1/2, 1/2, −1/2, 0, 1/2]" in lines
    assert "v3 0 1 1 0 0 +1 0 wrong [1/2, 1, 0, 0, 1/2]" in lines
    assert "v4 1 0 0 1 0 −1 1/2 wrong [0, 1, 0, −1/2, 1/2]" in lines
    assert "v5 1 0 1 0 1 +1 1/2 correct unchanged" in lines
    assert "v6 1 0 1 1 0 −1 −1/2 correct unchanged" in lines
    assert "A further pass would change nothing" in text


def test_a_second_pass_changes_nothing():
    derivation = perceptron(n_sweeps=2)
    assert not any(step.id == step_id("w", t) for step in derivation.steps for t in range(7, 13))


@pytest.mark.slow
@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 4), st.booleans())
def test_any_walk_reads_back(seed, n_rows, n_features, exact):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, n_features))
    x = x.round() / 2 if exact else x
    names = tuple(f"x{j}" for j in range(n_features))
    data = Examples(x, rng.choice([-1, 1], n_rows), names, tuple(map(str, range(n_rows))))
    check_derivation(perceptron(data, learning_rate=Fraction(1, 3), n_sweeps=2))


@pytest.mark.slow
def test_wide_and_long_tables_are_cut_and_say_so():
    rng = np.random.default_rng(0)
    x = (rng.random((300, 40)) < 0.1).astype(float)
    data = Examples(x, rng.choice([-1, 1], 300), tuple(f"w{j}" for j in range(40)), tuple(map(str, range(300))))
    derivation = perceptron(data)
    tables = [block for section in derivation.sections for block in section.blocks if isinstance(block, Table)]
    assert len(tables[0].rows) == 200
    text = derivation.render("text", "en")
    assert "and 100 more" in text
    assert "Features that are 0 contribute nothing" in text
    check_derivation(derivation)


def test_mistakes_are_told_in_one_sentence():
    with pytest.raises(ParameterError, match=r"learning_rate must be > 0; got 0\. Try 1\.$"):
        perceptron(learning_rate=0)
    with pytest.raises(ShapeError, match=r"start must have shape \(n_features,\) = \(5,\)"):
        perceptron(start=[1, 2])
    with pytest.raises(DataError, match=r"y must hold \+1 and -1 only; got .*0"):
        perceptron(Examples(np.ones((1, 1)), np.array([0]), ("a",), ("1",)))
    assert len(spam().names) == 6


def test_many_features_are_told_by_name_and_fill_no_pages():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 60)).round(1)
    data = Examples(x, rng.choice([-1, 1], 30), tuple(f"f{j}" for j in range(60)), tuple(map(str, range(30))))
    derivation = perceptron(data)
    check_derivation(derivation)
    text = derivation.render("text", "en")
    assert len(text.splitlines()) < 400
    assert "the 6 largest are written out" in text
    assert "All weights are 0." in text
    final = max(range(60), key=lambda k: abs(data_weights(data)[k]))
    assert f"f{final}" in text.split("── Result")[-1] or f"f{final}" in text[-2500:]


def data_weights(data):
    w = np.zeros(60)
    for x, y in zip(data.x, data.y, strict=True):
        w = w + 0.5 * y * x if y * (w @ x) <= 0 else w
    return w
