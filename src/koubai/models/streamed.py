"""A table larger than memory, made ready for training: surveyed in one pass, written as prepared rows in another.

The first pass samples rows, from which kinds, statistics and categories are learned by the same code as for a table in
memory, and gathers exact counts where possible. The second prepares every row once and writes it to a temporary file,
from which all epochs are read. Of several processes each reads, prepares and keeps its own rows of the table.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.engines.protocol import Rows
from koubai.engines.together import in_step, of_all
from koubai.models.prepared import LAST, ColumnsAsked
from koubai.models.scaling import Spread
from koubai.tables.files.blocks import TableBlocks
from koubai.tables.files.missing import clean
from koubai.tables.meaning.columns import Column, describe_columns, require_column
from koubai.tables.meaning.doubts import total_row
from koubai.tables.meaning.number_formats import NumberFormat
from koubai.tables.meaning.values import numbers
from koubai.tables.meaning.written import Written
from koubai.tables.preparing.balance import imbalance_of, untested
from koubai.tables.preparing.packing import Packing
from koubai.tables.preparing.preparation import Preparation, read_once
from koubai.tables.preparing.refusals import (
    CLASSIFICATION,
    check_task,
    check_type,
    refuse_dates,
    refuse_odd_words,
    said_of_words,
)
from koubai.tables.preparing.splits import Splitter
from koubai.tables.preparing.survey import Roles, Split, survey
from koubai.tables.preparing.surveyed import Counts, Survey
from koubai.tables.preparing.suspicions import amounts_as_classes, suspicions
from koubai.tables.preparing.targets import Target, target_of
from koubai.tables.preparing.texts.signal import with_texts
from koubai.training.shared_store import SharedStore, store_of
from koubai.training.sources import Streamed
from koubai.training.store import Field, RowStore

if TYPE_CHECKING:
    import polars as pl

Y = np.dtype(np.float64)
"""Dtype of stored targets: numbers unchanged, classes as their index among all classes."""

Store: TypeAlias = RowStore | SharedStore
Answers: TypeAlias = tuple[Array, Array | None]
"""Predictions (n,), and probabilities (n, n_classes) of a classifier."""
How: TypeAlias = "Callable[[pl.DataFrame], Written]"
"""Finds out how columns are written."""

FIRST_ROWS = 20_000
"""Number of rows from which a target's number format is determined, before all others are counted."""


class Part(NamedTuple):
    """Rows for testing a model: features (n, n_features), and targets (n,) as in the table."""

    features: Array
    y: Array


@dataclass(frozen=True, eq=False)
class StreamedTable:
    """A table that is read block by block, and the results of a first pass over it.

    Parameters
    ----------
    table : TableBlocks
        The table.
    split : Split
        The role of each row.
    target : Target
        The target column and the task.
    preparation : Preparation
        How its other columns become features.
    found : Survey
        The counts of the first pass.
    said : tuple of str
        As for `koubai.models.prepared.PreparedTable`; suspicions are based on the sample.
    """

    table: TableBlocks
    split: Split
    target: Target
    preparation: Preparation
    found: Survey
    said: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Names of the table's columns."""
        return self.table.columns

    @property
    def has_names(self) -> bool:
        """Whether the file named the columns."""
        return self.table.has_names

    @property
    def n_rows(self) -> dict[str, int]:
        """Numbers of rows: read, without target, training, validation, test; and for intervals, if there are any."""
        return {name: n for name, n in self.found.n_rows.items() if n or name != "calibration"}

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest target, for regression."""
        return self.found.lowest, self.found.highest

    def class_counts(self) -> tuple[Array, npt.NDArray[np.int64]]:
        """Return the classes, sorted, and the rows of each."""
        return self._classes(self.found.target)

    def training_counts(self) -> npt.NDArray[np.int64]:
        """Return the training rows of each class."""
        classes, _ = self.class_counts()
        there, counts = self._classes(self.found.in_training)
        found = np.zeros(len(classes), np.int64)
        found[np.searchsorted(classes, there)] = counts
        return found

    @property
    def notes(self) -> list[str]:
        """Notes on the table, one sentence each."""
        notes = list(self.table.notes)
        if dropped := self.n_rows["without target"]:
            rows = worded("models.note.row" if dropped == 1 else "models.note.rows", dropped=dropped)
            notes.append(worded("models.note.dropped_without_value", rows=rows, name=self.target.name))
        notes += self.said
        if self.found.sample.height < self.found.whole.n_rows:
            notes.append(
                worded("models.note.kinds_columns_statistics_come_sampled", height=f"{self.found.sample.height:,}")
            )
        if self.target.whole and (sentence := amounts_as_classes(self.target, len(self.class_counts()[0]))):
            notes.append(sentence)
        if self.target.is_classification and (sentence := imbalance_of(*self.class_counts())):
            notes.append(worded("models.note.class_weights_balanced_give_rare", sentence=sentence))
        if self.target.is_classification and self.n_rows["test"]:
            tested, _ = self._classes(self.found.in_test)
            if sentence := untested(self.class_counts()[0], tested):
                notes.append(sentence)
        return notes

    def write(self, dtype: str) -> "PreparedRows":
        """Prepare all rows and write them to temporary files, in a second pass over the table; each process its own.

        Raises
        ------
        DataError
            If a cell is invalid; the message names it.
        FileError
            If there is not enough space.
        """
        packing = Packing(self.preparation, np.dtype(dtype))
        together = self.table.together
        fields = [Field(packing.dtype, packing.n_numbers), Field(np.dtype(np.uint8), packing.n_codes), Field(Y, 1)]
        counts = {name: [share[name] for share in self.found.of_processes] for name in Roles._fields}
        stores = in_step(
            together, lambda: {name: store_of(fields, of_role, together) for name, of_role in counts.items()}
        )
        classes = self.class_counts()[0] if self.target.is_classification else None
        moments = self.found.moments
        spread = Spread(moments.mean, moments.deviation) if classes is None else None
        rows = PreparedRows(packing, classes, spread, **stores)
        in_step(together, lambda: self._fill(rows))
        if spread is not None:
            spread.share(together)
        return rows

    def _fill(self, rows: "PreparedRows") -> None:
        """Prepare the rows that this process reads, and write them."""
        packing, classes, spread = rows.packing, rows.classes, rows.spread
        for block in self.table.blocks("blocks prepared"):
            roles = self.split.roles(block, self.target.name)
            packed, codes = packing.pack(block.frame, block.first)
            values, with_target = self.target.values(block.frame[self.target.name], block.first)
            y = np.empty((block.frame.height, 1))
            y[with_target, 0] = values if classes is None else np.searchsorted(classes, values)
            if spread is not None:
                spread.add(y[roles.training, 0])
            for name, mask in roles._asdict().items():
                chosen = (packed, codes, y) if mask.all() else (packed[mask], codes[mask], y[mask])
                getattr(rows, name).append(*chosen)
        for name in Roles._fields:
            getattr(rows, name).finish()

    def _classes(self, counts: Counts) -> tuple[Array, npt.NDArray[np.int64]]:
        values, _ = self.target.values(counts.values)
        classes, places = np.unique(values, return_inverse=True)  # "1" and "1.0" are the same
        return classes, np.bincount(places, counts.counts, len(classes)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class PreparedRows:
    """All rows of a table, prepared, in temporary files.

    Parameters
    ----------
    packing : Packing
        The storage of features.
    classes : array of shape (n_classes,) or None
        For classification, the classes, sorted.
    spread : Spread or None
        For regression, the statistics of the training targets.
    training, validation, test, calibration : RowStore or SharedStore
        Numbers, codes and targets.
    """

    packing: Packing
    classes: Array | None
    spread: Spread | None
    training: Store
    validation: Store
    test: Store
    calibration: Store

    def close(self) -> None:
        """Release the temporary files."""
        for store in (self.training, self.validation, self.test, self.calibration):
            store.close()

    def source(
        self,
        store: Store,
        coded: Array | None,
        weights: Array | None = None,
        center: float = 0.0,
        scale: float = 1.0,
    ) -> Streamed:
        """Return rows as a source for training.

        Parameters
        ----------
        store : RowStore or SharedStore
            One of the stores above.
        coded : array of shape (n_classes, n_outputs) or None
            For classification, the coded target of each class.
        weights : array of shape (n_classes,), optional
            Weights of the rows of each class.
        center, scale : float
            For regression, the scaling of targets.
        """
        dtype = self.packing.dtype

        def rows(features: Array, y: Array) -> Rows:
            if coded is None:
                return Rows(features, ((y - center) / scale).astype(dtype))
            places = y[:, 0].astype(np.int64)
            of_rows = None if weights is None else weights[places].astype(dtype)
            return Rows(features, coded[places].astype(dtype), of_rows)

        return self._streamed(store, rows, (1 if coded is None else coded.shape[1]) + (weights is not None))

    def answers(self, store: Store, outputs: Callable[[Array], Answers]) -> Iterator[tuple[Array, Answers]]:
        """Yield targets as in the table, and a model's answers, of all rows of one of the stores, part by part.

        Of several processes each computes those of its own rows, and all see those of all.
        """

        def own() -> Iterator[list[Array]]:
            for part in self._parts(store):
                yield [part.y, *(found for found in outputs(part.features) if found is not None)]

        together = self._streamed(store, lambda features, y: Rows(features, y), 1).together
        for y, predicted, *probabilities in of_all(together, own()):
            yield y, (predicted, probabilities[0] if probabilities else None)

    def _parts(self, store: Store) -> Iterator[Part]:
        """Yield this process's rows of one of the stores, part by part, with their targets as in the table."""
        for rows in self._streamed(store, lambda features, y: Rows(features, y), 1).in_order():
            y = rows.targets[:, 0]
            yield Part(np.asarray(rows.inputs), y if self.classes is None else self.classes[y.astype(np.int64)])

    def _streamed(self, store: Store, rows: Callable[[Array, Array], Rows], n_more: int) -> Streamed:
        """Return a source of ``rows``, with ``n_more`` numbers per row besides the features."""

        def unpack(arrays: list[Array]) -> Rows:
            numbers, codes, y = arrays
            return rows(self.packing.unpack(numbers, codes), y)

        n_features, dtype = self.packing.n_features, self.packing.dtype
        return Streamed(store, unpack, n_features, dtype, (n_features + n_more) * dtype.itemsize)


def survey_table(
    table: TableBlocks,
    target: str,
    *,
    task: str | None = None,
    columns: ColumnsAsked | None = None,
    split: Split,
) -> StreamedTable:
    """Analyse a table in one pass, and learn from a sample how to prepare its columns.

    Parameters
    ----------
    table : TableBlocks
        The table.
    target, task, columns
        As for `koubai.models.prepared.prepare_table`.
    split : Split
        The role of each row.

    Raises
    ------
    DataError
        If there is nothing to learn from the table.
    ParameterError
        If the task does not fit the target.
    """
    check_task(task)
    asked = columns or ColumnsAsked()

    def how(rows: "pl.DataFrame") -> Written:
        return asked.written(rows, table.separator)

    first, format = in_step(table.together, lambda: _first(table, target, task, how))
    said = in_step(
        table.together, lambda: said_of_words(first[target], lambda: table.words_in(target), task, table.marks)
    )
    found = survey(table, target, split, asked.category, format)
    learned = in_step(table.together, lambda: _target(table, target, task, format, found))
    preparation, more = in_step(table.together, lambda: _preparation(table, learned, asked, how, found))
    return StreamedTable(table, split, learned, preparation, found, (*said, *more))


def _first(table: TableBlocks, target: str, task: str | None, how: How) -> "tuple[pl.DataFrame, NumberFormat | None]":
    """Return the first rows, and how the target's numbers are written."""
    head = table.head(0)
    require_column(head, target)
    check_type(target, head[target].dtype)
    first = clean(table.head(FIRST_ROWS), table.signed, table.marks)
    columns = how(first)
    if task != CLASSIFICATION:
        refuse_dates(target, columns)
    return first, columns.number(target)


def _target(table: TableBlocks, target: str, task: str | None, format: NumberFormat | None, found: Survey) -> Target:
    """Return the target, and the task."""
    values, n_present = found.target.values, found.n_rows["read"] - found.n_rows["without target"]
    read = numbers(values, format or NumberFormat())
    if task != CLASSIFICATION:
        refuse_odd_words(target, values, read, n_present, found.n_odd, task, lambda cell: table.row_of(target, cell))
    learned = target_of(target, values, n_present, len(values), task, format, read)
    if learned.is_classification and not found.target.complete:
        raise DataError(
            what=(worded("models.error.target_have_classes_several_rows", target=repr(target), n_values=len(values))),
            remedy=worded("core.remedy.choose_another_column_task_regression"),
        )
    if not found.n_rows["training"]:
        raise DataError(
            what=worded("models.error.table_have_training_rows_all", n_present=n_present),
            remedy=worded("core.remedy.hold_out_fewer"),
        )
    return learned


def _preparation(
    table: TableBlocks, target: Target, columns: ColumnsAsked, how: How, found: Survey
) -> tuple[Preparation, list[str]]:
    """Return how columns become features, and what is to be said of them."""
    sample, whole, name = found.sample, found.whole, target.name
    form = how(sample)
    described = describe_columns(sample.drop(name), **columns.kinds, of_rows=whole.n_rows, rows=found.sampled, how=form)
    described = _with_texts(described, sample, target, columns.named)
    sample = read_once(sample, described, is_sample=True)
    preparation = Preparation.learned(described, sample, whole=whole)
    there = sample.filter(sample[name].is_not_null())
    suspected = suspicions(there, target, preparation)
    if sample.height < whole.n_rows:
        suspected = [
            worded("models.note.among_sampled_rows", height=f"{there.height:,}", sentence=sentence)
            for sentence in suspected
        ]
    suspected += total_row(table.tail(LAST), table.n_rows)
    of_target = [form.note_of(name)] if form.note_of(name) else []
    return preparation, [*of_target, *preparation.said, *suspected]


def _with_texts(
    described: Sequence[Column], sample: "pl.DataFrame", target: Target, own: Collection[str]
) -> list[Column]:
    """Return what columns hold, with texts that say something of the target in the sampled rows."""
    y, rows = target.values(sample[target.name])
    splitter = Splitter(y if target.is_classification else None)
    return with_texts(described, sample[rows], y, splitter, target.is_classification, np.arange(len(y)), own)
