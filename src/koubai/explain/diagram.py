"""The diagram of a network as a record: which nodes and weights are drawn, and which of them the answer depends on."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from koubai.core.formulas.tree import Formula
from koubai.core.formulas.values import Value

Light: TypeAlias = Literal["", "lit", "direct", "asked"]
LIGHTS: tuple[Light, ...] = ("", "lit", "direct", "asked")
"""Levels of highlighting: not part of the answer, something it depends on, part of its last steps, or requested."""

WIDEST = 9
"""A layer with more nodes is drawn with a gap."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of layer ``layer`` (0 is the input), counted from 1, with its labels; ``bias`` is None if it has none."""

    layer: int
    index: int
    label: str
    value: Value | None
    delta: Value | None
    light: Light
    bias: Value | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A weight from node ``source`` of the layer before to node ``target`` of layer ``layer``."""

    layer: int
    target: int
    source: int
    weight: Value
    light: Light


@dataclass(frozen=True, slots=True)
class Diagram:
    """A network with the path to the requested number highlighted.

    ``columns`` holds each layer's drawn nodes, ``sizes`` the layer sizes; ``caption`` is the requested quantity.
    """

    sizes: tuple[int, ...]
    columns: tuple[tuple[Node, ...], ...]
    edges: tuple[Edge, ...]
    caption: Formula | None = None


def drawn(size: int, important: list[int]) -> list[int]:
    """Return the nodes of a layer to draw: all of a small layer; the important, first and last nodes of a large one.

    Examples
    --------
    >>> drawn(3, [])
    [1, 2, 3]
    >>> drawn(784, [406, 2])
    [1, 2, 3, 406, 784]
    """
    if size <= WIDEST:
        return list(range(1, size + 1))
    return sorted({*important[: WIDEST - 3], 1, 3 if 2 in important else 2, size})
