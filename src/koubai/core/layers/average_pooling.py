"""Average pooling: of each window the mean goes on."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import BigSum, Formula, Number, Symbol
from koubai.core.layers.base import Term, Views
from koubai.core.layers.pooling import Pooling


@dataclass(frozen=True, slots=True)
class AveragePooling(Pooling):
    """u_yxc = mean of z over the window at y, x of channel c (LeCun and others 1998, section II B, without weights).

    The mean is over the cells of the map; padding does not count. The parameters are those of
    `koubai.core.layers.pooling.Pooling`.

    Examples
    --------
    >>> layer = AveragePooling((2, 4, 1))
    >>> layer.forward((), np.array([[1.0, 5, 2, 2, 3, 4, 7, 0]]))
    array([[3.25, 2.75]])
    """

    name: ClassVar[str] = "average_pooling"
    code: ClassVar[int] = 7

    def _shares(self, dtype: np.dtype[Any]) -> Array:
        """Return 1 / m for the m cells of each window, (height, width, 1)."""
        counts = [np.zeros(0), np.zeros(0)]
        for axis, n_windows in enumerate(self.windows.output_size):
            first = np.arange(n_windows) * self.windows.strides[axis] - self.windows.before[axis]
            last = np.minimum(first + self.windows.size[axis], self.input_shape[axis])
            counts[axis] = last - np.maximum(first, 0)
        shares: Array = (1 / np.outer(*counts))[:, :, np.newaxis].astype(dtype)
        return shares

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u_yxc = Σ_ab z / m."""
        out = np.empty((len(z), self.n_out), z.dtype)
        shares = self._shares(z.dtype)
        for rows in self.windows.chunks(len(z), z.itemsize):
            out[rows] = (self.windows.patches(z[rows]).sum(axis=(3, 4)) * shares).reshape(-1, self.n_out)
        return out

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z_j = Σ δ_i / m over the windows i that hold z_j."""
        out = np.empty_like(z)
        for rows in self.windows.chunks(len(z), z.itemsize):
            by_window = delta[rows].reshape(-1, *self.output_shape) * self._shares(z.dtype)
            shape = (*by_window.shape[:3], *self.windows.size, by_window.shape[3])
            out[rows] = self.windows.fold(np.broadcast_to(by_window[:, :, :, np.newaxis, np.newaxis], shape))
        return out

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return nothing: there are no parameters."""
        return ()

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{u}, the mean of R{z}."""
        return self.forward(blocks, r_z)

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return Σ R{δ_i} / m."""
        return self.to_sources(blocks, z, r_delta)

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return nothing."""
        return ()

    def _share_of(self, node: int) -> Formula:
        """Return 1 / m of a node."""
        return Number(Fraction(1, sum(1 for _ in self.sources_of(node))))

    def terms(self, node: int) -> Iterable[Term]:
        """Return z_j / m of every source in the window."""
        share = self._share_of(node)
        return [Term(node, source, None, share) for source in self.sources_of(node)]

    def terms_from(self, source: int) -> Iterable[Term]:
        """Return z_j / m in every window that holds it."""
        return [Term(node, source, None, self._share_of(node)) for node in self.nodes_of(source)]

    def law(self) -> Formula:
        """Return (1 / m) Σ_ab z over the places a, b of the window that are on the map, m in all."""
        z = Symbol("z", (*self.windows.names_of_cell(), "c"), "l-1")
        return BigSum("a,b", z) / Symbol("m")

    def law_back(self) -> Formula:
        """Return Σ δ_ijc / m over the windows i, j that hold the source."""
        return BigSum("i,j", Symbol("δ", ("i", "j", "c"), "l+1") / Symbol("m"))
