"""Numerical checks of symbolic results: random matrices, central differences, and comparison of two sides."""

from collections.abc import Mapping

import numpy as np

from koubai.core.arrays import Array
from koubai.explain.matrix.nodes import Dimension, Node, Shape, computed

DRAWS = 5
"""Number of random draws to compare."""
STEP = 1e-5
SIZES = (3, 4, 2, 5, 6, 7)
"""Sizes assigned in turn to the letters of shapes in a check; all different, so that a wrong shape is detected."""
POSITIVE = ("log", "sqrt")


def sizes_for(shapes: Mapping[str, Shape]) -> dict[Dimension, int]:
    """Return a number for each size in the shapes: small numbers are kept, letters and large numbers get stand-ins.

    An identity that holds for one matrix size holds for all, and a check with 10,000 rows would take hours.
    """
    sizes = dict.fromkeys(size for shape in shapes.values() for size in shape)
    kept = {size: size for size in sizes if isinstance(size, int) and size <= max(SIZES)}
    free = (size for size in (*SIZES, *range(max(SIZES) + 1, 100)) if size not in kept)
    return {size: kept[size] if size in kept else next(free) for size in sizes}


def draw(
    node: Node, shapes: Mapping[str, Shape], sizes: Mapping[Dimension, int], rng: np.random.Generator
) -> dict[str, Array]:
    """Return random matrices for the names, drawn so that every function in the expression is defined."""
    kinds = {part.name for part in _walk(node) if part.kind == "apply"}
    roots = any(part.kind == "power" and part.value.denominator != 1 for part in _walk(node))
    inverses = any(part.kind == "inverse" for part in _walk(node))
    found = {}
    for name, shape in shapes.items():
        rows, columns = (sizes[size] for size in shape)
        matrix = rng.normal(size=(rows, columns))
        if roots or kinds & set(POSITIVE):
            matrix = np.abs(matrix) + 0.5
        if inverses and rows == columns:
            matrix += 3 * rows * np.eye(rows)
        found[name] = matrix
    return found


def central_differences(node: Node, name: str, known: Mapping[str, Array], sizes: Mapping[Dimension, int]) -> Array:
    """Return the derivative with respect to every entry of a name, in denominator layout, by central differences."""
    point = known[name]
    columns = []
    for place in np.ndindex(point.shape):
        sides = []
        for sign in (1, -1):
            moved = point.copy()
            moved[place] += sign * STEP
            sides.append(computed(node, {**known, name: moved}, sizes))
        columns.append((sides[0] - sides[1]).ravel() / (2 * STEP))
    result: Array = np.array(columns)
    return result.reshape(point.shape) if node.is_scalar else result


def _difference(a: Array, b: Array) -> float:
    """Return the largest relative difference; infinity for overflow or NaN, which prove nothing."""
    found = float(np.abs(a - b).max()) / max(1.0, float(np.abs(b).max()))
    return found if np.isfinite(found) else float("inf")


@np.errstate(all="ignore")  # overflow counts as a difference
def difference_of_derivative(node: Node, derivative: Node, name: str, shapes: Mapping[str, Shape]) -> float:
    """Return the largest relative difference between a symbolic derivative and central differences."""
    rng, sizes = np.random.default_rng(0), sizes_for(shapes)
    worst = 0.0
    for _ in range(DRAWS):
        known = draw(node, shapes, sizes, rng)
        symbols = computed(derivative, known, sizes)
        numbers = central_differences(node, name, known, sizes)
        if symbols.shape != numbers.shape:
            return float("inf")
        worst = max(worst, _difference(symbols, numbers))
    return worst


@np.errstate(all="ignore")
def difference_of_sides(left: Node, right: Node, shapes: Mapping[str, Shape]) -> float:
    """Return the largest relative difference between two expressions."""
    rng, sizes = np.random.default_rng(0), sizes_for(shapes)
    worst = 0.0
    for _ in range(DRAWS):
        known = draw(Node("add", (left, right), left.shape), shapes, sizes, rng)
        a, b = computed(left, known, sizes), computed(right, known, sizes)
        worst = max(worst, _difference(a, b))
    return worst


def _walk(node: Node) -> list[Node]:
    return [node, *(inner for part in node.parts for inner in _walk(part))]
