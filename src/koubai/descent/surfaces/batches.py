"""Why the batch size matters: the progress made for the same number of rows, by batch size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from koubai.core.arguments import REAL, SEED, TEXT, WHOLE, or_none, sequence_of, shown, takes
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.descent.display import Displayed
from koubai.descent.functions.curvature import one_digit
from koubai.descent.surfaces.subject import SUBJECT, Subject
from koubai.descent.surfaces.watching import MOST_UPDATES, Numbers, constant_rate, rate_of, updates
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer


@dataclass(frozen=True, eq=False)
class BatchProgress(Displayed):
    """Loss against gradient evaluations, for several batch sizes.

    Attributes
    ----------
    batch_sizes : tuple of int
        Rows per update.
    learning_rate : float
        α, the same for all.
    optimizer : Optimizer
        The rule.
    n_rows : int
        Number of rows in the data set.
    evaluations : tuple of (n_points,)
        Gradients of single rows evaluated so far.
    losses : tuple of (n_points,)
        Loss over all rows at that point.
    """

    batch_sizes: tuple[int, ...]
    learning_rate: float
    optimizer: Optimizer
    n_rows: int
    evaluations: tuple[Numbers, ...]
    losses: tuple[Numbers, ...]


@takes(
    "batch_progress",
    subject=SUBJECT,
    batch_sizes=sequence_of(WHOLE),
    learning_rate=or_none(REAL),
    epochs=WHOLE,
    n_points=WHOLE,
    seed=SEED,
    engine=TEXT,
)
def batch_progress(
    subject: Subject,
    batch_sizes: Sequence[int] = (1, 32),
    *,
    optimizer: str | Mapping[str, object] | Optimizer = "sgd",
    learning_rate: float | None = None,
    epochs: int = 10,
    n_points: int = 60,
    seed: int = 0,
    engine: str = "reference",
) -> BatchProgress:
    """Descend with all rows, minibatches and single rows, and measure the loss at the same cost (slides 74-76).

    Parameters
    ----------
    subject : Subject
        What to train, from the same θ each time.
    batch_sizes : sequence of int
        Rows per update; all rows at once is always included.
    optimizer, learning_rate
        The rule, and α, the same for all; by default, a third of the best α for one pass over single rows.
    epochs : int
        Cost of each run, in passes over the data.
    n_points : int
        How many times the loss over all rows is measured, at geometrically spaced costs.
    seed, engine
        See `updates`.

    Raises
    ------
    ParameterError
        If an argument is not allowed.
    """
    if not (1 <= epochs <= MOST_UPDATES and 2 <= n_points <= MOST_UPDATES):
        named = {"most": MOST_UPDATES, "epochs": shown(epochs), "points": shown(n_points)}
        raise ParameterError(worded("descend.error.batches_epochs", **named))
    rule = get_optimizer(optimizer)
    if learning_rate is None:
        learning_rate = _best_for_single_rows(subject, rule, seed, engine)
    rate = rate_of(rule, learning_rate)
    n = subject.rows.n_rows
    sizes = tuple(sorted({*(min(size, n) for size in batch_sizes), n}))
    marks = np.unique(np.round(np.geomspace(1, epochs * n, n_points)))
    runs = [_progress(subject, rule, rate, size, marks, seed, engine) for size in sizes]
    return BatchProgress(sizes, rate, rule, n, tuple(run[0] for run in runs), tuple(run[1] for run in runs))


def _best_for_single_rows(subject: Subject, rule: Optimizer, seed: int, engine: str) -> float:
    """Return a third of the α among 1, 0.3, 0.1, … 1e-4 with the lowest loss after at most 2000 single rows."""
    rates = [1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4]
    passes = min(subject.rows.n_rows, 2000)
    losses = []
    for rate in rates:
        theta, done = subject.theta, 0
        for update in updates(subject, rule, constant_rate(rate), 1, seed, engine):
            theta, done = update.after, update.number
            if done == passes:
                break
        loss = subject.loss(theta) if done == passes else np.inf
        losses.append(loss if np.isfinite(loss) else np.inf)
        if len(losses) > 2 and losses[-1] > losses[-2] > losses[-3]:
            break  # smaller rates are only slower
    return one_digit(rates[int(np.argmin(losses))] / 3 * 1.0001)


def _progress(
    subject: Subject, rule: Optimizer, rate: float, size: int, marks: Numbers, seed: int, engine: str
) -> tuple[Numbers, Numbers]:
    """Return costs and losses of one run, measured after the update that reaches each mark."""
    costs, losses, spent, reached = [0.0], [subject.loss()], 0, 0
    for update in updates(subject, rule, constant_rate(rate), size, seed, engine):
        spent += update.n_rows
        passed = int(np.searchsorted(marks, spent, side="right"))
        if passed > reached:
            reached = passed
            costs.append(float(spent))
            losses.append(subject.loss(update.after))
        if spent >= marks[-1]:
            break
    return np.array(costs), np.array(losses)
