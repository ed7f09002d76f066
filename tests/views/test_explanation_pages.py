"""What people see of explanations: whole pages, well formed, self-contained, in both languages, and quickly."""

import re
import time
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from importlib.resources import files
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from rich.cells import cell_len

from koubai.core.errors import ParameterError
from koubai.core.network import Network
from koubai.explain.derivations import Curves
from koubai.explain.learning_rule.learning_walk import perceptron
from koubai.explain.matrix.pages import derivative, identities, shapes
from koubai.explain.model.hidden_nodes import hidden_nodes
from koubai.explain.model.page import ColumnView, model_page
from koubai.explain.network.asking import Ask
from koubai.explain.network.naming import Names
from koubai.explain.network.passes import backward, forward
from koubai.explain.network.samples import made, players, ready_made
from koubai.explain.network.single import activation, loss, softmax
from koubai.explain.quiz.sheets import answer_pages, make_sheet, question_page
from koubai.views.explanation.curves import curves_svg
from koubai.views.explanation.page import fragment
from koubai.views.explanation.showing import render, save, show


def model():
    sample = players()
    nodes = hidden_nodes(sample.network, sample.theta, sample.inputs, sample.names.inputs)
    columns = (
        ColumnView("runs", 0.2, 0.01, (-1.0, 0.0, 1.0), ((0.1, 0.2, 0.9), (0.9, 0.8, 0.1))),
        ColumnView("<team>", 0.1, 0.01, ("A & B", "C"), ((0.1, 0.2), (0.9, 0.8))),
    )
    return model_page(nodes, columns, ("bench", "success"), (), "accuracy")


def pages():
    sample, wide = ready_made(), made((4, 5, 3))
    return {
        "perceptron": perceptron(n_sweeps=2),
        "forward": forward(sample.network, sample.theta, sample.inputs[0], y=sample.targets[0]),
        "backward": backward(wide.network, wide.theta, wide.inputs[0], wide.targets[0]),
        "weight": backward(wide.network, wide.theta, wide.inputs[0], wide.targets[0], ask=Ask.weight(1, 2, 1)),
        "activation": activation("leaky_relu", -0.5),
        "loss": loss("huber", [1, 3], [0, 0.5]),
        "softmax": softmax(),
        "shapes": shapes("A.T @ x", {"A": "m,k", "x": "m,1"}),
        "derivative": derivative("norm(A @ x - b)**2", "x"),
        "identities": identities(),
        "sheet": question_page(make_sheet("update", seed=1, level="exam")),
        "key": answer_pages(make_sheet("shapes", seed=1))[1],
        "model": model(),
    }


PAGES = pages()


class Checker(HTMLParser):
    """Finds elements that are not closed in their order."""

    EMPTY = ("meta", "mspace", "line", "circle", "polyline", "rect", "path", "mprescripts")

    def __init__(self):
        super().__init__()
        self.open, self.problems = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.EMPTY:
            return
        if not self.open or self.open.pop() != tag:
            self.problems.append((tag, self.getpos()))


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", list(PAGES))
def test_pages_are_whole_and_ask_for_nothing_from_elsewhere(name, lang):
    html = render(PAGES[name], "html", lang)
    checker = Checker()
    checker.feed(html)
    assert not checker.problems
    assert not checker.open
    assert f'<html lang="{lang}">' in html
    assert "<script" not in html
    outside = re.sub(r'xmlns="[^"]*"|url\("data:font/woff2;base64,[^"]*"\)', "", html)
    assert not re.search(r"(?:https?:)?//[a-z]|src=|@import|url\(", outside), "no network"
    for formula in re.findall(r"<math.*?</math>", html, flags=re.S):
        ET.fromstring(formula.replace("&#x2062;", "").replace("&#x2061;", ""))


@pytest.mark.parametrize("name", list(PAGES))
def test_links_lead_to_steps_of_the_page(name):
    html = render(PAGES[name], "html", "en")
    targets = set(re.findall(r'id="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= targets


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", list(PAGES))
def test_text_keeps_to_its_width_and_markdown_closes_its_formulas(name, lang):
    text = render(PAGES[name], "text", lang)
    assert all(cell_len(line) <= 130 for line in text.splitlines())
    assert "{" not in re.sub(r"\{[^}]*\}", "", text), "every place of a text has its value"
    markdown = render(PAGES[name], "markdown", lang)
    assert markdown.count("$$") % 2 == 0
    assert markdown.count(r"\begin{aligned}") == markdown.count(r"\end{aligned}")
    assert len(re.findall(r"(?<!\\)\$", markdown)) % 2 == 0


@pytest.mark.parametrize("name", list(PAGES))
def test_the_two_languages_differ_in_words_and_agree_in_formulas(name):
    english, japanese = (render(PAGES[name], "html", lang) for lang in ("en", "ja"))
    formulas = [sorted(re.findall(r"<math.*?</math>", html, flags=re.S)) for html in (english, japanese)]
    assert formulas[0] == formulas[1]
    assert english != japanese
    assert re.search("[ぁ-ん]", japanese)
    assert not re.search("[ぁ-ん]", english)


def test_names_from_a_table_cannot_become_markup():
    sample = players()
    names = Names(("<b>a</b>", "b & c", "$x$", "|"), ("no", "<script>alert(1)</script>"))
    page = forward(sample.network, sample.theta, sample.inputs[0], names=names)
    html = render(page, "html", "en")
    assert "<b>a</b>" not in html
    assert "<script" not in html
    assert "&lt;b&gt;a&lt;/b&gt;" in html
    markdown = render(page, "markdown", "en")
    assert r"\$x\$" in markdown
    assert r"\|" in markdown


def test_a_whole_backward_pass_appears_in_a_second():
    sample = made((4, 5, 3))
    start = time.process_time()
    render(backward(sample.network, sample.theta, sample.inputs[0], sample.targets[0]), "html", "ja")
    assert time.process_time() - start < 1


def test_one_gradient_of_a_large_network_appears_in_two_seconds():
    network = Network.dense((784, 1024, 512, 10), hidden="sigmoid", output="softmax", loss="cross_entropy")
    rng = np.random.default_rng(0)
    theta, x = network.initial(rng), rng.random(784)
    start = time.process_time()
    page = backward(network, theta, x, np.eye(10)[3], ask=Ask.weight(1, 5, 7))
    html = render(page, "html", "en")
    assert time.process_time() - start < 2
    assert "784-1024-512-10" in html


def test_the_asked_number_s_path_is_lit_in_the_diagram():
    html = render(PAGES["weight"], "html", "en")
    assert html.count('class="edge asked"') == 1
    assert html.count('class="edge direct"') == 3, "δ of node 2 came back through its three outgoing weights"
    assert 'class="step asked" id="grad.1.2.1"' in html


def test_a_page_is_saved_in_the_form_of_its_ending(tmp_path, capsys):
    for ending, sign in ((".html", "<!DOCTYPE html>"), (".md", "# "), (".txt", "Softmax with")):
        save(PAGES["softmax"], tmp_path / f"page{ending}", "en")
        assert (tmp_path / f"page{ending}").read_text(encoding="utf-8").startswith(sign)
    with pytest.raises(ParameterError, match=r"^save: path must end in \.html, \.md or \.txt; got 'page\.pdf'"):
        save(PAGES["softmax"], tmp_path / "page.pdf", "en")
    with pytest.raises(ParameterError, match=r"^render: form must be one of text, markdown, html, fragment; got 'rtf'"):
        render(PAGES["softmax"], "rtf", "en")
    show(PAGES["softmax"], "en")
    assert "Why the derivative is z − p" in capsys.readouterr().out


def test_a_notebook_shows_an_explanation(monkeypatch):
    monkeypatch.setenv("KOUBAI_LANG", "ja")
    html = PAGES["softmax"]._repr_html_()
    assert html.startswith('<article class="koubai" lang="ja"><style>')
    assert "なぜ微分が z − p になるのか" in html
    assert PAGES["softmax"]._repr_markdown_().startswith("# ")


def test_the_maths_font_has_what_formulas_need_and_its_licence_lies_beside_it():
    folder = files("koubai") / "views" / "assets"
    font = TTFont(BytesIO((folder / "maths.woff2").read_bytes()))
    letters = font.getBestCmap()
    assert "MATH" in font  # without it, braces and sums do not grow
    assert not {letter for letter in "{}[]()‖∑∏∂√−≈≠≤⊤⊙αβδηθλμφσ𝑥𝑤𝛿" if ord(letter) not in letters}
    assert "SIL OPEN FONT LICENSE" in (folder / "maths-font-OFL.txt").read_text(encoding="utf-8")


def test_small_networks_are_drawn_with_weights_biases_and_the_layer_of_each_node():
    sample = ready_made()
    derivation = backward(sample.network, sample.theta, sample.inputs[0], sample.targets[0])
    drawing = fragment(derivation, "en", styled=False)
    svg = drawing[drawing.index("<svg") : drawing.index("</svg>")]
    assert sample.network.sizes == (2, 2, 1)
    assert svg.count('class="weight') == 6
    assert svg.count('class="bias"') == 3
    for name in ("x₁", "z₁⁽¹⁾", "z₂⁽¹⁾", "z₁⁽²⁾"):
        assert f">{name}</text>" in svg


def test_large_networks_are_labelled_only_where_a_number_was_asked_for():
    sample = made([4, 5, 3], "sigmoid", None, None, 0)
    asked = backward(sample.network, sample.theta, sample.inputs[0], sample.targets[0], ask=Ask.weight(2, 1, 2))
    drawing = fragment(asked, "en", styled=False)
    assert drawing.count('class="weight asked-weight"') == 1
    assert drawing.count('class="weight') <= 12


@pytest.mark.parametrize("names", [tuple(str(n) for n in range(1, 41)), tuple(f"−{n / 100:.2f}" for n in range(20))])
def test_numbers_under_bars_are_whole_and_do_not_lie_on_each_other(names):
    drawn = curves_svg(Curves("residual", names, (("", (1.0,) * len(names)),)), "en")
    shown = re.findall(r'<text x="([\d.]+)" y="[\d.]+" text-anchor="middle">([^<]+)<', drawn)
    assert len(shown) > 3
    assert shown[0][1] == names[0]
    assert {name for _, name in shown} <= set(names)
    for (x, name), (after, _) in pairwise(shown):
        assert float(after) - float(x) > 5.5 * len(name)
