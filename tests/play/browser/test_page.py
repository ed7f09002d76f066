"""The page in a real browser: it loads clean, speaks two languages, fits a phone, and works from the keyboard."""

import pytest


def test_the_page_shows_texts_not_keys_and_the_console_stays_silent(opened):
    playground = opened()
    assert "play." not in playground.page.inner_text("#koubai-play")
    assert playground.page.title() == "koubai playground: see a neural network learn"


def test_nothing_is_asked_of_another_machine(opened, address):
    asked = []
    playground = opened()
    playground.page.on("request", lambda request: asked.append(request.url))
    playground.page.reload()
    playground.until("s.frame")
    assert asked
    assert {url for url in asked if not url.startswith((address, "data:", "blob:"))} == set()


def test_the_language_is_switched_on_the_page_and_remembered(opened):
    playground = opened()
    playground.page.click("button.lang")
    playground.wait("document.documentElement.lang === 'ja'")
    assert "学習" in playground.page.inner_text("button.play")
    assert playground.page.inner_text(".network h2") == "ネットワーク"
    playground.page.reload()
    playground.until("s.frame")
    assert "学習" in playground.page.inner_text("button.play")


def test_a_japanese_browser_is_spoken_to_in_japanese(opened):
    assert opened(lang="ja-JP").page.inner_text(".data h2") == "データ"


@pytest.mark.parametrize("lang", ["en-GB", "ja-JP"])
@pytest.mark.parametrize("width", [380, 768, 1440, 2200])
def test_no_width_scrolls_sideways(opened, width, lang):
    playground = opened(width=width, lang=lang)
    assert playground.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_dark_page_is_remembered(opened):
    playground = opened()
    playground.page.click("button.theme")
    playground.wait("document.getElementById('koubai-play').dataset.theme === 'dark'")
    playground.page.reload()
    playground.until("s.theme === 'dark'")


def test_the_keyboard_alone_plays_steps_and_edits(opened):
    playground = opened()
    keyboard = playground.page.keyboard
    for _ in range(8):
        keyboard.press("Tab")
        if playground.page.evaluate("document.activeElement.classList.contains('play')"):
            break
    outline = playground.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "focus must be seen"
    keyboard.press("Enter")
    playground.until("s.running && s.epoch > 3")
    keyboard.press("Enter")
    playground.until("!s.running")
    before = playground.state("s.epoch")
    playground.page.evaluate("document.activeElement.blur()")
    keyboard.press("s")
    playground.until(f"s.epoch > {before}")
    playground.page.focus(".nodes .node >> nth=7")
    keyboard.press("Enter")
    playground.page.wait_for_selector(".inspector .number input")


def test_every_control_has_a_name(opened):
    playground = opened()
    nameless = playground.page.evaluate(
        """() => [...document.querySelectorAll('button, input, select')].filter(each =>
          !(each.textContent.trim() || each.getAttribute('aria-label') || (each.labels && each.labels.length)))
          .map(each => each.outerHTML)"""
    )
    assert nameless == []
