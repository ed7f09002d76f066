"""The periodic embedding on a batch, compiled: u = (z, e), e_q = b_q + Σ_k v_qk cos(2π f_k z_j + c_k).

The blocks in θ are frequencies and phases (d, K), weights (d, Q, K) and biases (d, Q); ``Net.lists`` holds the d
embedded inputs, which the threads divide. A row's waves are kept in the thread's own room.
"""

import math

from koubai.core.scalars import cos, sin
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.layers.learned_activation import write_out
from koubai.engines.cpu.kernels.records import COLUMNS, LIST, N_IN, N_OUT, ROWS, WEIGHTS

TURN = 2 * math.pi


@kernel(within=True)
def sizes_of(shape):
    """Return the number of embedded inputs d, of frequencies K, and of numbers per input Q."""
    d = shape[ROWS]
    return d, shape[COLUMNS], (shape[N_OUT] - shape[N_IN]) // d


@kernel(within=True)
def block_of(theta, shape, which, f, d, k, q):
    """Return the part of block 0 to 3 in θ (or in a gradient) that belongs to embedded input f."""
    start = shape[WEIGHTS] + (0, d * k, 2 * d * k, (2 + q) * d * k)[which]
    size = (k, k, q * k, q)[which]
    return theta[start + f * size : start + (f + 1) * size]


@kernel
def angles(x, frequencies, phases, out):
    """Set out_k = 2π f_k x + c_k."""
    turn = x * out.dtype.type(TURN)
    for k in range(out.size):
        out[k] = turn * frequencies[k] + phases[k]


@kernel
def cosines(a, out):
    """Set out = cos a."""
    for k in range(a.size):
        out[k] = cos(a[k])


@kernel
def sines(a, out):
    """Set out = sin a."""
    for k in range(a.size):
        out[k] = sin(a[k])


@kernel
def mixtures(waves, weights, biases, out):
    """Set out_q = b_q + Σ_k v_qk waves_k."""
    k = waves.size
    for q in range(out.size):
        own, total = weights[q * k : (q + 1) * k], out.dtype.type(0)
        for i in range(k):
            total += own[i] * waves[i]
        out[q] = total + biases[q]


@kernel
def by_angle(a, delta, weights, out):
    """Set out_k = ∂E/∂a_k = -sin(a_k) Σ_q δ_q v_qk."""
    k = a.size
    sines(a, out)
    for i in range(k):
        total = out.dtype.type(0)
        for q in range(delta.size):
            total += delta[q] * weights[q * k + i]
        out[i] *= -total


@kernel
def forward(net, layer, theta, z, sparse, data, rows, u, n, room):
    """Set u = (z, e)."""
    shape, places = net.shape[layer], net.lists[net.shape[layer, LIST] :]
    d, k, q = sizes_of(shape)
    n_in, n_out, a, waves = shape[N_IN], shape[N_OUT], room.copy[:k], room.copy[k : 2 * k]
    for r in range(n):
        row = u[r * n_out : (r + 1) * n_out]
        if sparse:
            write_out(data, rows[r], row, n_in)
        else:
            source = z[r * n_in : (r + 1) * n_in]
            for j in range(n_in):
                row[j] = source[j]
        for f in range(d):
            angles(row[places[f]], block_of(theta, shape, 0, f, d, k, q), block_of(theta, shape, 1, f, d, k, q), a)
            cosines(a, waves)
            target = row[n_in + f * q : n_in + (f + 1) * q]
            mixtures(waves, block_of(theta, shape, 2, f, d, k, q), block_of(theta, shape, 3, f, d, k, q), target)


@kernel
def to_sources(net, layer, theta, z, delta, g, n, room):
    """Set g_j = δ_j + 2π Σ_k f_k ∂E/∂a_k."""
    shape, places = net.shape[layer], net.lists[net.shape[layer, LIST] :]
    d, k, q = sizes_of(shape)
    n_in, n_out, a, slopes = shape[N_IN], shape[N_OUT], room.copy[:k], room.copy[k : 2 * k]
    turn = g.dtype.type(TURN)
    for r in range(n):
        source, own, target = z[r * n_in : (r + 1) * n_in], delta[r * n_out : (r + 1) * n_out], g[r * n_in :]
        for j in range(n_in):
            target[j] = own[j]
        for f in range(d):
            frequencies = block_of(theta, shape, 0, f, d, k, q)
            angles(source[places[f]], frequencies, block_of(theta, shape, 1, f, d, k, q), a)
            by_angle(a, own[n_in + f * q : n_in + (f + 1) * q], block_of(theta, shape, 2, f, d, k, q), slopes)
            total = turn * g.dtype.type(0)
            for i in range(k):
                total += frequencies[i] * slopes[i]
            target[places[f]] += turn * total


@kernel
def add_gradient(x, delta, a, slopes, out, shape, f, d, k, q):
    """Add one row's part of the gradient of embedded input f; ``slopes``, which hold ∂E/∂a, are overwritten."""
    frequencies, phases = block_of(out, shape, 0, f, d, k, q), block_of(out, shape, 1, f, d, k, q)
    weights, biases = block_of(out, shape, 2, f, d, k, q), block_of(out, shape, 3, f, d, k, q)
    turn = x * out.dtype.type(TURN)
    for i in range(k):
        frequencies[i] += turn * slopes[i]
        phases[i] += slopes[i]
    cosines(a, slopes)
    for p in range(q):
        own = weights[p * k : (p + 1) * k]
        for i in range(k):
            own[i] += delta[p] * slopes[i]
        biases[p] += delta[p]


@kernel
def gradient(net, layer, theta, z, sparse, data, rows, delta, out, sources, nodes, n, add, room):
    """Set (or add to) the gradient for the thread's embedded inputs."""
    shape, places = net.shape[layer], net.lists[net.shape[layer, LIST] :]
    d, k, q = sizes_of(shape)
    n_in, n_out, first, stop = shape[N_IN], shape[N_OUT], sources[0], sources[1]
    a, slopes, written = room.copy[:k], room.copy[k : 2 * k], room.copy[2 * k : 2 * k + n_in]
    if not add:
        for which in range(4):
            for f in range(first, stop):
                own = block_of(out, shape, which, f, d, k, q)
                for i in range(own.size):
                    own[i] = out.dtype.type(0)
    for r in range(n):
        source, slope = z[:0], delta[r * n_out : (r + 1) * n_out]
        if sparse:
            write_out(data, rows[r], written, n_in)
            source = written
        else:
            source = z[r * n_in : (r + 1) * n_in]
        for f in range(first, stop):
            x, mixed = source[places[f]], slope[n_in + f * q : n_in + (f + 1) * q]
            angles(x, block_of(theta, shape, 0, f, d, k, q), block_of(theta, shape, 1, f, d, k, q), a)
            by_angle(a, mixed, block_of(theta, shape, 2, f, d, k, q), slopes)
            add_gradient(x, mixed, a, slopes, out, shape, f, d, k, q)
