"""Loops over vectors, as C, JavaScript and Python write them: what steps are put together from."""

import re
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.export import steps
from koubai.export.maps import Convolve
from koubai.export.steps import Computation, Step
from koubai.export.targets.formula_text import FormulaText, digits

WIDE = 110
"""Line width in characters beyond which a table's numbers continue on a new line."""


def wrapped(cells: Sequence[str], indent: str) -> list[str]:
    """Return cells separated by commas, in as many lines as they need."""
    lines, line = [], indent
    for cell in cells:
        if len(line) + len(cell) > WIDE and line.strip():
            lines.append(line.rstrip())
            line = indent
        line += f"{cell}, "
    return [*lines, line.rstrip()]


def cells_of(array: npt.ArrayLike) -> list[str]:
    """Return the numbers of an array (n,), each as short as its precision allows."""
    array = np.asarray(array)
    if array.dtype.kind in "iub":
        return [str(int(value)) for value in array]
    return [str(value) if value.dtype == np.float32 else digits(value) for value in array]


def entries_of(array: Array, indent: str, brackets: str) -> list[str]:
    """Return the lines of an array (n,), or of one (n, m) with each row in brackets."""
    if array.ndim == 1:
        return wrapped(cells_of(array), indent)
    lines = []
    for row in array:
        first, *others = wrapped(cells_of(row), f"{indent} ")
        inside = [f"{indent}{brackets[0]}{first[len(indent) + 1 :]}", *others]
        lines += [*inside[:-1], f"{inside[-1].rstrip(',')}{brackets[1]},"]
    return lines


class Loops:
    """Writes loops over the vectors of a computation; subclasses say how the language looks.

    Parameters
    ----------
    computation : Computation
        What is to be computed.
    """

    text: ClassVar[FormulaText]
    """How formulas are written."""
    comment: ClassVar[str] = "// {}"

    def __init__(self, computation: Computation) -> None:
        self.computation = computation
        self.constants: list[str] = []
        self.lines: list[str] = []
        self.depth = 1

    # What a language looks like

    def table(self, name: str, array: npt.ArrayLike, note: str) -> None:
        """Add a table of numbers (n,) or (n, m) to the constants."""
        raise NotImplementedError

    def declare(self, name: str, width: int) -> None:
        """Declare a vector, whatever it holds."""
        raise NotImplementedError

    def loop(self, index: str, count: int, start: int = 0) -> None:
        """Open a loop."""
        raise NotImplementedError

    def end(self) -> None:
        """Close a loop."""
        raise NotImplementedError

    def assign(self, target: str, value: str, sign: str = "=") -> None:
        """Assign."""
        raise NotImplementedError

    def let(self, name: str, value: str) -> None:
        """Name a number that changes."""
        raise NotImplementedError

    # What languages have in common

    def add(self, line: str = "") -> None:
        """Add a line to the body."""
        self.lines.append("    " * self.depth + line if line else "")

    def say(self, note: str) -> None:
        """Add a remark."""
        if note:
            self.add(self.comment.format(note))

    def vector(self, name: str) -> str:
        """Return what the code calls a vector."""
        step = next(step for step in self.computation.steps if step.name == name)
        return self.vector(step.sources[0]) if isinstance(step, steps.Cast) else name

    def sources(self, step: Step) -> list[str]:
        """Return what the code calls a step's sources."""
        return [self.vector(name) for name in step.sources]

    def fill(self, step: Step, value: str) -> None:
        """Set every entry of a step's vector to an expression in i."""
        self.say(step.note)
        self.declare(step.name, step.width)
        self.loop("i", step.width)
        self.assign(f"{step.name}[i]", value)
        self.end()

    def parameter(self, name: str, values: npt.ArrayLike) -> str:
        """Return an expression in i for numbers of all entries: one number, where they are the same."""
        values = np.asarray(values)
        if (values == values.flat[0]).all():
            return cells_of(np.asarray(values.flat[:1], np.float64))[0]
        self.table(name, values.astype(np.float64) if values.dtype.kind != "f" else values, "")
        return f"{name}[i]"

    def weights(self, step: steps.Affine | steps.Blocks | Convolve) -> tuple[str, str]:
        """Add the tables of weights, w[i][j] from source j to node i, and biases; return their names."""
        number = re.search(r"u(\d+)$", step.name)
        names = [
            step.name[: number.start()] + letter + number[1] if number else f"{step.name}_{letter}" for letter in "wb"
        ]
        weights = step.weights if step.weights.ndim == 2 else np.concatenate([*step.weights], axis=1)
        self.table(names[0], np.ascontiguousarray(weights.T), step.note)
        self.table(names[1], step.biases.ravel(), "")
        return names[0], names[1]
