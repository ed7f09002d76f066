"""Activations and their derivatives as curves (lecture slides 34-36)."""

from collections.abc import Iterator, Sequence

import numpy as np

from koubai.core.activations.base import Activation
from koubai.core.activations.softmax import Softmax
from koubai.core.arrays import Array
from koubai.explain.derivations import Block, Curves, say

REACH = 5.0
"""The curves span at least -REACH to REACH, and this much around where outputs of softmax overtake each other."""
POINTS = 61
MOST_OUTPUTS = 4
"""Outputs of softmax that are drawn: with their derivative, as many lines as can be told apart."""


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def of_activation(phi: Activation, at: float) -> Iterator[Block]:
    """Yield φ and φ′ over u as a picture, and a dot at ``at``; nothing where numbers run out of float64."""
    u = np.linspace(min(-REACH, at - 1), max(REACH, at + 1), POINTS)[:, np.newaxis]
    z = phi.value(u)
    height = phi.value(np.array([[at]]))
    if np.isfinite(z).all():
        yield say("explain.text.curves")
        yield _curves("u", u, [("φ", z), ("φ′", phi.derivative(u, z))], (at, float(height[0, 0])))


def of_softmax(u: Sequence[float]) -> Iterator[Block]:
    """Yield the outputs of softmax as its first u changes and the others stay, with ∂z_1/∂u_1."""
    if not 2 <= len(u) <= MOST_OUTPUTS:
        return
    first, others = float(u[0]), np.asarray(u[1:], dtype=np.float64)
    overtakes = float(others.max() + np.log(np.exp(others - others.max()).sum()))  # there z_1 is 1/2
    line = np.linspace(min(first, overtakes) - REACH, max(first, overtakes) + REACH, POINTS)
    rows = np.column_stack([line, np.tile(others, (POINTS, 1))])
    z = Softmax().value(rows)
    named = [(f"z{'₁₂₃₄'[k]}", z[:, k]) for k in range(len(u))]
    here = Softmax().value(np.array([u], dtype=np.float64))
    yield say("explain.text.curves_softmax")
    yield _curves("u₁", line, [*named, ("∂z₁/∂u₁", z[:, 0] * (1 - z[:, 0]))], (first, float(here[0, 0])))


def _curves(variable: str, u: Array, lines: Sequence[tuple[str, Array]], dot: tuple[float, float]) -> Curves:
    drawn = tuple((name, tuple(np.ravel(values).tolist())) for name, values in lines)
    return Curves(variable, tuple(np.ravel(u).tolist()), drawn, dots=(dot,))
