"""The lab's page in a real headless Chromium without a network: it draws, plays, steps, and hides what is unticked."""

import re
from pathlib import Path

import numpy as np
import pytest
from tests.views.conftest import Watch

import koubai
from koubai.descent.paths.compare import Comparison
from koubai.optimizers.momentum import Momentum
from koubai.views.descent.html import page

pytestmark = pytest.mark.slow  # a browser of its own

WATCH = """() => {
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const root = document.querySelector(".koubai-descent");
const press = (key) => root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const shown = () => Number(root.querySelector("output").textContent.replaceAll(",", ""));
const ink = (name, colour) => {  // how many pixels of a canvas have exactly this colour
  const canvas = root.querySelector("canvas." + name), [r, g, b] = colour;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let k = 0; k < pixels.length; k += 4) if (pixels[k] === r && pixels[k + 1] === g && pixels[k + 2] === b) count++;
  return count;
};
const watch = async () => {
  await wait(200);
  const blue = [0, 114, 178], found = {};
  found.last = shown();
  found.inkAtEnd = ink("values", blue);
  press("Home"); found.first = shown();
  found.inkAtStart = ink("values", blue);
  press("ArrowRight"); found.second = shown();
  root.querySelector("button").click();
  for (let k = 0; k < 200 && shown() <= found.second; k++) await wait(50);
  found.playing = shown();
  found.button = root.querySelector("button").textContent;
  root.querySelector("button").click(); found.paused = shown();
  await wait(400); found.stillPaused = shown();
  press("End"); found.end = shown();
  const box = root.querySelector("input[type='checkbox']");
  box.click(); found.inkHidden = ink("values", blue);
  box.click(); found.inkAgain = ink("values", blue);
  found.wide = document.documentElement.scrollWidth <= innerWidth;
  found.value = root.querySelector("td.value").textContent;
  return found;
};
return watch();
}"""


def fitted(model: str) -> Comparison:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 80)
    y = np.where(x + rng.normal(size=80) > 0, "yes", "no")
    return koubai.fit_points(x, y, model, methods=("sgd", "minibatch"), max_steps=200)


@pytest.fixture(scope="module")
def watched(watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Comparison, dict]]:
    """Open pages without a network, do what a person does, and return by name what each shows and what was seen."""
    folder = tmp_path_factory.mktemp("pages")
    shown = {
        "comparison": koubai.compare_descents("rosenbrock", ["sgd", "momentum", "adam"], max_steps=300),
        "curve": koubai.compare_descents(
            "x**4 - 2*x**3 + 1", ["sgd", "adam"], [0.01], [2.0], max_steps=100, work_out=True
        ),
        "logistic": fitted("logistic"),
        "perceptron": fitted("perceptron"),
    }
    for name, comparison in shown.items():
        (folder / f"{name}.html").write_text(page(comparison, "ja" if name == "comparison" else "en"), encoding="utf-8")
    seen = watch(WATCH, [folder / f"{name}.html" for name in shown])
    return dict(zip(shown, zip(shown.values(), seen, strict=True), strict=True))


def as_expected(seen: dict, pause: str) -> None:
    assert seen["problems"] == []
    assert seen["first"] == 0
    assert seen["second"] == 1
    assert 1 < seen["playing"] < seen["last"]
    assert seen["button"] == pause
    assert seen["paused"] == seen["stillPaused"]
    assert seen["end"] == seen["last"]
    assert seen["inkAtStart"] < seen["inkAtEnd"]
    assert seen["inkHidden"] < seen["inkAtEnd"] == seen["inkAgain"]
    assert seen["wide"]


def test_a_comparison_plays(watched) -> None:
    comparison, seen = watched["comparison"]
    as_expected(seen, "一時停止")
    assert seen["last"] == 300
    assert seen["value"] == f"{comparison.paths[0].value:.5g}"


def test_a_curve_with_the_answer_by_hand_plays(watched) -> None:
    as_expected(watched["curve"][1], "Pause")


@pytest.mark.parametrize("model", ["logistic", "perceptron"])
def test_a_fit_plays_by_cost(model: str, watched) -> None:
    fit, seen = watched[model]
    as_expected(seen, "Pause")
    assert seen["last"] == max(path.gradient_evaluations for path in fit.paths)


OWN = """() => {
const root = document.querySelector(".koubai-descent"), part = root.querySelector("fieldset.own");
const boxes = [...part.querySelectorAll("input[type='number']")];
const [alpha, mu] = part.querySelectorAll("input[type='range']");
const found = () => part.querySelector(".found").textContent;
const canvas = root.querySelector("canvas.surface"), box = canvas.getBoundingClientRect();
const middle = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true };
canvas.dispatchEvent(new MouseEvent("click", middle));
const clicked = boxes.map((each) => Number(each.value)), byClick = found();
boxes.forEach((each) => { each.value = "0.7"; each.dispatchEvent(new Event("change")); });
const plain = found();
mu.value = "0.5"; mu.dispatchEvent(new Event("input"));
return { clicked, byClick, plain, damped: found() };
}"""

FUNCTIONS = [
    "x**4 - 2*x**3 + 1",
    "x**2 + 20*y**2",
    "(1-x)**2 + 10*(y-x**2)**2 / (1 + exp(-x))",
    "sin(x)*cos(y) + 0.1*(x**2 + y**2)",
    "log(1 + x**2) + sqrt(1 + y**2) + abs(x*y)/9",
    "tanh(x)**2 + softplus(y) + sigmoid(-y)*y**2 + 2**x/8",
    "max(x**2, y**2/2) + atan(x)/7 + relu(y)/5 + cosh(x)/9 + pi*0",
]


def test_a_descent_of_one_s_own_is_that_of_the_optimizers(watch: Watch, tmp_path: Path) -> None:
    pages: list[Path] = []
    for number, function in enumerate(FUNCTIONS):
        start = [0.3] * (2 if "y" in function else 1)
        comparison = koubai.compare_descents(
            function, ["sgd"], [0.01], [start], max_steps=50, window=((-2, 2),) * len(start)
        )
        (tmp_path / f"{number}.html").write_text(page(comparison, "en"), encoding="utf-8")
        pages.append(tmp_path / f"{number}.html")
    for function, seen in zip(FUNCTIONS, watch(OWN, pages), strict=True):
        assert seen["problems"] == []
        assert all(abs(value) < 0.6 for value in seen["clicked"][:1]), "the middle of the picture"
        assert seen["byClick"].startswith("After ")
        start = [0.7] * len(seen["clicked"])
        for said, rule in ((seen["plain"], "sgd"), (seen["damped"], Momentum(0.5))):
            path = koubai.descend(function, start, rule, 0.01, max_steps=1000)
            steps, value = re.fullmatch(r"After (\d+) updates: .*, value (.*)\.", said).groups()
            assert abs(int(steps) - path.n_steps) <= 1, function
            assert float(value.replace("−", "-")) == pytest.approx(path.value, rel=2e-3, abs=1e-6), function


@pytest.mark.parametrize("intercept", [None, 0.5])
def test_a_descent_of_one_s_own_on_data_is_that_on_all_rows(
    intercept: float | None, watch: Watch, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(-2, 2, 60)
    given = {
        "line": 3 * x - 1 + rng.normal(size=60),
        "logistic": np.where(x + rng.normal(size=60) > 0, "yes", "no"),
        "perceptron": np.where(x + rng.normal(size=60) > 0, "yes", "no"),
    }
    fits = {
        model: koubai.fit_points(x, y, model, intercept=intercept, learning_rate=0.002, methods=("sgd", "steepest"))
        for model, y in given.items()
    }
    for model, fit in fits.items():
        (tmp_path / f"{model}.html").write_text(page(fit, "en"), encoding="utf-8")
    for (model, fit), seen in zip(fits.items(), watch(OWN, [tmp_path / f"{each}.html" for each in fits]), strict=True):
        assert seen["problems"] == []
        assert seen["byClick"].startswith("After ")
        start = [0.7] * len(fit.objective.variables)
        for said, rule in ((seen["plain"], "sgd"), (seen["damped"], Momentum(0.5))):
            path = koubai.fit_points(
                *(x, given[model], model),
                intercept=intercept,
                optimizer=rule,
                learning_rate=0.002,
                start=start,
                max_steps=1000,
                step_size=0.0,
            ).paths[0]
            value = re.fullmatch(r"After \d+ updates: .*, value (.*)\.", said).group(1)
            assert float(value.replace("−", "-")) == pytest.approx(path.value, rel=2e-3, abs=1e-6), model


def test_a_fit_of_single_rows_or_of_many_has_no_descent_of_one_s_own() -> None:
    x = np.linspace(-1, 1, 6000)
    assert "<fieldset" not in page(koubai.fit_points(x[::100], x[::100], methods=("sgd",), max_steps=9), "en")
    assert "<fieldset" not in page(koubai.fit_points(x, x, max_steps=9), "en")
    assert '<fieldset class="own"' in page(koubai.fit_points(x[::2], x[::2], max_steps=9), "en")
