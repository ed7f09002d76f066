"""A network for the classes of a table, as scikit-learn's tools know estimators."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y, check_consistent_length, column_or_1d

from koubai.core.arrays import Array
from koubai.core.schema import Record
from koubai.models.as_estimator.base import TableEstimator
from koubai.models.as_estimator.kept import labels_of, record_of
from koubai.models.as_estimator.labels import Labels
from koubai.models.averaging import MARGINS
from koubai.tables.preparing.refusals import CLASSIFICATION

if TYPE_CHECKING:
    import polars as pl


def _has_probabilities(estimator: "TableClassifier") -> bool:
    if estimator.loss in MARGINS:
        raise AttributeError(f"predict_proba is not available with loss={estimator.loss!r}, which gives none.")
    return True


class TableClassifier(ClassifierMixin, TableEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """A network for classes of the rows of a table: a `koubai.TableModel` that takes X and y.

    Numbers, categories, truth values, dates and missing cells are prepared automatically, and the predictions of
    several networks are averaged.

    Parameters
    ----------
    drop, keep, category, text, decimal, thousands, date_order, missing, not_missing, dtype, random_state
        As for `koubai.TableModel`: which columns are used, how their cells are read, and the seed.
    cross_validation, piecewise, quality, n_members, time, metric, intervals
        As for `koubai.TableModel`: how much is trained, which measure is served, and at which level sets are.
    hidden_layer_sizes, activation, loss, optimizer, learning_rate_init, schedule, batch_size, epochs, dropout, alpha
        As for `koubai.MLPClassifier`; None leaves the choice to the recipe.
    l1, early_stopping, validation_metric, class_weight, n_starts, n_jobs
        As for `koubai.MLPClassifier`; None leaves the choice to the recipe.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The classes.
    model_ : koubai.TableModel
        The model that was fitted.
    n_features_in_, feature_names_in_
        The number of columns, and their names if they had any.
    loss_curve_ : list of float
        The training loss after each epoch.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"x": list(range(40)) * 2, "y": (["low"] * 20 + ["high"] * 20) * 2})
    >>> model = TableClassifier(hidden_layer_sizes=(8,), optimizer="lbfgs").fit(table, "y")
    >>> model.predict({"x": [3, 35]})
    array(['low', 'high'], dtype='<U4')
    """

    _labels: Labels
    _task = CLASSIFICATION
    _target_default = "class"

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
        class_weight: object = None,
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
        self.class_weight, self.n_starts, self.n_jobs = class_weight, n_starts, n_jobs

    def predict(self, X: object) -> Array:
        """Return the class of each row, (n_samples,); X as for `fit`, with or without the target."""
        predicted = self._predicted(X)["prediction"].to_numpy()
        return np.asarray(self._labels.from_table(predicted))

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]  # scikit-learn is untyped
    def predict_proba(self, X: object) -> Array:
        """Return the probability of each of ``classes_`` for each row, (n_samples, n_classes)."""
        found = self._predicted(X)
        names = [name for name in found.columns if name.startswith("probability_")]
        return np.ascontiguousarray(np.take(found.select(names).to_numpy(), self._labels.order(), axis=1))

    def score(self, X: object, y: object = None, sample_weight: object = None) -> float:
        """Return the accuracy; y may be a column of X, by default that of `fit`."""
        X, y = self._rows_and_targets(X, y)
        return float(super().score(X, y, sample_weight))

    def _checked_targets(self, frame: "pl.DataFrame", y: object) -> Array:
        labels = _check_y(y, multi_output=True, estimator=self)
        labels = column_or_1d(labels, warn=True)
        check_classification_targets(labels)
        check_consistent_length(frame, labels)
        self._take_targets(labels)
        return self._for_model(labels)

    def _take_targets(self, y: Array | None) -> None:
        self.__dict__.pop("_labels", None)
        if y is None:
            return
        self._labels = Labels.of(y)
        if len(self._labels.classes) < 2:
            raise ValueError(
                f"{type(self).__name__}: y must hold two classes or more; got 1 class, '{self._labels.classes[0]}'."
            )

    def _from_model(self, y: Array) -> Array:
        return self._labels.from_table(y)

    def _for_model(self, y: Array) -> Array:
        return self._labels.to_table(y)

    def _learned(self) -> None:
        if not hasattr(self, "_labels"):
            classes = self.model_.estimator_.classes_
            self._labels = Labels(classes, classes)
        self.classes_ = self._labels.classes

    def _learned_from(self, own: Record) -> None:
        self._labels = labels_of(own, self.model_.estimator_.classes_)
        self._learned()

    def _own_record(self) -> Record:
        return record_of(self._labels)
