"""The records of an explanation: steps with formulas, tables, sections; independent of language and layout."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from koubai.core.entries import entry
from koubai.core.formulas.tree import Formula, Matrix, Number
from koubai.core.formulas.values import Notation
from koubai.explain.diagram import Diagram


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the catalogue, by key, with the values of its placeholders: formulas, other texts, names, counts."""

    key: str
    values: tuple[tuple[str, "Formula | Text | str | int"], ...] = ()


def say(key: str, **values: "Formula | Text | str | int") -> Text:
    """Return the text of a key with its values."""
    return Text(key, tuple(values.items()))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a derivation: subject = formula in symbols = the same with numbers = result.

    Attributes
    ----------
    id : str
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
    uses : tuple of str
        The ids of the steps whose results appear in ``symbols``.
    notes : tuple of Text
        Additional remarks.
    """

    id: str
    heading: Text
    subject: Formula
    symbols: Formula
    result: Number | Matrix
    law: tuple[Formula, ...] = ()
    uses: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()

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
    """Curves over one variable: its name, its values (numbers or words), and (name, numbers) for each curve."""

    variable: str
    grid: tuple[float | str, ...]
    curves: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """Space for writing on paper: ``room`` mm, followed by a labelled line."""

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
    """A whole explanation: where a requested number comes from, step by step.

    Attributes
    ----------
    title : Text
    sections : tuple of Section
    asked : str or None
        The id of the step that gives the requested number; None if everything is explained.
    notation : Notation
        The number format.
    """

    title: Text
    sections: tuple[Section, ...]
    asked: str | None = None
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

    def step(self, identifier: str) -> Step:
        """Return the step of an id; KeyError if there is none."""
        for step in self._steps():
            if step.id == identifier:
                return step
        raise KeyError(identifier)

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
        rendered: str = entry("render")(self, form, lang)
        return rendered

    def show(self, lang: str | None = None) -> None:
        """Print the explanation to the terminal."""
        entry("show")(self, lang)

    def save(self, path: Any, lang: str | None = None) -> None:
        """Write the explanation to a file: .html, .md or .txt."""
        entry("save")(self, path, lang)

    def _repr_html_(self) -> str:
        html: str = entry("render")(self, "fragment", None)
        return html

    def _repr_markdown_(self) -> str:
        return self.render("markdown")
