"""Softmax: maps the numbers of a row to probabilities that add up to 1."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Kernel, Parameters
from koubai.core.arrays import Array
from koubai.core.scalars import exp, like, quotient


def activate(u: Array, z: Array, n: int, m: int, parameters: Parameters) -> None:
    """Set z_k = exp(u_k - max u) / Σ_j exp(u_j - max u) in each row."""
    for r in range(n):
        row, out = u[r * m : (r + 1) * m], z[r * m : (r + 1) * m]
        top = row[0]
        for k in range(m):
            top = max(top, row[k])
        for k in range(m):
            out[k] = row[k] - top
    for i in range(n * m):  # over all rows at once, since a few outputs would leave most of a vector unused
        z[i] = exp(z[i])
    for r in range(n):
        out = z[r * m : (r + 1) * m]
        total = like(0.0, out[0])
        for k in range(m):
            total += out[k]
        share = quotient(like(1.0, total), total)
        for k in range(m):
            out[k] *= share


def pull_back(u: Array, z: Array, g: Array, n: int, m: int, parameters: Parameters) -> None:
    """Set g_k to z_k (g_k - Σ_j g_j z_j) in each row."""
    for r in range(n):
        z_row, g_row = z[r * m : (r + 1) * m], g[r * m : (r + 1) * m]
        mean = like(0.0, g_row[0])
        for k in range(m):
            mean += g_row[k] * z_row[k]
        for k in range(m):
            g_row[k] = z_row[k] * (g_row[k] - mean)


@dataclass(frozen=True, slots=True)
class Softmax(Activation):
    """φ(u)_k = exp(u_k) / Σ_j exp(u_j) over the nodes of a row (slide 35)."""

    name: ClassVar[str] = "softmax"
    code: ClassVar[int] = 11
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back, of_rows=True)

    def value(self, u: Array) -> Array:
        """Return exp(u_k - max u) / Σ_j exp(u_j - max u): the same number, without overflow."""
        e = np.exp(u - u.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return the diagonal ∂z_k/∂u_k = z_k (1 - z_k) alone; ``pull_back`` has the whole Jacobian."""
        return z * (1 - z)

    def pull_back(self, u: Array, z: Array, g: Array) -> Array:
        """Return z_k (g_k - Σ_j g_j z_j), from ∂z_j/∂u_k = z_j ([j = k] - z_k)."""
        return np.asarray(z * (g - (g * z).sum(axis=1, keepdims=True)))

    def tangent(self, u: Array, z: Array, r_u: Array) -> Array:
        """Return R{z}_k = z_k (R{u}_k - Σ_j z_j R{u}_j)."""
        return np.asarray(z * (r_u - (z * r_u).sum(axis=1, keepdims=True)))

    def pull_back_tangent(self, u: Array, z: Array, g: Array, r_u: Array, r_z: Array, r_g: Array) -> Array:
        """Return R{δ} for δ = z (g - Σ g z)."""
        mean, r_mean = (g * z).sum(axis=1, keepdims=True), (r_g * z + g * r_z).sum(axis=1, keepdims=True)
        return np.asarray(r_z * (g - mean) + z * (r_g - r_mean))
