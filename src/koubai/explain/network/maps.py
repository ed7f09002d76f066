"""Pictures of steps on maps: the window that a node reads, what comes back to it, and where a kernel's number was used.

Of several channels or filters the one with the largest part of the sum is shown. Rows, columns and channels are told
from 1, as everywhere in explanations.
"""

from typing import TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.layers import Convolution, MaxPooling
from koubai.core.layers.base import Address, unraveled
from koubai.core.layers.pooling import Pooling
from koubai.core.network import Network
from koubai.explain.derivations import Grid, Grids, Text, say
from koubai.explain.network.book import Book
from koubai.explain.network.naming import layer_names

Box: TypeAlias = tuple[int, int, int, int]
"""Row and column where a frame begins, from 0, its height and its width."""
SIGNS = ("", "×", "=")
"""What stands between a map, a part of it, what that is multiplied with, and the products."""


def words_of(network: Network, layer: int) -> dict[str, str | int]:
    """Return the description of a layer that reads maps: its name, its maps, its windows, its filters."""
    spec = network.layers[layer - 1]
    if len(spec.input_shape) == 1:
        return {}
    words: dict[str, str | int] = {"name": layer_names(network)[layer - 1], "shape": _times(spec.input_shape)}
    if isinstance(spec, Convolution | Pooling):
        words["window"] = _times(spec.windows.size)
    return words | ({"filters": spec.n_filters} if isinstance(spec, Convolution) else {})


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def of_node(book: Book, layer: int, i: int) -> tuple[Grids, ...]:
    """Return the window that a node reads on its map, of a convolution with the kernel and the products."""
    spec = book.network.layers[layer - 1]
    if not isinstance(spec, Convolution | Pooling):
        return ()
    y, x, own = spec.place_of(i)
    z = book.trace.forward.sources(layer - 1)[book.row].reshape(spec.input_shape)
    cells = [*spec.windows.cells(y, x)]
    (_, _, top, left), (_, _, bottom, right) = cells[0], cells[-1]
    box = top, left, bottom - top + 1, right - left + 1
    if isinstance(spec, Pooling):
        window = _cut(z[:, :, own], box)
        marked = unraveled(int(window.argmax()), window.shape) if isinstance(spec, MaxPooling) else None
        pair = (_map(book, layer - 1, z[:, :, own], box), _grid(say("explain.map.window"), window, marked))
        return (Grids(say("explain.map.pooled", channel=own + 1, window=_times(box[2:])), pair, ("",)),)
    kernel = np.zeros((*spec.windows.size, spec.input_shape[2]))
    kernel[:] = book.network.block(book.theta, layer - 1, "weights")[..., own]
    patch = np.zeros(kernel.shape)  # padding counts as zeros
    for a, b, row, column in cells:
        patch[a, b] = z[row, column]
    products = patch * kernel
    c = _telling(products)
    grids = (
        _map(book, layer - 1, z[:, :, c], box),
        _grid(say("explain.map.patch"), patch[:, :, c]),
        _grid(say("explain.map.kernel", filter=own + 1), kernel[:, :, c]),
        _grid(say("explain.map.products"), products[:, :, c]),
    )
    sum_of_one = _number(products[:, :, c])
    title = say("explain.map.convolved", chosen=c + 1, many=spec.input_shape[2], sum=sum_of_one)
    if spec.input_shape[2] == 1:
        title = say("explain.map.convolved_one", sum=sum_of_one)
    return (Grids(title, grids, SIGNS),)


def of_way_back(book: Book, layer: int, i: int) -> tuple[Grids, ...]:
    """Return where what comes back to a node comes from, if the layer above reads windows: the δ that hold it."""
    above = book.network.layers[layer]
    if not isinstance(above, Convolution | Pooling):
        return ()
    row, column, c = unraveled(i - 1, above.input_shape)
    places = [*above.windows.over(row, column)]
    if not places:
        return ()
    delta = book.layer_deltas[layer][book.row].reshape(above.output_shape)
    (top, left, _, _), (bottom, right, _, _) = places[0], places[-1]
    box = top, left, bottom - top + 1, right - left + 1
    if isinstance(above, Pooling):
        title = say("explain.map.back_pooled", row=row + 1, column=column + 1)
        return (Grids(title, (_map(book, layer + 1, delta[:, :, c], box, "δ"),)),)
    held = delta[top : bottom + 1, left : right + 1]
    weights, own = np.zeros(held.shape), book.network.block(book.theta, layer, "weights")
    for y, x, a, b in places:
        weights[y - top, x - left] = own[a, b, c]
    products = held * weights
    f = _telling(products)
    grids = (
        _map(book, layer + 1, delta[:, :, f], box, "δ"),
        _grid(say("explain.map.deltas"), held[:, :, f]),
        _grid(say("explain.map.weights"), weights[:, :, f]),
        _grid(say("explain.map.products"), products[:, :, f]),
    )
    sum_of_one = _number(products[:, :, f])
    title = say("explain.map.back", chosen=f + 1, many=above.n_filters, sum=sum_of_one)
    if above.n_filters == 1:
        title = say("explain.map.back_one", sum=sum_of_one)
    return (Grids(title, grids, SIGNS),)


def of_parameter(book: Book, layer: int, address: Address) -> tuple[Grids, ...]:
    """Return where a kernel's number was used: what it met in each window, δ there, and the products."""
    spec = book.network.layers[layer - 1]
    if not isinstance(spec, Convolution):
        return ()
    f = address.index[-1]
    delta = book.layer_deltas[layer - 1][book.row].reshape(spec.output_shape)[:, :, f]
    if address.block == "biases":
        return (
            Grids(say("explain.map.bias", filter=f + 1, sum=_number(delta)), (_map(book, layer, delta, None, "δ"),)),
        )
    a, b, c, _ = address.index
    z = book.trace.forward.sources(layer - 1)[book.row : book.row + 1]
    read = spec.windows.patches(z)[0, :, :, a, b, c]
    products = read * delta
    grids = (
        _grid(say("explain.map.read"), read),
        _map(book, layer, delta, None, "δ"),
        _grid(say("explain.map.products"), products),
    )
    title = say("explain.map.shared", row=a + 1, column=b + 1, channel=c + 1, filter=f + 1, sum=_number(products))
    return (Grids(title, grids, SIGNS[1:]),)


def _map(book: Book, layer: int, numbers: Array, box: Box | None, letter: str = "z") -> Grid:
    """Return a whole channel of a layer's numbers, with a frame."""
    name = layer_names(book.network)[layer - 1] if layer else ""
    title = say("explain.map.layer", letter=letter, name=name) if layer else say("explain.map.input")
    return Grid(title, _rows(numbers), box)


def _grid(title: Text, numbers: Array, marked: tuple[int, ...] | None = None) -> Grid:
    return Grid(title, _rows(numbers), None, None if marked is None else (marked[0], marked[1]))


def _rows(numbers: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in numbers)


def _cut(numbers: Array, box: Box) -> Array:
    top, left, height, width = box
    return numbers[top : top + height, left : left + width]


def _telling(products: Array) -> int:
    """Return the last index with the largest part of the sum."""
    return int(np.abs(products.sum(axis=(0, 1))).argmax())


def _number(numbers: Array) -> str:
    """Return a sum as a title shows it."""
    return f"{float(numbers.sum()):.4g}".replace("-", "−")
