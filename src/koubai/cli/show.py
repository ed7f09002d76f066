"""``koubai show``: inspect a saved model without loading the code that runs it."""

import argparse
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from koubai.cli.images.options import PREDICT, add_seeing_options, refuse_seeing_options
from koubai.cli.parts.outputs import check_output
from koubai.cli.parts.parser import add_language
from koubai.cli.tables.starting import load_arrays, load_base
from koubai.core.errors import KoubaiError, ModelFileError, ParameterError
from koubai.core.language import language, listed_as, recognised, term, worded
from koubai.core.printing import say

if TYPE_CHECKING:
    from rich.console import Console

    from koubai.core.schema import Record, Tensors
    from koubai.training.container import Container
    from koubai.training.history import History

EXAMPLES = """examples:
  koubai show penguins.koubai
  koubai show penguins.koubai | less
  koubai show digits.koubai --images new/ --row 3 --out seen.html
  koubai show penguins.koubai --card --out card.md

Prints what the model predicts and from which columns, how each is prepared, its layers, how training went, and its
scores on the held-out rows. With --images, it draws what a model of images sees in one of them: kernels, maps layer by
layer, which pixels its answer rests on, and, where labels are known, the images that are most wrong.
"""

MANY_NUMBERS = 8
"""Maximum number of array values shown."""

WHY_STOPPED = ("epochs", "patience", "callback", "interrupted", "diverged", "converged")
"""Reasons that a history knows."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "show",
        help="inspect a saved network",
        description="Show the contents of a saved model.",
        epilog=EXAMPLES,
    )
    parser.set_defaults(run=run, options={**PREDICT, "row": "row"})
    parser.add_argument("model", metavar="MODEL", help="a file saved by 'koubai fit' or koubai.save")
    add_seeing_options(parser)
    add_language(parser)
    parser.add_argument(
        "--card",
        action="store_true",
        help="print a table's model card, as Markdown, or write it to --out",
    )


def run(args: argparse.Namespace) -> int:
    """Print the contents of a model file; return the exit status."""
    if args.images is not None:
        if args.card:
            raise ParameterError(worded("cli.error.card_without_images"))
        from koubai.cli.images.seeing import run as show_seen

        return show_seen(args)
    if args.card:
        refuse_seeing_options(args, but=("out", "force"))
        return _card(args)
    refuse_seeing_options(args)
    load_arrays()
    from koubai.cli.parts.terminal import console
    from koubai.training.container import open_container

    found = open_container(args.model)
    try:
        _show(console(), found, args.model)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, KoubaiError) as error:
        raise ModelFileError(
            worded("cli.error.model_file_contain_kind_model", model=args.model, kind=repr(found.kind[:40]))
        ) from error
    return 0


def _card(args: argparse.Namespace) -> int:
    """Print the card of a table's model, or write it to a file."""
    from importlib import metadata

    from koubai.cli.parts.terminal import printable
    from koubai.training.atomic import replace_file

    if args.out is not None and not args.out.lower().endswith(".md"):
        raise ParameterError(worded("cli.error.card_is_markdown", out=args.out))
    if args.out is not None:
        check_output(args.out, args.force, reads=[args.model])
    elif args.force:
        raise ParameterError(worded("cli.error.force_without_out"))
    load_base()
    from koubai.models.files import load
    from koubai.models.table_model import TableModel
    from koubai.views.cards import card

    spoken, model = language(args.lang), load(args.model)
    if not isinstance(model, TableModel):
        name = type(model).__name__
        raise ParameterError(worded("cli.error.card_come_table_model_saved", path=args.model, name=name))
    written = card(model, spoken, metadata.version("koubai"))
    if args.out is None:
        print(written, end="")
        return 0
    replace_file(args.out, written.encode())
    say(worded("cli.wrote", out=printable(args.out)))
    return 0


def _show(out: "Console", found: "Container", path: str) -> None:
    from koubai.cli.parts.terminal import printable
    from koubai.training.history import History

    size = os.path.getsize(path)
    heading = worded("cli.heading", path=printable(path), kind=printable(found.kind), size=f"{size / 1024:,.0f}")
    out.print(heading, style="bold")
    out.print(
        worded(
            "cli.written_koubai_format_version",
            koubai_version=printable(found.koubai_version),
            format_version=found.format_version,
        )
    )
    if found.kind in ("TableClassifier", "TableRegressor"):
        found = found._replace(kind="TableModel", record=found.record["model"])
    if found.kind == "Pipeline":
        _show_pipeline(out, found.record["pipeline"])
        return
    is_table, is_of_images = found.kind == "TableModel", found.kind == "ImageModel"
    record = found.record["estimator"] if is_table or is_of_images else found.record
    prefix = "estimator." if is_table or is_of_images else ""
    if is_table:
        _show_table(out, found.record)
    if is_of_images:
        from koubai.cli.images.show import show_images

        show_images(out, found.record)
    if found.kind == "Neocognitron":
        from koubai.cli.images.show import show_cells

        show_cells(out, record, path)
        _show_parameters(out, record)
        return
    if "network" in record:
        _show_network(out, record)
    tensors = {name.removeprefix(prefix): array for name, array in found.tensors.items() if name.startswith(prefix)}
    if "network" not in record:
        _show_arrays(out, tensors)
    if "history.losses" in tensors:
        _show_history(out, History.from_tensors(tensors, str(record["stopped"])), record.get("parameters", {}))
    _show_parameters(out, record)
    if is_table:
        _show_answers(out, found.record)
    if (is_table or is_of_images) and found.record["evaluation"] is not None:
        from koubai.cli.parts.scores import say_evaluation
        from koubai.models.scores.evaluation import Evaluation

        say_evaluation(
            out,
            Evaluation.from_record(found.record["evaluation"]),
            "held_out_rows" if is_table else "test_images",
        )
    if is_of_images:
        from koubai.cli.images.show import show_commands
        from koubai.core.network import Network

        show_commands(out, Network.from_spec(record["network"]), path)


def _show_pipeline(out: "Console", record: "Record") -> None:
    """Print the steps of a pipeline."""
    from koubai.cli.parts.terminal import plain_table

    steps = record["state"]["steps"]["list"]
    pairs = [step["tuple"] for step in steps]
    rows = [(name, _kind_of_step(step)) for name, step in pairs]
    out.print(plain_table(("step", "what"), rows))


def _kind_of_step(step: object) -> str:
    """Return the class of a pipeline's step; None and "passthrough" are steps that do nothing."""
    if not isinstance(step, Mapping):
        return term("nothing")
    return str(step.get("model") or step["class"].rpartition(".")[2])


def _show_table(out: "Console", record: "Record") -> None:
    """Print the target and the columns it is predicted from."""
    from koubai.cli.parts.scores import counted_rows
    from koubai.cli.parts.terminal import plain_table, printable

    target, preparation = record["target"], record["preparation"]
    out.print(
        worded(
            "cli.show.predicts",
            target=printable(target["name"]),
            target_2=printable(term(target["task"])),
            target_3=printable(recognised(target["why"])),
        )
    )
    rows = record["rows"]
    names = ("training", "validation", "test", "without target")
    parts = [counted_rows(rows[name], name) for name in names if rows[name]]
    parts += [worded("cli.set_aside_intervals", rows=f"{rows['calibration']:,}")] if rows.get("calibration") else []
    out.print(worded("cli.show.rows", parts=listed_as(", ", parts)))
    columns = zip(preparation["columns"], preparation["summaries"], strict=True)
    listed = [(column["name"], term(column["kind"]), recognised(summary)) for column, summary in columns]
    out.print(plain_table(("column", "kind", "used as"), listed))
    for column in preparation["left_out"]:
        out.print(
            worded(
                "cli.dropped_column",
                column=printable(column["name"]),
                column_2=printable(term(column["kind"])),
                column_3=printable(recognised(column["reason"])),
            )
        )


def _show_answers(out: "Console", record: "Record") -> None:
    """Print the calibration and limits of predictions, which older files lack."""
    from koubai.cli.parts.scores import said_of_average, said_of_target
    from koubai.cli.parts.terminal import printable

    if record.get("n_networks", 1) > 1:
        out.print(worded("cli.average_wide", said_of_average=said_of_average(record["n_networks"])))
    if record.get("bounds") is not None and record["target"]["task"] == "regression":
        for line in said_of_target(bool(record.get("long_tail")), record["bounds"]):
            out.print(worded("cli.answers_wide", line=line))
    if record.get("decision") is not None:
        from koubai.models.trust.decision import Decision

        out.print(worded("cli.served_wide", sentence=printable(Decision.from_record(record["decision"]).sentence)))
    if record.get("cross_validated") is not None:
        from koubai.cli.tables.honest import say_cross_validated
        from koubai.models.honest.cross import CrossValidated

        say_cross_validated(out, CrossValidated.from_record(record["cross_validated"]))
    if record.get("learning_curve") is not None:
        from koubai.cli.tables.honest import say_curve
        from koubai.models.honest.curve import LearningCurve

        say_curve(out, LearningCurve.from_record(record["learning_curve"]))
    if record.get("judgement") is not None:
        from koubai.models.scores.judgement import Judgement

        out.print(worded("cli.judged_wide", sentence=Judgement.from_record(record["judgement"]).sentence))


def _show_network(out: "Console", record: "Record") -> None:
    """Print the layers with their numbers of parameters."""
    from koubai.cli.parts.terminal import plain_table
    from koubai.core.network import Network

    network = Network.from_spec(record["network"])
    if any(len(layer.output_shape) > 1 for layer in network.layers):
        from koubai.cli.images.show import show_maps

        show_maps(out, network)
        return
    rows: list[tuple[object, ...]] = [(term("input"), f"{network.n_features:,}", "", "", "")]
    for index, layer in enumerate(network.layers, 1):
        name = term("output") if index == len(network.layers) else worded("cli.show.hidden", index=index)
        dropout = f"{layer.dropout:g}" if layer.dropout else ""
        what = layer.activation.name if layer.has_activation else layer.name
        rows.append((name, f"{layer.n_out:,}", what, dropout, f"{layer.n_parameters:,}"))
    rows.append((term("all"), "", worded("cli.layer.loss", name=network.loss.name), "", f"{network.n_parameters:,}"))
    out.print(plain_table(("layer", "nodes", "activation", "dropout", "parameters"), rows, numbers=(1, 3, 4)))


def _show_arrays(out: "Console", tensors: "Tensors") -> None:
    """Print the arrays of a model that is not a layered network, with the values of small ones."""
    from koubai.cli.parts.terminal import plain_table

    rows = [
        (name, " × ".join(map(str, array.shape)) or "1", ", ".join(f"{x:.6g}" for x in array.ravel()[:MANY_NUMBERS]))
        for name, array in sorted(tensors.items())
    ]
    out.print(plain_table(("array", "shape", worded("cli.first_numbers", many_numbers=MANY_NUMBERS)), rows))


def _show_history(out: "Console", history: "History", parameters: Mapping[str, object]) -> None:
    """Print loss and validation score over the epochs, and which epoch's network was kept."""
    from koubai.cli.parts.scores import kept_epoch
    from koubai.cli.parts.terminal import number, sparkline

    losses = history.losses
    if not losses:
        return
    reason = history.stopped if history.stopped in WHY_STOPPED else "unknown"
    why = worded(f"cli.stopped.{reason}")
    out.print(worded("cli.training_epochs_s", n_losses=f"{len(losses):,}", sum=f"{sum(history.seconds):.1f}", why=why))
    out.print(
        worded("cli.show.loss", sparkline=sparkline(losses), losses=number(losses[0]), losses_2=number(losses[-1]))
    )
    by_loss = parameters.get("validation_metric") == "loss"
    scores = [-score if by_loss else score for score in history.validation_scores if score is not None]
    if scores:
        best = (min if by_loss else max)(range(len(scores)), key=scores.__getitem__)
        what = worded("cli.loss_lowest") if by_loss else term("best")
        out.print(
            worded(
                "cli.validation_epoch",
                sparkline=sparkline(scores),
                what=what,
                scores=number(scores[best]),
                best=best + 1,
            )
        )
    if "early_stopping" in parameters:
        out.print(worded("cli.show.kept", kept_epoch=kept_epoch(history, bool(parameters["early_stopping"]), by_loss)))


def _show_parameters(out: "Console", record: "Record") -> None:
    """Print the chosen training parameters."""
    from koubai.cli.parts.terminal import printable

    names = [
        "solver",
        "optimizer",
        "learning_rate_init",
        "schedule",
        "batch_size",
        "alpha",
        "l1",
        "class_weight",
        "early_stopping",
        "validation_metric",
        "random_state",
    ]
    given = record.get("parameters", {})
    if given.get("optimizer") is not None:
        names.remove("solver")
    chosen = [f"{name}={_spelled(given[name])}" for name in names if given.get(name) is not None]
    if chosen:
        out.print(worded("cli.settings", chosen=printable(", ".join(chosen))))


def _spelled(value: object) -> str:
    """Return a parameter as it is given: a kind with parameters of its own as name(parameter=value)."""
    pairs = value.get("dict") if isinstance(value, dict) else None
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return str(value)
    parts = {str(name): part for name, part in pairs}
    own = ", ".join(f"{name}={part}" for name, part in parts.items() if name != "name")
    return f"{parts.get('name', '')}({own})"
