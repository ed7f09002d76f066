"""The dense layer in neural tangent parametrisation on a batch, compiled: products with W, then the factor 1 / √n."""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.layers.dense import (
    affine,
    affine_sparse,
    bias_gradient,
    biases_of,
    delta_to_sources,
    weight_gradient,
    weight_gradient_sparse,
    weights_of,
)
from koubai.engines.cpu.kernels.records import N_IN, N_OUT


@kernel(within=True)
def factor_of(z, n_in):
    """Return 1 / √n in the precision of z."""
    return z.dtype.type(1 / float(n_in) ** 0.5)


@kernel
def scale_and_add(u, factor, biases, n, m):
    """Set u = factor u + b for n rows of m numbers; b (m,) or (0,)."""
    for r in range(n):
        row = u[r * m : (r + 1) * m]
        if biases.size:
            for i in range(m):
                row[i] = factor * row[i] + biases[i]
        else:
            for i in range(m):
                row[i] *= factor


@kernel
def multiply(out, factor):
    """Multiply every element by a number."""
    for i in range(out.size):
        out[i] *= factor


@kernel
def multiply_columns(out, factor, first, stop, n, m):
    """Multiply columns first … stop-1 of n rows of m numbers by a number."""
    for r in range(n):
        row = out[r * m + first : r * m + stop]
        for i in range(row.size):
            row[i] *= factor


@kernel
def forward(net, layer, theta, z, sparse, data, rows, u, n, room):
    """Set u = z W / √n + b."""
    shape = net.shape[layer]
    n_in, n_out = shape[N_IN], shape[N_OUT]
    weights, biases = weights_of(shape, theta), biases_of(shape, theta)
    if sparse:
        affine_sparse(data.data, data.indices, data.starts, rows, weights, biases[:0], u, n_out)
    else:
        affine(z, weights, biases[:0], u, n, n_in, n_out, room)
    scale_and_add(u, factor_of(u, n_in), biases, n, n_out)


@kernel
def to_sources(net, layer, theta, z, delta, g, n, room):
    """Set g = δ Wᵀ / √n."""
    shape = net.shape[layer]
    n_in, n_out = shape[N_IN], shape[N_OUT]
    delta_to_sources(delta, weights_of(shape, theta), g, n, n_in, n_out, room)
    multiply(g[: n * n_in], factor_of(g, n_in))


@kernel
def gradient(net, layer, theta, z, sparse, data, rows, delta, out, sources, nodes, n, add, room):
    """Set (or add to) ∂E/∂w_ij = Σ_rows δ_i z_j / √n and ∂E/∂b_i = Σ_rows δ_i.

    When adding, the previous value is multiplied by √n first, since the product sums without the factor.
    """
    shape = net.shape[layer]
    n_in, n_out = shape[N_IN], shape[N_OUT]
    weights, biases, factor = weights_of(shape, out), biases_of(shape, out), factor_of(out, n_in)
    if biases.size:
        bias_gradient(delta, biases, nodes[0], nodes[1], n, n_out, add)
    if sparse:
        first, stop = nodes
        if add:
            multiply_columns(weights, 1 / factor, first, stop, n_in, n_out)
        indices, starts = data.indices, data.starts
        weight_gradient_sparse(data.data, indices, starts, rows, delta, weights, first, stop, n_in, n_out, add)
        multiply_columns(weights, factor, first, stop, n_in, n_out)
    else:
        own = weights[sources[0] * n_out : sources[1] * n_out]
        if add:
            multiply(own, 1 / factor)
        weight_gradient(z, delta, weights, sources[0], sources[1], n, n_in, n_out, add, room)
        multiply(own, factor)
