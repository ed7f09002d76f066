"""Builders of simplified matrix expressions: no factors of one, no double transposes, like terms collected."""

from fractions import Fraction

from koubai.explain.matrix.nodes import SCALAR, Node, Shape, number


def zero(shape: Shape) -> Node:
    """Return the zero matrix of a shape."""
    return Node("number", (), shape)


def is_zero(node: Node) -> bool:
    """Return whether an expression is zero."""
    return node.kind == "number" and node.value == 0


def is_one(node: Node) -> bool:
    """Return whether an expression is the number 1."""
    return node.kind == "number" and node.value == 1 and node.shape == SCALAR


def identity(shape: Shape) -> Node:
    """Return the identity matrix."""
    return number(1) if shape == SCALAR else Node("identity", (), shape)


def minus(node: Node) -> Node:
    """Return the negative."""
    if is_zero(node):
        return node
    if node.kind == "negative":
        return node.parts[0]
    if node.kind == "number":
        return number(-node.value)
    coefficient, rest = split(node)
    return scaled(-coefficient, rest) if coefficient != 1 else Node("negative", (node,), node.shape)


def plus(left: Node, right: Node) -> Node:
    """Return the sum, with like terms collected."""
    if is_zero(left):
        return right
    if is_zero(right):
        return left
    terms = _terms(left)
    coefficient, rest = split(right)
    for index, term in enumerate(terms):
        other, base = split(term)
        if base == rest:
            terms[index] = scaled(other + coefficient, rest)
            return _summed([term for term in terms if not is_zero(term)], left.shape)
    return _summed([*terms, right], left.shape)


def _terms(node: Node) -> list[Node]:
    return [*_terms(node.parts[0]), *_terms(node.parts[1])] if node.kind == "add" else [node]


def _summed(terms: list[Node], shape: Shape) -> Node:
    if not terms:
        return zero(shape)
    total = terms[0]
    for term in terms[1:]:
        total = Node("add", (total, term), shape)
    return total


def split(node: Node) -> tuple[Fraction, Node]:
    """Split an expression into its numeric coefficient and the rest."""
    if node.kind == "negative":
        coefficient, rest = split(node.parts[0])
        return -coefficient, rest
    if node.kind == "scale" and node.parts[0].kind == "number":
        coefficient, rest = split(node.parts[1])
        return node.parts[0].value * coefficient, rest
    if node.kind == "number" and node.shape == SCALAR:
        return node.value, number(1)
    return Fraction(1), node


def scaled(factor: Fraction, node: Node) -> Node:
    """Return a number times an expression."""
    coefficient, rest = split(node)
    factor *= coefficient
    if factor == 0:
        return zero(node.shape)
    if is_one(rest):
        return number(factor)
    if factor == 1:
        return rest
    return Node("negative", (rest,), rest.shape) if factor == -1 else Node("scale", (number(factor), rest), rest.shape)


def times(left: Node, right: Node) -> Node:
    """Return a scalar times an expression, or the entrywise product."""
    (a, left), (b, right) = split(left), split(right)
    if is_one(left):
        return scaled(a * b, right)
    if is_one(right):
        return scaled(a * b, left)
    if left.shape != SCALAR and right.shape == SCALAR:
        left, right = right, left
    if left.kind == "ones" or right.kind == "ones":
        both = right if left.kind == "ones" and right.shape == left.shape else left
        if left.shape == right.shape:
            return scaled(a * b, both)
    kind = "scale" if left.shape == SCALAR else "elementwise"
    return scaled(a * b, Node(kind, (left, right), right.shape))


def matmul(left: Node, right: Node) -> Node:
    """Return the matrix product; a 1×1 factor is a scalar."""
    (a, left), (b, right) = split(left), split(right)
    if is_zero(left) or is_zero(right):
        return zero((left.shape[0], right.shape[1]))
    if left.shape == SCALAR or right.shape == SCALAR:
        return scaled(a * b, times(left, right))
    if left.kind == "identity":
        return scaled(a * b, right)
    if right.kind == "identity":
        return scaled(a * b, left)
    if left.kind == "scale":
        return scaled(a * b, times(left.parts[0], matmul(left.parts[1], right)))
    if right.kind == "scale":
        return scaled(a * b, times(right.parts[0], matmul(left, right.parts[1])))
    return scaled(a * b, Node("matmul", (left, right), (left.shape[0], right.shape[1])))


def transposed(node: Node) -> Node:
    """Return the transpose, pushed into products and sums: (AB)ᵀ = BᵀAᵀ, (A + B)ᵀ = Aᵀ + Bᵀ, (Aᵀ)ᵀ = A."""
    shape = (node.shape[1], node.shape[0])
    if node.shape == SCALAR or node.kind in ("identity", "diagonal"):
        return node
    match node.kind:
        case "transpose":
            return node.parts[0]
        case "add":
            return plus(transposed(node.parts[0]), transposed(node.parts[1]))
        case "negative":
            return minus(transposed(node.parts[0]))
        case "matmul":
            return matmul(transposed(node.parts[1]), transposed(node.parts[0]))
        case "scale":
            return times(node.parts[0], transposed(node.parts[1]))
        case "divide":
            return Node("divide", (transposed(node.parts[0]), node.parts[1]), shape)
        case "ones" | "number":
            return Node(node.kind, (), shape, node.name, node.value)
    return Node("transpose", (node,), shape)


def as_product(node: Node) -> list[Node]:
    """Return the factors of a matrix product; anything else is its own single factor."""
    if node.kind != "matmul":
        return [node]
    return [*as_product(node.parts[0]), *as_product(node.parts[1])]
