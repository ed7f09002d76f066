"""The perceptron's variants: the lecture's rule, orders, starts, what is separable, the remedies where it is not."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning

from koubai import Perceptron, is_linearly_separable
from koubai.core.errors import DataError

MAILS = np.array([[1, 1, 0, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 1, 0, 1], [1, 0, 1, 1, 0]])
KINDS = np.array(["spam", "ham", "spam", "ham", "spam", "ham"])
XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
LECTURE = {"eta0": 0.5, "fit_intercept": False, "order": "in order", "zero_score": "negative"}


@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_slides_19_to_25_spam(container):
    X = container(MAILS.astype(float))
    model = Perceptron(**LECTURE, stop_when_separated=True).fit(X, KINDS)
    np.testing.assert_array_equal(model.coef_, [[0, 1, 0, -0.5, 0.5]])
    assert model.mistakes_.tolist() == [4, 0]  # the second pass changes nothing
    assert model.separable_
    assert model.predict(X).tolist() == KINDS.tolist()


def test_slides_19_to_25_row_by_row():
    model = Perceptron(**LECTURE)
    weights = [model.partial_fit(MAILS[i : i + 1], KINDS[i : i + 1], classes=KINDS).coef_.tolist()[0] for i in range(6)]
    assert weights == [
        [0.5, 0.5, 0, 0.5, 0.5],
        [0.5, 0.5, -0.5, 0, 0.5],
        [0.5, 1, 0, 0, 0.5],
        *3 * [[0, 1, 0, -0.5, 0.5]],
    ]


def test_slide_18_a_score_of_zero_is_right_for_a_negative_row():
    X, y = [[1.0, 0.0], [0.0, 0.0]], [1, 0]
    lecture = Perceptron(zero_score="negative", fit_intercept=False, max_iter=3, tol=None).fit(X, y)
    assert (lecture.mistakes_.tolist(), lecture.separable_) == ([1, 0, 0], True)
    usual = Perceptron(fit_intercept=False, max_iter=3, tol=None).fit(X, y)
    assert usual.separable_ is None
    assert lecture.is_linearly_separable(X, y)
    assert not usual.is_linearly_separable(X, y)


@pytest.mark.parametrize("settings", [{}, {"variant": "averaged"}, {"variant": "pocket"}, {"order": "random"}], ids=str)
def test_slide_26_xor_is_never_separated_and_it_says_so(settings):
    model = Perceptron(**settings, max_iter=200, stop_when_separated=True)
    with pytest.warns(ConvergenceWarning, match="not linearly separable as far as seen"):
        model.fit(*XOR)
    assert model.separable_ is None
    assert settings.get("order") == "random" or (model.mistakes_ > 0).all()  # a pass of draws may miss a row
    assert len(model.mistakes_) == model.n_iter_ == 200
    assert model.score(*XOR) < 1
    assert "variant='averaged' or variant='pocket'" in model.separability_
    assert not model.is_linearly_separable(*XOR)


def test_without_being_asked_it_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = Perceptron(tol=None, max_iter=3).fit(*XOR)
    assert model.separability_ == (
        "The data are not linearly separable as far as seen: in 3 passes over the rows no weights were right on all; "
        f"the last made {model.mistakes_[-1]} mistakes. The averaged and the pocket perceptron can handle this: set "
        "variant='averaged' or variant='pocket'."
    )


def test_the_classes_that_are_not_separable_are_named():
    X, y = load_iris(return_X_y=True)
    with pytest.warns(ConvergenceWarning):
        model = Perceptron(stop_when_separated=True, max_iter=50).fit(X, load_iris().target_names[y])
    assert model.separability_.startswith(
        "Classes versicolor, virginica are not linearly separable from the rest as far as seen: in 50 passes"
    )
    assert not is_linearly_separable(X, y)
    assert is_linearly_separable(X, y == 0)


@given(
    arrays(np.float64, (20, 3), elements=st.integers(-9, 9).map(float)),
    arrays(np.float64, 4, elements=st.integers(-4, 4).map(float)),
    st.sampled_from(["in order", "shuffled", "random"]),
    st.sampled_from(["zeros", "random"]),
)
def test_separable_data_are_separated_within_the_bound_of_the_theorem(X, separator, order, init):
    """Novikoff 1962: no more than (R/γ)² mistakes from zero weights, whatever the order of the rows."""
    margins = X @ separator[:3] + separator[3]
    assume((margins != 0).all() and len(set(np.sign(margins))) == 2)
    radius = np.sqrt(1 + (X**2).sum(axis=1)).max()
    bound = (radius * np.linalg.norm(separator) / np.abs(margins).min()) ** 2
    assume(bound < 3000)
    model = Perceptron(order=order, init=init, stop_when_separated=True, max_iter=100_000).fit(X, margins > 0)
    assert model.separable_
    assert model.score(X, margins > 0) == 1
    if init == "zeros":
        assert model.mistakes_.sum() <= bound * (1 + 1e-12)
    assert is_linearly_separable(X, margins > 0)


@given(arrays(np.int64, (8, 2), elements=st.integers(-3, 3)), arrays(np.bool_, 8))
def test_the_linear_program_agrees_with_long_training(X, y):
    assume(len(set(y)) == 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = Perceptron(order="in order", stop_when_separated=True, max_iter=20_000).fit(X, y)
    assert is_linearly_separable(X, y) == bool(model.separable_)
    assert is_linearly_separable(csr_array(X.astype(float)), y) == bool(model.separable_)


def test_the_linear_program_on_columns_of_very_different_sizes():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)) * [1e-9, 1.0, 1e9]
    y = X @ [1e9, 1.0, 1e-9] > 0.3
    assert is_linearly_separable(X, y)
    assert not is_linearly_separable(np.vstack([X, X[:1]]), np.append(y, ~y[0]))


def test_one_class_cannot_be_asked_about():
    with pytest.raises(DataError, match="is_linearly_separable: y must hold at least two classes; got 1 class, 3"):
        is_linearly_separable([[1.0], [2.0]], [3, 3])


def test_the_remedies_help_where_the_data_are_not_separable():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(400, 5))
    y = X @ [1, 1, -1, 0, 2] + rng.normal(size=400) * 1.5 > 0
    scores = {
        variant: np.mean(
            [
                Perceptron(variant=variant, random_state=s, max_iter=30, tol=None).fit(X, y).score(X, y)
                for s in range(10)
            ]
        )
        for variant in ("plain", "averaged", "pocket")
    }
    assert scores["averaged"] > scores["plain"] + 0.03
    assert scores["pocket"] > scores["plain"] + 0.05


@pytest.mark.parametrize("penalty", [None, "l1", "l2"])
def test_the_pocket_never_gets_worse(penalty):
    X, y = load_digits(return_X_y=True)
    y = y % 2
    found = []
    for n in range(1, 12):
        model = Perceptron(variant="pocket", penalty=penalty, max_iter=n, tol=None).fit(X, y)
        found.append(model.score(X, y))
    assert found == sorted(found)
    plain = [Perceptron(penalty=penalty, max_iter=n, tol=None).fit(X, y).score(X, y) for n in range(1, 12)]
    assert plain != sorted(plain)


@pytest.mark.parametrize("variant", ["plain", "averaged"])
@pytest.mark.parametrize("order", ["in order", "shuffled", "random"])
def test_calls_of_partial_fit_are_passes_of_fit(variant, order):
    X, y = load_iris(return_X_y=True)
    whole = Perceptron(variant=variant, order=order, max_iter=4, tol=None).fit(X, y)
    parts = Perceptron(variant=variant, order=order)
    for _ in range(4):
        parts.partial_fit(X, y, classes=np.unique(y))
    np.testing.assert_allclose(parts.coef_, whole.coef_, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(parts.intercept_, whole.intercept_, rtol=1e-11, atol=1e-11)
    assert (parts.t_, parts.n_iter_) == (whole.t_, 1)


def test_orders_differ_and_follow_the_seed():
    X, y = load_digits(return_X_y=True)

    def weights(**settings):
        return Perceptron(max_iter=2, tol=None, **settings).fit(X, y).coef_.tobytes()

    assert weights(shuffle=False) == weights(order="in order") != weights()
    assert weights() == weights(order="shuffled") == weights(order="shuffled", shuffle=False, random_state=0)
    different = [weights(order=order, random_state=seed) for order in ("shuffled", "random") for seed in (0, 1)]
    assert len(set(different)) == 4


def test_random_starts_follow_the_seed_and_leave_a_missing_bias_alone():
    X, y = load_iris(return_X_y=True)
    first, again, other = (
        Perceptron(init="random", random_state=seed, fit_intercept=False, max_iter=1, tol=None).fit(X, y)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.coef_, again.coef_)
    assert not np.array_equal(first.coef_, other.coef_)
    assert not first.intercept_.any()


def test_sparse_rows_can_give_what_dense_rows_give():
    X, y = load_digits(return_X_y=True)
    dense = Perceptron(max_iter=5, tol=None).fit(X, y)
    sparse = Perceptron(max_iter=5, tol=None, sparse_intercept_decay=1.0).fit(csr_array(X), y)
    np.testing.assert_array_equal(dense.coef_, sparse.coef_)
    np.testing.assert_array_equal(dense.intercept_, sparse.intercept_)
    usual = Perceptron(max_iter=5, tol=None).fit(csr_array(X), y)
    assert np.abs(usual.intercept_).max() < np.abs(dense.intercept_).max()


@pytest.mark.parametrize("variant", ["plain", "averaged", "pocket"])
def test_threads_change_nothing(variant):
    X, y = load_digits(return_X_y=True)
    one = Perceptron(variant=variant).fit(X, y)
    two = Perceptron(variant=variant, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(one.coef_, two.coef_)
    np.testing.assert_array_equal(one.mistakes_, two.mistakes_)
    assert one.n_iter_ == two.n_iter_
