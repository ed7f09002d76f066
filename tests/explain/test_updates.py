"""One update: each optimizer's steps end at the weight and the memory that the optimizer itself computes."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.errors import ParameterError, ShapeError
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_step
from koubai.explain.network.asking import Ask
from koubai.explain.network.one_update import update
from koubai.explain.network.updates import UpdateSteps
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer

from .checks import check_derivation, check_step
from .networks import cases

MEMORY = {"m": 0, "v": 1, "s": 0, "d": 1, "q": 2}


def test_every_optimizer_has_its_rule_written():
    assert all(kind.explain is not Optimizer.explain for kind in OPTIMIZERS.values())


@settings(max_examples=30)
@given(
    cases(n_rows=3),
    st.sampled_from(sorted(OPTIMIZERS)),
    st.integers(0, 3),
    st.sampled_from([(0, 0), (0.01, 0), (0, 0.1), (0.01, 0.1)]),
    st.sampled_from([0.0, 0.05]),
    st.data(),
)
def test_steps_lead_to_the_weight_and_the_memory_of_the_optimizer(case, name, n_before, strengths, clip, data):
    network, theta, inputs, targets = case
    plan = Plan(network, get_optimizer(name), Penalty(*strengths), clip_norm=clip)
    rows = Rows(inputs, targets)
    state = State(theta, plan.optimizer.init(theta))
    for _ in range(n_before):
        trace = trace_step(plan, state, rows, 0.01)
        state = State(trace.theta_after, trace.slots_after, state.step + 1)
    layer = data.draw(st.integers(1, len(network.layers)))
    spec = network.layers[layer - 1]
    where = (
        layer,
        data.draw(st.integers(1, spec.n_out)),
        data.draw(st.integers(0 if spec.bias else 1, spec.n_in)),
    )
    trace = trace_step(plan, state, rows, 0.01)
    steps = UpdateSteps(plan, trace, where)
    place = network.place(layer - 1, spec.parameter(*where[1:]))
    for step in steps.steps:
        check_step(step)
    close = {"rel": 1e-9, "abs": 1e-12}
    assert float(steps.steps[-1].result.value) == pytest.approx(trace.theta_after[place], **close)
    for step in steps.steps:
        subject = step.subject
        if getattr(subject, "prime", False) and subject.base != "w":
            slot = 0 if name in ("momentum", "nesterov") else MEMORY[subject.base]
            assert float(step.result.value) == pytest.approx(trace.slots_after[slot, place], **close)


@pytest.mark.slow
@settings(max_examples=10)
@given(cases(n_rows=2), st.sampled_from(sorted(OPTIMIZERS)))
def test_the_page_of_an_update_reads_back(case, name):
    network, theta, inputs, targets = case
    plan = Plan(network, get_optimizer(name))
    derivation = update(plan, State(theta, plan.optimizer.init(theta)), Rows(inputs, targets), 0.1, Ask.weight(1, 1, 1))
    check_derivation(derivation)
    for lang in ("en", "ja"):
        assert derivation.render("text", lang)


def small():
    network = Network.dense((2, 1), output="identity")
    theta = np.array([0.5, -1.0, 0.25])
    return Plan(network, get_optimizer("sgd")), State(theta, np.zeros((0, 3)))


def test_gradient_descent_on_small_fractions_is_exact():
    plan, state = small()
    rows = Rows(np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([[1.0], [0.0]]))
    derivation = update(plan, state, rows, 0.5, Ask.weight(1, 1, 1))
    # u = -5/4 and 3/4, delta = -9/4 and 3/4, mean of delta x = (-9/4 + 9/4) / 2 = 0
    assert derivation.step("batch_mean.1.1.1").result.value == Fraction(0)
    assert derivation.answer.result.value == Fraction(1, 2)
    bias = update(plan, state, rows, 0.5, Ask.weight(1, 1, 0))
    assert bias.answer.result.value == Fraction(1, 4) + Fraction(3, 8)


def test_rows_with_weights_are_averaged_by_them():
    plan, state = small()
    rows = Rows(np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([[1.0], [0.0]]), np.array([3.0, 1.0]))
    derivation = update(plan, state, rows, 0.5, Ask.weight(1, 1, 1))
    # (3 (-9/4) + 9/4) / 4
    assert derivation.step("batch_mean.1.1.1").result.value == Fraction(-9, 8)
    check_derivation(derivation)


def test_mistakes_are_told_in_one_sentence():
    plan, state = small()
    rows = Rows(np.array([[1.0, 2.0]]), np.array([[1.0]]))
    with pytest.raises(ParameterError, match=r"^explain: learning_rate must be > 0; got 0\. Try 0\.1\.$"):
        update(plan, state, rows, 0, Ask.weight(1, 1, 1))
    with pytest.raises(ShapeError, match=r"^explain: rows must have shapes \(n, 2\) and \(n, 1\); got \(1, 3\)"):
        update(plan, state, Rows(np.ones((1, 3)), np.ones((1, 1))), 0.1, Ask.weight(1, 1, 1))
    with pytest.raises(ParameterError, match=r"^explain: ask must be one of weight; got 'loss'"):
        update(plan, state, rows, 0.1, Ask.loss())


def test_what_the_rule_remembers_is_shown_from_its_start(capsys) -> None:
    from koubai.cli.main import main

    asked = ["explain", "update", "--optimizer", "adam", "--rows", "1-4", "--weight", "1,2,1", "--rate", "0.1"]
    assert main([*asked, "--after", "2", "--lang", "en", "--digits", "9"]) == 0
    lines = capsys.readouterr().out.split("remembers ──")[1].split("── The update")[0].splitlines()
    numbers = [[float(cell.replace("−", "-")) for cell in line.split()] for line in lines if line[2:3].isdigit()]
    (first, g, m, v), (second, g_2, m_2, v_2) = numbers
    assert (first, second) == (1, 2)
    assert (m, v) == pytest.approx((0.1 * g, 0.001 * g**2), rel=1e-6)
    assert (m_2, v_2) == pytest.approx((0.9 * m + 0.1 * g_2, 0.999 * v + 0.001 * g_2**2), rel=1e-6)
    assert main([*asked, "--after", "30", "--lang", "en"]) == 0
    assert "The last 20 are shown." in capsys.readouterr().out
    for first_or_plain in (["--after", "0"], ["--after", "2", "--optimizer", "sgd"]):
        assert main([*asked, *first_or_plain, "--lang", "en"]) == 0
        assert "remembers" not in capsys.readouterr().out
