"""The same settings from many seeds at once: what they have in common, where they differ, and how many fared badly."""

from collections.abc import Callable
from typing import Any

import numpy as np

from koubai.core.errors import ParameterError
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Population
from koubai.play.experiment import Experiment
from koubai.play.maps import compute_maps, grid_inputs

GRID = 40
AT_ONCE = 8
POOR_SHARE = 0.25
"""A start is poor if its loss lies above the best one by more than this share of the way to the worst at the outset."""


def many_starts(experiment: Experiment, count: int, epochs: int, stopped: Callable[[], bool]) -> dict[str, Any]:
    """Train from ``count`` seeds and return mean and spread of their maps, and their training losses.

    Returns
    -------
    dict
        ``mean`` and ``spread`` (standard deviation) over the plane, row by row upwards, ``losses`` from best to worst,
        ``n_poor`` and the ``threshold`` above which a loss counts as poor.

    Raises
    ------
    ParameterError
        For the perceptron, which begins at zero whatever the seed.
    """
    if experiment.is_perceptron:
        raise ParameterError("playground: many starts must have a network; the perceptron begins at 0. Choose network.")
    places = grid_inputs(experiment, GRID)
    rates = experiment.rates(experiment.begin(), epochs)
    maps, losses, before = [], [], []
    for first in range(0, count, AT_ONCE):
        if stopped():
            break
        seeds = range(first, min(count, first + AT_ONCE))
        thetas = np.stack([experiment.begin(seed).state.theta for seed in seeds])
        before += [experiment.losses(theta)[0] for theta in thetas]
        population = Population(
            thetas,
            [experiment.plan.optimizer] * len(seeds),
            np.array(seeds, np.uint64),
            np.ones(len(seeds)),
        )
        CPUEngine().run_population(experiment.plan, population, experiment.train, rates)
        losses += [experiment.losses(theta)[0] for theta in thetas]
        maps += [compute_maps(experiment, theta, places, GRID, with_nodes=False).output for theta in thetas]
    shown = np.stack(maps).astype(float)
    if shown.ndim == 4:  # several classes: how sure the likeliest is
        shown = shown.max(axis=3)
    alive = np.isfinite(losses)
    best = min((loss for loss in losses if np.isfinite(loss)), default=np.inf)
    threshold = best + POOR_SHARE * max(0.0, float(np.median(before)) - best)
    return {
        "type": "starts",
        "count": count,
        "epochs": epochs,
        "grid": GRID,
        "range": experiment.data.extent,
        "mean": shown[alive].mean(axis=0).ravel().tolist() if alive.any() else [0.0] * GRID**2,
        "spread": shown[alive].std(axis=0).ravel().tolist() if alive.any() else [0.0] * GRID**2,
        "losses": sorted(losses),
        "n_poor": int((np.array(losses) > threshold).sum() + (~alive).sum()),
        "threshold": threshold,
    }
