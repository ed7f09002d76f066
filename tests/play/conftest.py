"""What tests of the playground share: a server, and a browser, which one process can drive only once."""

import os
import shutil

import pytest

pytest.importorskip("starlette", reason="pip install '.[play]'")


@pytest.fixture(scope="module")
def server():
    """A server that the tests of one module share: its process and its address."""
    from .playing import served

    with served() as found:
        yield found


@pytest.fixture(scope="session")
def missing():
    """A function that skips for want of something, saying what; it fails where integration promises to have it."""

    def ending(what):
        sentence = f"The playground's page is not tested: {what}."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence + " CI must have it.")
        pytest.skip(sentence)

    return ending


NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="session")
def chromium(missing):
    found = os.environ.get("KOUBAI_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        missing("no browser found; install chromium, or name one in KOUBAI_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def driver(missing):
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed; pip install '.[test]'")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def firefox_program(missing):
    found = os.environ.get("KOUBAI_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if not found:
        missing("no Firefox found; install firefox-esr, or name one in KOUBAI_FIREFOX")
    return found


@pytest.fixture(scope="session")
def browser(request, tmp_path_factory):
    """Chromium, or Firefox where ``KOUBAI_BROWSER=firefox`` asks for it."""
    if os.environ.get("KOUBAI_BROWSER") == "firefox":
        from .browser.bidi import firefox
        from .browser.firefox_page import Browser

        with firefox(request.getfixturevalue("firefox_program"), tmp_path_factory.mktemp("firefox")) as session:
            yield Browser(session, tmp_path_factory.mktemp("downloads"))
        return
    driver, chromium = request.getfixturevalue("driver"), request.getfixturevalue("chromium")
    launched = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    yield launched
    launched.close()
