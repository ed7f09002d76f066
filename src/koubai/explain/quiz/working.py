"""The working of an answer, step by step, for topics whose numbers come from no network."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Formula, Matrix, Number, Quantity, Symbol
from koubai.core.formulas.values import Notation
from koubai.explain.derivations import Block, Derivation, Section, Step, StepId, Text, say, step_id


class Working:
    """Steps in order, each with the result that its formula has.

    Parameters
    ----------
    title : str
        Last part of the key of the title, ``quiz.title.<title>``.
    notation : Notation, optional
        The number format; by default fractions.
    """

    def __init__(self, title: str, notation: Notation | None = None) -> None:
        self.title, self.notation = title, notation or Notation()
        self.blocks: list[Block] = []
        self._ids: dict[Formula, StepId] = {}

    def given(self, symbol: Symbol, value: Fraction | int) -> Quantity:
        """Return a quantity that is given."""
        return Quantity(symbol, Number(Fraction(value)))

    def add(self, block: Block) -> None:
        """Add something between the steps."""
        self.blocks.append(block)

    def step(
        self, subject: Formula, symbols: Formula, heading: str, *law: Formula, **values: Formula | str | int
    ) -> Quantity:
        """Add a step and return its quantity, for the formulas of later steps.

        Parameters
        ----------
        subject : Formula
            What is computed.
        symbols : Formula
            From what.
        heading : str
            Last part of the key of what it is in words, ``quiz.step.<heading>``, with its ``values``.
        law : Formula
            The general rule, as a chain of equal formulas.
        """
        parts = (part for part in symbols.walk() if isinstance(part, Quantity))
        uses = tuple(dict.fromkeys(self._ids[part.notation] for part in parts if part.notation in self._ids))
        identifier = step_id(f"s{len(self._ids) + 1}")
        result = symbols.evaluate()
        number = Number(result)
        self.blocks.append(Step(identifier, say(f"quiz.step.{heading}", **values), subject, symbols, number, law, uses))
        self._ids[subject] = identifier
        return Quantity(subject, number)

    def derivation(self, asked: Quantity | None = None, title: Text | None = None) -> Derivation:
        """Return the derivation; ``asked`` is the quantity that was asked for, if it is a single one."""
        section = Section(say("quiz.section.steps"), tuple(self.blocks))
        identifier = None if asked is None else self._ids[asked.notation]
        return Derivation(title or say(f"quiz.title.{self.title}"), (section,), identifier, self.notation)


def value_of(quantity: Quantity) -> Fraction:
    """Return the exact number of a quantity."""
    found = quantity.evaluate()
    if not isinstance(found, Fraction):
        raise TypeError(f"an answer must be exact; got {found!r}")
    return found


def column(*values: Fraction | int) -> Matrix:
    """Return numbers as a column."""
    return Matrix(tuple((Number(Fraction(value)),) for value in values))


def whole(rng: np.random.Generator, low: int, high: int) -> Fraction:
    """Return a random integer from low to high, as a fraction."""
    return Fraction(int(rng.integers(low, high + 1)))
