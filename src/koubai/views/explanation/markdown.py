"""A derivation as Markdown with LaTeX, for notebooks, slides and sites that render formulas."""

from collections.abc import Iterator, Sequence

from koubai.core.formulas.tree import Formula
from koubai.core.language import Language
from koubai.explain.derivations import (
    Blank,
    Block,
    Curves,
    Derivation,
    Display,
    Planes,
    Section,
    Step,
    StepTable,
    Table,
    Text,
    Timeline,
)
from koubai.explain.diagram import Diagram
from koubai.views.explanation.composing import Composer, Line
from koubai.views.explanation.curves import named, shown_value
from koubai.views.explanation.grids import grid_lines
from koubai.views.explanation.terminal import LINE, TextComposer
from koubai.views.formulas.latex import LatexWriter

LONGEST = 150
"""Maximum number of LaTeX characters on one line of a formula before it wraps."""
ESCAPES = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>#$|"})


class MarkdownComposer(Composer):
    """Writes one derivation as Markdown."""

    def __init__(self, derivation: Derivation, lang: Language) -> None:
        super().__init__(LatexWriter(derivation.notation), lang)
        self.derivation, self.plain = derivation, TextComposer(derivation, lang)

    def all(self) -> Iterator[str]:
        """Yield the paragraphs of the whole derivation."""
        yield f"# {self.words(self.derivation.title)}"
        for section in self.derivation.sections:
            yield from self.section(section)
        if self.writer.saw_rounded:
            yield f"*{self.footer()}*"

    def section(self, section: Section) -> Iterator[str]:
        """Yield the paragraphs of a section."""
        yield f"## {self.words(section.title)}"
        for block in section.blocks:
            yield from self.block(block)

    def block(self, block: Block) -> Iterator[str]:
        """Yield the paragraphs of a block; pictures have none."""
        match block:
            case Text():
                yield self.words(block)
            case Step():
                yield f"### {self.words(block.heading)}"
                if block.law:
                    yield self.aligned(self.chain(block.law))
                yield self.aligned(self.lines(block))
                for note in block.notes:
                    yield self.words(note)
                for grids in block.pictures:
                    yield self.words(grids.title)
                    lines = grid_lines(grids, self.plain.words, self.derivation.notation)
                    if lines:
                        yield "```\n" + "\n".join(lines) + "\n```"
            case StepTable():
                if block.law:
                    yield self.aligned(self.chain(block.law))
                yield self.aligned([line for step in block.steps for line in self.lines(step)])
            case Table():
                yield self.table(block)
            case Display():
                yield self.aligned(self.chain(block.chain))
            case Curves():
                yield self.curves(block)
            case Timeline():
                yield "\n".join(f"- **{year}** {self.words(said)}" for year, said in block.events)
            case Blank():
                yield f"{self.label(block)}{self.escape(LINE)}"
            case Diagram() | Planes():
                return

    def aligned(self, lines: Sequence[Line]) -> str:
        """Return lines of equations aligned at their relation signs."""
        rows: list[str] = []
        for line in lines:
            row = f"{line.left} &{self.writer.sign(line.sign)}"
            for index, piece in enumerate(line.pieces):
                if index and len(row) + len(piece) > LONGEST:
                    rows.append(row)
                    row = r" &\qquad"
                row += piece
            rows.append(row)
        body = " \\\\\n".join(rows)
        return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$"

    def table(self, table: Table) -> str:
        """Return a pipe table; words in marked rows are bold."""
        rows = [table.columns, *table.rows]
        written = [f"| {' | '.join(self.cell(cell) for cell in row)} |" for row in rows]
        written.insert(1, "|" + " --- |" * len(table.columns))
        return "\n".join(written)

    def curves(self, curves: Curves) -> str:
        """Return curves as a table, one row per value."""
        head = [
            self.escape(named(curves.variable, self.lang)),
            *(self.escape(named(name, self.lang)) or "—" for name, _ in curves.curves),
        ]
        lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
        for index, value in enumerate(curves.grid):
            numbers = [shown_value(values[index]) for _, values in curves.curves]
            lines.append(f"| {' | '.join([self.escape(shown_value(value)), *numbers])} |")
        return "\n".join(lines)

    def formula(self, formula: Formula) -> str:
        """Return a formula within a text."""
        return f"${self.writer.write(formula)}$"

    def escape(self, text: str) -> str:
        """Return words with Markdown's special characters escaped."""
        return text.translate(ESCAPES)


def markdown(derivation: Derivation, lang: Language) -> str:
    """Return a derivation as Markdown with LaTeX between dollar signs."""
    return "\n\n".join(MarkdownComposer(derivation, lang).all()) + "\n"
