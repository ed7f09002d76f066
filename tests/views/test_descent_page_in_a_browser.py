"""The lab's page in a real headless Chromium without a network: it draws, plays, steps, and hides what is unticked."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

import koubai
from koubai.descent.paths.compare import Comparison
from koubai.views.descent.html import page

pytestmark = pytest.mark.slow  # a browser of its own

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

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

DRIVE = """
import json, sys
from playwright.sync_api import sync_playwright
chromium, watch, *addresses = sys.argv[1:]
seen = []
with sync_playwright() as started:
    browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    for address in addresses:
        problems = []
        context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
        page = context.new_page()
        page.on("pageerror", lambda error, told=problems: told.append(str(error)))
        page.on("console", lambda said, told=problems: told.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked, told=problems: told.append(asked.url) if asked.url not in addresses else None)
        page.goto(address)
        seen.append({**page.evaluate(watch), "problems": problems})
        context.close()
    browser.close()
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = os.environ.get("KOUBAI_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        sentence = "The lab's page is not tested: no browser found; install chromium, or name one in KOUBAI_CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence + " CI must have it.")
        pytest.skip(sentence)
    return found


def fitted(model: str) -> Comparison:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 80)
    y = np.where(x + rng.normal(size=80) > 0, "yes", "no")
    return koubai.fit_points(x, y, model, methods=("sgd", "minibatch"), max_steps=200)


@pytest.fixture(scope="module")
def watched(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Comparison, dict]]:
    """Open pages without a network, do what a person does, and return by name what each shows and what was seen.

    In a process of its own: one process can drive only one browser at a time, and other tests have theirs.
    """
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
    addresses = [(folder / f"{name}.html").as_uri() for name in shown]
    done = subprocess.run(
        [sys.executable, "-c", DRIVE, chromium, WATCH, *addresses], capture_output=True, text=True, timeout=220
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(shown, zip(shown.values(), json.loads(done.stdout), strict=True), strict=True))


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
