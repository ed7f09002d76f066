"""Forward through all layers and back, compiled: the two sweeps of `koubai.engines.reference`, on flat work arrays."""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.activations import activate, pull_back
from koubai.engines.cpu.kernels.layers import (
    affine,
    affine_sparse,
    bias_gradient,
    delta_to_sources,
    descend,
    weight_gradient,
    weight_gradient_sparse,
)
from koubai.engines.cpu.kernels.products import copy_size, vectors_of
from koubai.engines.cpu.kernels.randomness import fold, uniform
from koubai.engines.cpu.kernels.records import (
    ACTIVATION,
    BIASES,
    DROPOUT_RATE,
    HAS_BIAS,
    N_IN,
    N_OUT,
    PARAMETERS,
    WEIGHTS,
    Room,
)


@kernel(entry=True, allocates=True)
def make_room(net, theta, n_rows, training):
    """Return work arrays for ``n_rows`` rows at a time; what only training needs is left out."""
    n_layers = net.shape.shape[0]
    starts = np.empty(n_layers, np.int64)
    nodes, longest = 0, n_rows if training else 1
    for layer in range(n_layers):
        starts[layer] = nodes * n_rows
        nodes += net.shape[layer, N_OUT]
        longest = max(longest, net.shape[layer, N_IN], net.shape[layer, N_OUT])
    rows = n_rows if training else 0
    more = vectors_of(theta)  # so that products can read whole vectors, beyond the last row
    return Room(
        n_rows,
        starts,
        np.empty(rows * net.shape[0, N_IN] + more, theta.dtype),
        np.empty(rows * net.shape[n_layers - 1, N_OUT], theta.dtype),
        np.empty(rows, theta.dtype),
        np.empty(nodes * n_rows, theta.dtype),
        np.empty(nodes * n_rows + more, theta.dtype),
        np.empty(nodes * rows + more, theta.dtype),
        np.empty(copy_size(theta, longest), theta.dtype),
    )


@kernel(within=True)
def layer_weights(theta, net, layer):
    """Return a view of θ from a layer's weights on, which are the first n_in · n_out numbers."""
    return theta[net.shape[layer, WEIGHTS] :]


@kernel(within=True)
def layer_biases(theta, net, layer):
    """Return a view of a layer's biases, (n_out,) or (0,)."""
    start = net.shape[layer, BIASES]
    return theta[start : start + net.shape[layer, N_OUT] * net.shape[layer, HAS_BIAS]]


@kernel(within=True)
def bounds(net, room, layer, at, n):
    """Return where the numbers of layer ``layer`` for n rows from place ``at`` on begin and end in the room."""
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
def forward(net, theta, x, data, rows, room, at, masks_key, first_row):
    """Run rows of a batch through all layers (lecture slides 37-42); u and z of each stay in the room, from ``at`` on.

    ``x`` is the rows' dense inputs; for CSR inputs it is empty and the ``rows`` of ``data`` are read. With
    ``masks_key`` 0 no dropout takes place.
    """
    n = rows.size
    for layer in range(net.shape.shape[0]):
        n_in, n_out = net.shape[layer, N_IN], net.shape[layer, N_OUT]
        weights, biases = layer_weights(theta, net, layer), layer_biases(theta, net, layer)
        a, b = bounds(net, room, layer, at, n)
        u, z = room.u[a:b], room.z[a:b]
        if layer > 0:
            before, end = bounds(net, room, layer - 1, at, n)
            affine(room.z[before:end], weights, biases, u, n, n_in, n_out, room)
        elif data.starts.size:
            affine_sparse(data.data, data.indices, data.starts, rows, weights, biases, u, n_out)
        else:
            affine(x, weights, biases, u, n, n_in, n_out, room)
        activate(net.shape[layer, ACTIVATION], net.numbers[layer, PARAMETERS:], u, z, n, n_out)
        if masks_key != 0 and net.numbers[layer, DROPOUT_RATE] > 0:
            drop(z, fold(masks_key, layer), np.float64(net.numbers[layer, DROPOUT_RATE]), first_row, n, n_out)


@kernel
def backward(net, theta, room, at, n, masks_key, first_row):
    """Take δ^(L) of n rows down through the layers (lecture slides 55-64): δ^(l) = (δ^(l+1) Wᵀ) φ'(u^(l))."""
    for layer in range(net.shape.shape[0] - 1, 0, -1):
        n_in, n_out = net.shape[layer, N_IN], net.shape[layer, N_OUT]
        a, b = bounds(net, room, layer, at, n)
        before, end = bounds(net, room, layer - 1, at, n)
        u, z, g = room.u[before:end], room.z[before:end], room.delta[before:end]
        delta_to_sources(room.delta[a:b], layer_weights(theta, net, layer), g, n, n_in, n_out, room)
        code, parameters = net.shape[layer - 1, ACTIVATION], net.numbers[layer - 1, PARAMETERS:]
        rate = np.float64(net.numbers[layer - 1, DROPOUT_RATE])
        if masks_key != 0 and rate > 0:
            mask = fold(masks_key, layer - 1)
            drop(g, mask, rate, first_row, n, n_in)
            activate(code, parameters, u, z, n, n_in)  # φ' needs z as it was before dropout
            pull_back(code, parameters, u, z, g, n, n_in)
            drop(z, mask, rate, first_row, n, n_in)  # and the gradient of the weights z as it was passed on
        else:
            pull_back(code, parameters, u, z, g, n, n_in)


@kernel
def layer_gradient(net, layer, data, rows, at, room, gradient, sources, nodes, add):
    """Set (or add to) a layer's part of the gradient, ∂E/∂w_ij = Σ_rows δ_i z_j, from z and δ in the room.

    The rows stand there from place ``at`` on. ``sources`` and ``nodes`` say from where to where: rows of W and biases
    (of W the columns for CSR inputs).
    """
    n, n_in, n_out = rows.size, net.shape[layer, N_IN], net.shape[layer, N_OUT]
    a = bounds(net, room, layer, at, n)[0]
    delta, out = room.delta[a:], layer_weights(gradient, net, layer)
    biases = layer_biases(gradient, net, layer)
    if biases.size:
        bias_gradient(delta, biases, nodes[0], nodes[1], n, n_out, add)
    if layer > 0:
        before = bounds(net, room, layer - 1, at, n)[0]
        weight_gradient(room.z[before:], delta, out, sources[0], sources[1], n, n_in, n_out, add, room)
    elif data.starts.size:
        indices, starts = data.indices, data.starts
        weight_gradient_sparse(data.data, indices, starts, rows, delta, out, nodes[0], nodes[1], n_in, n_out, add)
    else:
        weight_gradient(room.x[at * n_in :], delta, out, sources[0], sources[1], n, n_in, n_out, add, room)


@kernel
def layer_descent(net, layer, theta, rate, n, room, sources):
    """Update a layer's weights by plain gradient descent, those of ``sources``, from all n rows in the room."""
    n_in, n_out = net.shape[layer, N_IN], net.shape[layer, N_OUT]
    a, b = bounds(net, room, layer, 0, n)
    delta, weights = room.delta[a:b], layer_weights(theta, net, layer)
    if layer > 0:
        before, end = bounds(net, room, layer - 1, 0, n)
        descend(room.z[before:end], delta, weights, rate, sources[0], sources[1], n, n_in, n_out)
    else:
        descend(room.x[: n * n_in], delta, weights, rate, sources[0], sources[1], n, n_in, n_out)
