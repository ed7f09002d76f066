"""Forward through all layers and back, compiled: the two sweeps of `koubai.engines.reference`, on flat work arrays."""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.activations import activate, pull_back
from koubai.engines.cpu.kernels.copies import copy_row
from koubai.engines.cpu.kernels.layers import descent_by_code, forward_by_code, gradient_by_code, to_sources_by_code
from koubai.engines.cpu.kernels.products import lanes_of
from koubai.engines.cpu.kernels.randomness import fold, uniform
from koubai.engines.cpu.kernels.records import (
    ACTIVATION,
    DROPOUT_RATE,
    KIND,
    N_IN,
    N_OUT,
    PARAMETERS,
)


@kernel
def gather(x, rows, out, m):
    """Set out[r] = x[rows[r]] for rows of m numbers."""
    for r in range(rows.size):
        copy_row(x, rows[r] * m, out, r * m, m, (r + 1) * m + lanes_of(x) <= rows.size * m)


@kernel(within=True)
def bounds(net, room, layer, at, n):
    """Return where the numbers of a layer begin and end in the room, for n rows from place ``at`` on."""
    begin = room.starts[layer] + at * net.shape[layer, N_OUT]
    return begin, begin + n * net.shape[layer, N_OUT]


@kernel
def drop(z, key, rate, first_row, n, m):
    """Multiply n rows of m activations with the dropout mask of rows first_row … of the batch."""
    keep = z.dtype.type(1 / (1 - rate))
    zero = z.dtype.type(0)
    for i in range(n * m):
        z[i] *= keep if uniform(key, first_row * m + i) >= rate else zero


@kernel
def forward(net, theta, x, data, rows, room, at, masks, first_row):
    """Run rows of a batch through all layers (lecture slides 37-42); u and z of each stay in the room, from ``at`` on.

    ``x`` holds the rows' dense inputs; for CSR inputs it is empty and the ``rows`` of ``data`` are read. Without a key
    in ``masks`` there is no dropout.
    """
    n = rows.size
    for layer in range(net.shape.shape[0]):
        kind, n_out = net.shape[layer, KIND], net.shape[layer, N_OUT]
        sparse = layer == 0 and data.starts.size > 0
        sources = x
        if layer > 0:
            before, end = bounds(net, room, layer - 1, at, n)
            sources = room.z[before:end]
        a, b = bounds(net, room, layer, at, n)
        u, z = room.u[a:b], room.z[a:b]
        forward_by_code(kind, (net, layer, theta, sources, sparse, data, rows, u, n, room))
        activate(net.shape[layer, ACTIVATION], net.numbers[layer, PARAMETERS:], u, z, n, n_out)
        rate = np.float64(net.numbers[layer, DROPOUT_RATE]) * masks.share
        if masks.key != 0 and rate > 0:
            drop(z, fold(masks.key, layer), rate, first_row, n, n_out)


@kernel
def backward(net, theta, room, at, n, masks, first_row):
    """Take δ^(L) of n rows down through the layers (lecture slides 55-64): δ^(l) = ∂E/∂z^(l) φ'(u^(l))."""
    for layer in range(net.shape.shape[0] - 1, 0, -1):
        kind, n_in = net.shape[layer, KIND], net.shape[layer, N_IN]
        a, b = bounds(net, room, layer, at, n)
        before, end = bounds(net, room, layer - 1, at, n)
        u, z, g = room.u[before:end], room.z[before:end], room.delta[before:end]
        to_sources_by_code(kind, (net, layer, theta, z, room.delta[a:b], g, n, room))
        code, parameters = net.shape[layer - 1, ACTIVATION], net.numbers[layer - 1, PARAMETERS:]
        rate = np.float64(net.numbers[layer - 1, DROPOUT_RATE]) * masks.share
        if masks.key != 0 and rate > 0:
            mask = fold(masks.key, layer - 1)
            drop(g, mask, rate, first_row, n, n_in)
            activate(code, parameters, u, z, n, n_in)  # φ' needs z as it was before dropout
            pull_back(code, parameters, u, z, g, n, n_in)
            drop(z, mask, rate, first_row, n, n_in)  # while the gradient of the weights needs z after dropout
        else:
            pull_back(code, parameters, u, z, g, n, n_in)


@kernel(within=True)
def sources_of(net, layer, at, n, room):
    """Return a layer's inputs for n rows from place ``at`` on, and all that follows: x, or z of the previous layer."""
    if layer > 0:
        return room.z[bounds(net, room, layer - 1, at, n)[0] :]
    return room.x[at * net.shape[0, N_IN] :]


@kernel
def layer_gradient(net, layer, theta, data, rows, at, room, gradient, sources, nodes, add):
    """Set (or add to) a layer's part of the gradient from z and δ; for a dense layer, ∂E/∂w_ij = Σ_rows δ_i z_j.

    z and δ of the rows are in the room from place ``at`` on. ``sources`` and ``nodes`` are the ranges to compute: of
    rows of the weights, and of biases (for CSR inputs, also of columns of the weights).
    """
    n, kind, sparse = rows.size, net.shape[layer, KIND], layer == 0 and data.starts.size > 0
    z, delta = sources_of(net, layer, at, n, room), room.delta[bounds(net, room, layer, at, n)[0] :]
    gradient_by_code(kind, (net, layer, theta, z, sparse, data, rows, delta, gradient, sources, nodes, n, add, room))


@kernel
def layer_descent(net, layer, theta, rate, n, room, sources):
    """Update a layer's weights from ``sources`` by plain gradient descent, from all n rows in the room."""
    a, b = bounds(net, room, layer, 0, n)
    z, delta = sources_of(net, layer, 0, n, room), room.delta[a:b]
    descent_by_code(net.shape[layer, KIND], (net, layer, theta, z, delta, rate, sources, n))
