"""What the service asks of whatever answers with one kind of model, and what all of them share."""

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from koubai.core.errors import DataError

if TYPE_CHECKING:
    import polars as pl

    from koubai.export.steps import Input


Rows: TypeAlias = Any
"""Rows as a kind of model takes them: a table, or images and notes on them."""


class Answers(Protocol):
    """Answers with a model."""

    title: str
    """What the model is, in a line."""
    inputs: "tuple[Input, ...]"
    """What a row holds."""
    classes: list[object]
    """The classes; none for numbers."""
    has_probabilities: bool
    """Whether classes have probabilities."""
    types: tuple[str, ...]
    """The content types that rows come in."""
    is_explained: bool
    """Whether there is a derivation of an answer."""

    def one(self, row: dict[str, object]) -> dict[str, object]:
        """Return the answer for one row; raise KoubaiError if the row cannot be answered."""
        ...

    def frame(self, rows: list[dict[str, object]]) -> Rows:
        """Return rows of JSON as what `of_table` and `table` take; raise KoubaiError if they are not rows."""
        ...

    def of_table(self, table: Rows) -> tuple[list[dict[str, object]], list[str]]:
        """Return the answers for rows, and notes on them."""
        ...

    def table(self, table: Rows) -> "tuple[pl.DataFrame, list[str]]":
        """Return the answers for rows as a table, and notes on it."""
        ...

    def explanation(self, row: dict[str, object], form: str, lang: str | None) -> str:
        """Return the derivation of one row's answer."""
        ...


def answers_in(predicted: "pl.DataFrame", classes: list[object]) -> list[dict[str, object]]:
    """Return the rows of a table of predictions as answers.

    Parameters
    ----------
    predicted : polars.DataFrame
        ``prediction`` or, of several numbers or labels, ``prediction_…`` of each; ``probability_…`` of classes; others.
    classes : list
        The classes, in the order of the table's columns.

    Examples
    --------
    >>> import polars as pl
    >>> answers_in(pl.DataFrame({"prediction": ["a"], "probability_a": [0.75], "probability_b": [0.25]}), ["a", "b"])
    [{'prediction': 'a', 'probabilities': {'a': 0.75, 'b': 0.25}}]
    """
    shares = [name for name in predicted.columns if name.startswith("probability_")]
    alone = "prediction" in predicted.columns
    several = [] if alone else [name for name in predicted.columns if name.startswith("prediction_")]
    others = [name for name in predicted.columns if name not in ("prediction", *several, *shares)]
    found = []
    for row in predicted.rows(named=True):
        if alone:
            answer = {"prediction": row["prediction"]}
        else:
            cells = [row[name] for name in several]
            applies = [label for label, cell in zip(classes, cells, strict=False) if cell]
            answer = {"prediction": applies if classes else cells}
        if shares:
            named = {str(label): row[name] for label, name in zip(classes, shares, strict=True)}
            answer["probabilities"] = named
        found.append(answer | {name: row[name] for name in others})
    return found


def with_notes(answer: dict[str, object], notes: list[str]) -> dict[str, object]:
    """Return an answer with the notes on it, if there are some."""
    return answer | ({"notes": notes} if notes else {})


def frame_of(rows: list[dict[str, object]]) -> "pl.DataFrame":
    """Return rows of JSON as a table.

    Raises
    ------
    DataError
        If a cell is no number, text, truth value or null.
    """
    import polars as pl

    for number, row in enumerate(rows, 1):
        for name, cell in row.items():
            if not isinstance(cell, str | int | float | None):
                raise DataError(
                    f"The cell {str(name)[:60]!r} in row {number} must be a number, a text, true, false or null; got "
                    f"{'a list' if isinstance(cell, list) else 'an object'}."
                )
    try:
        found = pl.DataFrame(rows, infer_schema_length=None, strict=True)
        return found.with_columns(pl.col(pl.Int128).cast(pl.String))  # numbers too long for NumPy are read as written
    except (pl.exceptions.PolarsError, TypeError, OverflowError, ValueError):
        names = list(dict.fromkeys(name for row in rows for name in row))
        texts = {name: [_text(row.get(name)) for row in rows] for name in names}
        return pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String))


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def check_columns(names: list[str], there: "list[str] | set[str]") -> None:
    """Raise DataError if columns are missing, naming the first and how many more."""
    lacking = [name for name in names if name not in there]
    if lacking:
        more = f" (and {len(lacking) - 1:,} more)" if len(lacking) > 1 else ""
        raise DataError(f"The row must have {lacking[0]!r}{more}, one of the model's inputs; it has not. Add it.")


def no_derivation(model: object) -> DataError:
    """Return the error for a model that has no derivation to give."""
    return DataError(
        f"/explain must be asked of a network or a perceptron, whose answers have a derivation; the model is a "
        f"{type(model).__name__}. Ask /predict."
    )


def plain(label: object) -> object:
    """Return a label as JSON has it."""
    return label.item() if isinstance(label, np.generic) else label
