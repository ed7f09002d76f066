"""The answer by calculus: exact where it can be, and never from text."""

import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.errors import ParameterError
from koubai.descent.functions.algebra import degree, from_sympy, to_sympy
from koubai.descent.functions.by_hand import by_hand
from koubai.descent.functions.evaluation import Tape
from koubai.descent.functions.exact import Kind
from koubai.descent.functions.expression import Number, parse
from koubai.descent.functions.known import CAMEL_MINIMA, HIMMELBLAU_MINIMA, NAMED, get_objective
from koubai.views.descent.words import by_hand_lines


def test_slide_69() -> None:
    answer = by_hand(get_objective("x**4 - 2*x**3 + 1"))
    assert answer.derivatives == (parse("2*x**2*(2*x - 3)").tree,)
    assert [(s.exact_point, s.kind) for s in answer.stationary] == [
        ((Number(Fraction(0)),), Kind.NEITHER),
        ((Number(Fraction(3, 2)),), Kind.MINIMUM),
    ]
    assert answer.minimum is not None
    assert answer.minimum.exact_value == Number(Fraction(-11, 16))
    assert answer.complete
    assert answer.bounded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x**3", [(0.0, Kind.NEITHER)]),
        ("x**4", [(0.0, Kind.MINIMUM)]),
        ("-x**6 + 2", [(0.0, Kind.MAXIMUM)]),
        ("x**5 - 5*x", [(-1.0, Kind.MAXIMUM), (1.0, Kind.MINIMUM)]),
        ("3*x + 1", []),
        ("(x-1)**3*(x+1)**3", [(-1.0, Kind.NEITHER), (0.0, Kind.MINIMUM), (1.0, Kind.NEITHER)]),
    ],
)
def test_the_kind_follows_from_the_first_derivative_that_does_not_vanish(text: str, expected: list) -> None:
    answer = by_hand(get_objective(text))
    assert [(s.point[0], s.kind) for s in answer.stationary] == expected
    assert answer.complete


def test_a_polynomial_without_a_lowest_value_is_said_to_have_none() -> None:
    assert by_hand(get_objective("x**3 - x")).bounded is False


def test_surds_stay_exact() -> None:
    answer = by_hand(get_objective("x**4 - 4*x**2"))
    assert answer.minimum is not None
    assert answer.minimum.exact_value == Number(Fraction(-4))
    assert {s.exact_point for s in answer.stationary} >= {(parse("sqrt(2)").tree,)}


def test_roots_without_a_short_form_are_given_in_numbers() -> None:
    answer = by_hand(get_objective("x**6 - 3*x**2 + x"))
    roots = np.sort(np.roots([6, 0, 0, 0, -6, 1]))
    roots = roots[np.isreal(roots)].real
    np.testing.assert_allclose([s.point[0] for s in answer.stationary], np.sort(roots), rtol=1e-12)
    assert answer.stationary[0].exact_point is None


@pytest.mark.parametrize(
    ("name", "minima"), [("himmelblau", HIMMELBLAU_MINIMA), ("camel", CAMEL_MINIMA), ("beale", ((3.0, 0.5),))]
)
def test_all_minima_of_known_functions_are_found(name: str, minima: tuple) -> None:
    answer = by_hand(get_objective(name))
    found = [s.point for s in answer.stationary if s.kind is Kind.MINIMUM]
    np.testing.assert_allclose(sorted(found), sorted(minima), atol=1e-9)
    assert not answer.complete


def test_simple_stationary_points_are_recognised_exactly() -> None:
    answer = by_hand(get_objective("saddle"))
    assert [s.exact_point for s in answer.stationary if s.kind is Kind.SADDLE] == [(Number(Fraction(0)),) * 2]
    assert answer.minimum is not None
    assert answer.minimum.exact_value == Number(Fraction(-1, 4))


@pytest.mark.parametrize("name", list(NAMED))
def test_derivatives_by_hand_are_those_by_machine(name: str) -> None:
    objective = NAMED[name]()
    points = np.random.default_rng(0).uniform(0.2, 1.5, size=(20, objective.n_variables))
    for column, tree in enumerate(by_hand(objective).derivatives):
        assert tree is not None
        slope = Tape(tree, objective.variables).value(points)
        np.testing.assert_allclose(slope, objective.gradient(points)[:, column], rtol=1e-9, atol=1e-9)


trees = st.sampled_from(
    ["x**2/3 - y", "-x*y/(x+2)", "exp(-x)*sin(y)", "1/x", "sqrt(x*y)", "x**-2", "pi*x - e", "2*(x-1)*(y+3)", "log(x)/2"]
)


@settings(max_examples=20, deadline=None)
@given(trees, trees)
def test_trees_come_back_from_sympy_with_the_same_value(first: str, second: str) -> None:
    tree = parse(f"({first})*({second})").tree
    back = from_sympy(to_sympy(tree, sympy), sympy)
    assert back is not None
    point = np.array([0.7, 1.9])
    assert Tape(back, ("x", "y")).value(point) == pytest.approx(float(Tape(tree, ("x", "y")).value(point)), rel=1e-12)


def test_what_the_grammar_cannot_say_comes_back_as_nothing() -> None:
    assert from_sympy(sympy.Heaviside(sympy.Symbol("x")), sympy) is None
    assert by_hand(get_objective("abs(x) + x**2")).derivatives == (None,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x**2*y", 3), ("(x+1)**3/2 - x", 3), ("7", 0), ("x/y", None), ("x**0.5", None), ("pi*x", None), ("x**101", None)],
)
def test_degree(text: str, expected: int | None) -> None:
    assert degree(parse(text).tree) == expected


@pytest.mark.parametrize("text", ["9**9**9**9*x", "x + 2**1000", "x**500", "(((9**99)**99)**99)**99*x"])
def test_numbers_too_long_to_write_are_refused_at_once(text: str) -> None:
    with pytest.raises(ParameterError, match="an exponent must lie within ±100 to be solved by hand"):
        by_hand(get_objective(text))


def test_powers_of_powers_are_worked_out_in_numbers() -> None:
    answer = by_hand(get_objective("x**x"))
    assert answer.minimum is not None
    assert answer.minimum.point[0] == pytest.approx(np.exp(-1))
    assert answer.minimum.exact_point is None


def test_a_python_function_cannot_be_worked_out() -> None:
    def bowl(p: np.ndarray) -> float:
        return float(p @ p)

    with pytest.raises(ParameterError, match="by_hand: the function must be an expression; got bowl"):
        by_hand(get_objective(bowl))


def test_without_sympy_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(ParameterError, match=r"SymPy must be installed .* pip install (\S+ )*sympy\."):
        by_hand(get_objective("x**2"))


@pytest.mark.parametrize(("text", "value"), [("0*x", 0.0), ("x - x + 3", 3.0), ("2*x*0 - 1", -1.0)])
def test_a_constant_is_stationary_everywhere_and_not_unbounded(text: str, value: float) -> None:
    answer = by_hand(get_objective(text))
    assert answer.bounded
    assert [(point.kind, point.value) for point in answer.stationary] == [(Kind.FLAT, value)]
    assert dict(by_hand_lines(answer, "en"))["Stationary points"] == ["everywhere: the function is constant"]
    assert "Minimum" not in dict(by_hand_lines(answer, "en"))


@pytest.mark.parametrize(
    ("text", "window", "expected"),
    [
        ("abs(x)", (-1.0, 2.0), [(0.0, Kind.MINIMUM)]),
        ("abs(x - 1/3)", (-1.0, 2.1), [(1 / 3, Kind.MINIMUM)]),
        ("sqrt(abs(x))", (-1.0, 1.3), [(0.0, Kind.MINIMUM)]),
        ("-abs(x + 0.7) - x/2", (-2.0, 1.3), [(-0.7, Kind.MAXIMUM)]),
        ("abs(sin(x))", (-1.0, 4.0), [(0.0, Kind.MINIMUM), (np.pi / 2, Kind.MAXIMUM), (np.pi, Kind.MINIMUM)]),
        ("1/x", (-1.0, 1.3), []),
        ("1/x**2", (-1.0, 1.3), []),
        ("log(abs(x))", (-1.0, 1.3), []),
        ("tan(x)", (-4.0, 4.1), []),
        ("sqrt(x)", (0.0, 1.0), []),
    ],
)
def test_where_the_slope_changes_its_sign_at_a_kink_is_a_minimum_or_a_maximum_and_at_a_pole_none(
    text: str, window: tuple[float, float], expected: list
) -> None:
    answer = by_hand(get_objective(text), (window,))
    assert [point.kind for point in answer.stationary] == [kind for _, kind in expected]
    np.testing.assert_allclose([point.point[0] for point in answer.stationary], [x for x, _ in expected], atol=1e-9)


def test_a_flat_stretch_is_one_answer() -> None:
    for text, window in (("max(x, 0)", ((-1.0, 1.3),)), ("0*x + 0*y", ((-1.0, 1.0), (-1.0, 1.0)))):
        answer = by_hand(get_objective(text), window)
        assert [(point.kind, point.value) for point in answer.stationary] == [(Kind.FLAT, 0.0)]
