"""What a fitted model does with a table: predict, score, and return the rows as the network sees them."""

import os
from collections.abc import Sequence
from itertools import compress
from typing import TYPE_CHECKING, Unpack, cast

import numpy as np
import numpy.typing as npt

from koubai.core.arguments import TEXT, check_kind
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.core.schema import Record
from koubai.models.answering import AnswersTogether
from koubai.models.predicting import Prediction
from koubai.models.scaling import TargetScale
from koubai.models.scores.evaluation import ClassTally, Evaluation, NumberTally
from koubai.models.scores.judgement import Judgement
from koubai.tables.files.blocks import Block, TableBlocks
from koubai.tables.files.frames import TableLike, as_table
from koubai.tables.files.missing import Marks
from koubai.tables.files.names import column_name
from koubai.tables.files.reading import ReadingOptions, Table, is_unicode
from koubai.tables.meaning.number_formats import Asked, decimal_points
from koubai.tables.meaning.values import BadCells
from koubai.tables.preparing.preparation import Preparation

if TYPE_CHECKING:
    import polars as pl

    from koubai.models.honest.cross import CrossValidated
    from koubai.models.honest.curve import LearningCurve


INTERVAL = ("prediction_lower", "prediction_upper")
"""Columns of predictions that hold the ends of an interval."""
SET = "prediction_set"
"""The column that holds the classes among which the truth is with a stated probability."""


class TablePredictor(AnswersTogether):
    """Predicts for tables with the attributes set by training, see `koubai.models.table_model.TableModel`.

    Attributes
    ----------
    target_, preparation_, estimator_, evaluation_, notes_, n_rows_
        As `koubai.models.table_model.TableModel`.
    center_, scale_ : float
        For regression, the scaling of targets.
    mean_, bounds_, long_tail_
        For regression, the mean of the training targets, the limits of predictions, and whether these are exp(u); see
        `koubai.models.scaling.TargetScale`.
    commonest_, shares_ : object, list of float or None
        For classification, the most common class of the training rows, and the share of each class.
    judgement_ : Judgement or None
        The cross-validation of a small table's network.
    decision_ : Decision or None
        What was chosen to serve ``metric``.
    conformal_ : Conformal or None
        What ``intervals`` rest on.
    cross_validated_, learning_curve_ : CrossValidated or None, LearningCurve or None
        The scores of a cross-validation, and by the number of rows, if they were asked for.
    trained_ : array of uint64 or None
        A sketch of the training rows, see `koubai.models.trust.remembered`.
    others_ : list of MLPClassifier or MLPRegressor
        Further networks like ``estimator_``, if the predictions of several are averaged.
    columns_ : list of str
        The training table's columns.
    has_names_ : bool
        Whether they had their own names.
    reading_ : dict
        The user's options for reading the training table's file.
    """

    dtype: str
    metric: str | None
    missing: tuple[str, ...]
    not_missing: tuple[str, ...]
    preparation_: Preparation
    evaluation_: Evaluation | None
    notes_: list[str]
    n_rows_: dict[str, int]
    mean_: float
    long_tail_: bool
    commonest_: object
    shares_: list[float] | None
    judgement_: Judgement | None
    trained_: "npt.NDArray[np.uint64] | None"
    cross_validated_: "CrossValidated | None"
    learning_curve_: "LearningCurve | None"
    columns_: list[str]
    has_names_: bool
    reading_: Record

    def _take_scale(self, scale: TargetScale) -> None:
        """Set the scaling of numeric targets and the limits of predictions."""
        self.center_, self.scale_, self.mean_ = scale.center, scale.scale, scale.mean
        self.bounds_, self.long_tail_ = (scale.lowest, scale.highest), scale.long_tail

    def _coded(self, y: Array) -> Array:
        """Return targets in the form the estimator takes: classes unchanged, numbers standardised."""
        if self.target_.is_classification:
            return y
        return ((y - self.center_) / self.scale_).astype(self.dtype)

    def _features(self, frame: "pl.DataFrame") -> Array:
        if frame.height == 0:
            return np.empty((0, len(self.preparation_.features)), dtype=self.dtype)
        return self.preparation_.transform(frame, self.dtype)

    @property
    def marks(self) -> Marks:
        """The user's marks of missing values."""
        return Marks(self.missing, self.not_missing)

    def predict(
        self, table: TableLike, *, bad_cells: str = "refuse", **reading: Unpack[ReadingOptions]
    ) -> "pl.DataFrame":
        """Return the predictions for a table's rows.

        Parameters
        ----------
        table : Table, DataFrame, mapping or path
            A table with the columns the model was trained on; others are ignored.
        bad_cells : {"refuse", "missing"}
            Treatment of cells that do not fit their column's kind: the table is refused, or they count as missing.
        **reading
            How to read a file, see `koubai.tables.files.reading.read_table`; defaults are those of the training table.

        Returns
        -------
        polars.DataFrame
            ``prediction`` and, for classification, a column ``probability_<class>`` for each class. With
            ``intervals``, after the prediction, ``prediction_lower`` and ``prediction_upper``, or ``prediction_set``
            with the classes in it.

        Raises
        ------
        DataError
            If a column is missing or a cell is invalid.
        UnfittedError
            If the model is not fitted.
        """
        return self.predict_and_evaluate(table, bad_cells=bad_cells, **reading)[0]

    def prediction(
        self,
        table: TableLike,
        *,
        bad_cells: str = "refuse",
        decimal: str | None = None,
        thousands: str | None = None,
        **reading: Unpack[ReadingOptions],
    ) -> Prediction:
        """Return an iterator that predicts a table of any size in pieces, in constant memory.

        Parameters
        ----------
        table : Table, DataFrame, mapping, path or TableBlocks
            As for `predict`; the result of `koubai.tables.files.blocks.open_blocks` is never in memory as a whole.
        bad_cells, **reading
            As for `predict`.
        decimal, thousands : str, optional
            This table's number format, if it differs from the training table's.

        Returns
        -------
        Prediction
            An iterable of (rows, predictions); afterwards its ``evaluation`` and ``notes`` describe the result.

        Raises
        ------
        DataError
            As for `predict`.

        Examples
        --------
        >>> from koubai.models.table_model import TableModel
        >>> table = {"x": [1, 2] * 20, "y": [5.0, 7.0] * 20}
        >>> model = TableModel(hidden_layer_sizes=(4,), solver="lbfgs", task="regression").fit(table, "y")
        >>> for rows, predictions in model.prediction({"x": [1, 2, 2]}):
        ...     print(rows.height, predictions["prediction"].round(2).to_list())
        3 [5.0, 7.0, 7.0]
        """
        self.check_fitted()
        check_kind("TableModel", "bad_cells", bad_cells, TEXT, "missing")
        if bad_cells not in ("refuse", "missing"):
            raise ParameterError(
                who="TableModel",
                parameter="bad_cells",
                required=worded("core.must.refuse_missing"),
                got=repr(bad_cells),
                remedy=worded("core.remedy.try_missing"),
            )
        asked = Asked(decimal, thousands)
        asked.check()
        bad = BadCells() if bad_cells == "missing" else None
        if isinstance(table, TableBlocks):
            table.marks = self.marks
            table.call(self._names_for(table.columns, table.has_names))
            pieces = (
                Block(self._as_of_old(frame, table.separator), first)
                for frame, first in table.blocks("blocks predicted")
            )
            return Prediction(self, pieces, table.columns, table.notes, asked, bad)
        read = self.columns_of(table, **reading)
        return Prediction(self, [Block(read.frame, 0)], read.frame.columns, read.notes, asked, bad)

    def _as_of_old(self, frame: "pl.DataFrame", separator: str) -> "pl.DataFrame":
        """Return a frame in the form expected by older models, which store no number formats."""
        is_of_old = self.preparation_.is_of_old or (self.target_.format is None and not self.target_.is_classification)
        return frame.with_columns(decimal_points()) if separator == ";" and is_of_old else frame

    def predictions(self, predicted: Array, probabilities: Array | None) -> "pl.DataFrame":
        """Return the result of `outputs` as a table."""
        import polars as pl

        columns = {"prediction": predicted}
        if self.conformal_ is not None and probabilities is None:
            ends = self.conformal_.interval(predicted, self.lowest_answer)
            columns |= dict(zip(INTERVAL, ends, strict=True))
        if probabilities is not None:
            labels = self.estimator_.classes_
            if self.conformal_ is not None:
                columns[SET] = np.array(self.sets_of(probabilities))
            columns |= {f"probability_{label}": probabilities[:, index] for index, label in enumerate(labels)}
        return pl.DataFrame(columns)

    def sets_of(self, probabilities: Array, called: Sequence[object] | None = None) -> list[str]:
        """Return the classes in each row's set, of a model that has them, in one text, by what they are called."""
        assert self.conformal_ is not None
        names = [str(label) for label in (self.estimator_.classes_ if called is None else called)]
        return [" | ".join(compress(names, row)) for row in self.conformal_.sets(probabilities).tolist()]

    def reading_for(self, path: str | os.PathLike[str], **given: Unpack[ReadingOptions]) -> ReadingOptions:
        """Return the options for reading a file: as given, else as for the training table's file.

        The training table's encoding is ignored for a file in UTF-8 or UTF-16.

        Parameters
        ----------
        path : path
            The file.
        **given
            As for `predict`.
        """
        options: dict[str, object] = dict(self.reading_)
        said = {name: value for name, value in given.items() if value is not None}
        if "encoding" in options and "encoding" not in said and is_unicode(path):
            del options["encoding"]
        return cast("ReadingOptions", options | said)

    def note_of_reading(self, used: ReadingOptions, **given: Unpack[ReadingOptions]) -> tuple[str, ...]:
        """Return a note on how a file is read, if some options come from the training table."""
        kept = {name: value for name, value in used.items() if given.get(name) is None}
        if not kept:
            return ()
        listed = ", ".join(_in_words(name, value) for name, value in kept.items())
        return (worded("models.note.file_read_like_training_table", listed=listed),)

    def columns_of(self, table: TableLike, **reading: Unpack[ReadingOptions]) -> Table:
        """Return a cleaned table with this model's column names, assigned by position if it has none of its own.

        Raises
        ------
        DataError
            If it has no names and its number of columns differs from the training table's.
        UnfittedError
            If the model is not fitted.
        """
        self.check_fitted()
        notes: tuple[str, ...] = ()
        if isinstance(table, str | os.PathLike):
            given, reading = reading, self.reading_for(table, **reading)
            notes = self.note_of_reading(reading, **given)
        read = as_table(table, self.marks, **reading)
        notes += read.notes
        names = self._names_for(read.frame.columns, read.has_names)
        frame = self._as_of_old(read.frame, read.separator).rename(dict(zip(read.frame.columns, names, strict=True)))
        return Table(frame, read.source, True, notes)

    def _names_for(self, names: list[str], has_names: bool) -> list[str]:
        """Return this model's names for a table's columns."""
        if not has_names:
            return self._names_by_position(len(names))
        own = [column.name for column in self.preparation_.columns] + [self.target_.name]
        unlike = {
            column_name(name): name for name in own if name not in names
        }  # models of earlier versions kept spaces
        return [unlike.get(name, name) for name in names]

    def _names_by_position(self, n_columns: int) -> list[str]:
        """Return column names for a table without its own, with or without the target."""
        names = list(self.columns_)
        if n_columns == len(names) - 1:
            names.remove(self.target_.name)
        if n_columns != len(names):
            raise DataError(
                what=(
                    worded(
                        "models.error.table_without_column_names_have",
                        n_names=len(names),
                        name=repr(self.target_.name),
                        n_columns=n_columns,
                    )
                )
            )
        return names

    def network_rows(self, table: TableLike) -> tuple[Array, Array]:
        """Return a table's rows as the network sees them.

        Parameters
        ----------
        table
            As for `predict`.

        Returns
        -------
        inputs : (n_rows, n_features)
            The prepared features.
        targets : (n_rows, n_outputs)
            The coded targets; nan in rows without one.
        """
        from koubai.models.kept.kept_network import KeptNetwork  # which loads the engines

        read = self.columns_of(table)
        inputs = self._features(read.frame)
        estimator = self.estimator_
        assert not isinstance(estimator, KeptNetwork), "a model that only predicts codes no targets"
        targets = np.full((len(inputs), estimator.network_.n_outputs), np.nan)
        if self.target_.name in read.frame.columns:
            y, rows = self.target_.values(read.frame[self.target_.name])
            if len(rows):
                targets[rows] = estimator.coded_targets(self._coded(y))
        return inputs, targets

    def predict_and_evaluate(
        self, table: TableLike, *, bad_cells: str = "refuse", **reading: Unpack[ReadingOptions]
    ) -> tuple["pl.DataFrame", Evaluation | None, list[str]]:
        """Return the predictions, their scores if the table has the target, and notes on the table.

        Parameters
        ----------
        table, bad_cells, **reading
            As for `predict`.
        """
        import polars as pl

        prediction = self.prediction(table, bad_cells=bad_cells, **reading)
        predicted = pl.concat([piece.predictions for piece in prediction])
        return predicted, prediction.evaluation, prediction.notes

    def evaluate(self, table: TableLike, **reading: Unpack[ReadingOptions]) -> Evaluation:
        """Return the model's scores on a table that has the target column.

        Raises
        ------
        DataError
            If there is no target, or as raised by `predict`.
        """
        evaluation = self.predict_and_evaluate(table, **reading)[1]
        if evaluation is None:
            raise DataError(what=worded("models.error.table_have_values_target_scored", name=repr(self.target_.name)))
        return evaluation

    def score(self, table: TableLike, **reading: Unpack[ReadingOptions]) -> float:
        """Return the accuracy or, for regression, R² on a table that has the target column, dimensionless."""
        return self.score_of(self.evaluate(table, **reading))

    def score_of(self, evaluation: Evaluation) -> float:
        """Return the accuracy or, for regression, R² among a model's scores."""
        return evaluation.score if self.target_.is_classification else evaluation.others.get("R²", float("nan"))

    def new_tally(self) -> ClassTally | NumberTally:
        """Return an empty tally of scores."""
        estimator = self.estimator_
        if self.target_.is_classification:
            return ClassTally(estimator.classes_, self.commonest_, self.shares_, self.metric, self.conformal_)
        return NumberTally(self.mean_, self.metric, self.conformal_, self.lowest_answer)

    @property
    def lowest_answer(self) -> float:
        """No interval begins below: 0 if no target of the training rows was negative."""
        return 0.0 if self.bounds_[0] >= 0 else -np.inf

    def evaluation_of(self, features: Array, y: Array) -> Evaluation:
        """Return the model's scores on prepared rows and their targets."""
        tally = self.new_tally()
        tally.add(y, *self.outputs(features))
        return tally.evaluation()


def _in_words(name: str, value: object) -> str:
    """Return what was said of how a file is read, as people say it."""
    if name == "header":
        return worded("models.note.line_names") if value else worded("models.note.without_line_names")
    return f"{name} {value!r}"
