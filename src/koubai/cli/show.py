"""``koubai show``: inspect a saved model without loading the code that runs it."""

import argparse
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from koubai.core.errors import KoubaiError, ModelFileError

if TYPE_CHECKING:
    from rich.console import Console

    from koubai.training.container import Container
    from koubai.training.history import History

EXAMPLES = """examples:
  koubai show penguins.koubai
  koubai show penguins.koubai | less

Prints what the model predicts and from which columns, how each is prepared, its layers, how training went, and its
scores on the held-out rows.
"""

MANY_NUMBERS = 8
"""Maximum number of array values shown."""

WHY_STOPPED = {
    "epochs": "all epochs were run",
    "patience": "no more improvement",
    "callback": "stopped by a callback",
    "interrupted": "stopped by Ctrl-C",
    "diverged": "diverged; the best parameters before that are kept",
    "converged": "converged",
}


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "show",
        help="inspect a saved network",
        description="Show the contents of a saved model.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("model", metavar="MODEL", help="a file saved by 'koubai fit' or koubai.save")


def run(args: argparse.Namespace) -> int:
    """Print the contents of a model file; return the exit status."""
    from koubai.cli.parts.terminal import console
    from koubai.training.container import open_container

    found = open_container(args.model)
    try:
        _show(console(), found, args.model)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, KoubaiError) as error:
        raise ModelFileError(
            f"The model file '{args.model}' must contain a kind of model known to this version; "
            f"got {found.kind[:40]!r} with a record that does not fit. Use a newer koubai."
        ) from error
    return 0


def _show(out: "Console", found: "Container", path: str) -> None:
    from koubai.cli.parts.terminal import printable
    from koubai.training.history import History

    size = os.path.getsize(path)
    out.print(f"{printable(path)}: {printable(found.kind)}, {size / 1024:,.0f} KiB", style="bold")
    out.print(f"Written by koubai {printable(found.koubai_version)}, format version {found.format_version}")
    is_table = found.kind == "TableModel"
    record = found.record["estimator"] if is_table else found.record
    prefix = "estimator." if is_table else ""
    if is_table:
        _show_table(out, found.record)
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
    if is_table and found.record["evaluation"] is not None:
        from koubai.cli.parts.scores import say_evaluation
        from koubai.models.evaluation import Evaluation

        say_evaluation(out, Evaluation.from_record(found.record["evaluation"]), "held-out rows")


def _show_table(out: "Console", record: Mapping[str, Any]) -> None:
    """Print the target and the columns it is predicted from."""
    from koubai.cli.parts.terminal import plain_table, printable

    target, preparation = record["target"], record["preparation"]
    out.print(f"Predicts {printable(target['name'])}: {printable(target['task'])} ({printable(target['why'])})")
    rows = record["rows"]
    parts = [f"{rows[name]:,} {name}" for name in ("training", "validation", "test", "without target") if rows[name]]
    out.print(f"Rows     {', '.join(parts)}")
    columns = zip(preparation["columns"], preparation["summaries"], strict=True)
    listed = [(column["name"], column["kind"], summary) for column, summary in columns]
    out.print(plain_table(("column", "kind", "used as"), listed))
    for column in preparation["left_out"]:
        out.print(f"Dropped {printable(column['name'])} ({printable(column['kind'])}): {printable(column['reason'])}.")


def _show_answers(out: "Console", record: Mapping[str, Any]) -> None:
    """Print the calibration and limits of predictions, which older files lack."""
    from koubai.cli.parts.scores import said_of_average, said_of_target

    if record.get("n_networks", 1) > 1:
        out.print(f"Average  {said_of_average(record['n_networks'])}")
    if record.get("bounds") is not None and record["target"]["task"] == "regression":
        for line in said_of_target(bool(record["long_tail"]), record["bounds"]):
            out.print(f"Answers  {line}")
    if record.get("judgement") is not None:
        from koubai.models.judging import Judgement

        out.print(f"Judged   {Judgement.from_record(record['judgement']).sentence}")


def _show_network(out: "Console", record: Mapping[str, Any]) -> None:
    """Print the layers with their numbers of parameters."""
    from koubai.cli.parts.terminal import plain_table
    from koubai.core.network import Network

    network = Network.from_spec(record["network"])
    rows: list[tuple[object, ...]] = [("input", f"{network.n_features:,}", "", "", "")]
    for index, layer in enumerate(network.layers, 1):
        name = "output" if index == len(network.layers) else f"hidden {index}"
        dropout = f"{layer.dropout:g}" if layer.dropout else ""
        what = layer.activation.name if layer.has_activation else layer.name
        rows.append((name, f"{layer.n_out:,}", what, dropout, f"{layer.n_parameters:,}"))
    rows.append(("all", "", f"loss: {network.loss.name}", "", f"{network.n_parameters:,}"))
    out.print(plain_table(("layer", "nodes", "activation", "dropout", "parameters"), rows, numbers=(1, 3, 4)))


def _show_arrays(out: "Console", tensors: Mapping[str, Any]) -> None:
    """Print the arrays of a model that is not a layered network, with the values of small ones."""
    from koubai.cli.parts.terminal import plain_table

    rows = [
        (name, " × ".join(map(str, array.shape)) or "1", ", ".join(f"{x:.6g}" for x in array.ravel()[:MANY_NUMBERS]))
        for name, array in sorted(tensors.items())
    ]
    out.print(plain_table(("array", "shape", f"first {MANY_NUMBERS} numbers"), rows))


def _show_history(out: "Console", history: "History", parameters: Mapping[str, Any]) -> None:
    """Print loss and validation score over the epochs, and which epoch's network was kept."""
    from koubai.cli.parts.scores import kept_epoch
    from koubai.cli.parts.terminal import number, sparkline

    losses = history.losses
    if not losses:
        return
    why = WHY_STOPPED.get(history.stopped, "the reason for stopping is unknown")
    out.print(f"Training {len(losses):,} epochs in {sum(history.seconds):.1f} s; {why}")
    out.print(f"Loss       {sparkline(losses)}  {number(losses[0])} → {number(losses[-1])}")
    by_loss = parameters.get("validation_metric") == "loss"
    scores = [-score if by_loss else score for score in history.validation_scores if score is not None]
    if scores:
        best = (min if by_loss else max)(range(len(scores)), key=scores.__getitem__)
        what = ("loss, lowest", "best")[not by_loss]
        out.print(f"Validation {sparkline(scores)}  {what} {number(scores[best])} in epoch {best + 1}")
    if "early_stopping" in parameters:
        out.print(f"Kept       {kept_epoch(history, bool(parameters['early_stopping']), by_loss)}")


def _show_parameters(out: "Console", record: Mapping[str, Any]) -> None:
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
        out.print(f"Settings {printable(', '.join(chosen))}")


def _spelled(value: Any) -> str:
    """Return a parameter as it is given: a kind with parameters of its own as name(parameter=value)."""
    pairs = value.get("dict") if isinstance(value, dict) else None
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return str(value)
    parts = {str(name): part for name, part in pairs}
    own = ", ".join(f"{name}={part}" for name, part in parts.items() if name != "name")
    return f"{parts.get('name', '')}({own})"
