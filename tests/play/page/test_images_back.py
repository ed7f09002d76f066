"""The way back through networks on images: δ of every number and a kernel's gradients, as Python derives them."""

from typing import NamedTuple

import numpy as np
import pytest

from koubai.core.network import Network
from koubai.engines.reference import trace_backward, trace_forward
from koubai.explain import Ask, backward
from koubai.play.replay import place_of, replay
from koubai.play.runs.rows import pixels_of

from .stories import Told, played

ROW, DRAWN = 7, [round(float(share), 3) for share in np.random.default_rng(5).uniform(0, 1, 64)]
NETWORKS = {
    "largest": {"filters": [3, 4], "kernel_sizes": [3, 2], "hidden": [5], "activations": ["tanh"], "dropout": [0.2]},
    "means": {"filters": [3], "kernel_sizes": [4], "pooling": "average", "map_activation": "sigmoid", "hidden": []},
    "no pooling": {
        "filters": [2, 3],
        "kernel_sizes": [3, 3],
        "pooling": "none",
        "loss": "half_squared_error",
        "hidden": [],
    },
    "small maps": {"filters": [2, 2, 2], "kernel_sizes": [3, 5, 5], "map_activation": "elu", "hidden": []},
    "a plain row": {"filters": [], "hidden": [5, 4], "activations": ["relu", "sigmoid"], "dropout": [0, 0]},
}
SHOWN = (0, 3, 9, 10)
"""Places of numbers within each layer."""
KERNELS = {
    "largest": [(0, 0), (0, 14), (2, 0), (2, 47)],
    "means": [(0, 0), (0, 47)],
    "no pooling": [(1, 5), (1, 53)],
    "small maps": [(0, 3), (2, 0), (4, 0), (4, 49)],
    "a plain row": [],
}


class Found(NamedTuple):
    """What the page said, and what Python has for it."""

    told: Told
    network: Network
    theta: np.ndarray
    x: np.ndarray
    y: np.ndarray
    cells: list[tuple[int, int]]


def loss_of(network, theta, x, y) -> float:
    trace = trace_forward(network, theta, x[np.newaxis])
    last = network.layers[-1].activation
    return float(network.loss.rows(last, trace.pre_activations[-1], trace.activations[-1], y[np.newaxis])[0])


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    stories, asked = [], []
    for name, part in NETWORKS.items():
        first = {"dataset": "digits", "n_rows": 60, "optimizer": "adam", **part}
        network = replay(first, [], {})[0].network
        cells = [
            (layer, at % spec.n_out)
            for layer, spec in enumerate(network.layers)
            if spec.name != "flatten"
            for at in SHOWN
        ]
        asked.append(cells)
        stories.append(
            {
                "first": first,
                "rows": pixels_of("digits"),
                "messages": [
                    {"type": "step", "count": 2},
                    {"type": "look", "row": ROW, "target": 3},
                    {"type": "look", "pixels": DRAWN, "target": 8},
                ],
                "cells": [{"layer": layer, "at": at} for layer, at in cells],
                "kernels": [{"layer": layer, "at": at} for layer, at in KERNELS[name]],
            }
        )
    told = {}
    answers = played(stories, tmp_path_factory.mktemp("back"))
    for name, answer, cells in zip(NETWORKS, answers, asked, strict=True):
        experiment, moment = replay(answer.whole["began"], answer.whole["done"], {})
        target = np.eye(10)[8]
        told[name] = Found(answer, experiment.network, moment.state.theta, np.array(DRAWN), target, cells)
    return told


@pytest.mark.parametrize("name", NETWORKS)
def test_delta_and_slopes_of_all_numbers_are_python_s(found, name):
    each = found[name]
    experiment, _ = replay(each.told.whole["began"], [], {})
    for number, x, target in ((1, experiment.data.inputs[ROW], 3), (2, np.array(DRAWN), 8)):
        frame = [message for message in each.told.after(number) if message["type"] == "frame"][-1]
        y = np.eye(10)[[target]]
        trace = trace_forward(each.network, each.theta, x[np.newaxis])
        deltas = trace_backward(trace, y)
        at, blocks = 64, frame["blocks"]
        assert any(value for value in blocks["back"]["data"][:64])
        for layer, delta, u, z in zip(
            each.network.layers, deltas, trace.pre_activations, trace.activations, strict=True
        ):
            part = slice(at, at + layer.n_out)
            assert np.array(blocks["back"]["data"][part]) == pytest.approx(delta[0], abs=1e-5), layer.name
            wanted = layer.activation.derivative(u, z)[0] if layer.has_activation else np.ones(layer.n_out)
            if layer.activation.name != "softmax":
                assert np.array(blocks["slopes"]["data"][part]) == pytest.approx(wanted, abs=1e-5), layer.name
            at += layer.n_out
        assert at == len(blocks["back"]["data"])


@pytest.mark.parametrize("name", NETWORKS)
def test_delta_of_the_pixels_is_the_loss_s_slope(found, name):
    each = found[name]
    frame = each.told.last("frame")
    told = np.array(frame["blocks"]["back"]["data"][:64])
    network, theta, x, y = each.network, each.theta, each.x, each.y
    for pixel in np.abs(told).argsort()[-5:]:
        step = np.zeros(64)
        step[pixel] = 1e-6
        low, high = (loss_of(network, theta, row, y) for row in (x - step, x + step))
        assert told[pixel] == pytest.approx((high - low) / 2e-6, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_each_number_s_way_back_adds_up_to_python_s_delta(found, name):
    each = found[name]
    kinds = set()
    for (layer, at), derived in zip(each.cells, each.told.found["derived"]["cells"], strict=True):
        back = derived["back"]
        page = backward(each.network, each.theta, each.x, each.y, ask=Ask.delta(layer + 1, at + 1))
        wanted = float(page.step(f"delta.{layer + 1}.{at + 1}").result.evaluate())
        assert float(back["delta"]) == pytest.approx(wanted, abs=1e-5)
        if back["kind"] == "loss":
            continue
        kinds.add(back["kind"])
        assert float(back["by"]) * float(back["slope"]) == pytest.approx(wanted, abs=1e-5), (layer, at)
        if back["kernel"]:
            assert sum(map(float, back["products"])) == pytest.approx(float(back["by"]), abs=1e-9)
            assert np.multiply(back["patch"], back["kernel"]) == pytest.approx(np.array(back["products"]), abs=1e-9)
        if back["kind"] != "convolution":
            continue
        pictures = page.step(f"delta.{layer + 1}.{at + 1}").pictures
        shape, grids = back["shape"], pictures[0].grids[1:]
        f = int(np.abs(back["sums"]).argmax())
        for mine, grid in zip((back["patch"], back["kernel"], back["products"]), grids, strict=True):
            assert np.array(mine).reshape(shape)[:, :, f] == pytest.approx(np.array(grid.numbers), abs=1e-5)
    assert (
        kinds
        == {
            "largest": {"convolution", "max_pooling", "dense"},
            "means": {"average_pooling", "dense"},
            "no pooling": {"convolution", "dense"},
            "small maps": {"convolution", "max_pooling", "dense"},
            "a plain row": {"dense"},
        }[name]
    )


def test_what_lost_in_its_window_gets_nothing_back(found):
    told = [each["back"] for each in found["largest"].told.found["derived"]["cells"]]
    pooled = [back for back in told if back["kind"] == "max_pooling"]
    assert {back["isWinner"] for back in pooled} == {True, False}
    for back in pooled:
        assert back["by"] == (back["above"] if back["isWinner"] else 0)
        assert back["winner"] == int(np.argmax(back["patch"]))


@pytest.mark.parametrize("name", [name for name in NETWORKS if KERNELS[name]])
def test_a_kernel_number_s_gradient_is_the_sum_over_all_places_as_python_has_it(found, name):
    each = found[name]
    experiment, _ = replay(each.told.whole["began"], [], {})
    trace = trace_forward(each.network, each.theta, each.x[np.newaxis])
    for (layer, at), kernel in zip(KERNELS[name], each.told.found["derived"]["kernels"], strict=True):
        spec = each.network.layers[layer]
        deltas = trace_backward(trace, each.y[np.newaxis])
        gradient = spec.gradient(each.network.blocks(each.theta, layer), trace.sources(layer), deltas[layer])[0]
        assert float(kernel["gradient"]) == pytest.approx(float(np.ravel(gradient)[at]), abs=1e-5)
        assert sum(map(float, kernel["products"])) == pytest.approx(float(kernel["gradient"]), abs=1e-12)
        start = each.network.spans[layer][0].start
        assert float(kernel["value"]) == pytest.approx(each.theta[start + at], abs=1e-6)
        edit = kernel["edit"]
        if edit is None:
            assert set(kernel["read"]) == {0}, "what can't be set meets only the zeros around its map"
            continue
        assert place_of(experiment, edit["layer"], edit["source"], edit["target"], edit["bias"]) == start + at
