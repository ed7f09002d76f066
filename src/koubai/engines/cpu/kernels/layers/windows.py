"""Windows of maps, compiled: copied line by line to the rows of a matrix, and added back.

A line holds what one row of a layer's output reads: line ``y + height * i`` has the windows in row y of map i. Maps are
(height, width, channels), flat; ``m`` are the layer's numbers in ``Net.lists`` (see `kernels.records`).
"""

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.copies import copy_row
from koubai.engines.cpu.kernels.layers.learned_activation import write_out
from koubai.engines.cpu.kernels.records import (
    ACROSS,
    CHANNELS,
    DOWN,
    HIGH,
    LEFT,
    LIST,
    MAP_HEIGHT,
    MAP_WIDTH,
    N_IN,
    N_MAP_NUMBERS,
    OUT_HEIGHT,
    OUT_WIDTH,
    TOP,
    WIDE,
)


@kernel(within=True)
def map_of(net, layer):
    """Return a layer's numbers in ``Net.lists``."""
    at = net.shape[layer, LIST]
    return net.lists[at : at + N_MAP_NUMBERS]


@kernel(within=True)
def part_within(start, size, whole):
    """Return which of the ``size`` places after ``start`` lie within 0 … whole-1: the first, and one past the last."""
    return min(max(0, -start), size), max(0, min(size, whole - start))


@kernel
def clear(out):
    """Set every element to 0."""
    for k in range(out.size):
        out[k] = out.dtype.type(0)


@kernel
def add_to(out, more):
    """Add more[k] to each out[k]."""
    for k in range(out.size):
        out[k] += more[k]


@kernel
def copy_part(z, at, out, to, size, first, stop):
    """Copy ``size`` numbers from ``at`` in z to ``to`` in ``out``, with 0 in place of those outside first … stop-1."""
    clear(out[to : to + first])
    if stop > first:
        copy_row(z, at + first, out, to + first, stop - first, False)
    clear(out[to + max(first, stop) : to + size])


@kernel
def read_line(z, start, y, m, out, to):
    """Copy the windows in row y of the map that begins at ``start`` to place ``to`` of ``out``, one after another.

    Padding counts as 0. A few numbers after the last window may be overwritten.
    """
    c, run = m[CHANNELS], m[WIDE] * m[CHANNELS]
    for x in range(m[OUT_WIDTH]):
        left = x * m[ACROSS] - m[LEFT]
        first, stop = part_within(left, m[WIDE], m[MAP_WIDTH])
        for a in range(m[HIGH]):
            row = y * m[DOWN] + a - m[TOP]
            at = start + (row * m[MAP_WIDTH] + left) * c
            if row < 0 or row >= m[MAP_HEIGHT]:
                clear(out[to : to + run])
            elif first == 0 and stop == m[WIDE]:
                copy_row(z, at, out, to, run, True)
            else:
                copy_part(z, at, out, to, run, first * c, stop * c)
            to += run


@kernel
def add_line(windows, at, y, m, g, start):
    """Add the windows in row y, stored at place ``at`` of ``windows``, to the map that begins at ``start`` in g."""
    c, run = m[CHANNELS], m[WIDE] * m[CHANNELS]
    for x in range(m[OUT_WIDTH]):
        left = x * m[ACROSS] - m[LEFT]
        first, stop = part_within(left, m[WIDE], m[MAP_WIDTH])
        for a in range(m[HIGH]):
            row = y * m[DOWN] + a - m[TOP]
            if 0 <= row < m[MAP_HEIGHT] and first < stop:
                place = start + (row * m[MAP_WIDTH] + left) * c
                add_to(g[place + first * c : place + stop * c], windows[at + first * c : at + stop * c])
            at += run


@kernel
def read_lines(net, layer, z, sparse, data, rows, first, stop, image, out):
    """Copy lines first … stop-1 of a batch to ``out``; a sparse row is first written out in full to ``image``."""
    m, n_in = map_of(net, layer), net.shape[layer, N_IN]
    size = m[OUT_WIDTH] * m[HIGH] * m[WIDE] * m[CHANNELS]
    for line in range(first, stop):
        i, y = line // m[OUT_HEIGHT], line % m[OUT_HEIGHT]
        if sparse:
            if y == 0 or line == first:
                write_out(data, rows[i], image, n_in)
            read_line(image, 0, y, m, out, (line - first) * size)
        else:
            read_line(z, i * n_in, y, m, out, (line - first) * size)


@kernel
def add_lines(net, layer, windows, first, stop, g):
    """Add lines first … stop-1 of a batch, stored in ``windows``, to the maps g."""
    m, n_in = map_of(net, layer), net.shape[layer, N_IN]
    size = m[OUT_WIDTH] * m[HIGH] * m[WIDE] * m[CHANNELS]
    for line in range(first, stop):
        i, y = line // m[OUT_HEIGHT], line % m[OUT_HEIGHT]
        add_line(windows, (line - first) * size, y, m, g, i * n_in)
