"""Penalties on large weights, added to the mean loss: their value and gradient."""

from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.network import Network


@dataclass(frozen=True, slots=True)
class Penalty:
    """P(θ) = l1 · Σ|w| + ½ l2 · Σ w² over the weights, excluding biases.

    Parameters
    ----------
    l1, l2 : float
        Strengths, >= 0, in units of the loss.
    per_row : bool
        Whether P is divided by the summed weight of the rows in the batch, like scikit-learn's ``alpha``.
    """

    l1: float = 0.0
    l2: float = 0.0
    per_row: bool = False

    def __post_init__(self) -> None:
        check_real(self, "l1", "l2", at_least=0)

    def scaled(self, batch_weight: float) -> tuple[float, float]:
        """Return the effective (l1, l2) for a batch with total row weight ``batch_weight``."""
        share = 1.0 / batch_weight if self.per_row else 1.0
        return self.l1 * share, self.l2 * share

    def value(self, network: Network, theta: Array, batch_weight: float) -> float:
        """Return P(θ), in units of the loss."""
        l1, l2 = self.scaled(batch_weight)
        total = 0.0
        for layer, blocks in network.parts(theta):
            for block, values in zip(layer.blocks, blocks, strict=True):
                if block.penalized:
                    total += l1 * float(np.abs(values).sum()) + 0.5 * l2 * float((values * values).sum())
        return total

    def gradient(self, network: Network, theta: Array, batch_weight: float) -> Array:
        """Return ∂P/∂θ = l1 · sign(w) + l2 · w for weights, 0 for biases, (n_parameters,); sign(0) = 0."""
        l1, l2 = self.scaled(batch_weight)
        return np.where(network.is_weight, l1 * np.sign(theta) + l2 * theta, 0).astype(theta.dtype, copy=False)
