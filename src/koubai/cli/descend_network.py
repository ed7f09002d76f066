"""``koubai descend --network``: look closely at a saved network on a table."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from koubai.core.errors import DataError, ParameterError

if TYPE_CHECKING:
    from koubai.descent.display import Displayed
    from koubai.descent.subject import Subject

MOST_ROWS = 2000
"""Rows of a longer table that are looked at; the loss is evaluated thousands of times."""


def look(args: argparse.Namespace) -> "Displayed":
    """Return the view that was asked for."""
    from koubai.cli.descend import one_of_each
    from koubai.descent.landscape import landscape, landscape_of_path, line_between
    from koubai.descent.spectrum import largest_eigenvalues
    from koubai.descent.watching import batch_progress, range_test, watch_training

    rule, rate = one_of_each(args, "--network")
    trained = _subject(args.network, args.function, args.seed)
    fresh = _at_start(trained, args.seed)
    match args.view:
        case "path":
            record = watch_training(fresh, rule, rate, epochs=args.epochs, batch_size=args.batch_size, seed=args.seed)
            return landscape_of_path(record.subject, record.thetas)
        case "line":
            if args.other is None:
                return line_between(fresh, trained.theta)
            return line_between(trained, _same_shape(trained, args.other, args.function, args.seed).theta)
        case "sharpness":
            return largest_eigenvalues(trained, min(5, trained.network.n_parameters), seed=args.seed)
        case "layers":
            return watch_training(fresh, rule, rate, epochs=args.epochs, batch_size=args.batch_size, seed=args.seed)
        case "rates":
            return range_test(fresh, rule, batch_size=args.batch_size, seed=args.seed)
        case "batches":
            return batch_progress(
                fresh, (1, args.batch_size), optimizer=rule, learning_rate=rate, epochs=args.epochs, seed=args.seed
            )
    return landscape(trained, span=args.span, seed=args.seed)


def _subject(model: str, table: str, seed: int) -> "Subject":
    """Return the saved network on the table's rows, or on as many as are looked at, chosen at random."""
    import numpy as np

    from koubai.descent.subject import Subject
    from koubai.engines.protocol import Rows
    from koubai.models.files import load
    from koubai.models.table_model import TableModel

    loaded: Any = load(model)
    if not isinstance(loaded, TableModel):
        raise ParameterError(
            f"--network must be a model that 'koubai fit' saved; got a {type(loaded).__name__}. "
            f"Use koubai.descent.subject.subject_of in Python."
        )
    inputs, targets = loaded.network_rows(table)
    there = np.flatnonzero(np.isfinite(targets).all(axis=1))
    if not len(there):
        raise DataError(
            f"The table '{table}' must have values of the target {loaded.target_.name!r}; got none. Add the column."
        )
    if len(there) > MOST_ROWS:
        print(f"Note: {MOST_ROWS} of the {len(there)} rows are looked at.", file=sys.stderr)
        there = np.random.default_rng(seed).choice(there, MOST_ROWS, replace=False)
    estimator: Any = loaded.estimator_
    rows = Rows(np.ascontiguousarray(inputs[there], dtype=np.float64), np.ascontiguousarray(targets[there]))
    return Subject(estimator.network_, np.asarray(estimator.theta_, dtype=np.float64), rows)


def _at_start(subject: "Subject", seed: int) -> "Subject":
    """Return the same network before training."""
    import numpy as np

    return subject.at(subject.network.initial(np.random.default_rng(seed)))


def _same_shape(subject: "Subject", model: str, table: str, seed: int) -> "Subject":
    """Return another saved network, refused unless it is of the same shape."""
    other = _subject(model, table, seed)
    if other.network != subject.network:
        raise ParameterError(
            f"--other must be a network of the same layers, {'-'.join(map(str, subject.network.sizes))}; "
            f"got {'-'.join(map(str, other.network.sizes))}. Train it with the same options and another --seed."
        )
    return other
