"""Weights, and what says how they are read, set by hand: as in scikit-learn, or refused in one sentence."""

import copy
import pickle
import re
from functools import cache
from typing import Any

import numpy as np
import pytest
import sklearn.neural_network as sk
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.preprocessing import LabelBinarizer

import koubai
from koubai.core.errors import ParameterError, ShapeError

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
FIT: dict[str, Any] = {"solver": "lbfgs", "max_iter": 10, "random_state": 0, "tol": 1e-12}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def both(kind: str, sizes: tuple[int, ...] = (8,), y: Any = Y, **parameters: Any) -> tuple[Any, Any]:
    """Return scikit-learn's network and koubai's with the same weights."""
    theirs = getattr(sk, kind)(hidden_layer_sizes=sizes, **{**FIT, **parameters}).fit(X, y)
    ours = getattr(koubai, kind)(hidden_layer_sizes=sizes, **{**FIT, **parameters}).fit(X, y)
    ours.coefs_ = [w.copy() for w in theirs.coefs_]
    ours.intercepts_ = [b.copy() for b in theirs.intercepts_]
    return theirs, ours


def agree(theirs: Any, ours: Any, inputs: Any = X) -> None:
    np.testing.assert_array_equal(ours.predict(inputs), theirs.predict(inputs)) if hasattr(
        ours, "classes_"
    ) else np.testing.assert_allclose(ours.predict(inputs), theirs.predict(inputs), rtol=1e-9)
    if hasattr(theirs, "predict_proba"):
        np.testing.assert_allclose(ours.predict_proba(inputs), theirs.predict_proba(inputs), rtol=1e-9)


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_weights_of_another_network_are_honoured(kind: str) -> None:
    agree(*both(kind))


def test_weights_in_an_unfitted_regressor() -> None:
    for module in (sk, koubai):
        model: Any = module.MLPRegressor(hidden_layer_sizes=(3,))
        model.coefs_, model.intercepts_ = [np.ones((4, 3)), np.ones((3, 1))], [np.zeros(3), np.zeros(1)]
        model.n_layers_, model.n_outputs_, model.out_activation_, model.n_features_in_ = 3, 1, "identity", 4
        np.testing.assert_allclose(model.predict([[5.0, 3.0, 1.0, 1.2]]), [30.6])


def test_weights_alone_are_enough_for_an_unfitted_regressor() -> None:
    model = koubai.MLPRegressor(activation="tanh")
    model.coefs_, model.intercepts_ = [np.ones((4, 2)), np.ones((2, 1))], [np.zeros(2), np.ones(1)]
    np.testing.assert_allclose(model.predict(X), 2 * np.tanh(X.sum(axis=1)) + 1)
    assert (model.n_layers_, model.n_outputs_, model.n_features_in_, model.out_activation_) == (3, 1, 4, "identity")
    twin = koubai.MLPRegressor.from_record(*model.to_record())
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))


@pytest.mark.parametrize("with_binarizer", [True, False])
@pytest.mark.parametrize("labels", [Y, Y > 0, load_iris().target_names[Y]])
def test_weights_in_an_unfitted_classifier(labels: Any, with_binarizer: bool) -> None:
    trained = sk.MLPClassifier((5,), **FIT).fit(X, labels)
    model = koubai.MLPClassifier((5,))
    model.coefs_, model.intercepts_ = trained.coefs_, trained.intercepts_
    model.n_layers_, model.n_outputs_, model.out_activation_ = 3, trained.n_outputs_, trained.out_activation_
    model.n_features_in_, model.classes_ = 4, trained.classes_
    if with_binarizer:
        model._label_binarizer = LabelBinarizer().fit(labels)
    agree(trained, model)


def test_training_goes_on_from_weights_set_by_hand() -> None:
    model = koubai.MLPRegressor(
        hidden_layer_sizes=(3,), warm_start=True, solver="sgd", learning_rate_init=1e-12, max_iter=1
    )
    model.coefs_, model.intercepts_ = [np.full((4, 3), 0.5), np.ones((3, 1))], [np.zeros(3), np.zeros(1)]
    model.fit(X, Y)
    np.testing.assert_allclose(model.coefs_[0], 0.5, atol=1e-9)
    classifier = koubai.MLPClassifier((), warm_start=True, solver="sgd", learning_rate_init=1e-12, max_iter=1)
    classifier.coefs_, classifier.intercepts_ = [np.full((4, 3), 0.5)], [np.zeros(3)]
    np.testing.assert_allclose(classifier.fit(X, Y).coefs_[0], 0.5, atol=1e-9)


@pytest.mark.parametrize("output", ["identity", "logistic", "tanh", "relu", "softmax"])
@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_the_output_activation_is_honoured(kind: str, output: str) -> None:
    theirs, ours = both(kind)
    usual = ours.out_activation_
    before = ours.predict(X)
    theirs.out_activation_ = ours.out_activation_ = output
    agree(theirs, ours)
    assert ours.out_activation_ == output
    ours.out_activation_ = usual
    np.testing.assert_array_equal(ours.predict(X), before)


def test_the_hidden_activation_is_honoured() -> None:
    theirs, ours = both("MLPRegressor", (4, 3))
    for name in ("tanh", "identity", "logistic"):
        theirs.set_params(activation=name)
        ours.set_params(activation=name)
        agree(theirs, ours)


def test_pruned_nodes() -> None:
    theirs, ours = both("MLPClassifier")
    keep = np.arange(8) != 3
    for model in (theirs, ours):
        model.coefs_ = [model.coefs_[0][:, keep], model.coefs_[1][keep]]
        model.intercepts_ = [model.intercepts_[0][keep], model.intercepts_[1]]
    agree(theirs, ours)
    assert ours.network_.sizes == (4, 7, 3)
    record, tensors = ours.to_record()
    np.testing.assert_array_equal(koubai.MLPClassifier.from_record(record, tensors).predict(X), ours.predict(X))


def test_pruned_inputs_must_say_how_many_there_are() -> None:
    theirs, ours = both("MLPRegressor")
    for model in (theirs, ours):
        model.coefs_[0] = model.coefs_[0][:3]
    with pytest.raises(ShapeError, match=r"coefs_\[0\] must have n_features_in_ = 4 rows; got .*\(3, 8\)"):
        ours.predict(X)
    theirs.n_features_in_ = ours.n_features_in_ = 3
    agree(theirs, ours, X[:, :3])
    ours.n_features_in_ = 5
    with pytest.raises(ShapeError, match="n_features_in_ = 5 rows"):
        ours.predict(np.ones((2, 5)))


def test_cut_off_behind_a_hidden_layer() -> None:
    theirs, ours = both("MLPRegressor")
    for model in (theirs, ours):
        model.coefs_, model.intercepts_ = model.coefs_[:1], model.intercepts_[:1]
        model.n_layers_, model.n_outputs_, model.out_activation_ = 2, 8, "relu"
    agree(theirs, ours)
    assert ours.predict(X).shape == (150, 8)


def test_fewer_layers_and_all_of_them_again() -> None:
    theirs, ours = both("MLPRegressor", (8, 3))
    whole = ours.predict(X)
    for model in (theirs, ours):
        model.n_layers_, model.out_activation_ = 3, "relu"
    agree(theirs, ours)
    ours.n_layers_, ours.out_activation_ = 4, "identity"
    np.testing.assert_array_equal(ours.predict(X), whole)


def test_classes_renamed() -> None:
    names = np.array(["c", "a", "b"])
    _, ours = both("MLPClassifier")
    before = ours.predict(X)
    ours.classes_ = names
    np.testing.assert_array_equal(ours.predict(X), names[before])
    theirs, ours = both("MLPClassifier")
    theirs._label_binarizer = ours._label_binarizer = LabelBinarizer().fit(names)
    agree(theirs, ours)
    binary, trained = both("MLPClassifier", y=Y > 0)
    trained.classes_ = np.array(["no", "yes"])
    np.testing.assert_array_equal(trained.predict(X) == "yes", binary.predict(X))


def test_several_labels_by_hand() -> None:
    inputs, labels = make_multilabel_classification(n_samples=40, n_features=4, n_classes=3, random_state=0)
    theirs, ours = (m.MLPClassifier((5,), **FIT).fit(inputs, labels) for m in (sk, koubai))
    ours.coefs_, ours.intercepts_ = theirs.coefs_, theirs.intercepts_
    agree(theirs, ours, inputs)


def test_arrays_kept_by_the_user_stay_connected() -> None:
    theirs, ours = both("MLPRegressor")
    for model in (theirs, ours):
        mine = np.array(model.coefs_[1])
        listed = model.coefs_
        listed[1] = mine
        model.predict(X)
        mine *= 2  # the array that was put in
        listed[0] += 0.1  # another, through the list that was read out before
        model.predict(X)
        listed[0][0] = -1
    agree(theirs, ours)


def test_arrays_of_any_kind() -> None:
    theirs, ours = both("MLPRegressor")
    expected = theirs.predict(X)
    ours.coefs_[0] = csr_array(theirs.coefs_[0])
    ours.intercepts_[0] = theirs.intercepts_[0].tolist()
    np.testing.assert_allclose(ours.predict(X), expected)
    single = koubai.MLPRegressor(hidden_layer_sizes=(3,), **FIT).fit(X.astype("f4"), Y)
    single.coefs_[1] = single.coefs_[1].astype(np.float64)
    assert single.predict(X).dtype == np.float64
    single.coefs_[1] = single.coefs_[1].astype(np.float32)
    assert single.predict(X).dtype == np.float32


def test_theta_may_be_replaced_and_is_never_changed_in_vain() -> None:
    model = koubai.MLPRegressor(hidden_layer_sizes=(3,), **FIT).fit(X, Y)
    model.theta_ = np.zeros(19)
    np.testing.assert_array_equal(model.predict(X), 0)
    model.intercepts_[1][:] = 2  # a view of the new θ
    np.testing.assert_array_equal(model.predict(X), 2)
    model.coefs_[0] = np.ones((4, 3))
    model.predict(X)
    with pytest.raises(ValueError, match="read-only"):
        model.theta_[:] = 1
    model.theta_, model.coefs_[0] = np.zeros(19), np.ones((4, 3))
    with pytest.raises(ParameterError, match="theta_ must stay as it is where coefs_ or intercepts_ are replaced"):
        model.predict(X)


def test_explanations_and_records_see_what_was_set() -> None:
    model = koubai.MLPRegressor(hidden_layer_sizes=(3,), **FIT).fit(X, Y)
    model.coefs_ = [np.zeros((4, 3)), np.ones((3, 1))]
    model.intercepts_ = [np.zeros(3), np.full(1, 1.5)]
    record, tensors = model.to_record()
    np.testing.assert_array_equal(koubai.MLPRegressor.from_record(record, tensors).predict(X), 1.5)
    model.intercepts_[1] = np.full(1, 0.25)
    assert "0.25" in str(model.explain(X[0]))


@pytest.mark.parametrize("through", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_of_what_was_set_by_hand(through: Any) -> None:
    _, ours = both("MLPClassifier")
    twin = through(ours)  # before any prediction
    np.testing.assert_array_equal(twin.predict_proba(X), ours.predict_proba(X))
    ours.out_activation_ = "identity"
    twin = through(ours)
    np.testing.assert_array_equal(twin.predict_proba(X), ours.predict_proba(X))
    twin.coefs_[0][:] = 0
    assert not np.array_equal(twin.predict_proba(X), ours.predict_proba(X))
    unfitted = koubai.MLPRegressor()
    unfitted.coefs_, unfitted.intercepts_ = [np.ones((4, 1))], [np.zeros(1)]
    np.testing.assert_allclose(through(unfitted).predict(X), X.sum(axis=1))


@cache
def small_pair() -> tuple[Any, Any]:
    return both("MLPRegressor", (3,), max_iter=3)


@given(st.lists(st.sampled_from(["weights", "biases", "list", "output", "activation", "copy"]), max_size=6))
def test_any_sequence_of_changes_gives_what_scikit_learn_gives(steps: list[str]) -> None:
    theirs, ours = copy.deepcopy(small_pair())
    for number, step in enumerate(steps):
        for model in (theirs, ours):
            if step == "weights":
                model.coefs_[number % 2][:] *= -0.5
            elif step == "biases":
                model.intercepts_[number % 2] = model.intercepts_[number % 2] + 1
            elif step == "list":
                model.coefs_ = [w / 2 for w in model.coefs_]
            elif step == "output":
                model.out_activation_ = ("tanh", "logistic", "identity")[number % 3]
            elif step == "activation":
                model.activation = ("tanh", "relu")[number % 2]
        if step == "copy":
            ours = copy.deepcopy(ours)
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9, atol=1e-12)


def refused(change: str) -> Any:
    """Return a fitted estimator with one contradiction."""
    model: Any = koubai.MLPClassifier((3,), **FIT).fit(X, Y)
    if change == "no intercepts":
        model = koubai.MLPClassifier()
        model.coefs_, model.classes_ = [np.ones((4, 3))], np.arange(3)
    elif change == "no classes":
        model = koubai.MLPClassifier()
        model.coefs_, model.intercepts_ = [np.ones((4, 3))], [np.ones(3)]
    elif change == "layers":
        model.coefs_, model.intercepts_ = model.coefs_[:1], model.intercepts_[:1]
    elif change == "more layers":
        model.coefs_.append(np.ones((3, 3)))
    elif change == "few biases":
        model.intercepts_ = model.intercepts_[:1]
    elif change == "rows":
        model.coefs_[1] = np.ones((2, 3))
    elif change == "biases":
        model.intercepts_[0] = np.ones(2)
    elif change == "texts":
        model.coefs_[0] = np.full((4, 3), "a")
    elif change == "output":
        model.out_activation_ = "sofmax"
    elif change == "classes":
        model.classes_ = np.arange(4)
    elif change == "outputs":
        model.coefs_, model.intercepts_, model.n_layers_ = [np.ones((4, 8))], [np.ones(8)], 2
    return model


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("no intercepts", "intercepts_ must be set where coefs_ is; got none. Set the biases of each layer."),
        ("no classes", "classes_ must be set where coefs_ is; got none. Set all labels, sorted."),
        ("layers", "n_layers_ must be 2 with 1 weight matrices in coefs_, or less to leave the last ones out; got 3."),
        ("more layers", "n_layers_ must be 4 with 3 weight matrices in coefs_"),
        ("few biases", "intercepts_ must hold a vector for each of the 2 layers with weights; got 1."),
        ("rows", "coefs_[1] must have as many rows as coefs_[0] has columns, 3; got shape (2, 3). Change both."),
        ("biases", "intercepts_[0] must have shape (3,), a number for each column of coefs_[0]; got (2,)."),
        ("texts", "coefs_[0] must be an array of numbers with 2 axes; got shape (4, 3) of dtype <U1."),
        ("output", "out_activation_ must be a known activation; got 'sofmax'."),
        ("classes", "classes_ and _label_binarizer.classes_ must be the same labels; got [0 1 2 3] and [0 1 2]."),
        ("outputs", "predict must have 3 outputs for the 3 classes; got 8, set by hand."),
    ],
)
def test_contradictions_are_refused_in_one_sentence(change: str, words: str) -> None:
    with pytest.raises((ParameterError, ShapeError), match=f"^MLPClassifier: {re.escape(words)}"):
        refused(change).predict(X)


def test_training_does_not_go_on_behind_an_output_set_by_hand() -> None:
    model = koubai.MLPRegressor(hidden_layer_sizes=(3,), warm_start=True, max_iter=2).fit(X, Y)
    model.out_activation_ = "logistic"
    with pytest.raises(ParameterError, match="out_activation_ must be 'identity' when training continues; got 'log"):
        model.fit(X, Y)
    model.out_activation_ = "identity"
    model.fit(X, Y)
    model.set_params(warm_start=False)
    model.out_activation_ = "logistic"
    assert model.fit(X, Y).out_activation_ == "identity"


def test_outputs_are_read_as_they_were_trained() -> None:
    model = koubai.MLPClassifier((3,), **FIT).fit(X, Y > 0)
    before = model.predict(X)
    model.set_params(loss="hinge")
    np.testing.assert_array_equal(model.predict(X), before)
    assert hasattr(model, "predict_proba")


def test_a_perceptrons_weights_by_hand() -> None:
    from sklearn.linear_model import Perceptron

    for kind in (Perceptron, koubai.Perceptron):
        model: Any = kind()
        model.coef_, model.intercept_, model.classes_ = np.ones((1, 4)), np.zeros(1), np.array([0, 1])
        np.testing.assert_array_equal(model.predict(X), (X.sum(axis=1) > 0).astype(int))
    model.partial_fit(X, (X.sum(axis=1) > 0).astype(int), classes=[0, 1])  # no row is wrong
    np.testing.assert_array_equal(model.coef_, np.ones((1, 4)))


def test_an_averaged_perceptron_says_that_its_weights_were_changed() -> None:
    model = koubai.Perceptron(variant="averaged").fit(X, Y)
    model.partial_fit(X, Y)
    model.coef_[0, 0] += 1
    with pytest.raises(ParameterError, match=r"coef_ and intercept_ must stay as they are where variant='averaged'"):
        model.partial_fit(X, Y)
