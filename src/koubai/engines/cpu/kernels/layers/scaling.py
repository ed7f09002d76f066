"""The scaling layer on a batch, compiled: u_j = s_j z_j, and its pull-back (`koubai.core.layers.scaling`)."""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.records import N_OUT, WEIGHTS


@kernel
def scale(z, scales, out, n, m):
    """Set out_j = s_j z_j for n rows of m numbers."""
    for r in range(n):
        source, target = z[r * m : (r + 1) * m], out[r * m : (r + 1) * m]
        for j in range(m):
            target[j] = scales[j] * source[j]


@kernel
def scale_sparse(data, indices, starts, rows, scales, u, m):
    """Set u_j = s_j x_j for the given rows of a CSR matrix x; u holds the zeros too."""
    for r in range(rows.size):
        out = u[r * m : (r + 1) * m]
        for j in range(m):
            out[j] = u.dtype.type(0)
        for at in range(starts[rows[r]], starts[rows[r] + 1]):
            out[indices[at]] += scales[indices[at]] * data[at]


@kernel
def clear(out):
    """Set every element to 0."""
    for j in range(out.size):
        out[j] = out.dtype.type(0)


@kernel
def scale_gradient(z, delta, out, first, stop, n, m):
    """Add ∂E/∂s_j = Σ_rows δ_j z_j to ``out``, for sources first … stop-1."""
    for r in range(n):
        source, slope = z[r * m + first : r * m + stop], delta[r * m + first : r * m + stop]
        for j in range(stop - first):
            out[j] += slope[j] * source[j]


@kernel
def scale_gradient_sparse(data, indices, starts, rows, delta, out, first, stop, m):
    """Add ∂E/∂s_j to ``out``, for sources first … stop-1 and the given rows of a CSR matrix."""
    for r in range(rows.size):
        for at in range(starts[rows[r]], starts[rows[r] + 1]):
            j = indices[at]
            if first <= j < stop:
                out[j - first] += data[at] * delta[r * m + j]


@kernel
def forward(net, layer, theta, z, sparse, data, rows, u, n, room):
    """Set u_j = s_j z_j."""
    shape = net.shape[layer]
    scales = theta[shape[WEIGHTS] : shape[WEIGHTS] + shape[N_OUT]]
    if sparse:
        scale_sparse(data.data, data.indices, data.starts, rows, scales, u, shape[N_OUT])
    else:
        scale(z, scales, u, n, shape[N_OUT])


@kernel
def to_sources(net, layer, theta, z, delta, g, n, room):
    """Set g_j = δ_j s_j."""
    shape = net.shape[layer]
    scale(delta, theta[shape[WEIGHTS] : shape[WEIGHTS] + shape[N_OUT]], g, n, shape[N_OUT])


@kernel
def gradient(net, layer, theta, z, sparse, data, rows, delta, out, sources, nodes, n, add, room):
    """Set (or add to) ∂E/∂s_j = Σ_rows δ_j z_j."""
    shape = net.shape[layer]
    m, first, stop = shape[N_OUT], sources[0], sources[1]
    own = out[shape[WEIGHTS] + first : shape[WEIGHTS] + stop]
    if not add:
        clear(own)
    if sparse:
        scale_gradient_sparse(data.data, data.indices, data.starts, rows, delta, own, first, stop, m)
    else:
        scale_gradient(z, delta, own, first, stop, n, m)
