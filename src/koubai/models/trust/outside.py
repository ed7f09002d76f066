"""Rows to predict that lie outside what was seen in training."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from koubai.core.language import worded
from koubai.tables.preparing.preparation import Preparation

if TYPE_CHECKING:
    import polars as pl


@dataclass
class Outside:
    """Counts the rows of a table that lie outside, block by block, and says so.

    Parameters
    ----------
    preparation : Preparation
        What is known of the training rows.
    """

    preparation: Preparation
    _found: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    def add(self, frame: "pl.DataFrame", first: int) -> None:
        """Count the rows of a block that begins with row ``first`` of the table, counted from 0."""
        for name, mask in self.preparation.outside(frame).items():
            place = int(mask.argmax())
            count, row, cell = self._found.get(
                name, (0, first + place + 1, str(frame[name][place]).removesuffix(" 00:00:00"))
            )
            self._found[name] = count + int(mask.sum()), row, cell

    @property
    def notes(self) -> Sequence[str]:
        """A sentence for each column with such rows."""
        spans = {column.name: column.span for column in self.preparation.columns if hasattr(column, "span")}
        notes = []
        for name, (count, row, cell) in self._found.items():
            span = spans[name]
            assert span is not None
            rows = worded("models.note.row_lies") if count == 1 else worded("models.note.rows_lie", count=f"{count:,}")
            notes.append(
                worded(
                    "models.note.column_outside_what_training_saw",
                    name=repr(name),
                    rows=rows,
                    span=span[0],
                    span_2=span[1],
                    cell=cell,
                    row=row,
                )
            )
        return notes
