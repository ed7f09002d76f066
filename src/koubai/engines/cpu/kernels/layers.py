"""One layer forward and backward on a batch, compiled: the lecture's matrix products and sums.

Matrices are flat arrays, row behind row; z and x have ``n`` rows of n_in numbers, u and δ of n_out. Sparse inputs (CSR)
are read row by row in the first layer. ``room`` has what products need (see `koubai.engines.cpu.kernels.records`).
"""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.copies import copy_row
from koubai.engines.cpu.kernels.primitives import gemm
from koubai.engines.cpu.kernels.products import AS_IT_IS, NONE, TURNED, lanes_of, product, vectors_of
from koubai.engines.cpu.kernels.tiles import column_sums

LONG = 16
"""Sources from which on the sum for a single node is taken along them."""


@kernel
def affine(z, weights, biases, u, n, n_in, n_out, room):
    """Set u = z W + b: W (n_in, n_out), b (n_out,) or (0,)."""
    if n_out == 1 and n_in >= LONG:
        for r in range(n):
            row, total = z[r * n_in : (r + 1) * n_in], u.dtype.type(0)
            for j in range(n_in):
                total += row[j] * weights[j]
            u[r] = total + biases[0] if biases.size else total
    else:
        product(z, AS_IT_IS, n_in, weights, AS_IT_IS, n_out, n_in, biases, NONE, u, n, n_out, room.copy)


@kernel
def affine_sparse(data, indices, starts, rows, weights, biases, u, n_out):
    """Set u = x W + b for the given rows of a CSR matrix x (data, indices, starts)."""
    for r in range(rows.size):
        out = u[r * n_out : (r + 1) * n_out]
        for k in range(n_out):
            out[k] = biases[k] if biases.size else u.dtype.type(0)
        for at in range(starts[rows[r]], starts[rows[r] + 1]):
            x, source = data[at], weights[indices[at] * n_out : (indices[at] + 1) * n_out]
            for k in range(n_out):
                out[k] += x * source[k]


@kernel
def gather(x, rows, out, m):
    """Set out[r] = x[rows[r]] for rows of m numbers."""
    for r in range(rows.size):
        copy_row(x, rows[r] * m, out, r * m, m, (r + 1) * m + lanes_of(x) <= rows.size * m)


@kernel
def bias_gradient(delta, out, first, stop, n, n_out, add):
    """Set (or add to) ∂E/∂b_i = Σ_rows δ_i for nodes first … stop-1 of n >= 1 rows."""
    wide = vectors_of(delta)
    for k in range(first, stop, wide):
        column_sums(delta, k, n_out, n, out, k, min(wide, stop - k), add)


@kernel
def weight_gradient(z, delta, out, first, stop, n, n_in, n_out, add, room):
    """Set (or add to) ∂E/∂w_ij = Σ_rows δ_i z_j for sources first … stop-1: their rows of zᵀ δ."""
    if first == stop:
        return
    own = out[first * n_out : stop * n_out]
    begin = own if add else own[:0]
    product(z[first:], TURNED, n_in, delta, AS_IT_IS, n_out, n, begin, n_out, own, stop - first, n_out, room.copy)


@kernel
def descend(z, delta, weights, rate, first, stop, n, n_in, n_out):
    """Update w_ij ← w_ij - α Σ_rows δ_i z_j for sources first … stop-1 in one product, without a gradient between."""
    if first < stop:
        own = weights[first * n_out : stop * n_out]
        gemm(
            z[first:], TURNED, n_in, delta, AS_IT_IS, n_out, own, stop - first, n, n_out, True, -own.dtype.type(rate)
        )  # fmt: skip


@kernel
def weight_gradient_sparse(data, indices, starts, rows, delta, out, first, stop, n_in, n_out, add):
    """Set (or add to) ∂E/∂w_ij of nodes first … stop-1 for the given rows of a CSR matrix."""
    if not add:
        for j in range(n_in):
            for k in range(first, stop):
                out[j * n_out + k] = out.dtype.type(0)
    for r in range(rows.size):
        row = delta[r * n_out + first : r * n_out + stop]
        for at in range(starts[rows[r]], starts[rows[r] + 1]):
            x, own = data[at], out[indices[at] * n_out + first : indices[at] * n_out + stop]
            for k in range(own.size):
                own[k] += x * row[k]


@kernel
def delta_to_sources(delta, weights, g, n, n_in, n_out, room):
    """Set g = ∂E/∂z of the layer before: Σ_i δ_i w_ij, g (n, n_in) = δ Wᵀ."""
    product(delta, AS_IT_IS, n_out, weights, TURNED, n_out, n_out, g[:0], NONE, g, n, n_in, room.copy)
