"""A report of a model: judged on rows of a table, with what it goes by and where it is most wrong."""

import shlex
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.explain.model.page import ColumnView
from koubai.models.prepared import PreparedTable
from koubai.models.reasons.record import brief, shown
from koubai.models.reasons.words import words_of_model
from koubai.models.reporting.record import ColumnUse, Judged, Report, WrongRow
from koubai.models.reporting.scores import judged
from koubai.models.scores.inspection import MOST_ROWS, columns_of_model
from koubai.models.table_predictor import TablePredictor
from koubai.models.trust.remembered import Remembered
from koubai.tables.files.frames import TableLike
from koubai.tables.files.reading import Table

MOST_CELLS = 40_000
"""Approximate number of cells examined for importance and dependence, so fewer rows of a wide table …"""
FEWEST_ROWS = 100
"""… but at least this many rows, if there are."""
MOST_WRONG, CELLS = 10, 4
"""Number of wrong rows listed, and of their cells: those of the most important columns."""
Rows = npt.NDArray[np.int64]


def report_of(model: TablePredictor, table: TableLike, seed: int = 0) -> Report:
    """Return the report of a model on the rows of a table that have a target; see `koubai.TableModel.report`."""
    read = model.columns_of(table)
    name = model.target_.name
    if name not in read.frame.columns or read.frame[name].null_count() == read.frame.height:
        raise DataError(what=worded("models.error.table_have_values_target_report", name=repr(name)))
    _, rows = model.target_.values(read.frame[name])
    return _report(model, read, rows, rows, False, "model.explain(table, row={row})", seed)


def report_of_fit(
    model: TablePredictor, prepared: "PreparedTable", data: str, model_file: str, seed: int = 0
) -> Report:
    """Return the report of a model on the rows that were held out when it was fitted.

    Parameters
    ----------
    model : TableModel
        The fitted model.
    prepared : PreparedTable
        What it was fitted on.
    data, model_file : str
        Where the table and the model are, for the commands that show derivations.
    seed : int
        Seed of shuffles and resamples.
    """
    _, rows = prepared.target.values(prepared.table.frame[prepared.target.name])
    # Without rows held out, the effects of columns are measured on those that were learned from.
    learned = np.sort(np.concatenate([prepared.training, prepared.validation]))
    effects = rows[prepared.test if len(prepared.test) else learned]
    command = f"koubai explain forward {shlex.quote(model_file)} --data {shlex.quote(data)} --row {{row}}"
    command = command.replace("{", "{{").replace("}", "}}").replace("{{row}}", "{row}")
    return _report(model, prepared.table, rows[prepared.test], effects, True, command, seed)


def _report(
    model: TablePredictor, table: Table, rows: Rows, effect_rows: Rows, held_out: bool, command: str, seed: int
) -> Report:
    """Return the report by some rows of a table, and the effects of columns by some rows of it."""
    estimator = model.estimator_
    found, remembered = None, Remembered(None if held_out else model.trained_)
    if len(rows):
        frame = table.frame[rows]
        y, _ = model.target_.values(frame[model.target_.name])
        features = model._features(frame)
        remembered.add(features)
        found = judged(model, y, features, seed)
    most = max(FEWEST_ROWS, min(MOST_ROWS, MOST_CELLS // max(1, len(model.preparation_.columns))))
    examined = np.sort(np.random.default_rng(seed).permutation(effect_rows)[:most])
    effects, score = columns_of_model(model, replace(table, frame=table.frame[examined]), seed)
    effects = tuple(sorted(effects, key=lambda view: -view.importance))
    places = np.empty(0, np.int64) if found is None else _most_wrong(found)
    wrong = (
        () if found is None else tuple(_wrong_row(found, k, table, rows, effects, command) for k in places[:MOST_WRONG])
    )
    return Report(
        model.target_.name,
        model.target_.task,
        table.source,
        1 + len(model.others_),
        tuple(estimator.network_.sizes),
        model.n_rows_,
        _columns(model),
        tuple(model.notes_),
        found,
        held_out,
        bool(remembered.note),
        model.cross_validated_,
        effects,
        len(examined),
        score,
        wrong,
        0 if found is None else len(places),
        tuple(words_of_model(model, replace(table, frame=table.frame[examined]), seed)),
    )


def _columns(model: TablePredictor) -> tuple[ColumnUse, ...]:
    used = [
        ColumnUse(column.name, column.kind, column.summary, True, tuple(column.uses))
        for column in model.preparation_.columns
    ]
    left_out = [ColumnUse(column.name, column.kind, column.reason, False) for column in model.preparation_.left_out]
    return (*used, *left_out)


def _most_wrong(found: Judged) -> Rows:
    """Return the rows with a wrong answer: the least probable truths, or the largest residuals, first."""
    if not len(found.classes):
        sizes = np.abs(found.y - found.predicted)
        return np.argsort(-sizes, kind="stable")[: int((sizes > 0).sum())]
    wrong = np.flatnonzero(found.y != found.predicted)
    return wrong[np.argsort([_probability(found, int(k)) for k in wrong], kind="stable")]


def _probability(found: Judged, k: int) -> float:
    """Return the probability of a row's true class: 0 if the model does not know the class, nan if it has none."""
    if found.probabilities is None:
        return float("nan")
    places = np.flatnonzero(found.classes == found.y[k])
    return float(found.probabilities[k, places[0]]) if len(places) else 0.0


def _wrong_row(
    found: Judged, k: int, table: Table, rows: Rows, effects: "tuple[ColumnView, ...]", command: str
) -> WrongRow:
    row = int(rows[k])
    cells = tuple(brief(shown(table.frame[view.name][row])) for view in effects[:CELLS])
    if len(found.classes):
        truth, answer, size = str(found.y[k]), str(found.predicted[k]), _probability(found, int(k))
    else:
        truth, answer = f"{found.y[k]:.6g}", f"{found.predicted[k]:.6g}"
        size = float(found.y[k] - found.predicted[k])
    return WrongRow(row + 1, truth, answer, size, cells, command.format(row=row + 1))
