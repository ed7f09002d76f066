"""The learned activation on a batch, compiled: u = (1 - a) z + a σ(z), with an a for each node.

``Net.shape``'s INNER is the code of σ; its parameters take the place of those of a layer's activation. Zeros of sparse
inputs count too, so each row is written out in full in the thread's own room.
"""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.activations import activate, pull_back
from koubai.engines.cpu.kernels.records import INNER, N_OUT, PARAMETERS, WEIGHTS


@kernel
def write_out(data, row, out, m):
    """Set ``out`` to a row of a CSR matrix with m columns, zeros included."""
    for j in range(m):
        out[j] = out.dtype.type(0)
    for at in range(data.starts[row], data.starts[row + 1]):
        out[data.indices[at]] += data.data[at]


@kernel
def mix(z, shares, u, m):
    """Turn u = σ(z) of a row into z + a (u - z)."""
    for i in range(m):
        u[i] = z[i] + shares[i] * (u[i] - z[i])


@kernel
def forward(net, layer, theta, z, sparse, data, rows, u, n, room):
    """Set u_i = (1 - a_i) z_i + a_i σ(z_i)."""
    m, code, parameters = net.shape[layer, N_OUT], net.shape[layer, INNER], net.numbers[layer, PARAMETERS:]
    shares = theta[net.shape[layer, WEIGHTS] : net.shape[layer, WEIGHTS] + m]
    for r in range(n):
        source, target = z[:0], u[r * m : (r + 1) * m]
        if sparse:
            source = room.copy[:m]
            write_out(data, rows[r], source, m)
        else:
            source = z[r * m : (r + 1) * m]
        activate(code, parameters, source, target, 1, m)
        mix(source, shares, target, m)


@kernel
def to_sources(net, layer, theta, z, delta, g, n, room):
    """Set g_j = δ_j (1 - a_j + a_j σ'(z_j))."""
    m, code, parameters = net.shape[layer, N_OUT], net.shape[layer, INNER], net.numbers[layer, PARAMETERS:]
    shares, values = theta[net.shape[layer, WEIGHTS] : net.shape[layer, WEIGHTS] + m], room.copy[:m]
    for r in range(n):
        source, own, target = z[r * m : (r + 1) * m], delta[r * m : (r + 1) * m], g[r * m : (r + 1) * m]
        activate(code, parameters, source, values, 1, m)
        for i in range(m):
            target[i] = own[i] * shares[i]
        pull_back(code, parameters, source, values, target, 1, m)
        for i in range(m):
            target[i] += own[i] - own[i] * shares[i]


@kernel
def gradient(net, layer, theta, z, sparse, data, rows, delta, out, sources, nodes, n, add, room):
    """Set (or add to) ∂E/∂a_j = Σ_rows δ_j (σ(z_j) - z_j) for the thread's nodes."""
    m, code, parameters = net.shape[layer, N_OUT], net.shape[layer, INNER], net.numbers[layer, PARAMETERS:]
    first, size = sources[0], sources[1] - sources[0]
    own = out[net.shape[layer, WEIGHTS] + first : net.shape[layer, WEIGHTS] + first + size]
    values, written = room.copy[:size], room.copy[m : 2 * m]
    if not add:
        for i in range(size):
            own[i] = out.dtype.type(0)
    for r in range(n):
        source, slope = z[:0], delta[r * m + first : r * m + first + size]
        if sparse:
            write_out(data, rows[r], written, m)
            source = written[first : first + size]
        else:
            source = z[r * m + first : r * m + first + size]
        activate(code, parameters, source, values, 1, size)
        for i in range(size):
            own[i] += slope[i] * (values[i] - source[i])
