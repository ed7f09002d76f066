"""A table's preparation and a network as one model: it learns from a table and predicts for a table."""

import os
from collections.abc import Collection, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from koubai.core.errors import DataError, ParameterError
from koubai.models import records
from koubai.models.defaults import network_defaults, uses_lbfgs
from koubai.models.evaluation import ClassTally, Evaluation, NumberTally
from koubai.models.predicting import ROWS_AT_ONCE, Prediction
from koubai.models.prepared import PreparedTable, prepare_table
from koubai.models.streamed import PreparedRows, StreamedTable, survey_table
from koubai.tables.blocks import Block, TableBlocks, open_blocks
from koubai.tables.frames import TableLike, as_table
from koubai.tables.preparation import Preparation
from koubai.tables.reading import Table
from koubai.tables.survey import Split
from koubai.tables.targets import Target

if TYPE_CHECKING:
    import polars as pl

    from koubai.estimators.classifier import MLPClassifier
    from koubai.estimators.regressor import MLPRegressor

Array = npt.NDArray[Any]

MIN_TO_WATCH = 100
"""With fewer training rows, none of them are held out for a validation score."""
MIN_TO_CHOOSE = 2000
"""With fewer, that score is too coarse to choose an epoch by: it is shown, and the last epoch's network is kept."""


class TableModel:
    """A network for a table, from its cells to its predictions.

    Parameters
    ----------
    task : {"classification", "regression"}, optional
        What the target asks for; found from its values, if not given (see `koubai.tables.targets.find_target`).
    drop, keep, category : collections of str
        Columns to leave out, to use though they look like identifiers, and to take as categories.
    dtype : {"float64", "float32"}
        Of features and parameters.
    random_state : int
        Seed of splits, initial values and shuffles: the same seed gives the same model.
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

    target_: Target
    preparation_: Preparation
    estimator_: "MLPClassifier | MLPRegressor"
    evaluation_: Evaluation | None
    notes_: list[str]
    n_rows_: dict[str, int]

    def __init__(
        self,
        *,
        task: str | None = None,
        drop: Collection[str] = (),
        keep: Collection[str] = (),
        category: Collection[str] = (),
        dtype: str = "float64",
        random_state: int = 0,
        **network: Any,
    ) -> None:
        self.task = task
        self.drop, self.keep, self.category = tuple(drop), tuple(keep), tuple(category)
        self.dtype = dtype
        self.random_state = random_state
        self.network = network

    def prepare(self, table: TableLike, target: str, *, test_fraction: float = 0.0) -> PreparedTable:
        """Find out what a table holds, and split its rows, without training yet.

        Parameters
        ----------
        table : Table, DataFrame, mapping or path
            The table, target column among its columns.
        target : str
            The column to be predicted.
        test_fraction : float
            Share of the rows that are held out to say in the end how good the model is, in [0, 1).

        Raises
        ------
        DataError
            If there is nothing to be learned from the table: see `koubai.tables`.
        ParameterError
            If a parameter is not allowed.
        """
        self.check_parameters(test_fraction)
        read = as_table(table)
        return prepare_table(
            read,
            target,
            task=self.task,
            drop=self.drop,
            keep=self.keep,
            category=self.category,
            test_fraction=test_fraction,
            validation_fraction=self._validation_fraction(round(read.frame.height * (1 - test_fraction))),
            seed=self.random_state,
        )

    def survey(self, table: TableBlocks, target: str, *, test_fraction: float = 0.0) -> StreamedTable:
        """Do what `prepare` does for a table that is read block by block, in one pass over it.

        Parameters
        ----------
        table : TableBlocks
            What `koubai.tables.blocks.open_blocks` opened.
        target, test_fraction
            As `prepare`.

        Raises
        ------
        DataError, ParameterError
            As `prepare`.
        """
        self.check_parameters(test_fraction)
        validation_fraction = self._validation_fraction(round(table.n_rows * (1 - test_fraction)))
        return survey_table(
            table,
            target,
            task=self.task,
            drop=self.drop,
            keep=self.keep,
            category=self.category,
            split=Split(test_fraction, validation_fraction, self.random_state),
        )

    def check_parameters(self, test_fraction: float) -> None:
        """Raise ParameterError if a parameter of this class, or the share of test rows, is not allowed."""
        if not 0 <= test_fraction < 1:
            raise ParameterError(f"TableModel: test_fraction must be in [0, 1); got {test_fraction!r}. Try 0.2.")
        if self.dtype not in ("float64", "float32"):
            raise ParameterError(f"TableModel: dtype must be float64 or float32; got {self.dtype!r}. Try float64.")
        if not isinstance(self.random_state, int) or not 0 <= self.random_state < 2**32 - 1:
            raise ParameterError(
                f"TableModel: random_state must be an integer from 0 to 4294967294; got {self.random_state!r}. Try 0."
            )

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
    ) -> Self:
        """Learn from a table to predict one of its columns.

        Parameters
        ----------
        table, target, test_fraction
            As `prepare`.
        callbacks : callable or sequence of callables, optional
            Called with a `koubai.training.history.Epoch` after every epoch; True stops training.
        stream : bool
            Whether to read a file block by block, in memory that does not grow with its rows: a Parquet file, or
            text in UTF-8.

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
        if stream or isinstance(table, TableBlocks):
            blocks = table if isinstance(table, TableBlocks) else open_blocks(_path_of(table))
            return self.train(self.survey(blocks, target, test_fraction=test_fraction), callbacks)
        return self.train(self.prepare(table, target, test_fraction=test_fraction), callbacks)

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
        self.estimator_ = self._new_estimator(len(y), len(validation) > 0, callbacks)
        given = (validation, self._coded(prepared.y[prepared.validation])) if len(validation) else None
        self.estimator_.progress = progress
        self.estimator_.fit(training, self._coded(y), validation_data=given)
        self.estimator_.progress = False
        self.evaluation_ = None
        if len(test):
            self.evaluation_ = self._evaluate(test, prepared.y[prepared.test])
        return self

    def _train_streamed(self, prepared: StreamedTable, callbacks: Any, progress: bool) -> Self:
        """Train on a table that is read block by block."""
        with closing(prepared.write(self.dtype)) as rows:
            return self._train_on_rows(prepared, rows, callbacks, progress)

    def _train_on_rows(self, prepared: StreamedTable, rows: PreparedRows, callbacks: Any, progress: bool) -> Self:
        self._describe_table(prepared)
        n_rows = prepared.n_rows
        validated = n_rows["validation"] > 0
        estimator: Any = self._new_estimator(n_rows["training"], validated, callbacks)
        if rows.classes is None:
            moments = prepared.found.moments
            self.center_, self.scale_ = float(moments.mean), float(np.sqrt(moments.variance)) or 1.0
            training, validation = (
                rows.source(store, None, center=self.center_, scale=self.scale_)
                for store in (rows.training, rows.validation)
            )
        else:
            counts = prepared.training_counts()
            self.commonest_ = rows.classes[counts.argmax()].item()
            coded = estimator.take_classes(rows.classes)
            training = rows.source(rows.training, coded, estimator.weights_of_classes(counts))
            validation = rows.source(rows.validation, coded)
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
        self._describe(prepared, prepared.y[np.sort(np.concatenate([prepared.training, prepared.validation]))])
        self.estimator_ = estimator
        test = self._features(prepared.frame[prepared.test])
        self.evaluation_ = self._evaluate(test, prepared.y[prepared.test]) if len(test) else None
        return self

    def _describe(self, prepared: PreparedTable, y: Array) -> None:
        """Set what follows from the table and from the targets of the training rows."""
        self._describe_table(prepared)
        if self.target_.is_classification:
            classes, counts = np.unique(y, return_counts=True)
            self.commonest_ = classes[counts.argmax()].item()
        else:
            self.center_, self.scale_ = float(y.mean()), float(y.std()) or 1.0

    def _describe_table(self, prepared: PreparedTable | StreamedTable) -> None:
        """Set what follows from the table."""
        self.target_, self.preparation_ = prepared.target, prepared.preparation
        self.columns_, self.has_names_ = prepared.columns, prepared.has_names
        self.n_rows_, self.notes_ = prepared.n_rows, prepared.notes
        self.center_, self.scale_ = 0.0, 1.0

    def _new_estimator(self, n_rows: int, validated: bool, callbacks: Any) -> "MLPClassifier | MLPRegressor":
        from koubai.estimators.classifier import MLPClassifier
        from koubai.estimators.regressor import MLPRegressor

        kind: Any = MLPClassifier if self.target_.is_classification else MLPRegressor
        chosen = {
            **network_defaults(n_rows, self.target_.is_classification, self.network),
            **{name: value for name, value in self.network.items() if name != "validation_fraction"},
            "random_state": self.random_state,
            "early_stopping": validated and self.network.get("early_stopping", n_rows >= MIN_TO_CHOOSE),
            "callbacks": callbacks,
        }
        unknown = sorted(set(chosen) - set(kind().get_params()))
        if unknown:
            raise ParameterError(
                f"TableModel: {unknown[0]} must be left out for {self.target_.task}; got {chosen[unknown[0]]!r}, "
                f"which {kind.__name__} does not take."
            )
        return kind(**chosen)

    def _coded(self, y: Array) -> Array:
        """Return targets as the estimator takes them: classes as they are, numbers standardised."""
        if self.target_.is_classification:
            return y
        return ((y - self.center_) / self.scale_).astype(self.dtype)

    def _features(self, frame: "pl.DataFrame") -> Array:
        if frame.height == 0:
            return np.empty((0, len(self.preparation_.features)), dtype=self.dtype)
        return self.preparation_.transform(frame, self.dtype)

    def outputs(self, features: Array) -> tuple[Array, Array | None]:
        """Return what the network says of prepared rows.

        Predictions (n_rows,), and for classification probabilities (n_rows, n_classes) if there are any.
        """
        blocks = [features[start : start + ROWS_AT_ONCE] for start in range(0, len(features), ROWS_AT_ONCE)]
        if not self.target_.is_classification:
            numbers = np.concatenate([np.asarray(self.estimator_.predict(block)) for block in blocks])
            return numbers.astype(np.float64) * self.scale_ + self.center_, None
        estimator: Any = self.estimator_
        if not hasattr(estimator, "predict_proba"):
            return np.concatenate([estimator.predict(block) for block in blocks]), None
        probabilities = np.concatenate([estimator.predict_proba(block) for block in blocks])
        return estimator.classes_[probabilities.argmax(axis=1)], probabilities

    def predict(self, table: TableLike) -> "pl.DataFrame":
        """Return the predictions for a table's rows.

        Parameters
        ----------
        table : Table, DataFrame, mapping or path
            A table with the columns that the model learned from; others are ignored.

        Returns
        -------
        polars.DataFrame
            ``prediction``, and for classification a column ``probability_<class>`` for each class.

        Raises
        ------
        DataError
            If a column is missing, or a cell holds what does not belong there.
        """
        return self.predict_and_evaluate(table)[0]

    def prediction(self, table: TableLike) -> Prediction:
        """Return what goes through a table of any size and predicts it piece by piece, in memory that does not grow.

        Parameters
        ----------
        table : Table, DataFrame, mapping, path or TableBlocks
            As `predict`; what `koubai.tables.blocks.open_blocks` opened is never in memory as a whole.

        Returns
        -------
        Prediction
            An iterable of (rows, predictions); afterwards its ``evaluation`` and ``notes`` say how it went.

        Raises
        ------
        DataError
            As `predict`.

        Examples
        --------
        >>> table = {"x": [1, 2] * 20, "y": [5.0, 7.0] * 20}
        >>> model = TableModel(hidden_layer_sizes=(4,), solver="lbfgs", task="regression").fit(table, "y")
        >>> for rows, predictions in model.prediction({"x": [1, 2, 2]}):
        ...     print(rows.height, predictions["prediction"].round(2).to_list())
        3 [5.0, 7.0, 7.0]
        """
        if isinstance(table, TableBlocks):
            if not table.has_names:
                table.columns = self._names_by_position(len(table.columns))
            return Prediction(self, table.blocks("blocks predicted"), table.columns, table.notes)
        read = self.columns_of(table)
        return Prediction(self, [Block(read.frame, 0)], read.frame.columns, read.notes)

    def predictions(self, predicted: Array, probabilities: Array | None) -> "pl.DataFrame":
        """Return what `outputs` gave as a table."""
        import polars as pl

        columns = {"prediction": predicted}
        if probabilities is not None:
            labels = self.estimator_.classes_
            columns |= {f"probability_{label}": probabilities[:, index] for index, label in enumerate(labels)}
        return pl.DataFrame(columns)

    def columns_of(self, table: TableLike) -> Table:
        """Return a table cleaned and with this model's column names, given by position if it has none of its own.

        Raises
        ------
        DataError
            If it has none and another number of columns than the training table.
        """
        read = as_table(table)
        if read.has_names:
            return read
        names = self._names_by_position(read.frame.width)
        return Table(read.frame.rename(dict(zip(read.frame.columns, names, strict=True))), read.source, True)

    def _names_by_position(self, n_columns: int) -> list[str]:
        """Return the names of a table's columns that has none of its own, with or without the target."""
        names = list(self.columns_)
        if n_columns == len(names) - 1:
            names.remove(self.target_.name)
        if n_columns != len(names):
            raise DataError(
                f"A table without column names must have the {len(names)} columns of the training table "
                f"(or all but {self.target_.name!r}); got {n_columns}."
            )
        return names

    def network_rows(self, table: TableLike) -> tuple[Array, Array]:
        """Return a table's rows as the network sees them.

        Parameters
        ----------
        table
            As `predict`.

        Returns
        -------
        inputs : (n_rows, n_features)
            The features, prepared.
        targets : (n_rows, n_outputs)
            The coded targets; nan in rows that have none.
        """
        read = self.columns_of(table)
        inputs = self._features(read.frame)
        estimator: Any = self.estimator_
        targets = np.full((len(inputs), estimator.network_.n_outputs), np.nan)
        if self.target_.name in read.frame.columns:
            y, rows = self.target_.values(read.frame[self.target_.name])
            if len(rows):
                targets[rows] = estimator.coded_targets(self._coded(y))
        return inputs, targets

    def predict_and_evaluate(self, table: TableLike) -> tuple["pl.DataFrame", Evaluation | None, list[str]]:
        """Return the predictions, how good they are if the table has the target, and what is to be said of it.

        Parameters
        ----------
        table
            As `predict`.
        """
        import polars as pl

        prediction = self.prediction(table)
        predicted = pl.concat([piece.predictions for piece in prediction])
        return predicted, prediction.evaluation, prediction.notes

    def evaluate(self, table: TableLike) -> Evaluation:
        """Return how good the model is on a table that has the target column.

        Raises
        ------
        DataError
            If it has none, or what `predict` raises.
        """
        evaluation = self.predict_and_evaluate(table)[1]
        if evaluation is None:
            raise DataError(
                f"The table must have values of the target {self.target_.name!r} to be scored; it has none."
            )
        return evaluation

    def score(self, table: TableLike) -> float:
        """Return the accuracy, or for regression R², on a table that has the target column, dimensionless."""
        evaluation = self.evaluate(table)
        return evaluation.score if self.target_.is_classification else evaluation.others.get("R²", float("nan"))

    def new_tally(self) -> ClassTally | NumberTally:
        """Return what scores are counted up in."""
        estimator: Any = self.estimator_
        if self.target_.is_classification:
            return ClassTally(estimator.classes_, self.commonest_)
        return NumberTally(self.center_)

    def _evaluate(self, features: Array, y: Array) -> Evaluation:
        tally = self.new_tally()
        tally.add(y, *self.outputs(features))
        return tally.evaluation()

    def to_record(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return the model as plain data and arrays; `from_record` reads them back.

        Raises
        ------
        DataError
            If a parameter of the network has no plain form.
        """
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


def _path_of(table: TableLike) -> str:
    if not isinstance(table, str | os.PathLike):
        raise ParameterError(
            f"TableModel: stream must be False for a table in memory; got True with a {type(table).__name__}. "
            f"Give the path of a Parquet file."
        )
    return os.fspath(table)
