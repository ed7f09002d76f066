"""A table's preparation and a network as one model, from table to predictions."""

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, Self, Unpack

import numpy as np

from koubai.core.arguments import FLAG, check_kind
from koubai.core.arrays import Array
from koubai.models import records
from koubai.models.defaults import penalties_to_judge
from koubai.models.estimator_choice import estimator_for
from koubai.models.judging import Judgement, draw_to_constant, judge, row_weights
from koubai.models.prepared import PreparedTable
from koubai.models.scaling import TargetScale
from koubai.models.streamed import PreparedRows, StreamedTable
from koubai.models.table_preparer import TablePreparer
from koubai.tables.files.blocks import TableBlocks
from koubai.tables.files.frames import TableLike
from koubai.tables.files.reading import ReadingOptions

if TYPE_CHECKING:
    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.regressor import MLPRegressor


MIN_TO_CHOOSE = 2000
"""With fewer rows, that score is too coarse to select an epoch: it is only shown, and the last epoch is kept."""


class TableModel(TablePreparer):
    """A network for a table, from its cells to its predictions.

    Parameters
    ----------
    task : {"classification", "regression"}, optional
        The task; by default, inferred from the target's values (see `koubai.tables.preparing.targets.find_target`).
    drop, keep, category : collections of str
        Columns to omit, to use even though they look like identifiers, and to treat as categories.
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
        `koubai.models.judging`.
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
        The network.
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
        callbacks: Any = None,
        stream: bool = False,
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
            Whether to read a file block by block, in memory independent of its number of rows.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If there is nothing to learn from the table.
        ParameterError
            If a parameter is not allowed.
        DivergenceError
            If training diverges to NaN or infinity.
        """
        check_kind("TableModel", "stream", stream, FLAG, False)
        if stream or isinstance(table, TableBlocks):
            return self.train(self.survey(table, target, test_fraction=test_fraction, **reading), callbacks)
        return self.train(self.prepare(table, target, test_fraction=test_fraction, **reading), callbacks)

    def train(self, prepared: PreparedTable | StreamedTable, callbacks: Any = None, *, progress: bool = False) -> Self:
        """Train on the result of `prepare`, and evaluate on the held-out rows.

        Parameters
        ----------
        prepared : PreparedTable or StreamedTable
            The split table.
        callbacks
            As for `fit`.
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
        """Return the cross-validation of a small table's network, if applicable."""
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
        """Train on a table read block by block."""
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
        self.estimator_ = estimator
        test = self._features(prepared.frame[prepared.test])
        self.evaluation_ = self._evaluate(test, prepared.y[prepared.test]) if len(test) else None
        return self

    def _describe(self, prepared: PreparedTable, y: Array) -> None:
        """Set the attributes that follow from the table and the training targets."""
        self._describe_table(prepared)
        if self.target_.is_classification:
            classes, counts = np.unique(y, return_counts=True)
            self.commonest_, self.shares_ = classes[counts.argmax()].item(), (counts / counts.sum()).tolist()
        else:
            self._take_scale(TargetScale.of(y, self.network))

    def _describe_table(self, prepared: PreparedTable | StreamedTable) -> None:
        """Set the attributes that follow from the table."""
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
        """Return the model described by `to_record`; its predictions are bit-for-bit the same.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes something else.
        """
        model = cls(**records.parameters_of(record))
        records.restore(model, record, tensors)
        return model
