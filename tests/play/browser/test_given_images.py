"""Images of one's own in a real browser: served, exported as one file, drawn on, named by their own classes."""

import re

import numpy as np
import pytest

from koubai.cli.main import main
from koubai.core.network import Network
from koubai.engines.registry import get_engine
from koubai.play.catalogue import engine_files
from koubai.play.of_images.given import read_given
from koubai.play.runs.data import GivenImages, load
from koubai.play.runs.experiment import Experiment
from koubai.play.settings import Settings

from ..given_images import folder_of_pictures, idx_of_digits
from ..playing import ASKED, served
from .conftest import COMPILING, Playground
from .test_images import CHANGE, SEVEN, STORE, draw
from .test_page import BEYOND, CUT, WIDER

LONG = ("a class with quite a long name", "鳥")


@pytest.fixture(scope="module")
def images(tmp_path_factory, missing):
    """Where the images lie."""
    if engine_files() is None:
        missing("no module for browsers is built; python -m koubai.engines.cpu.native.build wasm32")
    return idx_of_digits(tmp_path_factory.mktemp("images"))


@pytest.fixture
def opened_at(browser):
    """A function that opens a page at an address, and fails on anything that the console complains of."""
    contexts, complaints = [], []

    def opening(address, lang="en-GB", width=1280):
        context = browser.new_context(viewport={"width": width, "height": 900}, locale=lang)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        playground = Playground(page, complaints)
        playground.until(
            "s.frame && s.network && s.data && s.frame.blocks.theta.data.length === s.network.n_parameters", COMPILING
        )
        return playground

    yield opening
    for context in contexts:
        context.close()
    assert complaints == []


def exported(images, folder):
    path = folder / "playground.html"
    assert main(["play", str(images), "--export", str(path)]) == 0
    return path.as_uri()


def python_s(playground, path) -> tuple[Network, np.ndarray]:
    """Python's network with the page's settings and θ."""
    settings, tables = Settings().changed(playground.state("s.settings")), {"images": GivenImages(read_given(path)[0])}
    return Experiment.build(settings, load(settings, tables)).network, np.array(playground.theta())


def learned_and_answered(playground, path):
    """Train, draw, and compare the answer with Python's."""
    assert playground.state("[s.settings.dataset, s.data.x.length]") == ["images", 1000]
    assert playground.page.locator(".card.data .about").inner_text() == (
        "train-images-idx3-ubyte: 1,797 images, 28×28 pixels, 10 classes."
    )
    assert playground.page.locator(".set[aria-checked=true]").inner_text() == "train-images-idx3-ubyte"
    playground.train("s.frame.header.train_accuracy > 0.9 && s.frame.header.test_accuracy > 0.8")
    draw(playground, SEVEN)
    network, theta = python_s(playground, path)
    pixels = np.array(playground.state("s.frame.header.look.pixels"))
    outputs = playground.state("Array.from(s.frame.blocks.output.data)")
    wanted = get_engine("cpu", 1).forward(network, theta, pixels[np.newaxis])[0]
    assert np.abs(np.array(outputs) - wanted).max() < 1e-5
    drawn = pixels.reshape(28, 28)
    margin = playground.state("s.catalogue.images.images.margin")
    assert drawn[:margin].max() == drawn[-margin:].max() == 0, "as much paper around it as the images have"
    assert drawn[margin].max() == 1
    assert playground.inner_text(".bar.best").split()[0] == str(wanted.argmax())
    playground.press("play.pad.clear")
    playground.until("!s.frame.header.look.pixels")
    assert "Example 1 of 1000 is of the class" in playground.inner_text(".card.pad")


@pytest.mark.slow
def test_a_served_page_learns_images_of_28_by_28_and_answers_a_drawing_as_python_does(opened_at, images):
    with served(str(images)) as (_, address):
        playground = opened_at(f"http://{address}/{ASKED}")
        learned_and_answered(playground, images)
        with playground.page.expect_download() as download:
            playground.press("play.keep.model")
        assert download.value.path().stat().st_size > 1000, "Python writes it, which has the images too"


def test_one_file_does_so_without_a_server(opened_at, images, tmp_path):
    learned_and_answered(opened_at(exported(images, tmp_path)), images)


@pytest.mark.slow
def test_other_data_and_back_again_by_the_choice_and_by_a_link(opened_at, images, tmp_path):
    address = exported(images, tmp_path)
    playground = opened_at(address)
    page = playground.page
    page.click(".set[data-name=digits]")
    playground.until("s.data.images?.shape.join() === '8,8,1' && s.frame.blocks.seen && !s.running")
    assert "shows the digit" in playground.inner_text(".card.pad")
    page.click(".set[data-name=xor]")
    playground.until("!s.frame.blocks.seen && s.settings.n_rows === 250")
    page.click(".set[data-name=images]")
    playground.until("s.data.images?.shape.join() === '28,28,1' && s.frame.blocks.seen")
    page.evaluate(CHANGE, {"filters": [5], "hidden": [6]})
    playground.until("s.network.layers.length === 5 && s.frame.blocks.theta.data.length === s.network.n_parameters")
    link = page.evaluate("location.hash")
    assert "dataset=images" in link
    again = opened_at(f"{address}{link}")
    again.until("s.settings.filters.join() === '5' && s.network.layers.length === 5")
    plain = tmp_path / "plain.html"
    assert main(["play", "--export", str(plain)]) == 0
    without = opened_at(f"{plain.as_uri()}{link}")
    without.until("s.problem")
    assert without.inner_text(".problem") == (
        "The link is about images that this page does not have. Open them with koubai play IMAGES."
    )
    assert without.page.locator(".set[data-name=images]").count() == 0
    assert without.state("s.settings.dataset") == "circle"


@pytest.mark.slow
def test_two_coloured_classes_have_their_names_and_no_drawing(opened_at, tmp_path):
    path = folder_of_pictures(tmp_path / "pets", names=LONG)
    playground = opened_at(exported(path, tmp_path))
    page = playground.page
    assert page.locator(".pads figcaption").first.inner_text() == "Drawing is for grey images; these have colours."
    box = page.locator("canvas.ink").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.up()
    playground.until("s.frame")
    assert playground.state("s.frame.header.look.pixels") is None
    shown = page.evaluate("""() => {
      const pen = document.querySelector(".pads .tile canvas").getContext("2d");
      return Array.from(pen.getImageData(0, 0, 12, 10).data);
    }""")
    pixels = np.array(playground.state("Array.from(s.frame.blocks.seen.data.slice(0, 360))")).reshape(10, 12, 3)
    assert np.abs(np.array(shown).reshape(10, 12, 4)[:, :, :3] - 255 * pixels).max() <= 1
    playground.train("s.epoch >= 3")
    network, theta = python_s(playground, path)
    z = get_engine("cpu", 1).forward(network, theta, pixels.reshape(1, -1))[0, 0]
    bars = page.locator(".bar output").all_inner_texts()
    assert bars == [f"{100 * (1 - z):.1f} %", f"{100 * z:.1f} %"]
    assert page.locator(".bar .name").all_inner_texts() == list(LONG)
    with page.expect_download() as download:
        playground.press("play.keep.svg")
    drawn = download.value.path().read_text(encoding="utf-8")
    boxes = [
        tuple(map(float, found))
        for found in re.findall(r'<image x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', drawn)
    ]
    assert len(boxes) == 1 + 2 * 8 + 8
    assert boxes[0][3] / boxes[0][2] == pytest.approx(10 / 12, abs=0.01)
    for number, (x, y, width, height) in enumerate(boxes):
        assert 0 <= x <= x + width <= 1280
        assert 0 <= y <= y + height <= 720
        for a, b, wide, high in boxes[:number]:
            assert not (a < x + width and x < a + wide and b < y + height and y < b + high), "no two overlap"
    page.locator(".bar").first.click()
    playground.until("s.cell && s.cell.at === 0")
    page.get_by_text("Backward: δ", exact=True).click()
    playground.until("s.frame.blocks.back")
    label = playground.state("s.data.label[0]")
    told = playground.inner_text(".card.cell .result")
    assert f"− {int(label)} (what it should be)" in told
    delta = playground.state("s.frame.blocks.back.data.at(-1)")
    assert delta == pytest.approx(z - label, abs=1e-5)


@pytest.mark.slow
def test_large_maps_are_derived_in_pictures(opened_at, images, tmp_path):
    playground = opened_at(exported(images, tmp_path))
    page = playground.page
    page.get_by_text("Backward: δ", exact=True).click()
    kernel = page.locator(".band .tile.kernel").first
    kernel.focus()
    kernel.press("Enter")
    playground.until("s.kernel && s.frame.blocks.back")
    assert page.locator(".card.kernel canvas.many-numbers").count() == 3
    assert page.locator(".card.kernel .numbers-grid").count() == 0
    label = page.locator(".card.kernel canvas.many-numbers").first.get_attribute("aria-label")
    assert label.endswith("28 × 28")
    before = page.locator(".card.kernel canvas.many-numbers").first.evaluate("each => each.toDataURL()")
    page.get_by_label("Next example").click()
    playground.until("s.row === 1 && s.frame.header.look.row === 1")
    page.wait_for_timeout(300)
    assert page.locator(".card.kernel canvas.many-numbers").first.evaluate("each => each.toDataURL()") != before


@pytest.mark.slow
def test_starts_can_be_stopped_and_tell_what_ended(opened_at, images, tmp_path):
    playground = opened_at(exported(images, tmp_path))
    page = playground.page
    stop = page.get_by_role("button", name="Stop", exact=True)
    assert not stop.is_visible()
    page.fill("#koubai-starts-count", "200")
    page.fill("#koubai-starts-epochs", "1")
    playground.press("play.starts.go")
    playground.until("s.starts && s.starts.done >= 1")
    stop.click()
    playground.until("s.starts.stopped")
    ended = playground.state("s.starts.losses.length")
    assert 1 <= ended < 200
    assert playground.inner_text(".card.starts .words").startswith(f"Stopped after {ended} of 200. ")
    assert not stop.is_visible()
    page.fill("#koubai-starts-count", "2")
    playground.press("play.starts.go")
    playground.until("s.starts.losses && s.starts.losses.length === 2 && !s.starts.stopped")
    page.click(".set[data-name=xor]")
    playground.until("!s.frame.blocks.seen")
    page.fill("#koubai-starts-count", "200")
    page.fill("#koubai-starts-epochs", "2000")
    playground.press("play.starts.go")
    stop.click()
    playground.until("s.starts.stopped")
    assert playground.inner_text(".card.starts .words").startswith("Stopped ")


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en-GB", "ja-JP"])
def test_no_width_scrolls_sideways_and_nothing_is_cut_off(opened_at, images, tmp_path, lang):
    playground = opened_at(exported(images, tmp_path), lang=lang)
    page = playground.page
    page.evaluate(CHANGE, {"filters": [8, 16]})
    playground.until("s.network.layers.length === 6 && s.frame.blocks.theta.data.length === s.network.n_parameters")
    page.evaluate(f"{STORE}.set({{ cell: {{ layer: 5, at: 3 }}, direction: 'backward' }})")
    for width in (380, 768, 1024, 1440):
        page.evaluate(WIDER, "0.05em")
        page.set_viewport_size({"width": width, "height": 900})
        playground.wait(f"innerWidth === {width}")
        for _ in range(3):
            playground.until("s.frame")
        assert page.evaluate(BEYOND) == [], (lang, width)
        assert page.evaluate(CUT) == [], (lang, width)
