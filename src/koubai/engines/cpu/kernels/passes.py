"""Forward through all layers and back, compiled: the two sweeps of `koubai.engines.reference`, on flat work arrays."""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.activations import activate, pull_back
from koubai.engines.cpu.kernels.layers import (
    affine,
    affine_sparse,
    bias_gradient,
    delta_to_sources,
    weight_gradient,
    weight_gradient_sparse,
)
from koubai.engines.cpu.kernels.randomness import fold, uniform
from koubai.engines.cpu.kernels.records import (
    ACTIVATION,
    BIASES,
    DROPOUT_RATE,
    HAS_BIAS,
    N_IN,
    N_OUT,
    PARAMETER,
    WEIGHTS,
    Room,
)


@kernel
def make_room(net, theta, n_rows, training, several_passes):
    """Return work arrays for ``n_rows`` rows at a time; what only training or several passes need is left out."""
    starts = np.empty(net.shape.shape[0], np.int64)
    nodes = 0
    for layer in range(starts.size):
        starts[layer] = nodes * n_rows
        nodes += net.shape[layer, N_OUT]
    rows = n_rows if training else 0
    return Room(
        n_rows,
        starts,
        np.empty(rows * net.shape[0, N_IN], theta.dtype),
        np.empty(rows * net.shape[starts.size - 1, N_OUT], theta.dtype),
        np.empty(rows, theta.dtype),
        np.empty(nodes * n_rows, theta.dtype),
        np.empty(nodes * n_rows, theta.dtype),
        np.empty(nodes * rows, theta.dtype),
        np.empty(theta.size if several_passes else 0, theta.dtype),
    )


@kernel(within=True)
def matrix(flat, start, n, m):
    """Return a view of n · m numbers of a flat array as an (n, m) matrix."""
    return flat[start : start + n * m].reshape(n, m)


@kernel(within=True)
def layer_weights(theta, net, layer):
    """Return a view of a layer's weights, (n_in, n_out)."""
    return matrix(theta, net.shape[layer, WEIGHTS], net.shape[layer, N_IN], net.shape[layer, N_OUT])


@kernel(within=True)
def layer_biases(theta, net, layer):
    """Return a view of a layer's biases, (n_out,) or (0,)."""
    start = net.shape[layer, BIASES]
    return theta[start : start + net.shape[layer, N_OUT] * net.shape[layer, HAS_BIAS]]


@kernel
def drop(z, key, rate, first_row, n, m):
    """Multiply n rows of m activations with the dropout mask of rows first_row … of the batch."""
    keep = z.dtype.type(1 / (1 - rate))
    zero = z.dtype.type(0)
    for i in range(n * m):
        z[i] *= keep if uniform(key, first_row * m + i) >= rate else zero


@kernel
def forward(net, theta, x, data, rows, room, masks_key, first_row):
    """Run rows of a batch through all layers (lecture slides 37-42), keeping u and z of each in the room.

    ``x`` is the batch's dense inputs; for CSR inputs it is empty and the ``rows`` of ``data`` are read. With
    ``masks_key`` 0 no dropout takes place.
    """
    n = rows.size
    for layer in range(net.shape.shape[0]):
        n_in, n_out = net.shape[layer, N_IN], net.shape[layer, N_OUT]
        weights, biases = layer_weights(theta, net, layer), layer_biases(theta, net, layer)
        a, b = room.starts[layer], room.starts[layer] + n * n_out
        u = matrix(room.u, a, n, n_out)
        if layer > 0:
            affine(matrix(room.z, room.starts[layer - 1], n, n_in), weights, biases, u)
        elif data.starts.size:
            affine_sparse(data.data, data.indices, data.starts, rows, weights, biases, u)
        else:
            affine(x, weights, biases, u)
        activate(net.shape[layer, ACTIVATION], net.numbers[layer, PARAMETER], room.u[a:b], room.z[a:b], n, n_out)
        if masks_key != 0 and net.numbers[layer, DROPOUT_RATE] > 0:
            rate = np.float64(net.numbers[layer, DROPOUT_RATE])
            drop(room.z[a:b], fold(masks_key, layer), rate, first_row, n, n_out)


@kernel
def backward(net, theta, x, data, rows, room, gradient, masks_key, first_row, add):
    """Take δ^(L) down through the layers, setting (or adding to) the gradient: one sweep (lecture slides 55-64)."""
    n = rows.size
    for layer in range(net.shape.shape[0] - 1, -1, -1):
        n_in, n_out = net.shape[layer, N_IN], net.shape[layer, N_OUT]
        delta = matrix(room.delta, room.starts[layer], n, n_out)
        out = layer_weights(gradient, net, layer)
        product = layer_weights(room.product, net, layer) if add else out
        bias_gradient(delta, layer_biases(gradient, net, layer), add)
        if layer == 0 and data.starts.size:
            weight_gradient_sparse(data.data, data.indices, data.starts, rows, delta, out, add)
        elif layer == 0:
            weight_gradient(x, delta, out, product, add)
        else:
            a, b = room.starts[layer - 1], room.starts[layer - 1] + n * n_in
            weight_gradient(matrix(room.z, a, n, n_in), delta, out, product, add)
            delta_to_sources(delta, layer_weights(theta, net, layer), matrix(room.delta, a, n, n_in))
            code, parameter = net.shape[layer - 1, ACTIVATION], net.numbers[layer - 1, PARAMETER]
            rate = np.float64(net.numbers[layer - 1, DROPOUT_RATE])
            if masks_key != 0 and rate > 0:
                drop(room.delta[a:b], fold(masks_key, layer - 1), rate, first_row, n, n_in)
                activate(code, parameter, room.u[a:b], room.z[a:b], n, n_in)  # φ' needs z as it was before dropout
            pull_back(code, parameter, room.u[a:b], room.z[a:b], room.delta[a:b], n, n_in)
