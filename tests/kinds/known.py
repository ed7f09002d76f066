"""What tests know of each activation, loss and layer from elsewhere than the package: one file a kind, of its name.

The file ``tests/kinds/activations/NAME.py`` has a `KnownActivation` named ``KNOWN``; losses and layers likewise. Every
test that goes through a registry takes its numbers from there; a kind without its file fails, and is told which.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Generic, TypeVar

import numpy as np

from koubai.core.activations import ACTIVATIONS
from koubai.core.layers import LAYERS
from koubai.core.layers.base import Layer
from koubai.core.losses import LOSSES
from koubai.core.registry import Registry

ONE, HALF = Decimal(1), Decimal("0.5")
Numbers = list[Decimal]


def each(function: Callable[[Decimal], Decimal]) -> Callable[[Numbers], Numbers]:
    """Return φ of all nodes from that of one."""
    return lambda u: [function(v) for v in u]


@dataclass(frozen=True)
class KnownActivation:
    """An activation from its definition.

    Parameters
    ----------
    jax : callable
        φ(u) for automatic differentiation; its parameters as keywords.
    values : sequence of (u, z, slope)
        Known values of φ and φ'.
    far, far_slopes : (float, float)
        φ and φ' at -1e4 and 1e4; of softmax, for the row (-1e4, 1e4).
    exact : callable, optional
        φ of a row in decimal numbers of any precision; without it, losses far from zero are not compared behind it.
    complement : callable, optional
        1 - φ(u) likewise, with all its digits, where subtraction would lose them.
    kinked, dead : bool
        Whether φ' jumps at 0; whether φ is exactly 0 below 0, where a loss with a logarithm has its own convention.
    largest : float
        The largest argument whose φ is a float64.
    """

    jax: Callable[..., Any]
    far: tuple[float, float]
    far_slopes: tuple[float, float]
    values: Sequence[tuple[float, float, float]] = ()
    exact: Callable[[Numbers], Numbers] | None = None
    complement: Callable[[Numbers], Numbers] | None = None
    kinked: bool = False
    dead: bool = False
    largest: float = np.inf


@dataclass(frozen=True)
class KnownLoss:
    """A loss from its definition.

    Parameters
    ----------
    jax : callable
        E of each row from outputs and targets (n, n_outputs), for automatic differentiation; parameters as keywords.
    values : sequence of (z, y, E)
        Known values for one row.
    unit : str
        The unit that reports name.
    exact : callable
        One output's contribution in decimal numbers, from z, 1 - z and y.
    targets : callable
        Random targets that the loss is made for: ``targets(n_rows, n_outputs, rng, soft)``; if not ``soft``, such as
        people write down.
    points : sequence of 3-tuples
        Targets at which the loss is compared far from zero: all sorts that there are.
    kinks : callable, optional
        By z and y, numbers that are 0 where the derivative jumps.
    where_outputs_vanish : callable, optional
        ``jax`` with the convention that log 0 counts as 0, if it has a logarithm.
    stepwise : bool
        Whether its derivative takes only a few values, so that NaN does not reach it.
    """

    jax: Callable[..., Any]
    values: Sequence[tuple[list[float], list[float], float]]
    unit: str
    exact: Callable[[Decimal, Decimal, Decimal], Decimal]
    targets: Callable[[int, int, np.random.Generator, bool], Any]
    points: Sequence[tuple[float, float, float]] = ((0.5, -2.0, 1.0),)
    kinks: Callable[[Any, Any], Any] | None = None
    where_outputs_vanish: Callable[..., Any] | None = None
    stepwise: bool = False


@dataclass(frozen=True)
class KnownLayer:
    """A kind of layer from its definition.

    Parameters
    ----------
    jax : callable
        u from the layer, its blocks and z (n, n_in), for automatic differentiation.
    make : callable
        A layer with this many inputs, and whatever else random numbers decide.
    kinked : bool
        Whether its derivative jumps, so that differences may not follow it.
    """

    jax: Callable[[Any, Sequence[Any], Any], Any]
    make: Callable[[int, np.random.Generator], Layer]
    kinked: bool = False


Known = TypeVar("Known")


class AllKnown(Mapping[str, Known], Generic[Known]):
    """What is known of each kind of a registry, by its name."""

    def __init__(self, folder: str, registry: Registry[Any]) -> None:
        self.folder, self.registry = folder, registry

    def __getitem__(self, name: str) -> Known:
        module = f"tests.kinds.{self.folder}.{name}"
        assert find_spec(module) is not None, f"{name} needs a file {module.replace('.', '/')}.py that defines KNOWN"
        return import_module(module).KNOWN

    def __iter__(self) -> Iterator[str]:
        return (name for name, kind in self.registry.items() if self.registry.is_own(kind))

    def __len__(self) -> int:
        return len(list(iter(self)))


KNOWN_ACTIVATIONS: AllKnown[KnownActivation] = AllKnown("activations", ACTIVATIONS)
KNOWN_LOSSES: AllKnown[KnownLoss] = AllKnown("losses", LOSSES)
KNOWN_LAYERS: AllKnown[KnownLayer] = AllKnown("layers", LAYERS)


def real_targets(n_rows: int, n_outputs: int, rng: np.random.Generator, soft: bool) -> Any:
    """Numbers on both sides of 0."""
    return 2 * rng.normal(size=(n_rows, n_outputs)) if soft else rng.normal(size=(n_rows, n_outputs)).round(2)


def signed_targets(n_rows: int, n_outputs: int, rng: np.random.Generator, soft: bool) -> Any:
    """-1 and 1."""
    return rng.choice([-1.0, 1.0], (n_rows, n_outputs))


def decimal_xlogy(y: Decimal, z: Decimal) -> Decimal:
    """y log z, and 0 for y = 0."""
    return y * z.ln() if y else 0 * y


def vanishing_xlogy(y: Any, z: Any) -> Any:
    """y log z for JAX, counted as 0 where z has vanished or y is 0."""
    import jax.numpy as jnp

    safe = jnp.where(z > 1e-300, z, 1.0)
    return jnp.where((y == 0) | (z <= 1e-300), 0.0, y * jnp.log(safe))


def random_map(n_in: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """A shape (height, width, channels) of so many numbers."""
    divisors = [n for n in range(1, n_in + 1) if n_in % n == 0]
    height = int(rng.choice(divisors))
    width = int(rng.choice([n for n in divisors if n_in // height % n == 0]))
    return height, width, n_in // height // width


def random_windows(shape: tuple[int, int, int], rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Size, strides and padding of windows that fit on a map of this shape."""
    size = tuple(int(rng.integers(1, n + 1)) for n in shape[:2])
    strides = tuple(int(rng.integers(1, 4)) for _ in range(2))
    by_number = tuple(int(rng.integers(0, n)) for n in size)
    return size, strides, ("valid", "same", by_number)[int(rng.integers(3))]


def reduced(layer: Any, z: Any, take: Any, start: float) -> Any:
    """The windows of a pooling layer reduced by JAX, (n, n_out)."""
    import jax

    around = [(0, 0), *zip(layer.windows.before, layer.windows.after, strict=True), (0, 0)]
    maps = z.reshape(-1, *layer.input_shape)
    size, strides = (1, *layer.windows.size, 1), (1, *layer.windows.strides, 1)
    padding = "SAME" if layer.padding == "same" else around
    return jax.lax.reduce_window(maps, start, take, size, strides, padding).reshape(len(z), -1)
