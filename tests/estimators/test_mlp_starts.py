"""`n_starts` keeps the start that does best on validation, trained as it would be alone; `n_jobs` bounds threads."""

import numpy as np
import pytest

from koubai import MLPClassifier, MLPRegressor
from koubai.core.errors import ParameterError
from koubai.core.network import Network
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.cpu.threads import available_threads
from koubai.engines.protocol import WHOLE, Patience, Plan, Rows
from koubai.estimators.starts import Start, Trial, try_starts
from koubai.optimizers.sgd import SGD

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (120, 2))
XOR = (X[:, 0] * X[:, 1] > 0).astype(int)
GIVEN = {"hidden_layer_sizes": (3,), "activation": "tanh", "learning_rate_init": 0.05, "epochs": 60, "random_state": 3}


def fitted(**more) -> MLPClassifier:
    return MLPClassifier(**{**GIVEN, **more}).fit(X, XOR, validation_data=(X, XOR))


def test_the_first_start_is_the_one_of_a_single_fit() -> None:
    many, one = fitted(n_starts=6), fitted()
    assert many.start_scores_.shape == (6,)
    assert many.start_scores_[0] == one.validation_scores_[-1]


def test_the_best_start_is_trained_again_to_the_same_score() -> None:
    many = fitted(n_starts=12)
    assert many.validation_scores_[-1] == many.start_scores_.max()
    assert many.score(X, XOR) == many.start_scores_.max()
    assert many.start_scores_.max() > many.start_scores_.min()  # there was something to choose
    assert len(many.loss_curve_) == many.n_iter_


def test_starts_do_not_depend_on_how_many_there_are() -> None:
    np.testing.assert_array_equal(fitted(n_starts=3).start_scores_, fitted(n_starts=8).start_scores_[:3])


def test_without_validation_data_rows_are_held_out() -> None:
    model = MLPClassifier(**GIVEN, n_starts=5).fit(X, XOR)
    assert len(model.validation_scores_) == model.n_iter_
    assert model.t_ == model.n_iter_ * 108  # a tenth of 120 rows only scores


def test_regression_and_early_stopping() -> None:
    y = np.sin(3 * X[:, 0]) + X[:, 1]
    model = MLPRegressor(hidden_layer_sizes=(8,), early_stopping=True, n_starts=4, random_state=0, epochs=30).fit(X, y)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert np.isfinite(model.start_scores_).all()


def test_a_start_that_diverges_scores_worst() -> None:
    network = Network.dense((2, 3, 1), hidden="relu", output="identity", loss="half_squared_error")
    theta = network.initial(np.random.default_rng(0), "glorot_uniform", np.float64)
    plan, rows = Plan(network, SGD(), batch_size=10), Rows(X, X[:, :1].copy())
    starts = [Start(theta * 1e160, 0), Start(theta, 1)]
    scores = try_starts(
        CPUEngine(),
        plan,
        starts,
        rows,
        Trial(np.full((5, 12), 0.1), WHOLE, Patience(0, np.inf), lambda _: 1.0),
        progress=False,
        who="x",
    )
    assert scores.tolist() == [-np.inf, 1.0]


def test_a_later_fit_goes_on_from_where_it_was() -> None:
    model = MLPClassifier(**GIVEN, n_starts=4, warm_start=True).fit(X, XOR)
    scores = model.start_scores_
    loss = model.loss_
    model.fit(X, XOR)
    assert model.start_scores_ is scores
    assert model.loss_ <= loss + 0.05


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_starts": 2, "solver": "lbfgs"}, "n_starts must be 1 with L-BFGS; got 2"),
        ({"n_starts": 0}, r"n_starts"),
        ({"n_jobs": 0}, r"n_jobs"),
    ],
)
def test_impossible_parameters_get_one_sentence(parameters: dict, message: str) -> None:
    with pytest.raises((ParameterError, ValueError), match=message):
        MLPClassifier(**{**GIVEN, **parameters}).fit(X, XOR)


@pytest.mark.parametrize("n_jobs", [1, 2, -1])
def test_any_number_of_threads_gives_the_same_to_rounding(n_jobs: int) -> None:
    np.testing.assert_allclose(fitted(n_jobs=n_jobs).theta_, fitted().theta_, rtol=1e-9, atol=1e-12)


def test_n_jobs_is_the_most_and_not_the_number_of_threads() -> None:
    small, large = Network.dense((2, 3, 1)), Network.dense((500, 500, 10))
    assert CPUEngine(most_threads=2)._team(small, 10, 3) == 1
    assert CPUEngine(most_threads=1)._team(large, 500, 3) == 1
    assert CPUEngine(most_threads=64)._team(large, 500, 3) == available_threads()


def test_starts_show_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    fitted(n_starts=3, progress=True)
    assert "starts, best validation" in capsys.readouterr().err
