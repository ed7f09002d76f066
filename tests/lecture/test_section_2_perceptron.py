"""The perceptron, slides 8-27: the worked example comes out of every part of koubai that has the learning rule."""

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import pytest

from koubai.core.losses.perceptron import PerceptronLoss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.perceptron import learn, loss, predict, with_bias
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_step
from koubai.engines.registry import get_engine
from koubai.estimators.linear.separability import is_linearly_separable
from koubai.estimators.perceptron import Perceptron
from koubai.optimizers.sgd import SGD

FEATURES = ("and", "viagra", "the", "of", "nigeria")
H = Fraction(1, 2)
TABLE = [  # mail, features, y, wᵀx before, prediction is right, w after
    ("v1", (1, 1, 0, 1, 1), +1, 0, False, (H, H, 0, H, H)),
    ("v2", (0, 0, 1, 1, 0), -1, H, False, (H, H, -H, 0, H)),
    ("v3", (0, 1, 1, 0, 0), +1, 0, False, (H, 1, 0, 0, H)),
    ("v4", (1, 0, 0, 1, 0), -1, H, False, (0, 1, 0, -H, H)),
    ("v5", (1, 0, 1, 0, 1), +1, H, True, (0, 1, 0, -H, H)),
    ("v6", (1, 0, 1, 1, 0), -1, -H, True, (0, 1, 0, -H, H)),
]
X = np.array([row[1] for row in TABLE], dtype=float)
Y = np.array([row[2] for row in TABLE])
FINAL = (0, 1, 0, -H, H)
Walk = Iterator[tuple[float, bool, list[float]]]


def by_core() -> Walk:
    """The equations of the slides, in fractions."""
    for step in learn(X.astype(int).astype(object), Y, learning_rate=H):
        yield step.score, step.right, list(step.weights)


def by_engine(name: str) -> Callable[[], Walk]:
    """Stochastic gradient descent on the perceptron loss of a network of one node: the same rule."""

    def walk() -> Walk:
        network = Network.dense((5, 1), loss="perceptron", bias=False)
        engine, plan = get_engine(name), Plan(network, SGD(), batch_size=1, shuffle=False)
        state = State(np.zeros(5), np.zeros((0, 5)))
        for row in range(6):
            score = float(engine.forward(network, state.theta, X[[row]])[0, 0])
            right = (1 if score > 0 else -1) == Y[row]
            engine.run(plan, state, Rows(X[[row]], Y[[row], np.newaxis].astype(float)), np.array([[0.5]]))
            yield score, right, state.theta.tolist()

    return walk


def by_estimator() -> Walk:
    """The estimator, given one mail after the other."""
    model = Perceptron(fit_intercept=False, eta0=0.5, zero_score="negative", order="in order")
    weights = np.zeros(5)
    for row in range(6):
        score = float(X[row] @ weights)
        model.partial_fit(X[[row]], Y[[row]], classes=[-1, 1])
        weights = model.coef_[0].copy()
        assert model.predict(X[[row]])[0] == (1 if X[row] @ weights > 0 else -1)
        yield score, (1 if score > 0 else -1) == Y[row], weights.tolist()


WALKS = {"core": by_core, "reference": by_engine("reference"), "cpu": by_engine("cpu"), "estimator": by_estimator}


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_slides_19_to_25_the_table_line_by_line(walk: Callable[[], Walk]) -> None:
    for (mail, _, _, before, was_right, after), (score, right, weights) in zip(TABLE, walk(), strict=True):
        assert score == before, mail
        assert right == was_right, mail
        assert tuple(weights) == after, mail


def test_slide_25_a_second_pass_changes_nothing() -> None:
    steps = learn(X, Y, learning_rate=0.5, n_sweeps=2)
    assert all(step.right for step in steps[6:])
    assert tuple(steps[-1].weights) == FINAL
    model = Perceptron(
        fit_intercept=False, eta0=0.5, zero_score="negative", order="in order", stop_when_separated=True
    ).fit(X, Y)
    assert tuple(model.coef_[0]) == FINAL
    assert model.mistakes_.tolist() == [4, 0]
    assert model.separable_


def test_slides_13_to_16_inference() -> None:
    """f(x) = wᵀx; +1 if f(x) > 0, else -1, and so -1 at f(x) = 0."""
    w = np.array(FINAL, dtype=float)
    assert predict(w, X).tolist() == Y.tolist()
    assert predict(np.zeros(5), X).tolist() == [-1] * 6


def test_slide_17_loss_of_the_data_along_the_table() -> None:
    """L(D) = Σ max(0, -y wᵀx); weights that are right on all mails cost nothing."""
    starts = [np.zeros(5), *(np.array(row[5], dtype=float) for row in TABLE)]
    by_hand = [sum(max(0, -y * float(np.dot(x, w))) for _, x, y, *_ in TABLE) for w in starts]
    assert by_hand == [0, 2.5, 0.5, 1, 0, 0, 0]
    phi = Network.dense((5, 1), loss="perceptron").layers[0].activation
    for w, expected in zip(starts, by_hand, strict=True):
        assert loss(w, X, Y) == expected
        scores = X @ w[:, np.newaxis]
        assert PerceptronLoss().rows(phi, scores, scores, Y[:, np.newaxis].astype(float)).sum() == expected


@pytest.mark.parametrize(("label", "after"), [(1, [0.5, 1.0]), (-1, [0.0, 0.0])])
def test_slide_18_a_score_of_zero_is_a_mistake_for_a_positive_example_only(label: int, after: list) -> None:
    x = np.array([[1.0, 2.0]])
    assert learn(x, [label], learning_rate=0.5)[0].weights.tolist() == after
    network = Network.dense((2, 1), loss="perceptron", bias=False)
    state = State(np.zeros(2), np.zeros((0, 2)))
    step = trace_step(Plan(network, SGD()), state, Rows(x, np.array([[float(label)]])), learning_rate=0.5)
    assert step.theta_after.tolist() == after


def test_slide_18_the_start_is_given_and_examples_are_drawn_at_random() -> None:
    rng = np.random.default_rng(0)
    start, order = rng.normal(size=5), rng.integers(0, 6, 200)
    w = start.copy()
    for row in order:
        if (1 if w @ X[row] > 0 else -1) != Y[row]:
            w += 0.5 * Y[row] * X[row]
    assert learn(X, Y, learning_rate=0.5, start=start, order=list(order))[-1].weights.tolist() == w.tolist()
    assert predict(w, X).tolist() == Y.tolist()


XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([-1, 1, 1, -1])


def test_slide_26_one_perceptron_cannot_learn_xor_and_says_so() -> None:
    steps = learn(with_bias(XOR[0]), XOR[1], n_sweeps=50)
    assert not any(all(step.right for step in steps[at : at + 4]) for at in range(0, 200, 4))
    assert not is_linearly_separable(*XOR)
    model = Perceptron(max_iter=50, tol=None).fit(*XOR)
    assert model.separable_ is None
    assert model.score(*XOR) < 1


def test_slide_26_two_layers_represent_xor_but_the_step_has_no_useful_derivative() -> None:
    """One hidden node says "or", the other "and"; the output says "or, and not and"."""
    network = Network.dense((2, 2, 1), hidden="step", output="identity", loss="perceptron")
    theta = network.pack([np.ones((2, 2)), np.array([[1.0], [-1.0]])], [np.array([-0.5, -1.5]), np.array([-0.5])])
    targets = XOR[1][:, np.newaxis].astype(float)
    reference = get_engine("reference")
    assert np.sign(reference.forward(network, theta, XOR[0])).tolist() == targets.tolist()
    wrong = theta.copy()
    network.weights(wrong, 1)[:] *= -1
    _, gradient = reference.loss_and_gradient(network, wrong, Rows(XOR[0], targets), Penalty())
    assert network.weights(gradient, 1).any()
    assert not network.weights(gradient, 0).any()
    assert not network.biases(gradient, 0).any()
