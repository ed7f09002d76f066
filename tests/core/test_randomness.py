"""Counter-based random numbers: the published generator, its orders and its streams."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from koubai.core.randomness import (
    DROPOUT,
    GAMMA,
    SHUFFLE,
    derive_key,
    mix,
    permutation,
    random_words,
    seed_from,
    uniforms,
)

keys = st.integers(0, 2**64 - 1)


def splitmix64(state: int):
    """The generator of Steele, Lea and Flood 2014, figure 16, with its state, in Python's whole numbers."""
    mask = 2**64 - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


def test_published_numbers_of_splitmix64() -> None:
    """The seed is the key: number n is mix(key + (n + 1) γ)."""
    assert random_words(1234567, 5).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(key=keys, n=st.integers(0, 20))
def test_words_are_those_of_the_generator_with_state(key: int, n: int) -> None:
    stream = splitmix64(key)
    assert random_words(key, n).tolist() == [next(stream) for _ in range(n)]


@given(key=keys, first=st.integers(0, 10**6), n=st.integers(1, 30))
def test_a_stream_can_be_entered_anywhere(key: int, first: int, n: int) -> None:
    whole = random_words(key, 40)
    np.testing.assert_array_equal(random_words(key, 30, first=10), whole[10:])
    middle = np.uint64(key) + np.arange(first + 1, first + n + 1, dtype=np.uint64) * np.uint64(GAMMA)
    np.testing.assert_array_equal(random_words(key, n, first), mix(middle))
    np.testing.assert_array_equal(uniforms(key, n, first), uniforms(key, first + n)[first:])


def test_uniforms_lie_in_the_unit_interval_and_are_uniform() -> None:
    numbers = uniforms(derive_key(0, DROPOUT), 100_000)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert kstest(numbers, "uniform").pvalue > 0.001
    words = random_words(1234567, 1)
    assert uniforms(1234567, 1)[0] == int(words[0] >> np.uint64(11)) / 2**53


@given(key=keys, n=st.integers(0, 300))
def test_a_permutation_holds_every_number_once(key: int, n: int) -> None:
    assert sorted(permutation(key, n).tolist()) == list(range(n))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_every_order_is_as_likely_as_any_other(n: int) -> None:
    orders = dict.fromkeys(permutations(range(n)), 0)
    for epoch in range(300 * len(orders)):
        orders[tuple(permutation(derive_key(7, SHUFFLE, epoch), n).tolist())] += 1
    assert chisquare(list(orders.values())).pvalue > 0.001


def test_every_row_is_as_likely_at_every_place() -> None:
    n, epochs = 10, 3000
    places = np.zeros((n, n))
    for epoch in range(epochs):
        places[permutation(derive_key(3, SHUFFLE, epoch), n), np.arange(n)] += 1
    assert chisquare(places.ravel(), ddof=2 * n - 2).pvalue > 0.001


def test_streams_of_other_seeds_kinds_and_epochs_differ() -> None:
    paths = [(seed, stream, epoch) for seed in range(10) for stream in (SHUFFLE, DROPOUT) for epoch in range(50)]
    firsts = {int(random_words(derive_key(*path), 1)[0]) for path in paths}
    assert len(firsts) == len(paths)
    assert derive_key(0, 1, 2) != derive_key(0, 2, 1)
    assert derive_key(0, 1) != derive_key(0, 1, 0) != derive_key(0)
    a, b = (uniforms(derive_key(0, SHUFFLE, epoch), 10_000) for epoch in (0, 1))
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.05


def test_a_seed_may_be_any_whole_number() -> None:
    assert derive_key(5) == 5
    assert derive_key(-1, SHUFFLE) == derive_key(2**64 - 1, SHUFFLE)
    assert 0 <= derive_key(2**63 + 1, SHUFFLE, 10**9) < 2**64


def test_seeds_are_drawn_from_numpys_sources() -> None:
    for make in (np.random.default_rng, np.random.RandomState):
        seeds = [seed_from(make(start)) for start in range(50)]
        assert seeds == [seed_from(make(start)) for start in range(50)]
        assert len(set(seeds)) == 50
        assert all(0 <= seed < 2**63 for seed in seeds)
        assert max(seeds) > 2**61
