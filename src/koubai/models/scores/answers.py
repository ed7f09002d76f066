"""Networks of a table that learn from some of its rows and answer for others, so that choices can rest on these."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError
from koubai.core.network import Network
from koubai.engines.cpu.threads import available_threads
from koubai.models.averaging import can_be_widened, with_theta
from koubai.models.estimator_choice import Estimator
from koubai.training.executors import shared_out

if TYPE_CHECKING:
    from concurrent.futures import Executor

Answer: TypeAlias = "tuple[Estimator, Array] | None"
"""A fitted network, and outputs for a part of the rows by networks of each kind; None if that failed."""


def answers_of(
    make: Callable[[float], Estimator],
    penalties: Sequence[float],
    X: Array,
    y: Array,
    parts: Sequence[tuple[Array, Array]],
    executor: "Executor | None",
    plain: Array | None,
    once: bool = False,
) -> Iterator[list[Answer]]:
    """Yield, of each penalty, the answers for each part by networks trained on the others, as `judge` asks."""
    if executor is None:
        answer = _answer_at_once if once else _answer
        for penalty in penalties:
            answers = (answer(make(penalty), X, y, part, plain) for part in parts)
            yield list(_until_none(answers))
        return
    tasks = [(make(penalty), part, once) for penalty in penalties for part in parts]
    found = [answer for _, some in shared_out(executor, _answer_all, tasks, X, y, plain) for answer in some]
    for first in range(0, len(found), len(parts)):
        yield found[first : first + len(parts)]


def _until_none(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Yield answers up to the first that failed, after which others would be in vain."""
    for answer in answers:
        yield answer
        if answer is None:
            return


def _answer_all(
    tasks: Sequence[tuple[Estimator, tuple[Array, Array], bool]], X: Array, y: Array, plain: Array | None
) -> list[Answer]:
    """Return the answers of some networks, in a worker."""
    return [(_answer_at_once if once else _answer)(one, X, y, part, plain) for one, part, once in tasks]


def _answer(estimator: Estimator, X: Array, y: Array, part: tuple[Array, Array], plain: Array | None) -> Answer:
    """Train a network of each kind on the other rows, and return the first with all outputs for the rows of a part."""
    trained, predicted = part
    if not trained_quietly(estimator, X[trained], y[trained]) or not can_be_drawn(estimator):
        return None
    found = [outputs_of(estimator, X[predicted])]
    if plain is not None and can_be_widened(estimator):
        from koubai.estimators.members import seed_of_member, train_anew

        (theta,) = train_anew(
            estimator,
            X[trained],
            y[trained],
            seeds=[seed_of_member(estimator.random_state, 1)],
            epochs=len(estimator.history_),
            seen=plain,
        )
        if not np.isfinite(theta).all():
            return None
        found.append(outputs_of(with_theta(estimator, theta), X[predicted]))
    return estimator, np.stack(found)


def _answer_at_once(estimator: Any, X: Array, y: Array, part: tuple[Array, Array], plain: Array | None) -> Answer:
    """Do the same with both networks trained at once, for tables of which each takes its time."""
    if plain is None or estimator.epochs is None:
        return _answer(estimator, X, y, part, plain)
    from koubai.estimators.members import seed_of_member, train_anew

    (trained, predicted), epochs = part, estimator.epochs
    estimator.set_params(epochs=1)
    if not trained_quietly(estimator, X[trained], y[trained]):
        return None
    estimator.set_params(epochs=epochs)
    if not (can_be_drawn(estimator) and can_be_widened(estimator)):
        return _answer(estimator, X, y, part, plain)

    def train(number: int, seen: Array | None) -> Array:
        seeds = [seed_of_member(estimator.random_state, number)]
        (theta,) = train_anew(estimator, X[trained], y[trained], seeds=seeds, epochs=epochs, seen=seen)
        return np.asarray(theta)

    with ThreadPoolExecutor(min(2, available_threads())) as pool:
        thetas = list(pool.map(train, (0, 1), (None, plain)))
    if not np.isfinite(thetas).all():
        return None
    return estimator, np.stack([outputs_of(with_theta(estimator, theta), X[predicted]) for theta in thetas])


def trained_quietly(estimator: Any, X: Array, y: Array) -> bool:
    """Train a network from which choices come; return whether it did not diverge."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the final training issues any warnings
            estimator.fit(X, y)
    except DivergenceError:
        return False
    return True


def can_be_drawn(estimator: Estimator) -> bool:
    """Return whether the pre-activations of the last layer are known from the predictions."""
    network = estimator.network_
    name = network.layers[-1].activation.name
    if hasattr(estimator, "classes_"):
        return name == "softmax" or (name == "sigmoid" and network.n_outputs == 1)
    return name in ("identity", "exponential")


def outputs_of(estimator: Estimator, X: Array) -> Array:
    """Return the network's outputs, (n_rows, n_outputs), as float64."""
    if not has_shares(estimator.network_):
        return np.asarray(estimator.predict(X), np.float64).reshape(len(X), -1)
    shares = np.asarray(estimator.predict_proba(X), np.float64)
    return shares[:, 1:] if estimator.network_.n_outputs == 1 else shares


def has_shares(network: Network) -> bool:
    """Return whether the network's outputs are probabilities."""
    return network.layers[-1].activation.name in ("softmax", "sigmoid")
