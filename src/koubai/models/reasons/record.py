"""The record of the reasons for one answer, which shows itself."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from koubai.core import entries
from koubai.models.reasons.contributions import Contributions

if TYPE_CHECKING:
    import polars as pl

    from koubai.explain.derivations import Derivation


LONGEST = 60
"""Maximum number of characters of a cell that is shown."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What one column contributes.

    Attributes
    ----------
    column, cell : str
        The column, and what the row holds there.
    contribution, error : float
        In log-odds of the class (nats), or in units of the target; and its standard error, 0 if it is exact.
    """

    column: str
    cell: str
    contribution: float
    error: float


@dataclass(frozen=True, slots=True)
class WordReason:
    """A word of a column's text, and how it changes the answer: in log-odds of the class, or the target's units."""

    column: str
    word: str
    change: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row of the training table like the row: its number from 1, its distance, its target, and its cells."""

    row: int
    distance: float
    truth: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """Cells that would have to change, as (column, from, to), and the answer that would come of it."""

    steps: tuple[tuple[str, str, str], ...]
    answer: str


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why a model answers as it does for one row.

    Attributes
    ----------
    row : int
        Which row, counted from 1.
    target, answer : str
        The column that is predicted, and the answer.
    probability : float or None
        Of a class, its probability.
    is_class : bool
        Whether the answer is a class.
    reasons : tuple of Reason
        The columns, the largest contribution first.
    contributions : Contributions
        The same as numbers, in the order of the model's columns.
    nearest : tuple of Neighbour
        Training rows like this one.
    changes : tuple of Change
        What would have to change for another class; for numbers, what would raise or lower the answer most.
    words : tuple of WordReason
        Of columns of texts, the words that matter most.
    """

    row: int
    target: str
    answer: str
    probability: float | None
    is_class: bool
    reasons: tuple[Reason, ...]
    contributions: Contributions
    nearest: tuple[Neighbour, ...]
    changes: tuple[Change, ...]
    words: tuple[WordReason, ...] = ()

    def frame(self) -> "pl.DataFrame":
        """Return the contributions as a table: column, cell, contribution, error."""
        import polars as pl

        return pl.DataFrame(
            [(reason.column, reason.cell, reason.contribution, reason.error) for reason in self.reasons],
            schema={"column": pl.String, "cell": pl.String, "contribution": pl.Float64, "error": pl.Float64},
            orient="row",
        )

    def page(self) -> "Derivation":
        """Return the reasons as an explanation, which can be shown, rendered and saved."""
        return entries.reasons_page(self)

    def show(self, lang: str | None = None) -> None:
        """Print the reasons to the terminal."""
        self.page().show(lang)

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> None:
        """Write the reasons to a file: .html, .md or .txt."""
        self.page().save(path, lang)

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()


def in_one_line(
    reasons: "list[Reason] | tuple[Reason, ...]",
    answer: str,
    is_class: bool,
    words: "Sequence[WordReason]" = (),
    most: int = 3,
) -> str:
    """Return the largest reasons in one line, for a table of predictions."""
    said = []
    for reason in reasons[:most]:
        way = f"speaks {'for' if reason.contribution >= 0 else 'against'} {answer} by" if is_class else "makes it"
        own = [f"{each.word} {each.change:+.3g}" for each in words if each.column == reason.column][:most]
        cell = ", ".join(own) if own else brief(reason.cell)
        said.append(f"{reason.column} {f'({cell})' if own else cell} {way} {reason.contribution:+.3g}")
    return "; ".join(said)


def brief(cell: str) -> str:
    r"""Return a cell on one line, cut off if it is long.

    Examples
    --------
    >>> brief("two\nlines"), len(brief("long " * 100))
    ('two lines', 60)
    """
    line = " ".join(cell.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def shown(cell: object) -> str:
    """Return a cell as people write it; a missing one as a dash.

    Examples
    --------
    >>> shown(217.0), shown(None), shown("red")
    ('217', '–', 'red')
    """
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.10g}"
    return str(cell).removesuffix(" 00:00:00")
