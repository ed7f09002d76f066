"""Demonstrations of single slides: what they show is so."""

import re
from fractions import Fraction

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from koubai import MLPClassifier
from koubai.core.errors import ParameterError, ShapeError
from koubai.explain.derivations import Planes
from koubai.explain.learning_rule.learning_walk import perceptron
from koubai.explain.lecture.capacity import bent, capacity, largest_error
from koubai.explain.lecture.filters import DESIGNED, filters
from koubai.explain.lecture.learners import counted, learners
from koubai.explain.lecture.linear_layers import linear_layers
from koubai.explain.lecture.logistic import logistic
from koubai.explain.lecture.margin import CORNERS, LABELS, WIDEST, margin, margin_of, perceptron_line
from koubai.explain.lecture.tangents import tangents
from koubai.explain.lecture.xor import HIDDEN, OUTPUT, cycle, learned, mistakes_by_sweep, wrong_with, xor

from .checks import check_derivation


def test_two_linear_layers_and_their_product_give_one_output() -> None:
    first, second, x = ((1, Fraction(1, 2)), (0, -3)), ((2, 1), (1, 1)), (4, -1)
    derivation = linear_layers(first, second, x)
    check_derivation(derivation)
    layers, once = (derivation.step(name).result for name in ("v_layers", "y_one"))
    assert layers == once
    hidden = np.array(first, dtype=float) @ x + [1, 2]
    np.testing.assert_allclose([float(row[0].value) for row in once.rows], np.array(second) @ hidden + 1)
    with pytest.raises(ShapeError, match="the layers must fit each other and x; got 2×2, 2×2 and 3 numbers"):
        linear_layers(first, second, (1, 2, 3))


@pytest.mark.parametrize("y", [0, 1])
def test_a_sigmoid_node_and_logistic_regression_have_the_same_numbers(y: int) -> None:
    derivation = logistic((0.5, -2.0), 0.25, (3.0, 1.0), y)
    check_derivation(derivation)
    number = {name: float(derivation.step(name).result.value) for name in ["u", "z", "E", "g", "s", "p", "l", "h"]}
    for one, other in (("u", "s"), ("z", "p"), ("E", "l"), ("g", "h")):
        assert number[one] == pytest.approx(number[other], rel=1e-12)
    p = 1 / (1 + np.exp(-(0.5 * 3 - 2 + 0.25)))
    assert number["E"] == pytest.approx(-np.log(p if y else 1 - p))
    assert number["g"] == pytest.approx((p - y) * 3)
    with pytest.raises(ParameterError, match=r"y must be 1 or 0; got 2\. Try 1\."):
        logistic(y=2)
    with pytest.raises(ShapeError, match="w and x must have the same length; got 2 and 1 numbers"):
        logistic(x=(1.0,))


def test_the_perceptron_rule_never_gets_xor_right_and_two_layers_do() -> None:
    assert min(mistakes_by_sweep(200)) > 0
    for a in (0, 1):
        for b in (0, 1):
            z = [int(w * a + v * b + bias > 0) for w, v, bias in HIDDEN]
            assert int(OUTPUT[0] * z[0] + OUTPUT[1] * z[1] + OUTPUT[2] > 0) == a ^ b
    check_derivation(xor())
    assert "never fewer than" in xor().render("text", "en")


def test_the_lines_of_xor_come_round_for_ever_and_each_is_wrong_somewhere() -> None:
    seen = cycle()
    assert [example.row for example in seen] == [0, 1, 2, 3]
    assert not any(example.right for example in seen)
    later = learned(200)[4 * seen[0].sweep :]
    for t, example in enumerate(later):
        assert example.weights.tolist() == seen[t % 4].weights.tolist()
    for example in seen:
        b, w_1, w_2 = map(float, example.weights)
        answers = [1 if w_1 * x_1 + w_2 * x_2 + b > 0 else -1 for x_1, x_2 in CORNERS]
        wrong = [i for i, (answer, y) in enumerate(zip(answers, (-1, 1, 1, -1), strict=True)) if answer != y]
        assert list(wrong_with(example.weights)) == wrong
        assert wrong
        assert example.row not in wrong  # its update has put it right


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_each_line_of_xor_is_drawn_where_it_is_and_wrong_examples_have_a_ring(lang: str) -> None:
    planes = next(block for block in xor().sections[2].blocks if isinstance(block, Planes)).planes
    assert len(planes) == 4
    drawn = re.findall(r"<figure class=\"plane\">.*?</figure>", xor().render("html", lang), re.DOTALL)
    assert len(drawn) == 4
    for plane, figure in zip(planes, drawn, strict=True):
        signs = [tuple(map(float, at)) for at in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="8"', figure)]
        rings = re.findall(r'<circle class="wrong" cx="([\d.]+)" cy="([\d.]+)"', figure)
        assert [signs.index((float(x), float(y))) for x, y in rings] == list(plane.wrong)
        (left, low), (right, high) = signs[0], signs[3]  # of (0, 0) and (1, 1)

        def answer(x: float, y: float, plane=plane, at=(left, low, right, high)) -> float:
            across, up = (x - at[0]) / (at[2] - at[0]), (y - at[1]) / (at[3] - at[1])
            return plane.line[0] * across + plane.line[1] * up + plane.line[2]

        side = re.search(r'<polygon points="([^"]+)"', figure)
        corners = [tuple(map(float, point.split(","))) for point in side[1].split()]
        assert all(answer(*corner) > -1e-2 for corner in corners)
        line = re.search(r'class="line" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"', figure)
        beside = all(value > 0 for value in (answer(*corner) for corner in corners)) and len(corners) == 4
        assert (line is None) == beside
        if line:
            ends = [(float(line[1]), float(line[2])), (float(line[3]), float(line[4]))]
            assert ends[0] != ends[1]
            assert [answer(*end) for end in ends] == pytest.approx([0, 0], abs=1e-2)
    assert sum('class="line"' in figure for figure in drawn) == 3


def test_what_is_drawn_of_xor_is_in_the_page_s_language() -> None:
    assert "巡回: 1 … 20" in xor().render("text", "ja")
    for form in ("text", "markdown", "html"):
        assert not re.search(r"\b(pass|mistakes)\b", xor().render(form, "ja"))
        assert "mistakes" in xor().render(form, "en").lower()


def test_learners_keep_as_many_numbers_as_is_said() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 10)), rng.integers(0, 2, 50)
    network = MLPClassifier((32,), epochs=1, solver="sgd").fit(x, y)
    kept, products, _, _, numbers, sums = counted(10, 32, 50)
    assert KNeighborsClassifier().fit(x, y)._fit_X.size + y.size == kept
    assert products == 500
    assert sum(each.size for each in (*network.coefs_, *network.intercepts_)) == numbers
    assert sum(each.size for each in network.coefs_) == sums


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_timeline_is_in_order_in_every_view(lang: str) -> None:
    page = learners()
    years = [year for year, _ in page.sections[-1].blocks[0].events]
    assert years == sorted(years)
    for form in ("text", "markdown", "html"):
        written = page.render(form, lang)
        told = re.findall(r"^(?:- \*\*)?(\d{4})\b|<tspan[^>]*>(\d{4})<", written, re.MULTILINE)
        assert [int(plain or drawn) for plain, drawn in told] == years


def test_the_margin_is_that_of_a_support_vector_machine() -> None:
    machine = SVC(kernel="linear", C=1e6).fit(CORNERS, LABELS)
    np.testing.assert_allclose([*machine.coef_[0], machine.intercept_[0]], WIDEST, atol=1e-3)
    assert margin_of(WIDEST) == pytest.approx(1 / np.linalg.norm(machine.coef_), rel=1e-3)
    page = margin((3, 4), -1)
    check_derivation(page)
    assert [float(page.step(f"m{i}").result.value) for i in (1, 2, 3, 4)] == pytest.approx([1 / 5, 3 / 5, 2 / 5, 6 / 5])
    w_1, w_2, b = perceptron_line()
    assert [1 if w_1 * a + w_2 * c + b > 0 else -1 for a, c in CORNERS] == list(LABELS)
    assert margin((1, 0), -0.5).render("html", "en").count("<polyline") == 2  # an upright line has no x₂ over x₁
    with pytest.raises(ParameterError, match="w must not be 0 in both entries"):
        margin((0, 0))
    with pytest.raises(ShapeError, match="w must be 2 numbers, one for each input; got 3"):
        margin((1, 2, 3))


def test_a_network_of_that_size_can_do_what_is_said() -> None:
    """Its error is that of straight pieces, and falls by a quarter with twice as many."""
    x = np.linspace(0, 1, 1001)
    np.testing.assert_allclose(
        bent(8, x), np.interp(x, np.arange(9) / 8, np.sin(2 * np.pi * np.arange(9) / 8)), atol=1e-12
    )
    assert largest_error(64) / largest_error(128) == pytest.approx(4, rel=0.01)
    shown = capacity((2, 3)).render("text", "en")
    assert "1333770" in shown  # 784-1024-512-10: 784·1024 + 1024 + 1024·512 + 512 + 512·10 + 10
    with pytest.raises(ParameterError, match=r"--hidden must be numbers in 1 … 10000; got \[0\]\. Try 1,4,16,64\."):
        capacity((0,))


def test_descent_finds_the_kernel_that_nobody_told_it() -> None:
    page = filters((0, 20, 500))
    check_derivation(page)
    course = page.step("d").pictures[0].grids
    np.testing.assert_allclose(course[2].numbers, DESIGNED, atol=0.01)
    assert np.abs(np.array(course[0].numbers) - DESIGNED).max() > 1
    losses = [float(row[1].value) for row in page.sections[1].blocks[1].rows]
    assert losses == sorted(losses, reverse=True)
    with pytest.raises(ParameterError, match=r"shown must be numbers of updates in order, in 0 … 5000; got \[5, 1\]"):
        filters((5, 1))


def test_tangents_touch_the_function_and_lead_down() -> None:
    page = tangents(start=2, learning_rate=0.05, n_steps=2)
    check_derivation(page)
    assert [page.step(name).result.value for name in ("f.0", "s.0", "x.1")] == [1, 8, Fraction(8, 5)]
    assert page.step("s.1").result.value == Fraction(4) * Fraction(8, 5) ** 3 - 6 * Fraction(8, 5) ** 2
    curves = page.sections[1].blocks[-1]
    function, tangent = (np.array(values) for _, values in curves.curves)
    grid = np.array(curves.grid)
    np.testing.assert_allclose(tangent, 1 + 8 * (grid - 2), atol=1e-12)
    np.testing.assert_allclose(function, grid**4 - 2 * grid**3 + 1, atol=1e-9)
    check_derivation(tangents((1, 0, -3, 1), -0.5, 0.1, 3))
    check_derivation(tangents((2, 1), 1, 0.5, 1))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"coefficients": (0, 3)}, "--polynomial must depend on x; got a constant"),
        ({"learning_rate": 0}, "--rate must be > 0; got 0"),
        ({"n_steps": 0}, "--steps must be in 1 … 20; got 0"),
        ({"learning_rate": Fraction(-1, 2)}, r"--rate must be > 0; got -0\.5"),
        ({"learning_rate": Fraction(5), "n_steps": 5}, "--rate must let the path stay near; got 5, with which x is "),
        (
            {"coefficients": (1, *[0] * 8), "start": 10**10, "learning_rate": 1},
            "--rate must let the path stay near; got 1",
        ),
    ],
)
def test_tangents_refuse_in_a_sentence(given, message) -> None:
    with pytest.raises(ParameterError, match=message):
        tangents(**given)


def test_examples_drawn_at_random_come_again_with_their_seed() -> None:
    page = perceptron(n_sweeps=2, seed=1)
    check_derivation(page)
    order = np.random.default_rng(1).integers(6, size=12)
    names = [row[0] for row in page.sections[1].blocks[-1].rows]
    assert names == [f"v{row + 1}" for row in order]
    assert page.render("text", "ja") == perceptron(n_sweeps=2, seed=1).render("text", "ja")
    assert page != perceptron(n_sweeps=2, seed=2)
    with pytest.raises(ParameterError, match="--random must be a seed >= 0; got -1"):
        perceptron(seed=-1)
    with pytest.raises(ParameterError, match="n_sweeps must be >= 1"):
        perceptron(seed=1, n_sweeps=0)
