"""Predictions with their reasons: a column that names the columns that speak most for or against each answer."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from koubai.cli.parts.reading import require_files
from koubai.core.errors import ParameterError
from koubai.core.language import worded

if TYPE_CHECKING:
    import polars as pl

    from koubai.models.predicting import Prediction
    from koubai.models.table_predictor import TablePredictor
    from koubai.tables.files.blocks import TableBlocks
    from koubai.tables.files.reading import Table

BUDGET = 2000
"""About how many rows may be predicted to find the reasons for one."""


def check(args: argparse.Namespace, many: bool) -> None:
    """Raise an error in one sentence if what is asked for does not go together, or a file is missing."""
    if args.reasons and many:
        raise ParameterError(worded("cli.error.reasons_come_file_predictions_got", out=args.out))
    if args.training is not None and not args.reasons:
        raise ParameterError(worded("cli.error.training_come_reasons_got_alone", training=args.training))
    require_files([args.training])


def with_reasons(
    prediction: "Prediction", model: "TablePredictor", args: argparse.Namespace, table: "Table | TableBlocks"
) -> Iterator[tuple["pl.DataFrame", "pl.DataFrame"]]:
    """Yield a table's rows and predictions, these with a column of reasons.

    Parameters
    ----------
    prediction : Prediction
        The predictions.
    model : TablePredictor
        What predicted.
    args : Namespace
        The command's options.
    table : Table or TableBlocks
        The table to predict for.
    """
    import polars as pl

    from koubai.models.reasons.asking import reasons_in_order
    from koubai.models.reasons.record import in_one_line
    from koubai.models.reasons.usual import Usual
    from koubai.models.reasons.words import words_of
    from koubai.tables.files.reading import Table, read_table
    from koubai.tables.meaning.values import BadCells

    if args.training is not None:
        usual = Usual(model, read_table(args.training, **model.reading_for(args.training)))
    elif isinstance(table, Table):
        bad = BadCells() if args.bad_cells == "missing" else None
        usual = Usual(model, table, preparation=prediction.preparation, bad=bad)
    else:
        raise ParameterError(worded("cli.error.reasons_come_training_table_read"))
    for (frame, predicted), read, features in prediction.seen():
        said = []
        for row, its_features in enumerate(features):
            answer, place, _ = usual.chosen(its_features)
            found = usual.contributions(its_features, place, BUDGET, 0)
            its_cells = read[row : row + 1]
            reasons = reasons_in_order(usual.names, its_cells, found)
            words = words_of(usual, its_cells, its_features, place)
            said.append(in_one_line(reasons, str(answer), place is not None, words))
        yield frame, predicted.with_columns(pl.Series("reasons", said, dtype=pl.String))
