"""``koubai descend --network``: examine a saved network on a table."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from koubai.cli.parts.descend_options import one_of_each
from koubai.core.errors import DataError, ParameterError

if TYPE_CHECKING:
    from koubai.descent.display import Displayed
    from koubai.descent.surfaces.subject import Subject
    from koubai.descent.surfaces.watching import TrainingRecord
    from koubai.optimizers.protocol import Optimizer

MOST_ROWS = 2000
"""Maximum number of rows used; the loss is evaluated thousands of times."""


def look(args: argparse.Namespace) -> "Displayed":
    """Return the requested view."""
    from koubai.descent.surfaces.batches import batch_progress
    from koubai.descent.surfaces.landscape import landscape, landscape_of_path, line_between
    from koubai.descent.surfaces.rates import range_test
    from koubai.descent.surfaces.spectrum import largest_eigenvalues

    one_of_each(args, "--network")
    trained, estimator = _subject(args.network, args.function, args.seed)
    fresh = _at_start(trained, args.seed)
    match args.view:
        case "path":
            record = _trained_anew(fresh, estimator, args)
            return landscape_of_path(record.subject, record.thetas)
        case "line":
            if args.other is None:
                return line_between(fresh, trained.theta)
            return line_between(trained, _same_shape(trained, args.other, args.function, args.seed).theta)
        case "solutions":
            again = _at_start(trained, args.seed + 1)
            return line_between(trained, _trained_anew(again, estimator, args, as_often=True).subject.theta)
        case "sharpness":
            return largest_eigenvalues(trained, min(5, trained.network.n_parameters), seed=args.seed)
        case "layers":
            return _trained_anew(fresh, estimator, args)
        case "rates":
            rule, _ = _rule(estimator, args)
            return range_test(fresh, rule, batch_size=args.batch_size, seed=args.seed)
        case "batches":
            name, rate = one_of_each(args, "--network")
            sizes, epochs = (1, args.batch_size), _epochs(args)
            return batch_progress(fresh, sizes, optimizer=name, learning_rate=rate, epochs=epochs, seed=args.seed)
    return landscape(trained, span=args.span, seed=args.seed)


def _epochs(args: argparse.Namespace) -> int:
    return 20 if args.epochs is None else int(args.epochs)


def _rule(estimator: Any, args: argparse.Namespace) -> "tuple[Optimizer, float | None]":
    """Return the requested optimizer and learning rate, else those the model was trained with."""
    from koubai.estimators.given.training_choices import base_learning_rate, chosen_optimizer, uses_lbfgs
    from koubai.optimizers.registry import get_optimizer

    own = get_optimizer("sgd") if uses_lbfgs(estimator) else chosen_optimizer(estimator)
    rule = get_optimizer(args.optimizer[0]) if args.optimizer else own
    if args.learning_rate:
        return rule, float(args.learning_rate[0])
    return rule, base_learning_rate(estimator, own) if rule == own else None


def _trained_anew(
    start: "Subject", estimator: Any, args: argparse.Namespace, as_often: bool = False
) -> "TrainingRecord":
    """Train from a start and report the settings; with ``as_often``, for as many epochs as the model by default."""
    from koubai.descent.surfaces.watching import watch_training

    rule, rate = _rule(estimator, args)
    often = min(int(getattr(estimator, "n_iter_", 20)), 200) if as_often and args.epochs is None else _epochs(args)
    record = watch_training(start, rule, rate, epochs=often, batch_size=args.batch_size, seed=args.seed)
    print(
        f"Note: retrained by {rule.name}, learning rate {record.learning_rate:g}, {often} epochs, "
        f"batches of {args.batch_size}, without dropout.",
        file=sys.stderr,
    )
    return record


def _subject(model: str, table: str, seed: int) -> "tuple[Subject, Any]":
    """Return the saved network on the table's rows (on a random sample of a long table), and its estimator."""
    import numpy as np

    from koubai.descent.surfaces.subject import Subject
    from koubai.engines.protocol import Rows
    from koubai.models.files import load
    from koubai.models.table_model import TableModel

    loaded: Any = load(model)
    if not isinstance(loaded, TableModel):
        raise ParameterError(
            f"--network must be a model saved by 'koubai fit'; got a {type(loaded).__name__}. "
            f"Use koubai.descent.surfaces.subject.subject_of in Python."
        )
    inputs, targets = loaded.network_rows(table)
    there = np.flatnonzero(np.isfinite(targets).all(axis=1))
    if not len(there):
        raise DataError(
            f"The table '{table}' must have values of the target {loaded.target_.name!r}; got none. Add the column."
        )
    if len(there) > MOST_ROWS:
        print(f"Note: {MOST_ROWS} of the {len(there)} rows are used.", file=sys.stderr)
        there = np.random.default_rng(seed).choice(there, MOST_ROWS, replace=False)
    if loaded.others_:
        n = 1 + len(loaded.others_)
        print(f"Note: the model averages {n} networks; the picture is of the first.", file=sys.stderr)
    estimator: Any = loaded.estimator_
    rows = Rows(np.ascontiguousarray(inputs[there], dtype=np.float64), np.ascontiguousarray(targets[there]))
    return Subject(estimator.network_, np.asarray(estimator.theta_, dtype=np.float64), rows), estimator


def _at_start(subject: "Subject", seed: int) -> "Subject":
    """Return the same network before training."""
    import numpy as np

    return subject.at(subject.network.initial(np.random.default_rng(seed)))


def _same_shape(subject: "Subject", model: str, table: str, seed: int) -> "Subject":
    """Return another saved network; refuse it unless it has the same shape."""
    other, _ = _subject(model, table, seed)
    if other.network != subject.network:
        raise ParameterError(
            f"--other must be a network with the same layers, {'-'.join(map(str, subject.network.sizes))}; "
            f"got {'-'.join(map(str, other.network.sizes))}. Train it with the same options, or use --view solutions."
        )
    return other
