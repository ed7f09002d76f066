"""The notebook's module in a real browser, with a host that does no more than anywidget's contract asks for."""

import json
import time

import numpy as np
import pytest
from sklearn.datasets import load_iris

import koubai
from koubai.play.catalogue import engine_files

HOST = """async (esm) => {
  const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const { default: { render } } = await import(address), listeners = new Set();
  const model = {
    send: (content) => window.to_kernel(JSON.stringify(content)),
    on: (_, listener) => listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
  };
  window.from_kernel = (content) => listeners.forEach((listener) => listener(content));
  const el = document.body.appendChild(document.createElement("div"));
  window.leave = await render({ model, el });
}"""
STATE = "document.querySelector('.koubai-widget > div').playground?.store.state"


@pytest.mark.slow
def test_the_widget_trains_in_the_browser_and_the_kernel_has_the_network(browser, missing):
    if engine_files() is None:
        missing("no module for browsers is built; python -m koubai.engines.cpu.native.build wasm32")
    X, y = load_iris(return_X_y=True)
    widget, page = koubai.play(X, y, hidden=[5], optimizer="adam", learning_rate=0.02), browser.new_page()
    complaints, said = [], []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.expose_function("to_kernel", lambda text: widget._handle_custom_msg(json.loads(text), []))
    widget.send = lambda content, buffers=None: said.append(content)

    def until(true):
        end = time.monotonic() + 90
        while not true():
            while said:
                page.evaluate("content => window.from_kernel(content)", said.pop(0))
            page.wait_for_timeout(20)
            assert time.monotonic() < end, complaints

    def state(expression):
        return page.evaluate(f"(s => {expression})({STATE} ?? {{}})")

    page.goto("about:blank")
    page.evaluate(HOST, widget._esm)
    until(lambda: state("Boolean(s.frame && s.data)"))
    assert state("s.feature_names") == ["x1", "x2", "x3", "x4"]
    page.evaluate(f"{STATE.replace('store.state', 'context')}.send({{ type: 'step', count: 30 }})")
    until(lambda: widget.epoch == 30)
    shown = np.array(state("Array.from(s.frame.blocks.theta.data)"))
    assert np.abs(shown - widget._run.moment.state.theta).max() < 1e-5
    assert widget.estimator.score(X, y) > 0.8
    widget.do("run", until=40)
    until(lambda: state("s.epoch === 40"))
    page.evaluate("window.leave()")
    until(lambda: not widget._views)
    assert complaints == []
    page.close()
    widget.close()
