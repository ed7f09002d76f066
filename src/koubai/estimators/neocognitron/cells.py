"""The cells of a Neocognitron: contrast, S-cells with their V-cells, and C-cells (Fukushima 1980 and 2003).

Maps are (n, height, width, planes) in single precision, and a window (size, size) stands around each cell, zeros lying
outside the map. κ counts the planes below, k those of the layer, and v runs over the window around the cell at n.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from koubai.core.arrays import Array
from koubai.core.layers.windows import Windows

LEAST = 1e-6
"""Input, as a V-cell measures it, below which a cell sees nothing."""


def windows(shape: tuple[int, ...], size: int, stride: int = 1) -> Windows:
    """Return windows around every cell of maps (height, width, planes), or around every ``stride``-th one."""
    before, after = (size - 1) // 2, size - 1 - (size - 1) // 2
    height, width, planes = shape
    return Windows((height, width, planes), (size, size), (stride, stride), (before, before), (after, after))


def bell_line(size: int, width: float) -> Array:
    """Return the factor (size,) of which a `bell` is the product, along rows and along columns."""
    at = np.arange(size) - (size - 1) / 2
    line = np.exp(-(at**2) / (2 * width**2))
    found: Array = (line / line.sum()).astype(np.float32)
    return found


def bell(size: int, width: float) -> Array:
    """Return connections (size, size) that decrease with the distance from the centre and sum to 1."""
    line = bell_line(size, width)
    found: Array = np.outer(line, line)
    return found


def blurred(
    maps: Array, size: int, width: float, stride: int = 1, beyond: Literal["constant", "edge"] = "constant"
) -> Array:
    """Return Σ_v d(v) u(k, n + v) of every plane, d being a `bell`: along columns, then along rows.

    Beyond the map lie zeros, or with ``"edge"`` its outermost cells again.
    """
    line = bell_line(size, width)
    before, after = (size - 1) // 2, size - 1 - (size - 1) // 2
    for axis in (1, 2):
        around = [(before, after) if each == axis else (0, 0) for each in range(4)]
        padded, n = np.pad(maps, around, mode=beyond), -(-maps.shape[axis] // stride)
        parts = [np.take(padded, np.arange(n) * stride + v, axis=axis) * line[v] for v in range(size)]
        maps = sum(parts[1:], parts[0])
    return maps


def contrast(images: Array) -> Array:
    """Return what on-centre and off-centre cells say of images (n, height, width, channels).

    The contrast-extracting layer of the Neocognitron of 2003: u_G = φ[± Σ_v a(v) u_0(n + v)], whose connections a are
    those of a centre less those of its surround and sum to 0, so that a uniform area says nothing.
    """
    shown = images - blurred(images, 7, 2.0, beyond="edge")
    return np.concatenate([np.maximum(shown, 0), np.maximum(-shown, 0)], axis=-1)


@dataclass(frozen=True, slots=True)
class SLayer:
    """S-cells: each answers where the maps below look like what its plane has learned.

    u_S(n, k) = θ / (1 - θ) · φ[(1 + Σ_κ Σ_v a(v, κ, k) u_C(n + v, κ)) / (1 + θ b(k) v_C(n)) - 1], φ[x] = max(x, 0),
    with the V-cell's v_C(n) = √(Σ_κ Σ_v c(v) u_C(n + v, κ)²), whose inhibition divides (it shunts) rather than
    subtracts, and b(k) = √(Σ_κ Σ_v a(v, κ, k)² / c(v)). With a large a the fraction is s / θ, where s is the cosine
    between the input and what was learned, so that a cell answers where s > θ, and with 1 where s = 1. This is the
    S-cell of 1980, r φ[(1 + Σ a u_C) / (1 + 2 r / (1 + r) · b' v_C) - 1], with r = θ / (1 - θ) and b = 2 b', as 2003
    writes it; that b is computed from a, rather than added up from Δb' = q v_C / 2, is of 2003.

    Parameters
    ----------
    weights : ndarray of shape (size · size · planes below, planes)
        a, excitatory, from learning.
    size : int
        Side of the window.
    threshold : float
        θ.
    """

    weights: Array
    size: int
    threshold: float

    def inhibition(self) -> Array:
        """Return b of each plane."""
        fixed = fixed_connections(self.size, len(self.weights))
        found: Array = np.sqrt((self.weights**2 / fixed[:, np.newaxis]).sum(axis=0))
        return found

    def answers(self, seen: Array, v: Array) -> Array:
        """Return u_S of windows (n, size · size · planes below) whose V-cells say v (n,)."""
        threshold = np.float32(self.threshold)
        found = seen @ self.weights
        found += 1
        found /= 1 + threshold * v[:, np.newaxis] * self.inhibition()
        found -= 1
        np.maximum(found, 0, out=found)
        found *= threshold / (1 - threshold)
        return found

    def maps(self, below: Array) -> Array:
        """Return u_S of maps (n, height, width, planes below)."""
        n, height, width, _ = below.shape
        around = windows(below.shape[1:], self.size)
        out = np.empty((n, height, width, self.weights.shape[1]), np.float32)
        flat = below.reshape(n, -1)
        for rows in around.chunks(n, flat.itemsize):
            seen, v = looked(flat[rows], around)
            out[rows] = self.answers(seen, v).reshape(-1, height, width, out.shape[3])
        return out


def fixed_connections(size: int, n: int) -> Array:
    """Return c(v), fixed and summing to 1 over the window and the planes below, for each of a window's n numbers."""
    planes = n // (size * size)
    return np.repeat(bell(size, size / 2).ravel() / np.float32(planes), planes)


def looked(flat: Array, around: Windows) -> tuple[Array, Array]:
    """Return what the windows over flat maps (n, ·) hold, a row each, and what their V-cells say."""
    size = around.size[0]
    seen = around.patches(flat).reshape(-1, size * size * around.input_shape[2])
    return seen, np.sqrt(seen**2 @ fixed_connections(size, seen.shape[1]))


@dataclass(frozen=True, slots=True)
class CLayer:
    """C-cells: each answers if some S-cell of its plane does nearby, wherever that is, so that maps become blurred.

    u_C(n, k) = ψ[Σ_v d(v) u_S(n + v, k)], with ψ[x] = φ[x] / (α + φ[x]) and connections d that are fixed and decrease
    with distance; there is a cell at every ``stride``-th place only. ψ is that of 1980, equation (5), where C-cells
    inhibit each other besides.

    Parameters
    ----------
    size, stride : int
        Side of the window, and the distance between cells.
    saturation : float
        α: the input that makes half of the largest answer.
    """

    size: int
    stride: int
    saturation: float

    def maps(self, below: Array) -> Array:
        """Return u_C of maps (n, height, width, planes)."""
        found = blurred(below, self.size, self.size / 3, self.stride)
        return found / (np.float32(self.saturation) + found)
