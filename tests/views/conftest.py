"""A headless Chromium for the tests of pages that no server serves."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Watch = Callable[..., list[dict[str, Any]]]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

DRIVE = """
import json, sys
from playwright.sync_api import sync_playwright
chromium, watch, options, *addresses = sys.argv[1:]
options = json.loads(options)
media = options.pop("media")
seen = []
with sync_playwright() as started:
    browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    for address in addresses:
        problems = []
        context = browser.new_context(offline=True, **options)
        page = context.new_page()
        page.emulate_media(media=media)
        page.on("pageerror", lambda error, told=problems: told.append(str(error)))
        page.on("console", lambda said, told=problems: told.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked, told=problems: told.append(asked.url) if asked.url not in addresses else None)
        page.goto(address)
        seen.append({**page.evaluate(watch), "problems": problems})
        context.close()
    browser.close()
print(json.dumps(seen))
"""


@pytest.fixture(scope="session")
def watch() -> Watch:
    """Return what opens pages without a network, runs a function in each, and returns what that said of it.

    Further arguments say how pages are seen: ``size``, ``media`` (screen or print), ``locale``.

    In a process of its own: one process can drive only one browser at a time, and other tests have theirs.
    """
    found = os.environ.get("KOUBAI_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        sentence = "Pages are not tested: no browser found; install chromium, or name one in KOUBAI_CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence + " CI must have it.")
        pytest.skip(sentence)

    def watching(
        function: str,
        pages: list[Path],
        size: tuple[int, int] = (1280, 800),
        media: str = "screen",
        locale: str = "en-GB",
    ) -> list[dict[str, Any]]:
        seen_as = {"viewport": {"width": size[0], "height": size[1]}, "media": media, "locale": locale}
        command = [
            sys.executable,
            "-c",
            DRIVE,
            found,
            function,
            json.dumps(seen_as),
            *(page.as_uri() for page in pages),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=220)
        assert done.returncode == 0, done.stderr
        seen: list[dict[str, Any]] = json.loads(done.stdout)
        return seen

    return watching
