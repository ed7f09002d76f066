"""Everything a playground shows and trains, as plain data: checked, bounded, and small enough for a link."""

import reprlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import numpy as np

from koubai.core.activations import ACTIVATIONS
from koubai.core.errors import ParameterError
from koubai.core.initializers import NAMES as INITIALIZERS
from koubai.core.losses import LOSSES as KINDS
from koubai.core.losses.perceptron import PerceptronLoss
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.schedules import SCHEDULES
from koubai.play.datasets import DATASETS
from koubai.play.features import FEATURES
from koubai.play.frames import Message

MOST_LAYERS, MOST_NODES, MOST_POINTS = 8, 32, 2000
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

Checked = TypeVar("Checked", covariant=True)


class Check(Protocol[Checked]):
    """Returns a value that is as it should be; raises ParameterError, with the name given, for any other."""

    def __call__(self, value: object, name: str, /) -> Checked:
        """Check one value."""
        ...


Axes: TypeAlias = tuple[int, ...] | Literal["pca"]
"""The two features on the axes of the plane, or principal components."""


def _problem(name: str, wanted: str, value: object) -> ParameterError:
    return ParameterError(f"playground: {name} must be {wanted}; got {shown(value)}.")


def shown(value: object) -> str:
    """Return a short representation of any value, however long or deep.

    Examples
    --------
    >>> len(shown(["long" * 1000] * 1000)) < 70
    True
    """
    words = reprlib.repr(value)
    return words[:60] + ("…" if len(words) > 60 else "")


def number(low: float, high: float) -> Check[float]:
    """Return a check for real numbers in [low, high]."""

    def check(value: object, name: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise _problem(name, f"a number from {low:g} to {high:g}", value)
        return float(value)

    return check


def count(low: int, high: int, wanted: str = "") -> Check[int]:
    """Return a check for whole numbers in [low, high]; ``wanted`` is what is asked for, if that is more."""

    def check(value: object, name: str) -> int:
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        if number is None or not low <= number <= high or number != int(number):
            raise _problem(name, wanted or f"a whole number from {low} to {high}", value)
        return int(number)

    return check


def count_or_none(low: int, high: int) -> Check[int | None]:
    """Return a check for whole numbers in [low, high], or None."""
    check = count(low, high, f"a whole number from {low} to {high} or nothing")
    return lambda value, name: None if value is None else check(value, name)


def one_of(*allowed: str) -> Check[str]:
    """Return a check for one of a few words."""

    def check(value: object, name: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise _problem(name, f"one of {', '.join(allowed)}", value)
        return value

    return check


def text(longest: int) -> Check[str | None]:
    """Return a check for a short text or None; a lone surrogate is rejected, as it could not be sent back."""

    def check(value: object, name: str) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > longest or any("\ud800" <= c <= "\udfff" for c in value):
            raise _problem(name, f"a text of at most {longest} characters", value)
        return value

    return check


def flag(value: object, name: str) -> bool:
    """Check that a value is true or false."""
    if not isinstance(value, bool):
        raise _problem(name, "true or false", value)
    return value


def many(each: Check[Checked], most: int, least: int = 0) -> Check[tuple[Checked, ...]]:
    """Return a check for a list of ``least`` to ``most`` values."""

    def check(value: object, name: str) -> tuple[Checked, ...]:
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            raise _problem(name, f"a list of {least} to {most} values", value)
        return tuple(each(one, f"{name}[{index}]") for index, one in enumerate(value))

    return check


def _point(value: object, name: str) -> tuple[float, float, int]:
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise _problem(name, "[x1, x2, class]", value)
    coordinate = number(-6, 6)
    return coordinate(value[0], name), coordinate(value[1], name), count(0, 9)(value[2], name)


def _axes(value: object, name: str) -> Axes:
    return "pca" if value == "pca" else many(count(0, 9999), 2, 2)(value, name)


def _columns(value: object, name: str) -> tuple[str | None, ...] | None:
    return None if value is None else many(text(1000), 1000, 1)(value, name)


CHECKS: Mapping[str, Check[object]] = {
    "dataset": one_of(*DATASETS),
    "noise": number(0, 0.5),
    "train_ratio": number(0.1, 1),
    "n_rows": count(20, 2000),
    "data_seed": count(0, 2**31 - 1),
    "table": text(64),
    "target": text(1000),
    "columns": _columns,
    "points": many(_point, MOST_POINTS),
    "axes": _axes,
    "features": many(one_of(*FEATURES), len(FEATURES), 1),
    "hidden": many(count(1, MOST_NODES), MOST_LAYERS),
    "activations": many(one_of(*(name for name in ACTIVATIONS if name != "softmax")), MOST_LAYERS),
    "dropout": many(number(0, 0.9), MOST_LAYERS),
    "output": one_of("auto", *ACTIVATIONS),
    "loss": one_of(*LOSSES),
    "optimizer": one_of(*OPTIMIZERS),
    "learning_rate": number(1e-6, 100),
    "schedule": one_of(*(name for name in SCHEDULES if name not in ENDLESS)),
    "l1": number(0, 1000),
    "l2": number(0, 1000),
    "batch_size": count(1, 2000),
    "init": one_of(*INITIALIZERS),
    "seed": count(0, 2**31 - 1),
    "mode": one_of("network", "perceptron"),
    "pace": number(0, 10_000),
    "stop_at": count_or_none(1, 1_000_000),
    "discretize": flag,
    "show_test": flag,
    "hide": many(text(40), 60),
    "lesson": text(60),
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
            raise _problem("settings", "an object of names and values", part)
        checked: dict[str, Any] = {}
        for name, value in part.items():
            if name not in CHECKS:
                raise _problem("a setting", f"one of {', '.join(CHECKS)}", name)
            checked[name] = (self._layers() if name == "hidden" else CHECKS[name])(value, name)
        found = replace(self, **checked)
        depth = len(found.hidden)
        kinds = (*found.activations, *(found.activations[-1:] or ("tanh",)) * depth)[:depth]
        return replace(found, activations=kinds, dropout=(*found.dropout, *(0.0,) * depth)[:depth])

    def _layers(self) -> Check[tuple[int, ...]]:
        """Return the check for layers: a network given by a program may be wider than the page allows."""
        return many(count(1, max(MOST_NODES, *self.hidden, 0)), MOST_LAYERS)

    def changes(self, other: "Settings") -> frozenset[str]:
        """Return the names of the settings that differ."""
        names = (field.name for field in fields(self))
        return frozenset(name for name in names if getattr(self, name) != getattr(other, name))

    def as_json(self) -> Message:
        """Return the settings as plain data, all of them."""
        return asdict(self)
