"""Expressions: the grammar is read as mathematics reads it, nothing else is accepted, and derivatives are right."""

import contextlib
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.descent.functions.evaluation import OPERATIONS, Tape
from koubai.descent.functions.expression import FUNCTIONS, Apply, Expression, Number, Variable, parse
from koubai.descent.functions.objective import from_expression

NAMES = {"x": 0.7, "y": -1.3, "w1": 2.1}


def evaluate(text: str, **values: float) -> float:
    expression = parse(text)
    point = np.array([values[name] for name in expression.variables])
    return float(Tape(expression.tree, expression.variables).value(point))


@pytest.mark.parametrize(
    "text",
    [
        "2 - 3 - 4",
        "2 - 3 * 4 ** 2 / 8",
        "-x**2",
        "2**-x",
        "2**3**2",
        "-2**2",
        "(1-x)**2 + 100*(y-x**2)**2",
        "x - -y",
        "+x*-y",
        ".5*x + 1e-2*y + 3.",
        "x/y/2",
        "((x))*w1",
    ],
)
def test_precedence_is_that_of_mathematics_and_python(text: str) -> None:
    assert evaluate(text, **NAMES) == pytest.approx(eval(text, {}, dict(NAMES)), rel=1e-15)


leaves = st.sampled_from(["x", "y", "2", "0.5", "3"])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from("23")).map(lambda t: f"({t[0]})**{t[1]}"),
        inner.map(lambda t: f"-{t}"),
        st.tuples(st.sampled_from(["sin", "cos", "tanh", "atan", "sigmoid", "softplus"]), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
    ),
    max_leaves=8,
)
JAX_NAMES = {
    "sin": lambda a: jnp.sin(jnp.asarray(a, float)),
    "cos": jnp.cos,
    "tanh": jnp.tanh,
    "atan": jnp.arctan,
    "sigmoid": lambda a: jax.nn.sigmoid(jnp.asarray(a, float)),
    "softplus": lambda a: jax.nn.softplus(jnp.asarray(a, float)),
}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(trees, st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_values_and_gradients_agree_with_automatic_differentiation(text: str, x: float, y: float) -> None:
    with jax.enable_x64(True):
        oracle = jax.value_and_grad(lambda p: jnp.asarray(eval(text, {}, {**JAX_NAMES, "x": p[0], "y": p[1]}), float))
        value, gradient = oracle(jnp.array([x, y]))
    tape = Tape(parse(text).tree, ("x", "y"))
    ours, slope = tape.value_and_gradient(np.array([x, y]))
    assert ours == pytest.approx(float(value), rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(slope, gradient, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name in FUNCTIONS])
def test_every_function_hands_back_its_derivative(name: str) -> None:
    text = f"{name}(x, 0.3*x)" if FUNCTIONS[name] == 2 else f"{name}(x)"
    objective = from_expression(text)
    points = np.array([[0.2], [0.55], [0.9]])
    h = 1e-6
    expected = (objective.value(points + h) - objective.value(points - h)) / (2 * h)
    np.testing.assert_allclose(objective.gradient(points)[:, 0], expected, rtol=1e-8)


def test_every_function_of_the_grammar_can_be_evaluated() -> None:
    assert set(FUNCTIONS) <= set(OPERATIONS)


@pytest.mark.parametrize(
    ("text", "at"), [("x**y", (1.7, -0.6)), ("2**x + y**3 + y**-2", (0.4, 1.2)), ("x**2.5*y", (2.0, 3.0))]
)
def test_powers_with_variable_and_constant_exponents(text: str, at: tuple[float, float]) -> None:
    with jax.enable_x64(True):
        expected = jax.grad(lambda p: eval(text, {}, {"x": p[0], "y": p[1]}))(jnp.array(at))
    np.testing.assert_allclose(from_expression(text).gradient(np.array(at)), expected, rtol=1e-12)


def test_kinks_take_one_side_instead_of_breaking() -> None:
    points = np.array([[0.0, 0.0]])
    for text in ("abs(x) + y", "sqrt(x**2 + y**2)", "relu(x) + max(x, y)"):
        assert np.isfinite(from_expression(text, variables=("x", "y")).gradient(points)).all()


def test_outside_the_domain_the_value_is_not_a_number() -> None:
    assert np.isnan(from_expression("log(x)").value(np.array([-1.0])))


def test_many_points_at_once_give_what_each_gives_alone() -> None:
    objective = from_expression("(1-x)**2 + 100*(y-x**2)**2")
    points = np.random.default_rng(0).normal(size=(4, 5, 2))
    value, gradient = objective.function(points)
    assert value.shape == (4, 5)
    assert gradient.shape == (4, 5, 2)
    np.testing.assert_allclose(value[2, 3], objective.value(points[2, 3]), rtol=1e-14)
    np.testing.assert_allclose(gradient[2, 3], objective.gradient(points[2, 3]), rtol=1e-14)


def test_equal_parts_are_evaluated_once_and_numbers_beforehand() -> None:
    tape = Tape(parse("sin(x*y) + cos(x*y) + 2*3").tree, ("x", "y"))
    operations = [entry[0] for entry in tape.entries if isinstance(entry, tuple)]
    assert sorted(operations) == ["*", "+", "+", "cos", "sin"]


def test_variables_are_in_alphabetical_order_with_numbers_counted() -> None:
    assert parse("w10 + w2 + b").variables == ("b", "w2", "w10")


def test_numbers_are_kept_exactly() -> None:
    assert parse("0.1*x").tree == Apply("*", (Number(Fraction(1, 10)), Variable("x")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os')", "got '__import__' at character 1"),
        ("os.system(1)", r"got '\.' at character 3"),
        ("(lambda: 1)()", "got ':' at character 8"),
        ("x.real", r"got '\.' at character 2"),
        ("x[0]", r"got '\[' at character 2 .* Use round parentheses"),
        ("2x", r"got 'x' at character 2 .* Write \* between two factors"),
        ("x(2)", r"Write \* between two factors"),
        ("x¹⁰ + 1", r"got 'x¹⁰' at character 1 .* Write \*\*10 for a power"),
        ("x^2", r"got '\^' at character 2 .* Write \*\* for a power"),
        ("sine(x)", "Did you mean sin"),
        ("sin", r"sin must be given its argument .* Write sin\(x\)"),
        ("max(x)", "max must be given 2 arguments; got 1"),
        ("(x + 1", r"every parenthesis must be closed; got one opened at character 1"),
        ("x +", "got the end at character 4"),
        ("", "got the end"),
        ("x + * 2", r"got '\*' at character 5"),
        ("1e999*x", "a number must lie between 1e-300 and 1e300"),
        ("(" * 200 + "x" + ")" * 200, "nesting must be at most 100 deep"),
        ("+".join("x" * 200), "the tree must be at most 100 deep"),
        ("-" * 150 + "x", "deep"),
        ("x" * 1001, "at most 1000 characters; got 1001"),
        ("+".join(f"x{i}" for i in range(11)), "at most 10 variables; got 11"),
    ],
)
def test_what_is_not_in_the_grammar_gets_one_sentence(text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        parse(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="xy12.+-*/()e, sinx_^'", max_size=30))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    with contextlib.suppress(ParameterError):
        assert isinstance(parse(text), Expression)


def test_only_strings_are_read() -> None:
    with pytest.raises(ParameterTypeError, match="text must be a string; got int"):
        parse(3)  # type: ignore[arg-type]  # what a user may do


def test_an_expression_without_variables_is_nothing_to_minimise() -> None:
    with pytest.raises(ParameterError, match="at least one variable; got '2 \\+ 3'"):
        from_expression("2 + 3")


def test_given_variables_must_cover_those_that_occur() -> None:
    assert from_expression("y**2", variables=("x", "y")).gradient(np.array([5.0, 2.0])).tolist() == [0.0, 4.0]
    with pytest.raises(ParameterError, match="variables must list each of x, y once; got x"):
        from_expression("x + y", variables=("x",))
