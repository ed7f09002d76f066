"""The reasons for one row's answer of a table's model, in the table's own columns and units."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from koubai.models.asked import check_row
from koubai.models.reasons.changes import changes_of
from koubai.models.reasons.contributions import Contributions
from koubai.models.reasons.record import Reason, Reasons, shown
from koubai.models.reasons.usual import Usual
from koubai.models.reasons.words import words_of
from koubai.models.table_predictor import TablePredictor
from koubai.tables.files.frames import TableLike

if TYPE_CHECKING:
    import polars as pl


def reasons_of(
    model: TablePredictor,
    table: TableLike,
    row: int = 1,
    *,
    training: "TableLike | None" = None,
    budget: int = 20_000,
    seed: int = 0,
) -> Reasons:
    """Return the reasons for the answer to one row of a table; see `koubai.TableModel.reasons`."""
    read = model.columns_of(table).frame
    check_row(row, read.height)
    usual = Usual(model, read if training is None else training, seed)
    frame = model.preparation_.read(read)[row - 1 : row]
    features = model.preparation_.transform(frame, np.float64, row - 1)[0]
    answer, place, probability = usual.chosen(features)
    found = usual.contributions(features, place, budget, seed)
    return Reasons(
        row,
        model.target_.name,
        str(answer) if place is not None else f"{answer:.6g}",
        probability,
        place is not None,
        tuple(reasons_in_order(usual.names, frame, found)),
        found,
        tuple(usual.nearest(features, row - 1 if training is None else None)),
        tuple(changes_of(usual, frame, features, answer, place)),
        tuple(words_of(usual, frame, features, place)),
    )


def reasons_in_order(names: Sequence[str], frame: "pl.DataFrame", found: Contributions) -> list[Reason]:
    """Return the reasons with the largest contribution first; ``frame`` is the row."""
    listed = [
        Reason(name, shown(frame[name][0]), float(value), float(error))
        for name, value, error in zip(names, found.values, found.errors, strict=True)
    ]
    return sorted(listed, key=lambda reason: -abs(reason.contribution))
