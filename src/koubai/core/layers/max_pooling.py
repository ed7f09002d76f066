"""Max pooling: of each window only the largest number goes on, and only its cell learns."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import BigSum, Formula, Function, Symbol
from koubai.core.layers.base import Views
from koubai.core.layers.pooling import Pooling


@dataclass(frozen=True, slots=True)
class MaxPooling(Pooling):
    """u_yxc = max of z over the window at y, x of channel c (Riesenhuber and Poggio 1999; LeCun's averages before).

    Of equal numbers the first in the window wins. The parameters are those of `koubai.core.layers.pooling.Pooling`.

    Examples
    --------
    >>> layer = MaxPooling((2, 4, 1))
    >>> layer.forward((), np.array([[1.0, 5, 2, 2, 3, 4, 7, 0]]))
    array([[5., 7.]])
    >>> layer.to_sources((), np.array([[1.0, 5, 2, 2, 3, 4, 7, 0]]), np.array([[0.5, -2.0]]))
    array([[ 0. ,  0.5,  0. ,  0. ,  0. ,  0. , -2. ,  0. ]])
    """

    name: ClassVar[str] = "max_pooling"
    code: ClassVar[int] = 6
    is_linear: ClassVar[bool] = False
    takes_largest: ClassVar[bool] = True

    def _cells(self, z: Array) -> Array:
        """Return what the windows hold, (n, height, width, cells of a window, channels); -∞ outside the map."""
        patches = self.windows.patches(z, -np.inf)
        return patches.reshape(*patches.shape[:3], -1, self.input_shape[2])

    def _winners(self, z: Array) -> Array:
        """Return which cell of each window is the largest, (n, height, width, 1, channels); NaN is larger than all."""
        return np.argmax(self._cells(z), axis=3, keepdims=True)

    def _at(self, winners: Array, z: Array) -> Array:
        """Return z of the winning cells, (n, n_out)."""
        return np.take_along_axis(self._cells(z), winners, axis=3).reshape(len(z), -1)

    def forward(self, blocks: Views, z: Array) -> Array:
        """Return u_yxc = max_ab z."""
        out = np.empty((len(z), self.n_out), z.dtype)
        for rows in self.windows.chunks(len(z), z.itemsize):
            out[rows] = self._cells(z[rows]).max(axis=3).reshape(-1, self.n_out)
        return out

    def to_sources(self, blocks: Views, z: Array, delta: Array) -> Array:
        """Return ∂E/∂z_j = Σ δ_i over the windows i that z_j has won."""
        out = np.empty_like(z)
        places = np.arange(self.windows.size[0] * self.windows.size[1])[:, np.newaxis]
        for rows in self.windows.chunks(len(z), z.itemsize):
            winners = self._winners(z[rows])
            by_cell = np.where(places == winners, delta[rows].reshape(winners.shape), z.dtype.type(0))
            out[rows] = self.windows.fold(by_cell.reshape(*winners.shape[:3], *self.windows.size, -1))
        return out

    def gradient(self, blocks: Views, z: Array, delta: Array) -> Views:
        """Return nothing: there are no parameters."""
        return ()

    def tangent(self, blocks: Views, r_blocks: Views, z: Array, r_z: Array) -> Array:
        """Return R{u}: R{z} of the winning cells."""
        return self._at(self._winners(z), r_z)

    def to_sources_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Array:
        """Return Σ R{δ} over the windows that z_j has won; who wins does not change with a small step."""
        return self.to_sources(blocks, z, r_delta)

    def gradient_tangent(
        self, blocks: Views, r_blocks: Views, z: Array, r_z: Array, delta: Array, r_delta: Array
    ) -> Views:
        """Return nothing."""
        return ()

    def law(self) -> Formula:
        """Return max of z over the places a, b of the window."""
        return Function("max", (Symbol("z", (*self.windows.names_of_cell(), "c"), "l-1"),))

    def law_back(self) -> Formula:
        """Return Σ δ_ijc over the windows i, j that the source has won."""
        return BigSum("i,j", Symbol("δ", ("i", "j", "c"), "l+1"))
