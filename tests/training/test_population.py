"""A population of networks, trained at once, takes the paths that its members take alone."""

from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_array, csc_array, csc_matrix, csr_array
from tests.malformed import BROKEN, broken

from koubai.core.errors import DataError, ParameterError, ParameterTypeError, ShapeError
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Patience, Plan, Rows, State
from koubai.engines.reference import ReferenceEngine
from koubai.training.population import train_population

RNG = np.random.default_rng(0)
X = RNG.normal(size=(21, 3))
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
NETWORK = Network.dense((3, 5, 4, 1), hidden="tanh", output="sigmoid", loss="binary_cross_entropy", dropout=0.1)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_each_member_takes_its_own_path(n_jobs: int) -> None:
    penalty = Penalty(0.001, 0.01)
    found = train_population(
        NETWORK, X, Y, seeds=[3, 8], learning_rates=[0.01, 0.05], optimizers=["adam", "sgd", "amsgrad"], epochs=6,
        batch_size=5, penalty=penalty, clip_norm=0.5, schedule="cosine", n_jobs=n_jobs,
    )  # fmt: skip
    assert found.thetas.shape == (12, NETWORK.n_parameters)
    assert len({(m.seed, m.learning_rate, m.optimizer.name) for m in found.members}) == 12
    from koubai.optimizers.schedules import get_schedule

    rates = get_schedule("cosine").rates(1.0, 0, 30, 5, 30, n_rows=21).reshape(6, 5)
    for member, theta, losses in zip(found.members, found.thetas, found.losses, strict=True):
        start = NETWORK.initial(np.random.default_rng(member.seed))
        state = State(start, member.optimizer.init(start))
        plan = Plan(NETWORK, member.optimizer, penalty, 5, seed=member.seed, clip_norm=0.5)
        expected = ReferenceEngine().run(plan, state, Rows(X, Y), rates * member.learning_rate)
        np.testing.assert_allclose(theta, state.theta, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(losses, expected, rtol=1e-9)


def test_members_stop_on_their_own_and_the_best_is_the_lowest() -> None:
    found = train_population(
        NETWORK, X, Y, seeds=6, learning_rates=[1e-6, 0.05], epochs=80, tol=1e-4, n_iter_no_change=3
    )
    ran = (~np.isnan(found.losses)).sum(axis=1)
    assert ran.min() < ran.max()
    assert found.final_losses[found.best] == found.final_losses.min()
    assert [found.losses[i, n - 1] for i, n in enumerate(ran)] == found.final_losses.tolist()
    alone = Patience(1e-4, 3)
    member = found.members[0]
    start = NETWORK.initial(np.random.default_rng(member.seed))
    state = State(start, member.optimizer.init(start))
    ReferenceEngine().run(
        Plan(NETWORK, member.optimizer, batch_size=32, seed=member.seed),
        state,
        Rows(X, Y),
        np.full((80, 1), 1e-6),
        alone,
    )
    assert state.epoch == ran[0]


def test_a_member_that_diverges_does_not_disturb_the_others() -> None:
    network = Network.dense((3, 4, 1), hidden="identity")
    found = train_population(network, X, Y, seeds=2, learning_rates=[1e6, 0.01], optimizers="sgd", epochs=60)
    assert np.isinf(found.final_losses[[0, 2]]).all()
    assert np.isfinite(found.final_losses[[1, 3]]).all()
    assert found.best in (1, 3)


def test_float32_is_kept() -> None:
    found = train_population(NETWORK, X.astype(np.float32), Y.ravel(), seeds=2, epochs=3, sample_weight=np.ones(21))
    assert found.thetas.dtype == np.float32


@pytest.mark.parametrize("kind", [csr_array, csc_matrix, coo_array])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_sparse_rows_take_the_same_path_as_dense_ones(kind: Any, dtype: Any) -> None:
    dense = (X * (np.abs(X) > 0.5) * 4).astype(dtype)
    given = {"seeds": 2, "epochs": 5, "batch_size": 4}
    found = train_population(NETWORK, kind(dense), Y, **given)
    expected = train_population(NETWORK, dense, Y, **given)
    assert found.thetas.dtype == expected.thetas.dtype
    tolerance = 1e-4 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(found.thetas, expected.thetas, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("kind", [csr_array, csc_array])
def test_no_index_outside_of_a_sparse_matrix_is_followed(kind: Any, what: str) -> None:
    with pytest.raises(
        DataError,
        match=r"train_population: X must be a sparse matrix whose indices lie within its shape \(21, 3\); got",
    ):
        train_population(NETWORK, broken(what, kind(X)), Y, epochs=1)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"seeds": 0}, ParameterError, "seeds must be one or more integers >= 0; got 0"),
        ({"seeds": [-1]}, ParameterError, "seeds must be"),
        ({"learning_rates": [0.1, 0.0]}, ParameterError, r"rates > 0; got \[0.1, 0.0\]"),
        ({"learning_rates": []}, ParameterError, "must not be empty"),
        ({"optimizers": "quick"}, ParameterError, "optimizers must be a known optimizer; got 'quick'"),
        ({"X": X[:, :2]}, ShapeError, r"X must have shape .* got \(21, 2\)"),
        ({"y": Y[:20]}, ShapeError, r"y must have shape .* got \(20, 1\)"),
        ({"sample_weight": np.ones(3)}, ShapeError, r"sample_weight must have shape .* got \(3,\)"),
        ({"batch_size": -1}, ParameterError, "batch_size must be an integer >= 1; got -1. Try 32."),
        ({"batch_size": 2.5}, ParameterError, "batch_size must be an integer >= 1; got 2.5"),
        ({"epochs": 0}, ParameterError, "epochs must be an integer >= 1; got 0. Try 100."),
        ({"epochs": True}, ParameterError, "epochs must be an integer >= 1; got True"),
        ({"clip_norm": -1.0}, ParameterError, "clip_norm must be a finite number >= 0; got -1.0"),
        ({"tol": np.nan}, ParameterError, "tol must be a finite number >= 0; got nan"),
        ({"n_iter_no_change": 0}, ParameterError, "n_iter_no_change must be a finite number > 0; got 0"),
        ({"init": "slow"}, ParameterError, "init must be one of .*; got 'slow'. Try 'glorot_uniform'."),
        ({"shuffle": "no"}, ParameterError, "shuffle must be True or False; got 'no'"),
        ({"n_jobs": 0}, ParameterError, "n_jobs must be an integer >= 1 or None; got 0"),
        ({"penalty": 0.1}, ParameterError, "penalty must be a Penalty or None; got 0.1"),
        ({"network": (3, 4, 1)}, ParameterError, "network must be a Network; got tuple"),
        ({"schedule": "slowly"}, ParameterError, "schedule must be a known schedule; got 'slowly'"),
        ({"seeds": 1.5}, ParameterError, "seeds must be one or more integers >= 0; got 1.5"),
        ({"seeds": "12"}, ParameterError, "seeds must be"),
        ({"seeds": [0.5]}, ParameterError, "seeds must be"),
        ({"seeds": [2**64]}, ParameterError, "seeds must be"),
        ({"learning_rates": ["fast"]}, ParameterError, "rates > 0"),
        ({"learning_rates": np.nan}, ParameterError, "rates > 0; got nan"),
        (
            {"X": np.where(X[4, 1] == X, np.nan, X)},
            DataError,
            r"X must contain only finite numbers; got nan at \(4, 1\)",
        ),
        ({"y": np.where(Y[0] == Y, np.inf, Y)}, DataError, r"y must contain only finite numbers; got inf at \(0, 0\)"),
        ({"y": ["yes"] * 21}, DataError, "y must contain only numbers; got a list"),
        ({"X": csr_array(np.where(X[4, 1] == X, np.nan, X))}, DataError, r"X must contain .* got nan at \(4, 1\)"),
        ({"X": csr_array(X)[:, :2]}, ShapeError, r"X must have shape .* got \(21, 2\)"),
        ({"X": csr_array(X)[:20]}, ShapeError, r"y must have shape .* got \(21, 1\)"),
        ({"X": coo_array(X[0])}, ShapeError, r"X must have shape .* got \(3,\)"),
        ({"y": csr_array(Y)}, ParameterTypeError, "y must be an array; got csr_array. Call its method toarray first."),
        ({"X": X[:0], "y": Y[:0]}, ShapeError, r"X must have shape .* got \(0, 3\)"),
        ({"sample_weight": -np.ones(21)}, DataError, "sample_weight must be >= 0, .* got -1 to -1"),
        ({"sample_weight": np.zeros(21)}, DataError, "above 0 for at least one row; got 0 to 0"),
        (
            {"sample_weight": np.full(21, np.nan)},
            DataError,
            r"sample_weight must contain only finite numbers; got nan at \(0,\)",
        ),
    ],
)
def test_bad_input_gets_one_sentence(changes: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        train_population(**{"network": NETWORK, "X": X, "y": Y, "epochs": 1, **changes})
