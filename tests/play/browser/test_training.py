"""A network trained on the page: to the end, stopped, stepped, changed, explained, sent back in time."""

import numpy as np
import pytest

EASY = "hidden=[8,8]&activations=[%22tanh%22,%22tanh%22]&dropout=[0,0]&optimizer=adam&learning_rate=0.01"


@pytest.mark.parametrize("dataset", ["circle", "spiral"])
def test_play_trains_to_a_low_loss(opened, dataset):
    playground = opened(f"dataset={dataset}&noise=0&{EASY}")
    playground.page.click("button.play")
    playground.until("s.frame.header.train_loss < 0.05", seconds=60)
    playground.page.click("button.play")
    playground.until("!s.running")
    assert playground.state("s.losses.train.at(-1)") < playground.state("s.losses.train[0]")


def test_pause_acts_at_once_and_nothing_moves_afterwards(opened):
    playground = opened()
    playground.page.click("button.play")
    playground.until("s.epoch > 5")
    playground.page.click("button.play")
    playground.until("!s.running", seconds=1)
    playground.page.wait_for_timeout(100)
    theta, epoch = playground.theta(), playground.state("s.epoch")
    playground.page.wait_for_timeout(400)
    assert playground.theta() == theta
    assert playground.state("s.epoch") == epoch


def test_one_epoch_is_one_epoch_and_reset_brings_the_first_weights_back(opened):
    playground = opened()
    first = playground.theta()
    playground.page.click("[data-text='play.header.step']")
    playground.until("s.epoch === 1")
    assert playground.theta() != first
    playground.page.click("[data-text='play.header.reset']")
    playground.until("s.epoch === 0")
    assert playground.theta() == first


def test_an_edited_weight_is_the_network_s(opened):
    playground = opened()
    playground.page.click(".nodes .node >> nth=8")
    box = playground.page.locator(".inspector .number input").nth(1)
    box.fill("1.25")
    box.press("Enter")
    playground.until("Array.from(s.frame.blocks.theta.data).includes(1.25)")


def test_layers_and_nodes_are_added_and_taken_away(opened):
    playground = opened()
    sizes = playground.state("s.network.sizes")
    playground.page.click("[data-label='play.network.more_layers']")
    playground.until(f"s.network.sizes.length === {len(sizes) + 1}")
    playground.page.locator("[data-label='play.network.more_nodes']").first.click()
    playground.until(f"s.network.sizes[1] === {sizes[1] + 1}")
    playground.page.click("[data-label='play.network.fewer_layers']")
    playground.until(f"s.network.sizes.length === {len(sizes)}")


def test_the_slider_goes_back_to_the_first_state(opened):
    playground = opened()
    first = playground.theta()
    playground.page.click("button.play")
    playground.until("s.epoch > 20")
    playground.page.click("button.play")
    playground.until("!s.running && s.timeline.length > 2")
    slider = playground.page.locator(".timeline input[type=range]")
    slider.focus()
    slider.press("Home")
    playground.until("s.epoch === 0 && s.timeline.position === 0")
    np.testing.assert_array_equal(playground.theta(), first)


def test_the_link_holds_the_settings_and_what_a_teacher_hides(opened):
    playground = opened()
    playground.page.select_option("[data-control=optimizer] select", "adam")
    playground.until("s.settings.optimizer === 'adam'")
    playground.page.click(".set[data-name=xor]")
    playground.until("location.hash.includes('dataset=xor')")
    link = playground.page.evaluate("location.hash").removeprefix("#")
    other = opened(link + "&hide=[%22noise%22,%22starts_panel%22]")
    other.until("s.settings.dataset === 'xor' && s.settings.optimizer === 'adam'")
    assert not other.page.is_visible("[data-control=noise]")
    assert not other.page.is_visible(".starts")


def test_a_weight_s_derivation_names_the_weight_that_is_in_the_network(opened):
    playground = opened()
    playground.page.click(".nodes .node >> nth=7")
    playground.page.locator(".inspector .number button").nth(1).click()
    playground.until("s.explanation")
    playground.page.wait_for_selector(".derivation math")
    assert playground.page.locator(".derivation script, .derivation style").count() == 0
