"""Products, sums and copies of the compiled engine against NumPy: every size about the edges of vectors and tiles."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.engines.cpu.kernels import products
from koubai.engines.cpu.kernels.lanes import VECTOR_BYTES
from koubai.engines.cpu.kernels.layers.dense import bias_gradient
from koubai.engines.cpu.kernels.passes import gather
from koubai.engines.cpu.kernels.products import FEW, product
from koubai.engines.cpu.kernels.sizes import copy_size
from koubai.engines.cpu.kernels.tiles import SHORT, TALL
from koubai.engines.cpu.threads import blas

DTYPES = [np.float64, np.float32]
NOTHING, ONE_ROW, ALL_ROWS = "nothing", "one row", "all rows"
GUARD = 32
"""Numbers behind each result that must stay as they are."""


def multiply(a, a_turned, b, b_turned, first, first_row, out, n, depth, m):
    copy = np.empty(copy_size(a.itemsize, max(depth, n)), a.dtype)
    compiled_multiply(a, a_turned, b, b_turned, first, first_row, out, n, depth, m, copy)


@numba.njit
def compiled_multiply(a, a_turned, b, b_turned, first, first_row, out, n, depth, m, copy):
    a_row, b_row = n if a_turned else depth, depth if b_turned else m
    product(a, a_turned, a_row, b, b_turned, b_row, depth, first, first_row, out, n, m, copy)


@numba.njit
def sum_columns(delta, out, first, stop, n, m, add):
    bias_gradient(delta, out, first, stop, n, m, add)


@numba.njit
def gather_rows(x, rows, out, m):
    gather(x, rows, out, m)


def check(n: int, depth: int, m: int, dtype: type, a_turned: bool, b_turned: bool, begin: str, behind: int = 0) -> None:
    """Multiply, and compare with NumPy in float64; what lies behind the result is untouched.

    So many numbers that are none lie ``behind`` each factor: they may be read, but must not count.
    """
    rng = np.random.default_rng(n * 1000 + depth * 100 + m)
    a, b = (rng.normal(size=size).astype(dtype) for size in ((n, depth), (depth, m)))
    whole = np.full(n * m + GUARD, 7, dtype)
    out = whole[: n * m]
    expected = a.astype(float) @ b.astype(float)
    first, first_row = out[:0], 0
    if begin == ONE_ROW:
        first = rng.normal(size=m).astype(dtype)
        expected = expected + first
    elif begin == ALL_ROWS:
        out[:] = rng.normal(size=n * m)
        first, first_row = out, m
        expected = expected + out.reshape(n, m).astype(float)
    given_a, given_b = (np.ascontiguousarray(x.T if turned else x) for x, turned in ((a, a_turned), (b, b_turned)))
    long_a, long_b = (np.append(x.ravel(), np.full(behind, np.nan, dtype)) for x in (given_a, given_b))
    with blas().limit(limits=1, user_api="blas"):
        multiply(long_a, a_turned, long_b, b_turned, first, first_row, out, n, depth, m)
    tolerance = 4 * np.finfo(dtype).eps * (np.abs(a).astype(float) @ np.abs(b).astype(float) + 1) * np.sqrt(depth)
    assert (np.abs(out.reshape(n, m) - expected) <= tolerance).all()
    assert (whole[n * m :] == 7).all()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("n", [1, SHORT, TALL - 1, TALL, TALL + 1, 2 * SHORT, 2 * SHORT + 1, 3 * TALL + 2])
@pytest.mark.parametrize("behind", [0, 3, 40])
def test_every_width_about_two_vectors(dtype: type, turned: tuple[bool, bool], n: int, behind: int) -> None:
    for m in range(1, 4 * VECTOR_BYTES // np.dtype(dtype).itemsize + 2):
        check(n, 5, m, dtype, *turned, NOTHING, behind)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("begin", [NOTHING, ONE_ROW, ALL_ROWS])
@pytest.mark.parametrize("b_turned", [False, True])
def test_few_columns_of_many_turned_rows(dtype: type, begin: str, b_turned: bool) -> None:
    for m in range(1, FEW + 2):
        for n in (m, m + 1, 33):
            check(n, 7, m, dtype, True, b_turned, begin)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(DTYPES),
    st.sampled_from([(False, False), (True, False), (False, True)]),
    st.sampled_from([NOTHING, ONE_ROW, ALL_ROWS]),
    st.integers(0, 40),
)
def test_any_small_product(
    n: int, depth: int, m: int, dtype: type, turned: tuple[bool, bool], begin: str, behind: int
) -> None:
    check(n, depth, m, dtype, *turned, begin, behind)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("begin", [NOTHING, ONE_ROW, ALL_ROWS])
def test_copied_columns_and_blas_give_the_same(dtype: type, turned: tuple[bool, bool], begin: str) -> None:
    itemsize = np.dtype(dtype).itemsize
    copied = products.COPY_FROM // itemsize // 128 + 3
    by_blas = products.BLAS_FROM // itemsize // 128 + 3
    for m in (copied, by_blas):
        check(2 * TALL + 3, 128, m, dtype, *turned, begin)


def test_not_a_number_is_kept() -> None:
    a, b, out = np.ones(6), np.ones(6), np.zeros(4)
    a[0] = np.nan
    multiply(a, False, b, False, out[:0], 0, out, 2, 3, 2)
    assert np.isnan(out).tolist() == [True, True, False, False]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("add", [False, True])
def test_columns_of_every_width_are_summed(dtype: type, add: bool) -> None:
    rng = np.random.default_rng(0)
    for m in range(1, 4 * VECTOR_BYTES // np.dtype(dtype).itemsize + 2):
        for n, first in ((1, 0), (5, 0), (5, m // 2)):
            delta = np.append(rng.normal(size=n * m), np.full(GUARD, np.nan)).astype(dtype)
            out = np.full(m + GUARD, 7, dtype)
            sum_columns(delta, out, first, m, n, m, add)
            expected = np.full(m + GUARD, 7.0)
            expected[first:m] = 7 * add + delta[: n * m].reshape(n, m)[:, first:].astype(float).sum(axis=0)
            np.testing.assert_allclose(out, expected, rtol=20 * np.finfo(dtype).eps, atol=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_of_every_width_are_gathered(dtype: type) -> None:
    rows = np.array([4, 0, 4, 2])
    for m in range(1, 4 * VECTOR_BYTES // np.dtype(dtype).itemsize + 2):
        x, out = np.arange(5 * m, dtype=dtype), np.full(4 * m + GUARD, 7, dtype)
        gather_rows(x, rows, out, m)
        assert (out[: 4 * m].reshape(4, m) == x.reshape(5, m)[rows]).all()
        assert (out[4 * m :] == 7).all()
