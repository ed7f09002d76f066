"""Values and gradients of an expression, for many points at once.

The tree is flattened into a list of operations in which common subexpressions occur once. A forward sweep gives the
value; a backward sweep gives the derivative in every variable, each operation passing back g · ∂(output)/∂(argument):
this is backpropagation (lecture slides 55-64) on the expression instead of on a network.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from koubai.descent.functions.expression import Apply, Constant, Node, Number, Variable

Array = npt.NDArray[np.float64]
Entry: TypeAlias = float | npt.NDArray[np.floating]
"""The value of an entry of a tape: one number, or one at each point."""


class Operation(NamedTuple):
    """A function of its arguments, and its backward pass: (arguments, output, g) → g · ∂output/∂argument."""

    value: Callable[..., Entry]
    pull_back: Callable[[tuple[Entry, ...], Entry, Entry], tuple[Entry | None, ...]]


def _sigmoid(a: Entry) -> Entry:
    """Return 1 / (1 + exp(-a)), even where exp(-a) overflows; avoids SciPy, which is slow to import."""
    return np.exp(-np.logaddexp(0.0, -a))


def _power(base: Entry, exponent: Entry) -> Entry:
    """Return base ** exponent; squares and cubes use multiplication, which is ten times as fast."""
    if isinstance(exponent, float):
        if exponent == 2:
            return base * base
        if exponent == 3:
            return base * base * base
        if exponent == 4:
            square = base * base
            return square * square
    return np.power(base, exponent)


def _power_back(a: tuple[Entry, ...], z: Entry, g: Entry) -> tuple[Entry | None, ...]:
    """∂(a^b)/∂a = b a^(b-1); ∂(a^b)/∂b = a^b log a, taken as 0 where a = 0, and not computed for a constant b."""
    base, exponent = a
    to_base = g * exponent * _power(base, exponent - 1)
    if isinstance(exponent, float):
        return to_base, None
    log_base = np.log(np.where(np.asarray(base) == 0, 1.0, base))
    return to_base, g * z * log_base


def _sqrt_back(a: tuple[Entry, ...], z: Entry, g: Entry) -> tuple[Entry]:
    """∂√a/∂a = 1 / (2 √a); at a = 0, where it is infinite, 0 is used, as at the kink of abs."""
    return (g * np.where(z == 0, 0.0, 0.5 / np.where(z == 0, 1.0, z)),)


OPERATIONS: dict[str, Operation] = {
    "neg": Operation(np.negative, lambda a, z, g: (-g,)),
    "+": Operation(np.add, lambda a, z, g: (g, g)),
    "-": Operation(np.subtract, lambda a, z, g: (g, -g)),
    "*": Operation(np.multiply, lambda a, z, g: (g * a[1], g * a[0])),
    "/": Operation(np.divide, lambda a, z, g: (g / a[1], -g * z / a[1])),
    "**": Operation(_power, _power_back),
    "sqrt": Operation(np.sqrt, _sqrt_back),
    "exp": Operation(np.exp, lambda a, z, g: (g * z,)),
    "log": Operation(np.log, lambda a, z, g: (g / a[0],)),
    "log10": Operation(np.log10, lambda a, z, g: (g / (a[0] * np.log(10.0)),)),
    "abs": Operation(np.abs, lambda a, z, g: (g * np.sign(a[0]),)),
    "sin": Operation(np.sin, lambda a, z, g: (g * np.cos(a[0]),)),
    "cos": Operation(np.cos, lambda a, z, g: (-g * np.sin(a[0]),)),
    "tan": Operation(np.tan, lambda a, z, g: (g * (1 + z * z),)),
    "asin": Operation(np.arcsin, lambda a, z, g: (g / np.sqrt(1 - a[0] * a[0]),)),
    "acos": Operation(np.arccos, lambda a, z, g: (-g / np.sqrt(1 - a[0] * a[0]),)),
    "atan": Operation(np.arctan, lambda a, z, g: (g / (1 + a[0] * a[0]),)),
    "sinh": Operation(np.sinh, lambda a, z, g: (g * np.cosh(a[0]),)),
    "cosh": Operation(np.cosh, lambda a, z, g: (g * np.sinh(a[0]),)),
    "tanh": Operation(np.tanh, lambda a, z, g: (g * (1 - z * z),)),
    "sigmoid": Operation(_sigmoid, lambda a, z, g: (g * z * (1 - z),)),
    "relu": Operation(lambda a: np.maximum(a, 0.0), lambda a, z, g: (g * (np.asarray(a[0]) > 0),)),
    "softplus": Operation(lambda a: np.logaddexp(a, 0.0), lambda a, z, g: (g * _sigmoid(a[0]),)),
    "max": Operation(np.maximum, lambda a, z, g: (g * (a[0] >= a[1]), g * (a[0] < a[1]))),
    "min": Operation(np.minimum, lambda a, z, g: (g * (a[0] <= a[1]), g * (a[0] > a[1]))),
}
"""Every operation of the grammar with its derivative; at a kink, a one-sided derivative is used."""


@dataclass(slots=True)
class Tape:
    """The operations of a tree in order: entry i is a number, a variable's column, or an operation on earlier entries.

    Parameters
    ----------
    tree : Node
        The expression.
    variables : tuple of str
        The variable in each column of a point.

    Examples
    --------
    >>> from koubai.descent.functions.expression import parse
    >>> tape = Tape(parse("x**4 - 2*x**3 + 1").tree, ("x",))
    >>> value, gradient = tape.value_and_gradient(np.array([[2.0]]))
    >>> value, gradient
    (array([1.]), array([[8.]]))
    """

    tree: Node
    variables: tuple[str, ...]
    entries: list[float | int | tuple[str, tuple[int, ...]]] = field(init=False, default_factory=list)
    """A float is a number, an int a variable's column, a pair an operation and the entries it acts on."""
    _known: dict[Node, int] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._enter(self.tree)

    def _enter(self, node: Node) -> int:
        """Return the entry of a node, adding it if new; constant subexpressions are folded."""
        if node in self._known:
            return self._known[node]
        entry: float | int | tuple[str, tuple[int, ...]]
        if isinstance(node, Number):
            entry = float(node.value)
        elif isinstance(node, Constant):
            entry = {"pi": np.pi, "e": np.e}[node.name]
        elif isinstance(node, Variable):
            entry = self.variables.index(node.name)
        else:
            entry = self._operation(node)
        self.entries.append(entry)
        self._known[node] = len(self.entries) - 1
        return self._known[node]

    def _operation(self, node: Apply) -> "float | tuple[str, tuple[int, ...]]":
        sources = tuple(self._enter(argument) for argument in node.arguments)
        numbers = [np.float64(entry) for source in sources if isinstance(entry := self.entries[source], float)]
        if len(numbers) == len(sources):
            with np.errstate(all="ignore"):
                return float(OPERATIONS[node.operation].value(*numbers))
        return node.operation, sources

    def _forward(self, points: Array) -> list[Entry]:
        """Return the value of every entry at the points (…, d)."""
        values: list[Entry] = []
        for entry in self.entries:
            if isinstance(entry, float):
                values.append(entry)
            elif isinstance(entry, int):
                values.append(points[..., entry])
            else:
                operation, sources = entry
                values.append(OPERATIONS[operation].value(*(values[source] for source in sources)))
        return values

    def value(self, points: Array) -> Array:
        """Return f at the points (…, d), shape (…); NaN or infinity outside the domain."""
        with np.errstate(all="ignore"):
            return np.array(np.broadcast_to(self._forward(points)[-1], points.shape[:-1]), dtype=np.float64)

    def value_and_gradient(self, points: Array) -> tuple[Array, Array]:
        """Return f, shape (…), and its gradient, shape (…, d), at the points (…, d)."""
        with np.errstate(all="ignore"):
            values = self._forward(points)
            adjoints: list[Entry | None] = [None] * len(values)
            adjoints[-1] = 1.0
            for index in range(len(values) - 1, -1, -1):
                entry, g = self.entries[index], adjoints[index]
                if g is None or not isinstance(entry, tuple):
                    continue
                operation, sources = entry
                arguments = tuple(values[source] for source in sources)
                parts = OPERATIONS[operation].pull_back(arguments, values[index], g)
                for source, part in zip(sources, parts, strict=True):
                    if part is not None and not isinstance(self.entries[source], float):
                        before = adjoints[source]
                        adjoints[source] = part if before is None else before + part
        gradient = np.zeros(points.shape)
        for index, entry in enumerate(self.entries):
            if isinstance(entry, int) and adjoints[index] is not None:
                gradient[..., entry] = adjoints[index]
        return np.array(np.broadcast_to(values[-1], points.shape[:-1]), dtype=np.float64), gradient
