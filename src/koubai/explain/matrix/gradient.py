"""Symbolic derivatives of matrix expressions, in denominator layout, by one backward sweep over the tree.

With G = ∂f/∂N for a subexpression N of f, the operands of N get: A @ B → G Bᵀ and Aᵀ G; Aᵀ → Gᵀ; φ(A) entry by entry →
G ⊙ φ'(A); ‖a‖ → G a / ‖a‖; A⁻¹ → -A⁻ᵀ G A⁻ᵀ; trace A → G I; sum of entries → G 1 (Magnus and Neudecker 1988,
chapter 9; Petersen and Pedersen 2012, sections 2.2-2.5). For a vector f the same sweep starts from a vector v,
∂(vᵀf)/∂x = (∂f/∂x) v, and v is removed again at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from koubai.core.errors import ShapeError
from koubai.core.language import worded
from koubai.explain.matrix.nodes import SCALAR, Node, Shape, number, shown
from koubai.explain.matrix.simplify import (
    as_product,
    identity,
    is_zero,
    matmul,
    minus,
    plus,
    scaled,
    times,
    transposed,
    zero,
)

SEED = "∂v"
"""The name of the vector from which the derivative of a vector starts; no expression can contain it."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One step of the sweep: the derivative with respect to a subexpression, and the kind of rule applied."""

    node: Node
    derivative: Node
    rule: str


@dataclass(frozen=True, slots=True)
class Derivative:
    """∂f/∂x: the expression, and the steps of the sweep."""

    result: Node
    sweep: tuple[Passed, ...]


def derivative(node: Node, name: str, shape: Shape) -> Derivative:
    """Return the derivative of an expression with respect to a name, in denominator layout.

    Parameters
    ----------
    node : Node
        A scalar, or a column vector if ``name`` is one too.
    name : str
        The name to differentiate with respect to.
    shape : Shape
        Its shape.

    Raises
    ------
    ShapeError
        If the expression is neither a scalar nor a vector, or is a vector while ``name`` is a matrix.
    """
    sweep = _Sweep(name, shape)
    if node.is_scalar:
        sweep.visit(node, number(1), "start")
        return Derivative(sweep.total, tuple(sweep.passed))
    if node.shape[1] != 1 or shape[1] != 1:
        raise ShapeError(worded("explain.error.derivative_shape", shape=shown(node.shape), name=name, by=shown(shape)))
    seed = Node("name", (), node.shape, SEED)
    sweep.visit(node, seed, "start")
    result = _without_seed(sweep.total, node.shape)
    if result is None:
        raise ShapeError(worded("explain.error.derivative_none", name=name))
    return Derivative(result, ())


class _Sweep:
    """Sweeps from the whole expression to its parts and adds up what reaches the name."""

    def __init__(self, name: str, shape: Shape) -> None:
        self.name = name
        self.total = zero(shape)
        self.passed: list[Passed] = []

    def visit(self, node: Node, g: Node, rule: str) -> None:
        """Process G = ∂f/∂node."""
        if not _holds(node, self.name):
            return
        self.passed.append(Passed(node, g, rule))
        if node.kind == "name":
            self.total = plus(self.total, g)
            return
        for part, inner in _inner(node, g):
            self.visit(part, inner, _rule(node))


def _rule(node: Node) -> str:
    if node.kind == "power" and node.parts[0].kind == "norm" and node.value == 2:
        return "norm_squared"
    return node.kind


def _inner(node: Node, g: Node) -> list[tuple[Node, Node]]:
    """Return each operand with the derivative with respect to it: the rules of the sweep."""
    parts = node.parts
    rules: dict[str, Callable[[], list[Node]]] = {
        "add": lambda: [g, g],
        "negative": lambda: [minus(g)],
        "transpose": lambda: [transposed(g)],
        "matmul": lambda: [matmul(g, transposed(parts[1])), matmul(transposed(parts[0]), g)],
        "scale": lambda: [_dot(g, parts[1]), times(parts[0], g)],
        "elementwise": lambda: [times(g, parts[1]), times(g, parts[0])],
        "divide": lambda: [_over(g, parts[1]), minus(_over(_dot(g, parts[0]), _squared(parts[1])))],
        "norm": lambda: [times(_over(g, node), parts[0])],
        "sum": lambda: [times(g, Node("ones", (), parts[0].shape))],
        "trace": lambda: [times(g, identity(parts[0].shape))],
        "inverse": lambda: [minus(matmul(matmul(transposed(node), g), transposed(node)))],
        "apply": lambda: [times(g, _entrywise(node))],
        "power": lambda: [_power(node, g)],
    }
    if _rule(node) == "norm_squared":
        inside = parts[0].parts[0]
        return [(inside, scaled(Fraction(2), times(g, inside)))]
    return list(zip(parts, rules[node.kind](), strict=True))


def _power(node: Node, g: Node) -> Node:
    """Return n a^(n-1) G."""
    base, n = node.parts[0], node.value
    lower = base if n == 2 else Node("power", (base,), base.shape, value=n - 1)
    return g if n == 1 else scaled(n, times(g, lower))


def _dot(g: Node, other: Node) -> Node:
    """Return the sum of all entries of G ⊙ other: Gᵀ other for columns."""
    if other.is_scalar:
        return times(g, other)
    if other.shape[1] == 1:
        return matmul(transposed(g), other)
    return Node("trace", (matmul(transposed(g), other),), SCALAR)


def _over(g: Node, below: Node) -> Node:
    return Node("divide", (g, below), g.shape)


def _squared(node: Node) -> Node:
    return Node("power", (node,), SCALAR, value=Fraction(2))


def _holds(node: Node, name: str) -> bool:
    return (node.kind == "name" and node.name == name) or any(_holds(part, name) for part in node.parts)


def _without_seed(node: Node, shape: Shape) -> Node | None:
    """Return M where the expression is M v, or None if it is not of that form."""
    if is_zero(node):
        return zero((node.shape[0], shape[0]))
    if node.kind == "name" and node.name == SEED:
        return identity((shape[0], shape[0]))
    if node.kind == "add":
        left, right = (_without_seed(part, shape) for part in node.parts)
        return None if left is None or right is None else plus(left, right)
    if node.kind == "negative":
        inside = _without_seed(node.parts[0], shape)
        return None if inside is None else minus(inside)
    if node.kind == "scale" and not _holds(node.parts[0], SEED):
        inside = _without_seed(node.parts[1], shape)
        return None if inside is None else times(node.parts[0], inside)
    if node.kind == "divide" and not _holds(node.parts[1], SEED):
        inside = _without_seed(node.parts[0], shape)
        return None if inside is None else Node("divide", (inside, node.parts[1]), inside.shape)
    return _product_without_seed(node, shape)


def _product_without_seed(node: Node, shape: Shape) -> Node | None:
    if node.kind == "elementwise":
        factor, other = node.parts if _holds(node.parts[1], SEED) else node.parts[::-1]
        inside = _without_seed(other, shape)
        diagonal = Node("diagonal", (factor,), (factor.shape[0], factor.shape[0]))
        return None if inside is None or _holds(factor, SEED) else matmul(diagonal, inside)
    if node.kind == "scale":  # (rᵀ v) b = b rᵀ v
        row = _row(node.parts[0])
        return None if row is None or _holds(node.parts[1], SEED) else matmul(node.parts[1], transposed(row))
    if node.kind != "matmul":
        return None
    *before, last = as_product(node)
    inside = _without_seed(last, shape)
    if inside is None or any(_holds(factor, SEED) for factor in before):
        return None
    for factor in reversed(before):
        inside = matmul(factor, inside)
    return inside


def _row(scalar: Node) -> Node | None:
    """Return r where a scalar is rᵀ v, or None if it is not of that form."""
    if scalar.kind == "negative":
        inside = _row(scalar.parts[0])
        return None if inside is None else minus(inside)
    if scalar.kind in ("scale", "divide"):
        held = [_holds(part, SEED) for part in scalar.parts]
        inside = None if all(held) else _row(scalar.parts[held.index(True)])
        if inside is None or (scalar.kind == "divide" and held[1]):
            return None
        other = scalar.parts[held.index(False)]
        return times(other, inside) if scalar.kind == "scale" else _over(inside, other)
    if scalar.kind != "matmul":
        return None
    first, *rest = as_product(scalar)
    if first.kind == "transpose" and first.parts[0].name == SEED and not any(_holds(part, SEED) for part in rest):
        row = rest[0]
        for factor in rest[1:]:
            row = matmul(row, factor)
        return row
    *before, last = as_product(scalar)
    if last.name == SEED and not any(_holds(part, SEED) for part in before):
        row = before[0]
        for factor in before[1:]:
            row = matmul(row, factor)
        return transposed(row)
    return None


def _entrywise(node: Node) -> Node:
    """Return φ'(a) for φ(a), as a named function where one exists."""
    (inside,) = node.parts
    if node.name == "exp":
        return node
    if node.name == "sin":
        return Node("apply", node.parts, node.shape, "cos")
    if node.name == "cos":
        return minus(Node("apply", node.parts, node.shape, "sin"))
    if node.name == "log" and inside.is_scalar:
        return _over(number(1), inside)
    return Node("slope", node.parts, node.shape, node.name)
