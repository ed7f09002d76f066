"""What is asked of every rule. Its own file, ``rules/test_NAME.py``, says in a subclass what the rule's paper says.

The textbook form there is written for one parameter, in plain Python numbers and from all past gradients; where the
rule keeps a running average, it is the weighted sum that the average stands for.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import fsum
from typing import Any, ClassVar, NamedTuple

import jax
import numpy as np
import optax
import pytest
from tests.optimizers.paths import GRADIENTS, RATES, START, follow, given_gradient

from koubai.optimizers.protocol import Optimizer

Number = int | Fraction


class ByHand(NamedTuple):
    """The first two updates with simple numbers: α, θ before, both gradients, θ after each."""

    rule: Optimizer
    rate: Number
    start: Number
    gradients: tuple[Number, Number]
    expected: tuple[Number, Number]


class Counterpart(NamedTuple):
    """optax's rule at learning rate α, and ours with the constants that make them the same."""

    make: Callable[..., Any]
    rule: Optimizer | None = None
    """Ours, if it is not the one with default hyperparameters."""
    rate_in_velocity: bool = False
    """Whether α is inside the velocity here: then they agree only while α stays as it is."""


def follow_optax(transformation: Any, theta: Any, gradient_of: Callable[[int, Any], Any], n_steps: int) -> Any:
    """Return optax's θ after every update."""
    theta = jax.numpy.asarray(theta)
    state, path = transformation.init(theta), []
    for t in range(1, n_steps + 1):
        updates, state = transformation.update(jax.numpy.asarray(gradient_of(t, np.asarray(theta))), state, theta)
        theta = optax.apply_updates(theta, updates)
        path.append(np.asarray(theta))
    return np.array(path)


def wavy_slope(t: int, theta: Any) -> Any:
    """Gradient of Σ x⁴/4 - x³ + sin(3x) + x_i x_{i+1}/2: several minima, coupled parameters."""
    return theta**3 - 3 * theta**2 + 3 * np.cos(3 * theta) + (np.roll(theta, 1) + np.roll(theta, -1)) / 2


def largest_error(ours: Any, theirs: Any) -> float:
    """The largest difference, relative to how far each parameter ever was from 0 (or to 1)."""
    return float((np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs).max(axis=0))).max())


# Running averages as the weighted sums that they stand for


def decayed_sum(values: Sequence[float], keep: float) -> float:
    """Σ_s keep^(t-s) values_s."""
    return fsum(keep ** (len(values) - 1 - s) * value for s, value in enumerate(values))


def average(values: Sequence[float], keep: float) -> float:
    """The running average from 0: (1 - keep) Σ_s keep^(t-s) values_s."""
    return (1 - keep) * decayed_sum(values, keep)


def weighted_mean(values: Sequence[float], keep: float) -> float:
    """The average corrected for its start: Σ_s keep^(t-s) values_s / Σ_s keep^(t-s)."""
    return decayed_sum(values, keep) / fsum(keep**k for k in range(len(values)))


def squares(gs: Sequence[float]) -> list[float]:
    """g² of each."""
    return [g * g for g in gs]


class RuleTests:
    """The tests of one rule: against its paper, and numbers worked out by hand. The file's class says the rest."""

    rule: ClassVar[Optimizer]
    """The rule with default hyperparameters."""
    by_hand: ClassVar[Sequence[ByHand]]
    rate_down_slide_69: ClassVar[float] = 0.02
    in_gradients: ClassVar[str] = ""
    """``"linear"`` if steps are as large as gradients are, ``"free"`` if without ε their size does not matter."""

    @staticmethod
    def textbook(theta: float, gs: Sequence[float], rates: Sequence[float], memory: list[float]) -> float:
        """Return one parameter's next value by the paper, in plain Python numbers, from all gradients and rates so far.

        ``memory`` is an empty list at first, for a rule that must remember more than the gradients.
        """
        raise NotImplementedError

    def test_two_updates_by_hand(self) -> None:
        assert self.by_hand
        for rule, rate, start, gradients, expected in self.by_hand:
            assert type(rule) is type(self.rule)
            path = follow(rule, np.array([float(start)]), lambda t, _, gs=gradients: np.array([float(gs[t - 1])]),
                          [float(rate)] * 2)  # fmt: skip
            assert path[:, 0] == pytest.approx([float(value) for value in expected], rel=1e-14, abs=1e-15), rule

    def test_path_is_the_textbook_path(self) -> None:
        path = follow(self.rule, START, given_gradient, RATES)
        for j in range(START.size):
            theta, farthest = float(START[j]), 1.0
            memory: list[float] = []
            for t in range(1, 201):
                theta = self.textbook(theta, GRADIENTS[:t, j].tolist(), RATES[:t].tolist(), memory)
                farthest = max(farthest, abs(theta))
                assert abs(path[t - 1, j] - theta) < 1e-12 * farthest, f"parameter {j}, update {t}"

    def test_path_down_slide_69s_function_is_the_textbook_path(self) -> None:
        """x⁴ - 2x³ + 1 from 2 (not convex: its curvature is negative between 0 and 1), each on its own path."""
        rates = [self.rate_down_slide_69] * 200
        path = follow(self.rule, np.array([2.0]), lambda t, theta: 4 * theta**3 - 6 * theta**2, rates)
        other = 2.0
        slopes: list[float] = []
        memory: list[float] = []
        for t in range(1, 201):
            slopes.append(4 * other**3 - 6 * other**2)
            other = self.textbook(other, slopes, rates[:t], memory)
            assert path[t - 1, 0] == pytest.approx(other, rel=1e-12), f"update {t}"


@pytest.mark.usefixtures("double_precision")
class OptaxTests(RuleTests):
    """The tests of a rule that optax defines too, step by step in float64."""

    counterpart: ClassVar[Counterpart]

    def test_it_is_optaxs_rule_along_given_gradients(self) -> None:
        ours = follow(self.counterpart.rule or self.rule, START, given_gradient, [0.02] * 200)
        theirs = follow_optax(self.counterpart.make(0.02), START, given_gradient, 200)
        assert largest_error(ours, theirs) < 1e-12

    def test_it_is_optaxs_rule_down_a_function_with_several_minima(self) -> None:
        rule = self.counterpart.rule or self.rule
        alpha = min(rule.default_learning_rate * 2, 1.0)
        ours = follow(rule, START, wavy_slope, [alpha] * 200)
        theirs = follow_optax(self.counterpart.make(alpha), START, wavy_slope, 200)
        assert np.abs(ours[-1] - START).max() > 0.01
        assert largest_error(ours, theirs) < 1e-12

    def test_under_a_schedule_it_is_optaxs_rule_unless_it_keeps_the_rate_in_its_velocity(self) -> None:
        """optax rescales the whole velocity when α changes: with α = 0 it stands still, and here it rolls on."""
        rule = self.counterpart.rule or self.rule
        if not self.counterpart.rate_in_velocity:
            table = jax.numpy.asarray(RATES)
            ours = follow(rule, START, given_gradient, RATES)
            theirs = follow_optax(self.counterpart.make(lambda count: table[count]), START, given_gradient, 200)
            assert largest_error(ours, theirs) < 1e-12
        else:
            table = jax.numpy.asarray([0.1, 0.0])
            ours = follow(rule, START, lambda t, theta: np.ones(6), [0.1, 0.0])
            make = self.counterpart.make(lambda count: table[count])
            theirs = follow_optax(make, START, lambda t, theta: np.ones(6), 2)
            np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-14)
            np.testing.assert_array_equal(theirs[1], theirs[0])
            assert (ours[1] < ours[0] - 0.05).all()
