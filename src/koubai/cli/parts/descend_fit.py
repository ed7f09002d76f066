"""``koubai descend --fit``: descend on two columns of a table."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from koubai.cli.parts.descend_options import checked_window, given, one_of_each
from koubai.cli.parts.reading import say_notes
from koubai.core.errors import DataError
from koubai.core.language import Language, language, worded
from koubai.core.untyped import TableOfOthers

if TYPE_CHECKING:
    import polars as pl

    from koubai.core.arrays import Array
    from koubai.descent.display import Displayed
    from koubai.tables.meaning.written import Written


def fit(args: argparse.Namespace) -> "Displayed":
    """Return the descents on the named columns."""
    from koubai.descent.fits.fitting import fit_points

    x, y = _columns(args.function, args.x, args.y, args.fit, language(args.lang))
    rule, rate = one_of_each(args, "--fit")
    return fit_points(
        x,
        y,
        args.fit,
        intercept=args.intercept,
        methods=args.method,
        optimizer=rule,
        learning_rate=rate,
        start=args.start[0] if args.start else None,
        batch_size=args.batch_size,
        seed=args.seed,
        names=(args.x, args.y),
        window=checked_window(args.window, 1 if args.intercept is not None else 2),
        standardize=args.standardize,
        **given(max_steps=args.steps, step_size=args.step_size),
    )


def _columns(path: str, x: str, y: str, model: str, lang: Language) -> "tuple[Array, Array]":
    """Return two columns of a table without the rows where one of them is empty; classes may be text."""
    import numpy as np

    from koubai.tables.files.missing import clean
    from koubai.tables.files.reading import read_table
    from koubai.tables.meaning.written import written

    table = read_table(path)
    say_notes(table.notes)
    frame = table.frame
    for name in (x, y):
        if name not in frame.columns:
            there = ", ".join(frame.columns[:12])
            raise DataError(worded("descend.error.column", path=path, column=repr(name), columns=there))
    frame = clean(frame.select(list(dict.fromkeys((x, y)))))
    how = written(frame, separator=table.separator)
    across = _numbers(_as_written(frame[x], how), x, path)
    up = _numbers(_as_written(frame[y], how), y, path) if model == "line" else frame[y].to_list()
    rows = [(a, b) for a, b in zip(across, up, strict=True) if _is_there(a) and _is_there(b)]
    if len(rows) < len(across):
        named = {"n": len(across) - len(rows), "of": len(across), "x": x, "y": y}
        say_notes([worded("descend.note.dropped", **named)])
    return np.array([a for a, _ in rows]), np.array([b for _, b in rows])


def _as_written(column: "pl.Series", how: "Written") -> list[object]:
    """Return a column's cells, with numbers parsed in the column's own format, such as 1.234,5."""
    format = how.number(column.name)
    if format is None:
        return column.to_list()
    return [cell if value is None else value for cell, value in zip(column, format.read(column), strict=True)]


def _is_there(value: object) -> bool:
    """Return whether a cell has a value: neither None nor NaN, which alone differs from itself."""
    return value is not None and value == value


def _numbers(cells: Sequence[TableOfOthers], name: str, path: str) -> list[float | None]:
    """Return cells as numbers; raise DataError that names the first that is not one."""
    numbers: list[float | None] = []
    for row, cell in enumerate(cells, 1):
        try:
            numbers.append(None if cell is None else float(cell))
        except (TypeError, ValueError):
            named = {"column": repr(name), "got": repr(cell), "row": row}
            raise DataError(worded("descend.error.not_numbers", path=path, **named)) from None
    return numbers
