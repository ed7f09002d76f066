"""The page in a real browser: it loads clean, speaks two languages, fits a phone, and works from the keyboard alone."""

import pytest

KINDS = {"circle", "xor", "gauss", "spiral", "plane", "multi_gauss", "points", "baseball", "penguins", "spam"}


def test_the_page_shows_texts_not_keys_and_the_console_stays_silent(opened):
    playground = opened()
    assert "play." not in playground.page.inner_text("#koubai-play")
    assert playground.page.title() == "koubai playground: watch a neural network learn"
    shown = playground.page.eval_on_selector_all(".set", "each => each.map(one => one.dataset.name)")
    assert set(shown) == KINDS


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


@pytest.mark.slow
def test_no_width_scrolls_sideways_and_nothing_is_cut_off(opened):
    for lang in ("en-GB", "ja-JP"):
        playground = opened(lang=lang)
        for width in (380, 768, 1024, 1440, 2200):
            playground.page.set_viewport_size({"width": width, "height": 900})
            playground.page.wait_for_timeout(120)
            assert playground.page.evaluate("document.documentElement.scrollWidth") <= width
            cut = playground.page.evaluate(
                """() => [...document.querySelectorAll('#koubai-play :is(button, label, output):not(.ask)')]
                  .filter(each => each.offsetParent && getComputedStyle(each).display !== 'inline')
                  .filter(each => each.clientWidth && each.scrollWidth > each.clientWidth + 1)
                  .map(each => each.outerHTML.slice(0, 120))"""
            )
            assert cut == [], (lang, width)


def test_the_whole_idea_is_seen_at_one_glance(opened):
    for lang in ("en-GB", "ja-JP"):
        playground = opened(width=1440, height=900, lang=lang)
        for part in (".play", ".strip", ".data", ".network", ".output", ".loss", ".timeline input"):
            box = playground.page.locator(part).first.bounding_box()
            assert box["y"] + box["height"] <= 900, part


def test_a_dark_page_is_remembered(opened):
    playground = opened()
    playground.page.click("button.theme")
    playground.wait("document.getElementById('koubai-play').dataset.theme === 'dark'")
    playground.page.reload()
    playground.until("s.theme === 'dark'")


def focused(playground, expression):
    """The value of an expression in the focused element ``e``."""
    return playground.page.evaluate(f"(e => {expression})(document.activeElement)")


def tab_to(playground, selector, most=40):
    """Press Tab until the focused element matches."""
    for _ in range(most):
        playground.page.keyboard.press("Tab")
        if focused(playground, f"e.matches({selector!r})"):
            assert focused(playground, "getComputedStyle(e).outlineStyle") == "solid", "focus must be seen"
            return
    raise AssertionError(f"Tab does not reach {selector}")


def test_the_keyboard_alone_plays_steps_edits_explains_and_draws(opened):
    playground = opened("pace=0")
    keyboard = playground.page.keyboard
    tab_to(playground, "button.play")
    keyboard.press("Enter")
    playground.until("s.running && s.epoch > 3")
    keyboard.press("Enter")
    playground.until("!s.running")
    before = playground.state("s.epoch")
    keyboard.press("s")
    playground.until(f"s.epoch > {before}")
    keyboard.press("r")
    playground.until("s.epoch === 0")
    tab_to(playground, "[data-control=learning_rate] input")
    keyboard.press("ArrowRight")
    playground.until("s.settings.learning_rate === 0.1")
    tab_to(playground, ".set")
    keyboard.press("ArrowRight")
    playground.until("s.settings.dataset === 'xor'")
    tab_to(playground, ".nodes .node")
    keyboard.press("ArrowRight")
    keyboard.press("ArrowDown")
    assert "2" in focused(playground, "e.getAttribute('aria-label')")
    keyboard.press("Enter")
    playground.page.wait_for_selector(".inspector .number input")
    assert focused(playground, "e.closest('.inspector') !== null")
    keyboard.type("0.75")
    keyboard.press("Enter")
    playground.until("Array.from(s.frame.blocks.theta.data).includes(0.75)")
    tab_to(playground, ".inspector .number button", 4)
    keyboard.press("Enter")
    playground.until("s.explanation")
    keyboard.press("Escape")
    playground.page.wait_for_selector(".inspector", state="hidden")
    assert focused(playground, "e.classList.contains('node')"), "focus goes back to where it came from"


def test_space_plays_where_nothing_is_focused_and_types_where_something_is(opened):
    playground = opened()
    playground.page.keyboard.press("Space")
    playground.until("s.running")
    playground.page.keyboard.press("Space")
    playground.until("!s.running")
    epoch = playground.state("s.epoch")
    playground.page.focus("#koubai-starts-count")
    playground.page.keyboard.type("s")
    playground.page.wait_for_timeout(300)
    assert playground.state("s.epoch") == epoch


@pytest.mark.slow
def test_every_control_explains_itself_where_it_stands(opened):
    playground = opened()
    bare = playground.page.eval_on_selector_all(
        ".field, .joined, .instant, .depth, .check[data-control], .branches",
        "each => each.filter(one => !one.querySelector('.ask') && !one.parentElement.querySelector('.ask'))"
        ".map(one => one.outerHTML.slice(0, 100))",
    )
    assert bare == []
    asks = playground.page.locator(".ask:visible")
    for index in range(asks.count()):
        asks.nth(index).click()
        words = playground.page.locator(".help:popover-open")
        assert words.count() == 1
        assert len(words.inner_text()) > 20
        box = words.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1280
        playground.page.keyboard.press("Escape")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_screen_reader_and_weak_eyes_are_served(opened, theme):
    """The rules of axe-core: names, roles, contrast, order. It does not read MathML: a header in it counts as empty."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    playground = opened("hidden=[1]", color_scheme=theme)
    playground.page.click(".strip .more")
    playground.press("play.header.step")
    playground.until("s.epoch === 1")
    playground.press("play.timeline.branch")
    playground.page.click(".nodes .node >> nth=7")
    playground.page.locator(".inspector .number button").nth(1).click()
    playground.until("s.explanation")
    playground.page.locator("button.lesson").first.click()
    playground.page.wait_for_selector(".lesson-bar", state="visible")
    options = {"rules": {"empty-table-header": {"enabled": False}}}
    if theme == "dark":
        options = {"runOnly": ["color-contrast"]}  # all that differs
    found = axe.Axe().run(playground.page, options=options)
    assert [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]] == []


def test_who_wants_no_motion_gets_none(opened):
    playground = opened(reduced_motion="reduce")
    playground.press("play.explain.loss")
    playground.until("s.explanation")
    playground.page.wait_for_timeout(50)
    top = playground.page.evaluate("scrollY")
    playground.page.wait_for_timeout(300)
    assert playground.page.evaluate("scrollY") == top
    assert playground.page.evaluate("document.getAnimations().length") == 0


def test_the_first_paint_comes_within_a_second(opened):
    playground = opened()
    playground.page.reload()
    playground.until("s.frame")
    playground.wait("performance.getEntriesByName('first-contentful-paint').length > 0")
    times = []
    for _ in range(3):
        playground.page.reload()
        playground.wait("performance.getEntriesByName('first-contentful-paint').length > 0")
        times.append(playground.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    assert min(times) < 1000
