"""NumPy's equations taken over by JAX: every kind there is, all compiled in one piece, against NumPy's own numbers."""

import jax
import numpy as np
import pytest
from tests.oracles import PAIRS, targets_for

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.losses import get_loss
from koubai.core.randomness import derive_key, permutation, random_words
from koubai.engines.xla import randomness
from koubai.engines.xla.engine import settings
from koubai.engines.xla.equations import OnJax
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer

U = np.concatenate([np.random.default_rng(0).normal(0, 2, (8, 3)), [[0, 0, 0], [1, 0, -1], [-60, 40, 0]]])


def same(found, expected) -> None:
    for name, value in expected.items():
        for one, other in zip(jax.tree.leaves(found[name]), jax.tree.leaves(value), strict=True):
            np.testing.assert_allclose(np.asarray(one), other, rtol=1e-11, atol=1e-13, err_msg=str(name))


def test_every_activation() -> None:
    def all_of(wrap, u):
        kinds = {name: wrap(get_activation(name)) for name in ACTIVATIONS}
        values = {name: kind.value(u) for name, kind in kinds.items()}
        return {name: (values[name], kind.pull_back(u, values[name], u + 2)) for name, kind in kinds.items()}

    with settings():
        same(jax.jit(lambda u: all_of(OnJax, u))(U), all_of(lambda kind: kind, U))


@pytest.mark.slow
def test_every_loss_behind_every_activation() -> None:
    targets = {loss: targets_for(loss, len(U), 3, np.random.default_rng(1)) for _, loss in PAIRS}

    def all_of(wrap, u):
        found = {}
        for output, name in PAIRS:
            activation, loss, y = wrap(get_activation(output)), wrap(get_loss(name)), targets[name]
            z = activation.value(u)
            found[output, name] = loss.rows(activation, u, z, y), loss.delta(activation, u, z, y)
        return found

    with settings(), np.errstate(all="ignore"):
        same(jax.jit(lambda u: all_of(OnJax, u))(U), all_of(lambda kind: kind, U))


def test_every_optimizer() -> None:
    rng = np.random.default_rng(2)
    theta, gradient, slots = rng.normal(size=6), rng.normal(size=6), rng.uniform(0.1, 1, (3, 6))

    def all_of(wrap, t):
        rules = {name: get_optimizer(name) for name in OPTIMIZERS}
        return {
            name: wrap(rule).step(theta * t / t, gradient * t / t, slots[: rule.n_slots] * t / t, t, 0.1)
            for name, rule in rules.items()
        }

    with settings():
        same(jax.jit(lambda t: all_of(OnJax, t))(7), all_of(lambda kind: kind, 7))


@pytest.mark.parametrize("in_rounds", [False, True])
def test_words_and_shuffles_are_those_of_all_engines(in_rounds: bool) -> None:
    with settings():
        key = derive_key(2**64 - 5, 1, 77)
        assert int(randomness.derive_key(np.uint64(2**64 - 5), 1, np.int64(77))) == key
        found = randomness.words(np.uint64(key), np.arange(5))
        np.testing.assert_array_equal(np.asarray(found), random_words(key, 5))
        for n in (1, 2, 3, 500):
            order = jax.jit(randomness.permutation, static_argnums=(1, 2))(np.uint64(key), n, in_rounds)
            np.testing.assert_array_equal(np.asarray(order), permutation(key, n))
