"""``clf.explain``: an estimator's own numbers, derived."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from koubai.core.errors import ParameterError, ShapeError
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.perceptron import Perceptron
from koubai.estimators.regressor import MLPRegressor
from koubai.explain import Ask

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X = np.random.default_rng(0).normal(size=(60, 4))


def test_a_classifier_explains_a_row_and_its_label():
    labels = np.array(["cat", "dog", "owl"])[np.argmax(X[:, :3], axis=1)]
    model = MLPClassifier((5,), max_iter=20, solver="lbfgs", random_state=0).fit(X, labels)
    shares = model.predict_proba(X[:1])[0]
    page = model.explain(X[0])
    assert [float(page.step(f"z.2.{k}").result.value) for k in (1, 2, 3)] == pytest.approx(shares.tolist())
    page = model.explain(X[0], "owl", ask=Ask.weight(2, 3, 1))
    assert page.answer.subject.by.lower == (3, 1)
    assert float(page.step("delta.2.3").result.value) == pytest.approx(shares[2] - 1)


def test_a_regressor_with_two_targets_explains_a_row():
    model = MLPRegressor(hidden_layer_sizes=(3,), max_iter=20, solver="lbfgs", random_state=0).fit(X, X[:, :2])
    page = model.explain(X[1], X[1, :2])
    assert float(page.step("z.2.1").result.value) == pytest.approx(model.predict(X[1:2])[0, 0])


def test_mistakes_are_told():
    with pytest.raises(NotFittedError):
        MLPClassifier().explain(X[0])
    model = MLPRegressor(hidden_layer_sizes=(3,), max_iter=5, solver="lbfgs", random_state=0).fit(X, X[:, 0])
    with pytest.raises(ShapeError, match=r"^explain: x must hold 4 numbers, as the network 4-3-1 takes; got 3"):
        model.explain(X[0, :3])


def test_a_perceptron_explains_a_row_with_its_own_weights():
    model = Perceptron(eta0=0.5).fit([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]], ["spam", "ham", "spam", "ham"])
    page = model.explain([1.0, 0.0], "spam")
    assert float(page.step("f.1").result.value) == pytest.approx(model.decision_function([[1.0, 0.0]])[0])
    assert float(page.step("y.1").result.value) == 1
    assert model.explain([1.0, 0.0]).step("L.1").result.value == 0


def test_a_perceptron_of_three_classes_explains_the_one_of_the_label():
    model = Perceptron(fit_intercept=False).fit(np.eye(3), ["a", "b", "c"])
    page = model.explain([0.0, 2.0, 0.0], "b")
    assert float(page.step("f.1").result.value) == pytest.approx(model.decision_function([[0.0, 2.0, 0.0]])[0, 1])
    with pytest.raises(ParameterError, match=r"^explain: y must be one of the classes a, b, c; got 'd'"):
        model.explain([0.0, 2.0, 0.0], "d")
    with pytest.raises(ShapeError, match=r"^explain: x must hold 3 numbers; got 2\. Pass one row\."):
        model.explain([0.0, 2.0])
