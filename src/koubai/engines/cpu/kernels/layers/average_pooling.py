"""Average pooling on a batch, compiled: the mean of each window of a channel, over the cells that lie on the map.

Zeros of sparse inputs count too, so each row is written out in full in the thread's own room.
"""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.layers.learned_activation import write_out
from koubai.engines.cpu.kernels.layers.windows import add_to, clear, map_of, part_within
from koubai.engines.cpu.kernels.records import (
    ACROSS,
    CHANNELS,
    DOWN,
    HIGH,
    LEFT,
    MAP_HEIGHT,
    MAP_WIDTH,
    N_IN,
    N_OUT,
    OUT_HEIGHT,
    OUT_WIDTH,
    TOP,
    WIDE,
)


@kernel
def multiply(out, factor):
    """Multiply every element by a number."""
    for k in range(out.size):
        out[k] *= factor


@kernel
def add_times(out, more, factor):
    """Add factor · more[k] to each out[k]."""
    for k in range(out.size):
        out[k] += factor * more[k]


@kernel
def mean(z, start, y, x, m, out):
    """Set ``out`` to the mean of the window at y, x in each channel of the map that begins at ``start``."""
    c, top, left = m[CHANNELS], y * m[DOWN] - m[TOP], x * m[ACROSS] - m[LEFT]
    first_row, stop_row = part_within(top, m[HIGH], m[MAP_HEIGHT])
    first, stop = part_within(left, m[WIDE], m[MAP_WIDTH])
    clear(out)
    for a in range(first_row, stop_row):
        for b in range(first, stop):
            at = start + ((top + a) * m[MAP_WIDTH] + left + b) * c
            add_to(out, z[at : at + c])
    multiply(out, out.dtype.type(1 / ((stop_row - first_row) * (stop - first))))


@kernel
def give_back(start, y, x, m, delta, g):
    """Add δ of the window at y, x, divided among its cells, to the map that begins at ``start`` in g."""
    c, top, left = m[CHANNELS], y * m[DOWN] - m[TOP], x * m[ACROSS] - m[LEFT]
    first_row, stop_row = part_within(top, m[HIGH], m[MAP_HEIGHT])
    first, stop = part_within(left, m[WIDE], m[MAP_WIDTH])
    share = g.dtype.type(1 / ((stop_row - first_row) * (stop - first)))
    for a in range(first_row, stop_row):
        for b in range(first, stop):
            at = start + ((top + a) * m[MAP_WIDTH] + left + b) * c
            add_times(g[at : at + c], delta, share)


@kernel
def forward(net, layer, theta, z, sparse, data, rows, u, n, room):
    """Set u_yxc = mean of z over the window."""
    m, n_in, n_out = map_of(net, layer), net.shape[layer, N_IN], net.shape[layer, N_OUT]
    c = m[CHANNELS]
    for r in range(n):
        source, start = z, r * n_in
        if sparse:
            source, start = room.copy[:n_in], 0
            write_out(data, rows[r], source, n_in)
        at = r * n_out
        for y in range(m[OUT_HEIGHT]):
            for x in range(m[OUT_WIDTH]):
                mean(source, start, y, x, m, u[at : at + c])
                at += c


@kernel
def to_sources(net, layer, theta, z, delta, g, n, room):
    """Set g_j = Σ δ_i / m over the windows i that contain z_j, m being the number of cells of each."""
    m, n_in, n_out = map_of(net, layer), net.shape[layer, N_IN], net.shape[layer, N_OUT]
    c = m[CHANNELS]
    clear(g[: n * n_in])
    for r in range(n):
        at = r * n_out
        for y in range(m[OUT_HEIGHT]):
            for x in range(m[OUT_WIDTH]):
                give_back(r * n_in, y, x, m, delta[at : at + c], g)
                at += c
