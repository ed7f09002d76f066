"""A derivation as HTML with MathML: one file, offline and without scripts, for screens, phones and A4 paper."""

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from zlib import crc32

from koubai.core.formulas.tree import Formula
from koubai.core.language import Language
from koubai.explain.derivations import (
    Blank,
    Block,
    Cell,
    Curves,
    Derivation,
    Display,
    Grids,
    Plane,
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
from koubai.views.explanation.curves import curves_svg
from koubai.views.explanation.diagram import svg
from koubai.views.explanation.grids import grids_svg
from koubai.views.explanation.plane import plane_svg
from koubai.views.explanation.timeline import timeline_svg
from koubai.views.formulas.mathml import MathMLWriter

PLACEHOLDER = "\x00"
"""Stands for the prefix of ids until it is known."""
SIDE_BY_SIDE, SHORT = 4, 3
"""Minimum number of steps, and maximum number of pieces in each, for steps side by side on a wide page."""


@cache
def stylesheet() -> str:
    """Return the style sheet for explanations."""
    return (files("koubai") / "views" / "assets" / "explanation.css").read_text(encoding="utf-8")


@cache
def maths_font() -> str:
    """Return the rule for the maths font that every page brings along: few systems have one with tall braces and Σ.

    It is a subset of STIX Two Math (``scripts/maths-font``), under the SIL Open Font License beside it.
    """
    letters = b64encode((files("koubai") / "views" / "assets" / "maths.woff2").read_bytes()).decode("ascii")
    return (
        f'@font-face {{ font-family: "koubai maths"; src: url("data:font/woff2;base64,{letters}") format("woff2"); }}\n'
    )


def page_style() -> str:
    """Return what a whole page adds to the style sheet: letters that a class can read from a projector."""
    larger = ".koubai { font-size: clamp(16px, .5vw + 10px, 24px); }"
    return f"body {{ margin: 0; }}\n{stylesheet()}@media screen and (min-width: 1200px) {{ {larger} }}\n"


def page(derivations: Derivation | Sequence[Derivation], lang: Language) -> str:
    """Return one or several derivations as a whole HTML document."""
    several = [derivations] if isinstance(derivations, Derivation) else list(derivations)
    title = _title_words(several[0], lang)
    apart = len(several) > 1
    body = "\n".join(
        PageComposer(derivation, lang, f"p{number}." if apart else "").article(styled=False)
        for number, derivation in enumerate(several, start=1)
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="generator" content="koubai">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>\n{maths_font()}{page_style()}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def fragment(derivation: Derivation, lang: Language, styled: bool = True) -> str:
    """Return a derivation as an ``article`` element, for a notebook or within a page.

    Its ids begin with a digest of its content, so that its links stay within it.
    """
    article = PageComposer(derivation, lang, PLACEHOLDER).article(styled)
    return article.replace(PLACEHOLDER, f"k{crc32(article.encode()):08x}.")


def _title_words(derivation: Derivation, lang: Language) -> str:
    """Return the title without formulas, for the window title."""
    from koubai.views.explanation.terminal import TextComposer

    return escape(TextComposer(derivation, lang).words(derivation.title))


class PageComposer(Composer):
    """Writes one derivation as HTML."""

    def __init__(self, derivation: Derivation, lang: Language, prefix: str = "") -> None:
        super().__init__(MathMLWriter(derivation.notation), lang)
        self.derivation, self.prefix = derivation, prefix
        self.known = {step.id: step for step in derivation.steps}

    def article(self, styled: bool) -> str:
        """Return the whole derivation."""
        style = f"<style>{stylesheet()}</style>" if styled else ""
        sections = "\n".join(self.section(section) for section in self.derivation.sections)
        title = self.words(self.derivation.title)
        footer = f"<footer><p>{self.footer()}</p></footer>" if self.writer.saw_rounded else ""
        return f'<article class="koubai" lang="{self.lang}">{style}<h1>{title}</h1>\n{sections}\n{footer}</article>'

    def section(self, section: Section) -> str:
        """Return a section with its blocks."""
        blocks = "\n".join(self.block(block) for block in section.blocks)
        return f"<section><h2>{self.words(section.title)}</h2>\n{blocks}</section>"

    def block(self, block: Block) -> str:
        """Return one block."""
        match block:
            case Text():
                return f"<p>{self.words(block)}</p>"
            case Step():
                return self.step(block)
            case StepTable():
                return self.step_table(block)
            case Table():
                return self.table(block)
            case Display():
                return f'<div class="given">{self._flowing(self.chain(block.chain))}</div>'
            case Curves():
                return f'<figure class="curves">{curves_svg(block, self.lang)}</figure>'
            case Planes():
                drawn = "".join(map(self.plane, block.planes))
                return f'<p>{self.words(block.title)}</p><div class="planes">{drawn}</div>'
            case Timeline():
                return f'<figure class="timeline">{timeline_svg(block, self.words)}</figure>'
            case Blank():
                room = f'<div class="room" style="height:{block.room}mm"></div>' if block.room else ""
                return f'{room}<p class="blank">{self.label(block)}<span></span></p>'
            case Diagram():
                return f"<figure>{svg(block, self.lang, self.derivation.notation)}</figure>"

    def step(self, step: Step) -> str:
        """Return a step: heading, rule, lines, notes, and links to what it uses."""
        asked = " asked" if step.id == self.derivation.asked else ""
        law = self.law(step.law)
        lines = self.lines(step)
        written = "".join(self.line(line, last=index == len(lines) - 1) for index, line in enumerate(lines))
        notes = "".join(f'<p class="note">{self.words(note)}</p>' for note in step.notes)
        pictures = "".join(map(self.grids, step.pictures))
        inside = f"<h3>{self.words(step.heading)}</h3>{law}{written}{notes}{pictures}{self.uses(step)}"
        return f'<div class="step{asked}" id="{self.prefix}{step.id}">{inside}</div>'

    def grids(self, grids: Grids) -> str:
        """Return grids side by side under their title."""
        drawn = grids_svg(grids, self.words)
        return f'<figure class="maps"><figcaption>{self.words(grids.title)}</figcaption>{drawn}</figure>'

    def plane(self, plane: Plane) -> str:
        """Return examples and a line over their title."""
        drawn = plane_svg(plane, self.words)
        return f'<figure class="plane">{drawn}<figcaption>{self.words(plane.title)}</figcaption></figure>'

    def uses(self, step: Step) -> str:
        """Return links to the steps whose results this one uses."""
        links = [
            f'<a href="#{self.prefix}{known.id}">{self.formula(known.subject)}</a>'
            for known in self.known.values()
            if known.id in step.uses
        ]
        return f'<p class="uses">↑ {"".join(links)}</p>' if links else ""

    def step_table(self, table: StepTable) -> str:
        """Return short steps, each on its own line, under their common rule."""
        rows = []
        short = len(table.steps) >= SIDE_BY_SIDE
        for step in table.steps:
            lines = self.lines(step)
            short &= sum(len(line.pieces) for line in lines) <= SHORT
            rows.append(self.flow(lines, str(step.id)))
        kind = "steps short" if short else "steps"
        return f'{self.law(table.law)}<div class="{kind}">{"".join(rows)}</div>'

    def law(self, law: Sequence[Formula]) -> str:
        """Return the general rule as one flowing line."""
        return f'<div class="law">{self._flowing(self.chain(law))}</div>' if law else ""

    def line(self, line: Line, last: bool) -> str:
        """Return one line of a step: left side, sign and a right side that may wrap."""
        left = self._math(line.left, True) if line.left else ""
        right = self._pieces(line)
        if last:
            right = f'<span class="result">{right}</span>' if len(line.pieces) == 1 else right
        return f'<div class="line"><span class="left">{left}</span><span class="right">{right}</span></div>'

    def flow(self, lines: Sequence[Line], identifier: str = "") -> str:
        """Return a chain of equations as running text, wrapped where necessary."""
        name = f' id="{self.prefix}{identifier}"' if identifier else ""
        return f'<div class="flow"{name}>{self._flowing(lines)}</div>'

    def _flowing(self, lines: Sequence[Line]) -> str:
        left = self._math(lines[0].left, True) if lines and lines[0].left else ""
        parts = " ".join(f'<span class="part">{self._pieces(line)}</span>' for line in lines)
        return f'<span class="left">{left}</span><span class="right">{parts}</span>'

    def _pieces(self, line: Line) -> str:
        """Return the sign and right side as formulas between which a line may break."""
        sign = self.writer.sign(line.sign)
        first, *others = line.pieces
        pieces = [self._math(f"<mrow>{sign}{first}</mrow>", True), *(self._math(piece, True) for piece in others)]
        return " ".join(pieces)

    def table(self, table: Table) -> str:
        """Return a table that scrolls sideways where it is too wide."""
        head = "".join(map(self._th, table.columns))
        rows = []
        for index, row in enumerate(table.rows):
            kind = ' class="marked"' if index in table.marked else ""
            rows.append(f"<tr{kind}>{''.join(map(self._td, row))}</tr>")
        return (
            f'<div class="scroll"><table class="data"><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )

    def _th(self, cell: Cell) -> str:
        """Return a heading; the name of a column may break behind its underscores."""
        words = self.cell(cell)
        return f"<th>{words.replace('_', '_<wbr>') if isinstance(cell, str) else words}</th>"

    def _td(self, cell: Cell) -> str:
        kind = ' class="words"' if isinstance(cell, Text) else ""
        return f"<td{kind}>{self.cell(cell)}</td>"

    def formula(self, formula: Formula) -> str:
        """Return a formula within a text."""
        return self._math(self.writer.write(formula))

    def escape(self, text: str) -> str:
        """Return words with < & > escaped."""
        return escape(text, quote=False)

    def _math(self, inside: str, large: bool = False) -> str:
        return f'<math displaystyle="true">{inside}</math>' if large else f"<math>{inside}</math>"
