"""What both kinds of pooling share: windows over each channel of a map by itself, and no parameters."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from koubai.core.initializers import RandomSource
from koubai.core.layers.base import Block, Layer, Term, Views, unraveled
from koubai.core.layers.dense import check_dropout
from koubai.core.layers.windows import (
    SHAPE,
    SIZES,
    VALID,
    Padding,
    PaddingKind,
    Pair,
    Windows,
    settle_windows,
    windows_of,
)
from koubai.core.schema import Fields, Real


@dataclass(frozen=True, slots=True)
class Pooling(Layer):
    """Base class: u_yxc from the cells of one channel in a window; cells outside the map do not count.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width and channels of the map; a row is flat in C order.
    pool_size : int or (int, int)
        Height and width of the windows.
    strides : int or (int, int), optional
        Cells from one window to the next; by default ``pool_size``, so that windows lie side by side.
    padding : str, int or (int, int)
        Cells added around the map, which do not count: see `koubai.core.layers.Convolution`.
    dropout : float
        Probability in [0, 1) that an output is set to 0 in training.
    """

    short_name: ClassVar[str] = "pool"
    index_names: ClassVar[tuple[str, ...]] = ("y", "x", "c")
    description: ClassVar[Fields] = Fields(
        {
            "input_shape": SHAPE,
            "pool_size": SIZES,
            "strides": SIZES,
            "padding": PaddingKind(),
            "dropout": Real(0, 1),
        }
    )

    input_shape: tuple[int, int, int] = field()
    pool_size: int | Pair = 2
    strides: int | Pair | None = None
    padding: Padding | int = VALID
    dropout: float = 0.0

    def __post_init__(self) -> None:
        settle_windows(self, "pool_size")
        if self.strides is None:
            object.__setattr__(self, "strides", self.pool_size)
        check_dropout(self)

    @property
    def windows(self) -> Windows:
        """The windows that the nodes read."""
        strides: Any = self.strides
        return windows_of(self, "pool_size", strides)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(height, width, channels)."""
        return (*self.windows.output_size, self.input_shape[2])

    @property
    def blocks(self) -> tuple[Block, ...]:
        """None."""
        return ()

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        """Return nothing."""
        return ()

    def sources_of(self, node: int) -> Iterator[int]:
        """Yield the sources of node i, in the order of its window."""
        y, x, c = self.place_of(node)
        for _, _, row, column in self.windows.cells(y, x):
            yield self.source_at(row, column, c)

    def nodes_of(self, source: int) -> Iterator[int]:
        """Yield the nodes whose windows hold source j."""
        row, column, c = unraveled(source - 1, self.input_shape)
        for y, x, _, _ in self.windows.over(row, column):
            yield self.node_at(y, x, c)

    def terms(self, node: int) -> Iterable[Term]:
        """Return z_j of every source in the window."""
        return [Term(node, source, None) for source in self.sources_of(node)]

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return z_j in every window that holds it."""
        return [Term(node, source, None) for node in self.nodes_of(source)]

    def spec(self) -> dict[str, Any]:
        """Return the layer as plain data for a model file."""
        windows, padding = self.windows, self.padding
        return {
            "kind": self.name,
            "input_shape": list(self.input_shape),
            "pool_size": list(windows.size),
            "strides": list(windows.strides),
            "padding": list(padding) if isinstance(padding, tuple) else padding,
            "dropout": float(self.dropout),
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the layer described by `spec`; other contents are ignored."""
        return cls(*(spec[name] for name in ("input_shape", "pool_size", "strides", "padding", "dropout")))
