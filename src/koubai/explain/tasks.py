"""Tasks of a notebook that check themselves: one sentence says whether an answer is right, or what is wrong with it."""

from collections.abc import Mapping, Sequence

import numpy as np

from koubai.core.errors import KoubaiError, on_one_line
from koubai.core.language import language, text


class TaskError(KoubaiError, AssertionError):
    """An answer that is not right. A notebook shows its sentence alone, without the way that led to it."""

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {self}"]


class Checks:
    """Checks of what a student wrote in a notebook.

    A check evaluates an expression with the student's own functions. If the number is right it says so; if not, it
    raises `TaskError`, whose sentence says what is wrong: not solved yet, no ``return``, another shape, another number,
    and which known mistake leads to that number. Programs that mark notebooks (nbgrader) count a cell that raises as
    wrong.

    Parameters
    ----------
    names : mapping
        The names of the notebook: ``globals()``.
    lang : str, optional
        "en" or "ja"; by default the language of the environment.

    Examples
    --------
    >>> def double(x):
    ...     return x + 2
    >>> check = Checks(globals(), "en")
    >>> check("double(2)", 4)
    ✓ double(2) is right: 4
    >>> check("double(3)", 6, mistakes=[(5, "You have added 2.")])
    Traceback (most recent call last):
        ...
    koubai.explain.tasks.TaskError: double(3) must be 6; got 5. You have added 2.
    """

    def __init__(self, names: Mapping[str, object], lang: str | None = None) -> None:
        self._names = names
        self._lang = language(lang)

    def __call__(
        self,
        asked: str,
        expected: object,
        hint: str = "",
        *,
        tolerance: float = 1e-6,
        mistakes: Sequence[tuple[object, str]] = (),
    ) -> None:
        """Check one expression.

        Parameters
        ----------
        asked : str
            The expression, such as ``"predict(w, x)"``.
        expected : number, array or str
            What it must give.
        hint : str
            A sentence for whoever gets another number.
        tolerance : float
            How far a number may be from the expected one: this much, or this share of it.
        mistakes : sequence of (value, str)
            What known mistakes give, and a sentence about each.

        Raises
        ------
        TaskError
            If the answer is not right.
        """
        given = self._evaluated(asked)
        if given is None:
            raise self._wrong("nothing", asked=asked)
        wanted = np.asarray(expected)
        try:
            array = np.asarray(given, dtype=None if wanted.dtype.kind in "US" else float)
        except (TypeError, ValueError):
            raise self._wrong("kind", asked=asked, given=on_one_line(repr(given))) from None
        if array.shape != wanted.shape:
            raise self._wrong("shape", asked=asked, wanted=_shape(wanted), given=_shape(array))
        if _same(array, wanted, tolerance):
            print(f"✓ {self._text('right', asked=asked, value=_written(wanted))}")
            return
        named = [said for value, said in mistakes if _same(array, np.asarray(value), tolerance)]
        found = self._text("differs", asked=asked, wanted=_written(wanted), given=_written(array))
        raise TaskError(" ".join(filter(None, (found, *(named or [hint])))))

    def that(self, asked: str, hint: str) -> None:
        """Check that a condition holds, such as ``"accuracy > 0.9"``; ``hint`` is shown if it does not.

        Raises
        ------
        TaskError
            If it does not hold.
        """
        if not self._evaluated(asked):
            raise TaskError(f"{self._text('fails', asked=asked)} {hint}")
        print(f"✓ {self._text('holds', asked=asked)}")

    def _evaluated(self, asked: str) -> object:
        """Evaluate an expression of the notebook's author among the student's names."""
        try:
            return eval(asked, dict(self._names))
        except NotImplementedError:
            raise self._wrong("unsolved", asked=asked) from None
        except NameError as missing:
            raise self._wrong("unknown", asked=asked, name=missing.name) from None
        except Exception as raised:  # whatever a student's function does is told in a sentence
            reason = f"{type(raised).__name__}: {on_one_line(str(raised))}"
            raise self._wrong("raised", asked=asked, reason=reason) from raised

    def _wrong(self, key: str, **values: object) -> TaskError:
        return TaskError(self._text(key, **values))

    def _text(self, key: str, **values: object) -> str:
        return text(f"explain.tasks.{key}", self._lang, **values)


def _same(array: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    if array.shape != wanted.shape:
        return False
    if wanted.dtype.kind in "US":
        return bool((array.astype(str) == wanted).all())
    return bool(np.allclose(array, wanted.astype(float), rtol=tolerance, atol=tolerance))


def _shape(array: np.ndarray) -> str:
    return str(array.shape) if array.ndim else "()"


def _written(array: np.ndarray) -> str:
    """Write numbers as short as they are told apart."""
    if array.dtype.kind in "US":
        return on_one_line(str(array.tolist()))
    shown = np.array2string(
        array.astype(float) + 0.0,
        separator=", ",
        threshold=20,
        max_line_width=1000,
        formatter={"float_kind": lambda number: f"{number:.{10 if number == np.round(number) else 6}g}"},
    )
    return on_one_line(shown)
