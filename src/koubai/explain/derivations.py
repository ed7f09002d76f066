"""The records of an explanation: steps with formulas, tables, sections; without language and layout."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from koubai.core import entries
from koubai.core.formulas.tree import Formula, Matrix, Number
from koubai.core.formulas.values import Notation
from koubai.core.language import has_text
from koubai.explain.diagram import Diagram


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the catalogue, by key, with what stands in its places: formulas, other texts, names, counts."""

    key: str
    values: tuple[tuple[str, "Formula | Text | str | int"], ...] = ()


def say(key: str, **values: "Formula | Text | str | int") -> Text:
    """Return the text of a key with its values."""
    return Text(key, tuple(values.items()))


def called(keys: Iterable[str], name: str) -> Text:
    """Return what a kind (an activation, a loss, a rule) is called: the first text that there is, else its own name."""
    found = next((key for key in keys if has_text(key)), None)
    return say("explain.kind.other", name=name) if found is None else say(found)


@dataclass(frozen=True, slots=True)
class StepId:
    """Which step of a derivation: the kind of quantity that it computes, and that quantity's indices.

    ``str`` spells it as pages name their steps and `Derivation.step` is asked for one: ``delta.2.1`` for δ_1^(2).

    Examples
    --------
    >>> str(StepId("delta", (2, 1)))
    'delta.2.1'
    """

    kind: str
    indices: tuple[int, ...] = ()

    def __str__(self) -> str:
        return ".".join([self.kind, *map(str, self.indices)])


def step_id(kind: str, *indices: int) -> StepId:
    """Return the identity of a step: ``step_id("delta", 2, 1)`` for δ_1^(2)."""
    return StepId(kind, indices)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a derivation: subject = formula in symbols = the same with numbers = result.

    Attributes
    ----------
    id : StepId
        Which step it is within the derivation, ``delta.2.1`` for δ_1^(2).
    heading : Text
        What is computed, in words.
    subject : Formula
        What is computed: δ_1^(2).
    law : tuple of Formula
        The general rule as a chain of equal formulas, with i, j, k, l for indices; empty if it would say nothing new.
    symbols : Formula
        The rule for this very quantity; each quantity in it knows its number.
    result : Number or Matrix
        What comes out.
    uses : tuple of StepId
        The ids of the steps whose results stand in ``symbols``.
    notes : tuple of Text
        What else should be said.
    """

    id: StepId
    heading: Text
    subject: Formula
    symbols: Formula
    result: Number | Matrix
    law: tuple[Formula, ...] = ()
    uses: tuple[StepId, ...] = ()
    notes: tuple[Text, ...] = ()

    @property
    def numbers(self) -> Formula:
        """The formula with the numbers put in."""
        return self.symbols.substituted()


@dataclass(frozen=True, slots=True)
class StepTable:
    """Many short steps of one kind, one a line."""

    steps: tuple[Step, ...]
    law: tuple[Formula, ...] = ()


Cell: TypeAlias = Formula | Text | str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of formulas and texts; ``marked`` are the numbers of rows to be set off."""

    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Display:
    """A chain of equal formulas standing alone, without numbers."""

    chain: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves over one variable: its name, its values (numbers, or words), and (name, numbers) of each curve."""

    variable: str
    grid: tuple[float | str, ...]
    curves: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """Room for what a person writes on paper: ``room`` mm of it, then a line after a label."""

    label: Text
    room: int = 0


Block: TypeAlias = Text | Step | StepTable | Table | Display | Diagram | Curves | Blank


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a derivation under a title."""

    title: Text
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Derivation:
    """A whole explanation: where an asked number comes from, step by step.

    Attributes
    ----------
    title : Text
    sections : tuple of Section
    asked : StepId or None
        The id of the step that gives the asked number; None if the whole is asked for.
    notation : Notation
        How its numbers are written.
    """

    title: Text
    sections: tuple[Section, ...]
    asked: StepId | None = None
    notation: Notation = field(default_factory=Notation)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step in order."""
        return tuple(self._steps())

    def _steps(self) -> Iterator[Step]:
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Step):
                    yield block
                elif isinstance(block, StepTable):
                    yield from block.steps

    def step(self, identifier: StepId | str) -> Step:
        """Return the step of an id, as it is or spelled (``"delta.2.1"``); KeyError if there is none."""
        spelled = str(identifier)
        for step in self._steps():
            if str(step.id) == spelled:
                return step
        raise KeyError(spelled)

    @property
    def answer(self) -> Step | None:
        """The step of the asked number."""
        return None if self.asked is None else self.step(self.asked)

    def render(self, form: str, lang: str | None = None) -> str:
        """Return the explanation as ``"text"``, ``"markdown"`` or ``"html"`` (a whole page).

        Parameters
        ----------
        form : str
            Which of the three.
        lang : str, optional
            "en" or "ja"; by default the language of the environment.
        """
        return entries.render(self, form, lang)

    def show(self, lang: str | None = None) -> None:
        """Print the explanation at the terminal."""
        entries.show(self, lang)

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> None:
        """Write the explanation to a file: .html, .md or .txt."""
        entries.save(self, path, lang)

    def _repr_html_(self) -> str:
        return entries.render(self, "fragment", None)

    def _repr_markdown_(self) -> str:
        return self.render("markdown")
