"""The forward pass alone, compiled: any number of rows through room for a few."""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.passes import forward, make_room
from koubai.engines.cpu.kernels.records import N_OUT


@kernel(entry=True)
def predict_rows(net, theta, data, first, stop, n_at_a_time, out):
    """Set out[r] = z^(L) for rows first … stop-1 of the inputs, ``n_at_a_time``."""
    last = net.shape.shape[0] - 1
    m = net.shape[last, N_OUT]
    room = make_room(net, theta, n_at_a_time, False, False)
    for begin in range(first, stop, n_at_a_time):
        end = min(begin + n_at_a_time, stop)
        rows = np.arange(begin, end)
        x = data.dense[0:0] if data.starts.size else data.dense[begin:end]
        forward(net, theta, x, data, rows, room, np.uint64(0), 0)
        for r in range(end - begin):
            for k in range(m):
                out[begin + r, k] = room.z[room.starts[last] + r * m + k]
