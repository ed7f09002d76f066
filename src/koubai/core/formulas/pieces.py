"""Piecewise formulas: comparisons, and the branches they select."""

from collections.abc import Sequence
from dataclasses import dataclass

from koubai.core.formulas.tree import Formula
from koubai.core.formulas.values import Evaluated


@dataclass(frozen=True, slots=True)
class Relation(Formula):
    """A comparison: ``operator`` is one of < > ≤ ≥ =."""

    left: Formula
    operator: str
    right: Formula

    def evaluate(self) -> Evaluated:
        """Return whether it holds."""
        left, right = self.left.evaluate(), self.right.evaluate()
        return {"<": left < right, ">": left > right, "≤": left <= right, "≥": left >= right, "=": left == right}[
            self.operator
        ]


@dataclass(frozen=True, slots=True)
class Cases(Formula):
    """A piecewise function: (formula, condition) pairs, one of whose conditions holds."""

    branches: tuple[tuple[Formula, Relation], ...]

    def parts(self) -> tuple[Formula, ...]:
        """Return formulas and conditions in turn."""
        return tuple(part for branch in self.branches for part in branch)

    def with_parts(self, parts: Sequence[Formula]) -> Formula:
        """Return other cases."""
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return Cases(tuple((value, condition) for value, condition in pairs if isinstance(condition, Relation)))

    def chosen(self) -> tuple[Formula, Relation]:
        """Return the branch whose condition holds."""
        return next((branch for branch in self.branches if branch[1].evaluate()), self.branches[-1])

    def substituted(self) -> Formula:
        """Return the branch that holds with its condition, with numbers substituted."""
        value, condition = self.chosen()
        return Chosen(value.substituted(), condition.substituted())

    def evaluate(self) -> Evaluated:
        """Return the value of the branch that holds."""
        return self.chosen()[0].evaluate()


@dataclass(frozen=True, slots=True)
class Chosen(Formula):
    """One branch of `Cases`, with the condition that chose it."""

    value: Formula
    condition: Formula

    def evaluate(self) -> Evaluated:
        """Return the value."""
        return self.value.evaluate()
