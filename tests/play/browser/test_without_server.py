"""The playground without a server, in a real browser: one file opened from the disk, and a folder on a static host."""

import functools
import http.server
import json
import threading
import time

import numpy as np
import pytest

import koubai
from koubai.cli.main import main
from koubai.play.catalogue import engine_files
from koubai.play.replay import replay

from .bidi import firefox

PATIENCE = 90


STATE = "(document.getElementById('koubai-play').playground?.store.state ?? {})"


class Page:
    """The page under test, in any browser: what its store holds, what it asked for, what it complained of."""

    def evaluate(self, expression):
        raise NotImplementedError

    def state(self, expression):
        return self.evaluate(f"(s => {expression})({STATE})")

    def until(self, expression):
        end = time.monotonic() + PATIENCE
        while not self.state(expression):
            assert time.monotonic() < end, (expression, self.complaints, self.state("s.problem"))
            time.sleep(0.02)

    def do(self, what, message):
        self.evaluate(
            f"document.getElementById('koubai-play').playground.context.{what}({json.dumps(message)}) ?? null"
        )

    def shown(self):
        """Wait until the panels show what is in the store: they are told with the screen's next frame."""
        while self.evaluate("document.getElementById('koubai-play').playground.store.asked"):
            time.sleep(0.02)

    def inside(self, selector):
        self.shown()
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def count(self, selector):
        self.shown()
        return self.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")


class InChromium(Page):
    def __init__(self, browser, address):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        self.page, self.requests, self.complaints = self.context.new_page(), [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        self.page.goto(address)
        self.until("Boolean(s.frame && s.network)")

    def evaluate(self, expression):
        return self.page.evaluate(expression)

    def downloaded(self, kind, path):
        with self.page.expect_download() as download:
            self.do("send", {"type": "download", "kind": kind})
        download.value.save_as(path)
        return path

    def close(self):
        self.context.close()


class InFirefox(Page):
    def __init__(self, browser, address):
        self.browser, self.requests, self.complaints = browser, browser.requests, browser.complaints
        self.requests.clear()
        self.complaints.clear()
        browser.open(address)
        self.until("Boolean(s.frame && s.network)")

    def evaluate(self, expression):
        return self.browser.evaluate(expression)

    def close(self):
        self.browser.open("about:blank")


@pytest.fixture(scope="module")
def in_firefox(tmp_path_factory, firefox_program):
    with firefox(firefox_program, tmp_path_factory.mktemp("firefox")) as found:
        yield found


@pytest.fixture(params=["chromium", pytest.param("firefox", marks=pytest.mark.slow)])
def opened_in(request):
    """A function that opens a page in a browser: each test goes through both."""
    if request.param == "chromium":
        return functools.partial(InChromium, request.getfixturevalue("browser"))
    return functools.partial(InFirefox, request.getfixturevalue("in_firefox"))


@pytest.fixture(scope="module")
def one_file(tmp_path_factory, missing):
    if engine_files() is None:
        missing("no module for browsers is built; python -m koubai.engines.cpu.native.build wasm32")
    path = tmp_path_factory.mktemp("exported") / "playground.html"
    assert main(["play", "--export", str(path)]) == 0
    return path.as_uri()


@pytest.fixture(scope="module")
def host(tmp_path_factory, missing):
    if engine_files() is None:
        missing("no module for browsers is built; python -m koubai.engines.cpu.native.build wasm32")
    folder = tmp_path_factory.mktemp("host") / "below"
    assert main(["play", "--export", str(folder)]) == 0

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder.parent))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/below/"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["one_file", "host"])
def test_it_trains_and_walks_python_s_path(request, opened_in, where):
    address = request.getfixturevalue(where)
    page = opened_in(address)
    page.do("change", {"hidden": [4], "pace": 0, "optimizer": "adam", "learning_rate": 0.01})
    page.until("s.network.sizes.length === 3 && s.epoch === 0")
    page.do("send", {"type": "run", "until": 25})
    page.until("s.epoch === 25 && !s.running")
    settings = page.state("s.settings")
    _, moment = replay(settings, [{"epochs": 25}], {})
    shown = np.array(page.state("Array.from(s.frame.blocks.theta.data)"))
    assert np.abs(shown - moment.state.theta).max() < 1e-5
    page.do("change", {"dataset": "penguins", "axes": "pca"})
    page.until("s.feature_names.length > 5 && s.frame.header.epoch === 0")
    page.do("send", {"type": "step", "count": 30})
    page.until("s.epoch === 30")
    assert page.state("s.frame.header.test_accuracy") > 0.9
    page.do("change", {"dataset": "xor", "axes": [0, 1]})
    page.until("s.feature_names.length === 2 && s.epoch === 0")
    page.do("send", {"type": "starts", "count": 12, "epochs": 40})
    page.until("s.starts?.mean")
    assert page.state("s.starts.losses.length") == 12
    assert page.complaints == []
    if where == "one_file":
        assert {url for url in page.requests if not url.startswith(("blob:", "data:"))} <= {address}
    else:
        assert all(url.startswith((address, "blob:", "data:")) for url in page.requests)
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["one_file", "host"])
def test_digits_are_learned_and_a_cell_is_derived(request, opened_in, where):
    page = opened_in(request.getfixturevalue(where))
    page.evaluate("document.querySelector('.set[data-name=digits]').click() ?? null")
    page.until("Boolean(s.frame.blocks.seen && s.data.images)")
    page.do("send", {"type": "step", "count": 3})
    page.until("s.epoch === 3")
    assert page.state("s.frame.header.test_accuracy") > 0.8
    _, moment = replay(page.state("s.settings"), [{"epochs": 3}], {})
    assert np.abs(np.array(page.state("Array.from(s.frame.blocks.theta.data)")) - moment.state.theta).max() < 1e-5
    page.do("send", {"type": "look", "pixels": [0.5] * 64})
    page.until("s.frame.header.look.pixels?.length === 64")
    page.evaluate("document.querySelectorAll('.bar')[3].click() ?? null")
    page.until("s.cell?.at === 3")
    page.until("document.querySelector('.card.cell .result').textContent.includes('softmax')")
    assert page.complaints == []
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["one_file", "host"])
def test_numbers_are_derived_in_the_page(request, opened_in, where):
    page = opened_in(request.getfixturevalue(where))
    page.do("send", {"type": "step", "unit": "minibatch"})
    page.until("s.frame.header.step === 1")
    page.evaluate("document.querySelector('[data-text=\"play.explain.forward\"]').click() ?? null")
    page.until("Boolean(s.explanation?.html.includes('<math'))")
    assert "where does" in page.inside(".derivation article")
    assert page.count(".derivation svg.net .asked") == 1
    for what, layer in (("update", 1), ("step", 2), ("loss", 1), ("bias", 3)):
        page.evaluate("document.getElementById('koubai-play').playground.store.set({ explanation: null }) ?? null")
        asked = {"type": "explain", "what": what, "layer": layer, "source": 0, "target": 0, "row": 3, "lang": "ja"}
        page.do("send", asked)
        page.until("Boolean(s.explanation?.html.includes('lang=\"ja\"'))")
        assert "explain." not in page.inside(".derivation"), "every text is there"
    assert page.state("s.problem") == ""
    assert page.complaints == []
    page.close()


def test_a_page_on_a_host_that_has_loaded_asks_for_nothing_more(browser, host):
    page = InChromium(browser, host)
    end = time.monotonic() + PATIENCE
    while sum(url.endswith("static/worker.js") for url in page.requests) < 2:  # what it gets at last
        assert time.monotonic() < end, page.requests
        page.page.wait_for_timeout(50)
    page.page.wait_for_timeout(200)
    loaded = len(page.requests)
    page.page.context.set_offline(True)
    page.do("send", {"type": "explain", "what": "loss", "layer": 1, "row": 0, "lang": "en"})
    page.until("Boolean(s.explanation?.html.includes('<math'))")
    page.do("send", {"type": "starts", "count": 6, "epochs": 20})
    page.until("s.starts?.mean")
    page.page.click(".lang")
    page.until("s.lang === 'ja'")
    page.page.click(".lang")
    page.until("s.lang === 'en'")
    for name, seen in (("penguins", "s.feature_names.length > 5"), ("digits", "Boolean(s.frame.blocks.seen)")):
        page.evaluate(f"document.querySelector('.set[data-name={name}]').click() ?? null")
        page.until(seen)
    page.page.click(".begin")
    page.until("s.lesson?.name === 'perceptron' && s.settings.mode === 'perceptron'")
    assert [url for url in page.requests[loaded:] if not url.startswith("blob:")] == []
    assert page.complaints == []
    page.close()


def test_a_lesson_that_is_not_there_gets_one_sentence_and_the_rest_of_the_link_holds(browser, host):
    page = InChromium(browser, f"{host}#lesson=no-such&noise=0.2")
    page.until("s.settings?.noise === 0.2 && s.problem.includes('left out: lesson')")
    assert page.state("s.lesson") is None
    page.close()


def test_models_and_programs_are_made_in_the_page(browser, one_file, tmp_path, capsys):
    page = InChromium(browser, one_file)
    page.do("send", {"type": "step", "count": 10})
    page.until("s.epoch === 10")
    model = koubai.load(page.downloaded("model", tmp_path / "model.koubai"))
    assert model.theta_.size == page.state("s.network.n_parameters")
    table = tmp_path / "new.csv"
    table.write_text("x1,x2\n0,0\n5,0\n")
    assert main(["predict", str(tmp_path / "model.koubai"), str(table)]) == 0
    assert "prediction" in capsys.readouterr().out
    assert "replay(settings, done, tables)" in page.downloaded("python", tmp_path / "p.py").read_text()
    page.close()


def test_a_table_of_numbers_can_be_dropped_and_anything_else_gets_a_sentence(browser, one_file, tmp_path):
    page = InChromium(browser, one_file)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 2)) * 20 + 5
    lines = [f"{a:.3f};{b:.3f};{'yes' if a > b else 'no'}" for a, b in rows]
    good = tmp_path / "good.csv"
    good.write_text("width;height;wide\n" + "\n".join(lines) + "\n")
    page.page.set_input_files("input[type=file]", str(good))
    page.until("s.table?.columns?.length === 3")
    page.do("change", {"dataset": "table", "table": page.state("s.table.id"), "target": "wide", "axes": [0, 1]})
    page.until("s.feature_names[0] === 'width'")
    assert page.state("s.classes") == ["no", "yes"]
    page.do("send", {"type": "step", "count": 40})
    page.until("s.epoch === 40")
    assert page.state("s.frame.header.train_accuracy") > 0.85
    model = koubai.load(page.downloaded("model", tmp_path / "own.koubai"))
    import pandas as pd

    right = model.predict(pd.DataFrame(rows, columns=["width", "height"])) == np.where(
        rows[:, 0] > rows[:, 1], "yes", "no"
    )
    assert right.mean() > 0.85
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b,c\n1,red,x\n2,blue,y\n")
    page.page.set_input_files("input[type=file]", str(bad))
    page.until("s.table?.columns?.[0] === 'a'")
    page.do("change", {"dataset": "table", "table": page.state("s.table.id"), "target": "c", "axes": [0, 1]})
    page.until("s.problem.includes('columns must hold numbers only; b has')")
    words = page.page.locator(".own .words")
    for name, content in (("sjis.csv", "身長,体重\n170,60\n".encode("cp932")), ("t.parquet", b"PAR1\0\0a,b\n1,2\n")):
        (tmp_path / name).write_bytes(content)
        page.page.set_input_files("input[type=file]", str(tmp_path / name))
        words.get_by_text(f"{name} must be text in UTF-8 here").wait_for()
    assert page.page.locator(".own .drop span:visible").first.inner_text().startswith("Drop a table of numbers")
    page.close()


def test_a_browser_without_vector_instructions_gets_one_sentence(browser, one_file):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.add_init_script("WebAssembly.validate = () => false")
    page.goto(one_file)
    alert = page.locator(".problem:visible")
    alert.wait_for(timeout=1000 * PATIENCE)
    assert alert.inner_text().startswith("This browser cannot train here: it lacks the vector instructions")
    context.close()


def test_the_address_may_ask_for_a_language_before_the_browsers_own(browser, one_file):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    for asked, title in (("?lang=ja", "プレイグラウンド"), ("?lang=xx", "playground"), ("", "playground")):
        page.goto(f"{one_file}{asked}")
        page.locator(f"header.top h1:has-text('{title}')").wait_for(timeout=1000 * PATIENCE)
        assert page.evaluate("document.documentElement.lang") == ("ja" if asked == "?lang=ja" else "en")
    context.close()


def test_a_page_opens_in_the_language_that_it_was_written_with_until_the_visitor_chooses(browser, tmp_path):
    assert main(["play", "--export", str(tmp_path / "page.html"), "--lang", "ja"]) == 0
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    address = (tmp_path / "page.html").as_uri()
    page.goto(address)
    page.locator("header.top h1:has-text('プレイグラウンド')").wait_for(timeout=1000 * PATIENCE)
    page.click("button.lang")
    page.locator("header.top h1:has-text('playground')").wait_for(timeout=1000 * PATIENCE)
    page.goto(address)
    page.locator("header.top h1:has-text('playground')").wait_for(timeout=1000 * PATIENCE)
    context.close()
