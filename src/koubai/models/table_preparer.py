"""The parameters of a table's model, checked, and the table analysed and split before training."""

import inspect
from collections.abc import Collection
from dataclasses import replace
from typing import Self, Unpack

import numpy as np

from koubai.core.arguments import COLLECTION, FLAG, REAL, TEXT, check_kind, or_none
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.schema import Record
from koubai.engines.registry import together_of
from koubai.models.asked import Checked, name_of_target, path_of
from koubai.models.averaging import Members, refuse_average, why_one
from koubai.models.defaults import uses_lbfgs
from koubai.models.estimator_choice import Estimator, check_choices
from koubai.models.prepared import ColumnsAsked, HeldOut, PreparedTable, RowNumbers, prepare_table
from koubai.models.scaling import TargetScale
from koubai.models.streamed import StreamedTable, survey_table
from koubai.models.table_predictor import TablePredictor
from koubai.models.trust.conformal import check_level, rows_to_set_aside
from koubai.models.trust.metrics import check_metric
from koubai.tables.files.blocks import TableBlocks, open_blocks
from koubai.tables.files.frames import TableLike, raw_table
from koubai.tables.files.missing import clean, texts_of, words_in
from koubai.tables.files.names import column_names
from koubai.tables.files.reading import ReadingOptions, Table
from koubai.tables.meaning.number_formats import Asked
from koubai.tables.preparing.numeric import FEW_PIECES
from koubai.tables.preparing.refusals import said_of_words
from koubai.tables.preparing.survey import Split

MOST_PIECED = 64
"""Maximum number of columns for a piecewise linear encoding by default: with more, it would take too long."""
MOST_CELLS = 2**26
"""Maximum number of features, over all rows, for that encoding: more would take too much memory."""
MIN_TO_WATCH = 100
"""Minimum number of training rows for holding some out for a validation score."""


class TablePreparer(TablePredictor):
    """The parameters of a table's model, and its way from a table to rows that are ready for training.

    `koubai.models.table_model.TableModel` trains it; the parameters are described there.
    """

    estimator_: "Estimator"
    others_: "list[Estimator]"

    def __init__(
        self,
        *,
        task: str | None = None,
        drop: Collection[str] = (),
        keep: Collection[str] = (),
        category: Collection[str] = (),
        text: Collection[str] = (),
        decimal: str | None = None,
        thousands: str | None = None,
        date_order: str | None = None,
        missing: Collection[object] = (),
        not_missing: Collection[str] = (),
        dtype: str = "float64",
        random_state: int = 0,
        cross_validation: bool = True,
        piecewise: bool | None = None,
        quality: str = "good",
        n_members: int | None = None,
        time: float | None = None,
        metric: str | None = None,
        intervals: float | None = None,
        **network: object,
    ) -> None:
        self.task = task
        lists: dict[str, Collection[object]] = {"drop": drop, "keep": keep, "category": category, "text": text}
        lists |= {"missing": missing, "not_missing": not_missing}
        for name, given in lists.items():
            check_kind("TableModel", name, given, COLLECTION)
        self.drop, self.keep, self.category, self.text = map(column_names, (drop, keep, category, text))
        self.decimal, self.thousands, self.date_order = decimal, thousands, date_order
        self.missing, self.not_missing = texts_of(missing), texts_of(not_missing)
        self.dtype = dtype
        self.random_state = random_state
        self.cross_validation = cross_validation
        self.piecewise = piecewise
        self.quality, self.n_members, self.time = quality, n_members, time
        self.metric, self.intervals = metric, intervals
        self.network: Record = network
        self.chosen_: dict[str, object] = {}

    def prepare(
        self,
        table: TableLike,
        target: str | Checked,
        *,
        test_fraction: float = 0.0,
        group: str | None = None,
        time_column: str | None = None,
        **reading: Unpack[ReadingOptions],
    ) -> PreparedTable:
        """Analyse a table and split its rows, without training yet.

        Parameters
        ----------
        table : Table, DataFrame, mapping or path
            The table, target column among its columns.
        target : str or Checked
            The column to be predicted; or the result of `check`, which is then not repeated.
        test_fraction : float
            Share of the rows held out for the final score, in [0, 1).
        group : str, optional
            A column of groups, such as patients: rows of one group are never both learned from and held out.
        time_column : str, optional
            A column of dates or numbers: the latest rows are held out, so that the past predicts the future.
        **reading
            How a file is read (encoding, separator, header, skip_lines), see `koubai.tables.files.reading.read_table`;
            files to predict for are read the same way, unless these are given again.

        Raises
        ------
        DataError
            If there is nothing to be learned from the table: see `koubai.tables`.
        ParameterError
            If a parameter is not allowed.
        """
        checked = target
        if not isinstance(checked, Checked):
            checked = self.check(checked, test_fraction, False, group, time_column)
        target = self._learnable(checked.target)
        raw = raw_table(table, **reading)
        read = replace(raw, frame=clean(raw.frame, marks=self.marks))
        said: list[str] = []
        if target in raw.frame.columns:
            said = said_of_words(read.frame[target], lambda: words_in(raw.frame[target]), self.task, self.marks)
        n_kept = round(read.frame.height * (1 - checked.test_fraction))
        held_out = HeldOut(checked.test_fraction, group=checked.group, time_column=checked.time_column)
        return self._prepared(read, target, held_out, n_kept, said)

    def _prepared(
        self, read: Table, target: str, held_out: HeldOut, n_kept: int, said: Collection[str] = ()
    ) -> PreparedTable:
        """Return the table prepared with this model's parameters; ``n_kept`` rows are not held out for a test."""
        held_out = replace(
            held_out,
            validation=self._validation_fraction(n_kept),
            seed=self.random_state,
            intervals=self.intervals,
        )
        return prepare_table(
            read,
            target,
            task=self.task,
            columns=self.columns_asked,
            held_out=held_out,
            said=said,
            piecewise=self._wants_pieces(*read.frame.shape),
        )

    def prepared_again(self, prepared: PreparedTable, kept: RowNumbers, test: RowNumbers) -> PreparedTable:
        """Return the table prepared anew, with these rows to learn from and those held out."""
        chosen = np.sort(kept), np.sort(test)
        held_out = HeldOut(group=prepared.group, time_column=prepared.time_column, chosen=chosen)
        return self._prepared(prepared.table, prepared.target.name, held_out, len(kept))

    def twin(self) -> Self:
        """Return an unfitted model with the same parameters."""
        names = [name for name in inspect.signature(type(self).__init__).parameters if hasattr(self, name)]
        own: Record = {name: getattr(self, name) for name in names if name != "network"}
        return type(self)(**own, **self.network)

    def survey(
        self, table: TableLike, target: str | Checked, *, test_fraction: float = 0.0, **reading: Unpack[ReadingOptions]
    ) -> StreamedTable:
        """Same as `prepare` for a table that is read block by block, in one pass over it.

        Parameters
        ----------
        table : path or TableBlocks
            A Parquet or text file, or what `koubai.tables.files.blocks.open_blocks` opened.
        target, test_fraction, **reading
            As `prepare`.

        Raises
        ------
        DataError, ParameterError
            As `prepare`.
        """
        checked = target if isinstance(target, Checked) else self.check(target, test_fraction, streamed=True)
        target, test_fraction = self._learnable(checked.target), checked.test_fraction
        together = together_of(self.network.get("engine"))
        blocks = table if isinstance(table, TableBlocks) else open_blocks(path_of(table), together=together, **reading)
        blocks.marks = self.marks
        n_kept = round(blocks.n_rows * (1 - test_fraction))
        validation_fraction = self._validation_fraction(n_kept)
        aside = 0.0 if self.intervals is None else rows_to_set_aside(n_kept, self.intervals) / n_kept
        return survey_table(
            blocks,
            target,
            task=self.task,
            columns=self.columns_asked,
            split=Split(test_fraction, validation_fraction, self.random_state, aside),
        )

    def check(
        self,
        target: object,
        test_fraction: float = 0.0,
        streamed: bool = False,
        group: str | None = None,
        time_column: str | None = None,
    ) -> Checked:
        """Check everything that can be checked before a table is read; `prepare` and `survey` accept the result.

        Parameters
        ----------
        target, test_fraction
            As `prepare`.
        streamed : bool
            Whether the table is read block by block, which some parameters do not support.
        group, time_column
            As `prepare`.

        Raises
        ------
        ParameterError, ParameterTypeError
            If something is not allowed, whatever the table holds.
        """
        name = name_of_target(target)
        self.check_parameters(test_fraction)
        check_metric(self.metric, self.task)
        check_level(self.intervals)
        check_choices(self.task, self.network, self.random_state, streamed)
        if self.members_asked.is_asked:
            refuse_average(self.network, streamed)
        _check_apart(name, group, time_column, streamed)
        return Checked(name, test_fraction, streamed, group, time_column)

    def _wants_pieces(self, n_rows: int, n_columns: int) -> bool:
        """Return whether numbers get a piecewise linear encoding, in a table of this many rows and columns."""
        if self.piecewise is not None:
            return self.piecewise
        fits = n_columns <= MOST_PIECED and n_rows * n_columns * FEW_PIECES <= MOST_CELLS
        return fits and not self.members_asked.is_fast

    def _learnable(self, target: str) -> str:
        """Return the target; raise ParameterError if it is among the columns to learn from."""
        for name in ("drop", "keep", "category", "text"):
            if target in getattr(self, name):
                raise ParameterError(
                    who="TableModel",
                    parameter=name,
                    required=worded("core.must.name_feature_columns"),
                    got=worded("core.got.target", target=repr(target)),
                    remedy=worded("core.remedy.remove"),
                )
        return target

    def _check_kinds(self) -> None:
        """Raise ParameterError if a column is to be read in two ways, or left out and used."""
        for name, other in (("category", "text"), ("drop", "keep"), ("drop", "category"), ("drop", "text")):
            both = [column for column in getattr(self, name) if column in getattr(self, other)]
            if both:
                raise ParameterError(
                    who="TableModel",
                    parameter=name,
                    required=worded("core.must.name_no_column_of_other", other=other),
                    got=repr(both[0]),
                    remedy=worded("core.remedy.leave_out_them"),
                )

    @property
    def settled(self) -> Record:
        """The network's parameters: the user's, and those chosen for the metric."""
        return {**self.network, **self.chosen_}

    @property
    def asked(self) -> Asked:
        """The user's number and date formats."""
        return Asked(self.decimal, self.thousands, self.date_order)

    @property
    def columns_asked(self) -> ColumnsAsked:
        """The user's choices about columns."""
        return ColumnsAsked(self.drop, self.keep, self.category, self.text, self.asked)

    @property
    def members_asked(self) -> Members:
        """The user's choices about how many networks are averaged."""
        return Members(self.quality, self.n_members, self.time)

    @property
    def is_of_one(self) -> bool:
        """Whether there can only be one network, by request or by its kind."""
        return self.n_members == 1 or why_one(self.settled, streamed=False) is not None

    @property
    def is_single(self) -> bool:
        """Whether a single network answers, for one of these reasons or because speed was asked for."""
        return self.is_of_one or self.members_asked.is_fast

    def check_parameters(self, test_fraction: float) -> None:
        """Raise ParameterError if a parameter of this class, or the share of test rows, is not allowed."""
        for name in ("task", "decimal", "thousands", "date_order", "dtype"):
            check_kind("TableModel", name, getattr(self, name), or_none(TEXT))
        self.asked.check()
        check_kind("TableModel", "piecewise", self.piecewise, or_none(FLAG), True)
        self.members_asked.check()
        self.marks.check()
        self._check_kinds()
        _check_share("test_fraction", test_fraction, 0.2)
        _check_share("validation_fraction", self.network.get("validation_fraction", 0.1), 0.1)
        if self.dtype not in ("float64", "float32"):
            raise ParameterError(
                who="TableModel",
                parameter="dtype",
                required=worded("core.must.float_float"),
                got=repr(self.dtype),
                remedy=worded("core.remedy.try_float"),
            )
        if not isinstance(self.random_state, int) or not 0 <= self.random_state < 2**32 - 1:
            raise ParameterError(
                who="TableModel",
                parameter="random_state",
                required=worded("core.must.integer"),
                got=repr(self.random_state),
                remedy=worded("core.remedy.try_zero"),
            )

    def _describe_table(self, prepared: PreparedTable | StreamedTable) -> None:
        """Set the attributes that follow from the table."""
        self.target_, self.preparation_ = prepared.target, prepared.preparation
        self.columns_, self.has_names_ = prepared.columns, prepared.has_names
        self.n_rows_, self.notes_ = prepared.n_rows, prepared.notes
        self.reading_ = dict(prepared.table.reading)
        self.judgement_, self.shares_ = None, None
        self.chosen_, self.decision_, self.conformal_, self.trained_ = {}, None, None, None
        self.cross_validated_, self.learning_curve_ = None, None
        self._take_scale(TargetScale(0.0, 1.0, 0.0, -np.inf, np.inf))

    def _validation_fraction(self, n_rows: int) -> float:
        """Return the share of training rows held out to score each epoch."""
        wanted = self.network.get("early_stopping", n_rows >= MIN_TO_WATCH) and not uses_lbfgs(self.network)
        return float(self.network.get("validation_fraction", 0.1)) if wanted else 0.0


def _check_apart(target: str, group: str | None, time_column: str | None, streamed: bool) -> None:
    """Raise an error if these cannot be the columns by which rows are kept apart."""
    for name, given in (("group", group), ("time_column", time_column)):
        check_kind("TableModel", name, given, or_none(TEXT))
        required = ""
        if given == target:
            required = worded("core.must.not_target")
        elif given is not None and streamed:
            required = worded("core.must.left_out_table_read_block")
        elif name == "time_column" and given is not None and group is not None:
            required = worded("core.must.not_beside_group")
        if required:
            raise ParameterError(
                who="TableModel",
                parameter=name,
                required=required,
                got=repr(given),
                remedy=worded("core.remedy.leave_it_out"),
            )


def _check_share(name: str, share: float, default: float) -> None:
    """Raise if a share of the rows is no number in [0, 1)."""
    check_kind("TableModel", name, share, REAL, default)
    if not 0 <= share < 1:
        raise ParameterError(
            who="TableModel",
            parameter=name,
            required=worded("core.must.be_in"),
            got=repr(share),
            remedy=worded("core.remedy.try", value=default),
        )
