"""``koubai descend --network``: examine a saved network on a table."""

import argparse
from typing import TYPE_CHECKING

from koubai.cli.parts.descend_options import one_of_each
from koubai.cli.parts.reading import say_notes
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import Language, language, worded

if TYPE_CHECKING:
    from koubai.descent.display import Displayed
    from koubai.descent.surfaces.subject import Subject
    from koubai.descent.surfaces.watching import TrainingRecord
    from koubai.models.estimator_choice import Estimator
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
    trained, estimator = _subject(args.network, args.function, args.seed, language(args.lang))
    fresh = _at_start(trained, args.seed)
    match args.view:
        case "path":
            record = _trained_anew(fresh, estimator, args)
            return landscape_of_path(record.subject, record.thetas)
        case "line":
            if args.other is None:
                return line_between(fresh, trained.theta)
            return line_between(
                trained, _same_shape(trained, args.other, args.function, args.seed, language(args.lang)).theta
            )
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


def _rule(estimator: "Estimator", args: argparse.Namespace) -> "tuple[Optimizer, float | None]":
    """Return the requested optimizer and learning rate, else those the model was trained with."""
    from koubai.estimators.given.training_choices import base_learning_rate, chosen_optimizer, uses_lbfgs
    from koubai.optimizers.registry import get_optimizer

    own = get_optimizer("sgd") if uses_lbfgs(estimator) else chosen_optimizer(estimator)
    rule = get_optimizer(args.optimizer[0]) if args.optimizer else own
    if args.learning_rate:
        return rule, float(args.learning_rate[0])
    return rule, base_learning_rate(estimator, own) if rule == own else None


def _trained_anew(
    start: "Subject", estimator: "Estimator", args: argparse.Namespace, as_often: bool = False
) -> "TrainingRecord":
    """Train from a start and report the settings; with ``as_often``, for as many epochs as the model by default."""
    from koubai.descent.surfaces.watching import watch_training

    rule, rate = _rule(estimator, args)
    often = min(int(getattr(estimator, "n_iter_", 20)), 200) if as_often and args.epochs is None else _epochs(args)
    record = watch_training(start, rule, rate, epochs=often, batch_size=args.batch_size, seed=args.seed)
    named = {"rule": rule.name, "rate": f"{record.learning_rate:g}", "epochs": often, "batch": args.batch_size}
    say_notes([worded("descend.note.retrained", **named)])
    return record


def _subject(model: str, table: str, seed: int, lang: Language) -> "tuple[Subject, Estimator]":
    """Return the saved network on the table's rows (on a random sample of a long table), and its estimator."""
    import numpy as np

    from koubai.descent.surfaces.subject import Subject
    from koubai.engines.protocol import Rows
    from koubai.models.files import load
    from koubai.models.table_model import TableModel

    loaded = load(model)
    if not isinstance(loaded, TableModel):
        raise ParameterError(worded("descend.error.table_model", got=type(loaded).__name__))
    inputs, targets = loaded.network_rows(table)
    there = np.flatnonzero(np.isfinite(targets).all(axis=1))
    if not len(there):
        raise DataError(worded("descend.error.no_target", path=table, target=repr(loaded.target_.name)))
    notes: list[str] = []
    if len(there) > MOST_ROWS:
        notes.append(worded("descend.note.sampled", n=MOST_ROWS, of=len(there)))
        there = np.random.default_rng(seed).choice(there, MOST_ROWS, replace=False)
    if loaded.others_:
        n = 1 + len(loaded.others_)
        notes.append(worded("descend.note.averages", n=n))
    say_notes(notes)
    estimator = loaded.estimator_
    rows = Rows(np.ascontiguousarray(inputs[there], dtype=np.float64), np.ascontiguousarray(targets[there]))
    return Subject(estimator.network_, np.asarray(estimator.theta_, dtype=np.float64), rows), estimator


def _at_start(subject: "Subject", seed: int) -> "Subject":
    """Return the same network before training."""
    import numpy as np

    return subject.at(subject.network.initial(np.random.default_rng(seed)))


def _same_shape(subject: "Subject", model: str, table: str, seed: int, lang: Language) -> "Subject":
    """Return another saved network; refuse it unless it has the same shape."""
    other, _ = _subject(model, table, seed, lang)
    if other.network != subject.network:
        sizes, got = ("-".join(map(str, each.network.sizes)) for each in (subject, other))
        raise ParameterError(worded("descend.error.other_layers", sizes=sizes, got=got))
    return other
