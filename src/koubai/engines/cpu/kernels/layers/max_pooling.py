"""Max pooling on a batch, compiled: the largest number in each window of a channel, and the way back to its cell.

Zeros of sparse inputs count too, so each row is written out in full in the thread's own room.
"""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.layers.learned_activation import write_out
from koubai.engines.cpu.kernels.layers.windows import clear, map_of, part_within
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
def take_over(source, out):
    """Set out = source."""
    for k in range(out.size):
        out[k] = source[k]


@kernel
def take_larger(source, out):
    """Set out to the larger of the two, and to NaN where either is.

    Both are read before the choice: the compiler does not vectorise reads within a branch.
    """
    for k in range(out.size):
        v, top = source[k], out[k]
        out[k] = v if v > top or v != v else top


@kernel
def give_to_winner(z, tops, left, g):
    """Add ``left`` to g where z is the largest number of its window, then clear it: later equals get nothing."""
    zero = g.dtype.type(0)
    for k in range(left.size):
        rest, before = left[k], g[k]
        won = z[k] == tops[k]
        g[k] = before + (rest if won else zero)
        left[k] = zero if won else rest


@kernel
def largest(z, start, y, x, m, out):
    """Set ``out`` to the largest number of the window at y, x in each channel of the map that begins at ``start``."""
    c, top, left = m[CHANNELS], y * m[DOWN] - m[TOP], x * m[ACROSS] - m[LEFT]
    first_row, stop_row = part_within(top, m[HIGH], m[MAP_HEIGHT])
    first, stop = part_within(left, m[WIDE], m[MAP_WIDTH])
    begin = start + ((top + first_row) * m[MAP_WIDTH] + left + first) * c
    take_over(z[begin : begin + c], out)
    for a in range(first_row, stop_row):
        for b in range(first, stop):
            at = start + ((top + a) * m[MAP_WIDTH] + left + b) * c
            take_larger(z[at : at + c], out)


@kernel
def give_back(z, start, y, x, m, tops, rest, g):
    """Add ``rest``, the δ of the window at y, x, to the cells of the map that were the largest."""
    c, top, left = m[CHANNELS], y * m[DOWN] - m[TOP], x * m[ACROSS] - m[LEFT]
    first_row, stop_row = part_within(top, m[HIGH], m[MAP_HEIGHT])
    first, stop = part_within(left, m[WIDE], m[MAP_WIDTH])
    for a in range(first_row, stop_row):
        for b in range(first, stop):
            at = start + ((top + a) * m[MAP_WIDTH] + left + b) * c
            give_to_winner(z[at : at + c], tops, rest, g[at : at + c])


@kernel
def forward(net, layer, theta, z, sparse, data, rows, u, n, room):
    """Set u_yxc = max of z over the window."""
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
                largest(source, start, y, x, m, u[at : at + c])
                at += c


@kernel
def to_sources(net, layer, theta, z, delta, g, n, room):
    """Set g_j = Σ δ_i over the windows that z_j has won; among equal numbers the first wins."""
    m, n_in, n_out = map_of(net, layer), net.shape[layer, N_IN], net.shape[layer, N_OUT]
    c = m[CHANNELS]
    tops, rest = room.copy[:c], room.copy[c : 2 * c]
    clear(g[: n * n_in])
    for r in range(n):
        at = r * n_out
        for y in range(m[OUT_HEIGHT]):
            for x in range(m[OUT_WIDTH]):
                largest(z, r * n_in, y, x, m, tops)
                take_over(delta[at : at + c], rest)
                give_back(z, r * n_in, y, x, m, tops, rest, g)
                at += c
