"""What ``koubai fit`` prints about the table and the network."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from koubai.cli.parts.scores import counted_rows, kept_epoch, said_of_average, said_of_target, say_evaluation
from koubai.cli.parts.terminal import console, plain_table, printable
from koubai.cli.tables import honest
from koubai.core.language import listed_as, term, worded

if TYPE_CHECKING:
    from koubai.models.prepared import PreparedTable
    from koubai.models.streamed import StreamedTable
    from koubai.models.table_model import TableModel

COLUMNS = ("column", "kind", "used as")
MANY_COLUMNS = 24
"""Maximum number of columns listed individually."""


def say_what_was_read(prepared: "PreparedTable | StreamedTable", source: str) -> None:
    """Print the table's size, the task, the columns and the notes on them."""
    out = console()
    rows = prepared.n_rows
    out.print(
        worded("cli.fit.heading", source=printable(source), rows=f"{rows['read']:,}", n_columns=len(prepared.columns)),
        style="bold",
    )
    out.print(worded("cli.fit.target", target=_target(prepared)))
    used = prepared.preparation.columns
    if len(used) > MANY_COLUMNS:
        counts = Counter(column.kind for column in used)
        listed = listed_as(", ", [_counted(kind, n) for kind, n in counts.items()])
        out.print(worded("cli.columns_koubai_show_lists_how", listed=listed))
    else:
        out.print(plain_table(COLUMNS, [(c.name, term(c.kind), c.summary) for c in used]))
    for column in prepared.preparation.left_out:
        out.print(
            worded("cli.dropped", name=printable(column.name), kind=term(column.kind), reason=printable(column.reason)),
            style="yellow",
        )
    for note in prepared.notes:
        out.print(worded("cli.note", note=printable(note)), style="yellow")
    parts = [counted_rows(rows[name], name) for name in ("training", "validation", "test") if rows[name]]
    parts += [worded("cli.set_aside_intervals", rows=f"{rows['calibration']:,}")] if rows.get("calibration") else []
    out.print(worded("cli.fit.rows", parts=listed_as(", ", parts)))


def _counted(kind: str, n: int) -> str:
    """Return a number of columns of a kind."""
    one = n == 1
    named = kind if one else "categories" if kind == "category" else f"{kind}s"
    return worded("cli.columns.counted", n=n, kind=term(named))


def _target(prepared: "PreparedTable | StreamedTable") -> str:
    target = prepared.target
    name = printable(target.name)
    if not target.is_classification:
        low, high = prepared.span
        return worded("cli.regression", name=name, why=target.why, low=f"{low:,.7g}", high=f"{high:,.7g}")
    classes, counts = prepared.class_counts()
    order = np.argsort(-counts, kind="stable")[:6]
    listed = ", ".join(f"{printable(classes[i])} {counts[i]:,}" for i in order)
    more = ", …" if len(classes) > len(order) else ""
    return worded("cli.classification", name=name, why=target.why, listed=listed, more=more)


def say_how_good(model: "TableModel", path: str, size: int) -> None:
    """Print the network, its score beside the baseline's, and what to type next."""
    out = console()
    network, history = model.estimator_.network_, model.estimator_.history_
    sizes = "-".join(map(str, network.sizes))
    seconds = sum(history.seconds)
    stopped = worded("cli.stopped_ctrl_c", space=" ") if history.stopped == "interrupted" else ""
    out.print(
        worded(
            "cli.fit.network",
            sizes=sizes,
            n_parameters=f"{network.n_parameters:,}",
            n_history=len(history),
            stopped=stopped,
            seconds=f"{seconds:.1f}",
        )
    )
    kept = kept_epoch(history, bool(model.estimator_.early_stopping), model.estimator_.validation_metric == "loss")
    out.print(worded("cli.fit.kept", kept=kept))
    if model.others_:
        out.print(worded("cli.average", said_of_average=said_of_average(1 + len(model.others_))))
    for line in said_of_target(model.long_tail_, model.bounds_) if not model.target_.is_classification else ():
        out.print(worded("cli.answers", line=line))
    if model.judgement_ is not None:
        out.print(worded("cli.judged", sentence=model.judgement_.sentence))
    if model.decision_ is not None:
        out.print(worded("cli.served", sentence=printable(model.decision_.sentence)))
    evaluation = model.evaluation_
    if model.cross_validated_ is not None:
        honest.say_cross_validated(out, model.cross_validated_)
    if evaluation is None and model.cross_validated_ is not None:
        out.print(worded("cli.saved_model_learned_all_rows"))
    elif evaluation is None:
        out.print(worded("cli.no_rows_were_held_out"), style="yellow")
    else:
        say_evaluation(out, evaluation, "held_out_rows")
    if model.learning_curve_ is not None:
        honest.say_curve(out, model.learning_curve_)
    shown = printable(path)
    out.print(worded("cli.saved_size", shown=shown, size=f"{size / 1024:,.0f}"))
    out.print(worded("cli.next_koubai_predict_table_out", shown=shown), style="bold")
