"""Firefox with the words of Playwright, as far as the tests of the page use them: Playwright does not drive Debian's.

What a hand does (pointer, keys) goes through the browser's own input, after waiting until the element is there, at rest
and not covered.
"""

import json
import time
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import partial, partialmethod
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).with_name("elements.js").read_text(encoding="utf-8")
KEYS = {"Enter": 0xE007, "Escape": 0xE00C, "Tab": 0xE004, "Home": 0xE011, "End": 0xE010, "Delete": 0xE017}
KEYS |= {f"Arrow{way}": 0xE012 + at for at, way in enumerate(("Left", "Up", "Right", "Down"))}
OWN_ANSWERS = "a request answered by the test goes through Chromium's protocol alone"


class Browser:
    """A running browser, as ``new_context`` and ``new_page`` want it."""

    def __init__(self, session, folder):
        self.session = session
        behaviour = {"type": "allowed", "destinationFolder": str(folder)}
        session.ask("browser.setDownloadBehavior", {"downloadBehavior": behaviour})

    def new_context(self, **options):
        return Context(self.session, **options)

    def new_page(self):
        return self.new_context().new_page()


class Context:
    """A user of the browser: cookies and memory of its own."""

    def __init__(self, session, viewport=None, locale="en-GB", accept_downloads=True, **emulated):
        if emulated:
            pytest.skip(f"Firefox's protocol does not emulate {', '.join(emulated)}; Chromium's does")
        self.session, self.viewport, self.locale = session, viewport, locale
        self.name = session.ask("browser.createUserContext", {})["userContext"]
        self.pages = []

    def route(self, *_):
        pytest.skip(OWN_ANSWERS)

    def new_page(self):
        page = Page(self.session, self.name)
        page.set_viewport_size(self.viewport or {"width": 1280, "height": 900})
        self.session.ask("emulation.setLocaleOverride", {"contexts": [page.context_id], "locale": self.locale})
        self.pages.append(page)
        return page

    def close(self):
        for page in self.pages:
            self.session.hear.remove(page.heard)
        self.session.ask("browser.removeUserContext", {"userContext": self.name})


class Page:
    """A window of the browser: one in the background would draw no frames."""

    def __init__(self, session, user):
        self.session, self.patience, self.listeners, self.downloads, self.answers = session, 30, [], [], []
        created = session.ask("browsingContext.create", {"type": "window", "userContext": user})
        self.context_id = created["context"]
        self.mouse, self.keyboard = Mouse(self), Keyboard(self)
        session.hear.append(self.heard)

    def _ask(self, method, **params):
        return self.session.ask(method, {"context": self.context_id, **params})

    def heard(self, method, params):
        """Take what the browser tells about this tab."""
        if params.get("context", params.get("source", {}).get("context")) != self.context_id:
            return
        if method == "log.entryAdded":
            if params["type"] == "javascript" and params["level"] == "error":
                self._tell("pageerror", params["text"])
            else:
                kind = {"warn": "warning"}.get(params["level"], params["level"])
                self._tell("console", SimpleNamespace(type=kind, text=params["text"]))
        elif method == "network.beforeRequestSent":
            self._tell("request", SimpleNamespace(url=params["request"]["url"]))
        elif method == "network.responseCompleted":
            self.answers.append(params["request"]["url"])
        elif method == "browsingContext.downloadWillBegin":
            self.downloads.append({"name": params["suggestedFilename"]})
        elif method == "browsingContext.downloadEnd":
            self.downloads[-1]["path"] = params["filepath"]

    def _tell(self, event, said):
        for name, listener in self.listeners:
            if name == event:
                listener(said)

    def on(self, event, listener):
        self.listeners.append((event, listener))

    def set_default_timeout(self, milliseconds):
        self.patience = milliseconds / 1000

    def set_viewport_size(self, size):
        self._ask("browsingContext.setViewport", viewport=size)

    def goto(self, url):
        self._ask("browsingContext.navigate", url=url, wait="complete")

    def reload(self):
        self._ask("browsingContext.reload", wait="complete")

    def close(self):
        self._ask("browsingContext.close")

    @property
    def url(self):
        return self.evaluate("location.href")

    def title(self):
        return self.evaluate("document.title")

    def screenshot(self, path, full_page=False):
        import base64

        origin = "document" if full_page else "viewport"
        Path(path).write_bytes(base64.b64decode(self._ask("browsingContext.captureScreenshot", origin=origin)["data"]))

    def evaluate(self, script, argument=None):
        """The value of an expression, or of a function of the argument, as JSON has it."""
        asked = f"""(async () => {{
          const found = ({script});
          return JSON.stringify(await (typeof found === "function" ? found({json.dumps(argument)}) : found));
        }})()"""
        target = {"context": self.context_id}
        told = self.session.ask("script.evaluate", {"expression": asked, "target": target, "awaitPromise": True})
        assert told["type"] == "success", told["exceptionDetails"]["text"]
        return json.loads(told["result"]["value"]) if told["result"]["type"] == "string" else None

    def eval_on_selector_all(self, selector, script):
        return self.evaluate(f"({script})([...document.querySelectorAll({json.dumps(selector)})])")

    def on_element(self, selector, script):
        """The value of a function of the elements that match, and of what ``elements.js`` knows about elements."""
        return self.evaluate(f"(({script})(({SCRIPT})({json.dumps(selector)})))")

    def wait_for_timeout(self, milliseconds):
        self.session.listen(milliseconds / 1000)

    def until(self, found, what):
        """The first answer that is something."""
        end = time.monotonic() + self.patience
        while True:
            answer = found()
            if answer:
                return answer
            assert time.monotonic() < end, f"not within {self.patience} s: {what}"
            self.session.listen(0.02)

    def wait_for_selector(self, selector, state="visible"):
        self.locator(selector).first.wait_for(state)

    @contextmanager
    def expect_download(self, timeout=None):
        before, expected = len(self.downloads), SimpleNamespace(value=None)
        yield expected
        self.until(lambda: len(self.downloads) > before and "path" in self.downloads[-1], "a download")
        name, path = self.downloads[-1]["name"], Path(self.downloads[-1]["path"])
        move = partial(_copied, path)
        expected.value = SimpleNamespace(suggested_filename=name, save_as=move, path=lambda: path)

    @contextmanager
    def expect_response(self, pattern):
        before = len(self.answers)
        yield
        self.until(lambda: any(fnmatch(url, pattern) for url in self.answers[before:]), f"an answer of {pattern}")

    @contextmanager
    def expect_event(self, event):
        said, expected = [], SimpleNamespace(value=None)
        self.on(event, said.append)
        yield expected
        expected.value = self.until(lambda: said and said[0], event)

    def route(self, *_):
        pytest.skip(OWN_ANSWERS)

    def expose_function(self, *_):
        pytest.skip("a page that calls the test goes through Chromium's protocol alone")

    @property
    def context(self):
        pytest.skip("processor time of a page's thread is measured by Chromium's protocol alone")

    def locator(self, selector):
        return Locator(self, selector)

    def _first(self, verb, selector, *given, **named):
        return getattr(self.locator(selector).first, verb)(*given, **named)

    click = partialmethod(_first, "click")
    hover = partialmethod(_first, "hover")
    focus = partialmethod(_first, "focus")
    fill = partialmethod(_first, "fill")
    press = partialmethod(_first, "press")
    check = partialmethod(_first, "check")
    uncheck = partialmethod(_first, "uncheck")
    select_option = partialmethod(_first, "select_option")
    set_input_files = partialmethod(_first, "set_input_files")
    inner_text = partialmethod(_first, "inner_text")
    input_value = partialmethod(_first, "input_value")
    is_visible = partialmethod(_first, "is_visible")


def _copied(source, path):
    Path(path).write_bytes(source.read_bytes())


class Mouse:
    """The pointer of a tab."""

    def __init__(self, page):
        self.page, self.at = page, (0, 0)

    def _do(self, *actions):
        pointer = {"type": "pointer", "id": "mouse", "actions": list(actions)}
        self.page._ask("input.performActions", actions=[pointer])

    def move(self, x, y, steps=1):
        (left, top), self.at = self.at, (x, y)
        ways = [(left + (x - left) * step / steps, top + (y - top) * step / steps) for step in range(1, steps + 1)]
        self._do(*({"type": "pointerMove", "x": round(a), "y": round(b), "duration": 0} for a, b in ways))

    def down(self):
        self._do({"type": "pointerDown", "button": 0})

    def up(self):
        self._do({"type": "pointerUp", "button": 0})

    def click(self, x, y):
        self.move(x, y)
        self._do({"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0})


class Keyboard:
    """The keys of a tab."""

    def __init__(self, page):
        self.page = page

    def press(self, key):
        self.type(chr(KEYS[key]) if key in KEYS else {"Space": " "}.get(key, key))

    def type(self, text):
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.page._ask("input.performActions", actions=[{"type": "key", "id": "keys", "actions": actions}])


class Locator:
    """Elements that a selector finds, each time anew."""

    def __init__(self, page, selector):
        self.page, self.selector = page, selector

    def locator(self, selector):
        return Locator(self.page, f"{self.selector} >> {selector}")

    def nth(self, at):
        return self.locator(f"nth={at}")

    first = property(lambda self: self.nth(0))
    last = property(lambda self: self.nth(-1))

    def _ask(self, script):
        return self.page.on_element(self.selector, script)

    def _await(self, script):
        return self.page.until(lambda: self._ask(script), f"{script} of {self.selector}")

    def count(self):
        return self._ask("({ found }) => found.length")

    def all_inner_texts(self):
        return self._ask("({ found }) => found.map(each => each.innerText)")

    def is_visible(self):
        return self._ask("({ found, seen }) => Boolean(found[0] && seen(found[0]))")

    def is_hidden(self):
        return not self.is_visible()

    def wait_for(self, state="visible"):
        wanted = {
            "visible": "Boolean(found[0] && seen(found[0]))",
            "hidden": "!found[0] || !seen(found[0])",
            "attached": "found.length > 0",
            "detached": "found.length === 0",
        }
        self._await(f"({{ found, seen }}) => {wanted[state]}")

    def _of_first(self, expression):
        return self._await(f"({{ found: [e] }}) => e && {{ value: {expression} ?? null }}")["value"]

    def inner_text(self):
        return self._of_first("e.innerText")

    def input_value(self):
        return self._of_first("e.value")

    def is_disabled(self):
        return self._of_first("e.disabled")

    def get_attribute(self, name):
        return self._of_first(f"e.getAttribute({json.dumps(name)})")

    def bounding_box(self):
        box = "({ x, y, width, height }) => ({ x, y, width, height })"
        return self._of_first(f"({box})(e.getBoundingClientRect())")

    def dispatch_event(self, name):
        self._of_first(f"e.dispatchEvent(new Event({json.dumps(name)}, {{ bubbles: true, composed: true }}))")

    def focus(self):
        self._of_first("e.focus()")

    def _aimed(self, position=None):
        """Where the pointer has to be, once the element is at rest and nothing covers the place."""
        return self._await(f"({{ found: [e], aim }}) => e && aim(e, {json.dumps(position)})")

    def hover(self):
        self.page.mouse.move(*self._aimed())

    def click(self, position=None):
        self.page.mouse.click(*self._aimed(position))

    def press(self, key):
        self.focus()
        self.page.keyboard.press(key)

    def fill(self, text):
        self._await("({ found: [e], seen }) => Boolean(e && seen(e) && !e.disabled)")
        self._of_first("(e.focus(), e.select())")
        self.page.keyboard.type(text or chr(KEYS["Delete"]))

    def check(self):
        if not self._of_first("e.checked"):
            self.click()
            self._await("({ found: [e] }) => e.checked")

    def uncheck(self):
        if self._of_first("e.checked"):
            self.click()
            self._await("({ found: [e] }) => !e.checked")

    def select_option(self, value=None, label=None):
        wanted = f"o => o.value === {json.dumps(value)}" if label is None else f"o => o.label === {json.dumps(label)}"
        self._await(f"({{ found: [e], choose }}) => Boolean(e) && choose(e, {wanted})")

    def set_input_files(self, path):
        located = self.page._ask(
            "browsingContext.locateNodes", locator={"type": "css", "value": self.selector.split(" >> ")[0]}
        )
        element = {"sharedId": located["nodes"][0]["sharedId"]}
        self.page._ask("input.setFiles", element=element, files=[str(path)])
