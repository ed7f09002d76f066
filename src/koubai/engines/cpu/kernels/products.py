"""Matrix products, compiled: small ones by tiles that stay in the processor's registers, large ones by BLAS.

BLAS rearranges its factors before it multiplies, which pays only for matrices that do not fit into the cache; those of
a network with a few hundred nodes are multiplied before BLAS has begun. Matrices are flat arrays, row after row.
"""

import numpy as np
from numba.extending import overload

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.copies import copy_row, turn_block
from koubai.engines.cpu.kernels.lanes import VECTOR_BYTES, Lanes
from koubai.engines.cpu.kernels.primitives import gemm, keep_apart
from koubai.engines.cpu.kernels.sizes import BLAS_FROM, FEW
from koubai.engines.cpu.kernels.tiles import SHORT, TALL, tile

COPY_FROM = 48 << 10
"""Minimum size of b, in bytes, for which a tile's columns are copied together: distant rows share few cache lines."""

AS_IT_IS, TURNED = np.bool_(False), np.bool_(True)
"""Whether a matrix or its transpose is given. (With literals, numba would compile `product` once for each.)"""
NONE = np.int64(0)
"""No numbers between rows."""


def lanes_of(a):
    """Return the number of values of this array's dtype in a vector register (in compiled code)."""
    raise NotImplementedError


@overload(lanes_of, inline="always")
def _lanes_of(a):
    lanes = Lanes.count(a.dtype)
    return lambda a: lanes


@kernel(within=True)
def vectors_of(a):
    """Return the number of values of this array's dtype in two vectors, the most that a tile reads at once."""
    return 2 * lanes_of(a)


@kernel(within=True)
def copy_columns(b, at, b_row, depth, columns, copy):
    """Set copy[k, q] = b[k, q] for a few columns of b from place ``at`` on; rows of the copy are two vectors long."""
    for k in range(depth):
        copy_row(b, at + k * b_row, copy, k * vectors_of(b), columns, True)


@kernel(within=True)
def copy_rows_turned(b, b_row, depth, columns, copy, copy_row):
    """Set copy[k, q] = b[q, k] for the first ``columns`` rows of b, in square blocks as far as possible."""
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
    """Same as `product`, by BLAS."""
    if first.size and first_row == 0:
        for i in range(n):
            row = out[i * m : (i + 1) * m]
            for k in range(m):
                row[k] = first[k]
    gemm(a, a_turned, a_row, b, b_turned, b_row, out, n, depth, m, first.size > 0, out.dtype.type(1))


@kernel
def multiply_by_tiles(a, row_step, term_step, b, b_turned, b_row, depth, first, first_row, out, n, m, copy):
    """Same as `product`, by tiles; rows of a are ``row_step`` apart, the terms of a sum ``term_step``.

    The last columns come first, so that a row may be written beyond its end, into a next row not yet written.
    """
    keep_apart()
    lanes, wide = lanes_of(a), vectors_of(a)
    overlapping = first.size > 0 and first_row > 0  # ``first`` may be ``out``: read before written
    columns_copied = n > 2 * TALL and depth * m * (VECTOR_BYTES // lanes) >= COPY_FROM
    for j in range((m - 1) // wide * wide, -1, -wide):
        left, source, at, source_row = m - j, b, j, b_row
        vectors = wide if left > lanes else lanes
        if b_turned:
            copy_rows_turned(b[j * b_row :], b_row, depth, min(left, wide), copy, wide)
            source, at, source_row = copy, 0, wide
        elif columns_copied or (depth - 1) * b_row + j + vectors > b.size:
            copy_columns(b, j, b_row, depth, min(left, wide), copy)
            source, at, source_row = copy, 0, wide
        n_open = 0 if overlapping else n - 1
        if vectors - left > m:
            n_open = min(n_open, n - (vectors - left + m - 1) // m)
        i = 0
        while i < n:
            rows = n - i
            rows = min(rows, TALL if rows > 2 * SHORT or SHORT < rows <= TALL else SHORT)
            tile(
                a, i * row_step, row_step, term_step, source, at, source_row, depth,
                first, i * first_row + j, first_row, first.size == 0, out, i * m + j, m, rows, left, n_open - i,
            )  # fmt: skip
            i += rows


@kernel
def multiply_across(a, a_row, b, b_turned, b_row, depth, first, first_row, out, n, m, copy):
    """Same as `product` for small m and a turned: compute outᵀ = bᵀ aᵀ, whose rows are long, and transpose it."""
    row_step, term_step = (b_row, 1) if b_turned else (1, b_row)
    multiply_by_tiles(b, row_step, term_step, a, AS_IT_IS, a_row, depth, first[:0], NONE, copy, m, n, copy[m * n :])
    for q in range(m):
        column = copy[q * n : (q + 1) * n]
        if first.size:
            for i in range(n):
                out[i * m + q] = first[i * first_row + q] + column[i]
        else:
            for i in range(n):
                out[i * m + q] = column[i]


@kernel
def product(a, a_turned, a_row, b, b_turned, b_row, depth, first, first_row, out, n, m, copy):
    """Set out = first + a b: out (n, m), a (n, depth), b (depth, m).

    If a matrix is ``turned``, its transpose is given; ``a_row`` and ``b_row`` are the distances between the given rows,
    in numbers. An array may be longer than its matrix: then the last row of b is read beyond its end, which is harmless
    and saves a copy. ``first`` may be ``out`` itself (``first_row`` m), one row that is added to all (``first_row`` 0),
    or empty. ``copy`` is work space for columns of b.
    """
    size = VECTOR_BYTES // lanes_of(a)
    if n > 2 * TALL and (depth * m + (n * depth if a_turned else 0)) * size >= BLAS_FROM:
        multiply_by_blas(a, a_turned, a_row, b, b_turned, b_row, depth, first, first_row, out, n, m)
    elif a_turned and m <= FEW and n > m:
        multiply_across(a, a_row, b, b_turned, b_row, depth, first, first_row, out, n, m, copy)
    else:
        row_step, term_step = (1, a_row) if a_turned else (a_row, 1)
        multiply_by_tiles(a, row_step, term_step, b, b_turned, b_row, depth, first, first_row, out, n, m, copy)
