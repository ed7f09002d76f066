"""A network trained on the page: to the end, stopped, stepped, changed, explained, sent back in time."""

import re

import numpy as np
import pytest

from koubai.core.network import Network
from koubai.engines.reference import trace_backward, trace_forward

pytestmark = pytest.mark.slow  # trains in a browser in real time

EASY = "hidden=[8,8]&activations=[%22tanh%22,%22tanh%22]&dropout=[0,0]&optimizer=adam&learning_rate=0.01&pace=0"


@pytest.mark.parametrize("dataset", ["circle", "spiral"])
def test_play_trains_to_a_low_loss(opened, dataset):
    playground = opened(f"dataset={dataset}&noise=0&{EASY}")
    playground.train("s.frame.header.train_loss < 0.05")
    assert playground.state("s.losses.train.at(-1)") < playground.state("s.losses.train[0]")


def test_pause_acts_at_once_and_nothing_moves_afterwards(opened):
    playground = opened("pace=0")
    playground.page.click("button.play")
    playground.until("s.epoch > 5")
    playground.page.click("button.play")
    playground.until("!s.running")
    playground.page.wait_for_timeout(100)
    theta, epoch = playground.theta(), playground.state("s.epoch")
    playground.page.wait_for_timeout(400)
    assert playground.theta() == theta
    assert playground.state("s.epoch") == epoch


@pytest.mark.slow
def test_the_speed_is_what_the_slider_says(opened):
    playground = opened()
    playground.page.click(".strip .more")
    playground.slide("pace", 10)
    playground.until("s.settings.pace === 10")
    playground.page.click("button.play")
    playground.until("s.epoch > 2")
    first = playground.state("[s.epoch, performance.now()]")
    playground.page.wait_for_timeout(1500)
    last = playground.state("[s.epoch, performance.now()]")
    assert 2 <= 1000 * (last[0] - first[0]) / (last[1] - first[1]) <= 12


def test_one_epoch_is_one_epoch_and_reset_brings_the_first_weights_back(opened):
    playground = opened()
    first = playground.theta()
    playground.press("play.header.step")
    playground.until("s.epoch === 1")
    assert playground.theta() != first
    playground.press("play.header.reset")
    playground.until("s.epoch === 0")
    assert playground.theta() == first


def test_a_step_of_one_example_shows_values_and_deltas_on_the_network(opened):
    playground = opened("batch_size=10")
    playground.page.select_option(".joined select", "example")
    before = np.array(playground.theta())
    playground.press("play.header.step")
    playground.until("s.frame.blocks.deltas && s.epoch > 0")
    network, x, _ = copied(playground)
    z, delta = (playground.state(f"Array.from(s.frame.blocks.{name}.data)") for name in ("activations", "deltas"))
    assert len(z) == len(delta) == sum(network.sizes[1:])
    candidates = [trace_forward(network, before, row[np.newaxis]).activations for row in x]
    errors = [np.abs(np.concatenate([part[0] for part in found]) - z).max() for found in candidates]
    assert errors[playground.state("s.learnt.rows[0]")] < 1e-5, "the values of the ringed example, before the update"
    assert np.min(errors) == errors[playground.state("s.row")], "which questions are about from now on"
    playground.page.hover(".nodes .node >> nth=8")
    assert "δ =" in playground.inner_text(".tip")
    assert playground.inner_text(".output .whose") == "layer 1, node 2", "the large map says whose it is"


def test_minibatches_make_up_an_epoch(opened):
    playground = opened("batch_size=25&n_rows=100")
    playground.page.select_option(".joined select", "minibatch")
    for done in (0.5, 1):
        playground.press("play.header.step")
        playground.until(f"s.epoch === {done}")


def test_a_step_up_to_an_epoch_and_the_epoch_to_stop_at(opened):
    playground = opened("stop_at=7&pace=0")
    playground.page.click("button.play")
    playground.until("s.epoch === 7 && !s.running")
    playground.page.click(".strip .more")
    playground.page.fill("[data-control=stop_at] input", "")
    playground.page.press("[data-control=stop_at] input", "Enter")
    playground.until("s.settings.stop_at === null")
    playground.page.select_option(".joined select", "until")
    playground.page.fill(".joined input", "12")
    playground.press("play.header.step")
    playground.until("s.epoch === 12 && !s.running")


def test_settings_change_in_mid_run_without_a_reset(opened):
    playground = opened("pace=100")
    playground.page.click("button.play")
    playground.until("s.epoch > 5")
    playground.slide("learning_rate", 0.1)
    playground.page.select_option(".heads select >> nth=0", "relu")
    playground.page.click(".strip .more")
    playground.page.select_option(".heads select >> nth=1", "0.2")
    playground.slide("l2", 0.001)
    playground.until(
        "s.settings.l2 === 0.001 && s.network.layers[0].activation === 'relu' && s.settings.dropout[0] === 0.2"
    )
    assert playground.state("s.epoch > 5 && s.running")
    assert playground.state("s.settings.learning_rate") == 0.1


def test_an_edited_weight_is_the_network_s(opened):
    playground = opened()
    playground.page.click(".nodes .node >> nth=8")
    assert playground.shown.evaluate("document.activeElement.closest('.inspector') !== null")
    box = playground.page.locator(".inspector .number input").nth(1)
    box.fill("1.25")
    box.press("Enter")
    playground.until("Array.from(s.frame.blocks.theta.data).includes(1.25)")
    box.press("Escape")
    playground.page.wait_for_selector(".inspector", state="hidden")


def test_a_click_on_a_line_chooses_its_weight_and_hovering_reads_it(opened):
    playground = opened()
    left, right = (playground.page.locator(".nodes .node").nth(index).bounding_box() for index in (0, 7))
    x = (left["x"] + left["width"] + right["x"]) / 2
    y = (left["y"] + right["y"] + left["height"]) / 2
    playground.page.mouse.move(x, y)
    playground.page.wait_for_selector(".tip", state="visible")
    assert playground.inner_text(".tip").startswith("w = ")
    playground.page.mouse.click(x, y)
    playground.until("s.selection && s.selection.kind === 'link' && s.selection.layer === 1")
    playground.page.wait_for_selector(".inspector .number")
    assert playground.page.locator(".inspector .number").count() == 1


def test_layers_and_nodes_are_added_and_taken_away_and_inputs_switched(opened):
    playground = opened()
    sizes = playground.state("s.network.sizes")
    playground.page.click("[data-label='play.network.more_layers']")
    playground.until(f"s.network.sizes.length === {len(sizes) + 1}")
    playground.page.locator("[data-label='play.network.more_nodes']").first.click()
    playground.until(f"s.network.sizes[1] === {sizes[1] + 1}")
    playground.page.click("[data-label='play.network.fewer_layers']")
    playground.until(f"s.network.sizes.length === {len(sizes)}")
    playground.page.click(".nodes .node >> nth=4")
    playground.until("s.network.sizes[0] === 3 && s.settings.features.includes('x1*x2')")


@pytest.mark.slow
def test_the_slider_goes_back_to_the_first_state(opened):
    playground = opened("pace=0")
    first = playground.theta()
    playground.train("s.epoch > 20 && s.timeline.length > 2")
    slider = playground.page.locator(".timeline input[type=range]")
    slider.focus()
    slider.press("Home")
    playground.until("s.epoch === 0 && s.timeline.position === 0")
    np.testing.assert_array_equal(playground.theta(), first)
    assert playground.state("s.future.epochs.length > s.losses.epochs.length"), "what lies ahead stays on the curve"
    slider.press("End")
    playground.until("s.epoch > 20 && s.timeline.position === s.timeline.length - 1")
    assert playground.state("s.future") is None


def copied(playground):
    """The page's network in koubai, with the rows and targets that it shows."""
    layers = playground.state("s.network.layers")
    sizes = [layers[0]["n_in"], *(layer["n_out"] for layer in layers)]
    kinds = [layer["activation"] for layer in layers]
    network = Network.dense(tuple(sizes), hidden=kinds[:-1], output=kinds[-1], loss="binary_cross_entropy")
    x = np.column_stack(playground.state("[s.data.x, s.data.y]"))
    return network, x, np.array(playground.state("s.data.label"))[:, np.newaxis]


def test_a_weight_s_derivation_ends_in_the_engine_s_gradient(opened):
    playground = opened("hidden=[3]&pace=0")
    playground.train("s.epoch > 3")
    playground.page.click(".nodes .node >> nth=7")
    playground.page.locator(".inspector .number button").nth(2).click()
    playground.until("s.explanation")
    playground.page.wait_for_selector(".derivation math")
    assert playground.page.locator(".derivation script, .derivation style").count() == 0
    said = playground.page.evaluate("document.querySelector('.derivation section p').textContent").replace("−", "-")
    number, exponent = re.search(r"≈([-\d.]+)(?:×10(-?\d+))?", said).groups()
    network, x, y = copied(playground)
    row = playground.state("s.row")
    forward = trace_forward(network, np.array(playground.theta()), x[row : row + 1])
    delta = trace_backward(forward, y[row : row + 1])[0]
    assert float(number) * 10.0 ** int(exponent or 0) == pytest.approx(delta[0, 0] * x[row, 1], rel=2e-3)


def test_a_derivation_is_asked_anew_in_the_other_language(opened):
    playground = opened()
    playground.press("play.explain.loss")
    playground.until("s.explanation")
    english = playground.inner_text(".derivation h1")
    playground.page.click("button.lang")
    playground.wait("document.querySelector('.derivation article').lang === 'ja'")
    assert playground.inner_text(".derivation h1") != english
