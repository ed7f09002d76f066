"""Convolution on a batch, compiled: the dense layer's products on windows of the maps, a few lines at a time.

The weights are a matrix of ROWS (kernel height · kernel width · channels) and COLUMNS (filters). A thread copies the
windows of a few lines to its own room, few enough to stay in the cache, and multiplies them there: the room holds one
sparse row, the windows, and the work space of products.
"""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.layers.dense import bias_gradient, biases_of, weights_of
from koubai.engines.cpu.kernels.layers.windows import add_lines, clear, map_of, read_lines
from koubai.engines.cpu.kernels.products import AS_IT_IS, NONE, TURNED, product
from koubai.engines.cpu.kernels.records import COLUMNS, LINES_AT_ONCE, N_IN, OUT_HEIGHT, OUT_WIDTH, ROWS


@kernel(within=True)
def parts_of(room, n_in, size):
    """Return the parts of the thread's room: for a sparse row, for ``size`` numbers of windows, and for products."""
    return room.copy[:n_in], room.copy[n_in : n_in + size], room.copy[n_in + size :]


@kernel
def forward(net, layer, theta, z, sparse, data, rows, u, n, room):
    """Set u = P(z) W + b."""
    shape, m = net.shape[layer], map_of(net, layer)
    depth, filters, width, step = shape[ROWS], shape[COLUMNS], m[OUT_WIDTH], m[LINES_AT_ONCE]
    image, windows, copy = parts_of(room, shape[N_IN], step * width * depth)
    weights, biases = weights_of(shape, theta), biases_of(shape, theta)
    for first in range(0, n * m[OUT_HEIGHT], step):
        stop = min(first + step, n * m[OUT_HEIGHT])
        read_lines(net, layer, z, sparse, data, rows, first, stop, image, room.copy[shape[N_IN] :])
        out, n_windows = u[first * width * filters :], (stop - first) * width
        product(
            windows, AS_IT_IS, depth, weights, AS_IT_IS, filters, depth, biases, NONE, out, n_windows, filters, copy
        )  # fmt: skip


@kernel
def to_sources(net, layer, theta, z, delta, g, n, room):
    """Set g = Pᵀ(δ Wᵀ)."""
    shape, m = net.shape[layer], map_of(net, layer)
    depth, filters, width, step = shape[ROWS], shape[COLUMNS], m[OUT_WIDTH], m[LINES_AT_ONCE]
    _, windows, copy = parts_of(room, shape[N_IN], step * width * depth)
    weights = weights_of(shape, theta)
    clear(g[: n * shape[N_IN]])
    for first in range(0, n * m[OUT_HEIGHT], step):
        stop = min(first + step, n * m[OUT_HEIGHT])
        own, n_windows = delta[first * width * filters :], (stop - first) * width
        product(
            own, AS_IT_IS, filters, weights, TURNED, filters, filters, g[:0], NONE, windows, n_windows, depth, copy
        )  # fmt: skip
        add_lines(net, layer, windows, first, stop, g)


@kernel
def gradient(net, layer, theta, z, sparse, data, rows, delta, out, sources, nodes, n, add, room):
    """Set (or add to) ∂E/∂W = Σ_rows P(z)ᵀ δ and ∂E/∂b_f = Σ_rows Σ_yx δ_yxf."""
    shape, m = net.shape[layer], map_of(net, layer)
    depth, filters, width, step = shape[ROWS], shape[COLUMNS], m[OUT_WIDTH], m[LINES_AT_ONCE]
    image, windows, copy = parts_of(room, shape[N_IN], step * width * depth)
    biases, lines = biases_of(shape, out), n * m[OUT_HEIGHT]
    if biases.size:
        bias_gradient(delta, biases, nodes[0], nodes[1], lines * width, filters, add)
    if sources[0] == sources[1]:
        return
    own, n_own = weights_of(shape, out)[sources[0] * filters : sources[1] * filters], sources[1] - sources[0]
    for first in range(0, lines, step):
        stop = min(first + step, lines)
        read_lines(net, layer, z, sparse, data, rows, first, stop, image, room.copy[shape[N_IN] :])
        slopes, n_windows = delta[first * width * filters :], (stop - first) * width
        begin = own if add or first > 0 else own[:0]
        product(
            windows[sources[0] :], TURNED, depth, slopes, AS_IT_IS, filters, n_windows, begin, filters, own,
            n_own, filters, copy,
        )  # fmt: skip
