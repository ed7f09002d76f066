"""The loss around a network: on a plane θ + a d₁ + b d₂, and on a line θ_a + t (θ_b - θ_a).

Random directions are filter-normalised (Li, Xu, Taylor, Studer and Goldstein 2018, section 4): each node's incoming
weights in a direction are scaled to their norm in θ, so that networks with different scales can be compared.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from koubai.core.arguments import REAL, SEED, WHOLE, floats, takes
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ShapeError
from koubai.core.language import worded
from koubai.core.layers.base import BIASES
from koubai.descent.display import Displayed
from koubai.descent.paths.compare import Surface
from koubai.descent.surfaces.subject import SUBJECT, Subject


@dataclass(frozen=True, eq=False)
class Landscape(Displayed):
    """The loss over a plane through θ.

    Attributes
    ----------
    surface : Surface
        The loss over a and b; θ itself is at (0, 0).
    directions : (2, n_parameters)
        d₁ and d₂.
    path : (n_points, 2) or None
        A training path, projected onto the plane.
    explained : tuple of float or None
        Share of the path's variance along each direction.
    loss : float
        The loss at θ.
    """

    surface: Surface
    directions: Array
    path: npt.NDArray[np.float64] | None = None
    explained: tuple[float, float] | None = None
    loss: float = float("nan")


@dataclass(frozen=True, eq=False)
class Line(Displayed):
    """The loss on the straight line between two networks of one shape.

    Attributes
    ----------
    positions : (n,)
        t: 0 is the first network, 1 the second.
    losses : (n,)
        The loss at each.
    ends : tuple of float
        The losses at the two ends.
    """

    positions: npt.NDArray[np.float64]
    losses: npt.NDArray[np.float64]
    ends: tuple[float, float]

    @property
    def barrier(self) -> float:
        """How far the loss between the ends rises above linear interpolation; 0 if it does not."""
        between = (self.positions >= 0) & (self.positions <= 1)
        straight = self.ends[0] + self.positions * (self.ends[1] - self.ends[0])
        return float(max(0.0, np.nanmax((self.losses - straight)[between])))


def random_direction(subject: Subject, rng: np.random.Generator) -> Array:
    """Return a filter-normalised Gaussian direction, (n_parameters,); it is 0 for biases."""
    network, theta = subject.network, subject.theta
    direction = np.zeros_like(theta)
    for block, start, stop in (span for spans in network.spans for span in spans):
        if block.group != BIASES:
            shape = (-1, block.shape[-1])  # a node's weights are a column
            weights, drawn = theta[start:stop].reshape(shape), direction[start:stop].reshape(shape)
            drawn[:] = rng.normal(size=drawn.shape)
            lengths = np.linalg.norm(drawn, axis=0)
            drawn *= np.linalg.norm(weights, axis=0) / np.where(lengths > 0, lengths, 1)
    return direction


@takes("landscape", subject=SUBJECT, span=REAL, resolution=WHOLE, seed=SEED)
def landscape(subject: Subject, *, span: float = 1.0, resolution: int = 51, seed: int = 0) -> Landscape:
    """Return the loss over the plane of two filter-normalised random directions.

    Parameters
    ----------
    subject : Subject
        Network, θ and rows.
    span : float
        a and b range from -span to span; a displacement of 1 is as long as the weights themselves.
    resolution : int
        Number of points along each axis; an odd number puts θ on the grid.
    seed : int
        Seed of the directions.

    Raises
    ------
    ParameterError
        If ``span`` or ``resolution`` is not allowed.
    """
    if not 0 < span < np.inf:
        raise ParameterError(worded("descend.error.span", got=repr(span)))
    rng = np.random.default_rng(seed)
    directions = np.stack([random_direction(subject, rng), random_direction(subject, rng)])
    axis = np.linspace(-span, span, _checked(resolution))
    return Landscape(_surface(subject, directions, axis, axis), directions, loss=subject.loss())


@takes("landscape_of_path", subject=SUBJECT, resolution=WHOLE)
def landscape_of_path(subject: Subject, thetas: npt.ArrayLike, *, resolution: int = 51) -> Landscape:
    """Return the loss over the plane in which a training path moved most, with the path projected onto it.

    The directions are the first two principal components of θ_t - θ_end (Li and others 2018, section 7).

    Parameters
    ----------
    subject : Subject
        Network and rows, with θ at the end of the path.
    thetas : (n_points, n_parameters)
        θ during training, at least 3 points.
    resolution : int
        Number of points along each axis.

    Raises
    ------
    ShapeError
        If ``thetas`` does not hold at least 3 points of this network.
    """
    points = floats("landscape_of_path", "thetas", thetas)
    n = subject.network.n_parameters
    if points.ndim != 2 or points.shape[1] != n or len(points) < 3:
        raise ShapeError(worded("descend.error.few_epochs", n=n, got=points.shape))
    moves = points - subject.theta
    _, singular, directions = np.linalg.svd(moves, full_matrices=False)
    directions = directions[:2]
    path = moves @ directions.T
    lows, highs = path.min(axis=0), path.max(axis=0)
    margins = 0.25 * np.maximum(highs - lows, 0.2 * float((highs - lows).max()) or 1e-3)
    x, y = (
        np.linspace(low - m, high + m, _checked(resolution)) for low, high, m in zip(lows, highs, margins, strict=True)
    )
    total = float((singular**2).sum()) or 1.0
    explained = (float(singular[0] ** 2 / total), float(singular[1] ** 2 / total))
    return Landscape(_surface(subject, directions, x, y), directions, path, explained, subject.loss())


@takes("line_between", subject=SUBJECT, resolution=WHOLE, beyond=REAL)
def line_between(subject: Subject, other: Array, *, resolution: int = 61, beyond: float = 0.25) -> Line:
    """Return the loss on the line from θ to another network's parameters (Goodfellow, Vinyals and Saxe 2015).

    Parameters
    ----------
    subject : Subject
        Network, θ and rows.
    other : (n_parameters,)
        The other end of the line.
    resolution : int
        Number of points on the line.
    beyond : float
        How far to extend the line beyond either end, in units of its length.

    Raises
    ------
    ShapeError
        If ``other`` is not as long as θ.
    """
    other = floats("line_between", "other", other)
    subject.network.check_theta(other)
    positions = np.linspace(-beyond, 1 + beyond, _checked(resolution))
    losses = [subject.loss((1 - t) * subject.theta + t * other) for t in positions.tolist()]
    return Line(positions, _holes(losses), (subject.loss(), subject.loss(other)))


def _surface(subject: Subject, directions: Array, x: Array, y: Array) -> Surface:
    """Return the loss at θ + a d₁ + b d₂ for every a of x and b of y; NaN where it is not finite."""
    losses = [[subject.loss(subject.theta + a * directions[0] + b * directions[1]) for a in x] for b in y]
    return Surface((x, y), _holes(losses))


def _holes(losses: object) -> npt.NDArray[np.float64]:
    values = np.array(losses, dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _checked(resolution: int) -> int:
    if not isinstance(resolution, int | np.integer) or not 2 <= resolution <= 301:
        raise ParameterError(f"landscape: resolution must be an integer from 2 to 301; got {resolution!r}. Try 51.")
    return int(resolution)
