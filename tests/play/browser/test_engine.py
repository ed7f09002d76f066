"""The engine as a WebAssembly module in a browser: the same numbers as the native engine's."""

import json

import pytest
from tests.engines.wasm_cases import LOADER, SCRIPTS, TOLERANCES, assert_agreement, built, cases_of

HOST = "http://engine.test/"
RUN = """async asked => {
  const [{ loadEngine }, { found, plain }] = [await import("/engine.js"), await import("/cases.mjs")];
  const [module, description] = [await fetch("/engine.wasm"), await fetch("/engine.json")];
  return plain(found(await loadEngine(await module.arrayBuffer(), await description.json()), JSON.parse(asked)));
}"""


@pytest.fixture
def page(browser):
    """An empty page of a server that has nothing but the engine."""
    module, described = built()
    files = {path.name: path for path in LOADER.iterdir()} | {"cases.mjs": SCRIPTS / "cases.mjs"}
    files |= {"engine.wasm": module, "engine.json": described}
    kinds = {".wasm": "application/wasm", ".json": "application/json"}

    def answer(route):
        name = route.request.url.removeprefix(HOST)
        if name in files:
            path = files[name]
            route.fulfill(body=path.read_bytes(), content_type=kinds.get(path.suffix, "text/javascript"))
        else:
            route.fulfill(body="<!doctype html><title>engine</title>", content_type="text/html")

    opened = browser.new_page()
    opened.route(f"{HOST}**", answer)
    opened.goto(HOST)
    yield opened
    opened.close()


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_a_browser_gets_the_native_engines_numbers_from_the_module(page, dtype):
    cases = cases_of(dtype)
    assert_agreement(cases, json.loads(page.evaluate(RUN, json.dumps(cases.asked))))
