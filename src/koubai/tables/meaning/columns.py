"""The kind of each column of a table, and whether it is useful."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeAlias

from koubai.core.errors import DataError
from koubai.core.language import either_of, one_after_another, term, worded
from koubai.tables.files.names import as_option
from koubai.tables.meaning.date_evidence import mostly_dates
from koubai.tables.meaning.date_formats import DateFormat
from koubai.tables.meaning.doubts import MERGED, REMEDY, is_merged, why_doubtful
from koubai.tables.meaning.identifiers import may_count_rows, why_numbers_name_rows, why_texts_name_rows
from koubai.tables.meaning.number_evidence import MOSTLY_NUMBERS
from koubai.tables.meaning.number_formats import NumberFormat
from koubai.tables.meaning.values import TRUTH_PAIRS, are_mixed_truths, labels, numbers, shortened, truths_in_words
from koubai.tables.meaning.written import Written, written

if TYPE_CHECKING:
    import polars as pl

NUMBER = "number"
CATEGORY = "category"
BOOLEAN = "boolean"
DATE = "date"
TEXT = "text"
USED = (NUMBER, CATEGORY, BOOLEAN, DATE, TEXT)

Use: TypeAlias = tuple[str, Mapping[str, str | int]]
"""A few words on how a column is used, as the key of a text and its values."""

LONG_TEXT = 40
"""Texts are prose, rather than names, if they are longer than this on average; wide characters count twice."""
_WIDE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"

LONG_NAME = 40
"""Maximum length of column names in lists, in characters."""

MOST_TRUTHS = 100
"""Upper limit of the number of spellings of truth values, in any letter case."""

KEEP = "keep"
"""What is asked of a column that is to be used though it looks like an identifier."""

_CODE = re.compile(r"^0\d+$")


@dataclass(frozen=True, slots=True)
class Column:
    """The kind and contents of a column.

    Parameters
    ----------
    name : str
        Its name.
    kind : str
        ``number``, ``category``, ``boolean``, ``date`` or ``text`` for a column that is used; ``identifier``, ``text``,
        ``constant``, ``missing``, ``nested`` or ``dropped`` for one that is dropped.
    reason : str
        For a dropped column, the reason.
    n_missing, n_different : int
        Number of missing cells, and of distinct values among the others.
    format : NumberFormat or DateFormat, optional
        For numbers and dates in text form, their format.
    note : str
        What is to be said of how its cells are read, or nothing.
    values : Series, optional
        For numbers that are used, the cells as numbers, so that they need not be read again.
    """

    name: str
    kind: str
    reason: str = ""
    n_missing: int = 0
    n_different: int = 0
    format: NumberFormat | DateFormat | None = None
    note: str = ""
    values: "pl.Series | None" = field(default=None, compare=False, repr=False)

    @property
    def used(self) -> bool:
        """Whether the network uses it."""
        return self.kind in USED and not self.reason


def describe_columns(
    frame: "pl.DataFrame",
    *,
    drop: Collection[str] = (),
    keep: Collection[str] = (),
    category: Collection[str] = (),
    text: Collection[str] = (),
    of_rows: int | None = None,
    rows: "pl.Series | None" = None,
    how: Written | None = None,
) -> list[Column]:
    """Determine the kinds of the columns of a cleaned table.

    Parameters
    ----------
    frame : polars.DataFrame
        The table without the target, as `koubai.tables.files.missing.clean` returns it.
    drop, keep, category, text : collections of str
        Names of columns to drop, to use even though they look like identifiers, to treat as categories even though
        they look like numbers, and to treat as texts whatever they look like.
    of_rows : int, optional
        Number of rows of the whole table, if the frame is a sample.
    rows : Series, optional
        Which rows of the table the frame has, counted from 0, if not all from the first on.
    how : Written, optional
        Its number and date formats; by default, determined from the frame.

    Raises
    ------
    DataError
        If one of the names does not exist, or a numeric column contains a few texts.
    """
    for name in (*drop, *keep, *category, *text):
        require_column(frame, name)
    if how is None:
        how = written(frame, besides={*drop, *category, *text})
    asked = {**dict.fromkeys(keep, KEEP), **dict.fromkeys(category, CATEGORY), **dict.fromkeys(text, TEXT)}
    return [
        Column(column.name, "dropped", worded("tables.note.dropped_requested"))
        if column.name in drop
        else _describe(column, asked.get(column.name), of_rows, rows, how)
        for column in frame.iter_columns()
    ]


def require_column(frame: "pl.DataFrame", name: str) -> None:
    """Raise DataError, with similar names, unless the table has a column of this name."""
    if name not in frame.columns:
        by_case = {other.lower(): other for other in frame.columns}
        close = [by_case[near] for near in get_close_matches(name.lower(), by_case, 3)]
        if close:
            hint = worded("error.meant", name=either_of(list(map(shortened, close))))
        else:
            hint = worded("tables.error.no_column.all", names=_listed(frame.columns))
        raise DataError(worded("tables.error.no_column", name=shortened(name), hint=hint))


def _listed(names: list[str]) -> str:
    shown = ", ".join(name if len(name) <= LONG_NAME else name[:LONG_NAME] + "…" for name in names[:12])
    return shown if len(names) <= 12 else worded("tables.note.more_2", shown=shown, n_names=len(names) - 12)


def _describe(
    column: "pl.Series", asked: str | None, of_rows: int | None, rows: "pl.Series | None", how: Written
) -> Column:
    import polars as pl

    its = term("its") if of_rows in (None, len(column)) else worded("tables.note.sampled", n_column=len(column))
    name, n_missing = column.name, column.null_count()
    if n_missing == len(column):
        return Column(name, "missing", worded("tables.note.all_cells_missing", its=its), n_missing)
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        return Column(name, "nested", worded("tables.note.cells_no_single_values_but", dtype=column.dtype), n_missing)
    present = column.drop_nulls()
    n_different = present.n_unique()
    if n_different == 1 and not n_missing:
        return Column(name, "constant", worded("tables.note.all_cells", its=its, shortened=shortened(present[0])), 0, 1)
    if asked in (CATEGORY, TEXT):
        return Column(name, asked, "", n_missing, n_different)
    keep = asked == KEEP
    kind, format, values = _kind(column, present, how)
    if values is not None and values.null_count() > n_missing:
        raise _mistakes(column, values, of_rows, rows)
    if kind == CATEGORY and (form := mostly_dates(present)):
        raise _mistakes(column, form.read(column), of_rows, rows, worded("tables.note.dates", words=form.words))
    there = values if values is None or not n_missing else values.drop_nulls()
    reason, note = _use(present, kind, there, n_missing, n_different, of_rows or len(column))
    doubt = why_doubtful(present) if kind == CATEGORY and name not in how.numbers else how.doubt_of(name)
    remedy: str = worded("tables.note.taken_texts", remedy=REMEDY)
    if kind == CATEGORY and of_rows in (None, len(column)) and is_merged(column):
        doubt, remedy = MERGED, worded("core.stop")
    if reason:
        prose = kind == CATEGORY and is_prose(present)
        if keep and prose:
            return Column(name, TEXT, "", n_missing, n_different)
        if not keep:
            reason = f"{reason}; {doubt}" if doubt else reason
            return Column(name, TEXT if prose else "identifier", reason, n_missing, n_different)
    of_doubt = (
        worded("tables.note.column", name=repr(name), doubt=doubt, remedy=remedy)
        if doubt and not keep and name not in how.numbers
        else ""
    )
    mixed = truths_in_words(present) if kind == BOOLEAN else ""
    said = one_after_another((how.note_of(name), "" if keep else note, of_doubt, mixed))
    return Column(name, kind, "", n_missing, n_different, format, said, values)


def is_prose(present: "pl.Series") -> bool:
    """Tell whether cells that are there, one at least, are long enough to be texts rather than names.

    Examples
    --------
    >>> import polars as pl
    >>> is_prose(pl.Series(["this is a sentence of many words, as people write"])), is_prose(pl.Series(["a name"]))
    (True, False)
    """
    texts = labels(present)
    return float((texts.str.len_chars() + texts.str.count_matches(_WIDE)).mean()) > LONG_TEXT  # type: ignore[arg-type]


def _use(
    present: "pl.Series", kind: str, values: "pl.Series | None", n_missing: int, n: int, of_rows: int
) -> tuple[str, str]:
    """Return why a column merely identifies rows, or an empty string; and a note if it is used."""
    if kind == CATEGORY:
        return why_texts_name_rows(
            len(present), n, term("cells" if of_rows == len(present) + n_missing else "sampled cells")
        ), ""
    if values is None:
        return "", ""
    reason = why_numbers_name_rows(values, n_missing, of_rows)
    if reason or n_missing or not may_count_rows(values, of_rows):
        return reason, ""
    drop = worded("tables.note.drop_if_only_names_rows", as_option=as_option(present.name))
    return "", worded("tables.note.column_counts_up_row_row", name=repr(present.name), drop=drop)


def _kind(
    column: "pl.Series", present: "pl.Series", how: Written
) -> tuple[str, NumberFormat | DateFormat | None, "pl.Series | None"]:
    """Return what the cells of a column are, how they are written, and numbers as numbers; some may be missing."""
    import polars as pl

    if present.dtype == pl.Boolean:
        return BOOLEAN, None, None
    if present.dtype in (pl.Date, pl.Datetime):
        return DATE, DateFormat(), None
    if present.dtype != pl.String:
        return NUMBER, how.default, numbers(column)
    name = present.name
    format = how.number(name)
    if format is not None and not present.str.contains(_CODE.pattern).any():
        found = format.read(column)
        n_wrong = found.null_count() - column.null_count()
        few = n_wrong <= (1 - MOSTLY_NUMBERS) * len(present) and len(present) >= 10
        if few or not n_wrong:
            return NUMBER, format, found
    different = set(present.unique().head(MOST_TRUTHS).str.to_lowercase())
    if any(different <= pair for pair in TRUTH_PAIRS) or are_mixed_truths(different):
        return BOOLEAN, None, None
    dates = how.date(name)
    return (DATE, dates, None) if dates else (CATEGORY, None, None)


def _mistakes(
    column: "pl.Series", found: "pl.Series", of_rows: int | None, rows: "pl.Series | None", what: str = "numbers"
) -> DataError:
    """Return the error for a column of numbers or dates that contains a few other texts."""
    wrong = (found.is_null() & column.is_not_null()).arg_true()
    n_texts, first = len(wrong), int(wrong[0])
    n_found = len(column) - column.null_count() - n_texts
    none = worded("tables.note.one_holds") if n_texts == 1 else worded("tables.note.many_hold", n=n_texts)
    else_ = term("text") if what == "numbers" else worded("core.term.other_texts")
    of_sample = of_rows not in (None, len(column))
    row = first if rows is None else int(rows[first])
    its = worded("tables.note.sampled_cells") if of_sample else worded("tables.note.cells_3")
    where = "" if of_sample and rows is None else worded("tables.note.row", row=row + 1, space=" ")
    cell = shortened(column[first])
    return DataError(
        worded(
            "tables.error.column_hold_do_first_correct",
            name=repr(column.name),
            what=term(what),
            n_found=n_found,
            its=its,
            none=none,
            else_=else_,
            cell=cell,
            where=where,
            as_option=as_option(column[first]),
        )
    )
