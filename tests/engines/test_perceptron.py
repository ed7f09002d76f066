"""The compiled perceptron against the readable rule, row by row, and its variants against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from koubai.core.errors import DivergenceError
from koubai.core.perceptron import learn, predict
from koubai.core.randomness import SHUFFLE, derive_key, permutation, random_words
from koubai.engines.cpu.entries import run_perceptron
from koubai.engines.cpu.perceptron import train
from koubai.engines.cpu.perceptron_records import LabelledRows, LearningRule, Outcome, PassPlan, Problems, Weights

LECTURE = {"ties_wrong": False, "fit_bias": False}
NOISE = np.random.default_rng(0)
CLOUD = NOISE.normal(size=(60, 4)).round(2)
CLOUD_LABELS = (CLOUD @ [1.0, -2.0, 0.5, 0.0] + NOISE.normal(size=60) > 0.2).astype(np.int32)


def run(X, labels, rule=None, start=None, members=None, n_classes=2, weights=None, **course) -> tuple[Weights, Outcome]:
    """Train on labels 0 … n_classes-1 and return the state and what happened."""
    dtype = X.dtype
    k = 1 if n_classes == 2 else n_classes
    state = Weights(np.zeros((X.shape[1], k), dtype), np.zeros(k)) if start is None else start
    ones = np.ones(k, dtype)
    problems = Problems(np.array([1]) if k == 1 else np.arange(k), ones, ones)
    rows = LabelledRows(
        X,
        labels.astype(np.int32),
        np.ones(len(labels), dtype) if weights is None else weights,
        np.arange(len(labels)) if members is None else members,
    )
    outcome = train(rows, problems, LearningRule(**(rule or {})), PassPlan(**{"order": "in order", **course}), state)
    return state, outcome


def order_of(course: str, seed: int, sweep: int, n: int) -> list[int]:
    key = derive_key(seed, SHUFFLE, sweep)
    if course == "random":
        return [int(word >> np.uint64(32)) * n >> 32 for word in random_words(key, n)]
    return list(range(n)) if course == "in order" else list(permutation(key, n))


def reference(X, labels, order, seed, n_sweeps, rate=1.0):
    """Return the records of the readable rule over some sweeps."""
    rows = [row for sweep in range(n_sweeps) for row in order_of(order, seed, sweep, len(X))]
    return learn(X, np.where(labels == 1, 1, -1), learning_rate=rate, order=rows)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
@pytest.mark.parametrize("order", ["in order", "shuffled", "random"])
@given(
    arrays(np.float64, (9, 5), elements=st.integers(-40, 40).map(lambda i: i / 8)),
    arrays(np.int32, 9, elements=st.integers(0, 1)),
)
def test_every_variant_does_what_the_readable_rule_does(order, sparse, X, labels):
    rate, n_sweeps = 0.5, 4
    steps = reference(X, labels, order, 3, n_sweeps, rate)
    rows = csr_array(X) if sparse else X
    course = {"order": order, "seed": 3, "max_passes": n_sweeps}
    plain, outcome = run(rows, labels, {**LECTURE, "learning_rate": rate}, **course)
    np.testing.assert_array_equal(plain.weights[:, 0], steps[-1].weights)  # eighths: exact in binary
    wrong = [not step.right for step in steps]
    np.testing.assert_array_equal(outcome.mistakes[:, 0], np.sum(np.reshape(wrong, (n_sweeps, 9)), axis=1))
    averaged, _ = run(rows, labels, {**LECTURE, "learning_rate": rate, "variant": "averaged"}, **course)
    mean = np.mean([step.weights for step in steps], axis=0)
    np.testing.assert_allclose(averaged.result()[0][:, 0], mean, rtol=0, atol=1e-12)
    pocket, _ = run(rows, labels, {**LECTURE, "learning_rate": rate, "variant": "pocket"}, **course)
    np.testing.assert_array_equal(pocket.result()[0][:, 0], pocket_by_hand(steps, X, labels, n_sweeps))


def pocket_by_hand(steps, X, labels, n_sweeps):
    """Return the pocket: after each sweep, the weights of its longest new run enter if they get more rows right.

    The run must be more than half as long as the longest before.
    """
    y = np.where(labels == 1, 1, -1)

    def errors(w):
        return int((predict(w, X) != y).sum())

    best = steps[0].weights_before
    run_length, longest, judged = 0, 0.0, False
    for sweep in range(n_sweeps):
        candidate = None
        for step in steps[sweep * len(X) : (sweep + 1) * len(X)]:
            if step.right:
                run_length += 1
                continue
            if run_length > longest and not judged:
                longest, candidate = run_length, step.weights_before
            run_length, judged = 0, False
        if run_length > longest and not judged:
            longest, candidate, judged = run_length, steps[(sweep + 1) * len(X) - 1].weights, True
        longest /= 2
        if candidate is not None and errors(candidate) < errors(best):
            best = candidate
    return best


@pytest.mark.parametrize("variant", ["plain", "averaged", "pocket"])
@pytest.mark.parametrize("penalty", [None, "l1", "l2", "elasticnet"])
@pytest.mark.parametrize("n_classes", [2, 3, 6])
def test_sparse_rows_give_what_dense_rows_give(variant, penalty, n_classes):
    labels = (CLOUD[:, 0] * 7).astype(int) % n_classes
    X = np.where(np.abs(CLOUD) > 0.5, CLOUD, 0.0)
    X[:, 2] += 0.25  # never zero: the L1 penalty treats a stored value as a feature of the row
    rule = {"variant": variant, "penalty": penalty, "alpha": 1e-3}
    stored = csr_array((X.ravel(), np.tile(np.arange(4), 60), np.arange(0, 244, 4)), shape=X.shape)
    found = [
        run(rows, labels, rule, n_classes=n_classes, max_passes=6)[0].result() for rows in (X, stored, csr_array(X))
    ]
    for one, other in zip(found[0], found[1], strict=True):
        np.testing.assert_array_equal(one, other)
    if penalty in (None, "l2"):
        for one, other in zip(found[0], found[2], strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def test_wide_indices_that_hold_small_numbers_compile_nothing_anew():
    labels = (CLOUD[:, 0] > 0).astype(int)
    narrow, wide = csr_array(CLOUD), csr_array(CLOUD)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    expected = run(narrow, labels, {}, max_passes=2)[0].result()
    compiled = run_perceptron.n_kinds()
    for one, other in zip(run(wide, labels, {}, max_passes=2)[0].result(), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert run_perceptron.n_kinds() == compiled


@pytest.mark.parametrize("variant", ["plain", "averaged", "pocket"])
def test_many_classes_in_one_sweep_are_as_many_runs_of_two(variant):
    labels = (CLOUD[:, 0] * 7).astype(int) % 7
    course = {"order": "shuffled", "seed": 5, "max_passes": 40, "tolerance": 1e-2, "patience": 3}
    rule = {"variant": variant, "penalty": "l2"}
    state, outcome = run(CLOUD, labels, rule, n_classes=7, **course)
    assert len(set(outcome.passes)) > 1  # problems stop at different times, and the others go on
    for k in range(7):
        alone, outcome_alone = run(CLOUD, labels == k, rule, **course)
        np.testing.assert_array_equal(state.result()[0][:, k], alone.result()[0][:, 0])
        np.testing.assert_array_equal(state.result()[1][k], alone.result()[1][0])
        assert outcome.passes[k] == outcome_alone.passes[0]
        mistakes = outcome_alone.mistakes[:, 0]
        np.testing.assert_array_equal(outcome.mistakes[: len(mistakes), k], mistakes)


def test_the_average_counts_the_weights_as_they_shrink():
    """With an L2 penalty the mean is over w_t = s_t v_t, whose scale changes at every row."""
    rule = {"penalty": "l2", "alpha": 0.05, "variant": "averaged", "fit_bias": False}
    state, _ = run(CLOUD, CLOUD_LABELS, rule, max_passes=3)
    w, total = np.zeros(4), np.zeros(4)
    for t in range(180):
        x, y = CLOUD[t % 60], 2 * CLOUD_LABELS[t % 60] - 1
        wrong = y * (w @ x) <= 0
        w = w * (1 - 0.05) + wrong * y * x
        total += w
    np.testing.assert_allclose(state.result()[0][:, 0], total / 180, rtol=1e-11)


@pytest.mark.parametrize("variant", ["plain", "averaged", "pocket"])
def test_two_runs_of_three_passes_are_one_of_six(variant):
    rule = {"variant": variant}
    whole, _ = run(CLOUD, CLOUD_LABELS, rule, order="shuffled", max_passes=6)
    half, _ = run(CLOUD, CLOUD_LABELS, rule, order="shuffled", max_passes=3)
    half, _ = run(CLOUD, CLOUD_LABELS, rule, half, order="shuffled", max_passes=3, first_pass=3)
    if variant == "pocket":  # a run that is cut in two may no longer be the longest of its pass
        np.testing.assert_array_equal(half.weights, whole.weights)
    else:
        np.testing.assert_allclose(half.result()[0], whole.result()[0], rtol=1e-12)
        np.testing.assert_allclose(half.result()[1], whole.result()[1], rtol=1e-12)


def test_once_a_pass_is_right_the_rest_is_only_counted():
    X = np.array([[1.0, 1.0], [-1.0, 0.5], [2.0, -1.0], [-2.0, -2.0]])
    labels = np.array([1, 0, 1, 0])
    steps = reference(X, labels, "in order", 0, 1000)
    state, outcome = run(X, labels, {**LECTURE, "variant": "averaged"}, max_passes=1000)
    assert outcome.passes[0] == 1000
    assert outcome.separated[0]
    assert outcome.mistakes[-1, 0] == 0
    np.testing.assert_array_equal(state.weights[:, 0], steps[-1].weights)
    mean = np.mean([step.weights for step in steps], axis=0)
    np.testing.assert_allclose(state.result()[0][:, 0], mean, rtol=1e-12)


def test_only_the_members_are_learned_from():
    members = np.flatnonzero(np.arange(60) % 3)
    for order in ("in order", "shuffled", "random"):
        part, _ = run(CLOUD, CLOUD_LABELS, members=members, order=order, max_passes=3)
        alone, _ = run(CLOUD[members], CLOUD_LABELS[members], order=order, max_passes=3)
        np.testing.assert_array_equal(part.weights, alone.weights)


def test_rows_of_weight_zero_change_nothing_and_are_no_mistakes():
    weights = np.ones(61)
    weights[60] = 0.0
    X, labels = np.vstack([CLOUD[:30] * 0 + [1, 0, 0, 0], CLOUD[:30] * 0 - [1, 0, 0, 0], [[5.0, 0, 0, 0]]]), None
    labels = np.r_[np.ones(30), np.zeros(30), 0].astype(np.int32)
    for variant in ("plain", "pocket"):
        _, outcome = run(X, labels, {"variant": variant}, weights=weights, max_passes=5)
        assert outcome.separated[0]
        assert outcome.mistakes[-1, 0] == 0


@pytest.mark.parametrize("order", ["in order", "random"])
@pytest.mark.parametrize("penalty", [None, "l2", "l1"])
def test_separated_is_said_only_of_weights_that_are_right_on_all_rows(order, penalty):
    labels = (CLOUD @ [1.0, -2.0, 0.5, 0.0] > 0.2).astype(np.int32)
    rule = {"penalty": penalty, "alpha": 1e-5}
    state, outcome = run(CLOUD, labels, rule, order=order, max_passes=3000, until_separated=True)
    assert outcome.separated[0]
    assert outcome.passes[0] < 3000
    assert ((CLOUD @ state.weights[:, 0] + state.biases[0] > 0) == (labels == 1)).all()
    _, outcome = run(CLOUD, CLOUD_LABELS, rule, order=order, max_passes=50, until_separated=True)
    assert not outcome.separated[0]
    assert outcome.passes[0] == 50


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_that_cannot_be_written_to_are_read(dtype):
    X = CLOUD.astype(dtype)
    writable, _ = run(X, CLOUD_LABELS, max_passes=2)
    X.flags.writeable = False
    frozen, _ = run(X, CLOUD_LABELS, max_passes=2)
    np.testing.assert_array_equal(writable.weights, frozen.weights)
    assert frozen.weights.dtype == dtype


def test_wide_indices_are_read():
    narrow = csr_array(CLOUD)
    wide = csr_array((narrow.data, narrow.indices.astype(np.int64), narrow.indptr.astype(np.int64)), shape=narrow.shape)
    assert wide.indices.dtype == np.int64
    np.testing.assert_array_equal(
        run(wide, CLOUD_LABELS, max_passes=2)[0].weights, run(narrow, CLOUD_LABELS, max_passes=2)[0].weights
    )


def test_weights_that_overflow_are_named_with_the_pass():
    X = np.array([[1e200], [1e200]])
    with pytest.raises(
        DivergenceError, match="weights must stay finite; got a floating-point under-/overflow in pass 1"
    ):
        run(X, np.array([0, 1]), {"learning_rate": 1e200})
