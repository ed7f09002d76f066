"""Networks of a table that learn from some of its rows and answer for others, so that choices can rest on these."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError
from koubai.core.network import Network
from koubai.models.averaging import can_be_widened, with_theta
from koubai.models.estimator_choice import Estimator
from koubai.training.executors import shared_out, threads_of_a_block

if TYPE_CHECKING:
    from koubai.estimators.members import Anew

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
    if executor is None and once:
        yield from (
            [answer] for answer in _answers_at_once([make(penalty) for penalty in penalties], X, y, parts[0], plain)
        )
    elif executor is None:
        for some in (penalties[:2], *([penalty] for penalty in penalties[2:])):  # the first two are always wanted
            yield from _answers_of_parts([[make(penalty) for _ in parts] for penalty in some], X, y, parts, plain)
    else:
        tasks = [(make(penalty), part, once) for penalty in penalties for part in parts]
        found = [answer for _, some in shared_out(executor, _answer_all, tasks, X, y, plain) for answer in some]
        for first in range(0, len(found), len(parts)):
            yield found[first : first + len(parts)]


def _answer_all(
    tasks: Sequence[tuple[Estimator, tuple[Array, Array], bool]], X: Array, y: Array, plain: Array | None
) -> list[Answer]:
    """Return the answers of some networks, in a worker."""
    if tasks[0][2]:  # there is but one part
        return _answers_at_once([one for one, _, _ in tasks], X, y, tasks[0][1], plain)
    return [_answer(one, X, y, part, plain) for one, part, _ in tasks]


def _answers_of_parts(
    several: Sequence[Sequence[Estimator]],
    X: Array,
    y: Array,
    parts: Sequence[tuple[Array, Array]],
    plain: Array | None,
) -> Iterator[list[Answer]]:
    """Yield, of several with an estimator for each part, the answers up to the first that failed.

    Where each network can have a thread of its own, as many are trained at a time as there are threads.
    """
    at_once = networks_at_once(several[0][0])
    if at_once == 1:
        for estimators in several:
            pairs = zip(estimators, parts, strict=True)
            yield list(_until_none(_answer(one, X, y, part, plain) for one, part in pairs))
        return
    with warnings.catch_warnings(), threads_of_a_block(at_once) as threads:
        warnings.simplefilter("ignore")  # threads share the filters: they end before these are put back
        running = [
            [
                threads.submit(_answer, one.set_params(n_jobs=1), X, y, part, plain)
                for one, part in zip(estimators, parts, strict=True)
            ]
            for estimators in several
        ]
        found = [list(_until_none(future.result() for future in futures)) for futures in running]
    yield from found


def _until_none(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Yield answers up to the first that failed, after which others would be in vain."""
    for answer in answers:
        yield answer
        if answer is None:
            return


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


def _answers_at_once(
    estimators: Sequence[Estimator], X: Array, y: Array, part: tuple[Array, Array], plain: Array | None
) -> list[Answer]:
    """Do the same for several estimators with networks of both kinds trained at once, since each takes its time."""
    from koubai.estimators.members import anew, seed_of_member, train_together

    trained, predicted = part
    rows, targets = X[trained], y[trained]
    answers: list[Answer] = [None] * len(estimators)
    several: dict[tuple[int, int], Anew] = {}
    for place, estimator in enumerate(estimators):
        epochs = estimator.epochs
        if plain is not None and epochs is not None:
            begun = trained_quietly(estimator.set_params(epochs=1), rows, targets)
            estimator.set_params(epochs=epochs)
            if not begun:
                continue
            if can_be_drawn(estimator) and can_be_widened(estimator):
                for number, seen in enumerate((None, plain)):
                    seeds = [seed_of_member(estimator.random_state, number)]
                    several[place, number] = anew(estimator, rows, targets, seeds=seeds, epochs=epochs, seen=seen)
                continue
        answers[place] = _answer(estimator, X, y, part, plain)
    trained_now = train_together(list(several.values()), to_the_bit=False)
    found = dict(zip(several, (theta for (theta,) in trained_now), strict=True))
    for place in {place for place, _ in found}:
        thetas = [found[place, number] for number in (0, 1)]
        if np.isfinite(thetas).all():
            estimator = estimators[place]
            outputs = [outputs_of(with_theta(estimator, theta), X[predicted]) for theta in thetas]
            answers[place] = estimator, np.stack(outputs)
    return answers


def networks_at_once(estimator: "Estimator") -> int:
    """Return how many networks like an unfitted estimator can be trained at once, each by a thread of its own."""
    from koubai.estimators.given.training_choices import chosen_engine

    return getattr(chosen_engine(estimator), "networks_at_once", 1)


def trained_quietly(estimator: "Estimator", X: Array, y: Array) -> bool:
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
