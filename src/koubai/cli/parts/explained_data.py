"""What ``koubai explain`` explains: a saved model with rows of a table, a generated network, or a table."""

import argparse
import shlex
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from koubai.cli.images.options import PREDICT
from koubai.cli.parts.own_network import is_own, own_sample
from koubai.cli.parts.reading import reading_options, require_files, say_notes
from koubai.cli.tables.starting import load_base
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.core.untyped import Loaded
from koubai.explain.derivations import Derivation, say

if TYPE_CHECKING:
    from koubai.core.arrays import Array
    from koubai.engines.protocol import Plan, Rows, State
    from koubai.explain.learning_rule.examples import Examples
    from koubai.explain.network.one_update import PastUpdate
    from koubai.explain.network.samples import Sample
    from koubai.models.table_model import TableModel
    from koubai.tables.files.reading import Table

MADE = ("sizes", "hidden", "output", "loss_function", "seed")
"""Options of a network made for the occasion."""
OF_NETWORKS = ("ImageModel", "ConvClassifier", "ConvRegressor")
"""Kinds of models of images whose network is one that is derived."""
MOST_UPDATES = 10_000
"""So many updates are made before the one that is shown: the readable engine makes them."""
MOST_EXAMPLES = 2000
"""Maximum number of rows of a table to learn from."""


def sample_of(args: argparse.Namespace) -> "Sample":
    """Return the network specified by the arguments, with its parameters and rows."""
    from koubai.explain.network.samples import made, ready_made

    if is_own(args):
        _refuse_images(args)
        return own_sample(args)
    needless = [name for name in MADE if getattr(args, name) is not None]
    if needless and (args.model or not args.sizes):
        option = f"--{needless[0].replace('_', '-')}"
        if args.model:
            raise ParameterError(worded("explain.error.not_with_model", option=option, model=args.model))
        raise ParameterError(worded("explain.error.sizes_needed", option=option))
    if args.model:
        return _of_model(args)
    _refuse_images(args)
    _refuse_member(args)
    if args.data:
        raise ParameterError(worded("explain.error.data_alone"))
    if not args.sizes:
        return ready_made()
    try:
        sizes = [int(size) for size in args.sizes.replace(",", "-").split("-")]
    except ValueError:
        raise ParameterError(worded("explain.error.sizes", got=repr(args.sizes))) from None
    if args.hidden is not None and len(sizes) == 2:
        raise ParameterError(worded("explain.error.hidden_alone", sizes=args.sizes))
    return made(sizes, args.hidden or "sigmoid", args.output, args.loss_function, args.seed or 0)


def _of_model(args: argparse.Namespace) -> "Sample":
    """Return a saved model's network with the rows of a table."""
    from koubai.cli.images.explain import sample_of_images
    from koubai.models.of_images.bare import as_image_model

    found = _model_of(args)
    if (of_images := as_image_model(found)) is not None:
        return sample_of_images(args, of_images)
    _refuse_images(args)
    model, table = _with_table(args, found)
    n_networks, number = 1 + len(model.others_), 1 if args.member is None else args.member
    args.averaged = number, n_networks
    return model.member(number).sample(table)


def model_page_of(args: argparse.Namespace) -> "Derivation":
    """Return the page of a whole model: a saved one with a table's rows, or the ready-made one."""
    from koubai.models.scores.inspection import page_of_players, page_of_table_model

    if not args.model and args.data:
        raise ParameterError(worded("explain.error.data_alone"))
    if not args.model:
        _refuse_member(args)
        return page_of_players(args.layer)
    model, table = _with_table(args, _model_of(args))
    if args.member is not None:  # the page of that network alone, with its own effects of the columns
        args.averaged = args.member, 1 + len(model.others_)
        model = model.member(args.member)
    return page_of_table_model(model, table, args.layer)


def reasons_page_of(args: argparse.Namespace) -> "Derivation":
    """Return the page of the reasons for one row's answer, and where its derivation is."""
    from koubai.tables.files.reading import read_table

    require_files([args.training])
    model, table = _with_table(args, _model_of(args))
    training = None if args.training is None else read_table(args.training, **model.reading_for(args.training))
    page = model.reasons(table, args.row, training=training).page()
    data, model_file = (shlex.quote(path) for path in (args.data, args.model))
    command = f"koubai explain forward {model_file} --data {data} --row {args.row}"
    last = page.sections[-1]
    told = say("explain.reasons.derive", command=command)
    return replace(page, sections=(*page.sections[:-1], replace(last, blocks=(*last.blocks, told))))


def _refuse_images(args: argparse.Namespace) -> None:
    """Raise ParameterError if it is said how images are read, where none are."""
    for name in PREDICT.values():
        if getattr(args, name) not in (None, False):
            raise ParameterError(worded("cli.error.come_images_got_other", replace=name))


def _refuse_member(args: argparse.Namespace) -> None:
    """Raise ParameterError if one of a model's networks is asked for without a model."""
    if args.member is not None:
        raise ParameterError(worded("explain.error.member_alone", got=args.member))


def _model_of(args: argparse.Namespace) -> Loaded:
    """Return the saved model, after checking that rows for it are named."""
    if not args.data:
        raise ParameterError(worded("explain.error.no_rows"))
    is_table = Path(args.data).suffix and not Path(args.data).is_dir()  # a folder holds images
    require_files([args.data] if is_table else [], [args.model])
    load_base()

    from koubai.models.files import load

    return load(args.model)


def _with_table(args: argparse.Namespace, model: object) -> tuple["TableModel", "Table"]:
    """Return a saved table model, and the table it requires."""
    from koubai.models.table_model import TableModel
    from koubai.tables.files.reading import read_table

    if not isinstance(model, TableModel):
        kind = type(model).__name__
        ways = {"Neocognitron": "koubai show MODEL --images"} | dict.fromkeys(OF_NETWORKS, "koubai explain forward")
        way = ways.get(kind) or worded("explain.error.own_method")
        raise ParameterError(worded("explain.error.table_model", got=kind, way=way))
    require_files([args.data])
    given = reading_options(args)
    options = model.reading_for(args.data, **given)
    table = read_table(args.data, **options)
    say_notes((*model.note_of_reading(options, **given), *table.notes))
    return model, table


def one_row(sample: "Sample", row: int) -> tuple["Array", "Array | None"]:
    """Return the inputs of a row counted from 1, and its targets if it has any."""
    if not 1 <= row <= len(sample.inputs):
        raise ParameterError(worded("explain.error.row", most=len(sample.inputs), got=row))
    targets = sample.targets[row - 1]
    return sample.inputs[row - 1], None if np.isnan(targets).any() else targets


def without_target(sample: "Sample", row: int) -> DataError:
    """Return the error for a row whose target is needed and missing: in this row, or in the whole table."""
    if np.isnan(sample.targets).any(axis=1).all():
        return DataError(worded("explain.error.no_targets"))
    return DataError(worded("explain.error.no_target", row=row))


def batch_of(sample: "Sample", rows: str) -> "tuple[Rows, list[int]]":
    """Return the rows given by ``1-4`` or ``1,3,5``, and their numbers, counted from 1."""
    from koubai.engines.protocol import Rows

    chosen: list[int] = []
    for piece in rows.split(","):
        first, _, last = piece.partition("-")
        if not first.strip().isdigit() or (last and not last.strip().isdigit()):
            raise ParameterError(worded("explain.error.rows_numbers", got=repr(rows)))
        chosen.extend(range(int(first), min(int(last or first), len(sample.inputs) + 1) + 1))
    outside = [row for row in chosen if not 1 <= row <= len(sample.inputs)]
    if outside or not chosen:
        got = outside[0] if outside else repr(rows)
        raise ParameterError(worded("explain.error.rows_inside", most=len(sample.inputs), got=got))
    picked = [row - 1 for row in chosen]
    without = [row for row in chosen if np.isnan(sample.targets[row - 1]).any()]
    if without:
        raise without_target(sample, without[0])
    return Rows(np.ascontiguousarray(sample.inputs[picked]), np.ascontiguousarray(sample.targets[picked])), chosen


def state_after(
    plan: "Plan", sample: "Sample", rows: "Rows", rate: float, n_updates: int
) -> "tuple[State, list[PastUpdate]]":
    """Return the training state after some updates on these rows, and what the last of them left."""
    from koubai.engines.protocol import State
    from koubai.engines.reference import trace_step
    from koubai.explain.network.one_update import MOST_PAST, PastUpdate

    if not 0 <= n_updates <= MOST_UPDATES:
        raise ParameterError(worded("explain.error.after", most=MOST_UPDATES, got=n_updates))
    theta = np.asarray(sample.theta, dtype=np.float64)
    state, past = State(theta, plan.optimizer.init(theta)), deque[PastUpdate](maxlen=MOST_PAST)
    for _ in range(n_updates):
        trace = trace_step(plan, state, rows, rate)
        assert trace.theta_after is not None
        assert trace.slots_after is not None
        state = State(trace.theta_after, trace.slots_after, state.step + 1)
        past.append(PastUpdate(state.step, trace.gradient, trace.slots_after))
    return state, list(past)


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
        n = f"{table.frame.height:,}"
        say_notes([worded("explain.note.many_rows", n=n, most=f"{MOST_EXAMPLES:,}")])
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
        named = {"column": repr(name), "wanted": repr(wanted), "values": ", ".join(kinds[:5])}
        raise DataError(worded("explain.error.no_labels", **named))
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
        raise DataError(worded("explain.error.no_numbers", path=path, column=repr(name)))
    x = np.column_stack([parsed[column].fill_null(np.nan).to_numpy() for column in features])
    whole = np.flatnonzero(np.isfinite(x).all(axis=1))
    if not len(whole):
        raise DataError(worded("explain.error.no_whole_row", path=path))
    y = np.array([1 if label == wanted else -1 for label in labels])
    rest = [kind for kind in kinds if kind != wanted]
    meaning = None if {wanted, *rest} == {"1", "-1"} else (wanted, " / ".join(rest[:5]))
    return Examples(x[whole], y[whole], tuple(features), tuple(map(str, numbers_of_rows[whole])), meaning, bias)
