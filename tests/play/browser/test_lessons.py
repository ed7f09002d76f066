"""Every lesson, tried on the page to its end; what is handed in is marked in full."""

import json

import pytest
from tests.play.solutions import SOLUTIONS

from koubai.cli.main import main
from koubai.play.classroom import lessons

pytestmark = pytest.mark.slow  # trains through 40 steps in a browser

CHANGE = """settings => document.getElementById("koubai-play").playground.context.change(settings)"""
ASK = """settings => document.getElementById("koubai-play").playground.context.send(settings)"""


def solve(playground, name, step, at, solution):
    """Go through one step as a student would who knows everything."""
    playground.until(f"s.lesson?.name === '{name}' && s.lesson_step === {at} && s.epoch === 0 && !s.running && s.frame")
    for index, choice in enumerate(step.get("choices", ())):
        if choice.get("right"):
            playground.page.locator(".lesson-bar .choice").nth(index).click()
    in_time = "at_most" in step["goal"].get(
        "epoch", {}
    )  # at full speed, the page would be past that epoch in one frame
    playground.page.evaluate(CHANGE, {**solution.get("settings", {}), "pace": 100 if in_time else 0})
    for wish, value in solution.get("settings", {}).items():
        playground.until(f"JSON.stringify(s.settings.{wish}) === {json.dumps(json.dumps(value).replace(' ', ''))}")
    if "starts" in solution:
        playground.page.evaluate(ASK, {"type": "starts", "count": solution["starts"], "epochs": 200})
    for number in range(solution.get("derivations", 0)):
        if playground.page.locator(".card.explain").is_visible():
            playground.press("play.explain.loss")
        else:
            playground.page.locator(".bar").nth(number).click()
        playground.page.wait_for_timeout(400)
    if "branch" in solution:
        playground.train("s.epoch > 20")
        playground.page.locator(".timeline input[type=range]").press("Home")
        playground.until("s.epoch === 0")
        playground.press("play.timeline.branch")
        playground.until("s.kept.length === 1")
        playground.page.evaluate(CHANGE, solution["branch"])
    if "epochs" in solution:
        playground.page.click("button.play")
    playground.until(f"s.progress['{name}'].steps[{at}].goal")
    if playground.state("s.running"):
        playground.page.click("button.play")
        playground.until("!s.running")


@pytest.mark.parametrize("name", lessons.names())
def test_a_lesson_is_gone_through_to_its_end_and_marked_in_full(opened, tmp_path, name):
    lang = ("en-GB", "ja-JP")[lessons.names().index(name) % 2]  # each language through half of them
    playground = opened(f"lesson={name}", lang=lang)
    steps = lessons.ready(name)["steps"]
    for at, (step, solution) in enumerate(zip(steps, SOLUTIONS[name], strict=True)):
        solve(playground, name, step, at, solution)
        if at + 1 < len(steps):
            playground.press("play.lessons.next")
    assert playground.page.locator(".lesson-bar .dots .done").count() == len(steps)
    playground.page.fill(".handing input", "Aiko")
    playground.page.press(".handing input", "Tab")
    with playground.page.expect_download() as result:
        playground.press("play.lessons.file")
    assert result.value.suggested_filename == f"{name}-Aiko.json"
    (tmp_path / "results").mkdir()
    result.value.save_as(tmp_path / "results" / "a.json")
    assert main(["grade", str(tmp_path / "results"), "--out", str(tmp_path / "scores.csv")]) == 0
    row = (tmp_path / "scores.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(",")
    assert row[0] == "Aiko"
    assert float(row[2]) == float(row[3]) == sum(("choices" in step) + ("goal" in step) for step in steps)
