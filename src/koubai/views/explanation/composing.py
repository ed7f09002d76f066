"""The part common to all views of a derivation: texts with formulas in them, and the lines of a step."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from koubai.core.formulas.pieces import Cases, Chosen
from koubai.core.formulas.tree import Formula
from koubai.core.language import Language, catalogue, said_in, text
from koubai.explain.derivations import Blank, Cell, Step, Text
from koubai.views.formulas.writer import Writer


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chain of equations: left side, relation sign, and right side in breakable pieces."""

    left: str
    sign: str
    pieces: tuple[str, ...]


def visible(name: str) -> str:
    r"""Return a user's name with control characters escaped: one line, one direction.

    A newline would end a table row in Markdown, and direction marks can make one word read as another.

    Examples
    --------
    >>> print(visible("photo" + chr(0x202E) + "gpj.exe" + chr(10)))
    photo\u202egpj.exe\n
    """
    steers = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in steers and c not in JOINERS else c for c in name)


JOINERS = "\u200c\u200d"
"""Joiners that shape letters and emoji; these are kept."""


class Composer:
    """Turns the words and equations of a record into the strings of one view.

    Parameters
    ----------
    writer : Writer
        The writer of formulas.
    lang : "en" or "ja"
    """

    def __init__(self, writer: Writer, lang: Language) -> None:
        self.writer, self.lang = writer, lang

    def words(self, said: Text) -> str:
        """Return a text in the view's language with its values filled in."""
        template = self.escape(catalogue(self.lang)[said.key])
        return template.format_map({name: self._value(value) for name, value in said.values})

    def label(self, blank: Blank) -> str:
        """Return the label before a line to write on; a full-width colon includes its own space."""
        words = self.words(blank.label)
        return words if words.endswith("：") else f"{words} "

    def footer(self) -> str:
        """Return the note on what ≈ and = mean on the page."""
        return self.escape(text("explain.page.rounded", self.lang, digits=self.writer.notation.digits))

    def cell(self, cell: Cell) -> str:
        """Return a table cell."""
        return self._value(cell)

    def lines(self, step: Step) -> list[Line]:
        """Return subject = symbols, = numbers, = result; a line that would repeat the previous one is omitted."""
        subject = self.writer.write(step.subject)
        forms = [step.symbols, step.numbers, step.result]
        if isinstance(step.symbols, Cases) and step.law:
            forms.pop(0)  # the law has just stated the cases
        lines: list[Line] = []
        written = ""
        for formula in forms:
            pieces = tuple(self.writer.breakable(formula))
            if "".join(pieces) != written:
                sign = "≈" if self.writer.rounded(formula) else "="
                lines.append(Line("" if lines else subject, sign, pieces))
                written = self.writer.write(formula.value) if isinstance(formula, Chosen) else "".join(pieces)
        return lines

    def chain(self, formulas: Sequence[Formula]) -> list[Line]:
        """Return the lines of a chain of equal formulas."""
        left = self.writer.write(formulas[0])
        lines = []
        for formula in formulas[1:]:
            sign = "≈" if self.writer.rounded(formula) else "="
            lines.append(Line(left, sign, tuple(self.writer.breakable(formula))))
            left = ""
        return lines

    def _value(self, value: Cell | int) -> str:
        if isinstance(value, Formula):
            return self.formula(value)
        if isinstance(value, Text):
            return self.words(value)
        return self.escape(visible(str(said_in(value, self.lang))))

    # Implemented by each view:

    def formula(self, formula: Formula) -> str:
        """Return a formula within a text."""
        raise NotImplementedError

    def escape(self, text: str) -> str:
        """Return words with the view's special characters escaped."""
        return text
