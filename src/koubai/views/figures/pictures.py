"""A network as a picture: where its nodes stand, and how strong its weights are; wide layers are shown in part."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.network import Network

MOST_SHOWN = 10
"""Nodes of a layer that are shown, unless another number is asked for."""
ACROSS, DOWN, RADIUS = 150.0, 34.0, 11.0
"""Distance between layers and between nodes, and the radius of a node."""
WIDEST, THINNEST = 3.2, 0.25
"""Widths of the strongest link of a layer, and of one of weight 0."""
LONGEST = 24
"""Longer names are cut off."""


@dataclass(frozen=True)
class Node:
    """A node at a place; ``number`` 0 is an ellipsis, three dots for the nodes that are not shown."""

    x: float
    y: float
    number: int
    name: str = ""


@dataclass(frozen=True)
class Link:
    """A weight from one node to another; ``strength`` in [-1, 1] is its share of the layer's largest."""

    start: Node
    end: Node
    weight: float
    strength: float

    @property
    def width(self) -> float:
        """How thick the link is drawn."""
        return THINNEST + (WIDEST - THINNEST) * abs(self.strength)


@dataclass(frozen=True)
class Picture:
    """A network as a picture.

    Parameters
    ----------
    title : str
        What it is.
    layers : tuple of tuple of Node
        Inputs first, then each layer.
    captions : tuple of str
        What stands below each layer: its number of nodes and its activation.
    links : tuple of Link
        Those between nodes that are shown, weak ones first.
    width, height, left : float
        Size, and the room for the inputs' names.
    """

    title: str
    layers: tuple[tuple[Node, ...], ...]
    captions: tuple[str, ...]
    links: tuple[Link, ...]
    width: float
    height: float
    left: float


def picture(
    title: str,
    network: Network,
    theta: Array,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    nodes: int = MOST_SHOWN,
) -> Picture:
    """Return the picture of a network with its weights.

    Parameters
    ----------
    title : str
        What it is.
    network, theta
        The network and its parameters.
    inputs, outputs : sequence of str
        The names of inputs and outputs, as many as there are, or none.
    nodes : int
        Maximum number of nodes shown per layer, at least 2.

    Examples
    --------
    >>> import numpy as np
    >>> network = Network.dense((2, 30, 1))
    >>> found = picture("a network", network, network.initial(np.random.default_rng(0)), ["x", "y"])
    >>> [len(layer) for layer in found.layers], found.captions
    ([2, 11, 1], ('2', '30 relu', '1 identity'))

    Raises
    ------
    ParameterError
        If the number of nodes is too small.
    """
    if isinstance(nodes, bool) or not isinstance(nodes, int) or nodes < 2:
        raise ParameterError(
            who="export",
            parameter="nodes",
            required=worded("core.must.integer_from", n=2),
            got=repr(nodes),
            remedy=worded("core.remedy.try", value=10),
        )
    return _drawn(title, network, theta, tuple(inputs), tuple(outputs), nodes)


def _shown(n: int, most: int) -> list[int]:
    """Return the numbers of the nodes that are shown, 0 for an ellipsis."""
    if n <= most:
        return list(range(1, n + 1))
    first = ceil(most / 2)
    return [*range(1, first + 1), 0, *range(n - (most - first) + 1, n + 1)]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _drawn(
    title: str, network: Network, theta: Array, inputs: tuple[str, ...], outputs: tuple[str, ...], most: int
) -> Picture:
    shown = [_shown(n, most) for n in network.sizes]
    tallest = max(len(numbers) for numbers in shown)
    left = 30.0 + 7.2 * max((len(_short(name)) for name in inputs), default=0)
    right = 30.0 + 7.2 * max((len(_short(name)) for name in outputs), default=0)
    height = DOWN * tallest + 56
    layers = []
    for place, numbers in enumerate(shown):
        names = inputs if place == 0 else outputs if place == len(shown) - 1 else ()
        x, top = left + place * ACROSS, (height - 36 - DOWN * (len(numbers) - 1)) / 2
        layers.append(
            tuple(
                Node(x, top + row * DOWN, number, _short(names[number - 1]) if number and names else "")
                for row, number in enumerate(numbers)
            )
        )
    links = [
        link
        for place in range(len(network.layers))
        for link in _links(network, theta, place, *layers[place : place + 2])
    ]
    links.sort(key=lambda link: abs(link.strength))
    captions = [str(network.n_features), *(f"{each.n_out} {each.activation.name}" for each in network.layers)]
    width = left + ACROSS * (len(shown) - 1) + right
    return Picture(title, tuple(layers), tuple(captions), tuple(links), width, height, left)


def _links(network: Network, theta: Array, place: int, before: tuple[Node, ...], after: tuple[Node, ...]) -> list[Link]:
    """Return the links of a layer between nodes that are shown; a link without a weight has 1."""
    layer, sources = network.layers[place], {node.number: node for node in before if node.number}
    found = []
    for node in after:
        for term in layer.terms(node.number) if node.number else ():
            if term.source in sources:
                address = term.parameter
                value = 1.0 if address is None else float(theta[network.place(place, address)])
                found.append((sources[term.source], node, value))
    largest = max((abs(weight) for *_, weight in found), default=0.0) or 1.0
    return [Link(start, end, weight, weight / largest) for start, end, weight in found]
