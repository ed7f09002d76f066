"""Whether all contenders do the same work: from the same start, in the same order, they must reach the same θ."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.cases import Case
from benchmarks.contenders import Contender
from benchmarks.data import Array
from benchmarks.workers import Pool, WorkerError

TOLERANCE = 1e-5
"""Largest difference of θ from the readable engine's, over the largest |θ|, float64."""
LOSS_TOLERANCE = 0.1
"""Largest relative difference of the loss after shuffled training: each peer draws its own orders."""
MOST_ROWS = 601
"""Rows beyond this show nothing more."""
EPSILON = 1e-16
"""Adam's ε in the comparison: scikit-learn adds it elsewhere, so it must not matter."""


@dataclass(frozen=True)
class Verdict:
    """How far a contender ended from the readable engine."""

    contender: Contender
    theta: float = float("nan")
    shuffled_loss: float = float("nan")
    reference_loss: float = float("nan")
    failed: str = ""

    @property
    def same(self) -> bool:
        """Whether it did the same work."""
        near = abs(self.shuffled_loss - self.reference_loss) <= LOSS_TOLERANCE * self.reference_loss
        return not self.failed and self.theta <= TOLERANCE and near

    def line(self) -> str:
        """The verdict in one line."""
        who = f"{self.contender.name}, {self.contender.threads} threads"
        if self.failed:
            return f"{who}: {self.failed}"
        return (
            f"{who}: {'same' if self.same else 'NOT the same'} work; θ differs by {self.theta:.1e} of its largest, "
            f"loss after shuffled training {self.shuffled_loss:.6f} (readable engine {self.reference_loss:.6f})"
        )


def ends_of(pool: Pool, contender: Contender, case: Case) -> tuple[Array, float]:
    """Return θ after training with the rows in their own order, and the loss over all rows after shuffled training."""
    worker = pool.worker(contender)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "theta.npy"
        worker.setup("train", case, "float64", shuffle=False)
        worker.ask("theta", path=str(path))
        theta = np.load(path)
        worker.setup("train", case, "float64", shuffle=True)
        return theta, float(worker.ask("theta", path=str(path))["loss"])


def verify(pool: Pool, case: Case, contenders: Sequence[Contender], epochs: int = 2) -> list[Verdict]:
    """Return a verdict on each contender that trains."""
    rows = min(case.rows, max(MOST_ROWS, case.batch + case.batch // 2))  # a last batch of another size is among them
    case = replace(case, rows=rows, epochs=epochs, epsilon=EPSILON, networks=min(case.networks, 3))
    expected, reference_loss = ends_of(pool, Contender("reference", 1), case)
    verdicts = []
    for contender in contenders:
        try:
            found, shuffled_loss = ends_of(pool, contender, case)
        except WorkerError as error:
            verdicts.append(Verdict(contender, failed=str(error)))
            continue
        difference = float(np.abs(found - expected).max() / np.abs(expected).max())
        verdicts.append(Verdict(contender, difference, shuffled_loss, reference_loss))
    return verdicts
