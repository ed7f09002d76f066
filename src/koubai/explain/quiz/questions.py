"""A question as a record: the prompt, the answer with its derivation, and common mistakes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from koubai.core.arguments import TEXT, of_class, takes
from koubai.core.formulas.tree import Formula, Matrix, Number, Symbol
from koubai.core.formulas.values import Notation, Value, parse_number
from koubai.explain.derivations import Block, Derivation, Text, say

Level: TypeAlias = Literal["easy", "exam"]
LEVELS: tuple[Level, ...] = ("easy", "exam")

CLASH = "×"
"""The answer for an expression without a shape."""
WIDEST_DENOMINATOR, LARGEST = 32, 60
"""Maximum denominator and magnitude of the numbers in a question and its answer."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong answer that results from a common mistake, and a description of the mistake."""

    answer: tuple[Value, ...] | str
    why: Text


@dataclass(frozen=True, slots=True)
class Question:
    """One exercise.

    Attributes
    ----------
    prompt : tuple of Block
        What is given, and the question.
    subject : Formula
        The quantity asked for.
    answer : tuple of Value, or str
        One number, several for a vector, or a shape.
    derivation : Derivation
        The derivation of the answer.
    mistakes : tuple of Mistake
        Wrong answers with explanations of what went wrong; each differs from the answer.
    notation : Notation
        The number format.
    """

    prompt: tuple[Block, ...]
    subject: Formula
    answer: tuple[Value, ...] | str
    derivation: Derivation
    mistakes: tuple[Mistake, ...]
    notation: Notation

    @property
    def answer_formula(self) -> Formula:
        """The answer as a formula."""
        if isinstance(self.answer, str):
            return Symbol(self.answer)
        if len(self.answer) == 1:
            return Number(self.answer[0])
        return Matrix((tuple(Number(value) for value in self.answer),))


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked answer: whether it is correct, the comment on it, and whether it could be parsed."""

    right: bool
    remark: Text
    understood: bool = True


def question(
    prompt: Iterable[Block],
    subject: Formula,
    answer: tuple[Value, ...] | str,
    derivation: Derivation,
    mistakes: Iterable[tuple[tuple[Value, ...] | str, str]],
) -> Question:
    """Return a question; mistakes that lead to the correct answer or to one already listed are dropped."""
    kept: dict[tuple[Value, ...] | str, Mistake] = {}
    for wrong, key in mistakes:
        if wrong != answer:
            kept.setdefault(wrong, Mistake(wrong, say(f"quiz.mistake.{key}")))
    return Question(tuple(prompt), subject, answer, derivation, tuple(kept.values()), derivation.notation)


def is_clean(values: Iterable[Value]) -> bool:
    """Return whether all numbers are exact and small enough for paper."""
    return all(
        isinstance(value, Fraction) and value.denominator <= WIDEST_DENOMINATOR and abs(value) <= LARGEST
        for value in values
    )


@takes("quiz", asked=of_class(Question, "Pass one of a sheet's questions."), text=TEXT)
def mark(asked: Question, text: str) -> Marked:
    """Mark an answer.

    Fractions and decimals both count; a decimal may be rounded. For a wrong answer, the likely mistake is named.

    Parameters
    ----------
    asked : Question
    text : str
        The answer as typed: ``-1/2``, ``0.5``, ``(1/2, 0, 1)``, ``k×1``.
    """
    given = _read(text, isinstance(asked.answer, str))
    if given is None or (len(given) != len(asked.answer) and not isinstance(asked.answer, str)):
        count = 1 if isinstance(asked.answer, str) else len(asked.answer)
        key = "shape" if isinstance(asked.answer, str) else "number" if count == 1 else "vector"
        return Marked(False, say(f"quiz.unread.{key}", count=count), understood=False)
    if _agree(given, asked.answer):
        return Marked(True, say("quiz.right"))
    for mistake in asked.mistakes:
        if _agree(given, mistake.answer):
            return Marked(False, mistake.why)
    return Marked(False, say("quiz.wrong"))


def _read(text: str, shape: bool) -> tuple[Value, ...] | str | None:
    cleaned = text.strip().strip("()[]（）「」").strip()
    if shape:
        if cleaned.lower() in ("x", "×", "none", "clash", "no", "-", "なし", "ない", "不可"):
            return CLASH
        sizes = re.split(r"\s*[x×*,、]\s*", cleaned)
        if sizes in (["1"], ["scalar"], ["スカラー"]):
            sizes = ["1", "1"]
        return "×".join(sizes) if len(sizes) == 2 and all(sizes) else None
    numbers = [parse_number(piece) for piece in re.split(r"[,;，、\s]+", cleaned) if piece]
    found = tuple(number for number in numbers if number is not None)
    return found if found and len(found) == len(numbers) else None


def _agree(given: Sequence[Value] | str, wanted: Sequence[Value] | str) -> bool:
    if isinstance(given, str) or isinstance(wanted, str):
        return given == wanted
    return len(given) == len(wanted) and all(a == b or _rounds_to(a, b) for a, b in zip(given, wanted, strict=True))


def _rounds_to(given: Value, wanted: Value) -> bool:
    """Return whether a decimal of two places or more equals the wanted number rounded to that many places."""
    if not isinstance(given, Fraction):
        return False
    for places in range(2, 7):
        if (given * 10**places).denominator == 1:
            return abs(given - Fraction(wanted)) <= Fraction(1, 2 * 10**places)
    return False
