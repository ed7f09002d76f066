"""Matrix expressions: the grammar, shapes and clashes, derivatives against JAX, the lecture's identities."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from koubai.core.errors import KoubaiError, ParameterError, ShapeError
from koubai.core.formulas.values import Notation
from koubai.explain.matrix.checking import difference_of_derivative, draw, sizes_for
from koubai.explain.matrix.gradient import derivative as differentiate
from koubai.explain.matrix.grammar import FUNCTIONS, parse
from koubai.explain.matrix.inference import Shaper, read_shapes
from koubai.explain.matrix.nodes import computed, shown, written
from koubai.explain.matrix.pages import IDENTITIES, derivative, identities, shapes
from koubai.views.formulas.plain import PlainWriter


@pytest.fixture(autouse=True, scope="module")
def _double_precision():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def shape_of(expression, **given):
    return shown(Shaper(expression, read_shapes(given)).run(parse(expression)).shape)


def derived(expression, by, **given):
    shaper = Shaper(expression, read_shapes(given))
    node = shaper.run(parse(expression))
    return PlainWriter(Notation()).write(written(differentiate(node, by, shaper.shapes[by]).result))


def test_the_shapes_of_slide_88():
    given = {"A": "m,k", "B": "k,n", "W": "m,m", "x": "m,1"}
    assert shape_of("A.T @ x", A=given["A"], x=given["x"]) == "k×1"
    assert shape_of("x.T @ W @ x", W=given["W"], x=given["x"]) == "1×1"
    assert shape_of("x.T @ x", x=given["x"]) == "1×1"
    assert shape_of("A @ B", A=given["A"], B=given["B"]) == "m×n"
    assert shape_of("A @ B", A="2,3", B="3,4") == "2×4"


@pytest.mark.parametrize(
    ("expression", "by", "expected"),
    [
        ("norm(x)**2", "x", "2·x"),
        ("w.T @ x", "x", "w"),
        ("M @ x", "x", "Mᵀ"),
        ("norm(x - a)**2", "x", "2·(x − a)"),
        ("norm(A @ x - b)**2", "x", "2·Aᵀ·(A·x − b)"),
        ("sum(w * x)", "x", "w"),
        ("x.T @ W @ x", "x", "W·x + Wᵀ·x"),
        ("x.T @ W @ x", "W", "x·xᵀ"),
        ("trace(A @ X)", "X", "Aᵀ"),
        ("norm(A @ X - B)**2", "X", "2·Aᵀ·(A·X − B)"),
        ("x + x", "x", "2·I"),
        ("x * x", "x", "2·diag(x)"),
        ("(x.T @ x) * x", "x", "2·x·xᵀ + (xᵀ·x)·I"),
        ("3 * w.T @ x - w.T @ x", "x", "2·w"),
        ("b", "b", "I"),
    ],
)
def test_derivatives_come_out_in_their_textbook_form(expression, by, expected):
    assert derived(expression, by) == expected


def test_a_derivative_by_what_is_not_there_is_zero():
    shaper = Shaper("norm(b)**2", {})
    node = shaper.run(parse("norm(b)**2"))
    assert differentiate(node, "x", (3, 1)).result.value == 0


def test_every_identity_of_the_lecture_holds():
    text = identities().render("text", "en")
    assert len(IDENTITIES) == 9
    for line in (
        "∂‖x‖²/∂x = 2·x",
        "∂(wᵀ·x)/∂x = w",
        "∂(M·x)/∂x = Mᵀ",
        "∂‖x − a‖²/∂x = 2·(x − a)",
        "∂‖A·x − b‖²/∂x = 2·Aᵀ·(A·x − b)",
        "(A⁻¹)ᵀ = (Aᵀ)⁻¹",
        "(A·B)ᵀ = Bᵀ·Aᵀ",
        "(A + B)ᵀ = Aᵀ + Bᵀ",
        "sum(w ⊙ x) = wᵀ·x",
    ):
        assert line in text
    for expression, by, outcome in IDENTITIES:
        if by:
            shaper = Shaper(expression, {})
            node = shaper.run(parse(expression))
            result = differentiate(node, by, shaper.shapes[by]).result
            assert difference_of_derivative(node, result, by, shaper.shapes) < 1e-8
            assert PlainWriter(Notation()).write(written(result)) == PlainWriter(Notation()).write(
                written(Shaper(outcome, {}).run(parse(outcome)))
            )


JAX = {
    "exp": jnp.exp,
    "log": jnp.log,
    "sqrt": jnp.sqrt,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "relu": jax.nn.relu,
    "sin": jnp.sin,
    "cos": jnp.cos,
}


def in_jax(tree, known):
    """The value of a parsed expression, computed apart from the project's own nodes."""
    parts = [in_jax(part, known) for part in tree.parts]
    match tree.operator:
        case "name":
            return known[tree.name]
        case "number":
            return jnp.full((1, 1), float(tree.value))
        case "+":
            return parts[0] + parts[1]
        case "-":
            return parts[0] - parts[1]
        case "negative":
            return -parts[0]
        case "@":
            return parts[0] @ parts[1]
        case "*":
            return parts[0] * parts[1]
        case "/":
            return parts[0] / parts[1]
        case "**":
            return parts[0] ** float(parts[1][0, 0])
        case ".T":
            return parts[0].T
        case "norm":
            return jnp.sqrt((parts[0] ** 2).sum()).reshape(1, 1)
        case "sum":
            return parts[0].sum().reshape(1, 1)
        case "trace":
            return jnp.trace(parts[0]).reshape(1, 1)
        case "inv":
            return jnp.linalg.inv(parts[0])
    return JAX[tree.operator](parts[0])


VECTORS = st.sampled_from(["x", "a", "W @ x", "W.T @ a", "x * a", "2 * x"])
MATRICES = st.sampled_from(["W", "W.T", "x @ a.T", "W @ W", "inv(W)"])


@st.composite
def vectors(draw, depth=2):
    if depth == 0:
        return draw(VECTORS)
    inner = draw(vectors(depth=depth - 1))
    other = draw(vectors(depth=depth - 1))
    form = draw(st.sampled_from(["{0} + {1}", "{0} - {1}", "({0}) * ({1})", "W @ ({0})", "tanh({0})", "sigmoid({0})"]))
    return form.format(inner, other)


@st.composite
def scalars(draw):
    one, two, matrix = draw(vectors()), draw(vectors()), draw(MATRICES)
    form = draw(
        st.sampled_from(
            [
                "norm({0})**2",
                "({0}).T @ ({1})",
                "sum({0})",
                "sum(sin({0})) / (1 + norm({1})**2)",
                "trace(({2}) @ x @ ({0}).T)",
                "({0}).T @ ({2}) @ ({1})",
                "log(1 + norm({0})**2) * sum({1})",
                "norm(({2}) - x @ ({0}).T)",
                "exp(-norm({0})**2 / 9) - ({1}).T @ x",
            ]
        )
    )
    return form.format(one, two, matrix)


@pytest.mark.slow
@given(scalars(), st.sampled_from(["x", "W"]), st.integers(0, 100))
def test_derivatives_of_scalars_are_those_of_automatic_differentiation(expression, by, seed):
    given_shapes = read_shapes({"x": "n,1", "a": "n,1", "W": "n,n"})
    shaper = Shaper(expression, given_shapes)
    tree = parse(expression)
    node = shaper.run(tree)
    result = differentiate(node, by, given_shapes[by]).result
    sizes = sizes_for(given_shapes)
    known = draw(node, given_shapes, sizes, np.random.default_rng(seed))
    expected = jax.grad(lambda m: in_jax(tree, {**known, by: m})[0, 0])(jnp.asarray(known[by]))
    assume(np.isfinite(expected).all())
    np.testing.assert_allclose(computed(result, known, sizes), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.slow
@given(vectors(), st.integers(0, 100))
def test_derivatives_of_vectors_are_the_transposed_jacobian(expression, seed):
    given_shapes = read_shapes({"x": "n,1", "a": "n,1", "W": "n,n"})
    tree = parse(expression)
    node = Shaper(expression, given_shapes).run(tree)
    result = differentiate(node, "x", given_shapes["x"]).result
    sizes = sizes_for(given_shapes)
    known = draw(node, given_shapes, sizes, np.random.default_rng(seed))
    jacobian = jax.jacobian(lambda v: in_jax(tree, {**known, "x": v[:, None]})[:, 0])(jnp.asarray(known["x"][:, 0]))
    np.testing.assert_allclose(computed(result, known, sizes), np.asarray(jacobian).T, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"norm", "sum", "trace", "inv"}))
def test_every_function_entry_by_entry_is_differentiated(name):
    shaper = Shaper(f"{name}(A @ x)", {})
    node = shaper.run(parse(f"{name}(A @ x)"))
    result = differentiate(node, "x", shaper.shapes["x"]).result
    assert difference_of_derivative(node, result, "x", shaper.shapes) < 1e-6


@given(st.text(alphabet="Axb01@*+-/().T ᵀ=,'\"[]{}_", max_size=30))
def test_any_text_is_either_an_expression_or_refused_in_one_sentence(text):
    said = ""
    try:
        Shaper(text, {}).run(parse(text))
    except KoubaiError as error:
        said = str(error)
    assert not said or said.endswith(".")


def test_what_is_no_expression_is_refused_where_it_stops_being_one():
    for text, message in (
        ("A @", r"must continue with a name or a number; got the end"),
        ("A @@ x", r"must continue with a name or a number; got '@' at character 4"),
        ("A x", r"must continue with an operator, or end; got 'x' at character 3"),
        ("(A", r"must continue with '\)'; got the end"),
        ("f(x)", r"must call one of norm, sum, .*; got 'f'"),
        ("__import__('os')", r"must consist of names, numbers.*; got \"'\" at character 12"),
        ("", r"must have 1 to 400 characters; got 0"),
        ("(" * 60 + "x", r"must be nested at most 40 levels deep"),
        ("-" * 300 + "x" + "+x" * 100, r"must have 1 to 400 characters"),
    ):
        with pytest.raises(ParameterError, match=message):
            parse(text)


def test_clashing_shapes_are_told_with_the_place():
    for expression, given_shapes, message in (
        ("A @ x", {"A": "m,k", "x": "m,1"}, r"got m×k and m×1 at character 3, in A @ x\. Try .*A\.T @"),
        ("A + x", {"A": "m,k", "x": "m,1"}, r"added must have the same shape; got m×k and m×1 at character 3"),
        ("A - x", {"A": "m,k", "x": "m,1"}, r"subtracted must have the same shape"),
        ("A * x", {"A": "m,k", "x": "m,1"}, r"same shape, or one must be a scalar"),
        ("inv(A)", {"A": "2,3"}, r"must be square to have an inverse; got 2×3 at character 1 \(A\)"),
        ("trace(A)", {"A": "2,3"}, r"must be square to have a trace"),
        ("A ** 2", {"A": "2,3"}, r"a matrix raised to a power must be square"),
        ("A ** 9", {"A": "2,2"}, r"the exponent of a matrix must be -1 or 1 … 4; got 9"),
        ("x ** y", {}, r"the exponent of \*\* must be a number; got 'y'"),
        ("a / x", {"x": "3,1", "a": "3,1"}, r"the divisor must be a scalar"),
        ("A == A.T", {"A": "2,3"}, r"both sides of an equation must have the same shape"),
    ):
        with pytest.raises(ShapeError, match=message):
            shapes(expression, given_shapes)


def test_mistakes_of_use_are_told_in_one_sentence():
    with pytest.raises(ParameterError, match=r"The shape of A must be rows,columns, .*; got 'm'\. Try m,k\."):
        shapes("A", {"A": "m"})
    with pytest.raises(
        ParameterError,
        match=r"must contain every name that is given a shape; got a shape for B, which does not occur in it",
    ):
        shapes("A", {"A": "2,2", "B": "2,2"})
    with pytest.raises(ParameterError, match=r"^derivative: by must be a name in 'M @ x'; got 'y'\. Try M\.$"):
        derivative("M @ x", "y")
    with pytest.raises(ParameterError, match=r"^derivative: expression must not be an equation"):
        derivative("x == x", "x")
    with pytest.raises(ShapeError, match=r"^derivative: the expression must be a scalar, or a column vector"):
        derivative("A @ X", "X")


def test_an_equation_is_judged_by_numbers():
    assert "agree on 5 sets" in shapes("(A @ B).T == B.T @ A.T").render("text", "en")
    assert "not equal" in shapes("(A @ B).T == A.T @ B.T", {"A": "2,2", "B": "2,2"}).render("text", "en")


def test_pages_say_shape_rules_result_and_check_in_both_languages():
    page = derivative("norm(A @ x - b)**2", "x")
    english, japanese = page.render("text", "en"), page.render("text", "ja")
    assert "2·Aᵀ·(A·x − b)" in english
    assert "Its shape is n×1" in english
    assert "central differences differ by at most" in english
    assert "中心差分" in japanese
    assert "<math" in page.render("html", "ja")
    assert r"\top" in page.render("markdown", "en")


@pytest.mark.parametrize(
    ("raised", "plain"),
    [
        ("xᵀ@x", "x.T @ x"),
        ("x⊤ @ W @ x", "x.T @ W @ x"),
        ("A⁻¹ @ x", "inv(A) @ x"),
        ("(A⁻¹)ᵀ @ x", "inv(A).T @ x"),
        ("(Aᵀ)⁻¹ @ x", "inv(A.T) @ x"),
        ("norm(A@x)²", "norm(A @ x)**2"),
        ("sum(ln(x)³)", "sum(log(x)**3)"),
    ],
)
def test_superscripts_are_operators_and_no_part_of_a_name(raised, plain):
    found, wanted = (Shaper(text, {}).run(parse(text)) for text in (raised, plain))
    assert found == wanted


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("x @ x", "got m×1 and m×1 at character 3, in x @ x. Try x.T @ x (a scalar) or x @ x.T (a matrix)."),
        ("w @ x", "column vectors: write w.T @ x (a scalar) or w @ x.T (a matrix), or give shapes, such as x=1,n."),
        ("A @ x @ y", "got m×1 and k×1 at character 7"),
        ("x.T @ y.T", "Try x.T @ y (a scalar)."),
        ("x.T @ 2", "for a multiple."),
    ],
)
def test_a_product_never_makes_a_vector_a_scalar_without_a_word(expression, said):
    with pytest.raises(ShapeError) as refused:
        shapes(expression)
    assert said in str(refused.value)
    assert shape_of("x @ y", x="3,1", y="1,2") == "3×2"


def test_factors_beside_each_other_are_told_to_have_a_sign_between():
    with pytest.raises(ParameterError, match=r"got 'Wx' at character 3\. Write @ or \* between factors\.$"):
        parse("xᵀWx")


def test_a_single_row_or_column_is_not_counted_in_the_plural():
    assert "number of columns of the left = number of rows of the right = 1" in shapes("x @ x.T").render("text", "en")
    assert "1 columns" not in shapes("x @ x.T").render("text", "en")
