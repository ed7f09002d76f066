"""Expressions that are made to take for ever, or all memory: each is answered in seconds, or refused in a sentence."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koubai.core.errors import KoubaiError
from koubai.descent.functions import worker
from koubai.descent.functions.by_hand import by_hand, can_be_worked_out
from koubai.descent.functions.exact import Kind
from koubai.descent.functions.known import get_objective
from koubai.descent.functions.stationary import stationary_points
from koubai.descent.functions.worker import WORKER, Worker
from koubai.descent.paths.compare import compare_descents

pytestmark = pytest.mark.slow  # waits until limits of time are reached

SLOW = "x**20-0.1234567890123456789*x**17+1e-30*x**3-1e200*x"
HOSTILE = [
    SLOW,
    "x**99999999",
    "9**9**9 * x",
    "x**(9**9**9)",
    "x**1e300",
    "x**(1e300*1e300)",
    "1e300*1e300*1e300*x",
    "(" * 90 + "x" + ")" * 90,
    "(" * 400 + "x" + ")" * 400,
    "-" * 900 + "x",
    "x" + "**x" * 90,
    "exp(" * 60 + "x" + ")" * 60,
    "sin(" * 90 + "x" + ")" * 90,
    "+".join(["x**20"] * 90),
    "*".join(["(x+1)**20"] * 60),
    "((((x+1)**90+1)**90+1)**90+1)**90",
    "max(" * 40 + "x" + ",x**2+1)" * 40,
    "+".join(f"max(x,{k})" for k in range(60)),
    "abs(" * 40 + "x" + "-1)" * 40,
    "log(log(log(log(x**99+1e300))))",
    "sqrt(" * 40 + "x" + ")" * 40,
    "sqrt(99999999999999999999999999999999999999999999999977*x**2+1)",
    "*".join(f"x{k}**20" for k in range(1, 11)),
    "+".join(f"sin(x{k}*x{k + 1})" for k in range(1, 10)),
    "1/(" + "*".join(f"(x-{k})" for k in range(60)) + ")",
    "x**20 - 1.23456789012345678901234567890123456789*x**19 + 1e-290*x**2 - 1e290",
    "sin(1e300*x) + cos(1e-300/x)",
    "x**-100 + x**100",
    "0**x + x**0 + 0/0*x",
    "x" * 1001,
]


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:24] for text in HOSTILE])
def test_a_hostile_expression_is_answered_or_refused_in_seconds(text: str) -> None:
    begin = time.process_time()
    sentence = refusal(lambda: worked_out(text))
    assert len(sentence.splitlines()) <= 1
    assert len(sentence) < 1500
    assert time.process_time() - begin < 5


def worked_out(text: str) -> None:
    start = [0.7] * get_objective(text).n_variables
    found = compare_descents(text, ["sgd", "adam"], [0.01], [start], max_steps=20, resolution=21, work_out=True)
    assert found.by_hand is not None


def refusal(work: Callable[[], object]) -> str:
    """What is said if it is refused, else nothing."""
    try:
        work()
    except KoubaiError as error:
        return str(error)
    return ""


def test_what_takes_too_long_is_left_out_and_said() -> None:
    answer = by_hand(get_objective(SLOW), ((-5e10, 5e10),))
    assert answer.left_out == ("stationary",)
    assert not answer.complete
    assert answer.derivatives[0] is not None, "the derivative was there in time"
    assert [point.kind for point in answer.stationary] == [Kind.MINIMUM]
    assert answer.stationary[0].point[0] == pytest.approx((1e200 / 20) ** (1 / 19), rel=1e-6)


def test_after_one_that_took_too_long_the_next_is_worked_out() -> None:
    assert by_hand(get_objective(SLOW)).left_out
    answer = by_hand(get_objective("x**4 - 2*x**3 + 1"))
    assert not answer.left_out
    assert [point.value for point in answer.stationary] == [1.0, -0.6875]


def test_threads_that_ask_at_once_each_get_their_own_answer() -> None:
    found: dict[int, float] = {}

    def ask(a: int) -> None:
        found[a] = by_hand(get_objective(f"(x-{a})**2")).stationary[0].point[0]

    threads = [threading.Thread(target=ask, args=(a,)) for a in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert found == {a: float(a) for a in range(6)}


def test_nothing_of_an_interrupted_question_answers_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    objective = get_objective("x**2")
    by_hand(objective)
    with monkeypatch.context() as patch:
        patch.setattr(worker.pickle, "load", interrupted)
        with pytest.raises(KeyboardInterrupt):
            by_hand(get_objective("x**4 - x"))
    assert by_hand(objective).stationary[0].point == (0.0,)


def test_a_process_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.sys, "executable", "/nowhere/python")
    with pytest.raises(KoubaiError, match="a separate process must run to solve by hand"):
        Worker().ask(*_asked("x**2"))


def test_a_process_that_ends_is_started_anew() -> None:
    own = Worker()
    try:
        assert "stationary" in own.ask(*_asked("x**2"))
        assert own.process is not None
        own.process.kill()
        own.process.wait()
        assert "stationary" in own.ask(*_asked("x**2"))
    finally:
        own.stop()


def _asked(text: str) -> tuple:
    objective = get_objective(text)
    return objective.expression, objective.variables, ()


def test_whether_it_can_be_worked_out_is_found_without_doing_it() -> None:
    assert can_be_worked_out(get_objective(SLOW))
    assert not can_be_worked_out(get_objective("x**500"))
    assert set(WORKER.ask(get_objective(SLOW).expression, ("x",), None)) == {"read"}


def test_ten_variables_are_searched_from_five_thousand_starts_and_no_more() -> None:
    objective = get_objective("+".join(f"(x{k}-1)**2" for k in range(1, 11)))
    found = stationary_points(objective, ((-5.0, 5.0),) * 10)
    assert len(found) == 1
    np.testing.assert_allclose(found[0], 1.0)


PIECES = ["x", "y", "1e300", "1e-300", "9", "0", "99", "0.5", "pi", "e"]
TREES = st.recursive(
    st.sampled_from(PIECES),
    lambda inner: st.one_of(
        st.builds("({}){}({})".format, inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner),
        st.builds("{}({})".format, st.sampled_from(["exp", "log", "sin", "sqrt", "abs", "tan", "tanh", "relu"]), inner),
        st.builds("max({},{})".format, inner, inner),
    ),
    max_leaves=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREES)
def test_any_expression_is_worked_out_or_refused_in_bounded_time(text: str) -> None:
    begin = time.process_time()
    sentence = refusal(lambda: by_hand(get_objective(text)))
    assert len(sentence.splitlines()) <= 1
    assert time.process_time() - begin < 5
