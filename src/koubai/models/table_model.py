"""A table's preparation and a network as one model, from table to predictions."""

from concurrent.futures import Executor
from contextlib import closing
from time import perf_counter
from typing import TYPE_CHECKING, Self, Unpack

import numpy as np

from koubai.core.arguments import FLAG, check_kind
from koubai.core.arrays import Array
from koubai.core.schema import Record, Tensors, consistent
from koubai.models.averaging import epochs_kept, stop_of, train_members, why_one
from koubai.models.estimator_choice import estimator_for
from koubai.models.explained import ShowsItself
from koubai.models.honest.cross import check_folds, cross_validate
from koubai.models.kept import table_record
from koubai.models.prepared import PreparedTable
from koubai.models.scaling import TargetScale, bounds_around
from koubai.models.scores.judging import draw_to_constant, row_weights
from koubai.models.scores.kinds import Kinds, kinds_that_serve
from koubai.models.scores.parts import Apart
from koubai.models.streamed import PreparedRows, StreamedTable
from koubai.models.table_preparer import TablePreparer
from koubai.models.trust.applied import (
    choose_for,
    conform,
    conform_streamed,
    decide_for,
    decide_streamed,
    judge_for,
    judge_once_for,
    settings_for,
)
from koubai.models.trust.remembered import sketch_of
from koubai.tables.files.blocks import TableBlocks
from koubai.tables.files.frames import TableLike
from koubai.tables.files.reading import ReadingOptions
from koubai.training.executors import check_executor, using
from koubai.training.history import INTERRUPTED
from koubai.training.loop import Callbacks

if TYPE_CHECKING:
    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.regressor import MLPRegressor

MIN_TO_CHOOSE = 2000
"""With fewer rows, that score is too coarse to select an epoch: it is only shown, and the last epoch is kept."""
MIN_TO_CALIBRATE = 100
"""Fewer held-out rows say too little of how confident a network should be."""


class TableModel(TablePreparer, ShowsItself):
    """A network for a table, from its cells to its predictions.

    Parameters
    ----------
    task : {"classification", "regression"}, optional
        The task; by default, inferred from the target's values (see `koubai.tables.preparing.targets.find_target`).
    drop, keep, category, text : collections of str
        Columns to omit, to use even though they look like identifiers, to treat as categories, and to treat as texts,
        whose words are counted (see `koubai.tables.preparing.texts`).
    decimal, thousands, date_order : str, optional
        Number and date formats, where cells leave them open: the decimal mark, the thousands separator, and ``dmy``,
        ``mdy`` or ``ymd`` (see `koubai.tables.meaning.number_formats.Asked`).
    missing, not_missing : collections of str
        Further marks of missing values, such as -999 or unknown; and common marks that are values, such as None.
    dtype : {"float64", "float32"}
        Dtype of features and parameters.
    random_state : int
        Seed of splits, initial values and shuffles: the same seed gives the same model.
    cross_validation : bool
        Whether to cross-validate a small table's network to choose its penalty and its confidence, see
        `koubai.models.scores.judging`.
    piecewise : bool, optional
        Whether numbers have a piecewise linear encoding besides, see `koubai.tables.preparing.numeric.NumberColumn`; by
        default, unless ``quality`` is "fast" or the table is wide or large. A table read block by block has none.
    quality : {"fast", "good", "best"}
        How many networks are trained whose predictions are averaged: one; up to 8; or up to 32. The more rows and
        parameters, the fewer, see `koubai.models.averaging`.
    n_members : int, optional
        The number of these networks, if it is to be another.
    time : float, optional
        Seconds: as many networks as can be trained in that time. How many these are depends on the machine.
    metric : str, optional
        The measure that the model is to serve, see `koubai.models.trust.metrics`: where the line between classes is
        drawn (``"balanced_accuracy"``, ``"f1"``, …), or class weights or the loss (``"log_loss"``, ``"mae"``, …) are
        chosen by it, on rows that the networks did not see.
    intervals : float, optional
        A probability such as 0.9: predictions come with intervals (of classes: sets) that hold the truth that often,
        see `koubai.models.trust.conformal`. A fifth of the rows, 2,000 at most, is set aside for them.
    **network
        Parameters of `koubai.MLPClassifier` or `koubai.MLPRegressor`; defaults depend on the number of rows, see
        `koubai.models.defaults`.

    Attributes
    ----------
    target_ : Target
        The target column and the task.
    preparation_ : Preparation
        The preparation of columns into features.
    estimator_ : MLPClassifier or MLPRegressor
        The network; of several, the first.
    others_ : list of MLPClassifier or MLPRegressor
        The others whose predictions are averaged with its own; empty for one network.
    evaluation_ : Evaluation or None
        Scores on the held-out rows, if any.
    notes_ : list of str
        Notes on the table: dropped rows, imbalanced classes.
    n_rows_ : dict of str to int
        Numbers of rows read, dropped for lack of a target, and used for training, validation and test.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"x": list(range(40)) * 2, "y": (["low"] * 20 + ["high"] * 20) * 2})
    >>> model = TableModel(hidden_layer_sizes=(8,), solver="lbfgs").fit(table, "y")
    >>> model.predict({"x": [3, 35]})["prediction"].to_list()
    ['low', 'high']
    """

    def fit(
        self,
        table: TableLike,
        target: str,
        *,
        test_fraction: float = 0.0,
        callbacks: Callbacks = None,
        stream: bool = False,
        executor: Executor | None = None,
        group: str | None = None,
        time_column: str | None = None,
        cv: int | None = None,
        **reading: Unpack[ReadingOptions],
    ) -> Self:
        """Learn from a table to predict one of its columns.

        Parameters
        ----------
        table, target, test_fraction, **reading
            As for `prepare`.
        callbacks : callable or sequence of callables, optional
            Called with a `koubai.training.history.Epoch` after every epoch; True stops training.
        stream : bool
            Whether to read a file block by block.
        executor : concurrent.futures.Executor, optional
            Workers that train what is averaged, tried or cross-validated: a pool of processes, Dask's
            ``client.get_executor()``, mpi4py's or loky's. The model does not depend on it.
        group, time_column
            As for `prepare`.
        cv : int, optional
            Folds of a cross-validation of the whole model, whose scores are in ``cross_validated_``.

        Returns
        -------
        self

        Raises
        ------
        DataError, ParameterError
            If there is nothing to learn from the table, or a parameter is not allowed.
        DivergenceError
            If training diverges to NaN or infinity.
        """
        check_kind("TableModel", "stream", stream, FLAG, False)
        check_folds(cv, stream)
        if stream or isinstance(table, TableBlocks):
            self.check(target, test_fraction, True, group, time_column)
            return self.train(self.survey(table, target, test_fraction=test_fraction, **reading), callbacks)
        apart = {"group": group, "time_column": time_column}
        prepared = self.prepare(table, target, test_fraction=test_fraction, **apart, **reading)
        self.train(prepared, callbacks, executor=executor)
        self.cross_validated_ = None if cv is None else cross_validate(self, prepared, cv, executor)
        return self

    def train(
        self,
        prepared: PreparedTable | StreamedTable,
        callbacks: Callbacks = None,
        *,
        progress: bool = False,
        executor: Executor | None = None,
    ) -> Self:
        """Train on the result of `prepare`, and evaluate on the held-out rows.

        Parameters
        ----------
        prepared : PreparedTable or StreamedTable
            The split table.
        callbacks, executor
            As for `fit`.
        progress : bool
            Whether to show a progress bar on standard error.
        """
        check_executor(executor, "TableModel")
        if isinstance(prepared, StreamedTable):
            return self._train_streamed(prepared, callbacks, progress)
        y, held_out = prepared.y[prepared.training], prepared.y[prepared.validation]
        self._describe(prepared, y)
        training, validation, test, aside = (
            self._features(prepared.frame[rows])
            for rows in (prepared.training, prepared.validation, prepared.test, prepared.calibration)
        )
        everything = np.concatenate([training, validation]), np.concatenate([y, held_out])
        apart = prepared.apart
        choose_for(self, *everything, apart)
        self.trained_ = sketch_of(everything[0])
        estimator = self._new_estimator(len(y), len(validation) > 0, callbacks)
        begin = perf_counter()
        self.judgement_ = judge_for(self, *everything, self._row_weights(everything[1], everything[1]), apart, executor)
        if self.judgement_ is not None:
            estimator.set_params(**settings_for(self, len(everything[1]))[self.judgement_.l2], early_stopping=False)
        given: tuple[Array, ...] | None = None
        if len(validation):
            weights = self._row_weights(held_out, y)
            given = (validation, self._coded(held_out), *([] if weights is None else [weights]))
        seen: Kinds = (None,)
        estimator.progress = progress
        estimator.fit(training.astype(self._training_dtype), self._coded(y), validation_data=given, executor=executor)
        estimator._set_theta(estimator.theta_.astype(self.dtype))
        self._take_network(estimator)
        chosen = estimator.early_stopping and self.cross_validation and len(validation) >= MIN_TO_CALIBRATE
        if chosen and self.judgement_ is None:
            self.judgement_ = judge_once_for(self, validation, held_out, self._row_weights(held_out, y))
        if estimator.history_.stopped not in ("callback", INTERRUPTED):
            with using(estimator, executor):
                seen = self._average(*everything, apart, begin, callbacks, progress)
        estimator.progress = False
        if self.judgement_ is not None:
            if not self.others_:
                self.judgement_ = self.judgement_.of_one(kind=0 if seen[0] is None else 1)
            for member in (self.estimator_, *self.others_):
                draw_to_constant(member, self.judgement_.factor, self._coded(y), self._row_weights(y, y))
        if estimator.history_.stopped != INTERRUPTED:
            decide_for(self, *everything, self._row_weights(everything[1], y), apart, seen)
        conform(self, aside, prepared.y[prepared.calibration])
        self.evaluation_ = self.evaluation_of(test, prepared.y[prepared.test]) if len(test) else None
        return self

    @property
    def _training_dtype(self) -> str:
        """The dtype of training: single precision, which takes half the time, where several networks are averaged."""
        return self.dtype if self.is_of_one else "float32"

    def _take_network(self, estimator: "MLPClassifier | MLPRegressor") -> None:
        """Answer with one network."""
        self.estimator_, self.others_ = estimator, []

    def _average(
        self, X: Array, y: Array, apart: Apart | None, begin: float, callbacks: Callbacks, progress: bool
    ) -> Kinds:
        """Put several networks in the place of the one that was trained, if several are asked for or allowed.

        They are trained on all rows, as many epochs as those of the network that was kept. Returned are the features
        that those in use see, by turns.
        """
        estimator = self.estimator_
        asked = self.members_asked
        if why_one(self.settled, streamed=False) is not None:
            return (None,)
        epochs = epochs_kept(estimator)
        number = asked.number(len(y), estimator.network_.n_parameters, epochs)
        if number == 1:
            return (None,)
        rows, targets = X.astype(self._training_dtype), self._coded(y)
        kinds, self.judgement_ = kinds_that_serve(
            estimator,
            rows,
            targets,
            epochs=epochs,
            seed=self.random_state,
            plain=self.preparation_.plain_features(),
            weights=self._row_weights(y, y),
            judgement=self.judgement_,
            apart=apart,
        )
        members = train_members(
            estimator,
            rows,
            targets,
            number=number,
            epochs=epochs,
            seed=self.random_state,
            kinds=kinds,
            until=None if asked.seconds is None else begin + asked.seconds,
            stop=stop_of(callbacks),
            progress=progress,
        )
        if not members:
            return (None,)
        first, *self.others_ = members.values()
        estimator._set_theta(first.theta_)
        if not self.target_.is_classification:
            self.bounds_ = bounds_around(float(y.min()), float(y.max()))
        return tuple(kinds[k % len(kinds)] for k in members)

    def _row_weights(self, y: Array, training: Array) -> Array | None:
        return row_weights(self.settled.get("class_weight"), y, training) if self.target_.is_classification else None

    def _train_streamed(self, prepared: StreamedTable, callbacks: Callbacks, progress: bool) -> Self:
        """Train on a table read block by block."""
        with closing(prepared.write(self.dtype)) as rows:
            return self._train_on_rows(prepared, rows, callbacks, progress)

    def _train_on_rows(self, prepared: StreamedTable, rows: PreparedRows, callbacks: Callbacks, progress: bool) -> Self:
        self._describe_table(prepared)
        if rows.spread is not None:
            self._take_scale(rows.spread.scale(self.network))
        n_rows = prepared.n_rows
        validated = n_rows["validation"] > 0
        estimator = self._new_estimator(n_rows["training"], validated, callbacks, streamed=True)
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
        self._take_network(estimator.fit_source(training, validation if validated else None))
        self.estimator_.progress = False
        of_class = prepared.training_counts() if rows.classes is not None else np.empty(0)
        decide_streamed(self, rows.answers(rows.validation, self.outputs), of_class)
        conform_streamed(self, rows.answers(rows.calibration, self.outputs))
        tally = self.new_tally()
        for y, found in rows.answers(rows.test, self.outputs):
            tally.add(y, *found)
        self.evaluation_ = tally.evaluation() if n_rows["test"] else None
        return self

    def take(self, prepared: PreparedTable, estimator: "MLPClassifier | MLPRegressor") -> Self:
        """Adopt a network trained elsewhere, on all rows of ``prepared`` except the test rows.

        Parameters
        ----------
        prepared : PreparedTable
            The result of `prepare`.
        estimator : MLPClassifier or MLPRegressor
            The fitted network; numeric targets were standardised by the mean and deviation of those rows.
        """
        y = prepared.y[np.sort(np.concatenate([prepared.training, prepared.validation]))]
        self._describe(prepared, y)
        if not self.target_.is_classification:
            self._take_scale(TargetScale.of(y))
        self._take_network(estimator)
        test = self._features(prepared.frame[prepared.test])
        self.evaluation_ = self.evaluation_of(test, prepared.y[prepared.test]) if len(test) else None
        return self

    def _describe(self, prepared: PreparedTable, y: Array) -> None:
        """Set the attributes that follow from the table and the training targets."""
        self._describe_table(prepared)
        if self.target_.is_classification:
            classes, counts = np.unique(y, return_counts=True)
            self.commonest_, self.shares_ = classes[counts.argmax()].item(), (counts / counts.sum()).tolist()
        else:
            self._take_scale(TargetScale.of(y, self.network))

    def _new_estimator(
        self, n_rows: int, validated: bool, callbacks: Callbacks, streamed: bool = False
    ) -> "MLPClassifier | MLPRegressor":
        given, fast, single = self.settled, self.members_asked.is_fast, streamed or self.is_single
        estimator = estimator_for(self.target_.task, n_rows, given, self.random_state, self.long_tail_, fast, single)
        stops = validated and given.get("early_stopping", n_rows >= MIN_TO_CHOOSE)
        return estimator.set_params(early_stopping=stops, callbacks=callbacks)

    def to_record(self) -> tuple[Record, dict[str, Array]]:
        """Return the model as plain data and arrays; `from_record` reads them back.

        Raises
        ------
        DataError
            If a parameter of the network has no plain form.
        """
        self.check_fitted()
        return table_record.to_record(self)

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> Self:
        """Return the model described by `to_record`; its predictions are bit-for-bit the same.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes something else.
        """
        model = cls(**table_record.parameters_of(record))
        consistent("TableModel", lambda: model.check_parameters(0.0))
        table_record.restore(model, record, tensors)
        return model
