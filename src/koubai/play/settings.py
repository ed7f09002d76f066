"""Everything a playground shows and trains, as plain data: checked, bounded, and small enough for a link."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal, TypeAlias

import numpy as np

from koubai.core.activations import ACTIVATIONS
from koubai.core.initializers import NAMES as INITIALIZERS
from koubai.core.losses import LOSSES as KINDS
from koubai.core.losses.perceptron import PerceptronLoss
from koubai.core.schema import Record
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.schedules import SCHEDULES
from koubai.play.checks import Check, Count, Flag, Many, Maybe, Number, OneOf, Pair, Point, Text, problem
from koubai.play.datasets import DATASETS
from koubai.play.features import FEATURES

MOST_LAYERS, MOST_NODES, MOST_POINTS = 8, 32, 2000
MOST_CONVOLUTIONS, MOST_FILTERS, KERNEL_SIZES = 3, 16, (2, 5)
"""Bounds of a network on images: the last are the smallest and the largest kernel."""
POOLINGS = ("max", "average", "none")
"""What follows each convolution."""
LOSSES = (
    "auto",
    "log_loss",
    *(
        kind.name
        for kind in sorted(KINDS.values(), key=lambda kind: (-len(kind.tasks), kind.tasks))
        if kind.upper == np.inf and kind is not PerceptronLoss  # probabilities have log_loss, the perceptron a mode
    ),
)
"""Losses to choose from: for any task, for classes, for numbers."""
ENDLESS = ("adaptive",)
"""Schedules that need monitoring, which the playground does not do."""

Axes: TypeAlias = tuple[int, ...] | Literal["pca"]
"""The two features on the axes of the plane, or principal components."""

CHECKS: Mapping[str, Check[object]] = {
    "dataset": OneOf(tuple(DATASETS)),
    "noise": Number(0, 0.5),
    "train_ratio": Number(0.1, 1),
    "n_rows": Count(20, 2000),
    "data_seed": Count(0, 2**31 - 1),
    "table": Text(64),
    "target": Text(1000),
    "columns": Maybe(Many(Text(1000), 1000, 1)),
    "points": Many(Point(), MOST_POINTS),
    "axes": Pair(),
    "features": Many(OneOf(tuple(FEATURES)), len(FEATURES), 1),
    "hidden": Many(Count(1, MOST_NODES), MOST_LAYERS),
    "activations": Many(OneOf(tuple(name for name in ACTIVATIONS if name != "softmax")), MOST_LAYERS),
    "dropout": Many(Number(0, 0.9), MOST_LAYERS),
    "filters": Many(Count(1, MOST_FILTERS), MOST_CONVOLUTIONS),
    "kernel_sizes": Many(Count(*KERNEL_SIZES), MOST_CONVOLUTIONS),
    "map_activation": OneOf(tuple(name for name in ACTIVATIONS if name != "softmax")),
    "pooling": OneOf(POOLINGS),
    "output": OneOf(("auto", *ACTIVATIONS)),
    "loss": OneOf(LOSSES),
    "optimizer": OneOf(tuple(OPTIMIZERS)),
    "learning_rate": Number(1e-6, 100),
    "schedule": OneOf(tuple(name for name in SCHEDULES if name not in ENDLESS)),
    "l1": Number(0, 1000),
    "l2": Number(0, 1000),
    "batch_size": Count(1, 2000),
    "init": OneOf(INITIALIZERS),
    "seed": Count(0, 2**31 - 1),
    "mode": OneOf(("network", "perceptron")),
    "pace": Number(0, 10_000),
    "stop_at": Maybe(Count(1, 1_000_000)),
    "discretize": Flag(),
    "show_test": Flag(),
    "hide": Many(Text(40), 60),
    "lesson": Text(60),
}
"""The check of each setting."""

LIVE = frozenset(
    ("learning_rate", "schedule", "l1", "l2", "batch_size", "optimizer", "activations", "dropout", "stop_at", "pace")
) | frozenset(("discretize", "show_test", "hide", "lesson", "axes"))
"""Settings that can change during a run; changing any other starts a new run."""
VIEW = frozenset(("pace", "discretize", "show_test", "hide", "lesson", "axes"))
"""Settings that affect only the view; they are kept when going back in time."""
OF_DATA = frozenset(
    ("dataset", "noise", "train_ratio", "n_rows", "data_seed", "table", "target", "columns", "points", "features")
)
"""Settings that determine the rows."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The complete state of a playground, except for the results of training.

    ``pace`` is the number of epochs per second, 0 for no limit; the others are named as in the library.

    Examples
    --------
    >>> Settings().changed({"hidden": [8, 8, 8]}).activations
    ('tanh', 'tanh', 'tanh')
    """

    dataset: str = "circle"
    noise: float = 0.0
    train_ratio: float = 0.5
    n_rows: int = 250
    data_seed: int = 0
    table: str | None = None
    target: str | None = None
    columns: tuple[str, ...] | None = None
    points: tuple[tuple[float, float, int], ...] = ()
    axes: Axes = (0, 1)
    features: tuple[str, ...] = ("x1", "x2")
    hidden: tuple[int, ...] = (4, 2)
    activations: tuple[str, ...] = ("tanh", "tanh")
    dropout: tuple[float, ...] = (0.0, 0.0)
    filters: tuple[int, ...] = (8,)
    kernel_sizes: tuple[int, ...] = (3,)
    map_activation: str = "relu"
    pooling: str = "max"
    output: str = "auto"
    loss: str = "auto"
    optimizer: str = "sgd"
    learning_rate: float = 0.03
    schedule: str = "constant"
    l1: float = 0.0
    l2: float = 0.0
    batch_size: int = 10
    init: str = "glorot_uniform"
    seed: int = 0
    mode: str = "network"
    pace: float = 30.0
    stop_at: int | None = None
    discretize: bool = False
    show_test: bool = False
    hide: tuple[str, ...] = ()
    lesson: str | None = None

    def changed(self, part: object) -> "Settings":
        """Return settings with some of them changed.

        Parameters
        ----------
        part : mapping
            Names and values, as in JSON.

        Raises
        ------
        ParameterError
            If a setting does not exist or is invalid.
        """
        if not isinstance(part, Mapping):
            raise problem("settings", "an object of names and values", part)
        checked: Record = {}
        for name, value in part.items():
            if name not in CHECKS:
                raise problem("a setting", f"one of {', '.join(CHECKS)}", name)
            checked[name] = (self._layers() if name == "hidden" else CHECKS[name])(value, name)
        found = replace(self, **checked)
        depth = len(found.hidden)
        kinds = (*found.activations, *(found.activations[-1:] or ("tanh",)) * depth)[:depth]
        found = replace(found, activations=kinds, dropout=(*found.dropout, *(0.0,) * depth)[:depth])
        many = len(found.filters)
        sizes = (*found.kernel_sizes, *(found.kernel_sizes[-1:] or (3,)) * many)[:many]
        return replace(found, kernel_sizes=sizes)

    def _layers(self) -> Check[tuple[int, ...]]:
        """Return the check for layers: a network given by a program may be wider than the page allows."""
        return Many(Count(1, max(MOST_NODES, *self.hidden, 0)), MOST_LAYERS)

    def changes(self, other: "Settings") -> frozenset[str]:
        """Return the names of the settings that differ."""
        names = (field.name for field in fields(self))
        return frozenset(name for name in names if getattr(self, name) != getattr(other, name))

    def as_json(self) -> dict[str, object]:
        """Return the settings as plain data, all of them."""
        return asdict(self)
