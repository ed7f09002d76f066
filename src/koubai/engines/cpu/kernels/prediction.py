"""The forward pass alone, compiled: any number of rows, a few at a time."""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.passes import forward
from koubai.engines.cpu.kernels.records import N_IN, N_OUT, Data, Masks, Net, Room


@kernel(entry=True)
def predict_rows(shape, numbers, lists, places, order, theta, dense, data, indices, starts, work, out, first, stop):
    """Set row r of ``out`` (flat) to z^(L) for rows first … stop-1 of the inputs, as many at a time as ``order`` has.

    ``order`` (n,) counts from 0; ``places`` (n_layers + 1,) says where each layer's numbers begin in the work space for
    n rows, and where the last layer's end; ``work`` is that space, for u and z of all layers and a product's factor.
    The arrays of `Net` and `Data` are passed one by one: as records, they take longer than one row's arithmetic.
    """
    net = Net(shape, numbers, lists, 0, numbers[0], shape)  # loss and blocks are not used
    last = net.shape.shape[0] - 1
    m, n_in, size, nothing = net.shape[last, N_OUT], net.shape[0, N_IN], places[last + 1], work[:0]
    u, z, copy = work[:size], work[size : 2 * size], work[2 * size :]
    room = Room(order.size, places[: last + 1], nothing, nothing, nothing, u, z, nothing, copy)
    for begin in range(first, stop, order.size):
        end = min(begin + order.size, stop)
        x = dense[:0] if starts.size else dense[begin * n_in : end * n_in]
        rows = Data(stop - begin, dense, data, indices, starts[begin:], nothing, nothing)
        forward(net, theta, x, rows, order[: end - begin], room, 0, Masks(np.uint64(0), 1.0), 0)
        source = z[places[last] : places[last] + (end - begin) * m]
        target = out[begin * m : end * m]
        for k in range(source.size):
            target[k] = source[k]
