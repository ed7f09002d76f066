"""The fully connected layer on a batch, compiled: the lecture's matrix products and sums.

Matrices are flat arrays, row after row; z and x have ``n`` rows of n_in numbers, u and δ of n_out. Sparse inputs (CSR)
are read row by row in the first layer. ``room`` is work space for products (see `koubai.engines.cpu.kernels.records`).

The functions that the passes call (see `koubai.engines.cpu.kernels.layers`) are at the end.
"""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.primitives import gemm
from koubai.engines.cpu.kernels.products import AS_IT_IS, NONE, TURNED, product, vectors_of
from koubai.engines.cpu.kernels.records import BIASES, N_BIASES, N_IN, N_OUT, WEIGHTS
from koubai.engines.cpu.kernels.tiles import column_sums

LONG = 16
"""Minimum number of sources for which a single node's sum runs along them."""


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
def bias_gradient(delta, out, first, stop, n, n_out, add):
    """Set (or add to) ∂E/∂b_i = Σ_rows δ_i for nodes first … stop-1 of n >= 1 rows."""
    wide = vectors_of(delta)
    for k in range(first, stop, wide):
        column_sums(delta, k, n_out, n, out, k, min(wide, stop - k), add)


@kernel
def weight_gradient(z, delta, out, first, stop, n, n_in, n_out, add, room):
    """Set (or add to) ∂E/∂w_ij = Σ_rows δ_i z_j for sources first … stop-1, rows of zᵀ δ."""
    if first == stop:
        return
    own = out[first * n_out : stop * n_out]
    begin = own if add else own[:0]
    product(z[first:], TURNED, n_in, delta, AS_IT_IS, n_out, n, begin, n_out, own, stop - first, n_out, room.copy)


@kernel
def descend(z, delta, weights, rate, first, stop, n, n_in, n_out):
    """Update w_ij ← w_ij - α Σ_rows δ_i z_j for sources first … stop-1 in one product, without storing a gradient."""
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


@kernel(within=True)
def weights_of(shape, theta):
    """Return a view of θ that starts with the layer's n_in · n_out weights."""
    return theta[shape[WEIGHTS] :]


@kernel(within=True)
def biases_of(shape, theta):
    """Return a view of the layer's biases, (n_out,) or (0,)."""
    return theta[shape[BIASES] : shape[BIASES] + shape[N_BIASES]]


@kernel
def forward(net, layer, theta, z, sparse, data, rows, u, n, room):
    """Set u = z W + b."""
    shape = net.shape[layer]
    weights, biases = weights_of(shape, theta), biases_of(shape, theta)
    if sparse:
        affine_sparse(data.data, data.indices, data.starts, rows, weights, biases, u, shape[N_OUT])
    else:
        affine(z, weights, biases, u, n, shape[N_IN], shape[N_OUT], room)


@kernel
def to_sources(net, layer, theta, z, delta, g, n, room):
    """Set g = δ Wᵀ."""
    shape = net.shape[layer]
    delta_to_sources(delta, weights_of(shape, theta), g, n, shape[N_IN], shape[N_OUT], room)


@kernel
def gradient(net, layer, theta, z, sparse, data, rows, delta, out, sources, nodes, n, add, room):
    """Set (or add to) ∂E/∂w_ij = Σ_rows δ_i z_j and ∂E/∂b_i = Σ_rows δ_i."""
    shape = net.shape[layer]
    n_in, n_out = shape[N_IN], shape[N_OUT]
    weights, biases = weights_of(shape, out), biases_of(shape, out)
    if biases.size:
        bias_gradient(delta, biases, nodes[0], nodes[1], n, n_out, add)
    if sparse:
        indices, starts = data.indices, data.starts
        weight_gradient_sparse(data.data, indices, starts, rows, delta, weights, nodes[0], nodes[1], n_in, n_out, add)
    else:
        weight_gradient(z, delta, weights, sources[0], sources[1], n, n_in, n_out, add, room)


@kernel
def descent(net, layer, theta, z, delta, rate, sources, n):
    """Update the weights of ``sources`` by plain gradient descent, from all n rows."""
    shape = net.shape[layer]
    descend(z, delta, weights_of(shape, theta), rate, sources[0], sources[1], n, shape[N_IN], shape[N_OUT])
