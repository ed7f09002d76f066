"""Images in a real browser: digits are learned, drawn, answered, and every number says where it comes from."""

import itertools

import numpy as np
import pytest

from koubai.core.network import Network
from koubai.engines.registry import get_engine
from koubai.explain import Ask, forward
from koubai.play.runs.data import load
from koubai.play.runs.experiment import Experiment
from koubai.play.settings import Settings

from .test_page import BEYOND, CUT, WIDER

STORE = "document.getElementById('koubai-play').playground.store"
CHANGE = """settings => document.getElementById("koubai-play").playground.context.change(settings)"""
SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.45, 0.8)]
CELL = """async ([layer, at]) => {
  const { cellOf } = await import("/static/images/numbers/forward.js");
  const found = cellOf(document.getElementById("koubai-play").playground.store.state, { layer, at });
  const plain = value => ArrayBuffer.isView(value) ? [...value] : value;
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, plain(value)]));
}"""


@pytest.fixture
def digits(opened):
    """A function that opens the page and chooses the digits, as a user does."""

    def opening(**options):
        playground = opened(**options)
        playground.page.click(".set[data-name=digits]")
        playground.until("s.frame.blocks.seen && s.data.images && !s.running")
        return playground

    return opening


def draw(playground, points):
    box = playground.page.locator("canvas.ink").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    mouse = playground.page.mouse
    mouse.move(*places[0])
    mouse.down()
    for place in places[1:]:
        mouse.move(*place, steps=4)
    mouse.up()
    playground.until("s.frame.header.look.pixels")
    playground.page.wait_for_timeout(300)


def network_of(playground) -> tuple[Network, np.ndarray]:
    """Python's network with the page's settings and θ."""
    settings = Settings().changed(playground.state("s.settings"))
    return Experiment.build(settings, load(settings, {})).network, np.array(playground.theta())


def test_digits_are_learned_and_a_drawn_one_gets_python_s_answer(digits):
    playground = digits()
    playground.train("s.frame.header.train_accuracy > 0.95 && s.frame.header.test_accuracy > 0.9")
    draw(playground, SEVEN)
    network, theta = network_of(playground)
    pixels = np.array(playground.state("s.frame.header.look.pixels"))
    outputs = playground.state("Array.from(s.frame.blocks.output.data)")
    wanted = get_engine("cpu", 1).forward(network, theta, pixels[np.newaxis])[0]
    assert np.abs(np.array(outputs) - wanted).max() < 1e-5
    assert 0.15 < pixels.mean() < 0.45, "as dark as the training images"
    assert pixels.reshape(8, 8)[[0, -1]].max() == 1, "as high as they are"
    shown = playground.inner_text(".bar.best")
    assert shown.split()[0] == str(wanted.argmax())
    assert shown.split()[1] == f"{100 * wanted.max():.1f}"
    playground.press("play.pad.clear")
    playground.until("!s.frame.header.look.pixels")
    assert "Example 1 of 1790" in playground.inner_text(".card.pad")


@pytest.mark.slow
def test_the_answer_changes_while_it_is_drawn_and_by_keys_too(digits):
    playground = digits()
    pad = playground.page.locator("canvas.ink")
    pad.focus()
    before = playground.state("Array.from(s.frame.blocks.output.data)")
    for key in ("ArrowUp", "Space", "ArrowDown", "ArrowDown"):
        pad.press(key)
    playground.until("s.frame.header.look.pixels")
    first = playground.state("Array.from(s.frame.blocks.output.data)")
    assert first != before
    for _ in range(3):
        pad.press("ArrowRight")
    playground.wait(
        "(old => JSON.stringify(Array.from(document.getElementById('koubai-play').playground.store.state"
        ".frame.blocks.output.data)) !== old)",
        argument=str(first).replace(" ", ""),
    )
    pad.press("Space")
    assert playground.state("s.running") is False, "the space bar draws, and does not start training"
    pad.press("Delete")
    playground.until("!s.frame.header.look.pixels")


@pytest.mark.slow
def test_a_clicked_cell_is_derived_as_python_derives_it(digits):
    playground = digits()
    playground.page.evaluate(
        "document.getElementById('koubai-play').playground.context.change("
        "{filters: [4, 3], kernel_sizes: [3, 2], hidden: [6], activations: ['tanh'], dropout: [0]})"
    )
    playground.until("s.network.layers.length === 7 && s.frame.blocks.theta.data.length === s.network.n_parameters")
    playground.train("s.epoch >= 1")
    network, theta = network_of(playground)
    x = np.array(playground.state("Array.from(s.frame.blocks.seen.data.slice(0, 64))"))
    for layer in range(7):
        kind = network.layers[layer].name
        if kind == "flatten":
            continue
        at = network.layers[layer].n_out // 2 + 1
        found = playground.page.evaluate(CELL, [layer, at])
        page = forward(network, theta, x, ask=Ask.node(layer + 1, at + 1))
        u, z = page.step(f"u.{layer + 1}.{at + 1}"), float(page.step(f"z.{layer + 1}.{at + 1}").result.evaluate())
        assert (found["u"], found["z"]) == pytest.approx((float(u.result.evaluate()), z), abs=1e-5), kind
        if kind in ("convolution", "max_pooling"):
            grids = u.pictures[0].grids[1:]
            depth = found["shape"][2]
            told = [
                np.array(found[name]).reshape(found["shape"]) for name in ("patch", "kernel", "products") if found[name]
            ]
            channel = int(np.abs(found["sums"]).argmax()) if depth > 1 else 0
            for mine, grid in zip(told, grids, strict=False):
                assert mine[:, :, channel] == pytest.approx(np.array(grid.numbers), abs=1e-5), kind
            if kind == "max_pooling":
                assert divmod(found["winner"], 2) == grids[0].marked


@pytest.mark.slow
def test_cells_are_opened_by_mouse_and_keys_and_frame_what_they_read(digits):
    playground = digits()
    page = playground.page
    tile = page.locator(".band .tile:not(.kernel)").nth(2)
    tile.click(position={"x": 3, "y": 3})
    playground.until("s.cell && s.cell.layer === 0 && s.cell.at === 2")
    assert page.inner_text(".card.cell h3").startswith("conv1[1,1,3] = ")
    assert page.locator(".card.cell math").count() == 2
    assert page.locator(".card.cell .numbers-grid").count() == 3
    assert page.locator(".pads .frame").is_visible()
    tile.press("ArrowDown")
    tile.press("ArrowRight")
    tile.press("Enter")
    playground.until(f"s.cell.at === {(8 + 1) * 8 + 2}")
    page.locator(".bar").nth(4).click()
    playground.until("s.cell.layer === 3 && s.cell.at === 4")
    assert "softmax" in page.inner_text(".card.cell .result")
    page.keyboard.press("Escape")
    playground.until("s.cell === null")


@pytest.mark.slow
def test_other_data_bring_the_plane_back_with_their_own_settings(digits):
    playground = digits()
    page = playground.page
    assert not page.locator(".card.network").is_visible()
    page.click(".set[data-name=xor]")
    playground.until("s.network.sizes.join() === '2,4,2,1' && !s.frame.blocks.seen")
    assert page.locator(".card.network").is_visible()
    assert not page.locator(".card.layers").is_visible()
    assert playground.state("[s.settings.optimizer, s.settings.n_rows]") == ["sgd", 250]
    playground.train("s.epoch > 2")


@pytest.mark.slow
def test_layers_are_added_and_taken_away(digits):
    playground = digits()
    layers = playground.page.locator(".card.layers")
    layers.get_by_label("Add a convolution").click()
    playground.until("s.settings.filters.join() === '8,8' && s.network.layers.length === 6")
    layers.get_by_label("Fewer filters").nth(1).click()
    playground.until(
        "s.settings.filters.join() === '8,7' && s.frame.blocks.theta.data.length === s.network.n_parameters"
    )
    layers.get_by_label("Kernel size").first.select_option("5")
    playground.until("s.settings.kernel_sizes.join() === '5,3'")
    layers.get_by_label("Add a hidden layer").click()
    playground.until("s.settings.hidden.join() === '16' && s.settings.activations.join() === 'relu'")
    layers.get_by_label("Pooling").select_option("none")
    playground.until("s.network.layers.every(({ kind }) => !kind.endsWith('pooling'))")
    for _ in range(2):
        layers.get_by_label("Remove the last convolution").click()
    playground.until("s.network.layers.map(({ kind }) => kind).join() === 'flatten,dense,dense'")
    playground.train("s.epoch > 1")


@pytest.mark.slow
def test_controls_stay_under_the_finger_and_new_ones_are_hidden_where_asked(digits):
    playground = digits()
    page = playground.page
    page.get_by_label("More filters").focus()
    for _ in range(2):
        page.keyboard.press("Enter")
    playground.until("s.settings.filters.join() === '10' && s.network.layers[0].to[2] === 10")
    page.keyboard.press("Enter")
    playground.until("s.network.layers[0].to[2] === 11")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "More filters"
    assert page.inner_text(".band output") == "filters: 11"
    assert page.locator(".band").first.locator(".tile:not(.kernel)").count() == 11
    page.evaluate(CHANGE, {"hide": ["kernel_sizes"]})
    page.get_by_label("Add a convolution").click()
    playground.until("s.network.layers.length === 6")
    sizes = page.locator(".band [data-control=kernel_sizes]")
    assert [sizes.count(), *(sizes.nth(at).is_visible() for at in range(2))] == [2, False, False]


@pytest.mark.slow
def test_while_it_trains_tables_stay_and_nothing_is_read_out_again(digits):
    playground = digits()
    page = playground.page
    page.locator(".bar").nth(4).click()
    playground.until("s.cell")
    page.evaluate("""() => {
      const words = document.querySelector(".card.pad .words"), cell = document.querySelector(".card.cell td");
      Object.assign(window, { told: 0, cell, before: document.querySelector(".card.cell .tables").textContent });
      const all = { childList: true, characterData: true, subtree: true };
      new MutationObserver(() => (window.told += 1)).observe(words, all);
    }""")
    playground.train("s.epoch >= 2")
    assert page.evaluate("[told, cell.isConnected]") == [0, True]
    assert page.evaluate("document.querySelector('.card.cell .tables').textContent !== before")
    page.get_by_label("Next example").click()
    playground.until("s.row === 1")
    assert "Example 2 of 1790 shows the digit" in page.inner_text(".card.pad .words")
    assert page.locator(".pads .tile").get_attribute("aria-label") == "What the network gets"


@pytest.mark.slow
def test_a_diverged_network_has_no_answer(digits):
    playground = digits()
    playground.page.evaluate(CHANGE, {"optimizer": "sgd", "learning_rate": 100, "l2": 1})
    playground.page.click("button.play")
    playground.until("s.frame.blocks.output.data.some(Number.isNaN)")
    assert playground.inner_text(".said").startswith("Answer: –. It should be ")
    assert playground.inner_text(".bar output") == "–"


@pytest.mark.slow
def test_no_width_scrolls_sideways_and_nothing_is_cut_off(digits):
    for lang in ("en-GB", "ja-JP"):
        playground = digits(lang=lang)
        playground.page.evaluate(CHANGE, {"filters": [16, 16], "hidden": [32], "activations": ["relu"]})
        playground.until("s.network.layers.length === 7 && s.frame.blocks.theta.data.length === s.network.n_parameters")
        for cell, (spacing, width) in itertools.product(
            ((2, 40), (5, 3)), itertools.product(("normal", "0.05em"), (380, 768, 1024, 1440, 2200))
        ):
            playground.page.evaluate(f"{STORE}.set({{ cell: {{ layer: {cell[0]}, at: {cell[1]} }} }})")
            playground.page.evaluate(WIDER, spacing)
            playground.page.set_viewport_size({"width": width, "height": 900})
            playground.wait(f"innerWidth === {width}")
            for _ in range(3):  # what observes sizes may change others, a frame later
                playground.until("s.frame")
            assert playground.page.evaluate(BEYOND) == [], (lang, width, spacing)
            assert playground.page.evaluate(CUT) == [], (lang, width, spacing)


@pytest.mark.slow
def test_delta_comes_back_to_every_map_and_the_class_that_should_be_is_chosen(digits):
    playground = digits()
    page = playground.page
    playground.train("s.epoch >= 1")
    page.get_by_text("Backward: δ", exact=True).click()
    playground.until("s.frame.blocks.back")
    label = playground.state("s.data.label[0]")
    assert playground.state("s.frame.header.look.target") == label
    page.locator(".bar").nth(4).click()
    playground.until("s.cell && s.cell.layer === 3")
    z = playground.state("s.frame.blocks.output.data[4]")
    told = playground.inner_text(".card.cell .result")
    assert told.startswith("δ = ")
    assert f"− {int(label == 4)} (what it should be)" in told
    page.get_by_label("It should be").select_option("4")
    playground.until("s.frame.header.look.target === 4")
    delta = playground.state("s.frame.blocks.back.data.at(-6)")
    assert delta == pytest.approx(z - 1, abs=1e-6)
    page.locator(".band .tile:not(.kernel)").first.click(position={"x": 20, "y": 20})
    playground.until("s.cell.layer === 0")
    assert playground.inner_text(".card.cell h3").startswith("δ of conv1[")
    assert page.locator(".card.cell .law math").count() == 3
    page.locator(".band").nth(1).locator(".tile").first.click(position={"x": 20, "y": 20})
    playground.until("s.cell.layer === 1")
    assert page.locator(".card.cell .numbers-grid").count() == 3, "δ of the ten classes, weights, products"
    draw(playground, SEVEN)
    playground.until("s.frame.header.look.pixels && s.frame.blocks.back")
    page.get_by_text("Forward: outputs", exact=True).click()
    playground.until("!s.frame.blocks.back")
    assert playground.inner_text(".card.cell h3").startswith("pool1[")


@pytest.mark.slow
def test_a_kernel_s_number_is_dragged_and_typed_and_its_map_follows(digits):
    playground = digits()
    page = playground.page
    kernel = page.locator(".band .tile.kernel").nth(1)
    kernel.focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        kernel.press(key)
    playground.until("s.kernel && s.frame.blocks.back")
    at = playground.state("s.kernel.at")
    assert at == (1 * 3 + 1) * 8 + 1, "row 2, column 2 of the second kernel"
    assert playground.inner_text(".card.kernel h3").startswith("conv1, kernel 2, row 2, column 2, channel 1: ")
    assert page.locator(".card.kernel .numbers-grid").count() == 3
    before = playground.state("Array.from(s.frame.blocks.seen.data)")
    slider = page.locator(".by-hand input[type=range]")
    slider.focus()
    length = playground.state("s.timeline.length")
    slider.press("Home")
    playground.until(f"s.frame.blocks.theta.data[{at}] === -2")
    for _ in range(3):
        slider.press("ArrowRight")
    playground.until(f"Math.abs(s.frame.blocks.theta.data[{at}] + 1.97) < 1e-6")
    assert playground.state("s.timeline.length") == length + 1, "one state for all places of the slider"
    page.locator(".by-hand input[type=number]").fill("5")
    page.keyboard.press("Enter")
    playground.until(f"s.frame.blocks.theta.data[{at}] === 5")
    after = playground.state("Array.from(s.frame.blocks.seen.data)")
    maps = [np.array(each[64 : 64 + 512]).reshape(8, 8, 8) for each in (before, after)]
    changed = np.abs(maps[0] - maps[1]).max(axis=(0, 1)) > 0
    assert changed.tolist() == [False, True, *[False] * 6], "its own map alone"
    network, theta = network_of(playground)
    wanted = get_engine("cpu", 1).forward(network, theta, np.array(before[:64])[np.newaxis])[0]
    assert np.abs(np.array(after[-10:]) - wanted).max() < 1e-5
    page.locator(".large-kernel .tile").click(position={"x": 5, "y": 5})
    playground.until("s.kernel.at === 1")
    page.locator(".card.kernel .round").click()
    playground.until("s.kernel === null")
    assert not playground.is_visible(".card.kernel")


@pytest.mark.slow
def test_pictures_and_a_film_show_kernels_maps_and_the_answer(digits, tmp_path):
    import xml.etree.ElementTree as Tree

    from PIL import Image

    playground = digits()
    page = playground.page
    page.evaluate(CHANGE, {"filters": [4], "hidden": [3], "activations": ["tanh"]})
    playground.until("s.network.layers.length === 5")
    with page.expect_download() as found:
        playground.press("play.keep.svg")
    found.value.save_as(tmp_path / "picture.svg")
    tree = Tree.parse(tmp_path / "picture.svg").getroot()
    images = [node for node in tree.iter() if node.tag.endswith("image")]
    assert len(images) == 1 + 4 + 4 + 4 + 3, "the digit, kernels, maps, pooled maps, nodes"
    words = [node.text for node in tree.iter() if node.tag.endswith("text")]
    assert {"conv1", "pool1", "dense1", "dense2", "Epoch 0", *map(str, range(10))} <= set(words)
    with page.expect_download() as found:
        playground.press("play.keep.png")
    found.value.save_as(tmp_path / "picture.png")
    picture = np.asarray(Image.open(tmp_path / "picture.png").convert("RGB"))
    assert picture.shape == (1440, 2560, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50
    playground.train("s.epoch >= 3")
    with page.expect_download() as found:
        playground.press("play.keep.film")
    name = found.value.suggested_filename
    found.value.save_as(tmp_path / name)
    assert name.startswith("koubai.")
    assert (tmp_path / name).stat().st_size > 5000
    playground.until("s.timeline.position === s.timeline.length - 1")


@pytest.mark.slow
def test_many_starts_of_digits_are_compared(digits):
    playground = digits()
    page = playground.page
    page.evaluate(CHANGE, {"n_rows": 200, "filters": [3]})
    playground.until("s.data.images && s.data.x.length === 200 && s.network.layers[0].to[2] === 3")
    counts = [page.locator(f"#koubai-starts-{name}") for name in ("count", "epochs")]
    assert [each.input_value() for each in counts] == ["20", "10"]
    counts[0].fill("4")
    counts[1].fill("5")
    playground.press("play.starts.go")
    playground.until("s.starts?.rights")
    found = playground.state("s.starts")
    assert [len(found["losses"]), len(found["rights"]), found["count"], found["epochs"]] == [4, 4, 4, 5]
    assert found["losses"] == sorted(found["losses"])
    words = playground.inner_text(".card.starts .words")
    assert "of 4 starts" in words
    assert "Of the test images they get " in words
    assert page.locator(".card.starts .kernels canvas").count() == 2
    assert not page.locator(".card.starts .pair").is_visible()
    page.click(".set[data-name=xor]")
    playground.until("s.network.sizes.join() === '2,4,2,1' && !s.frame.blocks.seen")
    assert not playground.is_visible(".card.starts .result"), "those of digits say nothing here"
    assert [each.input_value() for each in counts] == ["100", "200"]
