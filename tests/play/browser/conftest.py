"""A real headless Chromium in front of a real server. Without a browser these tests are skipped, but never in CI."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

TOKEN = "a-token-for-tests"
PATIENCE = 90
"""Seconds that a test waits for what comes at once on a machine at rest."""
COMPILING = 200
"""Seconds until the first page has its first frame: the engine may have to be compiled, on a busy machine."""


@pytest.fixture(scope="session")
def address():
    """The address of a server of its own, started as people start it."""
    pytest.importorskip("starlette", reason="pip install '.[play]'")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    start = "import sys; from koubai.cli.main import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "play", "--port", str(port), "--no-browser"]
    environment = {**os.environ, "KOUBAI_TOKEN": TOKEN}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    url = f"http://127.0.0.1:{port}/"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}static/icon.svg", timeout=2).close()
            break
        except OSError:
            if server.poll() is not None:
                pytest.fail(f"koubai play ended with {server.returncode}: {server.stdout.read()}")
            time.sleep(0.1)
    yield url
    server.terminate()
    server.wait(timeout=10)
    server.stdout.close()


SHOWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""A promise of the second screen frame from now: a panel that is told in the first may change the state itself."""

APPLIED = """async link => {
  const { read } = await import("/static/page/link.js");
  const settings = document.getElementById("koubai-play").playground.store.state.settings;
  return Object.entries(read(link).settings).every(
    ([name, value]) => JSON.stringify(settings[name]) === JSON.stringify(value));
}"""
"""Whether the server has taken the settings in a link."""


class Playground:
    """The page under test, and what its store holds."""

    def __init__(self, page, complaints):
        self.page, self.complaints = page, complaints

    def state(self, expression):
        """The value of an expression in the store's state ``s``."""
        return self.page.evaluate(f"(s => {expression})(document.getElementById('koubai-play').playground.store.state)")

    def until(self, expression, seconds=PATIENCE):
        """Wait until an expression in the store's state is true, and the panels show it, a frame later."""
        self.wait(
            f"(s => {expression})(document.getElementById('koubai-play').playground?.store.state ?? {{}})", seconds
        )
        self.page.evaluate(SHOWN)

    def wait(self, script, seconds=PATIENCE, argument=None):
        """Wait until an expression, or a function of the argument, is true; asked from outside, for the page's policy
        forbids eval.
        """
        end = time.monotonic() + seconds
        while not self.page.evaluate(script, argument):
            assert time.monotonic() < end, f"not true after {seconds} s: {script}"
            time.sleep(0.02)

    @property
    def shown(self):
        """The page once the panels show what was done last: they follow with the screen's next frame."""
        self.page.evaluate(SHOWN)
        return self.page

    def inner_text(self, selector):
        """What an element says once the panels show what was done last."""
        return self.shown.inner_text(selector)

    def is_visible(self, selector):
        """Whether an element is there once the panels show what was done last."""
        return self.shown.is_visible(selector)

    def press(self, key):
        """Press the button that carries the text of this key."""
        self.page.click(f"[data-text='{key}']")

    def slide(self, name, value):
        """Move the slider of a control, as a hand does, until its setting is this value."""
        slider = self.page.locator(f"[data-control={name}] input[type=range]")
        slider.focus()
        for key in ("Home", *["ArrowRight"] * 30):
            slider.press(key)
            if self.state(f"s.settings.{name} === {value}"):
                return
        raise AssertionError(f"{name} has no value {value}")

    def train(self, until):
        """Play until an expression in the store's state is true, then pause."""
        self.page.click("button.play")
        self.until(until)
        self.page.click("button.play")
        self.until("!s.running")

    def theta(self):
        return self.state("Array.from(s.frame.blocks.theta.data)")


@pytest.fixture
def opened(browser, address):
    """A function that opens the page with settings in the link, and fails on anything that the console complains of."""
    contexts, complaints = [], []

    def opening(link="", width=1280, height=900, lang="en-GB", context=None, **options):
        if context is None:
            context = browser.new_context(
                viewport={"width": width, "height": height}, locale=lang, accept_downloads=True, **options
            )
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}?token={TOKEN}" + (f"#{link}" if link else ""))
        playground = Playground(page, complaints)
        playground.until(
            "s.frame && s.network && s.data && s.frame.blocks.theta.data.length === s.network.n_parameters", COMPILING
        )
        if link:
            playground.wait(APPLIED, argument=link)
            page.wait_for_timeout(300)  # data and a frame follow
        return playground

    yield opening
    for context in contexts:
        context.close()
    assert complaints == []
