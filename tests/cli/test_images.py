"""Images at the command line: learned from, predicted for, shown, and one sentence for each mistake."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.images import made

import koubai
from koubai import ImageModel
from koubai.cli.main import main
from koubai.core.errors import DataError, KoubaiError, ModelFileError, ParameterError
from koubai.models.files import save
from koubai.training.container import open_container, write_container

LAYERS = "conv 4 3, relu, max_pool, dense 8, relu"
QUICK = ("--layers", LAYERS, "--epochs", "12", "--learning-rate", "0.02")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of lying and standing bars."""
    folder = tmp_path_factory.mktemp("model")
    made.folder(folder / "bars", 60)
    path = folder / "bars.koubai"
    assert main(["fit", str(folder / "bars"), "--out", str(path), "--quiet", *QUICK]) == 0
    return path


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Run a command that must fail with status 2 and return the one sentence on standard error."""
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = int(stop.code or 0)
    written = capsys.readouterr()
    assert status == 2, written
    (line,) = written.err.splitlines()
    return line


def test_a_folder_is_learned_and_what_was_learned_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    made.folder(Path("bars"), 60)
    assert main(["fit", "bars", *QUICK]) == 0
    written = capsys.readouterr().out
    for text in (
        "bars: 60 images, 8 × 8 pixels, 1 channel (grey)",
        "Learned classification (2 different labels): lying 24, standing 24",
        "Images  48 training, 12 test",
        "conv1    convolution, relu       6 × 6 × 4                     40",
        "Network 345 parameters, 12 epochs",
        "accuracy on 12 test images",
        "Next    koubai predict bars.koubai IMAGES --out predictions.csv",
    ):
        assert text in written
    found = open_container("bars.koubai")
    assert (found.kind, found.format_version) == ("ImageModel", 3)
    assert koubai.load("bars.koubai").evaluation_.score > 0.9


def test_show_tells_what_a_model_is_for(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(model)]) == 0
    written = capsys.readouterr().out
    for text in (
        "Predicts classification (2 different labels)",
        "Images   8 × 8 pixels, 1 channel (grey)",
        "48 training, 12 test",
        "Classes  lying, standing",
        "pool1    max pooling                      3 × 3 × 4",
        "dense2   output, sigmoid                          1                      9",
        "accuracy on 12 test images",
        f"See      koubai show {model} --images IMAGES --out seen.html",
        f"Explain  koubai explain forward {model} --data IMAGES --node conv1[1,1,1]",
    ):
        assert text in written


def test_pictures_folders_idx_files_and_archives_are_predicted_for(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels, labels = made.bars(8, seed=3)
    made.folder(Path("labelled"), 8)
    paths = [str(made.picture(Path(f"new/{index}.png"), image)) for index, image in enumerate(pixels)]
    Path("some-images-idx3-ubyte.gz").write_bytes(gzip.compress(made.idx(pixels)))
    np.savez("some.npz", images=pixels, labels=labels)
    for given, first in (
        (paths, "new/0.png"),
        (["new"], "0.png"),
        (["some-images-idx3-ubyte.gz"], "some-images-idx3-ubyte.gz[0]"),
        (["some.npz"], "some.npz[0]"),
    ):
        assert main(["predict", str(model), *given, "--out", "out.csv"]) == 0
        table = pl.read_csv("out.csv")
        assert table.columns == ["image", "prediction", "probability_lying", "probability_standing"]
        assert table["image"][0] == first
        assert table["prediction"].to_list() == list(labels)
        told = capsys.readouterr().err
        assert "Wrote   out.csv (8 images)" in told
        assert ("accuracy on 8 images of known labels" in told) == (given == ["some.npz"])
    assert main(["predict", str(model), "labelled"]) == 0
    written = capsys.readouterr()
    assert written.out.startswith("image,prediction,probability_lying,probability_standing\nlying/000.png,lying,")
    assert "accuracy on 8 images of known labels" in written.err


def test_pictures_of_another_size_or_in_colour(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    large = made.picture(Path("large.png"), np.zeros((9, 12), np.uint8))
    colour = made.picture(Path("colour.png"), rng.integers(0, 255, (8, 8, 3)).astype(np.uint8))
    assert complaint(capsys, "predict", model, large) == (
        "koubai predict: The picture 'large.png' must have 8 × 8 pixels, as those learned from; it has 12 × 9. "
        "Add --resize to resize it."
    )
    assert complaint(capsys, "predict", model, colour) == (
        "koubai predict: The picture 'colour.png' must be grey, as those the model learned from; it has 3 channels "
        "with colours. Add --color gray to read it as grey."
    )
    assert main(["predict", str(model), str(large), str(colour), "--resize", "--color", "gray"]) == 0
    assert "Note: 1 picture stored in colour is read as grey." in capsys.readouterr().err
    np.savez("colours.npz", images=np.zeros((3, 8, 8, 3)), labels=[0, 1, 0])
    assert "must have 1 channel (grey), as those that the network learned from; got 3 channels (colour)." in complaint(
        capsys, "predict", model, "colours.npz"
    )
    np.savez("large.npz", images=np.zeros((3, 9, 8)), labels=[0, 1, 0])
    assert "must be 8 × 8 pixels, as those that the network learned from; got 8 × 9." in complaint(
        capsys, "predict", model, "large.npz"
    )


def test_pictures_are_resized_as_in_training(capsys: pytest.CaptureFixture[str]) -> None:
    for index, (image, label) in enumerate(zip(*made.bars(40), strict=True)):
        made.picture(Path("bars", label, f"{index}.png"), np.repeat(image, 1 + index % 2, 0).repeat(1 + index % 2, 1))
    assert complaint(capsys, "fit", "bars").endswith("Add --image-size 8 to resize them.")
    assert main(["fit", "bars", "--image-size", "8", "--out", "m.koubai", "--quiet", *QUICK]) == 0
    loaded = koubai.load("m.koubai")
    assert loaded.resized_
    assert loaded.predict("bars/lying").height == 20


def test_idx_files_and_their_test_images(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bars").mkdir()
    for name, seed in (("train", 0), ("t10k", 1)):
        pixels, labels = made.bars(40, seed=seed)
        Path(f"bars/{name}-images-idx3-ubyte").write_bytes(made.idx(pixels))
        Path(f"bars/{name}-labels-idx1-ubyte").write_bytes(made.idx(labels == "standing"))
    assert main(["fit", "bars", *QUICK, "--shifts", "1", "--flips"]) == 0
    assert "Images  40 training, 40 test" in capsys.readouterr().out
    assert koubai.load("bars.koubai").predict("bars/t10k-images-idx3-ubyte")["prediction"].to_list()[:2] == [0, 1]
    assert "--test-fraction must be left open where there are test images" in complaint(
        capsys, "fit", "bars", "--test-fraction", "0.2"
    )


def test_what_is_said_of_a_bad_model_is_said_of_images(capsys: pytest.CaptureFixture[str]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (60, 8, 8)).astype(np.uint8)
    np.savez("noise.npz", images=pixels, labels=np.arange(60) % 3 == 0)
    assert main(["fit", "noise.npz", "--layers", "conv 2 3, relu", "--epochs", "1"]) == 0
    written = " ".join(capsys.readouterr().out.split())
    assert "the images may not show what the labels say, or there are too few of them." in written
    assert "column" not in written


def test_numbers_are_learned(capsys: pytest.CaptureFixture[str]) -> None:
    images = made.bars(60)[0] * np.random.default_rng(0).random((60, 1, 1))
    np.savez("grey.npz", X=images, y=images.mean(axis=(1, 2)) / 7)
    assert main(["fit", "grey.npz", "--layers", "conv 4 3, relu", "--epochs", "40", "--learning-rate", "0.01"]) == 0
    assert "Learned regression (its labels are numbers with fractions): " in capsys.readouterr().out
    loaded = koubai.load("grey.koubai")
    assert loaded.evaluation_.others["R²"] > 0.5
    assert loaded.predict("grey.npz").columns == ["image", "prediction"]
    assert "--class-weight must not be set for regression of images" in complaint(
        capsys, "fit", "grey.npz", "--class-weight", "balanced"
    )


WRONG = [
    (("nowhere/",), "The images 'nowhere/' must exist; they were not found."),
    (("bars", "--target", "x"), "--target must come with a table; got it with images, 'bars'. Leave it out."),
    (("bars", "--hidden", "3"), "--hidden must come with a table; got it with images, 'bars'. Say it with --layers."),
    (("x.csv", "--target", "y", "--flips"), "--flips must come with images; got it with a table, 'x.csv'."),
    (("bars", "--layers", "conv 4 30"), "item 1 of --layers: Convolution: kernel_size must be at most the padded"),
    (("bars", "--layers", "conv 4 3, max_pool 2, max_pool 4"), "fit: item 3 of --layers: MaxPooling: pool_size"),
    (("bars", "--layers", "conv four"), "fit: --layers: Conv: filters must be a whole number; got 'four'. Try 32."),
    (("bars", "--layers", "relu"), "only right after Conv or Dense; got 'relu'. Try 'conv 32 3, relu, max_pool 2'."),
    (("bars", "--layers", "konv"), "--layers must list conv, max_pool, avg_pool, flatten, dense, dropout or"),
    (("bars", "--image-size", "0"), "--image-size must be pixels, or width and height, such as 28 or 64x48; got"),
    (("bars", "--shifts", "-1"), "--shifts must be >= 0; got -1."),
    (("bars", "--shifts", "8"), "--shifts must be less than the longer side of the images; got 8 for images of 8 × 8"),
    (("bars", "--rotations", "200"), "--rotations must be in [0, 180]; got 200."),
    (("bars", "--zooms", "1"), "--zooms must be in [0, 1); got 1."),
    (("bars", "--task", "regression"), "'bars' must be numbers for regression; got 'lying'. Leave --task out."),
    (("nowhere", "--epochs", "1"), "The table 'nowhere' must exist"),
    (("bars", "--labels", "x"), "--labels must come with an idx file; got it with 'bars'."),
    (("bars", "--test-fraction", "2"), "--test-fraction must be in [0, 1); got 2.0. Try 0.2."),
    (("bars", "--optimizer", "lbfgs"), "--optimizer must be one that takes batches; got 'lbfgs'."),
    (("bars", "--checkpoint-every", "3"), "--checkpoint-every must come with --checkpoint; got it alone."),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    made.folder(Path("bars"))
    assert words in complaint(capsys, "fit", *arguments)


def test_numbers_that_are_none_are_one_sentence(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pixels = np.zeros((6, 8, 8))
    pixels[4, 2, 3] = np.nan
    np.savez("holes.npz", images=pixels, labels=[0, 1] * 3)
    header = made.idx(np.zeros(pixels.shape, np.uint8))[: -pixels.size]
    Path("holes-images-idx3-ubyte").write_bytes(header[:2] + b"\x0e" + header[3:] + pixels.astype(">f8").tobytes())
    for source, name in (("holes.npz", "holes.npz[4]"), ("holes-images-idx3-ubyte", "holes-images-idx3-ubyte[4]")):
        said = f"The images of '{source}' must hold finite numbers; got NaN or infinity in '{name}'. Mend it, or leave"
        assert said in complaint(capsys, "predict", model, source)
    assert "'holes.npz[4]'" in complaint(capsys, "fit", "holes.npz")
    np.savez("labels.npz", images=np.zeros((6, 8, 8)), labels=[0.5, np.nan, 1, 2, 3, 4])
    assert complaint(capsys, "fit", "labels.npz") == (
        "koubai fit: The labels of 'labels.npz' must be finite; got NaN or infinity. Mend them in labels.npz."
    )
    np.savez("alike.npz", images=np.zeros((6, 8, 8)), labels=["cat"] * 6)
    assert complaint(capsys, "fit", "alike.npz") == (
        "koubai fit: The labels of 'alike.npz' must be of two kinds or more; got 1, 'cat'. Add images of others."
    )


def test_explaining_and_showing_read_pictures_as_predicting_does(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    made.picture(Path("large.png"), rng.integers(0, 255, (9, 12, 3)).astype(np.uint8))
    asked = ["explain", "forward", str(model), "--data", "large.png", "--node", "conv1[1,1,1]"]
    assert "Add --resize to resize it." in complaint(capsys, *asked)
    assert "Add --color gray to read it as grey." in complaint(capsys, *asked, "--resize")
    assert main([*asked, "--resize", "--color", "gray"]) == 0
    assert "Note: 1 picture stored in colour is read as grey." in capsys.readouterr().err
    shown = ["show", str(model), "--images", "large.png", "--out", "seen.html"]
    assert "Add --resize to resize it." in complaint(capsys, *shown)
    for made_network in (["--sizes", "2-2-1"], []):
        assert complaint(capsys, "explain", "forward", *made_network, "--resize") == (
            "koubai explain: --resize must come with a model of images; got it with another, or none. Leave it out."
        )


def test_a_mistake_in_predicting_is_one_sentence(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.csv").write_text("a,b\n1,2\n")
    assert "must be given images, which it learned from; got 'x.csv'." in complaint(capsys, "predict", model, "x.csv")
    made.picture(Path("a.png"), np.zeros((8, 8), np.uint8))
    assert "must be several pictures, or one folder, idx file or npz archive" in complaint(
        capsys, "predict", model, "a.png", "."
    )
    assert "--include must come with a table; got it with images, 'a.png'." in complaint(
        capsys, "predict", model, "a.png", "--include", "all"
    )
    save(koubai.MLPClassifier((2,), max_iter=1, epochs=1).fit([[0.0], [1.0]] * 5, [0, 1] * 5), "bare.koubai")
    assert "MODEL must be one that 'koubai fit' learned from images; 'bare.koubai' contains" in complaint(
        capsys, "predict", "bare.koubai", "a.png"
    )


def test_parameters_in_python() -> None:
    made.folder(Path("bars"))
    for given, words in (
        ({"task": "clustering"}, "ImageModel: task must be classification, regression or None; got 'clustering'."),
        ({"channels": 2}, "channels must be 1 (grey), 3 (colour) or None; got 2."),
        ({"fish": 2}, "ImageModel: fish must not be set for classification of images; got 2, which ConvClassifier"),
    ):
        with pytest.raises(ParameterError) as caught:
            ImageModel(**given).fit("bars")
        assert str(caught.value).startswith(words)
    with pytest.raises(
        DataError, match=r"^The labels of 'bars' must be numbers for regression; got 'lying'\. Leave the task open\.$"
    ):
        ImageModel(task="regression").fit("bars")
    with pytest.raises(KoubaiError, match="must be fitted first"):
        ImageModel().predict("bars")


def test_a_damaged_record_is_refused(model: Path) -> None:
    found = open_container(model)
    for change in (
        {"commonest": "leaning"},
        {"shares": [1.0]},
        {"task": "regression"},
        {"parameters": found.record["parameters"] | {"channels": 7}},
        {"images": {"training": 0, "test": 1}},
    ):
        write_container("bad.koubai", "ImageModel", found.record | change, found.tensors, version=3)
        with pytest.raises(ModelFileError, match="ImageModel: "):
            koubai.load("bad.koubai")


def test_a_node_of_a_map_is_explained_with_its_window(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made.folder(Path("bars"), 6)
    common = ["explain", "forward", str(model), "--data", "bars", "--lang", "en"]
    assert main([*common, "--row", "3", "--node", "conv1[4,5,2]"]) == 0
    written = capsys.readouterr().out
    for text in ("Where z₄,₅,₂⁽¹⁾ comes from in a 8×8×1-6×6×4-3×3×4-8-1 network", "Kernel of filter 2:", "Products:"):
        assert text in written
    assert main([*common[:1], "backward", *common[2:], "--weight", "conv1[1,2,1,3]", "--out", "weight.html"]) == 0
    assert 'class="grids"' in Path("weight.html").read_text(encoding="utf-8")


def test_explanations_of_images_refuse_in_one_sentence(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made.folder(Path("bars"), 6)
    told = {
        (
            "--data",
            "bars",
            "--node",
            "conv2[1,1,1]",
        ): "explain: node's layer must be one of conv1, pool1, dense1, dense2; got 'conv2'. Name one of these.",
        ("--data", "bars", "--node", "conv1[7,1,1]"): "explain: node's place in conv1 must be within [1…6,1…6,1…4]; "
        "got [7,1,1]. Rows, columns, channels and filters count from 1.",
        ("--data", "bars", "--row", "7"): "explain: --row must be in 1 … 6; got 7. Rows count from 1.",
        ("--data", "none"): "The images 'none' must exist; they were not found. Check the name.",
        (
            "--data",
            "bars",
            "--separator",
            ";",
        ): "--separator must come with a model of a table; got it with one of images",
        ("--data", "bars", "--member", "2"): "--member must come with a model of a table; got it with one of images",
    }
    for options, message in told.items():
        assert message in complaint(capsys, "explain", "forward", model, *options)
    line = complaint(capsys, "explain", "model", model, "--data", "bars")
    assert "MODEL must be a table model saved by 'koubai fit'; got ImageModel. Use koubai explain forward." in line
    line = complaint(capsys, "explain", "model", model, "--data", "bars", "--lang", "ja")
    assert line.endswith("表のモデルを指定してください（指定は ImageModel）。koubai explain forward を使ってください。")


def test_an_estimator_that_learned_from_arrays_takes_images_in_their_units(capsys: pytest.CaptureFixture[str]) -> None:
    """Such as the playground's digits, whose pixels go up to 16."""
    lines = np.zeros((40, 6, 6))
    lines[::2, 2], lines[1::2, :, 2] = 16, 16
    kinds = np.array(["lying", "standing"] * 20)
    estimator = koubai.ConvClassifier([koubai.Conv(4, 3), "relu"], epochs=30, random_state=0).fit(lines, kinds)
    save(estimator, "bare.koubai")
    np.savez("lines.npz", images=lines[:5], labels=kinds[:5])
    made.picture(Path("standing.png"), (lines[1] / 16 * 255).astype(np.uint8))
    assert main(["predict", "bare.koubai", "lines.npz", "--out", "found.csv"]) == 0
    told = capsys.readouterr()
    assert "accuracy on 5 images of known labels, 5 right" in told.err
    assert "accuracy of always predicting lying" in told.err
    assert "Note" not in told.err
    assert pl.read_csv("found.csv")["prediction"].to_list() == kinds[:5].tolist()
    found = estimator.predict_proba(lines[:5])[:, 0]
    np.testing.assert_allclose(pl.read_csv("found.csv")["probability_lying"], found, rtol=1e-6)
    assert main(["predict", "bare.koubai", "standing.png"]) == 0
    assert "Note: Pixels go up to 255, those that the model learned from were about 2.67" in capsys.readouterr().err
    words = ["explain", "forward", "bare.koubai", "--data"]
    assert main([*words, "standing.png", "--out", "node.html"]) == 0
    assert "Note: Pixels go up to 255" in capsys.readouterr().err
    assert main([*words, "lines.npz", "--row", "2", "--out", "two.html"]) == 0
    assert capsys.readouterr().err == ""
    Path("table.csv").write_text("x1,x2\n1,2\n", encoding="utf-8")
    told_of_table = complaint(capsys, "predict", "bare.koubai", "table.csv")
    assert told_of_table.endswith("must be given images, which it learned from; got 'table.csv'.")


def test_labels_that_are_numbers_are_those_of_classes_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    lines = np.zeros((8, 4, 4))
    lines[::2, 2], lines[1::2, :, 2] = 1, 1
    save(koubai.ConvClassifier([], epochs=300, shifts=0, random_state=0).fit(lines, ["0", "1"] * 4), "bare.koubai")
    np.savez("lines.npz", images=lines, labels=np.array([0, 1] * 4))
    assert main(["predict", "bare.koubai", "lines.npz", "--out", "found.csv"]) == 0
    assert "accuracy on 8 images of known labels, 8 right" in capsys.readouterr().err


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Neocognitrons of bars, with both readouts and without labels, and with images."""
    folder = tmp_path_factory.mktemp("cells")
    pixels, kinds = made.bars(60)
    for name, readout, labels in (("soft", "softmax", kinds), ("winner", "winner", kinds), ("blind", "softmax", None)):
        given = (pixels[:40],) if labels is None else (pixels[:40], labels[:40])
        save(koubai.Neocognitron(8, readout=readout, random_state=0).fit(*given), folder / f"{name}.koubai")
    np.savez(folder / "bars.npz", images=pixels[40:], labels=kinds[40:])
    made.picture(folder / "one.png", pixels[41])
    return folder


def test_a_neocognitron_answers_to_images_in_files(cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = koubai.load(cells / "soft.koubai")
    images = np.load(cells / "bars.npz")
    assert main(["predict", str(cells / "soft.koubai"), str(cells / "bars.npz"), "--out", "found.csv"]) == 0
    assert "images of known labels" in capsys.readouterr().err
    found = pl.read_csv("found.csv")
    assert found["prediction"].to_list() == model.predict(images["images"]).tolist()
    shares = model.predict_proba(images["images"])
    np.testing.assert_allclose(found[f"probability_{model.classes_[0]}"], shares[:, 0], rtol=1e-5)
    assert main(["predict", str(cells / "winner.koubai"), str(cells / "one.png"), "--out", "one.csv"]) == 0
    one = pl.read_csv("one.csv")
    assert one.columns == ["image", "prediction"]
    wanted = koubai.load(cells / "winner.koubai").predict(images["images"][1:2])
    assert one["prediction"].to_list() == wanted.tolist()


def test_what_a_neocognitron_sees_is_drawn_and_told(cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(cells / "soft.koubai")
    assert main(["show", model]) == 0
    told = capsys.readouterr().out
    for words in ("Images   8 × 8 pixels", "Classes  lying, standing", "S1, C1", "koubai predict"):
        assert words in told
    for lang, words in (("en", "What the first S-cells have learned"), ("ja", "第 1 段の S 細胞が学習したもの")):
        command = ["show", model, "--images", str(cells / "bars.npz"), "--row", "2", "--lang", lang]
        assert main([*command, "--out", f"{lang}.html"]) == 0
        whole = Path(f"{lang}.html").read_text(encoding="utf-8")
        assert words in whole
        for layer in ("contrast", "S1", "C1"):
            assert layer in whole
    assert "radient" not in Path("en.html").read_text(encoding="utf-8"), "it has none"
    assert main(["show", str(cells / "winner.koubai"), "--images", str(cells / "one.png"), "--out", "one.png"]) == 0
    model_seen = koubai.load(model)
    from koubai.models.of_images.bare import as_image_model

    whole_model = as_image_model(model_seen)
    assert whole_model is not None
    seen = whole_model.see(cells / "bars.npz", row=1)
    maps = model_seen.maps(np.load(cells / "bars.npz")["images"][1:2])
    for layer, (name, numbers) in zip(seen.layers, maps.items(), strict=True):
        assert layer.name == name
        np.testing.assert_array_equal(layer.numbers, numbers[0])
    assert (seen.saliency, seen.exciting) == (None, ())


def test_what_a_neocognitron_can_not_do_is_one_sentence(cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = cells / "bars.npz"
    assert "learned without labels names no classes" in complaint(capsys, "predict", cells / "blind.koubai", images)
    line = complaint(capsys, "show", cells / "blind.koubai", "--images", images, "--out", "a.png")
    assert "learned without labels names no classes" in line
    assert main(["show", str(cells / "blind.koubai")]) == 0
    assert "Classes  learned without labels" in capsys.readouterr().out
    line = complaint(capsys, "explain", "forward", cells / "soft.koubai", "--data", images)
    assert "contains a Neocognitron, whose cells learned by competition. See what they answer with koubai show" in line
    line = complaint(capsys, "explain", "backward", cells / "soft.koubai", "--data", images, "--lang", "ja")
    assert "競合学習による Neocognitron です" in line
    line = complaint(capsys, "explain", "model", cells / "soft.koubai", "--data", images)
    assert line.endswith("got Neocognitron. Use koubai show MODEL --images.")
    Path("table.csv").write_text("x1,x2\n1,2\n", encoding="utf-8")
    assert "must be given images" in complaint(capsys, "predict", cells / "soft.koubai", "table.csv")
