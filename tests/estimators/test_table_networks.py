"""Estimators with the parts made for tables: they train, stop, resume, are kept and explained; faults are told."""

import re

import numpy as np
import pytest

import koubai
from koubai.core.data_start import with_unit_variance
from koubai.core.errors import ModelFileError, ParameterError
from koubai.core.layers import Dense, LearnedActivation, NTKDense, PeriodicEmbedding, Scaling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.engines.reference import ReferenceEngine, trace_forward
from koubai.estimators.given.parameters import check_parameters
from koubai.training.history import INTERRUPTED

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
THREE = np.digitize(np.sin(3 * X[:, 0]) + X[:, 1], [-0.5, 0.5])
NUMBERS = np.sin(3 * X[:, 0]) + X[:, 1]
PARTS = {
    "hidden_layer_sizes": (8, 6),
    "optimizer": {"name": "adamw", "beta_2": 0.95, "weight_decay": 0.02},
    "learning_rate_init": 0.05,
    "schedule": "log_cosine",
    "decay_schedule": "flat_cosine",
    "dropout_schedule": "flat_cosine",
    "dropout": 0.1,
    "rate_factors": {"biases": 0.1, "scales": 6.0, "embeddings": 0.1, "alphas": 0.1},
    "decay_factors": {"biases": 0.0},
    "embedding": {"embedded": (0, 2), "n_frequencies": 4, "n_numbers": 2},
    "scaling": True,
    "parametrization": "ntk",
    "learned_activation": True,
    "init": "data",
    "alpha": 0.0,
    "batch_size": 40,
    "epochs": 30,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def classifier() -> koubai.MLPClassifier:
    return koubai.MLPClassifier(**PARTS, activation="selu", label_smoothing=0.1).fit(X, THREE)


def test_the_network_has_its_parts_in_order(classifier) -> None:
    kinds = (PeriodicEmbedding, Scaling, NTKDense, LearnedActivation, NTKDense, LearnedActivation, NTKDense)
    assert tuple(map(type, classifier.network_.layers)) == kinds
    assert classifier.network_.sizes == (4, 8, 8, 8, 8, 6, 6, 3)
    assert classifier.network_.loss == get_loss({"name": "cross_entropy", "smoothing": 0.1})
    assert classifier.loss_curve_[-1] < classifier.loss_curve_[0]
    assert classifier.score(X, THREE) > 0.6


def test_both_engines_train_it_alike() -> None:
    found = [
        koubai.MLPRegressor(**PARTS, activation="mish", engine=engine, loss="absolute_error").fit(X, NUMBERS)
        for engine in ("cpu", "reference")
    ]
    np.testing.assert_allclose(found[0].theta_, found[1].theta_, rtol=1e-8, atol=1e-10)


def test_two_classes_are_smoothed_too() -> None:
    model = koubai.MLPClassifier((4,), label_smoothing=0.2, epochs=2, random_state=0).fit(X, THREE > 0)
    assert model.network_.loss == get_loss({"name": "binary_cross_entropy", "smoothing": 0.2})
    given = koubai.MLPClassifier((4,), loss=get_loss({"name": "cross_entropy", "smoothing": 0.2}), epochs=2)
    assert given.fit(X, THREE > 0).network_.loss == model.network_.loss


def test_it_comes_back_from_a_file_and_is_explained(classifier, tmp_path) -> None:
    koubai.save(classifier, tmp_path / "parts.koubai")
    again = koubai.load(tmp_path / "parts.koubai")
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert again.get_params() == classifier.get_params()
    for lang in ("en", "ja"):
        assert "cos" in classifier.explain(X[0], y=THREE[0]).render("text", lang)


def test_early_stopping_and_several_starts_take_all_parts() -> None:
    stopped = koubai.MLPClassifier(**{**PARTS, "early_stopping": True, "n_starts": 2}, activation="selu").fit(X, THREE)
    assert len(stopped.start_scores_) == 2
    assert stopped.best_validation_score_ is not None


def test_a_run_that_was_cut_off_resumes_on_the_same_path(tmp_path) -> None:
    path = tmp_path / "run.koubai"
    whole = koubai.MLPClassifier(**PARTS, activation="selu").fit(X, THREE)
    cut = koubai.MLPClassifier(
        **PARTS, activation="selu", checkpoint=path, callbacks=lambda epoch: INTERRUPTED if epoch.number == 11 else None
    )
    cut.fit(X, THREE)
    assert cut.n_iter_ == 11
    other = {**PARTS, "rate_factors": {"biases": 0.2}, "dropout_schedule": None}
    with pytest.raises(ParameterError, match=r"made with different values of .*factors"):
        koubai.MLPClassifier(**other, activation="selu", checkpoint=path).fit(X, THREE)
    with pytest.warns(UserWarning, match="goes on with epoch 12"):
        resumed = koubai.MLPClassifier(**PARTS, activation="selu", checkpoint=path).fit(X, THREE)
    np.testing.assert_array_equal(resumed.theta_, whole.theta_)


@pytest.mark.parametrize("sparse", [False, True])
def test_initial_values_from_data_give_every_node_variance_1(sparse: bool) -> None:
    from scipy.sparse import csr_array

    rows = RNG.normal(3.0, 20.0, (3000, 5)) * np.array([1, 1e-3, 1e3, 1, 0])
    layers = (PeriodicEmbedding(5, (1,), 3, 2), NTKDense(7, 6), LearnedActivation(6), Dense(6, 4), Dense(4, 2))
    network = Network(layers, get_loss("half_squared_error"))
    start = network.initial(np.random.default_rng(1))
    theta = with_unit_variance(network, start, csr_array(rows) if sparse else rows)
    seen = rows[np.linspace(0, 2999, 2048).astype(int)]
    trace = trace_forward(network, theta, seen)
    for index in (1, 3, 4):
        np.testing.assert_allclose(trace.pre_activations[index].std(axis=0), 1, rtol=1e-9)
    for index, block in ((0, "weights"), (2, "alphas"), (1, "biases")):
        np.testing.assert_array_equal(network.block(theta, index, block), network.block(start, index, block))


def test_a_node_that_sees_constants_keeps_its_initial_values() -> None:
    network = Network.dense((2, 3, 1), hidden="relu")
    start = network.initial(np.random.default_rng(0))
    np.testing.assert_array_equal(with_unit_variance(network, start, np.ones((50, 2))), start)


def test_outputs_are_those_of_the_readable_engine(classifier) -> None:
    expected = ReferenceEngine().forward(classifier.network_, classifier.theta_, X)
    np.testing.assert_allclose(classifier.predict_proba(X), expected, rtol=1e-9)


ADAMW = {"optimizer": "adamw"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"rate_factors": {"bias": 0.1}},
            "MLPClassifier: rate_factors must name groups of parameters, which are weights, biases, scales, "
            "embeddings, alphas; got 'bias'. Try {'biases': 0.1}.",
        ),
        (
            {"rate_factors": {"biases": -1}},
            "MLPClassifier: rate_factors must be finite numbers >= 0; got -1 for biases. Try 0.1.",
        ),
        (
            {"decay_factors": {"biases": 0.0}},
            "MLPClassifier: decay_factors must be left out with an optimizer without weight decay; got the optimizer "
            "adam. Try the optimizer adamw.",
        ),
        (
            {"decay_schedule": "flat_cosine"},
            "MLPClassifier: decay_schedule must be left out with an optimizer without weight decay; got the optimizer "
            "adam. Try the optimizer adamw.",
        ),
        (
            {"dropout_schedule": "flat"},
            "MLPClassifier: dropout_schedule must be a known schedule; got 'flat'. Try one of: ",
        ),
        (
            {"embedding": {"width": 3}},
            "MLPClassifier: embedding must say only embedded, n_frequencies, n_numbers, sigma; got width. Omit it.",
        ),
        (
            {"embedding": {"embedded": (0, 4)}},
            "MLPClassifier: PeriodicEmbedding: embedded must be different inputs among 0 … 3, one at least; "
            "got (0, 4). Leave it out to embed all.",
        ),
        (
            {"embedding": {"n_frequencies": 0}},
            "MLPClassifier: PeriodicEmbedding: n_frequencies must be >= 1; got 0. Try 16.",
        ),
        (
            {"embedding": {"embedded": ("age",)}},
            "MLPClassifier: embedding's embedded must be whole numbers, the inputs counted from 0; got ('age',). "
            "Leave it out to embed all.",
        ),
        (
            {"learned_activation": True, "activation": "softmax"},
            "MLPClassifier: activation must act on each node by itself with learned_activation=True; got softmax. "
            "Try activation='selu'.",
        ),
        (
            {"embedding": {"embedded": 3}},
            "MLPClassifier: embedding's embedded must be whole numbers, the inputs counted from 0; got 3. Leave it out "
            "to embed all.",
        ),
        (
            {"embedding": {"sigma": "wide"}},
            "MLPClassifier: PeriodicEmbedding: sigma must be a number; got str. Try 0.1.",
        ),
        ({"parametrization": "mup"}, "MLPClassifier: parametrization must be 'ntk' or 'standard'; got 'mup'."),
        (
            {"label_smoothing": 0.1, "loss": "hinge"},
            "MLPClassifier: label_smoothing must be 0 with the loss hinge; got 0.1. Try loss='log_loss'.",
        ),
        ({"label_smoothing": 1.0}, "MLPClassifier: label_smoothing must be in [0.0, 1.0); got 1.0."),
        (
            {"solver": "lbfgs", "rate_factors": {"biases": 0.1}},
            "MLPClassifier: rate_factors must be None with L-BFGS; got {'biases': 0.1}. Try solver='adam'.",
        ),
        (
            {"solver": "lbfgs", "dropout_schedule": "flat_cosine"},
            "MLPClassifier: dropout_schedule must be None with L-BFGS; got 'flat_cosine'. Try solver='adam'.",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(changes: dict, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        koubai.MLPClassifier(**{"hidden_layer_sizes": (3,), "epochs": 1, **changes}).fit(X, THREE)
    told = str(caught.value)
    assert told.startswith(message) or re.sub(r"0\.0, 1\.0", "0, 1", told).startswith(
        message.replace("0.0, 1.0", "0, 1")
    )


def test_l_bfgs_trains_all_layers() -> None:
    names = ("embedding", "scaling", "parametrization", "learned_activation", "init")
    parts = {name: PARTS[name] for name in names}
    model = koubai.MLPRegressor(
        hidden_layer_sizes=(8,), activation="mish", solver="lbfgs", epochs=60, random_state=0, **parts
    ).fit(X, NUMBERS)
    assert model.score(X, NUMBERS) > 0.9
    check_parameters(model)


def test_clipped_predictions_end_at_the_targets_of_training(tmp_path) -> None:
    y = np.column_stack([NUMBERS, -2 * NUMBERS])
    weights = np.ones(len(y))
    weights[NUMBERS.argmax()] = 0  # which counts as absent
    free = koubai.MLPRegressor(hidden_layer_sizes=(8,), epochs=20, random_state=0).fit(X, y, weights)
    model = koubai.MLPRegressor(hidden_layer_sizes=(8,), epochs=20, random_state=0, clip_predictions=True).fit(
        X, y, weights
    )
    seen, far = y[weights > 0], 30 * X
    assert model.target_range_ == [[low, high] for low, high in zip(seen.min(axis=0), seen.max(axis=0), strict=True)]
    np.testing.assert_array_equal(model.predict(far), np.clip(free.predict(far), seen.min(axis=0), seen.max(axis=0)))
    koubai.save(model, tmp_path / "clipped.koubai")
    np.testing.assert_array_equal(koubai.load(tmp_path / "clipped.koubai").predict(far), model.predict(far))
    record, tensors = model.to_record()
    for ranges in ([], [[0.0, 1.0]], [[0.0, 1.0]] * 3, [[0.0, 1.0], [1.0, 0.0]]):
        with pytest.raises(ModelFileError, match="The file is damaged"):
            koubai.MLPRegressor.from_record(record | {"fitted": record["fitted"] | {"target_range_": ranges}}, tensors)
    beyond = far[np.argmax(np.abs(free.predict(far)).max(axis=1))]
    assert "outside the range of the training targets" in model.explain(beyond).render("text", "en")
    with pytest.raises(ParameterError) as caught:
        free.set_params(clip_predictions=True).predict(X)
    assert str(caught.value) == (
        "MLPRegressor: clip_predictions must be True when fit is called, which keeps the targets' range; got a model "
        "without one. Call fit again."
    )
    model.set_params(warm_start=True).fit(X, 3 * y)
    assert model.target_range_[0][1] == pytest.approx(3 * NUMBERS.max())
