"""A stranger's panel: one module and its words, and it is on the page, in both languages, wherever the page goes."""

import shutil
from pathlib import Path

import pytest

from koubai.cli.main import main
from koubai.core.language import catalogue
from koubai.play import bundle, modules
from koubai.play.catalogue import engine_files

from .test_without_server import InChromium

PANEL = """// How many weights the network has, as a stranger would add it.
import { card, el } from "../page/dom.js";

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "first", order: 95, make: weighed };

/** @param {import("../types.js").Context} context */
function weighed({ texts }) {
  const told = el("p", { class: "number" });
  return {
    element: card("weighed", told),
    update: (/** @type {any} */ state, /** @type {Set<string>} */ changed) => {
      if (changed.has("frame") && state.frame) told.textContent = String(state.frame.blocks.theta.data.length);
    },
  };
}
"""
WORDS = {"en": "Weights", "ja": "重みの個数"}


@pytest.fixture
def page_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The page's folder with one more module, and the catalogues with one more line."""
    shutil.copytree(modules.STATIC, tmp_path / "static")
    (tmp_path / "static" / "panels" / "weighed.js").write_text(PANEL)
    monkeypatch.setattr(modules, "STATIC", tmp_path / "static")
    for language, words in WORDS.items():
        monkeypatch.setitem(catalogue(language), "play.weighed.title", words)  # type: ignore[arg-type]
    made = (modules.modules, modules.panels, bundle.script)
    for each in made:
        each.cache_clear()
    yield tmp_path
    for each in made:
        each.cache_clear()


def test_one_module_and_its_words_are_on_the_page(page_with_it: Path, browser, missing) -> None:
    if engine_files() is None:
        missing("no module for browsers is built; python -m koubai.engines.cpu.native.build wasm32")
    assert 'import { panel as weighed } from "../panels/weighed.js";' in modules.panels()
    assert 'href="static/panels/weighed.js"' in modules.index()
    path = page_with_it / "playground.html"
    assert main(["play", "--export", str(path)]) == 0
    page = InChromium(browser, f"{path.as_uri()}#lang=ja")
    told = page.page.locator(".pile").first
    assert told.locator(".weighed .number").inner_text() == str(page.state("s.frame.blocks.theta.data.length"))
    heads = [head for head in told.locator("h2").all_inner_texts() if head]
    assert WORDS[page.state("s.lang")] in heads
    assert heads.index(WORDS[page.state("s.lang")]) == 0  # before the panel of starts, by its order
    assert page.complaints == []


def test_two_panels_of_one_name_are_refused(page_with_it: Path) -> None:
    (page_with_it / "static" / "runs" / "weighed.js").write_text(PANEL)
    with pytest.raises(ValueError, match="must have different names; got weighed twice"):
        modules.panels()


def test_a_place_that_there_is_not_is_told(page_with_it: Path, browser, missing) -> None:
    if engine_files() is None:
        missing("no module for browsers is built; python -m koubai.engines.cpu.native.build wasm32")
    (page_with_it / "static" / "panels" / "weighed.js").write_text(PANEL.replace('"first"', '"nowhere"'))
    path = page_with_it / "playground.html"
    assert main(["play", "--export", str(path)]) == 0
    page = browser.new_page()
    with page.expect_event("pageerror") as error:
        page.goto(path.as_uri())
    assert "panel weighed: place must be one of head, lead," in str(error.value)
    page.close()
