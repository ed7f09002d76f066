"""What every view of a derivation shares: texts with formulas in them, and the lines of a step."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from koubai.core.formulas.pieces import Cases, Chosen
from koubai.core.formulas.tree import Formula
from koubai.core.language import Language, catalogue, text
from koubai.explain.derivations import Blank, Cell, Step, Text
from koubai.views.formulas.writer import Writer


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chain of equations: what stands left, the sign, and the right side in breakable pieces."""

    left: str
    sign: str
    pieces: tuple[str, ...]


def visible(name: str) -> str:
    r"""Return a name from outside with all that steers, instead of being read, written out: one line, one direction.

    A new line would end a row of a table in Markdown, and marks of direction make a word read as another.

    Examples
    --------
    >>> print(visible("photo" + chr(0x202E) + "gpj.exe" + chr(10)))
    photo\u202egpj.exe\n
    """
    steers = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in steers and c not in JOINERS else c for c in name)


JOINERS = "\u200c\u200d"
"""They shape letters, and pictures of people."""


class Composer:
    """Turns the words and equations of a record into the strings of one view.

    Parameters
    ----------
    writer : Writer
        How formulas are written.
    lang : "en" or "ja"
    """

    def __init__(self, writer: Writer, lang: Language) -> None:
        self.writer, self.lang = writer, lang

    def words(self, said: Text) -> str:
        """Return a text in the view's language with its values in place."""
        template = self.escape(catalogue(self.lang)[said.key])
        return template.format_map({name: self._value(value) for name, value in said.values})

    def label(self, blank: Blank) -> str:
        """Return what stands before a line to write on; a wide colon brings its own space."""
        words = self.words(blank.label)
        return words if words.endswith("：") else f"{words} "

    def footer(self) -> str:
        """Return what ≈ and = mean on the page."""
        return self.escape(text("explain.page.rounded", self.lang, digits=self.writer.notation.digits))

    def cell(self, cell: Cell) -> str:
        """Return the entry of a table."""
        return self._value(cell)

    def lines(self, step: Step) -> list[Line]:
        """Return subject = symbols, = numbers, = result; a line that would repeat the one before is left out."""
        subject = self.writer.write(step.subject)
        forms = [step.symbols, step.numbers, step.result]
        if isinstance(step.symbols, Cases) and step.law:
            forms.pop(0)  # the law has just said the cases
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
        return self.escape(visible(str(value)))

    # What each view says:

    def formula(self, formula: Formula) -> str:
        """Return a formula within a text."""
        raise NotImplementedError

    def escape(self, text: str) -> str:
        """Return words with the characters that mean something to the view made harmless."""
        return text
