"""When a descent ends: each rule at its limit, several starts at once, and combinations."""

import numpy as np
import pytest

from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.optimizers.sgd import SGD
from koubai.optimizers.stopping import (
    AllOf,
    AnyOf,
    LowValue,
    MaxUpdates,
    NotFinite,
    SmallGradient,
    SmallStep,
    StopReason,
)


def ask(rule, t=1, theta=(1.0, 1.0), value=1.0, gradient=(1.0, 1.0), step=(1.0, 1.0)):
    return rule(t, np.array(theta), value, np.array(gradient), np.array(step))


def test_small_step_is_below_the_tolerance():
    assert ask(SmallStep(5.0), step=(3.0, 4.0)) is None
    assert ask(SmallStep(5.1), step=(3.0, 4.0)) == StopReason("small_step", 5.0, 5.1, True)


def test_small_gradient_is_below_the_tolerance():
    assert ask(SmallGradient(5.0), gradient=(3.0, 4.0)) is None
    assert ask(SmallGradient(5.1), gradient=(3.0, 4.0)) == StopReason("small_gradient", 5.0, 5.1, True)


def test_low_value_is_at_the_target_or_below():
    assert ask(LowValue(-0.6875), value=-0.6) is None
    assert ask(LowValue(-0.6875), value=-0.6875) == StopReason("low_value", -0.6875, -0.6875, True)


def test_max_updates_counts_from_one():
    assert ask(MaxUpdates(3), t=2) is None
    assert ask(MaxUpdates(3), t=3) == StopReason("max_updates", 3, 3, False)


@pytest.mark.parametrize("where", ["theta", "gradient"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite_sees_vectors(where, bad):
    assert ask(NotFinite()) is None
    assert ask(NotFinite(), **{where: (bad, 1.0)}) == StopReason("not_finite", 1, 0, False)


def test_not_finite_sees_the_value():
    assert ask(NotFinite(), value=-np.inf) == StopReason("not_finite", 1, 0, False)


def test_every_start_must_have_arrived():
    two = [[1e-9, 0.0], [3.0, 4.0]]
    assert ask(SmallStep(1.0), step=two) is None
    assert ask(SmallStep(6.0), step=two).measured == 5.0
    assert ask(SmallGradient(1.0), gradient=two) is None
    assert ask(LowValue(0.0), value=np.array([-1.0, 1.0])) is None
    assert ask(LowValue(0.0), value=np.array([-1.0, -2.0])).measured == -1.0


def test_a_single_number_will_do():
    assert ask(SmallStep(2.0), step=-1.5).measured == 1.5


def test_nan_is_not_small():
    assert ask(SmallStep(1.0), step=(np.nan, 0.0)) is None
    assert ask(SmallStep(1.0), step=(1e200, 0.0)) is None


def test_any_of_takes_the_first_reason():
    rule = AnyOf([SmallStep(1e-8), LowValue(2.0), MaxUpdates(1)])
    assert ask(rule).rule == "low_value"
    assert ask(AnyOf([SmallStep(1e-8), MaxUpdates(2)])) is None


def test_all_of_waits_for_all():
    assert ask(AllOf([LowValue(2.0), MaxUpdates(2)])) is None
    assert ask(AllOf([LowValue(2.0), MaxUpdates(2)]), t=2).rule == "max_updates"
    nested = AnyOf([AllOf([SmallStep(2.0), SmallGradient(2.0)]), NotFinite()])
    assert ask(nested).rule == "small_gradient"


def test_section_6_of_the_lecture():
    """Slope of a line by steepest descent: at most 10000 updates, or until |Δw| < 1e-8."""
    x = np.linspace(-1, 1, 21)
    y = 3.14 * x - 1.59
    rule, stop, w = SGD(), AnyOf([SmallStep(1e-8), MaxUpdates(10_000)]), np.array([0.0])
    reason, t = None, 0
    while reason is None:
        t += 1
        gradient = np.array([-2 * ((y - w * x + 1.59) * x).sum()])
        moved, _ = rule.step(w, gradient, rule.init(w), t, 1e-2)
        reason = stop(t, moved, 0.0, gradient, moved - w)
        w = moved
    assert reason.rule == "small_step"
    assert reason.converged
    assert t < 10_000
    assert w[0] == pytest.approx(3.14, abs=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SmallStep(0), ParameterError, "SmallStep: tolerance must be > 0 and finite; got 0.0. Try 1e-08."),
        (
            lambda: SmallGradient(-1.0),
            ParameterError,
            "SmallGradient: tolerance must be > 0 and finite; got -1.0. Try 1e-08.",
        ),
        (lambda: LowValue(np.nan), ParameterError, "LowValue: target must be finite; got nan. Try 0.0."),
        (lambda: MaxUpdates(0), ParameterError, "MaxUpdates: count must be >= 1; got 0. Try 10000."),
        (
            lambda: MaxUpdates(True),
            ParameterTypeError,
            "MaxUpdates: count must be a whole number; got True. Try 10000.",
        ),
        (
            lambda: AnyOf([SmallStep(), 5]),
            ParameterTypeError,
            "AnyOf: rules must be stopping rules; got int. Try AnyOf([SmallStep(1e-8)]).",
        ),
        (
            lambda: AllOf([None]),
            ParameterTypeError,
            "AllOf: rules must be stopping rules; got NoneType. Try AllOf([SmallStep(1e-8)]).",
        ),
    ],
)
def test_impossible_rules(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message
