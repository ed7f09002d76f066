"""A derivation as text for the terminal."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text as Styled

from koubai.core.formulas.tree import Formula
from koubai.core.language import Language
from koubai.core.printing import printable
from koubai.explain.derivations import (
    Blank,
    Block,
    Curves,
    Derivation,
    Display,
    Section,
    Step,
    StepTable,
    Table,
    Text,
    Timeline,
)
from koubai.explain.diagram import Diagram
from koubai.views.explanation.composing import Composer, Line
from koubai.views.explanation.curves import shown_value, value_range
from koubai.views.explanation.grids import grid_lines
from koubai.views.filling import breakable, filled
from koubai.views.formulas.plain import PlainWriter

NARROWEST, WIDEST = 40, 110
BLOCKS = "▁▂▃▄▅▆▇█"
LINE = "_" * 22
"""A blank to write on."""


class TextComposer(Composer):
    """Writes one derivation as lines of (style, text)."""

    def __init__(self, derivation: Derivation, lang: Language, width: int = 100) -> None:
        super().__init__(PlainWriter(derivation.notation), lang)
        self.derivation, self.width = derivation, max(NARROWEST, min(WIDEST, width))

    def all(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the whole derivation."""
        yield "bold", self.words(self.derivation.title)
        for section in self.derivation.sections:
            yield "", ""
            yield from self.section(section)
        if self.writer.saw_rounded:
            yield "", ""
            yield from self.wrapped("dim", self.footer())

    def section(self, section: Section) -> Iterator[tuple[str, str]]:
        """Yield the lines of a section."""
        yield "bold cyan", f"── {self.words(section.title)} ──"
        for block in section.blocks:
            yield from self.block(block)

    def block(self, block: Block) -> Iterator[tuple[str, str]]:
        """Yield the lines of a block; pictures have none."""
        match block:
            case Text():
                yield from self.wrapped("", self.words(block))
            case Step():
                yield from self.step(block)
            case StepTable():
                yield from self.law(block.law, "  ")
                for step in block.steps:
                    yield from self.running(self.lines(step), "  ")
            case Table():
                yield from self.table(block)
            case Display():
                yield from self.running(self.chain(block.chain), "  ")
            case Curves():
                yield from self.curves(block)
            case Timeline():
                for year, said in block.events:
                    yield from self.wrapped("", f"{year} ● {self.words(said)}")
            case Blank():
                yield "", f"{self.label(block)}{LINE}"
            case Diagram():
                return

    def curves(self, curves: Curves) -> Iterator[tuple[str, str]]:
        """Yield curves over one variable as lines of block characters, one line per curve."""
        first, last = (shown_value(value) for value in (curves.grid[0], curves.grid[-1]))
        yield "bold", f"  {curves.variable}: {first} … {last}"
        widest = max((cell_len(name) for name, _ in curves.curves), default=0)
        low, high = value_range(curves)
        for name, values in curves.curves:
            shares = ((value - low) / ((high - low) or 1) for value in values)
            blocks = "".join(BLOCKS[round(s * (len(BLOCKS) - 1))] if 0 <= s <= 1 else " " for s in shares)
            ends = f"{shown_value(values[0])} → {shown_value(values[-1])}"
            yield "", f"    {name}{' ' * (widest - cell_len(name))}  {blocks}  {ends}"

    def step(self, step: Step) -> Iterator[tuple[str, str]]:
        """Yield the lines of a step."""
        yield "", ""
        style = "bold yellow" if step.id == self.derivation.asked else "bold"
        yield from self.wrapped(style, f"● {self.words(step.heading)}")
        yield from self.law(step.law, "    ")
        lines = self.lines(step)
        indent = cell_len(lines[0].left)
        for index, line in enumerate(lines):
            left = line.left + " " * (indent - cell_len(line.left))
            style = "green" if index and index == len(lines) - 1 else ""
            yield from self.broken(style, f"    {left} {line.sign} ", line.pieces)
        for note in step.notes:
            yield from self.wrapped("dim", self.words(note), "    ")
        for grids in step.pictures:
            yield from self.wrapped("dim", self.words(grids.title), "    ")
            for row in grid_lines(grids, self.words, self.derivation.notation):
                yield "", f"      {row}"

    def law(self, law: Sequence[Formula], indent: str) -> Iterator[tuple[str, str]]:
        """Yield the lines of a general rule."""
        for style, line in self.running(self.chain(law), indent) if law else ():
            yield style or "dim", line

    def running(self, lines: Sequence[Line], indent: str) -> Iterator[tuple[str, str]]:
        """Yield a chain of equations: on one line if it fits, else one line per relation sign."""
        whole = indent + lines[0].left + "".join(f" {line.sign} {''.join(line.pieces)}" for line in lines)
        if cell_len(whole) <= self.width:
            yield "", whole
            return
        start = indent + lines[0].left
        for line in lines:
            yield from self.broken("", f"{start} {line.sign} ", line.pieces)
            start = " " * cell_len(start)

    def broken(self, style: str, start: str, pieces: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield a formula wrapped between its pieces."""
        line, indent = start, " " * min(cell_len(start), 14)
        empty = True
        for piece in self._small_enough(pieces, cell_len(indent)):
            if not empty and cell_len(line) + cell_len(piece) > self.width:
                yield style, line.rstrip()
                line, piece = indent, piece.lstrip()
            line += piece
            empty = False
        yield style, line.rstrip()

    def _small_enough(self, pieces: Sequence[str], indent: int) -> Iterator[str]:
        """Yield pieces, splitting those too long for a line (wide matrices) at spaces."""
        for piece in pieces:
            if cell_len(piece) + indent <= self.width:
                yield piece
            else:
                yield from (f"{part} " for part in piece.rstrip().split(" "))

    def wrapped(self, style: str, words: str, indent: str = "") -> Iterator[tuple[str, str]]:
        """Yield a text wrapped between words, or between characters in a language without spaces."""
        for line in filled(words, self.width - cell_len(indent)):
            yield style, (indent + line).rstrip()

    def table(self, table: Table) -> Iterator[tuple[str, str]]:
        """Yield the lines of a table, with aligned columns."""
        rows = [[self.cell(cell) for cell in row] for row in (table.columns, *table.rows)]
        widths = [max(cell_len(row[k]) for row in rows) for k in range(len(table.columns))]
        longest = [
            max(cell_len(word.strip()) for row in rows for word in breakable(row[k])) for k in range(len(widths))
        ]
        spare = [width - least for width, least in zip(widths, longest, strict=True)]
        while sum(widths) + 2 * len(widths) > self.width and max(spare) > 0:
            k = spare.index(max(spare))
            widths[k], spare[k] = widths[k] - 1, spare[k] - 1
        for index, row in enumerate(rows):
            style = "bold" if index == 0 else "yellow" if index - 1 in table.marked else ""
            lines = [filled(cell, width) for cell, width in zip(row, widths, strict=True)]
            for pieces in zip_longest(*lines, fillvalue=""):
                padded = [cell + " " * (width - cell_len(cell)) for cell, width in zip(pieces, widths, strict=True)]
                yield style, ("  " + "  ".join(padded)).rstrip()
            if index == 0:
                yield "dim", "  " + "  ".join("─" * width for width in widths)

    def formula(self, formula: Formula) -> str:
        """Return a formula within a text."""
        return self.writer.write(formula)


def plain(derivation: Derivation, lang: Language, width: int = 100) -> str:
    """Return a derivation as plain text."""
    return "\n".join(printable(line) for _, line in TextComposer(derivation, lang, width).all()) + "\n"


class _Console(Console):
    """A console that leaves it to the command to handle a closed output pipe."""

    def on_broken_pipe(self) -> None:
        """Raise the error that rich would turn into exit status 1."""
        raise BrokenPipeError


class Screen:
    """Prints parts of one derivation to the terminal, at its width and in colour where supported."""

    def __init__(self, derivation: Derivation, lang: Language) -> None:
        self.console = _Console(file=sys.stdout, highlight=False)
        self.lang = lang
        self._composer = TextComposer(derivation, lang, self.console.width)

    def all(self) -> None:
        """Print the whole derivation."""
        self._print(self._composer.all())

    def section(self, section: Section) -> None:
        """Print one section."""
        self._print(self._composer.section(section))

    def text(self, words: Text) -> None:
        """Print one text."""
        self._print(self._composer.block(words))

    def _print(self, lines: Iterable[tuple[str, str]]) -> None:
        for style, line in lines:
            self.console.print(Styled(printable(line), style=style), soft_wrap=True)
