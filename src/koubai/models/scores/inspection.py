"""The effect of a table's columns on a model, by scikit-learn's permutation importance and partial dependence.

Both work on whole columns of the table, as the user knows them, rather than on the features derived from them: a column
is passed to scikit-learn as codes (its numbers, or the positions of its values) and decoded before predicting.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from koubai.core.arguments import shown, targets_of
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.core.language import worded
from koubai.core.network import Network
from koubai.core.untyped import ScikitLearn
from koubai.engines.reference import trace_forward
from koubai.explain.derivations import Derivation
from koubai.explain.model.average import about_average
from koubai.explain.model.hidden_nodes import hidden_nodes
from koubai.explain.model.page import ColumnView, model_page
from koubai.explain.network.samples import players
from koubai.models.estimator_choice import Estimator
from koubai.models.reasons.page import words_section
from koubai.models.reasons.words import TEXTS, words_of_model
from koubai.models.table_predictor import TablePredictor
from koubai.tables.files.frames import TableLike, as_table
from koubai.tables.meaning.columns import NUMBER
from koubai.tables.meaning.values import numbers
from koubai.tables.preparing.numeric import NumberColumn

if TYPE_CHECKING:
    import polars as pl

KNOWN_FEATURES = 40
"""Maximum number of inputs shown; of more, the most important."""

REPEATS = 5
"""Number of shuffles of each column."""
POINTS = 20
"""Number of values of a numeric column at which the dependence is computed."""
MOST_VALUES = 12
"""Maximum number of values of a text column, the most common ones."""
MOST_ROWS = 2000
"""Maximum number of rows examined."""


@dataclass(frozen=True, slots=True)
class _Coding:
    """A column as codes: numbers unchanged (missing: nan), words as their positions among the values."""

    name: str
    values: "pl.Series | None"

    def decode(self, codes: Array) -> "pl.Series":
        import polars as pl

        if self.values is None:
            return pl.Series(self.name, codes).fill_nan(None)
        return self.values.gather(codes.astype(np.int64)).alias(self.name)


class _CodedModel:
    """A table model that takes codes, for scikit-learn's inspection functions."""

    def __init__(self, model: TablePredictor, codings: list[_Coding], codes: Array) -> None:
        self.model, self.codings, self.codes = model, codings, codes
        self.blocks = [self._block(k, codes[:, k]) for k in range(len(codings))]
        self._estimator_type = "classifier" if model.target_.is_classification else "regressor"
        if model.target_.is_classification:
            self.classes_: Array | None = getattr(model.estimator_, "classes_", None)

    def fit(self, X: Array, y: Array) -> Self:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> ScikitLearn:
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type=self._estimator_type, target_tags=TargetTags(required=False))

    def features(self, X: Array) -> Array:
        """Return the features of codes; of all columns, only those that were changed are prepared anew."""
        same = len(X) == len(self.codes)
        blocks = [
            block if same and np.array_equal(X[:, k], self.codes[:, k], equal_nan=True) else self._block(k, X[:, k])
            for k, block in enumerate(self.blocks)
        ]
        return np.hstack(blocks)

    def _block(self, k: int, codes: Array) -> Array:
        """Return the features of one column, as a prediction has them."""
        import polars as pl

        given = as_table(pl.DataFrame([self.codings[k].decode(codes)]), self.model.marks).frame
        block: Array = self.model.preparation_.columns[k].transform(given.to_series(), 0, None)
        return block.astype(self.model.dtype)

    def predict(self, X: Array) -> Array:
        return self.model.outputs(self.features(X))[0]

    def predict_proba(self, X: Array) -> Array:
        shares = self.model.outputs(self.features(X))[1]
        assert shares is not None
        return shares


def columns_of_model(model: TablePredictor, table: TableLike, seed: int = 0) -> tuple[tuple[ColumnView, ...], str]:
    """Return the effect of each column used by a model, on the rows of a table, and the score's name.

    Parameters
    ----------
    model : TableModel
        A fitted model.
    table : Table, DataFrame, mapping or path
        Rows with the target column.
    seed : int
        Seed of the shuffles.

    Raises
    ------
    DataError
        If no row has a value of the target.
    """
    from sklearn.inspection import permutation_importance

    frame = model.columns_of(table).frame
    name = model.target_.name
    if name not in frame.columns or frame[name].null_count() == frame.height:
        raise DataError(what=worded("tables.error.no_target", name=repr(name)))
    frame = frame.filter(frame[name].is_not_null()).head(MOST_ROWS)
    y, _ = model.target_.values(frame[name])
    columns = model.preparation_.columns
    used = {column.name: isinstance(column, NumberColumn) and column.kind == NUMBER for column in columns}
    codings, codes = _coded(frame, used)
    coded = _CodedModel(model, codings, codes)

    def scored(estimator: _CodedModel, X: Array, y: Array) -> float:
        return model.score_of(model.evaluation_of(estimator.features(X), y))

    answers = coded.predict(codes)
    baseline = 0.0 if model.target_.is_classification else float(answers.mean())
    found = permutation_importance(coded, codes, y, scoring=scored, n_repeats=REPEATS, random_state=seed)
    views = []
    for k, coding in enumerate(codings):
        grid, outputs = _dependence(coded, codes, k, coding)
        means, spreads = found["importances_mean"], found["importances_std"]
        views.append(ColumnView(coding.name, float(means[k]), float(spreads[k]), grid, outputs, baseline))
    return tuple(views), "accuracy" if model.target_.is_classification else "R²"


def _coded(frame: "pl.DataFrame", names: Mapping[str, bool]) -> tuple[list[_Coding], Array]:
    """Return the codings of columns and their codes, (n_rows, n_columns)."""
    codings, columns = [], []
    for name, is_number in names.items():
        column = frame[name]
        if is_number:
            codings.append(_Coding(name, None))
            columns.append(numbers(column).fill_null(np.nan).to_numpy())
        else:
            values = column.value_counts(sort=True)[name]
            position: Mapping[object, int] = {value: k for k, value in enumerate(values.to_list())}
            codings.append(_Coding(name, values))
            columns.append(np.array([position[value] for value in column.to_list()], dtype=np.float64))
    return codings, np.column_stack(columns)


def _dependence(
    coded: _CodedModel, codes: Array, k: int, coding: _Coding
) -> tuple[tuple[float | str, ...], tuple[tuple[float, ...], ...]]:
    """Return a grid of values of one column, and each output's mean with the column set to them."""
    if coding.values is not None and _is_text(coded.model, coding.name):  # whole texts come once each
        return (), ()
    if coding.values is None:
        known = codes[:, k][np.isfinite(codes[:, k])]
        grid = np.unique(np.quantile(known, np.linspace(0.02, 0.98, POINTS))) if len(known) else np.zeros(1)
        shown: tuple[float | str, ...] = tuple(float(value) for value in grid)
    else:
        grid = np.arange(min(len(coding.values), MOST_VALUES), dtype=np.float64)
        shown = tuple("–" if value is None else str(value) for value in coding.values.head(len(grid)).to_list())
    if len(grid) < 2:
        return shown, ()
    classes = coded._estimator_type == "classifier" and hasattr(coded.model.estimator_, "predict_proba")
    if not classes and coded._estimator_type == "classifier":
        return shown, ()
    return shown, _means(coded, codes, k, grid, classes)


def _means(model: object, X: Array, k: int, grid: Array, classes: bool) -> tuple[tuple[float, ...], ...]:
    """Return each output's mean over rows with one column set to each value of a grid."""
    from sklearn.inspection import partial_dependence

    if len(X) == 2:  # scikit-learn takes two rows for two classes; four have the same mean
        X = np.repeat(X, 2, axis=0)
    method: object = "predict_proba" if classes else "auto"
    found = partial_dependence(model, X, [k], kind="average", response_method=method, custom_values={k: grid})
    return tuple(tuple(map(float, row)) for row in found["average"])


def _is_text(model: TablePredictor, name: str) -> bool:
    return any(column.name == name for column in model.preparation_.texts.values())


def dependence_of(model: TablePredictor, table: TableLike, column: str) -> "pl.DataFrame":
    """Return the partial dependence of one column as a table; see `koubai.TableModel.partial_dependence`."""
    import polars as pl

    frame = model.columns_of(table).frame.head(MOST_ROWS)
    columns = {
        found.name: isinstance(found, NumberColumn) and found.kind == NUMBER for found in model.preparation_.columns
    }
    if column not in columns:
        raise ParameterError(
            who="TableModel",
            parameter="column",
            required=worded("core.must.those_model_uses", list=", ".join(list(columns)[:12])),
            got=shown(column),
            remedy=worded("core.remedy.try", value=repr(next(iter(columns)))),
        )
    if _is_text(model, column):
        raise ParameterError(
            who="TableModel",
            parameter="column",
            required=worded("core.must.not_texts_come_once_each"),
            got=shown(column),
            remedy=worded("core.remedy.ask_reasons_words_matter"),
        )
    codings, codes = _coded(frame, columns)
    place = list(columns).index(column)
    grid, outputs = _dependence(_CodedModel(model, codings, codes), codes, place, codings[place])
    classes = [f"probability_{label}" for label in getattr(model.estimator_, "classes_", ())]
    if len(classes) == 2 and len(outputs) == 1:
        outputs = (tuple(1 - share for share in outputs[0]), outputs[0])
    names = classes if classes else ["prediction"]
    return pl.DataFrame({column: list(grid), **dict(zip(names, map(list, outputs), strict=False))})


class _PlainNetwork:
    """A network with two classes at one output, in the form scikit-learn's inspection requires."""

    _estimator_type = "classifier"

    def __init__(self, network: Network, theta: Array) -> None:
        self.network, self.theta = network, theta
        self.classes_ = np.arange(2)

    def fit(self, X: Array, y: Array) -> Self:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> ScikitLearn:
        from sklearn.utils import ClassifierTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier", target_tags=TargetTags(required=False), classifier_tags=ClassifierTags()
        )

    def predict_proba(self, X: Array) -> Array:
        yes = trace_forward(self.network, self.theta, X).outputs[:, 0]
        return np.column_stack([1 - yes, yes])

    def predict(self, X: Array) -> Array:
        labels: Array = self.predict_proba(X).argmax(axis=1)
        return labels

    def score(self, X: Array, y: Array) -> float:
        return float((self.predict(X) == y).mean())


def columns_of_estimator(
    model: object, X: Array, y: Array, names: Sequence[str] = (), seed: int = 0
) -> tuple[tuple[ColumnView, ...], str]:
    """Return the effect of each feature of an array on a fitted estimator, and the score's name.

    Parameters
    ----------
    model : estimator
        A model with ``score`` and ``predict``; for classes also ``predict_proba``, without which there are no
        dependences.
    X, y : (n_rows, n_features), (n_rows,)
        Rows with their targets; only the first 2000 are used.
    names : sequence of str
        Names of the features.
    seed : int
        Seed of the shuffles.
    """
    from sklearn.base import is_classifier
    from sklearn.inspection import permutation_importance

    X, y = X[:MOST_ROWS], y[:MOST_ROWS]
    called = list(names) if len(names) == X.shape[1] else [f"x{j}" for j in range(1, X.shape[1] + 1)]
    found = permutation_importance(model, X, y, n_repeats=REPEATS, random_state=seed)
    classes = is_classifier(model)
    views = []
    for k in np.argsort(-found["importances_mean"], kind="stable")[:KNOWN_FEATURES]:
        grid = np.unique(np.quantile(X[:, k], np.linspace(0.02, 0.98, POINTS)))
        outputs: tuple[tuple[float, ...], ...] = ()
        if len(grid) > 1 and (not classes or hasattr(model, "predict_proba")):
            outputs = _means(model, X, int(k), grid, classes)
        mean, spread = float(found["importances_mean"][k]), float(found["importances_std"][k])
        views.append(ColumnView(called[k], mean, spread, tuple(grid.tolist()), outputs))
    return tuple(views), "accuracy" if classes else "R²"


def page_of_table_model(model: TablePredictor, table: TableLike, layer: int = 1) -> Derivation:
    """Return the page of a table's model: the effects of its hidden nodes and columns, on the rows of a table."""
    inputs, targets = model.network_rows(table)
    estimator = model.estimator_
    classes = tuple(map(str, getattr(estimator, "classes_", ())))
    nodes = hidden_nodes(
        estimator.network_, estimator.theta_.astype(np.float64), inputs, tuple(model.preparation_.features), layer
    )
    columns, score = columns_of_model(model, table)
    page = model_page(nodes, columns, classes, _labels(targets, classes), score)
    words = words_section(words_of_model(model, table), min(TEXTS, len(inputs)))
    page = replace(page, sections=(*page.sections, *words))
    return about_average(page, 1, 1 + len(model.others_))


def page_of_estimator(model: Estimator, X: object, y: object = None, layer: int = 1) -> Derivation:
    """Return the page of a fitted `MLPClassifier` or `MLPRegressor`; see its method ``explain_model``."""
    names = tuple(map(str, getattr(model, "feature_names_in_", ())))
    rows = np.asarray(X, dtype=np.float64)
    nodes = hidden_nodes(model.network_, model.theta_.astype(np.float64), rows, names, layer)
    classes = tuple(map(str, getattr(model, "classes_", ())))
    if y is None:
        return model_page(nodes, (), classes)
    targets = targets_of("explain_model", y)
    if targets.ndim == 0 or len(targets) != len(rows):
        came = len(targets) if targets.ndim else shown(y)
        raise ShapeError(
            who="explain_model",
            parameter=worded("models.error.x_y"),
            required=worded("core.must.have_same_number_rows"),
            got=worded("core.got.and", first=len(rows), second=came),
            remedy=worded("core.remedy.pass_both"),
        )
    labels = tuple(map(str, targets)) if classes and targets.ndim == 1 else ()
    with warnings.catch_warnings():  # arrays replace the frame that the model was fitted on
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        columns, score = columns_of_estimator(model, rows, targets, names)
    return model_page(nodes, columns, classes, labels, score)


def page_of_players(layer: int = 1) -> Derivation:
    """Return the page of the ready-made network of baseball players (slides 46-47)."""
    sample = players()
    nodes = hidden_nodes(sample.network, sample.theta, sample.inputs, sample.names.inputs, layer)
    model, chosen = _PlainNetwork(sample.network, sample.theta), sample.targets[:, 0].astype(int)
    columns, score = columns_of_estimator(model, sample.inputs, chosen, sample.names.inputs)
    classes = sample.names.outputs
    return model_page(nodes, columns, classes, _labels(sample.targets, classes), score)


def _labels(targets: Array, classes: Sequence[str]) -> list[str]:
    """Return each row's class by name, for classes with names."""
    if not classes or np.isnan(targets).any():
        return []
    chosen = targets.argmax(axis=1) if targets.shape[1] > 1 else (targets[:, 0] > 0.5).astype(int)
    return [classes[int(k)] for k in chosen]
