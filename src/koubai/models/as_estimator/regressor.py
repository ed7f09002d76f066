"""A network for a number of the rows of a table, as scikit-learn's tools know estimators."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import _check_y, check_consistent_length, column_or_1d

from koubai.core.arrays import Array
from koubai.core.schema import Record
from koubai.models.as_estimator.base import TableEstimator
from koubai.tables.preparing.refusals import REGRESSION

if TYPE_CHECKING:
    import polars as pl


class TableRegressor(RegressorMixin, TableEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """A network for a number of the rows of a table: a `koubai.TableModel` that takes X and y.

    Numbers, categories, truth values, dates and missing cells are prepared automatically, and the predictions of
    several networks are averaged.

    Parameters
    ----------
    drop, keep, category, text, decimal, thousands, date_order, missing, not_missing, dtype, random_state
        As for `koubai.TableModel`: which columns are used, how their cells are read, and the seed.
    cross_validation, piecewise, quality, n_members, time, metric, intervals
        As for `koubai.TableModel`: how much is trained, which measure is served, and at which level intervals are.
    hidden_layer_sizes, activation, loss, optimizer, learning_rate_init, schedule, batch_size, epochs, dropout, alpha
        As for `koubai.MLPRegressor`; None leaves the choice to the recipe.
    l1, early_stopping, validation_metric, n_starts, n_jobs
        As for `koubai.MLPRegressor`; None leaves the choice to the recipe.

    Attributes
    ----------
    model_ : koubai.TableModel
        The model that was fitted.
    n_features_in_, feature_names_in_
        The number of columns, and their names if they had any.
    loss_curve_ : list of float
        The training loss after each epoch.

    Examples
    --------
    >>> table = {"x": [1, 2] * 20, "y": [5.0, 7.0] * 20}
    >>> model = TableRegressor(hidden_layer_sizes=(4,), optimizer="lbfgs").fit(table, "y")
    >>> model.predict({"x": [1, 2, 2]}).round(2)
    array([5., 7., 7.])
    """

    _task = REGRESSION
    _target_default = "target"

    def __init__(
        self,
        *,
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
        hidden_layer_sizes: object = None,
        activation: object = None,
        loss: object = None,
        optimizer: object = None,
        learning_rate_init: float | None = None,
        schedule: object = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        dropout: object = None,
        alpha: float | None = None,
        l1: float | None = None,
        early_stopping: bool | None = None,
        validation_metric: str | None = None,
        n_starts: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.drop, self.keep, self.category, self.text = drop, keep, category, text
        self.decimal, self.thousands, self.date_order = decimal, thousands, date_order
        self.missing, self.not_missing = missing, not_missing
        self.dtype, self.random_state = dtype, random_state
        self.cross_validation, self.piecewise, self.quality = cross_validation, piecewise, quality
        self.n_members, self.time, self.metric, self.intervals = n_members, time, metric, intervals
        self.hidden_layer_sizes, self.activation, self.loss = hidden_layer_sizes, activation, loss
        self.optimizer, self.learning_rate_init, self.schedule = optimizer, learning_rate_init, schedule
        self.batch_size, self.epochs, self.dropout = batch_size, epochs, dropout
        self.alpha, self.l1 = alpha, l1
        self.early_stopping, self.validation_metric = early_stopping, validation_metric
        self.n_starts, self.n_jobs = n_starts, n_jobs

    def predict(self, X: object) -> Array:
        """Return the number of each row, (n_samples,); X as for `fit`, with or without the target."""
        return self._predicted(X)["prediction"].to_numpy()

    def predict_interval(self, X: object) -> Array:
        """Return the ends of each row's interval, (n_samples, 2), of a regressor with ``intervals``."""
        found = self._predicted(X)
        if self.model_.conformal_ is None:
            raise AttributeError(f"{type(self).__name__}: predict_interval needs intervals=0.9 or another level.")
        return found.select("prediction_lower", "prediction_upper").to_numpy()

    def score(self, X: object, y: object = None, sample_weight: object = None) -> float:
        """Return R²; y may be a column of X, by default that of `fit`."""
        X, y = self._rows_and_targets(X, y)
        return float(super().score(X, np.asarray(y, np.float64), sample_weight))

    def _checked_targets(self, frame: "pl.DataFrame", y: object) -> Array:
        y = _check_y(y, multi_output=True, y_numeric=True, estimator=self)
        y = column_or_1d(y, warn=True)
        check_consistent_length(frame, y)
        return np.asarray(y, np.float64)

    def _learned_from(self, own: Record) -> None:
        self._learned()
