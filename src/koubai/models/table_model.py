"""A table's preparation and a network as one model: it learns from a table and predicts for a table."""

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, Unpack

import numpy as np
import numpy.typing as npt

from koubai.core.arguments import COLLECTION, FLAG, REAL, TEXT, check_kind, or_none
from koubai.core.errors import ParameterError
from koubai.models import records
from koubai.models.asked import name_of_target, path_of
from koubai.models.defaults import penalties_to_judge, uses_lbfgs
from koubai.models.estimator_choice import check_choices, estimator_for
from koubai.models.judging import Judgement, draw_to_constant, judge, row_weights
from koubai.models.prepared import PreparedTable, prepare_table
from koubai.models.scaling import TargetScale
from koubai.models.streamed import PreparedRows, StreamedTable, survey_table
from koubai.models.table_predictor import TablePredictor
from koubai.tables.blocks import TableBlocks, open_blocks
from koubai.tables.frames import TableLike, raw_table
from koubai.tables.missing import texts_of, words_in
from koubai.tables.names import column_names
from koubai.tables.number_formats import Asked
from koubai.tables.reading import ReadingOptions
from koubai.tables.survey import Split
from koubai.tables.targets import said_of_words
from koubai.tables.values import clean

if TYPE_CHECKING:
    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.regressor import MLPRegressor

Array = npt.NDArray[Any]

MIN_TO_WATCH = 100
"""With fewer training rows, none of them are held out for a validation score."""
MIN_TO_CHOOSE = 2000
"""With fewer, that score is too coarse to choose an epoch by: it is shown, and the last epoch's network is kept."""


class TableModel(TablePredictor):
    """A network for a table, from its cells to its predictions.

    Parameters
    ----------
    task : {"classification", "regression"}, optional
        What the target asks for; found from its values, if not given (see `koubai.tables.targets.find_target`).
    drop, keep, category : collections of str
        Columns to leave out, to use though they look like identifiers, and to take as categories.
    decimal, thousands, date_order : str, optional
        How numbers and dates in texts are written, where cells cannot show it: the decimal mark, what sets off
        thousands, and ``dmy``, ``mdy`` or ``ymd`` (see `koubai.tables.number_formats.Asked`).
    missing, not_missing : collections of str
        Further cells that are missing, such as -999 or unknown; and usual marks that are values, such as None.
    dtype : {"float64", "float32"}
        Of features and parameters.
    random_state : int
        Seed of splits, initial values and shuffles: the same seed gives the same model.
    cross_validation : bool
        Whether a small table's network is cross-validated to choose its penalty and how sure it may be, see
        `koubai.models.judging`.
    **network
        Parameters of `koubai.MLPClassifier` or `koubai.MLPRegressor`; those not given are chosen by the number of
        rows, see `koubai.models.defaults`.

    Attributes
    ----------
    target_ : Target
        The target column and the task.
    preparation_ : Preparation
        How columns become features.
    estimator_ : MLPClassifier or MLPRegressor
        The network.
    evaluation_ : Evaluation or None
        Scores on the rows held out, if there were any.
    notes_ : list of str
        What is to be said of the table: rows dropped, classes unbalanced.
    n_rows_ : dict of str to int
        Rows that were read, dropped for want of a target, used for training, validation and test.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"x": list(range(40)) * 2, "y": (["low"] * 20 + ["high"] * 20) * 2})
    >>> model = TableModel(hidden_layer_sizes=(8,), solver="lbfgs").fit(table, "y")
    >>> model.predict({"x": [3, 35]})["prediction"].to_list()
    ['low', 'high']
    """

    def __init__(
        self,
        *,
        task: str | None = None,
        drop: Collection[str] = (),
        keep: Collection[str] = (),
        category: Collection[str] = (),
        decimal: str | None = None,
        thousands: str | None = None,
        date_order: str | None = None,
        missing: Collection[Any] = (),
        not_missing: Collection[str] = (),
        dtype: str = "float64",
        random_state: int = 0,
        cross_validation: bool = True,
        **network: Any,
    ) -> None:
        self.task = task
        lists = {"drop": drop, "keep": keep, "category": category, "missing": missing, "not_missing": not_missing}
        for name, given in lists.items():
            check_kind("TableModel", name, given, COLLECTION)
        self.drop, self.keep, self.category = map(column_names, (drop, keep, category))
        self.decimal, self.thousands, self.date_order = decimal, thousands, date_order
        self.missing, self.not_missing = texts_of(missing), texts_of(not_missing)
        self.dtype = dtype
        self.random_state = random_state
        self.cross_validation = cross_validation
        self.network = network

    def prepare(
        self, table: TableLike, target: str, *, test_fraction: float = 0.0, **reading: Unpack[ReadingOptions]
    ) -> PreparedTable:
        """Find out what a table holds, and split its rows, without training yet.

        Parameters
        ----------
        table : Table, DataFrame, mapping or path
            The table, target column among its columns.
        target : str
            The column to be predicted.
        test_fraction : float
            Share of the rows that are held out to say in the end how good the model is, in [0, 1).
        **reading
            How a file is to be read (encoding, separator, header, skip_lines), see `koubai.tables.reading.read_table`;
            files to predict for are then read the same way, unless that is said anew.

        Raises
        ------
        DataError
            If there is nothing to be learned from the table: see `koubai.tables`.
        ParameterError
            If a parameter is not allowed.
        """
        target = self._check(target, test_fraction)
        raw = raw_table(table, **reading)
        read = replace(raw, frame=clean(raw.frame, marks=self.marks))
        said: list[str] = []
        if target in raw.frame.columns:
            said = said_of_words(read.frame[target], lambda: words_in(raw.frame[target]), self.task, self.marks)
        return prepare_table(
            read,
            target,
            task=self.task,
            drop=self.drop,
            keep=self.keep,
            category=self.category,
            asked=self.asked,
            said=said,
            test_fraction=test_fraction,
            validation_fraction=self._validation_fraction(round(read.frame.height * (1 - test_fraction))),
            seed=self.random_state,
        )

    def survey(
        self, table: TableLike, target: str, *, test_fraction: float = 0.0, **reading: Unpack[ReadingOptions]
    ) -> StreamedTable:
        """Do what `prepare` does for a table that is read block by block, in one pass over it.

        Parameters
        ----------
        table : path or TableBlocks
            A Parquet or text file, or what `koubai.tables.blocks.open_blocks` opened.
        target, test_fraction, **reading
            As `prepare`.

        Raises
        ------
        DataError, ParameterError
            As `prepare`.
        """
        target = self._check(target, test_fraction, streamed=True)
        blocks = table if isinstance(table, TableBlocks) else open_blocks(path_of(table), **reading)
        blocks.marks = self.marks
        validation_fraction = self._validation_fraction(round(blocks.n_rows * (1 - test_fraction)))
        return survey_table(
            blocks,
            target,
            task=self.task,
            drop=self.drop,
            keep=self.keep,
            category=self.category,
            asked=self.asked,
            split=Split(test_fraction, validation_fraction, self.random_state),
        )

    def _check(self, target: object, test_fraction: float, streamed: bool = False) -> str:
        """Return the target's name; raise ParameterError for what is not allowed whatever the table holds."""
        target = name_of_target(target)
        self.check_parameters(test_fraction)
        self.check_network(streamed)
        for name, wanted in (("drop", self.drop), ("keep", self.keep), ("category", self.category)):
            if target in wanted:
                raise ParameterError(
                    f"TableModel: {name} must name columns to learn from; got the target {target!r}. Leave it out."
                )
        return target

    @property
    def asked(self) -> Asked:
        """What the user says of how numbers and dates are written."""
        return Asked(self.decimal, self.thousands, self.date_order)

    def check_parameters(self, test_fraction: float) -> None:
        """Raise ParameterError if a parameter of this class, or the share of test rows, is not allowed."""
        for name in ("task", "decimal", "thousands", "date_order", "dtype"):
            check_kind("TableModel", name, getattr(self, name), or_none(TEXT))
        self.asked.check()
        self.marks.check()
        check_kind("TableModel", "test_fraction", test_fraction, REAL, 0.2)
        if not 0 <= test_fraction < 1:
            raise ParameterError(f"TableModel: test_fraction must be in [0, 1); got {test_fraction!r}. Try 0.2.")
        if self.dtype not in ("float64", "float32"):
            raise ParameterError(f"TableModel: dtype must be float64 or float32; got {self.dtype!r}. Try float64.")
        if not isinstance(self.random_state, int) or not 0 <= self.random_state < 2**32 - 1:
            raise ParameterError(
                f"TableModel: random_state must be an integer from 0 to 4294967294; got {self.random_state!r}. Try 0."
            )

    def check_network(self, streamed: bool = False) -> None:
        """Raise ParameterError if the network's parameters are allowed for no task, whatever the table may be.

        Parameters
        ----------
        streamed : bool
            Whether the table is read block by block, which some parameters have no use for.
        """
        check_choices(self.task, self.network, self.random_state, streamed)

    def _validation_fraction(self, n_rows: int) -> float:
        """Return the share of training rows that are held out to score each epoch."""
        wanted = self.network.get("early_stopping", n_rows >= MIN_TO_WATCH) and not uses_lbfgs(self.network)
        fraction = float(self.network.get("validation_fraction", 0.1)) if wanted else 0.0
        if not 0 <= fraction < 1:
            raise ParameterError(f"TableModel: validation_fraction must be in [0, 1); got {fraction!r}. Try 0.1.")
        return fraction

    def fit(
        self,
        table: TableLike,
        target: str,
        *,
        test_fraction: float = 0.0,
        callbacks: Any = None,
        stream: bool = False,
        **reading: Unpack[ReadingOptions],
    ) -> Self:
        """Learn from a table to predict one of its columns.

        Parameters
        ----------
        table, target, test_fraction, **reading
            As `prepare`.
        callbacks : callable or sequence of callables, optional
            Called with a `koubai.training.history.Epoch` after every epoch; True stops training.
        stream : bool
            Whether to read a file block by block, in memory that does not grow with its rows.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If there is nothing to be learned from the table.
        ParameterError
            If a parameter is not allowed.
        DivergenceError
            If training leaves the finite numbers.
        """
        check_kind("TableModel", "stream", stream, FLAG, False)
        if stream or isinstance(table, TableBlocks):
            return self.train(self.survey(table, target, test_fraction=test_fraction, **reading), callbacks)
        return self.train(self.prepare(table, target, test_fraction=test_fraction, **reading), callbacks)

    def train(self, prepared: PreparedTable | StreamedTable, callbacks: Any = None, *, progress: bool = False) -> Self:
        """Train on what `prepare` returned, and evaluate on the rows held out.

        Parameters
        ----------
        prepared : PreparedTable or StreamedTable
            The split table.
        callbacks
            As `fit`.
        progress : bool
            Whether to show a progress bar on standard error.
        """
        if isinstance(prepared, StreamedTable):
            return self._train_streamed(prepared, callbacks, progress)
        y = prepared.y[prepared.training]
        self._describe(prepared, y)
        training, validation, test = (
            self._features(prepared.frame[rows]) for rows in (prepared.training, prepared.validation, prepared.test)
        )
        estimator: Any = self._new_estimator(len(y), len(validation) > 0, callbacks)
        held_out = prepared.y[prepared.validation]
        self.judgement_ = self._judge(np.concatenate([training, validation]), np.concatenate([y, held_out]))
        if self.judgement_ is not None:
            estimator.set_params(alpha=self.judgement_.l2)
        given: Any = None
        if len(validation):
            weights = self._row_weights(held_out, y)
            given = (validation, self._coded(held_out), *([] if weights is None else [weights]))
        estimator.progress = progress
        estimator.fit(training, self._coded(y), validation_data=given)
        estimator.progress = False
        self.estimator_ = estimator
        if self.judgement_ is not None:
            draw_to_constant(estimator, self.judgement_.factor, self._coded(y), self._row_weights(y, y))
        self.evaluation_ = None
        if len(test):
            self.evaluation_ = self._evaluate(test, prepared.y[prepared.test])
        return self

    def _judge(self, features: Array, y: Array) -> Judgement | None:
        """Return what cross-validation says of a small table's network, if it is to be asked."""
        penalties = penalties_to_judge(len(y), self.network) if self.cross_validation else ()
        if not penalties:
            return None
        left_out = ("alpha", "callbacks", "checkpoint", "n_starts")
        given = {name: value for name, value in self.network.items() if name not in left_out}

        def make(penalty: float) -> Any:
            chosen = {**given, "alpha": penalty}
            return estimator_for(self.target_.task, len(y), chosen, self.random_state, self.long_tail_)

        weights, classes = self._row_weights(y, y), self.target_.is_classification
        return judge(make, penalties, features, self._coded(y), weights, classes=classes, seed=self.random_state)

    def _row_weights(self, y: Array, training: Array) -> Array | None:
        return row_weights(self.network.get("class_weight"), y, training) if self.target_.is_classification else None

    def _train_streamed(self, prepared: StreamedTable, callbacks: Any, progress: bool) -> Self:
        """Train on a table that is read block by block."""
        with closing(prepared.write(self.dtype)) as rows:
            return self._train_on_rows(prepared, rows, callbacks, progress)

    def _train_on_rows(self, prepared: StreamedTable, rows: PreparedRows, callbacks: Any, progress: bool) -> Self:
        self._describe_table(prepared)
        if rows.spread is not None:
            self._take_scale(rows.spread.scale(self.network))
        n_rows = prepared.n_rows
        validated = n_rows["validation"] > 0
        estimator: Any = self._new_estimator(n_rows["training"], validated, callbacks)
        if rows.classes is None:
            training, validation = (
                rows.source(store, None, center=self.center_, scale=self.scale_)
                for store in (rows.training, rows.validation)
            )
        else:
            counts = prepared.training_counts()
            self.commonest_, self.shares_ = rows.classes[counts.argmax()].item(), (counts / counts.sum()).tolist()
            coded = estimator.take_classes(rows.classes)
            weights = estimator.weights_of_classes(counts)
            training, validation = (rows.source(store, coded, weights) for store in (rows.training, rows.validation))
        estimator.progress = progress
        self.estimator_ = estimator.fit_source(training, validation if validated else None)
        self.estimator_.progress = False
        tally = self.new_tally()
        for part in rows.test_parts():
            tally.add(part.y, *self.outputs(part.features))
        self.evaluation_ = tally.evaluation() if n_rows["test"] else None
        return self

    def take(self, prepared: PreparedTable, estimator: "MLPClassifier | MLPRegressor") -> Self:
        """Become the model of a network that was trained elsewhere, on all rows of ``prepared`` but the test rows.

        Parameters
        ----------
        prepared : PreparedTable
            What `prepare` returned.
        estimator : MLPClassifier or MLPRegressor
            The fitted network; numbers as targets were standardised by the mean and deviation of those rows.
        """
        y = prepared.y[np.sort(np.concatenate([prepared.training, prepared.validation]))]
        self._describe(prepared, y)
        if not self.target_.is_classification:
            self._take_scale(TargetScale.of(y))
        self.estimator_ = estimator
        test = self._features(prepared.frame[prepared.test])
        self.evaluation_ = self._evaluate(test, prepared.y[prepared.test]) if len(test) else None
        return self

    def _describe(self, prepared: PreparedTable, y: Array) -> None:
        """Set what follows from the table and from the targets of the training rows."""
        self._describe_table(prepared)
        if self.target_.is_classification:
            classes, counts = np.unique(y, return_counts=True)
            self.commonest_, self.shares_ = classes[counts.argmax()].item(), (counts / counts.sum()).tolist()
        else:
            self._take_scale(TargetScale.of(y, self.network))

    def _describe_table(self, prepared: PreparedTable | StreamedTable) -> None:
        """Set what follows from the table."""
        self.target_, self.preparation_ = prepared.target, prepared.preparation
        self.columns_, self.has_names_ = prepared.columns, prepared.has_names
        self.n_rows_, self.notes_ = prepared.n_rows, prepared.notes
        self.reading_ = dict(prepared.table.reading)
        self.judgement_, self.shares_ = None, None
        self._take_scale(TargetScale(0.0, 1.0, 0.0, -np.inf, np.inf))

    def _new_estimator(self, n_rows: int, validated: bool, callbacks: Any) -> "MLPClassifier | MLPRegressor":
        estimator = estimator_for(self.target_.task, n_rows, self.network, self.random_state, self.long_tail_)
        stops = validated and self.network.get("early_stopping", n_rows >= MIN_TO_CHOOSE)
        return estimator.set_params(early_stopping=stops, callbacks=callbacks)

    def to_record(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return the model as plain data and arrays; `from_record` reads them back.

        Raises
        ------
        DataError
            If a parameter of the network has no plain form.
        """
        self.check_fitted()
        return records.to_record(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any], tensors: Mapping[str, Array]) -> Self:
        """Return the model that `to_record` described: its predictions are bit for bit the same.

        Raises
        ------
        ModelFileError
            If the record is damaged or of something else.
        """
        model = cls(**records.parameters_of(record))
        records.restore(model, record, tensors)
        return model
