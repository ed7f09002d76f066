"""The records of an explanation: steps with formulas, tables, sections; independent of language and layout."""

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
    """A text of the catalogue, by key, with the values of its placeholders: formulas, other texts, names, counts."""

    key: str
    values: tuple[tuple[str, "Formula | Text | str | int"], ...] = ()


def say(key: str, **values: "Formula | Text | str | int") -> Text:
    """Return the text of a key with its values."""
    return Text(key, tuple(values.items()))


def called(keys: Iterable[str], name: str) -> Text:
    """Return the display name of a kind (an activation, a loss, a rule): the first text that exists, else its name."""
    found = next((key for key in keys if has_text(key)), None)
    return say("explain.kind.other", name=name) if found is None else say(found)


@dataclass(frozen=True, slots=True)
class StepId:
    """The identifier of a step: the kind of quantity it computes, and that quantity's indices.

    ``str`` gives the form used on pages and accepted by `Derivation.step`: ``delta.2.1`` for δ_1^(2).

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
    """Return the identifier of a step: ``step_id("delta", 2, 1)`` for δ_1^(2)."""
    return StepId(kind, indices)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a derivation: subject = formula in symbols = the same with numbers = result.

    Attributes
    ----------
    id : StepId
        Its identifier within the derivation, such as ``delta.2.1`` for δ_1^(2).
    heading : Text
        What is computed, in words.
    subject : Formula
        The quantity computed, such as δ_1^(2).
    law : tuple of Formula
        The general rule as a chain of equal formulas, with indices i, j, k, l; empty if it would add nothing.
    symbols : Formula
        The rule for this particular quantity; each quantity in it carries its number.
    result : Number or Matrix
        The result.
    uses : tuple of StepId
        The ids of the steps whose results appear in ``symbols``.
    notes : tuple of Text
        Additional remarks.
    pictures : tuple of Grids
        Where its numbers lie on maps.
    """

    id: StepId
    heading: Text
    subject: Formula
    symbols: Formula
    result: Number | Matrix
    law: tuple[Formula, ...] = ()
    uses: tuple[StepId, ...] = ()
    notes: tuple[Text, ...] = ()
    pictures: "tuple[Grids, ...]" = ()

    @property
    def numbers(self) -> Formula:
        """The formula with the numbers substituted."""
        return self.symbols.substituted()


@dataclass(frozen=True, slots=True)
class StepTable:
    """Many short steps of one kind, one per line."""

    steps: tuple[Step, ...]
    law: tuple[Formula, ...] = ()


Cell: TypeAlias = Formula | Text | str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of formulas and texts; ``marked`` holds the indices of rows to highlight."""

    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Display:
    """A displayed chain of equal formulas, without numbers."""

    chain: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves over one variable: its name, its values (numbers or words), and (name, numbers) for each curve.

    Over words they are bars, which start at the baseline. Over numbers, pictures also show dots (across, up), and the
    vertical axis spans ``limits``, if these are given.
    """

    variable: str
    grid: tuple[float | str, ...]
    curves: tuple[tuple[str, tuple[float, ...]], ...]
    baseline: float = 0.0
    dots: tuple[tuple[float, float], ...] = ()
    limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Plane:
    """Examples of two features, and the line w_1 x_1 + w_2 x_2 + b = 0 beyond which the answer is +1.

    Attributes
    ----------
    title : Text
    points : tuple of (float, float)
        The examples.
    labels : tuple of int
        +1 or -1 for each.
    line : (float, float, float)
        w_1, w_2 and b.
    wrong : tuple of int
        The examples that are answered wrongly, from 0.
    """

    title: Text
    points: tuple[tuple[float, float], ...]
    labels: tuple[int, ...]
    line: tuple[float, float, float]
    wrong: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Planes:
    """Pictures of planes side by side, under what there is to see in them."""

    title: Text
    planes: tuple[Plane, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Numbers in rows and columns, drawn as shades.

    Attributes
    ----------
    title : Text
    numbers : tuple of tuple of float
        The numbers, row by row.
    window : (int, int, int, int) or None
        A frame: row and column where it begins, from 0, and its height and width.
    marked : (int, int) or None
        A cell to mark: row and column, from 0.
    """

    title: Text
    numbers: tuple[tuple[float, ...], ...]
    window: tuple[int, int, int, int] | None = None
    marked: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Grids:
    """Grids side by side, which say together where a number comes from: patch × kernel = products.

    ``signs`` stand before each grid but the first.
    """

    title: Text
    grids: tuple[Grid, ...]
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events (year, what happened), in order."""

    events: tuple[tuple[int, Text], ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """Space for writing on paper: ``room`` mm, followed by a labelled line."""

    label: Text
    room: int = 0


Block: TypeAlias = Text | Step | StepTable | Table | Display | Diagram | Curves | Planes | Timeline | Blank


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a derivation under a title."""

    title: Text
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Derivation:
    """A whole explanation: where a requested number comes from, step by step.

    Attributes
    ----------
    title : Text
    sections : tuple of Section
    asked : StepId or None
        The id of the step that gives the requested number; None if everything is explained.
    notation : Notation
        The number format.
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
        """Return the step with an id, given as a `StepId` or as text (``"delta.2.1"``); KeyError if there is none."""
        spelled = str(identifier)
        for step in self._steps():
            if str(step.id) == spelled:
                return step
        raise KeyError(spelled)

    @property
    def answer(self) -> Step | None:
        """The step that gives the requested number."""
        return None if self.asked is None else self.step(self.asked)

    def render(self, form: str, lang: str | None = None) -> str:
        """Return the explanation as ``"text"``, ``"markdown"`` or ``"html"`` (a whole page).

        Parameters
        ----------
        form : str
            One of the three formats.
        lang : str, optional
            "en" or "ja"; by default the language of the environment.
        """
        return entries.render(self, form, lang)

    def show(self, lang: str | None = None) -> None:
        """Print the explanation to the terminal."""
        entries.show(self, lang)

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> None:
        """Write the explanation to a file: .html, .md or .txt."""
        entries.save(self, path, lang)

    def _repr_html_(self) -> str:
        return entries.render(self, "fragment", None)

    def _repr_markdown_(self) -> str:
        return self.render("markdown")
