"""The work arrays of kernels, allocated by the caller: compiled code allocates none."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from koubai.core.network import Network
from koubai.engines.cpu.codes import LAYER_CODES
from koubai.engines.cpu.kernels.records import (
    COLUMNS,
    KIND,
    LINES_AT_ONCE,
    LIST,
    N_IN,
    N_OUT,
    OUT_WIDTH,
    ROWS,
    Net,
    Room,
)
from koubai.engines.cpu.kernels.sizes import copy_size, vectors_of
from koubai.engines.cpu.layout import net_record


def places_of(net: Net, n_rows: int) -> npt.NDArray[np.int64]:
    """Return where each layer's numbers begin in the work arrays of this many rows, and where the last one's end."""
    return np.concatenate([[0], np.cumsum(net.shape[:, N_OUT])]) * n_rows


def widest(net: Net) -> int:
    """Return the largest number of sources, nodes, or columns of a block, by which a thread's memory is sized."""
    return int(net.shape[:, [N_IN, N_OUT, COLUMNS]].max())


def copy_numbers(net: Net, n_rows: int) -> int:
    """Return the size, in numbers, of a thread's room for factors of products of ``n_rows`` rows, and for windows.

    In a convolution's products, rows are the windows copied at a time, and sums run over each window's numbers.
    """
    longest, beside = max(n_rows, widest(net)), 0
    for row in net.shape[net.shape[:, KIND] == LAYER_CODES["convolution"]]:
        numbers = net.lists[row[LIST] :]
        n_windows = int(numbers[LINES_AT_ONCE] * numbers[OUT_WIDTH])
        longest = max(longest, n_windows, int(row[ROWS]))
        beside = max(beside, int(row[N_IN]) + n_windows * int(row[ROWS]))
    return copy_size(net.numbers.dtype.itemsize, longest) + beside


def make_room(net: Net, n_rows: int) -> Room:
    """Return work arrays for ``n_rows`` rows at a time forward and back."""
    dtype, places = net.numbers.dtype, places_of(net, n_rows)
    more = vectors_of(dtype.itemsize)  # so that products can read whole vectors, beyond the last row
    return Room(
        n_rows,
        places[:-1],
        np.empty(n_rows * int(net.shape[0, N_IN]) + more, dtype),
        np.empty(n_rows * int(net.shape[-1, N_OUT]), dtype),
        np.empty(n_rows, dtype),
        np.empty(places[-1], dtype),
        np.empty(places[-1] + more, dtype),
        np.empty(places[-1] + more, dtype),
        np.empty(copy_numbers(net, n_rows), dtype),
    )


class PredictionRoom(NamedTuple):
    """What predictions of one network need besides θ and the rows.

    Threads share what is read: the network, ``places`` (n_layers + 1,), where each layer's numbers begin, and
    ``order`` (n_rows,), which counts the rows that go through at a time. Each makes its own work room, of
    ``n_numbers``.
    """

    net: Net
    places: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]
    n_numbers: int


def prediction_room(network: Network, dtype: np.dtype[np.generic], n_rows: int) -> PredictionRoom:
    """Return what predictions need, ``n_rows`` rows at a time."""
    net = net_record(network, dtype)
    places = places_of(net, n_rows)
    n_numbers = 2 * int(places[-1]) + vectors_of(dtype.itemsize) + copy_numbers(net, 0)
    return PredictionRoom(net, places, np.arange(n_rows), n_numbers)
