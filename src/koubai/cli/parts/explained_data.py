"""What ``koubai explain`` explains: a saved model with rows of a table, a generated network, or a table."""

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np

from koubai.cli.parts.reading import reading_options, require_files, say_notes
from koubai.core.errors import DataError, ParameterError

if TYPE_CHECKING:
    from koubai.core.arrays import Array
    from koubai.engines.protocol import Plan, Rows, State
    from koubai.explain.derivations import Derivation
    from koubai.explain.learning_rule.examples import Examples
    from koubai.explain.network.samples import Sample
    from koubai.models.table_model import TableModel
    from koubai.tables.files.reading import Table

MADE = ("sizes", "hidden", "output", "loss_function", "seed")
"""Options of a network made for the occasion."""
MOST_UPDATES = 10_000
"""So many updates are made before the one that is shown: the readable engine makes them."""
MOST_EXAMPLES = 2000
"""Maximum number of rows of a table to learn from."""


def sample_of(args: argparse.Namespace) -> "Sample":
    """Return the network specified by the arguments, with its parameters and rows."""
    from koubai.explain.network.samples import made, ready_made

    needless = [name for name in MADE if getattr(args, name) is not None]
    if needless and (args.model or not args.sizes):
        option = f"--{needless[0].replace('_', '-')}"
        if args.model:
            raise ParameterError(
                f"explain: {option} cannot be combined with a MODEL, which has its own; got {args.model}."
            )
        raise ParameterError(f"explain: {option} requires --sizes, which is missing. Try --sizes 4-5-3.")
    if args.model:
        return _of_model(args)
    _refuse_member(args)
    if args.data:
        raise ParameterError("explain: --data requires a MODEL, which is missing. Train one with 'koubai fit'.")
    if not args.sizes:
        return ready_made()
    try:
        sizes = [int(size) for size in args.sizes.replace(",", "-").split("-")]
    except ValueError:
        raise ParameterError(f"explain: --sizes must be whole numbers such as 4-5-3; got {args.sizes!r}.") from None
    if args.hidden is not None and len(sizes) == 2:
        raise ParameterError(
            f"explain: --hidden must come with a hidden layer; got --sizes {args.sizes}, which has none. "
            f"Leave it out, or try --sizes 4-5-3."
        )
    return made(sizes, args.hidden or "sigmoid", args.output, args.loss_function, args.seed or 0)


def _of_model(args: argparse.Namespace) -> "Sample":
    """Return a saved model's network with the rows of a table."""
    from koubai.explain.network.naming import Names
    from koubai.explain.network.samples import Sample

    model, table = _loaded(args)
    n_networks, number = 1 + len(model.others_), 1 if args.member is None else args.member
    args.averaged = number, n_networks
    model = model.member(number)
    inputs, targets = model.network_rows(table)
    estimator: Any = model.estimator_
    classes = tuple(map(str, getattr(estimator, "classes_", ())))
    numeric = None if classes else (model.target_.name, float(model.center_), float(model.scale_))
    names = Names(tuple(model.preparation_.features), classes, numeric, bounds=None if classes else model.bounds_)
    return Sample(estimator.network_, estimator.theta_.astype(np.float64), inputs, targets, names)


def model_page_of(args: argparse.Namespace) -> "Derivation":
    """Return the page of a whole model: a saved one with a table's rows, or the ready-made one."""
    from koubai.models.inspection import page_of_players, page_of_table_model

    if not args.model and args.data:
        raise ParameterError("explain: --data requires a MODEL, which is missing. Train one with 'koubai fit'.")
    if not args.model:
        _refuse_member(args)
        return page_of_players(args.layer)
    model, table = _loaded(args)
    if args.member is not None:  # the page of that network alone, with its own effects of the columns
        args.averaged = args.member, 1 + len(model.others_)
        model = model.member(args.member)
    return page_of_table_model(model, table, args.layer)


def _refuse_member(args: argparse.Namespace) -> None:
    """Raise ParameterError if one of a model's networks is asked for without a model."""
    if args.member is not None:
        raise ParameterError(f"explain: --member requires a MODEL, which is missing; got {args.member}. Name one.")


def _loaded(args: argparse.Namespace) -> tuple["TableModel", "Table"]:
    """Return a saved table model, and the table it requires."""
    if not args.data:
        raise ParameterError("explain: a MODEL requires rows, which are missing. Name a table with --data.")
    require_files([args.data], [args.model])

    from koubai.models.files import load
    from koubai.models.table_model import TableModel
    from koubai.tables.files.reading import read_table

    model = load(args.model)
    if not isinstance(model, TableModel):
        raise ParameterError(
            f"explain: MODEL must be a table model saved by 'koubai fit'; got {type(model).__name__}. "
            f"Use its method explain in Python."
        )
    given = reading_options(args)
    options = model.reading_for(args.data, **given)
    table = read_table(args.data, **options)
    say_notes((*model.note_of_reading(options, **given), *table.notes))
    return model, table


def one_row(sample: "Sample", row: int) -> tuple["Array", "Array | None"]:
    """Return the inputs of a row counted from 1, and its targets if it has any."""
    if not 1 <= row <= len(sample.inputs):
        raise ParameterError(f"explain: --row must be in 1 … {len(sample.inputs)}; got {row}. Rows count from 1.")
    targets = sample.targets[row - 1]
    return sample.inputs[row - 1], None if np.isnan(targets).any() else targets


def batch_of(sample: "Sample", rows: str) -> "Rows":
    """Return the rows given by ``1-4`` or ``1,3,5``, counted from 1."""
    from koubai.engines.protocol import Rows

    chosen: list[int] = []
    for piece in rows.split(","):
        first, _, last = piece.partition("-")
        if not first.strip().isdigit() or (last and not last.strip().isdigit()):
            raise ParameterError(
                f"explain: --rows must be numbers such as 1-4 or 1,3; got {rows!r}. Rows count from 1."
            )
        chosen.extend(range(int(first), min(int(last or first), len(sample.inputs) + 1) + 1))
    outside = [row for row in chosen if not 1 <= row <= len(sample.inputs)]
    if outside or not chosen:
        raise ParameterError(
            f"explain: --rows must lie in 1 … {len(sample.inputs)}; got {outside[0] if outside else rows!r}. "
            f"Rows count from 1."
        )
    picked = [row - 1 for row in chosen]
    without = [row for row in chosen if np.isnan(sample.targets[row - 1]).any()]
    if without:
        raise DataError(f"explain: row {without[0]} must have a value of the target; it has none. Choose another row.")
    return Rows(np.ascontiguousarray(sample.inputs[picked]), np.ascontiguousarray(sample.targets[picked]))


def state_after(plan: "Plan", sample: "Sample", rows: "Rows", rate: float, n_updates: int) -> "State":
    """Return the training state after some updates on these rows."""
    from koubai.engines.protocol import State
    from koubai.engines.reference import trace_step

    if not 0 <= n_updates <= MOST_UPDATES:
        raise ParameterError(f"explain: --after must be from 0 to {MOST_UPDATES}; got {n_updates}. Try 0.")
    theta = np.asarray(sample.theta, dtype=np.float64)
    state = State(theta, plan.optimizer.init(theta))
    for _ in range(n_updates):
        trace = trace_step(plan, state, rows, rate)
        assert trace.theta_after is not None
        assert trace.slots_after is not None
        state = State(trace.theta_after, trace.slots_after, state.step + 1)
    return state


def examples_of_table(args: argparse.Namespace) -> "Examples":
    """Return a table's rows as examples for a perceptron: numeric columns, rows without empty cells, labels ±1."""
    from koubai.explain.learning_rule.examples import Examples
    from koubai.tables.files.missing import clean
    from koubai.tables.files.reading import read_table
    from koubai.tables.meaning.columns import BOOLEAN, NUMBER, describe_columns, require_column
    from koubai.tables.meaning.values import numbers
    from koubai.tables.meaning.written import written

    path, target, positive, bias = args.table, args.target, args.positive, args.bias
    table = read_table(path, **reading_options(args))
    say_notes(table.notes)
    if table.frame.height > MOST_EXAMPLES:
        say_notes([f"The table has {table.frame.height:,} rows; the first {MOST_EXAMPLES:,} are learned from."])
    frame = clean(table.frame.head(MOST_EXAMPLES))
    name = target or frame.columns[-1]
    require_column(frame, name)
    labelled = frame[name].is_not_null()
    numbers_of_rows = np.flatnonzero(labelled.to_numpy()) + 1
    frame = frame.filter(labelled)
    labels = [str(label) for label in frame[name].to_list()]
    kinds = sorted(set(labels))
    wanted = positive if positive is not None else kinds[-1]
    if wanted not in kinds or len(kinds) < 2:
        raise DataError(
            f"explain: the column {name!r} must contain {wanted!r} and another value; it contains "
            f"{', '.join(kinds[:5])}. Name the value that means +1 with --positive."
        )
    others = frame.drop(name)
    how = written(others, separator=table.separator)
    found = describe_columns(others, how=how)
    parsed = {
        column.name: numbers(frame[column.name], how.number(column.name))
        for column in found
        if column.kind in (NUMBER, BOOLEAN)
    }
    features = [column for column, values in parsed.items() if values.null_count() < frame.height]
    if not features:
        raise DataError(f"explain: {path} must have a numeric column besides {name!r}; it has none.")
    x = np.column_stack([parsed[column].fill_null(np.nan).to_numpy() for column in features])
    whole = np.flatnonzero(np.isfinite(x).all(axis=1))
    if not len(whole):
        raise DataError(f"explain: {path} must have a row without empty cells; it has none.")
    y = np.array([1 if label == wanted else -1 for label in labels])
    rest = [kind for kind in kinds if kind != wanted]
    meaning = None if {wanted, *rest} == {"1", "-1"} else (wanted, " / ".join(rest[:5]))
    return Examples(x[whole], y[whole], tuple(features), tuple(map(str, numbers_of_rows[whole])), meaning, bias)
