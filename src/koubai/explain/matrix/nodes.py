"""Matrix expressions whose parts all have shapes, and how to write and evaluate them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import (
    Apply,
    Elementwise,
    Formula,
    Function,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Symbol,
    Transpose,
    add,
    multiply,
)

Dimension: TypeAlias = int | str
"""A number, or a letter that represents one."""
Shape: TypeAlias = tuple[Dimension, Dimension]
"""Rows and columns; a vector is a column, a scalar is 1×1."""

SCALAR: Shape = (1, 1)


@dataclass(frozen=True, slots=True)
class Node:
    """A node of an expression with its shape.

    ``kind`` is one of name, number, add, negative, matmul, scale (a scalar times a matrix), elementwise, divide,
    power, transpose, inverse, norm, sum, trace, apply (an entrywise function, ``name``), slope (its derivative),
    ones, identity, diagonal.
    """

    kind: str
    parts: "tuple[Node, ...]"
    shape: Shape
    name: str = ""
    value: Fraction = Fraction(0)

    @property
    def is_scalar(self) -> bool:
        """Whether it is 1×1."""
        return self.shape == SCALAR


def shown(shape: Shape) -> str:
    """Return a shape as text: m×k, or the word for a scalar's 1×1.

    Examples
    --------
    >>> shown(("m", 1))
    'm×1'
    """
    return f"{shape[0]}×{shape[1]}"


def number(value: Fraction | int) -> Node:
    """Return a number."""
    return Node("number", (), SCALAR, value=Fraction(value))


FUNCTIONS: Mapping[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
}
"""Entrywise functions, each with its derivative."""


def written(node: Node) -> Formula:
    """Return an expression as a formula."""
    parts = [written(part) for part in node.parts]
    match node.kind:
        case "name":
            return Symbol(node.name, bold=not node.is_scalar)
        case "number":
            return Number(node.value) if node.is_scalar or node.value else Symbol("0", bold=True)
        case "add":
            return add(*parts)
        case "negative":
            return Negative(parts[0])
        case "matmul":
            return multiply(*parts)
        case "scale":
            return Product((parts[0], *(parts[1].factors if isinstance(parts[1], Product) else parts[1:])))
        case "elementwise":
            return Elementwise(parts[0], parts[1])
        case "divide":
            return Quotient(parts[0], parts[1])
        case "power":
            return Power(parts[0], Number(node.value))
        case "transpose":
            return Transpose(parts[0])
        case "inverse":
            return Power(parts[0], Number(Fraction(-1)))
        case "norm":
            return Function("norm", (parts[0],))
        case "slope":
            return Apply(node.name, (parts[0],), prime=True)
        case "ones":
            return Symbol("1", bold=True)
        case "identity":
            return Symbol("I", bold=True)
        case "diagonal":
            return Apply("diag", (parts[0],))
    return Apply({"apply": node.name}.get(node.kind, node.kind), (parts[0],))


def _inverse(matrix: Array) -> Array:
    """Return the inverse; all NaN if there is none."""
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)


def computed(node: Node, known: Mapping[str, Array], sizes: Mapping[Dimension, int]) -> Array:
    """Evaluate an expression, (rows, columns).

    Parameters
    ----------
    node : Node
    known : Mapping
        The matrix of each name, two-dimensional.
    sizes : Mapping
        The number for each letter of a shape, and for each size that is too large to try.
    """
    parts = [computed(part, known, sizes) for part in node.parts]
    rows, columns = (sizes.get(size, 0 if isinstance(size, str) else size) for size in node.shape)
    simple: dict[str, Callable[[], Array]] = {
        "name": lambda: known[node.name],
        "number": lambda: np.full((rows, columns), float(node.value)),
        "add": lambda: parts[0] + parts[1],
        "negative": lambda: -parts[0],
        "matmul": lambda: parts[0] @ parts[1],
        "scale": lambda: parts[0] * parts[1],
        "elementwise": lambda: parts[0] * parts[1],
        "divide": lambda: parts[0] / parts[1],
        "power": lambda: parts[0] ** float(node.value),
        "transpose": lambda: parts[0].T,
        "inverse": lambda: _inverse(parts[0]),
        "norm": lambda: np.full((1, 1), np.linalg.norm(parts[0])),
        "sum": lambda: np.full((1, 1), parts[0].sum()),
        "trace": lambda: np.full((1, 1), np.trace(parts[0])),
        "apply": lambda: FUNCTIONS[node.name][0](parts[0]),
        "slope": lambda: FUNCTIONS[node.name][1](parts[0]),
        "ones": lambda: np.ones((rows, columns)),
        "identity": lambda: np.eye(rows),
        "diagonal": lambda: np.diag(parts[0].ravel()),
    }
    result: Array = simple[node.kind]()
    return result
