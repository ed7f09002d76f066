"""What writes the code in which texts are read, as far as the steps of texts need it."""

from typing import Protocol

from koubai.export.steps import Input
from koubai.export.targets.names import Names


class Writes(Protocol):
    """A target that code is written for."""

    constants: list[str]

    def say(self, note: str) -> None:
        """Add a remark."""
        ...

    def add(self, line: str = "") -> None:
        """Add a line to the body."""
        ...


class WritesMarks(Writes, Protocol):
    """A target whose columns have lists of marks of missing values."""

    def assign(self, target: str, value: str, sign: str = "=") -> None:
        """Assign."""
        ...

    def marks_of(self, given: Input) -> str:
        """Return the name of the list of an input's marks of missing values."""
        ...


class WritesFields(Writes, Protocol):
    """A target whose columns are the fields of a record."""

    fields: Names

    def declare(self, name: str, width: int) -> None:
        """Declare a vector."""
        ...
