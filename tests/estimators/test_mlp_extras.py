"""What koubai's networks have beyond scikit-learn's: each name trains, each extra does what it says, if asked."""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

from koubai import MLPClassifier, MLPRegressor
from koubai.core.activations import ACTIVATIONS
from koubai.core.activations.leaky_relu import LeakyReLU
from koubai.core.errors import DataError, DivergenceError, ParameterError
from koubai.core.initializers import NAMES as INITIALIZERS
from koubai.core.losses.huber import Huber
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.adam import Adam
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.schedules import SCHEDULES, Cosine
from koubai.training.history import Epoch

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS = load_iris()
X, Y = StandardScaler().fit_transform(IRIS.data), IRIS.target
SMALL: dict[str, Any] = {"hidden_layer_sizes": (8,), "epochs": 40, "random_state": 0, "learning_rate_init": 0.02}


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name not in ("step", "softmax")])
def test_every_activation_learns(activation: str) -> None:
    model = MLPClassifier(activation=activation, **SMALL).fit(X, Y)
    assert model.score(X, Y) > 0.8
    assert model.network_.layers[0].activation.name == activation


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns(optimizer: str) -> None:
    rate = {"adadelta": 5.0, "lion": 0.01, "sgd": 0.3}.get(optimizer, 0.02)
    model = MLPClassifier(optimizer=optimizer, **{**SMALL, "learning_rate_init": rate, "batch_size": 16}).fit(X, Y)
    assert model.score(X, Y) > 0.85


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_learns(schedule: str) -> None:
    model = MLPClassifier(schedule=schedule, **{**SMALL, "learning_rate_init": 0.05, "batch_size": 16}).fit(X, Y)
    assert model.score(X, Y) > 0.85
    assert model.history_.learning_rates[-1] <= 0.05


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_number_of_epochs_is_too_large(schedule: str) -> None:
    for n_epochs in (10**18, 10**30):  # both too many updates for 64 bits
        model = MLPClassifier((3,), epochs=n_epochs, schedule=schedule, callbacks=lambda epoch: epoch.number == 2)
        assert model.fit(X, Y).n_iter_ == 2


@pytest.mark.parametrize("init", [name for name in INITIALIZERS if name != "zeros"])
def test_every_initializer_starts_from_a_random_theta(init: str) -> None:
    model = MLPClassifier(init=init, **SMALL).fit(X, Y)
    assert model.score(X, Y) > 0.85


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        ("log_loss", "softmax"),
        ("cross_entropy", "softmax"),
        ("half_squared_error", "softmax"),
        ("squared_error", "softmax"),
        ("huber", "softmax"),
        (Huber(0.1), "softmax"),
        ("binary_cross_entropy", "logistic"),
        ("hinge", "identity"),
        ("perceptron", "identity"),
    ],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_loss_classifies(loss: Any, output: str, n_classes: int) -> None:
    rows = n_classes > Y
    model = MLPClassifier(loss=loss, **{**SMALL, "epochs": 150, "batch_size": 16}).fit(X[rows], Y[rows])
    assert model.score(X[rows], Y[rows]) > 0.9
    assert model.out_activation_ == ("logistic" if output == "softmax" and n_classes == 2 else output)
    assert model.n_outputs_ == (1 if n_classes == 2 else 3)
    if output == "identity":
        assert not hasattr(model, "predict_proba")
        assert not hasattr(model, "predict_log_proba")
        margins = model.decision_function(X)
        assert margins.shape == ((150,) if n_classes == 2 else (150, 3))
        chosen = (margins > 0).astype(int) if n_classes == 2 else margins.argmax(axis=1)
        np.testing.assert_array_equal(model.predict(X), chosen)
    else:
        assert not hasattr(model, "decision_function")
        np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
        np.testing.assert_array_equal(model.predict_proba(X).argmax(axis=1), model.predict(X))


@pytest.mark.parametrize("loss", ["squared_error", "half_squared_error", "huber", "poisson", Huber(0.5)])
def test_every_loss_regresses(loss: Any) -> None:
    model = MLPRegressor(loss=loss, **{**SMALL, "epochs": 200, "batch_size": 16}).fit(X, Y)
    assert model.score(X, Y) > 0.85


@pytest.mark.parametrize(
    ("make", "loss", "words"),
    [
        (
            MLPRegressor,
            "hinge",
            "MLPRegressor: loss must be one of squared_error, huber, poisson, absolute_error, quantile; got 'hinge'.",
        ),
        (MLPClassifier, "poisson", "MLPClassifier: loss must be one of log_loss, .*; got 'poisson'. Try 'log_loss'."),
        (MLPClassifier, "cosine", "MLPClassifier: loss must be one of log_loss, .*; got 'cosine'. Try 'log_loss'."),
        (MLPRegressor, "log_loss", "MLPRegressor: loss must be one of .*; got 'log_loss'. Try 'squared_error'."),
    ],
)
def test_losses_that_do_not_fit(make: Any, loss: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        make(loss=loss).fit(X, Y)


def test_objects_do_as_well_as_names() -> None:
    named = MLPClassifier(activation="leaky_relu", optimizer="adam", schedule="cosine", **SMALL).fit(X, Y)
    given = {"activation": LeakyReLU(), "optimizer": Adam(), "schedule": Cosine(), "engine": "cpu"}
    np.testing.assert_array_equal(MLPClassifier(**given, **SMALL).fit(X, Y).theta_, named.theta_)


def test_layers_may_have_activations_and_dropout_of_their_own() -> None:
    given = {**SMALL, "hidden_layer_sizes": (8, 6)}
    model = MLPClassifier(activation=["tanh", "gelu"], dropout=[0.1, 0.0], **given).fit(X, Y)
    assert [layer.activation.name for layer in model.network_.layers] == ["tanh", "gelu", "softmax"]
    assert [layer.dropout for layer in model.network_.layers] == [0.1, 0.0, 0.0]
    with pytest.raises(ParameterError, match=r"^MLPClassifier: .*must be one value or one for each of the 2 hidden"):
        MLPClassifier(activation=["tanh"], **given).fit(X, Y)


def test_no_hidden_layer_is_logistic_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    model = MLPClassifier((), solver="lbfgs", alpha=1.0, random_state=0, tol=1e-8, epochs=1000).fit(X, Y)
    theirs = LogisticRegression(C=1.0, tol=1e-8).fit(X, Y)
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(X), atol=1e-4)


def test_the_engines_walk_the_same_path() -> None:
    given = {**SMALL, "dropout": 0.3, "clip_norm": 0.5, "l1": 0.01, "batch_size": 32, "early_stopping": True}
    cpu, reference = (MLPClassifier(engine=engine, **given).fit(X, Y) for engine in ("cpu", ReferenceEngine()))
    np.testing.assert_allclose(cpu.theta_, reference.theta_, rtol=1e-9, atol=1e-12)
    assert cpu.validation_scores_ == reference.validation_scores_


def test_dropout_acts_in_training_alone() -> None:
    plain, dropped = MLPClassifier(**SMALL).fit(X, Y), MLPClassifier(dropout=0.5, **SMALL).fit(X, Y)
    assert dropped.loss_ > plain.loss_
    np.testing.assert_array_equal(dropped.predict_proba(X), dropped.predict_proba(X))
    hidden = np.maximum(X @ dropped.coefs_[0] + dropped.intercepts_[0], 0)
    logits = hidden @ dropped.coefs_[1] + dropped.intercepts_[1]
    np.testing.assert_array_equal(dropped.predict(X), logits.argmax(axis=1))


def test_l1_makes_weights_vanish() -> None:
    plain = MLPClassifier(**SMALL).fit(X, Y)
    sparse = MLPClassifier(l1=5.0, **SMALL).fit(X, Y)
    assert np.abs(sparse.coefs_[0]).sum() < 0.7 * np.abs(plain.coefs_[0]).sum()


def test_clipping_tames_a_wild_learning_rate() -> None:
    wild: dict[str, Any] = {"solver": "sgd", "momentum": 0, "learning_rate_init": 50.0, "epochs": 30, "random_state": 0}
    with pytest.raises(DivergenceError) as caught:
        MLPRegressor(**wild).fit(X, Y)
    assert str(caught.value).startswith("MLPRegressor: training must stay finite; ")
    assert "Lower the learning rate, or scale the inputs" in str(caught.value)
    assert np.isfinite(MLPRegressor(clip_norm=1e-3, **wild).fit(X, Y).theta_).all()


def test_the_default_rate_of_the_optimizer() -> None:
    model = MLPClassifier(optimizer="adadelta", learning_rate_init=None, epochs=2).fit(X, Y)
    assert model.history_[0].learning_rate == OPTIMIZERS["adadelta"].default_learning_rate
    assert MLPClassifier(learning_rate_init=None, epochs=2).fit(X, Y).history_[0].learning_rate == 0.001


def test_learning_rate_counts_for_sgd_and_for_optimizer_alone() -> None:
    given = {**SMALL, "learning_rate": "invscaling", "epochs": 3}
    assert set(MLPClassifier(**given).fit(X, Y).history_.learning_rates) == {0.02}
    assert len(set(MLPClassifier(solver="sgd", **given).fit(X, Y).history_.learning_rates)) == 3
    assert len(set(MLPClassifier(optimizer="adam", **given).fit(X, Y).history_.learning_rates)) == 3


def test_a_given_validation_set_is_scored() -> None:
    train, held_out = np.arange(150) % 2 == 0, np.arange(150) % 2 == 1
    given = (X[held_out], Y[held_out])
    for make in (MLPClassifier, MLPRegressor):
        model = make(**SMALL).fit(X[train], Y[train], validation_data=given)
        assert len(model.validation_scores_) == model.n_iter_ > 10
        assert model.validation_scores_[-1] == pytest.approx(model.score(*given), rel=1e-12)
        assert model.best_loss_ == min(model.loss_curve_)
        np.testing.assert_array_equal(model.theta_, make(**SMALL).fit(X[train], Y[train]).theta_)


def test_a_given_validation_set_stops_training() -> None:
    weights = np.linspace(0.1, 1, 75)
    model = MLPRegressor(**{**SMALL, "epochs": 2000}, early_stopping=True, tol=1e-3)
    model.fit(X[::2], Y[::2], validation_data=(X[1::2], Y[1::2], weights))
    assert model.history_.stopped == "patience"
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.score(X[1::2], Y[1::2], weights) == pytest.approx(model.best_validation_score_, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (X, "MLPClassifier: validation_data must be a tuple (X, y) or (X, y, sample_weight); got ndarray."),
        ((X, Y[:9]), "MLPClassifier: validation_data must have as many rows in X as in y; got 150 and 9."),
        (
            (X, np.eye(3, dtype=int)[Y]),
            "MLPClassifier: validation_data must have a y of the same kind as in training, multiclass; "
            "got multilabel-indicator.",
        ),
        ((X, Y + 1), "`y` has classes not in `self.classes_`. `self.classes_` has [0 1 2]. 'y' has [1 2 3]."),
    ],
)
def test_a_validation_set_that_does_not_fit(given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=r"validation_data|classes") as caught:
        MLPClassifier(**SMALL).fit(X, Y, validation_data=given)
    assert str(caught.value).startswith(words)


def test_a_validation_set_with_other_outputs() -> None:
    with pytest.raises(DataError, match=r"^MLPRegressor: validation_data must have as many outputs .*, 1; got 2\."):
        MLPRegressor(**SMALL).fit(X, Y, validation_data=(X, np.c_[Y, Y]))


def test_a_validation_set_with_labels_as_text() -> None:
    names = IRIS.target_names[Y]
    model = MLPClassifier(**SMALL).fit(X, names, validation_data=(X, names[:, np.newaxis].ravel()))
    assert model.validation_scores_[-1] == pytest.approx(model.score(X, names))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_callbacks_watch_and_stop(solver: str) -> None:
    seen: list[Epoch] = []

    def stop_at_three(epoch: Epoch) -> bool:
        seen.append(epoch)
        return epoch.number == 3

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = MLPClassifier(solver=solver, callbacks=stop_at_three, max_iter=20, random_state=0).fit(X, Y)
    assert [epoch.number for epoch in seen] == [1, 2, 3]
    assert model.n_iter_ == 3
    assert model.history_.stopped == "callback"
    assert list(model.history_) == seen
    assert model.loss_curve_ == [epoch.loss for epoch in seen]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_ctrl_c_keeps_the_model(solver: str) -> None:
    def interrupt(epoch: Epoch) -> None:
        if epoch.number == 5:
            raise KeyboardInterrupt

    model = MLPClassifier(solver=solver, callbacks=[interrupt], max_iter=20, random_state=0)
    with pytest.warns(UserWarning, match=r"^Training interrupted by user\.$"):
        model.fit(X, Y)
    assert model.history_.stopped == "interrupted"
    five = MLPClassifier(solver=solver, epochs=5, random_state=0).fit(X, Y)
    np.testing.assert_array_equal(model.theta_, five.theta_)
    assert model.n_iter_ == 5


def test_ctrl_c_before_the_first_iteration_leaves_the_start() -> None:
    class Interrupted(ReferenceEngine):
        def loss_and_gradient(self, *given: Any) -> Any:
            if not started:
                started.append(True)
                raise KeyboardInterrupt
            return super().loss_and_gradient(*given)

    started: list[bool] = []
    with pytest.warns(UserWarning, match="interrupted"):
        model = MLPClassifier(solver="lbfgs", engine=Interrupted(), random_state=0).fit(X, Y)
    assert model.n_iter_ == 0
    assert np.isfinite(model.loss_)


def test_ctrl_c_in_the_first_epoch_leaves_a_model_too() -> None:
    class Interrupted(ReferenceEngine):
        def run(self, *given: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        model = MLPClassifier(engine=Interrupted(), random_state=0).fit(X, Y)
    assert model.n_iter_ == 0
    assert model.predict(X).shape == (150,)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_progress_and_verbose(solver: str, capsys: pytest.CaptureFixture[str]) -> None:
    MLPClassifier(solver=solver, progress=True, epochs=4, random_state=0).fit(X, Y)
    out, err = capsys.readouterr()
    assert out == ""
    assert "4/4" in err
    assert "loss" in err
    model = MLPClassifier(solver=solver, verbose=True, epochs=4, random_state=0).fit(X, Y)
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"Iteration {e.number}, loss = {e.loss:.8f}" for e in model.history_]
    assert err == ""


def test_partial_fit_is_one_epoch_of_fit() -> None:
    given = {**SMALL, "epochs": None, "max_iter": 7, "batch_size": 16, "dropout": 0.2, "schedule": "cosine"}
    whole = MLPClassifier(**given).fit(X, Y)
    steps = MLPClassifier(**given)
    for _ in range(7):
        steps.partial_fit(X, Y, classes=[0, 1, 2])
    np.testing.assert_array_equal(steps.theta_, whole.theta_)
    assert steps.loss_curve_ == whole.loss_curve_
    assert steps.n_iter_ == 1
    assert steps.t_ == whole.t_ == 7 * 150


def test_a_warm_start_goes_on() -> None:
    given = {**SMALL, "epochs": 20}
    warm = MLPRegressor(warm_start=True, **given).fit(X, Y)
    first = warm.theta_.copy(), warm.loss_
    warm.fit(X, Y)
    assert len(warm.history_) == len(warm.loss_curve_) == 40
    assert warm.loss_ < first[1]
    cold = MLPRegressor(**given).fit(X, Y).fit(X, Y)
    np.testing.assert_array_equal(cold.theta_, first[0])
    assert len(cold.history_) == 20


def test_a_warm_start_needs_the_same_layers() -> None:
    warm = MLPRegressor(warm_start=True, **SMALL).fit(X, Y)
    with pytest.raises(ParameterError, match=r"must keep its layers of \(4, 8, 1\) nodes .*; got \(4, 9, 1\)"):
        warm.set_params(hidden_layer_sizes=9).fit(X, Y)


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine", "flat_cosine", "log_cosine"])
def test_a_schedule_over_the_whole_run_goes_to_its_end_however_the_loss_moves(schedule: str) -> None:
    """Where the rate is high the loss stands still, and falls with it: what ended there would be half trained."""
    given: dict[str, Any] = {"hidden_layer_sizes": 4, "random_state": 0, "tol": 100.0, "n_iter_no_change": 2}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a course that was planned and has been gone through is no failure
        whole = MLPClassifier(**given, schedule=schedule, max_iter=9).fit(X, Y)
    assert whole.n_iter_ == 9
    assert MLPClassifier(**given, schedule="step", epochs=9).fit(X, Y).n_iter_ == 4
    assert MLPClassifier(**given, schedule=schedule, epochs=9, early_stopping=True).fit(X, Y).n_iter_ == 4
