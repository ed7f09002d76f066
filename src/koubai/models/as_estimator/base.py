"""What `TableClassifier` and `TableRegressor` share: a `TableModel` that takes X and y."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from koubai.core import entries
from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError
from koubai.core.schema import Record, Tensors
from koubai.core.untyped import ScikitLearn
from koubai.estimators.offers.tracking import tracked
from koubai.models.as_estimator.framed import frame_of, is_table, refuse_several, rows_with, with_target
from koubai.models.as_estimator.vocabulary import given_of
from koubai.models.table_model import TableModel
from koubai.tables.files.frames import raw_table
from koubai.tables.files.missing import Marks, texts_of

if TYPE_CHECKING:
    import polars as pl

    from koubai.core.entries import Playground
    from koubai.explain.derivations import Derivation
    from koubai.explain.network.asking import Ask

INSIDE = re.compile(r"TableModel|MLPClassifier|MLPRegressor")
"""Who may complain of a parameter that the user gave to an estimator of tables."""


class TableEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """A `TableModel` in scikit-learn's conventions; use `TableClassifier` or `TableRegressor`."""

    _task = ""
    _target_default = "target"

    @tracked
    def fit(self, X: object, y: object = None) -> Self:
        """Learn from the rows of a table, or of an array.

        Parameters
        ----------
        X : DataFrame, Arrow table, mapping, path, or array-like of shape (n_samples, n_features)
            The rows: columns of numbers, texts, truth values and dates, with missing cells.
        y : array-like of shape (n_samples,), or str
            The targets, or the column of X that holds them.

        Returns
        -------
        self
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None. Pass the targets, or the "
                f"name of a column of a table."
            )
        refuse_several(self, X, y)
        with self._in_own_words():
            if isinstance(y, str) and is_table(X):
                rows = self._rows_with(X, y)
                frame, target = frame_of(self, rows, y, fit=True).with_columns(rows[y]), y
                self._take_targets(None)
            else:
                frame = frame_of(self, X, None, fit=True)
                checked = self._checked_targets(frame, y)
                named = getattr(y, "name", None)
                name = named if isinstance(named, str) and named else self._target_default
                frame, target = with_target(frame, checked, name)
            self.model_ = TableModel(task=self._task, **given_of(self)).fit(frame, target)
        self.target_name_ = target
        self._learned()
        return self

    def _rows_with(self, X: object, target: str) -> "pl.DataFrame":
        """Return the rows of a table that have a target."""
        return rows_with(X, target, Marks(texts_of(self.missing), texts_of(self.not_missing)))

    def _take_targets(self, y: Array | None) -> None:
        """Remember the user's classes; None if they are those of the table's column."""

    def _checked_targets(self, frame: "pl.DataFrame", y: object) -> Array:
        """Return targets that came apart from the rows, checked in scikit-learn's words."""
        raise NotImplementedError

    def _learned(self) -> None:
        """Set the attributes that follow from the model."""

    def _frame(self, X: object) -> "pl.DataFrame":
        check_is_fitted(self, "model_")
        return frame_of(self, X, self.target_name_, fit=False)

    def _predicted(self, X: object) -> "pl.DataFrame":
        frame = self._frame(X)
        with self._in_own_words():
            return self.model_.predict(frame)

    def _rows_and_targets(self, X: object, y: object) -> tuple[object, object]:
        """Return rows with their targets, which may be a column of the table."""
        check_is_fitted(self, "model_")
        if (y is None or isinstance(y, str)) and is_table(X):
            rows = self._rows_with(X, y or self.target_name_)
            return rows, self._from_model(self.model_.target_.values(rows[y or self.target_name_])[0])
        return X, y

    def _from_model(self, y: Array) -> Array:
        """Return the model's targets as the user's."""
        return y

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss after each epoch of the first network."""
        check_is_fitted(self, "model_")
        return self.model_.loss_curve_

    def explain(self, X: object, row: int = 1, *, ask: "Ask | None" = None, member: int = 1) -> "Derivation":
        """Derive the numbers of one row, step by step; see `koubai.TableModel.explain`."""
        return self.model_.explain(self._full(X, None), row, ask=ask, member=member)

    def explain_model(self, X: object, y: object = None, *, layer: int = 1) -> "Derivation":
        """Show what the model has learned; see `koubai.TableModel.explain_model`."""
        return self.model_.explain_model(self._full(X, y), layer=layer)

    def play(
        self,
        X: object,
        y: object = None,
        *,
        task: str | None = None,
        standardize: bool = True,
        **settings: object,
    ) -> "Playground":
        """Open the playground on these rows; see `koubai.TableModel.play`."""
        return self.model_.play(self._full(X, y), task=task, standardize=standardize, **settings)

    def _full(self, X: object, y: object) -> "pl.DataFrame":
        """Return rows as a table of the model, with their targets where they are known."""
        check_is_fitted(self, "model_")
        if y is not None and not isinstance(y, str):
            frame, name = with_target(self._frame(X), self._for_model(np.asarray(y)), self.target_name_)
            return frame.rename({name: self.target_name_})
        frame = self._frame(X)
        if is_table(X):
            table = raw_table(X).frame
            if self.target_name_ in table.columns:
                return frame.with_columns(table[self.target_name_])
        return frame

    def _for_model(self, y: Array) -> Array:
        """Return the user's targets as the model's."""
        return y

    @contextmanager
    def _in_own_words(self) -> Iterator[None]:
        """Let complaints of the model inside be this estimator's."""
        try:
            yield
        except KoubaiError as error:
            if not error.who or not INSIDE.fullmatch(error.who):
                raise
            raise type(error)(
                who=type(self).__name__,
                parameter=error.parameter,
                required=error.required,
                got=error.got,
                what=error.what,
                remedy=error.remedy,
            ) from error

    def to_onnx(self, path: str | os.PathLike[str] | None = None) -> bytes:
        """Return the estimator as the content of an ONNX file; see `koubai.TableModel.to_onnx`.

        Classes are the user's, in the order of ``classes_``; `koubai.export.onnx_inputs` makes the inputs of a table.
        """
        return entries.to_onnx(self, path)

    def to_record(self) -> tuple[Record, dict[str, Array]]:
        """Return the estimator as plain data and arrays; `from_record` reads them back."""
        check_is_fitted(self, "model_")
        record, tensors = self.model_.to_record()
        own = {
            "names": [*map(str, self.feature_names_in_)] if hasattr(self, "feature_names_in_") else None,
            "n_features": int(self.n_features_in_),
            "target_name": self.target_name_,
            "given": sorted(self.model_.network),
            **self._own_record(),
        }
        return {"model": record, "estimator": own}, tensors

    def _own_record(self) -> Record:
        return {}

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> Self:
        """Return the estimator described by `to_record`.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes something else.
        """
        from koubai.models.as_estimator.kept import DESCRIPTION, consistent_estimator

        checked = DESCRIPTION.check(cls.__name__, record, {})
        model = TableModel.from_record(checked["model"], tensors)
        return consistent_estimator(cls, model, checked["estimator"])

    def __sklearn_tags__(self) -> ScikitLearn:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """Return the parameters that were set and, once fitted, what was learned."""
        shown = super().__repr__(N_CHAR_MAX)
        return f"{shown}: {self.model_.summary}" if hasattr(self, "model_") else shown
