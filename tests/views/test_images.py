"""What a network sees: the right numbers, and a page and a picture of them in both languages."""

from pathlib import Path

import numpy as np
import pytest
from tests.images import made
from tests.views.conftest import Watch

import koubai
from koubai import ImageModel
from koubai.cli.main import main
from koubai.core.errors import ParameterError
from koubai.core.language import text
from koubai.engines.reference import trace_forward
from koubai.images.images import Images
from koubai.models.of_images.exciting import cut, field_of
from koubai.models.of_images.seeing import Seen, output_gradient, see
from koubai.views.images.showing import page, picture, save

LOOK = """async () => {
  const images = [...document.querySelectorAll("article.seen img")];
  await Promise.all(images.map((image) => image.decode()));
  return { titles: document.querySelectorAll("article.seen h2").length, widths: images.map((each) => each.naturalWidth),
    wide: document.documentElement.scrollWidth <= innerWidth };
}"""
LAYERS = "conv 4 3, relu, max_pool, conv 3 2, tanh, avg_pool, dense 8, relu"


def model_of(folder: Path, **given: object) -> ImageModel:
    pixels, labels = made.bars(48)
    np.savez(folder / "bars.npz", images=pixels, labels=labels)
    parameters = {"layers": LAYERS, "epochs": 12, "learning_rate_init": 0.02} | given
    return ImageModel(**parameters).fit(folder / "bars.npz")  # type: ignore[arg-type]  # of several kinds


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ImageModel:
    return model_of(tmp_path_factory.mktemp("bars"))


@pytest.fixture(scope="module")
def images() -> Images:
    pixels, labels = made.bars(10, seed=5)
    labels[[2, 7]] = labels[[3, 6]]  # which makes two of them wrong
    return Images(pixels[..., np.newaxis], labels, [f"{index}.png" for index in range(10)], "new")


@pytest.fixture(scope="module")
def seen(model: ImageModel, images: Images) -> Seen:
    return see(model, images, 1)


def test_slopes_of_an_output_are_its_central_differences(model: ImageModel) -> None:
    network, theta = model.estimator_.network_, model.estimator_.theta_.astype(np.float64)
    x = np.random.default_rng(0).normal(size=(1, 64))
    slopes = output_gradient(trace_forward(network, theta, x), 0)[0]
    step = 1e-6
    for place in range(0, 64, 7):
        ends = [trace_forward(network, theta, x + sign * step * np.eye(64)[place]) for sign in (1, -1)]
        up, down = (float(end.pre_activations[-1][0, 0]) for end in ends)
        assert slopes[place] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-9)


def test_what_is_seen(model: ImageModel, images: Images, seen: Seen) -> None:
    assert (seen.name, seen.truth) == ("1.png", "standing")
    assert seen.answers[0][0] == "standing"
    assert sum(share for _, share in seen.answers) == pytest.approx(1, abs=1e-6)
    assert seen.kernels is not None
    assert seen.kernels.shape == (3, 3, 1, 4)
    assert [(layer.name, layer.kind, layer.numbers.shape) for layer in seen.layers] == [
        ("conv1", "convolution", (6, 6, 4)),
        ("pool1", "max_pooling", (3, 3, 4)),
        ("conv2", "convolution", (2, 2, 3)),
        ("pool2", "average_pooling", (1, 1, 3)),
    ]
    assert repr(seen) == f"Seen('1.png': 'standing', {seen.answers[0][1]:.3g})"


def test_a_node_sees_its_field_and_nothing_else(model: ImageModel) -> None:
    network, theta = model.estimator_.network_, model.estimator_.theta_.astype(np.float64)
    x = np.random.default_rng(0).normal(size=(1, 64))
    field = field_of(network.layers[:3], 1, 0)
    assert field == (2, 8, 0, 6)
    inside = np.zeros((8, 8), bool)
    inside[2:8, 0:6] = True
    before = trace_forward(network, theta, x).pre_activations[2].reshape(2, 2, 3)[1, 0]
    for where, same in ((~inside, True), (inside, False)):
        after = trace_forward(network, theta, x + 5 * where.reshape(1, -1)).pre_activations[2].reshape(2, 2, 3)[1, 0]
        assert np.array_equal(before, after) == same


def test_patches_that_excite_a_filter_are_those_of_the_greatest_net_inputs(
    model: ImageModel, images: Images, seen: Seen
) -> None:
    network, theta = model.estimator_.network_, model.estimator_.theta_.astype(np.float64)
    trace = trace_forward(network, theta, model.estimator_._inputs(images.pixels, np.float64))
    for found, layer in zip(seen.exciting, (0, 2), strict=True):
        shape = network.layers[layer].output_shape
        u = trace.pre_activations[layer].reshape(len(images), *shape)
        best = u.max(axis=(1, 2))
        assert (found.name, found.n_filters) == (f"conv{1 + layer // 2}", shape[2])
        np.testing.assert_allclose(found.inputs, -np.sort(-best, axis=0)[:4].T, rtol=1e-12)
        for filter_, chosen in enumerate(found.images):
            for patch, image in zip(found.patches[filter_], chosen, strict=True):
                y, x = np.unravel_index(u[image, :, :, filter_].argmax(), shape[:2])
                top, bottom, left, right = field_of(network.layers[: layer + 1], int(y), int(x))
                np.testing.assert_array_equal(patch, images.pixels[image, top:bottom, left:right])


def test_gradient_ascent_finds_what_excites_a_filter_most(model: ImageModel, seen: Seen) -> None:
    first, second = seen.exciting
    estimator = model.estimator_
    kernels, biases = (estimator.network_.block(estimator.theta_, 0, name) for name in ("weights", "biases"))
    patterns = (first.wanted - estimator.pixel_mean_) / estimator.pixel_scale_
    for kernel, pattern, bias, found in zip(
        np.moveaxis(kernels, 3, 0), patterns, biases, first.wanted_inputs, strict=True
    ):  # u = w · x + b is greatest where x lies along w
        reached = np.linalg.norm(kernel) * np.linalg.norm(pattern)
        assert (kernel * pattern).sum() == pytest.approx(reached, rel=1e-6)
        assert found == pytest.approx(reached + bias, rel=1e-6)
    assert (second.wanted_inputs > second.inputs.mean(axis=1)).all()
    theta, image = estimator.theta_.astype(np.float64), np.zeros((3, 8, 8, 1))
    image[:, 2:8, 0:6] = (second.wanted - estimator.pixel_mean_) / estimator.pixel_scale_  # what the node at 1, 0 sees
    u = trace_forward(estimator.network_, theta, image.reshape(3, -1)).pre_activations[2].reshape(3, 2, 2, 3)[:, 1, 0]
    np.testing.assert_allclose(second.wanted_inputs, np.diag(u), rtol=1e-9)


def test_beyond_the_border_lies_the_mean_pixel_and_colours_are_kept() -> None:
    from koubai import ConvClassifier

    X = np.random.default_rng(0).integers(0, 255, (12, 8, 8, 3)).astype(np.uint8)
    model = ConvClassifier("conv 20 3 padding=same, relu", epochs=1, random_state=0).fit(X, np.arange(12) % 3)
    seen = model.see(X[:2])
    (found,) = seen.exciting
    assert (found.n_filters, found.wanted.shape, found.patches.shape) == (20, (16, 3, 3, 3), (16, 2, 3, 3, 3))
    corner = cut(X[0].astype(float), field_of(model.network_.layers[:1], 0, 0), np.array(model.pixel_mean_))
    np.testing.assert_allclose(corner[0], np.tile(model.pixel_mean_, (3, 1)))
    np.testing.assert_array_equal(corner[1:, 1:], X[0, :2, :2])
    assert "The first 16 of 20 are shown." in page(seen, "en")


@pytest.mark.slow
def test_estimators_see_arrays_and_notebooks_show_what_they_see(monkeypatch: pytest.MonkeyPatch) -> None:
    from koubai import ConvClassifier, ConvRegressor

    X, y = made.bars(20)
    model = ConvClassifier("conv 4 3, relu", epochs=6, learning_rate_init=0.02, random_state=0).fit(X, y)
    seen = model.see(X.reshape(20, -1), y, row=3)
    assert (seen.name, seen.truth) == ("X[3]", "standing")
    monkeypatch.setenv("KOUBAI_LANG", "ja")
    shown = seen._repr_html_()
    assert shown is not None
    assert shown.startswith("<style>")
    assert '<article class="seen" lang="ja">' in shown
    assert (seen._repr_png_() or b"").startswith(b"\x89PNG")
    for given, words in (
        (lambda: model.see(X, y, row=20), "see: row must be in 0 … 19; got 20."),
        (lambda: model.see(X, y, row=1.5), "see: row must be a whole number; got 1.5."),
        (lambda: model.see(X, y[:3]), r"see: y must hold a label for each of 20 images; got shape \(3,\)."),
        (lambda: model.see(np.zeros((2, 10))), r"see: X must hold images of shape \(8, 8, 1\), as in training; got"),
        (lambda: ConvRegressor("conv 2 3", epochs=1).fit(X, np.ones((20, 2))).see(X), "must have one answer for an"),
    ):
        with pytest.raises((ValueError, TypeError), match=words):
            given()
    with pytest.raises(ValueError, match="not fitted"):
        ConvClassifier().see(X)
    monkeypatch.setattr("koubai.views.images.showing.find_spec", lambda name: None)
    assert seen._repr_html_() is None
    assert seen._repr_png_() is None


@pytest.mark.slow  # a browser of its own
def test_pages_in_a_browser(watch: Watch, seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOUBAI_LANG", "en")
    seen.save(tmp_path / "en.html", "en")
    seen.save(tmp_path / "ja.html", "ja")
    cell = f'<!DOCTYPE html><meta charset="utf-8"><div style="width: 400px">{seen._repr_html_()}</div>'
    (tmp_path / "cell.html").write_text(cell, encoding="utf-8")
    for told in watch(LOOK, [tmp_path / name for name in ("en.html", "ja.html", "cell.html")]):
        assert told["problems"] == []
        assert told["titles"] == 9
        assert all(width > 600 for width in told["widths"])
        assert len(told["widths"]) == 9
        assert told["wide"]


def test_the_images_that_are_most_wrong_come_in_the_order_of_their_loss(
    model: ImageModel, images: Images, seen: Seen
) -> None:
    predicted, probabilities = model.outputs(images.pixels)
    assert probabilities is not None
    losses = {
        str(name): -np.log(shares[list(model.estimator_.classes_).index(label)])
        for name, shares, label, answer in zip(images.names, probabilities, images.labels, predicted, strict=True)
        if label != answer
    }
    assert len(losses) >= 2
    assert [image.name for image in seen.wrong] == sorted(losses, key=lambda name: -losses[name])
    assert all(image.truth != image.answer for image in seen.wrong)


def test_hiding_what_the_answer_rests_on_weakens_it(model: ImageModel, seen: Seen) -> None:
    bar = seen.pixels[:, :, 0] == 220
    assert seen.occlusion.shape == seen.saliency.shape == (8, 8)
    assert seen.occlusion[bar].mean() > seen.occlusion[~bar].mean()
    assert seen.saliency[bar].sum() > 0


def test_of_two_classes_the_other_ones_output_counts_backwards(model: ImageModel, images: Images) -> None:
    lying = see(model, images, 0)
    assert lying.answers[0][0] == "lying"
    assert lying.saliency[lying.pixels[:, :, 0] == 220].sum() > 0


def test_numbers_are_seen_too(tmp_path: Path) -> None:
    pixels = made.bars(30)[0]
    np.savez(tmp_path / "grey.npz", X=pixels, y=pixels.mean(axis=(1, 2)) / 7)
    model = ImageModel(layers="conv 2 3, relu", epochs=3).fit(tmp_path / "grey.npz")
    seen = see(model, model.read(tmp_path / "grey.npz"), 2)
    assert seen.answers[0][0] == ""
    assert len(seen.wrong) == 12
    assert picture(seen, "en").startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_pages_and_pictures(seen: Seen, tmp_path: Path, lang: str) -> None:
    whole = page(seen, lang)  # type: ignore[arg-type]  # both are known
    assert whole.count("data:image/png;base64,") == 9
    assert "http" not in whole
    for key in ("answer", "kernels", "maps", "exciting", "wrong"):
        assert text(f"images.{key}.title", lang) in whole  # type: ignore[arg-type]  # as above
        assert text(f"images.{key}.about", lang).split("；")[0][:20] in whole  # type: ignore[arg-type]  # as above
    save(seen, tmp_path / "seen.png", lang)  # type: ignore[arg-type]  # as above
    assert b"Software\0koubai" in (tmp_path / "seen.png").read_bytes()
    with pytest.raises(ParameterError, match=r"out must end in one of \.html, \.png; got"):
        save(seen, tmp_path / "seen.pdf", lang)  # type: ignore[arg-type]  # as above


def test_the_command(
    model: ImageModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    koubai.save(model, "m.koubai")
    made.folder(tmp_path / "new", 4)
    assert main(["show", "m.koubai", "--images", "new", "--row", "3", "--out", "seen.html", "--lang", "ja"]) == 0
    assert capsys.readouterr().out == "書き出し：seen.html\n"
    assert "standing/001.png" in Path("seen.html").read_text(encoding="utf-8")
    for arguments, words in (
        (("--images", "new"), "--out must be given with --images; got none."),
        (("--images", "new", "--out", "x.pdf"), "out must end in one of .html, .png; got 'x.pdf'."),
        (("--images", "new", "--out", "x.html", "--row", "9"), "--row must be in 1 … 4; got 9. Try 1."),
        (("--images", "none", "--out", "x.html"), "The images 'none' must exist"),
        (("--out", "x.html"), "--out must come with --images; got it alone."),
    ):
        assert main(["show", "m.koubai", *arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert words in line
