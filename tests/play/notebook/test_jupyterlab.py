"""The widget in a real JupyterLab: its own page's modules, trained by the kernel, read back in another cell."""

import json
import os

import pytest

PATIENCE = 120_000
"""Milliseconds; a busy machine is slow, and a first training compiles."""

EPOCH = "Number((document.querySelector('.koubai-play .epoch')?.textContent ?? '0').replaceAll(',', ''))"


def state(page, expression):
    return page.evaluate(f"(s => {expression})(document.querySelector('.koubai-widget > div').playground.store.state)")


def run_cell(page, number):
    """Run a cell, counted from 0, wherever the focus is."""
    page.evaluate(
        "number => { jupyterapp.shell.currentWidget.content.activeCellIndex = number;"
        " jupyterapp.commands.execute('notebook:run-cell'); }",
        number,
    )


@pytest.mark.slow  # JupyterLab alone takes longer to start than most tests take
@pytest.mark.timeout(600)
def test_a_notebook_trains_in_its_cell_and_gives_the_network_back(notebook, browser):
    page = browser.new_page(viewport={"width": 1440, "height": 1000}, locale="en-GB")
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(PATIENCE)
    page.goto(notebook)
    page.locator(".jp-Cell").nth(2).wait_for()
    page.evaluate("jupyterapp.restored.then(() => jupyterapp.shell.currentWidget.sessionContext.ready)")
    run_cell(page, 0)
    run_cell(page, 1)

    play = page.locator(".koubai-play button.play")
    try:
        play.wait_for()
    except Exception:
        pytest.fail(f"no widget: {page.locator('.jp-OutputArea-output').all_inner_texts()}")
    page.wait_for_function("document.querySelector('.koubai-widget > div')?.playground?.store.state.frame")
    assert state(page, "s.data.x.length") == 200
    assert state(page, "s.classes") == ["other", "same"]
    assert page.evaluate(EPOCH) == 0
    if folder := os.environ.get("KOUBAI_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/jupyterlab-first.png")

    shown = {name: page.locator(f".koubai-widget {name}").first.is_visible() for name in (".own", ".drop", ".hiding")}
    assert shown == {".own": True, ".drop": False, ".hiding": False}  # data come from the notebook; there is no link

    play.click()
    page.wait_for_function(f"{EPOCH} >= 20")
    held = page.evaluate("document.querySelectorAll('.jp-Cell').length")
    page.locator(".koubai-play .output .square").first.hover()
    play.focus()
    page.keyboard.press("a")  # in JupyterLab's command mode this adds a cell
    assert page.evaluate("document.querySelectorAll('.jp-Cell').length") == held

    play.click()  # a cell that pauses is answered when it has ended: what it reads is what the page told until then
    page.wait_for_function("!document.querySelector('.koubai-widget > div').playground.store.state.running")
    run_cell(page, 2)
    printed = page.locator(".jp-CodeCell").nth(2).locator(".jp-OutputArea-output pre")
    printed.wait_for()
    found = json.loads(printed.inner_text())
    assert found["kind"] == "MLPClassifier"
    assert found["epoch"] >= 20
    assert found["off"] < 1e-12
    page.wait_for_function(f"{EPOCH} === {found['epoch']:.0f}")
    shown = state(page, "Array.from(s.frame.blocks.theta.data)")
    assert max(abs(a - b) for a, b in zip(shown, found["theta"], strict=True)) < 1e-5
    assert state(page, "s.running") is False
    if folder:
        page.screenshot(path=f"{folder}/jupyterlab-trained.png")
    assert complaints == []
    page.close()
