"""The page derives numbers without Python: step by step as Python itself does, for every kind."""

import itertools
import re

import numpy as np
import pytest

from koubai.core.activations import ACTIVATIONS
from koubai.core.losses import get_loss
from koubai.optimizers.registry import OPTIMIZERS
from koubai.play.datasets import MADE
from koubai.play.derived.whole import derivations
from koubai.play.features import FEATURES
from koubai.play.runs.document import document
from koubai.play.runs.explaining import explanation
from koubai.play.runs.rows import rows_of
from koubai.play.settings import LOSSES, Settings

from .stories import played

SMALL = {"hidden": [3, 2], "n_rows": 40, "learning_rate": 0.05, "batch_size": 6}
DO = [{"type": "step", "unit": "epoch", "count": 2}, {"type": "step", "unit": "minibatch"}]
BACK = [
    {"what": "node", "layer": 2, "target": 1},
    {"what": "loss"},
    {"what": "weight", "layer": 1, "source": 1, "target": 2},
    {"what": "bias", "layer": 3},
]
ON = [
    {"what": "update", "layer": 2, "source": 1, "target": 1},
    {"what": "step", "layer": 1, "source": 0, "target": 1},
]
LONE = [{"what": "update"}, {"what": "update"}, {"what": "step"}]
WAYS = {
    **{
        f"activation {name}": ({"activations": [name, name]}, BACK)
        for name in ACTIVATIONS
        if name not in ("softmax", "exponential")
    },
    "activation exponential": ({"activations": ["exponential", "tanh"], "learning_rate": 0.001}, BACK),
    **{
        f"loss {name}": (
            {"loss": name, "dataset": "xor" if "classification" in get_loss(name).tasks else "plane"},
            BACK,
        )
        for name in LOSSES
        if name not in ("auto", "log_loss") and get_loss(name).lowest_target < 0
    },
    "loss log_loss": ({"loss": "log_loss"}, BACK),
    "several classes": ({"dataset": "penguins", "axes": "pca"}, BACK),
    "squared error of softmax": (
        {"dataset": "penguins", "axes": "pca", "loss": "half_squared_error", "output": "softmax"},
        BACK,
    ),
    "another output": ({"loss": "half_squared_error", "output": "tanh"}, BACK),
    **{f"optimizer {name}": ({"optimizer": name, "learning_rate": 0.003}, ON) for name in OPTIMIZERS},
    **{f"penalty {l1} {l2}": ({"l1": l1, "l2": l2}, ON) for l1, l2 in ((0.01, 0), (0, 0.1), (0.02, 0.03))},
    "a bias under a penalty": ({"l2": 0.1}, [{"what": "bias", "layer": 2}]),
    "no hidden layer": (
        {"hidden": []},
        [{"what": "node", "layer": 1}, {"what": "weight", "layer": 1, "source": 1}, {"what": "update", "layer": 1}],
    ),
    "a large network": (
        {"hidden": [32, 32, 30], "learning_rate": 0.01, "batch_size": 40},
        [{"what": "node", "layer": 3, "target": 4}, {"what": "weight", "layer": 1, "source": 1, "target": 30}, *ON],
    ),
    "many layers": ({"hidden": [3] * 8}, BACK),
    "perceptron": (
        {"mode": "perceptron", "dataset": "xor"},
        [*LONE, {"what": "node"}, {"what": "loss"}, {"what": "bias"}],
    ),
    "perceptron of many features": ({"mode": "perceptron", "dataset": "xor", "features": list(FEATURES)}, LONE),
    "perceptron of a table": ({"mode": "perceptron", "dataset": "baseball", "axes": "pca"}, LONE),
    "all zeros": ({"init": "zeros", "learning_rate": 0.5}, [*BACK, *ON]),
    "numbers far out": ({"learning_rate": 60, "activations": ["relu", "relu"]}, BACK),
}
"""Settings of a kind, and what is asked of it."""
WITHOUT_STYLE = ((re.compile(r"<style>[^<]*</style>"), ""), (re.compile(r' style="[^"]*"'), ""))
PREFIX = re.compile(r'((?:id="|href="#))k[0-9a-f]*\.')


def plain(html):
    """A derivation without its styles and its prefix."""
    for pattern, put in WITHOUT_STYLE:
        html = pattern.sub(put, html)
    html = PREFIX.sub(r"\1", html)
    return html.replace("&#x27;", "'").replace("&quot;", '"')


def asked(part):
    return [
        {"layer": 1, "source": 0, "target": 0, "row": row, "lang": lang, **each}
        for each, row, lang in zip(part, itertools.cycle((0, 25)), itertools.cycle(("en", "ja")), strict=False)
    ]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    stories = []
    for part, questions in WAYS.values():
        settings = Settings().changed(SMALL).changed(part)
        rows = None if settings.dataset in (*MADE, "points") else rows_of(settings, {})
        stories.append({"first": {**SMALL, **part}, "messages": DO, "rows": rows, "explains": asked(questions)})
    return dict(zip(WAYS, played(stories, tmp_path_factory.mktemp("derived"), derivations()), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
def test_a_derivation_in_the_page_is_python_s_step_by_step(name, told):
    whole, found = told[name].whole, told[name].found["explained"]
    for question, html in zip(asked(WAYS[name][1]), found, strict=True):
        with np.errstate(all="ignore"):
            expected = plain(explanation(document(whole, {}), question)["html"])
        assert expected.count("<math") > 10
        same = close(expected, plain(html))
        assert same is None, f"{name}, {question}: {same}"


def close(expected, written):
    """None if both are one but for the last digit of a number; else where they part."""
    pattern = re.compile(r"[-−]?\d+(?:\.\d+)?")
    if pattern.sub("#", expected) != pattern.sub("#", written):
        at = next(
            (k for k, (a, b) in enumerate(zip(expected, written, strict=False)) if a != b),
            min(len(expected), len(written)),
        )
        return f"…{expected[max(0, at - 200) : at + 200]}\n   page:\n…{written[max(0, at - 200) : at + 200]}"
    for a, b in zip(pattern.findall(expected), pattern.findall(written), strict=True):
        last = 10.0 ** -len(a.partition(".")[2])
        x, y = (float(each.replace("−", "-")) for each in (a, b))
        if a != b and (abs(x - y) > 1.01 * last or "." not in a):
            return f"{a} and in the page {b}"
    return None
