"""The forward pass alone, compiled: any number of rows through room for a few."""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.passes import forward, make_room
from koubai.engines.cpu.kernels.records import N_IN, N_OUT, Data, Net


@kernel(entry=True, allocates=True)
def predict_rows(shape, numbers, theta, dense, data, indices, starts, first, stop, n_at_a_time, out):
    """Set row r of ``out`` (flat) to z^(L) for rows first … stop-1 of the inputs, ``n_at_a_time``.

    The arrays of `Net` and `Data` are handed over one by one: as records they take longer than one row's arithmetic.
    """
    net = Net(shape, numbers, 0, numbers[0])  # of a loss nothing is asked
    rows = Data(stop, dense, data, indices, starts, dense[:0], dense[:0])
    last = net.shape.shape[0] - 1
    m = net.shape[last, N_OUT]
    room = make_room(net, theta, n_at_a_time, False)
    n_in = net.shape[0, N_IN]
    for begin in range(first, stop, n_at_a_time):
        end = min(begin + n_at_a_time, stop)
        x = dense[:0] if starts.size else dense[begin * n_in : end * n_in]
        forward(net, theta, x, rows, np.arange(begin, end), room, 0, np.uint64(0), 0)
        source = room.z[room.starts[last] : room.starts[last] + (end - begin) * m]
        target = out[begin * m : end * m]
        for k in range(source.size):
            target[k] = source[k]
