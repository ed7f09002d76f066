"""A question as a record: the prompt, the answer with its derivation, and common mistakes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from koubai.core.arguments import TEXT, of_class, takes
from koubai.core.formulas.tree import Formula, Matrix, Number, Symbol
from koubai.core.formulas.values import Notation, Value
from koubai.explain.derivations import Block, Derivation, Text, say
from koubai.explain.quiz.reading import read_choice, read_numbers, read_shape

Level: TypeAlias = Literal["easy", "exam"]
LEVELS: tuple[Level, ...] = ("easy", "exam")

WIDEST_DENOMINATOR, LARGEST = 32, 60
"""Maximum denominator and magnitude of the numbers in a question and its answer."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong answer that results from a common mistake or from two, and a description of what went wrong."""

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
        One number, several for a vector, a shape, or the letter of a choice.
    derivation : Derivation
        The derivation of the answer.
    mistakes : tuple of Mistake
        Wrong answers with explanations of what went wrong; each differs from the answer.
    notation : Notation
        The number format.
    choices : tuple of Text
        What to choose from, in the order of the letters A, B, …; empty if nothing is to be chosen.
    """

    prompt: tuple[Block, ...]
    subject: Formula
    answer: tuple[Value, ...] | str
    derivation: Derivation
    mistakes: tuple[Mistake, ...]
    notation: Notation
    choices: tuple[Text, ...] = ()

    @property
    def kind(self) -> Literal["number", "vector", "shape", "choice"]:
        """What is to be answered."""
        if self.choices:
            return "choice"
        if isinstance(self.answer, str):
            return "shape"
        return "number" if len(self.answer) == 1 else "vector"

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
    choices: Iterable[Text] = (),
    pairs: Iterable[tuple[tuple[Value, ...], str, str]] = (),
) -> Question:
    """Return a question; mistakes that lead to the correct answer or to one already listed are dropped.

    Parameters
    ----------
    prompt, subject, answer, derivation
        See `Question`.
    mistakes : iterable of (answer, key)
        Wrong answers, each with the last part of the key of its text.
    choices : iterable of Text
        What to choose from.
    pairs : iterable of (answer, key, key)
        Wrong answers after two mistakes at once. One alone that leads to the same is more likely.
    """
    kept: dict[tuple[Value, ...] | str, Mistake] = {}
    for wrong, key in mistakes:
        if wrong != answer:
            kept.setdefault(wrong, Mistake(wrong, say(f"quiz.mistake.{key}")))
    for after_two, first, second in pairs:
        if after_two != answer:
            why = say("quiz.mistake.two", first=say(f"quiz.mistake.{first}"), second=say(f"quiz.mistake.{second}"))
            kept.setdefault(after_two, Mistake(after_two, why))
    notation = derivation.notation
    return Question(tuple(prompt), subject, answer, derivation, tuple(kept.values()), notation, tuple(choices))


def mirrored(
    mistakes: Iterable[tuple[tuple[Value, ...] | str, str]], around: Value, key: str
) -> Iterator[tuple[tuple[Value, ...], str, str]]:
    """Yield each mistake together with that of a sign, which mirrors a single answer around a number.

    A wrong sign of δ mirrors a gradient around 0, one of an update the new weight around what it was before.
    """
    for wrong, other in mistakes:
        if not isinstance(wrong, str) and len(wrong) == 1 and other != key:
            yield (2 * around - wrong[0],), other, key


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
    given = read_answer(asked, text)
    if given is None:
        count = len(asked.choices) if asked.choices else len(asked.answer)
        return Marked(False, say(f"quiz.unread.{asked.kind}", count=count), understood=False)
    if _agree(given, asked.answer):
        return Marked(True, say("quiz.right"))
    for mistake in asked.mistakes:
        if _agree(given, mistake.answer):
            return Marked(False, mistake.why)
    return Marked(False, say("quiz.wrong"))


def read_answer(asked: Question, text: str) -> tuple[Value, ...] | str | None:
    """Return an answer as typed in the form of the question's own; None if it cannot be read."""
    if asked.kind == "choice":
        return read_choice(text, len(asked.choices))
    return read_shape(text) if asked.kind == "shape" else read_numbers(text, len(asked.answer))


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
