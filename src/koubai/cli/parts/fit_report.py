"""What ``koubai fit`` prints about the table and the network."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from koubai.cli.parts.scores import kept_epoch, said_of_average, said_of_target, say_evaluation
from koubai.cli.parts.terminal import console, plain_table, printable
from koubai.cli.tables import honest

if TYPE_CHECKING:
    from koubai.models.prepared import PreparedTable
    from koubai.models.streamed import StreamedTable
    from koubai.models.table_model import TableModel

MANY_COLUMNS = 24
"""Maximum number of columns listed individually."""


def say_what_was_read(prepared: "PreparedTable | StreamedTable", source: str) -> None:
    """Print the table's size, the task, the columns and the notes on them."""
    out = console()
    rows = prepared.n_rows
    out.print(f"{printable(source)}: {rows['read']:,} rows, {len(prepared.columns)} columns", style="bold")
    out.print(f"Target  {_target(prepared)}")
    used = prepared.preparation.columns
    if len(used) > MANY_COLUMNS:
        counts = Counter(column.kind for column in used)
        listed = ", ".join(f"{n} {_plural(kind, n)}" for kind, n in counts.items())
        out.print(f"Columns {listed}; 'koubai show' lists how each is prepared")
    else:
        out.print(plain_table(("column", "kind", "used as"), [(c.name, c.kind, c.summary) for c in used]))
    for column in prepared.preparation.left_out:
        out.print(f"Dropped {printable(column.name)} ({column.kind}): {printable(column.reason)}.", style="yellow")
    for note in prepared.notes:
        out.print(f"Note: {printable(note)}", style="yellow")
    parts = [f"{rows[name]:,} {name}" for name in ("training", "validation", "test") if rows[name]]
    parts += [f"{rows['calibration']:,} set aside for intervals"] if rows.get("calibration") else []
    out.print(f"Rows    {', '.join(parts)}")


def _plural(kind: str, n: int) -> str:
    if n == 1:
        return kind
    return "categories" if kind == "category" else f"{kind}s"


def _target(prepared: "PreparedTable | StreamedTable") -> str:
    target = prepared.target
    name = printable(target.name)
    if not target.is_classification:
        low, high = prepared.span
        return f"{name}: regression ({target.why}), {low:,.7g} to {high:,.7g}"
    classes, counts = prepared.class_counts()
    order = np.argsort(-counts, kind="stable")[:6]
    listed = ", ".join(f"{printable(classes[i])} {counts[i]:,}" for i in order)
    more = ", …" if len(classes) > len(order) else ""
    return f"{name}: classification ({target.why}): {listed}{more}"


def say_how_good(model: "TableModel", path: str, size: int) -> None:
    """Print the network, its score beside the baseline's, and what to type next."""
    out = console()
    network, history = model.estimator_.network_, model.estimator_.history_
    sizes = "-".join(map(str, network.sizes))
    seconds = sum(history.seconds)
    stopped = " (stopped by Ctrl-C)" if history.stopped == "interrupted" else ""
    out.print(
        f"Network {sizes}, {network.n_parameters:,} parameters, {len(history)} epochs{stopped} in {seconds:.1f} s"
    )
    kept = kept_epoch(history, bool(model.estimator_.early_stopping), model.estimator_.validation_metric == "loss")
    out.print(f"Kept    {kept}")
    if model.others_:
        out.print(f"Average {said_of_average(1 + len(model.others_))}")
    for line in said_of_target(model.long_tail_, model.bounds_) if not model.target_.is_classification else ():
        out.print(f"Answers {line}")
    if model.judgement_ is not None:
        out.print(f"Judged  {model.judgement_.sentence}")
    if model.decision_ is not None:
        out.print(f"Served  {printable(model.decision_.sentence)}")
    evaluation = model.evaluation_
    if model.cross_validated_ is not None:
        honest.say_cross_validated(out, model.cross_validated_)
    if evaluation is None and model.cross_validated_ is not None:
        out.print("The saved model learned from all rows.")
    elif evaluation is None:
        out.print("No rows were held out, so its quality is unknown.", style="yellow")
    else:
        say_evaluation(out, evaluation, "held-out rows")
    if model.learning_curve_ is not None:
        honest.say_curve(out, model.learning_curve_)
    shown = printable(path)
    out.print(f"Saved   {shown} ({size / 1024:,.0f} KiB)")
    out.print(f"Next    koubai predict {shown} TABLE --out predictions.csv", style="bold")
