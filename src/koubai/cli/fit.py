"""``koubai fit``: train a network on a table, or on images."""

import argparse
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from koubai.cli.images import options as images
from koubai.cli.parts.cluster import add_cluster_options, joined, refuse_cluster, supervised
from koubai.cli.parts.complaints import READING
from koubai.cli.parts.fitting import (
    check_outputs,
    forget_checkpoint,
    notes_of_warnings,
    say_how_to_go_on,
    say_interrupted,
    sayer,
    spare_others,
)
from koubai.cli.parts.outputs import add_force
from koubai.cli.parts.reading import TABLES, is_streamed, read_or_open, require_files
from koubai.cli.parts.terminal import forget_output
from koubai.cli.tables import honest, options, reported
from koubai.cli.tables.starting import load_base
from koubai.core.errors import KoubaiError, ParameterError
from koubai.core.language import worded
from koubai.core.printing import say
from koubai.images.names import is_images

if TYPE_CHECKING:
    from koubai.core.schema import Record
    from koubai.engines.protocol import Together
    from koubai.models.asked import Checked
    from koubai.models.prepared import PreparedTable
    from koubai.models.streamed import StreamedTable
    from koubai.models.table_model import TableModel
    from koubai.training.loop import Callback

EXAMPLES = """examples:
  koubai fit examples/penguins.csv --target species
  koubai fit houses.parquet --target price --hidden 256,128 --model houses.koubai
  koubai fit patients.csv --target outcome --drop ward,nurse --class-weight balanced
  koubai fit digits.csv --target digit --task classification --optimizer sgd --learning-rate 0.1 --epochs 100
  koubai fit clicks.parquet --target bought --checkpoint clicks.checkpoint
  koubai fit examples/penguins.csv --target species --report report.html

  koubai fit images/ --model digits.koubai
  koubai fit train-images-idx3-ubyte.gz --layers "conv 32 3, relu, max_pool 2, dense 128, relu" --shifts 2
  koubai fit photos/ --image-size 64 --flips

Numbers, categories, truth values, dates and missing values are prepared automatically. Columns that merely identify
rows, and constant ones, are dropped. A fifth of the rows is held out to evaluate the network. Ctrl-C stops training
and keeps the best network so far. A table too large for memory is read block by block (--stream).

Images are a folder with a subfolder of pictures for each class, an idx file (MNIST's format, also .gz) beside that of
its labels, a folder of such files, or an npz archive of images and labels. --model and --out mean the same.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "fit",
        help="train a network on a table or on images and save it",
        description="Train a network to predict a column of a table from the others, or what images show, and save it.",
        epilog=EXAMPLES,
    )
    parser.set_defaults(run=run, options=OPTIONS)
    parser.add_argument("table", metavar="TABLE", help=f"{TABLES}; or images")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict; required for a table")
    parser.add_argument(
        "--model", "--out", metavar="FILE", help="where to save the model (default: the table's name with .koubai)"
    )
    add_force(parser)
    parser.add_argument("--quiet", action="store_true", help="print only errors")
    options.add_table_options(parser.add_argument_group("the table"))
    options.add_network_options(parser.add_argument_group("the network"))
    options.add_training_options(parser.add_argument_group("training"))
    add_cluster_options(parser.add_argument_group("several processes, by JAX (docs/many-machines.md)"))
    images.add_fit_options(parser)
    images.keep_usual(parser)


OPTIONS_OF_NETWORK: Mapping[str, str] = {
    "hidden_layer_sizes": "hidden",
    "activation": "activation",
    "loss": "loss",
    "optimizer": "optimizer",
    "learning_rate_init": "learning-rate",
    "schedule": "schedule",
    "batch_size": "batch-size",
    "epochs": "epochs",
    "n_starts": "starts",
    "n_jobs": "jobs",
    "engine": "engine",
    "dropout": "dropout",
    "alpha": "l2",
    "l1": "l1",
    "early_stopping": "early-stopping",
    "checkpoint": "checkpoint",
    "checkpoint_every": "checkpoint-every",
    "validation_metric": "validation-metric",
    "class_weight": "class-weight",
}
"""The option that sets each of the network's parameters."""

OPTIONS: Mapping[str, str] = {
    **OPTIONS_OF_NETWORK,
    "piecewise": "piecewise",
    "quality": "quality",
    "n_members": "members",
    "time": "time",
    "metric": "metric",
    "intervals": "intervals",
    "random_state": "seed",
    "test_fraction": "test-fraction",
    "task": "task",
    "drop": "drop",
    "keep": "keep",
    "category": "category",
    "text": "text",
    "decimal": "decimal",
    "thousands": "thousands",
    "date_order": "date-order",
    "missing": "missing",
    "not_missing": "not-missing",
    **READING,
    **honest.OPTIONS,
    **images.FIT,
}
"""The option that sets each parameter."""


def network_parameters(args: argparse.Namespace) -> "Record":
    """Return the estimator's parameters that were given as options."""
    given = {name: getattr(args, option.replace("-", "_")) for name, option in OPTIONS_OF_NETWORK.items()}
    given["keep_checkpoint"] = None if args.checkpoint is None else True  # until the model is safely written
    return {name: value for name, value in given.items() if value is not None}


def run(args: argparse.Namespace) -> int:
    """Read, train, evaluate, save; return the exit status."""
    from koubai.tables.files.many import is_many

    if is_images(args.table) and not is_many(args.table):
        refuse_cluster(args)
        from koubai.cli.images.fit import run as run_images

        return run_images(args, dict(OPTIONS_OF_NETWORK))
    images.refuse(args, images=False)
    if args.target is None:
        require_files([args.table])
        raise ParameterError(worded("cli.error.target_given_got_none_see"))
    if args.local_processes is not None:
        return _supervised(args)
    writes = joined(args)
    args.quiet = args.quiet or writes is False
    path = _usual_path(args.table) if args.model is None else args.model
    check_outputs(path, args.checkpoint, args.table)
    require_files([args.table])
    load_base()

    from koubai.cli.main import DONE, INTERRUPTED
    from koubai.cli.parts import fit_report as report
    from koubai.cli.parts.stopping import Quit
    from koubai.engines.registry import together_of
    from koubai.models.files import save
    from koubai.models.honest.cross import check_enough
    from koubai.models.streamed import StreamedTable

    model = _new_model(args)
    together = together_of(args.engine)
    checked = _checked(args, model, path, together)
    spare_others(args, path)
    with notes_of_warnings(args.quiet):
        try:
            prepared = _prepared(args, model, checked, together)
            if not args.quiet:
                try:
                    report.say_what_was_read(prepared, args.table)
                    sys.stdout.flush()
                except BrokenPipeError:
                    forget_output()  # continue training: the model is what was asked for
            if args.cv is not None and not isinstance(prepared, StreamedTable):
                check_enough(prepared, args.cv, args.seed)
            _train(model, prepared, args.quiet, alone=writes is None)
            if not isinstance(prepared, StreamedTable):
                _judge_honestly(model, prepared, args, path)
        except (Quit, KeyboardInterrupt):
            say_interrupted(args.checkpoint)
            return INTERRUPTED
    if writes is False:
        return DONE
    save(model, path)
    forget_checkpoint(args, model)
    if not args.quiet:
        report.say_how_good(model, path, os.path.getsize(path))
    if not isinstance(prepared, StreamedTable):
        reported.write(model, prepared, args, path)
    say_how_to_go_on(args.checkpoint, model)
    return DONE


def _supervised(args: argparse.Namespace) -> int:
    from koubai.tables.files.containers.standard import is_standard

    if is_standard(args.table):
        raise ParameterError(worded("cli.error.local_processes_come_file_each"))
    return supervised(args)


def _usual_path(table: str) -> str:
    """Return where a model is saved by default: in this folder, under the table's name."""
    from koubai.tables.files.containers.packing import name_of
    from koubai.tables.files.many import is_many

    if is_many(table):
        raise ParameterError(worded("cli.error.model_name_file_table_many", table=table))
    return name_of(table) + ".koubai"


def _new_model(args: argparse.Namespace) -> "TableModel":
    from koubai.models.table_model import TableModel

    if args.checkpoint is None and args.checkpoint_every is not None:
        raise ParameterError(
            worded("cli.error.checkpoint_every_come_checkpoint_got", checkpoint_every=f"{args.checkpoint_every:g}")
        )
    return TableModel(
        task=args.task,
        decimal=args.decimal,
        thousands=args.thousands,
        date_order=args.date_order,
        missing=args.missing.names,
        not_missing=args.not_missing.names,
        dtype=args.dtype,
        random_state=args.seed,
        cross_validation=args.cross_validation,
        piecewise=args.piecewise,
        quality=args.quality,
        n_members=args.members,
        time=args.time,
        metric=args.metric,
        intervals=args.intervals,
        **network_parameters(args),
    )


def _checked(args: argparse.Namespace, model: "TableModel", path: str, together: "Together") -> "Checked":
    """Check what can be known before the table is read, and return it."""
    from koubai.models.honest.cross import check_folds

    streamed = is_streamed(args, "fit", together)
    check_folds(args.cv, streamed)
    reported.check(args, path, streamed)
    share = (0.2 if args.cv is None else 0.0) if args.test_fraction is None else args.test_fraction
    checked = model.check(args.target, share, streamed, args.group, args.time_column)
    if args.learning_curve and (streamed or not share):
        raise ParameterError(worded("cli.error.learning_curve_come_rows_held"))
    return checked


def _prepared(
    args: argparse.Namespace, model: "TableModel", checked: "Checked", together: "Together"
) -> "PreparedTable | StreamedTable":
    """Read the table, or survey it block by block; of several processes each its own rows."""
    from koubai.tables.files.blocks import TableBlocks
    from koubai.tables.files.names import column_names

    table = read_or_open(args, checked.streamed, together=together)
    columns = table.columns if isinstance(table, TableBlocks) else table.frame.columns
    model.drop, model.keep, model.category, model.text = (
        column_names(listed.among(columns)) for listed in (args.drop, args.keep, args.category, args.text)
    )
    return model.survey(table, checked) if isinstance(table, TableBlocks) else model.prepare(table, checked)


def _judge_honestly(model: "TableModel", prepared: "PreparedTable", args: argparse.Namespace, path: str) -> None:
    """Cross-validate, and train on fewer rows, if asked to; where that fails, the trained model is not lost."""
    from koubai.models.files import save
    from koubai.models.honest.cross import cross_validate
    from koubai.models.honest.curve import learning_curve

    try:
        if args.cv is not None:
            model.cross_validated_ = cross_validate(model, prepared, args.cv)
        if args.learning_curve:
            model.learning_curve_ = learning_curve(model, prepared)
    except KoubaiError:
        save(model, path)
        say(worded("cli.saved_all_the_same", path=path), sys.stderr)
        raise


def _train(model: "TableModel", prepared: "PreparedTable | StreamedTable", quiet: bool, alone: bool) -> None:
    """Train until done or Ctrl-C, which takes effect after the epoch or, if epochs are long, its current part.

    Of several processes none stops for itself; they agree on it between calls of the engine.
    """
    from koubai.cli.parts.stopping import Quit, Stopper
    from koubai.models.streamed import StreamedTable

    show_bar = not quiet and sys.stderr.isatty()
    say_epoch = sayer(model.network.get("validation_metric", "loss") == "loss")
    if isinstance(prepared, StreamedTable) or not alone:
        model.train(prepared, [] if quiet or show_bar else [say_epoch], progress=show_bar)
        if model.estimator_.history_.stopped == "interrupted" and not model.estimator_.t_:
            raise Quit
        return
    with Stopper() as stopper:
        callbacks: list[Callback] = [stopper] if quiet or show_bar else [stopper, say_epoch]
        model.train(prepared, callbacks, progress=show_bar)
