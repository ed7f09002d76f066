"""Shapes of matrix expressions: what each operation requires, what it yields, and why."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from koubai.core.errors import ParameterError, ShapeError
from koubai.core.language import Worded, worded
from koubai.explain.derivations import Text, say
from koubai.explain.matrix.grammar import Parsed
from koubai.explain.matrix.nodes import FUNCTIONS, SCALAR, Dimension, Node, Shape, shown

LETTERS = ("m", "n", "k", "p", "q", "r", "s", "t", "a", "b", "c", "d", "e", "f", "g", "h")
HIGHEST_POWER = 4
MOST_PIECES = 200
"""Maximum number of nodes in an expression with its powers expanded; every nested power multiplies them."""
LARGEST = 1_000_000
"""The largest size of a matrix."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A subexpression, and the reason for its shape."""

    node: Node
    why: Text


def read_shapes(given: Mapping[str, str]) -> dict[str, Shape]:
    """Parse shapes such as ``m,k``, ``3,1``, or ``1`` for a scalar.

    Raises
    ------
    ParameterError
        If one of them is not a shape.
    """
    shapes: dict[str, Shape] = {}
    for name, text in given.items():
        pieces = [piece.strip() for piece in re.split("[,×x]", text)]
        if pieces == ["1"]:
            pieces = ["1", "1"]
        sizes: list[Dimension] = []
        for piece in pieces:
            if re.fullmatch("[0-9]{1,9}", piece) and 1 <= int(piece) <= LARGEST:
                sizes.append(int(piece))
            elif re.fullmatch("[A-Za-z][A-Za-z0-9]?", piece):
                sizes.append(piece)
        if len(pieces) != 2 or len(sizes) != 2:
            raise ParameterError(worded("explain.error.shape", name=name, most=LARGEST, got=repr(text[:60])))
        shapes[name] = (sizes[0], sizes[1])
    return shapes


class Shaper:
    """Assigns a shape to every subexpression.

    A name without a given shape is a column vector if it begins with a lower-case letter, else a matrix; its sizes
    follow from how it is used. A product never makes such a vector a scalar:
    ``x @ y`` is refused, not read as ``x * y``.

    Parameters
    ----------
    text : str
        The expression, for messages.
    given : Mapping
        Shapes of names.
    """

    def __init__(self, text: str, given: Mapping[str, Shape]) -> None:
        self.text = text
        self.shapes: dict[str, Shape] = dict(given)
        self.free: dict[str, Dimension] = {}
        """Unknown sizes (their names begin with ?), and what they are bound to."""
        self.lengths: set[Dimension] = set()
        """The unknown sizes that are lengths of vectors."""
        self.reasons: list[Reason] = []
        self.problem: Text | None = None
        """The clash, if there was one."""

    def run(self, tree: Parsed) -> Node:
        """Return the expression with the shapes of all its parts.

        Raises
        ------
        ShapeError
            If two shapes clash: where, and how.
        """
        node = self._node(tree)
        self._name_free()
        self.reasons = [Reason(self._closed(reason.node), self._told(reason.why)) for reason in self.reasons]
        self.shapes = {name: self._shape(shape) for name, shape in self.shapes.items()}
        return self._closed(node)

    # One node at a time

    def _node(self, tree: Parsed) -> Node:
        if tree.operator == "number":
            return Node("number", (), SCALAR, value=tree.value)
        if tree.operator == "name":
            return Node("name", (), self._shape_of_name(tree.name), tree.name)
        if tree.operator == "**":
            return self._power(tree)
        parts = [self._node(part) for part in tree.parts]
        makers: dict[str, Callable[[Parsed, list[Node]], Node]] = {
            "+": self._sum,
            "-": self._sum,
            "==": self._equal,
            "negative": lambda tree, parts: Node("negative", tuple(parts), parts[0].shape),
            ".T": self._transpose,
            "@": self._product,
            "*": self._times,
            "/": self._divide,
            "norm": self._norm,
            "sum": self._sum_of_entries,
            "trace": self._trace,
            "inv": self._inverse,
        }
        if tree.operator in FUNCTIONS:
            return self._said(Node("apply", tuple(parts), parts[0].shape, tree.operator), "entrywise")
        return makers[tree.operator](tree, parts)

    def _shape_of_name(self, name: str) -> Shape:
        if name not in self.shapes:
            rows = self._open()
            columns: Dimension = self._open() if name[0].isupper() else 1
            if columns == 1:
                self.lengths.add(rows)
            self.shapes[name] = (rows, columns)
        return self.shapes[name]

    def _sum(self, tree: Parsed, parts: list[Node]) -> Node:
        left, right = parts
        if not self._same(left.shape, right.shape):
            added = tree.operator == "+"
            wanted = worded("explain.error.clash_added") if added else worded("explain.error.clash_subtracted")
            raise self._clash(tree, wanted, left, right)
        if tree.operator == "-":
            right = Node("negative", (right,), right.shape)
        return self._said(Node("add", (left, right), self._shape(left.shape)), "sum")

    def _equal(self, tree: Parsed, parts: list[Node]) -> Node:
        left, right = parts
        if not self._same(left.shape, right.shape):
            raise self._clash(tree, worded("explain.error.clash_equal"), left, right)
        return Node("equal", (left, right), self._shape(left.shape))

    def _transpose(self, tree: Parsed, parts: list[Node]) -> Node:
        rows, columns = self._shape(parts[0].shape)
        return self._said(Node("transpose", (parts[0],), (columns, rows)), "transpose")

    def _product(self, tree: Parsed, parts: list[Node]) -> Node:
        left, right = parts
        if self._needs_turning(left, right) or not self._equal_sizes(left.shape[1], right.shape[0]):
            hint = self._hint(tree, left, right)
            raise self._clash(tree, worded("explain.error.clash_product"), left, right, hint)
        node = Node("matmul", (left, right), (left.shape[0], right.shape[1]))
        return self._said(node, "product", size=left.shape[1])

    def _needs_turning(self, left: Node, right: Node) -> bool:
        """Return whether a product would fit only if a vector of unknown length had a single entry."""
        inner = {self._size(left.shape[1]), self._size(right.shape[0])}
        return 1 in inner and bool(inner & self.lengths)

    def _hint(self, tree: Parsed, left: Node, right: Node) -> Worded | None:
        """Return what would fit instead of a product that does not, if anything does."""
        a, b = (self._piece(part) for part in tree.parts)
        rows, other = self._size(left.shape[0]), self._size(right.shape[0])
        if not self._needs_turning(left, right):
            return worded("explain.error.hint_transposed", left=a, right=b) if rows == other else None
        if left.is_scalar or right.is_scalar:
            return worded("explain.error.hint_multiple", left=a, right=b)
        if self._size(left.shape[1]) != 1 and b.endswith(".T"):
            turned = worded("explain.error.hint_unturned", left=a, right=b[:-2])
        else:
            turned = worded("explain.error.hint_turned", left=a, right=b)
        if rows == other:
            return worded("explain.error.hint_try", turned=turned)
        return worded("explain.error.hint_lower", turned=turned)

    def _times(self, tree: Parsed, parts: list[Node]) -> Node:
        left, right = parts
        if self._shape(left.shape) == SCALAR or self._shape(right.shape) == SCALAR:
            if self._shape(left.shape) != SCALAR:
                left, right = right, left
            return self._said(Node("scale", (left, right), right.shape), "scale")
        if not self._same(left.shape, right.shape):
            raise self._clash(tree, worded("explain.error.clash_times"), left, right)
        return self._said(Node("elementwise", (left, right), self._shape(left.shape)), "elementwise")

    def _divide(self, tree: Parsed, parts: list[Node]) -> Node:
        above, below = parts
        if self._shape(below.shape) != SCALAR:
            raise self._clash(tree, worded("explain.error.clash_divide"), above, below)
        return self._said(Node("divide", (above, below), above.shape), "divide")

    def _power(self, tree: Parsed) -> Node:
        base, exponent = self._node(tree.parts[0]), _exponent(tree.parts[1])
        where = {"expression": repr(self.text), "at": tree.at + 1}
        if exponent is None:
            raise ShapeError(worded("explain.error.exponent", **where, got=repr(self._piece(tree.parts[1]))))
        if self._shape(base.shape)[1] == 1:
            return self._said(Node("power", (base,), base.shape, value=exponent), "entrywise")
        if not self._equal_sizes(*base.shape):
            raise self._clash(tree, worded("explain.error.clash_power"), base)
        if exponent == -1:
            return self._said(Node("inverse", (base,), base.shape), "inverse")
        if exponent.denominator != 1 or not 1 <= exponent <= HIGHEST_POWER:
            raise ShapeError(worded("explain.error.exponent_matrix", **where, most=HIGHEST_POWER, got=exponent))
        if _counted(base, MOST_PIECES) * exponent > MOST_PIECES:
            raise ShapeError(worded("explain.error.power_pieces", **where, most=MOST_PIECES))
        node = base
        for _ in range(int(exponent) - 1):
            node = Node("matmul", (node, base), base.shape)
        return self._said(node, "power")

    def _norm(self, tree: Parsed, parts: list[Node]) -> Node:
        return self._said(Node("norm", tuple(parts), SCALAR), "norm")

    def _sum_of_entries(self, tree: Parsed, parts: list[Node]) -> Node:
        return self._said(Node("sum", tuple(parts), SCALAR), "sum_of_entries")

    def _trace(self, tree: Parsed, parts: list[Node]) -> Node:
        if not self._equal_sizes(*parts[0].shape):
            raise self._clash(tree, worded("explain.error.clash_trace"), parts[0])
        return self._said(Node("trace", tuple(parts), SCALAR), "trace")

    def _inverse(self, tree: Parsed, parts: list[Node]) -> Node:
        if not self._equal_sizes(*parts[0].shape):
            raise self._clash(tree, worded("explain.error.clash_inverse"), parts[0])
        return self._said(Node("inverse", tuple(parts), parts[0].shape), "inverse")

    # Unknown sizes

    def _open(self) -> str:
        name = f"?{len(self.free)}"
        self.free[name] = name
        return name

    def _size(self, size: Dimension) -> Dimension:
        while isinstance(size, str) and size in self.free and self.free[size] != size:
            size = self.free[size]
        return size

    def _shape(self, shape: Shape) -> Shape:
        return self._size(shape[0]), self._size(shape[1])

    def _equal_sizes(self, a: Dimension, b: Dimension) -> bool:
        """Unify two sizes; return False on conflict."""
        a, b = self._size(a), self._size(b)
        if a == b:
            return True
        if isinstance(a, str) and a in self.free:
            self.free[a] = b
            if a in self.lengths and b in self.free:
                self.lengths.add(b)
            return True
        if isinstance(b, str) and b in self.free:
            self.free[b] = a
            return True
        return False

    def _same(self, a: Shape, b: Shape) -> bool:
        return self._equal_sizes(a[0], b[0]) and self._equal_sizes(a[1], b[1])

    def _name_free(self) -> None:
        """Assign letters to sizes that are still unknown, in order of appearance."""
        taken = {size for shape in self.shapes.values() for size in shape}
        letters = (letter for letter in LETTERS if letter not in taken)
        for shape in list(self.shapes.values()):
            for size in shape:
                found = self._size(size)
                if isinstance(found, str) and found in self.free:
                    self.free[found] = next(letters, found.replace("?", "n"))

    def _closed(self, node: Node) -> Node:
        parts = tuple(self._closed(part) for part in node.parts)
        return Node(node.kind, parts, self._shape(node.shape), node.name, node.value)

    # Reasons and messages

    def _said(self, node: Node, why: str, **values: Dimension) -> Node:
        self.reasons.append(Reason(node, say(f"explain.shape.{why}", **values)))
        return node

    def _told(self, why: Text) -> Text:
        closed = tuple(
            (name, str(self._size(value)) if isinstance(value, str | int) else value) for name, value in why.values
        )
        return Text(why.key, closed)

    def _piece(self, tree: Parsed) -> str:
        """Return the source text of a subexpression, for messages."""
        if tree.operator == "name":
            return tree.name
        if tree.operator == ".T" and tree.parts[0].operator == "name":
            return f"{tree.parts[0].name}.T"
        return "(…)"

    def _clash(
        self, tree: Parsed, wanted: Worded, left: Node, right: Node | None = None, hint: Worded | None = None
    ) -> ShapeError:
        self._name_free()
        sides = [shown(self._shape(side.shape)) for side in (left, right) if side is not None]
        got = worded("explain.error.clash_two", left=sides[0], right=sides[1]) if right else sides[0]
        self.problem = say("explain.shape.clash", operator=tree.operator, shapes=", ".join(sides))
        at, pieces = tree.at + 1, [self._piece(part) for part in tree.parts]
        if len(pieces) == 1:
            where = worded("explain.error.clash_of", at=at, part=pieces[0])
        else:
            named = {"left": pieces[0], "operator": tree.operator, "right": pieces[1]}
            where = worded("explain.error.clash_in", at=at, **named)
        said = {"expression": repr(self.text), "wanted": wanted, "got": got, "where": where}
        clash = worded("explain.error.clash", **said)
        return ShapeError(worded("explain.error.clash_hint", clash=clash, hint=hint) if hint else clash)


def _counted(node: Node, most: int) -> int:
    """Return the number of nodes of an expression, counted with repetition, or ``most`` + 1 if larger."""
    waiting, count = [node], 0
    while waiting and count <= most:
        waiting.extend(waiting.pop().parts)
        count += 1
    return count


def _exponent(tree: Parsed) -> Fraction | None:
    if tree.operator == "number":
        return tree.value
    if tree.operator == "negative":
        inside = _exponent(tree.parts[0])
        return None if inside is None else -inside
    if tree.operator == "/":
        above, below = _exponent(tree.parts[0]), _exponent(tree.parts[1])
        return above / below if above is not None and below else None
    return None
