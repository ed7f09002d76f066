"""What a question asks, for other programs: as HTML or LaTeX with formulas in LaTeX, or as plain text."""

import re
from collections.abc import Iterator
from fractions import Fraction
from html import escape as escape_html
from typing import ClassVar

from koubai.core.formulas.tree import Formula
from koubai.core.formulas.values import Notation, Value
from koubai.core.language import Language
from koubai.explain.derivations import Block, Display, Table, Text
from koubai.explain.quiz.questions import Question
from koubai.explain.quiz.reading import CLASH
from koubai.views.explanation.composing import Composer
from koubai.views.formulas.latex import LatexWriter, escape
from koubai.views.formulas.plain import PlainWriter
from koubai.views.formulas.writer import Writer

FINEST = 1000
"""Fractions with larger denominators are accepted as decimals alone."""


class HtmlPrompt(Composer):
    r"""Writes a question as HTML with formulas as LaTeX between \( and \), which learning platforms typeset."""

    writes: ClassVar[type[Writer]] = LatexWriter

    def __init__(self, notation: Notation, lang: Language) -> None:
        super().__init__(self.writes(notation), lang)

    def all(self, asked: Question) -> str:
        """Return the whole prompt, without choices."""
        return "".join(self.block(block) for block in asked.prompt)

    def block(self, block: Block) -> str:
        """Return one block of a prompt."""
        match block:
            case Text():
                return f"<p>{self.words(block)}</p>"
            case Display():
                return f"<p>{self.maths(equation(self, block))}</p>"
            case Table():
                head = "".join(f"<th>{self.cell(cell)}</th>" for cell in block.columns)
                rows = "".join(f"<tr>{''.join(f'<td>{self.cell(c)}</td>' for c in row)}</tr>" for row in block.rows)
                return self.rows(f"<tr>{head}</tr>{rows}")
        raise TypeError(f"a prompt has no {type(block).__name__}")

    def rows(self, rows: str) -> str:
        """Return a table of these rows."""
        return f"<table>{rows}</table>"

    def formula(self, formula: Formula) -> str:
        """Return a formula within a text."""
        return self.maths(self.writer.write(formula))

    def maths(self, written: str) -> str:
        r"""Return LaTeX between \( and \)."""
        return rf"\({self.escape(written)}\)"

    def escape(self, text: str) -> str:
        """Return words with < & > escaped."""
        return escape_html(text, quote=False)


class LatexPrompt(Composer):
    """Writes a question as LaTeX."""

    def __init__(self, notation: Notation, lang: Language) -> None:
        super().__init__(LatexWriter(notation), lang)

    def all(self, asked: Question) -> str:
        """Return the whole prompt, without choices."""
        return "\n\n".join(self.blocks(asked.prompt))

    def blocks(self, blocks: tuple[Block, ...]) -> Iterator[str]:
        """Yield the paragraphs of a prompt; givens share a line as long as they fit."""
        given: list[str] = []
        for block in blocks:
            if isinstance(block, Display):
                given.append(f"${equation(self, block)}$")
                continue
            if given:
                yield r"\quad ".join(given)
                given = []
            yield self.words(block) if isinstance(block, Text) else self.table(block)
        if given:
            yield r"\quad ".join(given)

    def table(self, block: Block) -> str:
        """Return a table."""
        if not isinstance(block, Table):
            raise TypeError(f"a prompt has no {type(block).__name__}")
        rows = [" & ".join(self.cell(cell) for cell in row) for row in (block.columns, *block.rows)]
        rows[0] += r" \\ \hline"
        body = "\n".join([rows[0], *(rf"{row} \\" for row in rows[1:])])
        return f"\\begin{{tabular}}{{{'c' * len(block.columns)}}}\n{body}\n\\end{{tabular}}"

    def formula(self, formula: Formula) -> str:
        """Return a formula within a text."""
        return f"${self.writer.write(formula)}$"

    def escape(self, text: str) -> str:
        """Return words with LaTeX's special characters escaped; braces around placeholders stay as they are."""
        escaped = escape(text).replace(r"\{", "{").replace(r"\}", "}")
        return re.sub("([A-Za-z])\N{COMBINING CIRCUMFLEX ACCENT}", r"$\\hat \1$", escaped)


class PlainPrompt(Composer):
    """Writes a question as plain text in one line."""

    def __init__(self, notation: Notation, lang: Language) -> None:
        super().__init__(PlainWriter(notation), lang)

    def all(self, asked: Question) -> str:
        """Return the whole prompt, without choices."""
        return "  ".join(self.block(block) for block in asked.prompt)

    def block(self, block: Block) -> str:
        """Return one block of a prompt."""
        if isinstance(block, Text):
            return self.words(block)
        if isinstance(block, Display):
            return equation(self, block)
        if isinstance(block, Table):
            return "; ".join(" | ".join(self.cell(cell) for cell in row) for row in (block.columns, *block.rows))
        raise TypeError(f"a prompt has no {type(block).__name__}")

    def formula(self, formula: Formula) -> str:
        """Return a formula within a text."""
        return self.writer.write(formula)


def equation(composer: Composer, block: Display) -> str:
    """Return a chain of equal formulas in the composer's notation."""
    lines = composer.chain(block.chain)
    return "".join(f"{line.left}{composer.writer.sign(line.sign)}{''.join(line.pieces)}" for line in lines)


def accepted(asked: Question, answer: tuple[Value, ...] | str | None = None) -> list[str]:
    """Return the spellings of an answer (by default the right one) that other programs, which compare texts, accept.

    Fractions and decimals, the decimals rounded to two to four places where they do not end before; vectors with and
    without parentheses and spaces; shapes with ×, x and spaces.
    """
    wanted = asked.answer if answer is None else answer
    if isinstance(wanted, str):
        return _spelled(wanted)
    numbers = [_numbers(value) for value in wanted]
    if len(numbers) == 1:
        return list(dict.fromkeys(numbers[0]))
    rows = [[forms[0] for forms in numbers], [forms[min(1, len(forms) - 1)] for forms in numbers]]
    joined = [separator.join(row) for row in rows for separator in (", ", ",")]
    return list(dict.fromkeys([*joined, *(f"({text})" for text in joined)]))


def _numbers(value: Value) -> list[str]:
    exact = Fraction(value)
    found = [str(exact)]
    decimal = float(exact)
    if exact.denominator > FINEST:  # of a table's decimals, nobody makes a fraction
        found = []
    for places in range(1, 7):
        if (exact * 10**places).denominator == 1:
            found.append(f"{decimal:.{places}f}")
            break
    else:
        found += [f"{decimal:.{places}f}" for places in (4, 3, 2)]
    if exact.denominator == 1:
        found = [str(exact)]
    if found and len(found[-1].partition(".")[2]) > 3 and len(found) < 3:
        found += [f"{decimal:.3f}", f"{decimal:.2f}"]
    return found + [text.replace("-", "−") for text in found if "-" in text]


def _spelled(wanted: str) -> list[str]:
    if wanted == CLASH:
        return [CLASH, "x", "X", "計算できない"]
    if "×" not in wanted:
        return [wanted, wanted.lower()]
    rows, _, columns = wanted.partition("×")
    found = [f"{rows}{sign}{columns}" for sign in ("×", "x", " × ", " x ", "*", ",")]
    return [*found, "1", "scalar", "スカラー"] if wanted == "1×1" else found
