"""Matrix expressions that are made to take for ever: each is answered in seconds, or refused in one sentence."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koubai.core.errors import KoubaiError
from koubai.explain.matrix.pages import derivative, shapes
from koubai.views.explanation.terminal import plain

LARGE = {"A": "9999,9999"}
DEEP = "(" * 30 + "A" + "**4)" * 30
CASES: list[tuple[str, dict[str, str], str]] = [
    ("inv(A) @ x", LARGE, ""),
    ("x.T @ inv(A) @ x", LARGE, ""),
    ("inv(A) @ x == x", LARGE, ""),
    ("sum(W.T @ x)", {"W": "784,10"}, ""),
    ("A @ x", {"A": "99999999999,2"}, "a whole number from 1 to 1000000; got '99999999999,2'"),
    ("A @ x", {"A": "²,2"}, "a whole number from 1 to 1000000"),
    ("A @ x", {"A": "1" * 5000 + ",2"}, "a whole number from 1 to 1000000"),
    (DEEP, {}, "must have at most 200 terms and factors when expanded"),
    ("trace((((A**4)**4)**4)**4)", {}, "must have at most 200 terms and factors when expanded"),
    ("x**" + "9" * 300, {}, "a number must have at most 30 digits; got 300 characters at character 4"),
    ("9" * 390 + "*x", {}, "a number must have at most 30 digits"),
    ("x**9**9**9", {}, "the exponent of ** must be a number"),
    ("x**999999999999999999999999999999", {}, ""),
    ("x" + "**x" * 120, {}, "nested at most 40 levels deep"),
    ("-" * 390 + "x", {}, "nested at most 40 levels deep"),
    ("x" + ".T" * 190, {}, "nested at most 40 levels deep"),
    ("(" * 190 + "x" + ")" * 190, {}, "nested at most 40 levels deep"),
    ("+".join("x" for _ in range(190)), {}, "nested at most 40 levels deep"),
    ("@".join(f"A{k}" for k in range(30)), {}, "at most 12 names; got 30"),
    ("tanh(" * 35 + "sum(x)" + ")" * 35, {}, ""),
    ("@".join(["x", *["x.T", "x"] * 18]), {}, ""),
    ("norm(" + "@".join(["A"] * 30) + "@ x)**2", {}, ""),
    ("A @ x" + " " * 500, {}, "1 to 400 characters"),
]


def refusal(work: Callable[[], object]) -> str:
    """What is said if it is refused, else nothing."""
    try:
        work()
    except KoubaiError as error:
        return str(error)
    return ""


def first(text: str) -> str:
    return next((name for name in "xA" if name in text), "x")


@pytest.mark.parametrize(("text", "given", "words"), CASES, ids=[text[:24] for text, _, _ in CASES])
def test_a_hostile_expression_is_answered_or_refused_in_seconds(text: str, given: dict[str, str], words: str) -> None:
    begin = time.process_time()
    said = refusal(lambda: plain(shapes(text, given), "en"))
    assert words in said
    assert bool(words) == bool(said), said
    differentiated = refusal(lambda: plain(derivative(text, first(text), given), "en"))
    for sentence in (said, differentiated):
        assert len(sentence.splitlines()) <= 1
        assert len(sentence) < 800
    assert time.process_time() - begin < 5


TREES = st.recursive(
    st.sampled_from(["x", "y", "A", "B", "2", "0", "1e5", "0.5", "x.T", "A.T", "999999999999999999999999999999"]),
    lambda inner: st.one_of(
        st.builds("({}){}({})".format, inner, st.sampled_from(["+", "-", "@", "*", "/", "=="]), inner),
        st.builds("({})**{}".format, inner, st.sampled_from(["2", "4", "-1", "0.5", "-3", "99", "x"])),
        st.builds("{}({})".format, st.sampled_from(["norm", "sum", "trace", "inv", "exp", "log", "tanh"]), inner),
    ),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREES)
def test_any_expression_is_explained_or_refused_in_bounded_time(text: str) -> None:
    begin = time.process_time()
    for sentence in (
        refusal(lambda: plain(shapes(text, {}), "en")),
        refusal(lambda: plain(derivative(text, first(text), {}), "en")),
    ):
        assert len(sentence.splitlines()) <= 1
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("text", ["x**999999 == x**999998", "inv(A - A) == inv(B)"])
def test_sides_that_cannot_be_computed_are_not_called_equal(text: str) -> None:
    assert "are not equal" in plain(shapes(text, {}), "en")
