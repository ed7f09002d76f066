"""Mean and deviation without rounding, whatever shares the numbers come in."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.core.exact_moments import AT_ONCE, LOWEST, ExactMoments, exact_sum

NUMBERS = st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=12)


@given(NUMBERS, st.randoms(use_true_random=False))
def test_sums_are_those_of_fractions_in_any_shares(values: list[float], chance) -> None:
    shares = [ExactMoments() for _ in range(3)]
    for value in values:
        chance.choice(shares).add(np.array([value]))
    found = shares[0]
    for share in shares[1:]:
        found.merge(share)
    whole = ExactMoments()
    whole.add(np.array(values))
    assert found == whole
    assert exact_sum(np.array(values)) == whole.total
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    assert found.mean == float(mean)
    variance = sum((value - mean) ** 2 for value in exact) / len(exact)
    scale = Fraction(max(map(abs, values)) or 1.0)
    relative = Fraction(found.deviation) ** 2 - variance
    assert abs(float(relative / scale**2)) <= 1e-14 * float(variance / scale**2)


def test_many_numbers_are_those_of_numpy() -> None:
    values = np.random.default_rng(0).normal(1e6, 3, AT_ONCE + 5)
    found = ExactMoments()
    found.add(values)
    assert found.count == len(values)
    assert found.mean == pytest.approx(math.fsum(values) / len(values), rel=1e-15)
    assert found.deviation == pytest.approx(values.std(), rel=1e-12)


def test_no_numbers_and_equal_ones() -> None:
    found = ExactMoments()
    assert (found.mean, found.deviation) == (0.0, 0.0)
    found.add(np.full(10, 0.1))
    assert (found.mean, found.deviation) == (0.1, 0.0)


def test_a_sum_is_in_units_that_every_number_is_a_multiple_of() -> None:
    values = np.array([5e-324, 1.0, -3.5])
    assert Fraction(exact_sum(values), 2**LOWEST) == sum(map(Fraction, values.tolist()))
    assert exact_sum(np.empty(0)) == 0
