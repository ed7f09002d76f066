"""Matrix products, compiled: small ones by tiles that stay in the processor's registers, large ones by BLAS.

BLAS copies its factors into an order of its own before it multiplies, which pays only for matrices that do not fit into
the cache; a network of some hundred nodes has multiplied its matrices before BLAS begins. Matrices are flat arrays,
row behind row.
"""

import numpy as np
from numba.extending import overload

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.primitives import gemm, keep_apart
from koubai.engines.cpu.kernels.tiles import TALL, VECTOR_BYTES, tile, turn_block

COPY_FROM = 48 << 10
"""Bytes of b from which on the columns of a tile are copied together: rows far apart share few lines of the cache."""
BLAS_FROM = 640 << 10
"""Bytes of b, and of a if it is read across its rows, from which on BLAS multiplies more than a few rows."""

AS_IT_IS, TURNED = np.bool_(False), np.bool_(True)
"""Whether a matrix or its transpose is given. (A literal would have numba compile `product` once for each.)"""
NONE, ONE = np.int64(0), np.int64(1)
"""No numbers between rows; one row."""


def lanes_of(a):
    """Return how many numbers of this array's dtype a vector register holds (in compiled code)."""
    raise NotImplementedError


@overload(lanes_of, inline="always")
def _lanes_of(a):
    lanes = VECTOR_BYTES * 8 // a.dtype.bitwidth
    return lambda a: lanes


@kernel(within=True)
def copy_size(a, longest):
    """Return how many numbers of room `product` needs for sums of at most ``longest`` terms."""
    return 2 * lanes_of(a) * longest


@kernel(within=True)
def copy_columns(b, b_row, depth, columns, copy, copy_row):
    """Set copy[k, q] = b[k, q] for the first ``columns`` columns of b."""
    for k in range(depth):
        source, target = b[k * b_row : k * b_row + columns], copy[k * copy_row : k * copy_row + columns]
        for q in range(columns):
            target[q] = source[q]


@kernel(within=True)
def copy_rows_turned(b, b_row, depth, columns, copy, copy_row):
    """Set copy[k, q] = b[q, k] for the first ``columns`` rows of b, in square blocks as far as there are any."""
    lanes = lanes_of(b)
    whole_columns, whole_depth = columns - columns % lanes, depth - depth % lanes
    for q in range(0, whole_columns, lanes):
        for k in range(0, whole_depth, lanes):
            turn_block(b, q * b_row + k, b_row, copy, k * copy_row + q, copy_row)
        for r in range(q, q + lanes):
            for k in range(whole_depth, depth):
                copy[k * copy_row + r] = b[r * b_row + k]
    for r in range(whole_columns, columns):
        for k in range(depth):
            copy[k * copy_row + r] = b[r * b_row + k]


@kernel(within=True)
def multiply_by_blas(a, a_turned, a_row, b, b_turned, b_row, depth, first, first_row, out, n, m):
    """Do as `product` does, in BLAS."""
    if first.size and first_row == 0:
        for i in range(n):
            row = out[i * m : (i + 1) * m]
            for k in range(m):
                row[k] = first[k]
    gemm(a, a_turned, a_row, b, b_turned, b_row, out, n, depth, m, first.size > 0, out.dtype.type(1))


@kernel
def product(a, a_turned, a_row, b, b_turned, b_row, depth, first, first_row, out, n, m, copy):
    """Set out = first + a b: out (n, m), a (n, depth), b (depth, m).

    Of a matrix that is ``turned`` the transpose is given; ``a_row`` and ``b_row`` numbers lie between the rows that are
    given. ``first`` may be ``out`` itself (``first_row`` m), one row that is added to all (``first_row`` 0), or empty.
    ``copy`` is room for columns of b.
    """
    keep_apart()
    lanes = lanes_of(a)
    size = VECTOR_BYTES // lanes
    if n > 2 * TALL and (depth * m + (n * depth if a_turned else 0)) * size >= BLAS_FROM:
        multiply_by_blas(a, a_turned, a_row, b, b_turned, b_row, depth, first, first_row, out, n, m)
        return
    row_step, term_step = (1, a_row) if a_turned else (a_row, 1)
    wide = 2 * lanes
    copied = b_turned or (n > 2 * TALL and depth * m * size >= COPY_FROM)
    for j in range(0, m, wide):
        left, source, at, source_row = m - j, b, j, b_row
        if copied:
            if b_turned:
                copy_rows_turned(b[j * b_row :], b_row, depth, min(left, wide), copy, wide)
            else:
                copy_columns(b[j:], b_row, depth, min(left, wide), copy, wide)
            source, at, source_row = copy, 0, wide
        for i in range(0, n, TALL):
            rows, x, y, z = min(TALL, n - i), i * row_step, i * first_row + j, i * m + j
            if left > lanes:
                tile(
                    a, x, row_step, term_step, source, at, source_row, depth,
                    first, y, first_row, first.size == 0, out, z, m, rows, left, 2,
                )  # fmt: skip
            else:
                tile(
                    a, x, row_step, term_step, source, at, source_row, depth,
                    first, y, first_row, first.size == 0, out, z, m, rows, left, 1,
                )  # fmt: skip
