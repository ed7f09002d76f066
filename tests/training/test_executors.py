"""Many networks by the workers of an executor: the same numbers as here, whoever trains them."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.engines.reference import ReferenceEngine
from koubai.training.executors import n_workers, shared_out

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


class Counting(Executor):
    """Three workers that work at once, and are counted; what they are given goes through pickle as elsewhere."""

    _max_workers = 3

    def __init__(self) -> None:
        self.tasks = 0

    def submit(self, function: Any, /, *args: Any, **options: Any) -> "Future[Any]":
        import pickle

        self.tasks += 1
        found: Future[Any] = Future()
        try:
            found.set_result(pickle.loads(pickle.dumps(function(*pickle.loads(pickle.dumps(args)), **options))))
        except Exception as error:
            found.set_exception(error)
        return found


def population(executor: Executor | None) -> Any:
    network = koubai.Network.dense((2, 4, 1), hidden="tanh", output="sigmoid", loss="binary_cross_entropy")
    given = {"seeds": 4, "learning_rates": [0.01, 0.1], "optimizers": ["adam", "sgd"], "epochs": 6, "batch_size": 7}
    return koubai.train_population(network, X, Y, **given, executor=executor)


def test_a_population_does_not_depend_on_who_trains_it() -> None:
    here, workers = population(None), Counting()
    there = population(workers)
    assert workers.tasks == 3  # the rows go once to each worker
    assert here.thetas.tobytes() == there.thetas.tobytes()
    np.testing.assert_array_equal(here.losses, there.losses)


def test_starts_members_and_cross_validation_do_not_either() -> None:
    given: dict[str, Any] = {"hidden_layer_sizes": (4,), "epochs": 4, "random_state": 0}
    starts = [koubai.MLPClassifier(n_starts=5, **given).fit(X, Y, executor=one) for one in (None, Counting())]
    assert starts[0].theta_.tobytes() == starts[1].theta_.tobytes()
    np.testing.assert_array_equal(starts[0].start_scores_, starts[1].start_scores_)
    assert not hasattr(starts[1], "_executor")
    table = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "kind": np.where(Y, "yes", "no")})
    workers = Counting()
    here, there = (koubai.TableModel(n_members=3, **given).fit(table, "kind", executor=one) for one in (None, workers))
    assert workers.tasks > 3
    assert here.judgement_ == there.judgement_
    assert here.predict(table).equals(there.predict(table))


@pytest.mark.slow
def test_processes() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert population(pool).thetas.tobytes() == population(None).thetas.tobytes()


def test_an_engine_without_populations_is_refused_whoever_would_train_them() -> None:
    class Alone:
        name = "alone"
        forward, loss_and_gradient, run = (
            staticmethod(getattr(ReferenceEngine(), name)) for name in ("forward", "loss_and_gradient", "run")
        )

    model = koubai.MLPClassifier((3,), epochs=2, n_starts=2, engine=Alone())
    for executor in (None, Counting()):
        with pytest.raises(ParameterError, match=r"n_starts must be 1 with an engine that trains one network at a"):
            model.fit(X, Y, executor=executor)


def halves(items: list[int], divisor: int) -> list[float]:
    return [item / divisor for item in items]


def test_parts_come_back_in_order_and_errors_are_raised() -> None:
    assert shared_out(Counting(), halves, [1, 2, 3, 4], 2) == [
        (slice(0, 1), [0.5]),
        (slice(1, 2), [1.0]),
        (slice(2, 4), [1.5, 2.0]),
    ]
    with pytest.raises(ZeroDivisionError):
        shared_out(Counting(), halves, [1, 2], 0)
    assert n_workers(Counting()) == 3
    assert n_workers(object()) >= 1


WRONG: dict[str, Callable[[], Any]] = {
    "train_population": lambda: population(4),  # type: ignore[arg-type]
    "MLPClassifier": lambda: koubai.MLPClassifier().fit(X, Y, executor=4),
    "TableModel": lambda: koubai.TableModel().fit(pl.DataFrame({"a": X[:, 0], "kind": Y}), "kind", executor=4),
}


@pytest.mark.parametrize("who", WRONG)
def test_what_is_no_executor_is_refused(who: str) -> None:
    with pytest.raises(ParameterTypeError) as error:
        WRONG[who]()
    assert str(error.value) == (
        f"{who}: executor must be a concurrent.futures.Executor or None; got int. Try ProcessPoolExecutor(), or "
        f"client.get_executor() of Dask."
    )
