"""Pictures of networks: the nodes that are there, the weights that they have, and names as they are."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import koubai
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.export import export
from koubai.export.models import described_network
from koubai.views.figures.pictures import picture

X = np.random.default_rng(0).normal(size=(60, 3))
Y = np.array(["a & b", "c<d", "年_1"])[np.digitize(X[:, 0], [-0.5, 0.5])]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def model() -> koubai.MLPClassifier:
    return koubai.MLPClassifier((40,), epochs=2, random_state=0).fit(X, Y)


def test_links_are_as_thick_as_their_weights_and_tell_the_sign(model: koubai.MLPClassifier) -> None:
    found = picture(*described_network(model), nodes=4)
    assert [[node.number for node in layer] for layer in found.layers] == [[1, 2, 3], [1, 2, 0, 39, 40], [1, 2, 3]]
    assert len(found.links) == 3 * 4 + 4 * 3
    for link in found.links:
        layer = 0 if link.end in found.layers[1] else 1
        assert link.weight == model.coefs_[layer][link.start.number - 1, link.end.number - 1]
    strongest = max((link for link in found.links if link.end in found.layers[1]), key=lambda link: link.width)
    shown = model.coefs_[0][:, [0, 1, 38, 39]]
    assert abs(strongest.weight) == np.abs(shown).max()
    assert strongest.width == pytest.approx(3.2)
    assert [node.name for node in found.layers[2]] == ["a & b", "c<d", "年_1"]


def test_svg_is_well_formed_and_has_every_node_link_and_name(model: koubai.MLPClassifier, tmp_path: Path) -> None:
    export(model, "svg", tmp_path / "net.svg", nodes=4)
    root = ElementTree.parse(tmp_path / "net.svg").getroot()
    assert len(root.findall(f"{SVG}line")) == 24
    assert len(root.findall(f"{SVG}circle")) == 3 + 4 + 3 + 3  # three dots are the ellipsis
    words = [found.text for found in root.findall(f"{SVG}text")]
    assert {"a & b", "c<d", "年_1", "40 relu", "3 softmax"} <= set(words)
    colours = {found.get("stroke") for found in root.findall(f"{SVG}line")}
    assert colours == {"#0072B2", "#D55E00"}


def test_tikz_escapes_names_and_closes_what_it_opens(model: koubai.MLPClassifier) -> None:
    text = str(export(model, "tikz", nodes=4))
    assert r"label={right:a \& b}" in text
    assert r"label={right:年\_1}" in text
    assert len(re.findall(r"\\draw\[(?:positive|negative)", text)) == 24
    assert text.count(r"\begin") == text.count(r"\end") == 2
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex with TikZ and the class standalone")
def test_tikz_is_set_by_latex(model: koubai.MLPClassifier, tmp_path: Path) -> None:
    names = ["a & b", "50% #1", "x_1 {y} ~ ^ \\ $"]
    named = koubai.MLPClassifier((12,), epochs=1, random_state=0)
    named.fit(pd.DataFrame(X, columns=names), np.where(X[:, 0] > 0, "yes & no", "c<d_e"))
    export(named, "tikz", tmp_path / "net.tex", nodes=4)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "net.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-600:]
    assert "Overfull" not in done.stdout
    assert (tmp_path / "net.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_png_has_pixels_of_both_colours(model: koubai.MLPClassifier, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    export(model, "png", tmp_path / "net.png", nodes=4)
    with image.open(tmp_path / "net.png") as opened:
        pixels = np.asarray(opened.convert("RGB")).reshape(-1, 3).astype(int)
        assert opened.info["Software"] == "koubai"
    assert (pixels[:, 2] - pixels[:, 0]).max() > 100
    assert (pixels[:, 0] - pixels[:, 2]).max() > 100


def test_a_table_model_shows_its_features_and_a_network_of_maps_its_windows() -> None:
    table = {"size": [1.0, 2.0, None, 4.0] * 10, "colour": ["red", "blue"] * 20, "price": np.linspace(1, 9, 40)}
    fitted = koubai.TableModel(hidden_layer_sizes=(3,), solver="lbfgs", keep=["size"]).fit(table, "price")
    found = picture(*described_network(fitted))
    assert [node.name for node in found.layers[0]] == fitted.preparation_.features
    assert [node.name for node in found.layers[-1]] == ["price"]
    images = koubai.ConvClassifier([koubai.Conv(2, 2), "relu"], image_shape=(3, 3), epochs=1, engine="reference")
    images.fit(np.random.default_rng(0).normal(size=(30, 9)), Y[:30])
    drawn = picture(*described_network(images))
    assert sum(link.end in drawn.layers[1] for link in drawn.links) == 8 * 4  # every node reads its window of 2 × 2


def test_what_cannot_be_drawn_is_refused(model: koubai.MLPClassifier) -> None:
    with pytest.raises(ParameterError, match=r"export: nodes must be an integer >= 2; got 1\. Try 10\."):
        export(model, "svg", nodes=1)
    with pytest.raises(ParameterTypeError, match="model must have a network to be drawn; got Perceptron"):
        export(koubai.Perceptron().fit(X, Y == "c<d"), "svg")
