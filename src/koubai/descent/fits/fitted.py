"""The record of a fit: descents of one model on one set of points, and the fitted curve over the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from koubai.descent.functions.objective import Array
from koubai.descent.paths.compare import Comparison

Model = Literal["line", "logistic", "perceptron"]

ILL = 1000.0
"""Condition number from which standardizing is suggested, since steepest descent would need too many updates."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit(Comparison):
    """Descents of one model on one set of points.

    Attributes
    ----------
    model : str
        ``line``, ``logistic`` or ``perceptron``.
    x, y : (n,)
        The points, with x as fitted; y is 0 or 1 for logistic, -1 or 1 for perceptron.
    names : tuple of str
        Names of x and y.
    intercept : float or None
        The intercept, if it was fixed and only the slope was fitted.
    answer : tuple of float or None
        The optimum found without descent: least squares for a line, Newton's method for logistic; None if there is no
        optimum, as for separable classes.
    classes : tuple of str or None
        The classes that the lower and the higher value of y stand for.
    scaling : tuple of float or None
        Mean and standard deviation of the original x, if it was standardized.
    """

    model: Model
    x: Array
    y: Array
    names: tuple[str, str] = ("x", "y")
    intercept: float | None = None
    answer: tuple[float, ...] | None = None
    classes: tuple[str, str] | None = None
    scaling: tuple[float, float] | None = None

    @property
    def answer_value(self) -> float:
        """The loss at ``answer``; NaN if there is none."""
        return float("nan") if self.answer is None else float(self.objective.value(np.array(self.answer)))

    @cached_property
    def condition(self) -> float:
        """Condition number of Σ (x, 1)ᵀ(x, 1): the ratio of the loss's largest to its smallest curvature.

        Steepest descent needs about as many updates as this. 1 if only the slope is fitted.
        """
        if self.intercept is not None:
            return 1.0
        design = np.stack([self.x, np.ones_like(self.x)], axis=1)
        singular = np.linalg.svd(design, compute_uv=False)
        return float((singular[0] / singular[-1]) ** 2) if singular[-1] > 0 else float("inf")

    @property
    def is_ill_conditioned(self) -> bool:
        """Whether standardizing x should be suggested."""
        return self.scaling is None and self.condition >= ILL

    def line(self, parameters: Sequence[float] | Array) -> tuple[float, float]:
        """Return slope and intercept from parameters of shape (1,) or (2,)."""
        return float(parameters[0]), float(parameters[1]) if len(parameters) > 1 else float(self.intercept or 0.0)

    def unscaled(self, parameters: Sequence[float] | Array) -> tuple[float, float]:
        """Return slope and intercept for the original x, before standardization."""
        slope, intercept = self.line(parameters)
        mean, deviation = self.scaling or (0.0, 1.0)
        return slope / deviation, intercept - slope * mean / deviation

    def curve(self, parameters: Sequence[float] | Array) -> tuple[Array, Array]:
        """Return points on the fitted curve of a model with these parameters.

        For a line this is w x + b, for logistic regression the probability σ(w x + b), for the perceptron the predicted
        class: 1 where w x + b > 0, else -1.
        """
        slope, intercept = self.line(parameters)
        low, high = float(self.x.min()), float(self.x.max())
        if self.model == "perceptron":
            border = -intercept / slope if slope else low
            across = np.unique(np.clip([low, border, high], low, high)).repeat(2)[1:-1] if low < border < high else None
            if across is None:
                across = np.array([low, high])
                return across, np.full(2, 1.0 if slope * (low + high) / 2 + intercept > 0 else -1.0)
            side = 1.0 if slope > 0 else -1.0
            return across, np.array([-side, -side, side, side])
        across = np.linspace(low, high, 200)
        line = slope * across + intercept
        if self.model == "line":
            return across, line
        from scipy.special import expit  # imported here so that plots of functions need not wait for SciPy

        return across, np.asarray(expit(line))
