"""What is measured: networks, rows, batches and optimizers, by name; and the work that one step of each is."""

from dataclasses import asdict, dataclass, replace
from typing import Any

ADAM = {"beta_1": 0.9, "beta_2": 0.999}


@dataclass(frozen=True)
class Case:
    """One piece of training work: everything that decides it, so that all peers do the same.

    Sizes begin with the inputs; one output means sigmoid and binary cross-entropy, several mean softmax and
    cross-entropy. ``data`` is ``moons`` (2 features, 2 classes), ``digits`` (64 features, at most 1797 rows) or
    ``noise`` (uniform features, any number of rows).
    """

    name: str
    sizes: tuple[int, ...]
    hidden: str
    rows: int
    batch: int
    epochs: int
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    epsilon: float = 1e-8
    data: str = "noise"
    networks: int = 1

    @property
    def title(self) -> str:
        """The case in words."""
        layers = "-".join(map(str, self.sizes))
        many = f"{self.networks} networks " if self.networks > 1 else ""
        return f"{many}{layers} {self.hidden}, {self.rows} rows, batch {self.batch}, {self.optimizer}"

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one epoch; the last batch has what is left of the rows."""
        return -(-self.rows // self.batch)

    @property
    def steps(self) -> int:
        """Updates of one network in the whole piece of work."""
        return self.epochs * self.steps_per_epoch

    @property
    def batches(self) -> list[int]:
        """Rows of each batch of an epoch."""
        full, rest = divmod(self.rows, self.batch)
        return [self.batch] * full + [rest] * (rest > 0)

    @property
    def flops_per_step(self) -> float:
        """Multiplications and additions in the matrix products of one step, averaged over an epoch.

        Three products of 2 · batch · n_in · n_out a layer (forward, ∂E/∂W, ∂E/∂z), without ∂E/∂z for the first.
        """
        pairs = list(zip(self.sizes, self.sizes[1:], strict=False))
        per_row = sum(6 * a * b for a, b in pairs) - 2 * pairs[0][0] * pairs[0][1]
        return per_row * self.rows / self.steps_per_epoch

    def flops_of_prediction(self) -> float:
        """Multiplications and additions in the matrix products of a forward pass of all rows."""
        return float(sum(2 * a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)) * self.rows)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Case":
        """The case of `to_json`."""
        return cls(**{**given, "sizes": tuple(given["sizes"])})


TRAINING = (
    Case("tiny", (2, 8, 8, 1), "tanh", 250, 10, 100, data="moons"),
    Case("narrow", (64, 4, 10), "relu", 1797, 32, 20, data="digits"),
    Case("digits-32", (64, 100, 10), "relu", 1797, 32, 20, data="digits"),
    Case("digits-200", (64, 100, 10), "relu", 1797, 200, 60, data="digits"),
    Case("middle", (64, 256, 256, 10), "relu", 1797, 128, 20, data="digits"),
    Case("large", (784, 1024, 512, 10), "sigmoid", 8192, 256, 1, "sgd", 0.1),
)
"""Training of one network: microseconds a step."""

POPULATION = (Case("population", (2, 8, 8, 1), "tanh", 250, 10, 100, data="moons", networks=256),)
"""Training of many networks of one shape: seconds for all."""

BASE = Case("base", (64, 100, 10), "relu", 2000, 200, 20)


def _grown(axis: str, value: int, epochs: int, **changes: Any) -> Case:
    return replace(BASE, name=f"{axis}-{value}", epochs=epochs, **changes)


GROWTH = {
    "rows": tuple(_grown("rows", n, max(1, 20000 // n), rows=n) for n in (500, 2000, 8000, 32000, 128000)),
    "width": tuple(_grown("width", w, 20 if w < 512 else 5, sizes=(64, w, 10)) for w in (4, 16, 64, 256, 1024)),
    "depth": tuple(_grown("depth", d, 20, sizes=(64, *(64,) * d, 10)) for d in (1, 2, 4, 8, 16)),
    "batch": tuple(_grown("batch", b, max(1, b // 8), batch=b) for b in (1, 8, 32, 128, 512, 2000)),
}
"""64-100-10 ReLU, 2000 rows, batch 200, Adam, with one of these grown."""

PREDICTION = tuple(Case(f"predict-{n}", (64, 100, 10), "relu", n, n, 1) for n in (1, 10, 100, 1000, 10000, 100000))
"""Probabilities of n rows: microseconds a call."""

MEMORY = (
    Case("memory-train", (64, 100, 10), "relu", 200000, 200, 1),
    Case("memory-predict", (64, 100, 10), "relu", 1000000, 200, 1),
)
"""Peak memory beyond the rows themselves, MiB."""

ROWS = {case.name: case for group in (TRAINING, POPULATION, *GROWTH.values(), PREDICTION, MEMORY) for case in group}
"""Every case by name."""
