"""The same settings from many seeds: their mean, their spread, and how many ended badly."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.play.experiment import Experiment, Moment
from koubai.play.frames import Message
from koubai.play.maps import compute_maps, grid_inputs

GRID = 40
SLICE = 0.02
"""Seconds that a start trains before yielding to others."""
POOR_SHARE = 0.25
"""A start is poor if its loss exceeds the best by more than this share of the gap to the worst initial loss."""


@dataclass(slots=True)
class Start:
    """One seed's run, in slices; it follows the same path as in `koubai.train_population`.

    Examples
    --------
    >>> from koubai.play.data import load
    >>> from koubai.play.settings import Settings
    >>> settings = Settings(dataset="xor")
    >>> start = Start.of(Experiment.build(settings, load(settings, {})), seed=7)
    >>> while not start.go_on(epochs=50):
    ...     pass
    >>> start.moment.state.epoch, start.loss < start.loss_before
    (50, True)
    """

    experiment: Experiment
    moment: Moment
    loss_before: float
    loss: float = np.inf
    output: Array | None = None

    @classmethod
    def of(cls, experiment: Experiment, seed: int) -> "Start":
        """Return the start from a seed, which also decides the order of the rows.

        Raises
        ------
        ParameterError
            For the perceptron, which starts at zero whatever the seed.
        """
        if experiment.is_perceptron:
            raise ParameterError(
                "playground: many starts need a network; the perceptron always starts at 0. Choose network."
            )
        own = experiment.same_but(replace(experiment.settings, seed=seed))
        moment = own.begin()
        return cls(own, moment, own.losses(moment.state.theta)[0])

    def go_on(self, epochs: int) -> bool:
        """Train for one slice; return whether it has finished, with its loss and map computed."""
        left = epochs - self.moment.state.epoch
        done = self.experiment.advance_for(self.moment, SLICE, left)
        theta = self.moment.state.theta
        if self.moment.state.epoch < epochs and done and np.isfinite(theta).all():
            return False
        loss = self.experiment.losses(theta)[0]
        self.loss = loss if np.isfinite(theta).all() and np.isfinite(loss) else np.inf
        places = grid_inputs(self.experiment, GRID)
        self.output = compute_maps(self.experiment, theta, places, GRID, with_nodes=False).output
        return True


def summary(starts: Sequence[Start], epochs: int) -> Message:
    """Return a summary of the finished starts.

    Returns
    -------
    dict
        ``mean`` and ``spread`` (standard deviation) over the plane, row by row upwards (for several classes, of the
        highest class probability), ``losses`` from best to worst, ``n_poor``, and the ``threshold`` above which a loss
        counts as poor. A start that diverged counts as poor and is left out of the maps.
    """
    losses = np.array([start.loss for start in starts])
    alive = np.isfinite(losses)
    shown = np.stack([start.output for start in starts if start.output is not None]).astype(float)
    if shown.ndim == 4:
        shown = shown.max(axis=3)
    best = losses.min()
    before = float(np.median([start.loss_before for start in starts]))
    threshold = best + POOR_SHARE * max(0.0, before - best) if alive.any() else 0.0
    nothing = [0.0] * GRID**2
    return {
        "type": "starts",
        "count": len(starts),
        "epochs": epochs,
        "grid": GRID,
        "range": starts[0].experiment.data.extent,
        "mean": shown[alive].mean(axis=0).ravel().tolist() if alive.any() else nothing,
        "spread": shown[alive].std(axis=0).ravel().tolist() if alive.any() else nothing,
        "losses": sorted(losses.tolist()),
        "n_poor": int((losses > threshold).sum()),
        "threshold": threshold,
    }
