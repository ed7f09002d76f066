"""``clf.explain``: an estimator's own numbers, derived."""

import re

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

from koubai.core.errors import DataError, ParameterError, ShapeError
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
    with pytest.raises(ShapeError, match=r"^explain: x must hold 4 numbers for the network 4-3-1; got 3"):
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


def test_inputs_and_classes_have_the_names_that_people_gave_them():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"height": [1.0, 2.0, 3.0, 4.0], "width": [0.0, 1.0, 0.0, 1.0]})
    model = MLPClassifier((3,), max_iter=2, random_state=0).fit(frame, ["owl", "cat", "dog", "owl"])
    page = model.explain(frame.iloc[0], "owl").render("text", "en")
    assert "height" in page
    assert "owl" in page.split("The network")[1]
    two = MLPClassifier((3,), max_iter=2, random_state=0).fit(frame, ["spam", "ham", "spam", "ham"])
    assert "favours spam over ham" in two.explain(frame.iloc[0]).render("text", "en")
    assert "is predicted" in two.explain(frame.iloc[0]).render("text", "en")


def test_several_labels_at_once_are_each_told_and_several_numbers_too():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 2))
    labels = MLPClassifier((3,), max_iter=2, random_state=0).fit(X, (X > 0).astype(int))
    said = labels.explain(X[0]).render("text", "en").split("The prediction")[1]
    assert len(re.findall(r"is (?:not )?predicted", said)) == 2
    numbers = MLPRegressor(hidden_layer_sizes=(3,), max_iter=2, random_state=0).fit(X, X)
    assert numbers.explain(X[0]).render("text", "en").split("The prediction")[1].count("The output is") == 2


def test_margins_say_yes_above_zero():
    X = np.array([[1.0], [2.0], [-1.0], [-2.0]])
    model = MLPClassifier((2,), loss="hinge", max_iter=2, random_state=0).fit(X, ["a", "a", "b", "b"])
    page = model.explain(X[0]).render("text", "en")
    above = model.decision_function(X[:1])[0] > 0
    assert ("more than 0: b is predicted" if above else "at most 0: a is predicted") in page


def test_sparse_rows_are_explained_like_dense_ones():
    model = MLPClassifier((2,), max_iter=2, random_state=0).fit(X, X[:, 0] > 0)
    sparse = csr_array(X)
    assert model.explain(sparse[[0]]).render("text", "en") == model.explain(X[0]).render("text", "en")
    assert model.explain_model(sparse).render("text", "en") == model.explain_model(X).render("text", "en")


def test_a_class_that_is_none_and_a_missing_number_are_told_in_one_sentence():
    model = MLPClassifier((2,), max_iter=2, random_state=0).fit(X, np.where(X[:, 0] > 0, "owl", "cat"))
    with pytest.raises(
        ParameterError, match=r"^explain: y must be one of the classes cat, owl; got 'dog'\. Try another\.$"
    ):
        model.explain(X[0], "dog")
    with pytest.raises(
        DataError, match=r"^explain: x must contain only finite numbers; got nan at position 2\. Impute it\.$"
    ):
        model.explain([0.0, np.nan, 0.0, 0.0])
