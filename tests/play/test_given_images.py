"""Images of one's own in the playground: at the command line, in exports, in a notebook, and what is refused."""

import base64
import gzip
import json
import re
import warnings

import numpy as np
import pytest
from PIL import Image

import koubai
from koubai.cli.main import main
from koubai.core.errors import DataError, ParameterError
from koubai.play.catalogue import engine_files
from koubai.play.of_images.given import MOST_BYTES, MOST_IMAGES, arrays_given, read_given
from koubai.play.serving import server

from .given_images import archive_of_letters, enlarged_digits, folder_of_pictures, idx_of_digits


@pytest.fixture
def complaint(capsys, monkeypatch):
    """A function that runs ``koubai play`` with what is wrong, and returns the one line that it says."""
    monkeypatch.setattr(server, "run", lambda *_, **__: pytest.fail("it was served"))

    def said(*arguments):
        assert main(["play", *map(str, arguments), "--no-browser"]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert len(printed.err.strip().splitlines()) == 1, printed.err
        return printed.err

    return said


def png(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def test_what_cannot_be_played_with_gets_one_sentence(complaint, tmp_path):
    rng = np.random.default_rng(0)

    def archive(name, images, labels):
        np.savez(tmp_path / name, images=images, labels=labels)
        return tmp_path / name

    grey = rng.integers(0, 255, (8, 6, 6), dtype=np.uint8)
    large, unequal, one = tmp_path / "large", tmp_path / "unequal", tmp_path / "one"
    for folder, sizes in ((large, (80, 80)), (unequal, (6, 9))):
        for label, side in zip("ab", sizes, strict=True):
            png(folder / label / "1.png", rng.integers(0, 255, (side, 6), dtype=np.uint8))
    png(one / "a" / "1.png", grey[0])
    (tmp_path / "bad-images.idx3-ubyte").write_bytes(b"no images")
    digits = idx_of_digits(tmp_path, 20)
    for arguments, words in (
        (
            [large],
            "images must have at most 64 × 64 pixels, so that each can be seen; they have 6 × 80. Add --image-size 28",
        ),
        ([unequal], "must all have the same size"),
        ([one], "must hold a subfolder"),
        ([tmp_path / "absent.npz"], "must exist"),
        ([tmp_path / "bad-images.idx3-ubyte"], "idx format"),
        ([archive("wide.npz", np.zeros((4, 70, 6), np.uint8), [0, 1, 0, 1])], "they have 6 × 70. Resize them."),
        (
            [archive("four.npz", np.zeros((4, 6, 6, 4), np.uint8), [0, 1, 0, 1])],
            "or coloured, with 3; they have 4 channels",
        ),
        ([archive("single.npz", grey, [5] * 8)], "of two kinds or more; got 1, 5"),
        ([archive("many.npz", np.tile(grey, (8, 1, 1))[:60], np.arange(60))], "of at most 50 classes; they are of 60"),
        ([archive("numbers.npz", grey, np.linspace(0, 1, 8))], "labels must be classes; got numbers with fractions"),
        ([archive("below.npz", grey - 100.0, [0, 1] * 4)], "pixels must be finite numbers from 0"),
        ([archive("nothing.npz", 0 * grey, [0, 1] * 4)], "some of them above it; got 0 to 0"),
        ([archive("nan.npz", np.full((8, 6, 6), np.nan), [0, 1] * 4)], "got NaN or infinity"),
        ([digits, "--target", "y"], "--target must come with a table; got it with images"),
        ([digits, "--separator", ";"], "--separator must come with a TABLE"),
        (["--image-size", "28"], "--image-size must come with images"),
        (["--labels", "x"], "--labels must come with images"),
        (["--color", "gray"], "--color must come with images"),
    ):
        sentence = complaint(*arguments)
        assert words in sentence, (arguments, sentence)


def test_images_are_what_is_shown_first_and_served(tmp_path, monkeypatch, capsys):
    shown = {}
    monkeypatch.setattr(server, "run", lambda settings, tables, **more: shown.update(more, s=settings, t=tables))
    assert main(["play", str(idx_of_digits(tmp_path)), "--no-browser"]) == 0
    settings, given = shown["s"], shown["t"].paths["images"]
    assert (settings.dataset, settings.hidden, settings.n_rows) == ("images", (), 1000)
    assert (settings.filters, settings.kernel_sizes) == ((8, 16), (3, 3)), "28 × 28 pixels are much for one convolution"
    images = given.images
    assert images.classes == tuple("0123456789")
    assert (images.shape, images.most, images.told["title"]) == ((28, 28, 1), 255.0, "train-images-idx3-ubyte")
    assert capsys.readouterr().err == ""
    data = given.data(settings)
    assert data.inputs.shape == (1000, 784)
    assert data.test.sum() == 300
    lesson = tmp_path / "own.json"
    step = {"text": {"en": "See."}, "settings": {"dataset": "images", "filters": [4]}}
    lesson.write_text(json.dumps({"title": {"en": "Own"}, "steps": [step]}), encoding="utf-8")
    assert main(["play", str(tmp_path / "train-images-idx3-ubyte"), "--lesson", str(lesson), "--no-browser"]) == 0
    assert (shown["s"].lesson, shown["s"].dataset) == ("own", "images")


def test_a_folder_is_resized_and_made_grey_where_asked(tmp_path, monkeypatch):
    shown = {}
    monkeypatch.setattr(server, "run", lambda settings, tables, **_: shown.update(t=tables))
    folder = folder_of_pictures(tmp_path / "pets")
    assert main(["play", str(folder), "--image-size", "8", "--color", "gray", "--no-browser"]) == 0
    images = shown["t"].images
    assert images.shape == (8, 8, 1)
    assert "filters" not in images.usual
    assert images.told["asked"] == {"image_size": [8, 8], "channels": 1}
    assert images.told["darker"] is False, "a picture's 0 is black"
    coloured, _ = read_given(folder)
    assert (coloured.shape, coloured.classes) == ((10, 12, 3), ("cat", "dog"))


def test_of_too_many_each_class_keeps_its_share_and_that_is_said():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [5000, 995, 5])
    pixels = rng.integers(0, 256, (6000, 28, 28), dtype=np.uint8)
    images, notes = arrays_given(pixels, labels, "play")
    kept, codes = images.read()
    assert abs(len(kept) - MOST_IMAGES) <= 3
    assert np.bincount(codes).tolist() == pytest.approx([1667, 332, 2], abs=2)
    assert (images.told["n"], images.told["of"]) == (len(kept), 6000)
    assert len(notes) == 1
    assert f"{len(kept):,} of the 6,000 images are on the page, from each class its share" in notes[0]
    fractions, _ = arrays_given(pixels / 255, labels, "play")
    kept, codes = fractions.read()
    assert kept.dtype == np.float32
    assert kept.nbytes <= 1.01 * MOST_BYTES
    assert set(codes.tolist()) == {0, 1, 2}


def test_what_images_are_like_is_found_out_so_that_drawings_are_alike():
    pixels, labels = enlarged_digits(100)
    images, _ = arrays_given(pixels, labels, "play")
    assert images.told["ground"] == 0
    assert images.told["margin"] in (2, 3)
    inverted, _ = arrays_given(255 - pixels, labels, "play")
    assert (inverted.told["ground"], inverted.told["margin"]) == (1, images.told["margin"])
    face = images.told["face"]
    assert len(face["shades"]) == face["height"] * face["width"] == 14 * 14
    assert face["shades"][0] == 255, "where nothing is, paper is white"


@pytest.fixture
def engine(missing):
    if engine_files() is None:
        missing("no module for browsers is built; python -m koubai.engines.cpu.native.build wasm32")


def test_one_file_and_a_folder_hold_the_images_and_an_earlier_one_s_are_gone(engine, tmp_path, capsys):
    path = idx_of_digits(tmp_path)
    one, folder = tmp_path / "playground.html", tmp_path / "site"
    assert main(["play", str(path), "--export", str(one)]) == 0
    carried = json.loads(re.search(r'id="koubai-carried">(.*?)</script>', one.read_text("utf-8"), re.DOTALL)[1])
    assert carried["catalogue"]["first"]["dataset"] == "images"
    assert carried["catalogue"]["images"]["images"]["n"] == 1797
    rows = json.loads(gzip.decompress(base64.b64decode(carried["tables"]["images"])))
    assert base64.b64decode(rows["pixels"]) == enlarged_digits()[0].tobytes()
    assert one.stat().st_size < 2_000_000
    assert main(["play", str(path), "--export", str(folder)]) == 0
    assert json.loads((folder / "tables" / "images.json").read_text())["labels"] == rows["labels"]
    assert json.loads((folder / "catalogue.json").read_text())["first"]["dataset"] == "images"
    assert main(["play", "--export", str(folder)]) == 0
    assert not (folder / "tables" / "images.json").exists(), "nobody's images stay on a host by accident"
    assert "images" not in json.loads((folder / "catalogue.json").read_text())["images"]
    capsys.readouterr()


def test_one_file_stays_under_its_size_whatever_the_images(engine, tmp_path, capsys):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "noise.npz", X=rng.integers(0, 256, (5000, 32, 32, 3), dtype=np.uint8), y=np.arange(5000) % 10)
    target = tmp_path / "playground.html"
    assert main(["play", str(tmp_path / "noise.npz"), "--export", str(target)]) == 0
    assert target.stat().st_size < 4_500_000
    assert "of the 5,000 images are on the page" in capsys.readouterr().err


def test_a_notebook_takes_images_and_gives_back_what_takes_them(tmp_path):
    pixels, labels = enlarged_digits(300)
    names = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])[labels]
    widget = koubai.play(pixels, names, filters=[4])
    assert widget.settings["dataset"] == "images"
    widget.do("step", count=4)
    model = widget.estimator
    assert isinstance(model, koubai.ConvClassifier)
    assert model.score(pixels, names) > 0.7
    told = widget._answer({"what": "begin"})["answer"]
    assert told["images"]["images"]["classes"] == sorted(set(names.tolist()))
    assert told["images"]["images"]["given"] is True
    assert "digits" in told["images"]
    rows = widget._answer({"what": "rows", "part": told["first"]})["answer"]
    assert rows["kind"] == "u1"
    widget.close()
    for X, y in ((str(idx_of_digits(tmp_path, 40)), None), (pixels[:40, :, :, np.newaxis].tolist(), labels[:40])):
        other = koubai.play(X, y)
        assert other.settings["dataset"] == "images"
        other.close()
    few = koubai.play(pixels[:12], labels[:12])
    assert few.settings["train_ratio"] == 1.0
    few.close()


def test_a_notebook_refuses_what_does_not_fit_and_says_what_it_left_out(tmp_path):
    pixels, labels = enlarged_digits(30)
    with pytest.raises(DataError, match=r"play: y must hold a class for each of 30 images; got shape \(29,\)"):
        koubai.play(pixels, labels[1:])
    with pytest.raises(ParameterError, match="task must be classification for images; got regression"):
        koubai.play(pixels, labels, task="regression")
    with pytest.raises(DataError, match="labels must be classes; got numbers with fractions"):
        koubai.play(pixels, np.linspace(0, 1, 30))
    with pytest.raises(DataError, match=r"at most 64 × 64 pixels.*they have 70 × 70\. Resize them"):
        koubai.play(np.zeros((4, 70, 70)), [0, 1, 0, 1])
    many = np.tile(pixels, (70, 1, 1))
    with pytest.warns(UserWarning, match=r"[12],\d{3} of the 2,100 images are on the page"):
        koubai.play(many, np.tile(labels, 70)).close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        koubai.play(pixels, labels).close()


def test_classes_keep_the_order_of_their_numbers(tmp_path):
    images, _ = read_given(archive_of_letters(tmp_path))
    assert images.classes == tuple(map(str, range(12)))
    assert images.labels.tolist() == list(range(12))
    assert images.most == 1.0
