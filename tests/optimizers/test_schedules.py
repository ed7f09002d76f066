"""Learning rates over time: known values, agreement with optax, and what every schedule promises."""

import json

import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.optimizers.schedules import (
    SCHEDULES,
    Adaptive,
    Constant,
    Cosine,
    FlatCosine,
    InverseScaling,
    LogCosine,
    OneCycle,
    StepDecay,
    get_schedule,
)

every_schedule = pytest.mark.parametrize("schedule", [kind() for kind in SCHEDULES.values()], ids=list(SCHEDULES))


@every_schedule
@settings(max_examples=50)
@given(n_epochs=st.integers(1, 8), steps_per_epoch=st.integers(1, 8), cut=st.integers(0, 64), n_rows=st.integers(1, 50))
def test_rates_of_parts_are_parts_of_the_rates(schedule, n_epochs, steps_per_epoch, cut, n_rows):
    """Training that goes on from a checkpoint in any update has the rates of training in one go."""
    total = n_epochs * steps_per_epoch
    cut = min(cut, total)
    whole = schedule.rates(0.1, 0, total, steps_per_epoch, total, n_rows=n_rows)
    parts = [
        schedule.rates(0.1, 0, cut, steps_per_epoch, total, n_rows=n_rows),
        schedule.rates(0.1, cut, total - cut, steps_per_epoch, total, n_rows=n_rows),
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert whole.dtype == np.float64
    assert whole.shape == (total,)


@every_schedule
@settings(max_examples=50)
@given(total=st.integers(1, 200))
def test_rates_lie_between_zero_and_the_base_rate(schedule, total):
    rates = schedule.rates(0.1, 0, total + 10, 3, total)
    assert np.isfinite(rates).all()
    assert (rates >= 0).all()
    assert (rates[:total] > 0).all() or schedule.name in ("cosine", "log_cosine")  # which begins at 0
    assert (rates <= 0.1 * (1 + 1e-15)).all()


@pytest.mark.parametrize("schedule", [Cosine(), OneCycle()], ids=str)
def test_after_the_last_update_the_last_rate_stays(schedule):
    rates = schedule.rates(0.1, 0, 60, 5, 50)
    assert (rates[50:] == rates[50]).all()
    assert rates[50] == pytest.approx(schedule.rates(0.1, 49, 1, 5, 50)[0], abs=2e-4)


@pytest.mark.parametrize("warmup_steps", [0, 1, 7])
@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_cosine_is_optaxs(warmup_steps, floor):
    theirs = optax.warmup_cosine_decay_schedule(0.3 / (warmup_steps + 1), 0.3, warmup_steps, 40, end_value=0.3 * floor)
    ours = Cosine(warmup=warmup_steps / 40, floor=floor).rates(0.3, 0, 45, 1, 40)
    # optax computes in float32 here
    np.testing.assert_allclose(ours, [float(theirs(k)) for k in range(45)], rtol=2e-6, atol=2e-8)


def test_cosine_by_hand():
    """10 updates, 2 of them warming up: thirds, then from α₀ with α₀/2 in the middle of the remaining 8."""
    rates = Cosine(warmup=0.2).rates(0.9, 0, 10, 1, 10)
    np.testing.assert_allclose(rates[[0, 1, 2, 6]], [0.3, 0.6, 0.9, 0.45], rtol=1e-14)


def test_one_cycle_by_hand():
    """21 updates, the top at update 11/21 · 21 - 1 = 10: from α₀/25 over (α₀/25 + α₀)/2 to α₀, then to α₀/250000."""
    rates = OneCycle(rise=11 / 21).rates(0.5, 0, 21, 1, 21)
    np.testing.assert_allclose(rates[[0, 5, 10, 20]], [0.02, 0.26, 0.5, 2e-6], rtol=1e-9)


@pytest.mark.parametrize(("rise", "total"), [(0.0, 5), (1.0, 5), (0.1, 10), (0.5, 2), (0.3, 1), (1.0, 1)])
def test_one_cycle_at_its_edges(rise, total):
    rates = OneCycle(rise=rise).rates(0.5, 0, total, 1, total)
    assert np.isfinite(rates).all()
    assert (rates > 0).all()
    assert (rates <= 0.5).all()


def test_step_decay_by_hand():
    rates = StepDecay(factor=0.5, every=2).rates(0.8, 3, 9, 3, 12)
    np.testing.assert_array_equal(rates, [0.8] * 3 + [0.4] * 6)


def test_inverse_scaling_counts_epochs_without_rows():
    np.testing.assert_allclose(InverseScaling(power=1.0).rates(0.6, 0, 6, 2, 6), [0.6, 0.6, 0.3, 0.3, 0.2, 0.2])


def test_constant_stays():
    np.testing.assert_array_equal(Constant().rates(0.1, 5, 3, 2, 8), [0.1] * 3)


@every_schedule
def test_stagnation_ends_training_unless_the_rate_adapts(schedule):
    expected = 0.02 if schedule.name == "adaptive" else None
    assert schedule.after_stagnation(0.1) == expected


def test_adaptive_with_own_limits():
    schedule = Adaptive(divisor=10, lowest=0.01)
    assert schedule.after_stagnation(0.02) == 0.002
    assert schedule.after_stagnation(0.01) is None


@every_schedule
def test_no_updates_have_no_rates(schedule):
    assert schedule.rates(0.1, 4, 0, 2, 8).shape == (0,)


@every_schedule
def test_spec_goes_through_json_and_back(schedule):
    assert get_schedule(json.loads(json.dumps(schedule.spec()))) == schedule


def test_names_and_aliases():
    assert " ".join(SCHEDULES) == "constant step inverse_scaling cosine log_cosine flat_cosine one_cycle adaptive"
    for alias, name in SCHEDULES.aliases.items():
        assert get_schedule(alias) == SCHEDULES[name]()
    schedule = Cosine(floor=0.5)
    assert get_schedule(schedule) is schedule


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: get_schedule("linear"),
            ParameterError,
            "schedule must be a known schedule; got 'linear'. Try one of: constant, step, inverse_scaling, cosine, "
            "log_cosine, flat_cosine, one_cycle, adaptive.",
        ),
        (
            lambda: get_schedule(0.1),
            ParameterTypeError,
            "schedule must be the name of a schedule or an instance; got float. Try one of: constant, step, "
            "inverse_scaling, cosine, log_cosine, flat_cosine, one_cycle, adaptive.",
        ),
        (lambda: StepDecay(factor=0), ParameterError, "StepDecay: factor must be > 0 and <= 1; got 0.0. Try 0.5."),
        (lambda: StepDecay(every=0), ParameterError, "StepDecay: every must be >= 1; got 0. Try 10."),
        (
            lambda: StepDecay(every=2.5),
            ParameterTypeError,
            "StepDecay: every must be a whole number; got 2.5. Try 10.",
        ),
        (
            lambda: InverseScaling(power=-1),
            ParameterError,
            "InverseScaling: power must be >= 0 and finite; got -1.0. Try 0.5.",
        ),
        (lambda: Cosine(warmup=1), ParameterError, "Cosine: warmup must be >= 0 and < 1; got 1.0. Try 0.05."),
        (lambda: Cosine(floor=1.5), ParameterError, "Cosine: floor must be >= 0 and <= 1; got 1.5. Try 0.0."),
        (lambda: OneCycle(rise=2), ParameterError, "OneCycle: rise must be >= 0 and <= 1; got 2.0. Try 0.3."),
        (
            lambda: OneCycle(start_divisor=0.5),
            ParameterError,
            "OneCycle: start_divisor must be >= 1 and finite; got 0.5. Try 25.0.",
        ),
        (
            lambda: OneCycle(end_divisor=0),
            ParameterError,
            "OneCycle: end_divisor must be >= 1 and finite; got 0.0. Try 10000.0.",
        ),
        (lambda: Adaptive(divisor=1), ParameterError, "Adaptive: divisor must be > 1 and finite; got 1.0. Try 5.0."),
        (lambda: Adaptive(lowest=0), ParameterError, "Adaptive: lowest must be > 0 and finite; got 0.0. Try 1e-06."),
    ],
)
def test_impossible_schedules(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message


def test_log_cosine_is_realmlps_formula() -> None:
    t = np.arange(256) / 256
    expected = 0.04 * 0.5 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * t)))
    np.testing.assert_allclose(LogCosine().rates(0.04, 0, 256, 16, 256), expected, rtol=1e-13, atol=1e-18)
    rates = LogCosine().rates(1.0, 0, 15_000, 15, 15_000)
    ends = [1000, 3000, 7000]  # t = 1/15, 3/15, 7/15: cycles of 1, 2, 4 and 8 parts of 15
    np.testing.assert_allclose(rates[ends], 0, atol=1e-12)
    assert get_schedule("coslog4") == LogCosine(4)


def test_flat_cosine_is_flat_and_then_a_cosine() -> None:
    rates = FlatCosine().rates(1.0, 0, 100, 10, 100)
    assert (rates[:51] == 1).all()
    np.testing.assert_allclose(rates[51:], 0.5 * (1 + np.cos(np.pi * (2 * np.arange(51, 100) / 100 - 1))), rtol=1e-12)
    assert get_schedule("flat_cos") == FlatCosine(0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LogCosine(0), "LogCosine: cycles must be >= 1; got 0. Try 4."),
        (lambda: FlatCosine(1), "FlatCosine: flat must be >= 0 and < 1; got 1.0. Try 0.5."),
    ],
)
def test_new_schedules_refuse_what_is_out_of_range(make, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message
