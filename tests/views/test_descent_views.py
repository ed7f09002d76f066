"""The lab's pictures, pages and words: they open, they are complete, they need no network, in both languages."""

import io
import json
import re
import sys
import warnings
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

import koubai
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.language import catalogue
from koubai.core.network import Network
from koubai.descent.fits.fitted import Fit
from koubai.descent.functions.expression import parse
from koubai.descent.functions.known import get_objective
from koubai.descent.paths.basins import compare_basins
from koubai.descent.paths.compare import Comparison
from koubai.descent.surfaces.batches import batch_progress
from koubai.descent.surfaces.landscape import landscape, landscape_of_path, line_between
from koubai.descent.surfaces.rates import range_test
from koubai.descent.surfaces.spectrum import largest_eigenvalues
from koubai.descent.surfaces.subject import Subject
from koubai.descent.surfaces.watching import watch_training
from koubai.engines.protocol import Rows
from koubai.views.descent import style
from koubai.views.descent.basins_plot import basins_figure
from koubai.views.descent.html import page
from koubai.views.descent.math import html, plain
from koubai.views.descent.plot import comparison_figure
from koubai.views.descent.showing import figure_of, picture, save, show
from koubai.views.descent.style import drawing, line_style, marker
from koubai.views.descent.words import function_title, number, stop_sentence


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return koubai.compare_descents("rosenbrock", ["sgd", "momentum", "adam"], max_steps=60)


@pytest.fixture(scope="module")
def curve() -> Comparison:
    return koubai.compare_descents("x**4 - 2*x**3 + 1", ["sgd"], [0.01, 0.9], [2.0], work_out=True)


@pytest.fixture(scope="module")
def fit() -> Fit:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 80)
    return koubai.fit_points(x, 3 * x - 1 + rng.normal(size=80), methods=("steepest", "sgd"), max_steps=50)


def data_of(document: str) -> dict:
    found = re.search(r'<script type="application/json">(.*?)</script>', document, re.S)
    assert found is not None
    return json.loads(found.group(1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2*x**2*(2*x - 3)", "2x²(2x − 3)"),
        ("(1-x)**2 + 100*(y-x**2)**2", "(1 − x)² + 100(y − x²)²"),
        ("x*-2", "x(−2)"),
        ("x + -y", "x + (−y)"),
        ("x/2*y", "(x/2)y"),
        ("x*y*sin(x)", "xy sin(x)"),
        ("2*3*x", "2·3x"),
        ("x**-2 + 2**x + x**0.5", "x^(−2) + 2^x + x^(1/2)"),
        ("w10 - (x - y)", "w₁₀ − (x − y)"),
        ("abs(x) + sqrt(x) + pi", "|x| + √x + π"),
        ("(x + y)*(x - y)/(2*x)", "(x + y)(x − y)/(2x)"),
    ],
)
def test_mathematics_is_written_as_people_write_it(text: str, expected: str) -> None:
    assert plain(parse(text).tree) == expected


def test_html_raises_exponents_and_lowers_indices() -> None:
    assert html(parse("w1**2").tree) == "<i>w</i><sub>1</sub><sup>2</sup>"


def test_numbers_are_short_and_have_a_proper_minus() -> None:
    assert [number(x) for x in (-0.5, 1e-17, 1234567.0, np.nan, -np.inf)] == ["−0.5", "0", "1.235×10⁶", "—", "−∞"]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", ["comparison", "curve", "fit"])
def test_pictures_are_slides(name: str, lang: str, request: pytest.FixtureRequest) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="No Japanese font")  # said once, see below
        warnings.filterwarnings("ignore", message="Glyph")
        image = Image.open(io.BytesIO(picture(request.getfixturevalue(name), lang)))
    assert image.size == (1920, 1080)
    assert len(set(image.convert("RGB").resize((320, 180)).get_flattened_data())) > 50


@pytest.mark.slow
def test_vector_pictures_keep_letters_and_are_the_same_each_time(curve: Comparison) -> None:
    first = picture(curve, "ja", ".svg").decode()
    assert "更新回数" in first
    assert "2x²(2x − 3)" in first
    assert first == picture(curve, "ja", ".svg").decode()


def test_basins_are_drawn() -> None:
    found = koubai.basins("himmelblau", resolution=20)
    assert Image.open(io.BytesIO(picture(found, "en"))).size == (1920, 1080)


@pytest.mark.slow
def test_the_gif_moves_and_rests_on_its_last_frame(comparison: Comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path / "a.gif", "en")
    image = Image.open(io.BytesIO((tmp_path / "a.gif").read_bytes()))
    assert image.n_frames == 61
    first = np.array(image.convert("RGB")).astype(int)
    image.seek(30)
    assert np.abs(np.array(image.convert("RGB")).astype(int) - first).max() > 100
    image.seek(60)
    assert image.info["duration"] > 2000


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", ["comparison", "curve", "fit"])
def test_the_page_stands_alone(name: str, lang: str, request: pytest.FixtureRequest) -> None:
    document = page(request.getfixturevalue(name), lang)
    assert f'<html lang="{lang}">' in document
    assert not re.search(r"(src|href)=|@import|url\(|https?://|fetch\(|XMLHttpRequest", document)
    assert catalogue(lang)["descent.page.play"] in document
    canvases = re.findall(r"<canvas[^>]*>", document)
    assert canvases
    assert all("aria-label=" in canvas for canvas in canvases)


def test_the_page_holds_the_paths(comparison: Comparison) -> None:
    data = data_of(page(comparison, "en"))
    assert len(data["frames"]) == 61
    assert len(data["surface"]["values"]) == data["surface"]["nx"] * data["surface"]["ny"]
    for path, record in zip(data["paths"], comparison.paths, strict=True):
        np.testing.assert_allclose(path["x"], record.points[:, 0], rtol=1e-4)
        np.testing.assert_allclose(path["y"], record.points[:, 1], rtol=1e-4)
    assert [frame[0] for frame in data["frames"]] == list(range(61))


@pytest.mark.slow
def test_eight_optimizers_over_a_thousand_steps_fit_into_two_megabytes() -> None:
    names = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "nadam"]
    comparison = koubai.compare_descents("rosenbrock", names, max_steps=1000)
    assert len(page(comparison, "en").encode()) < 2_000_000


def test_a_diverging_path_is_cut_off_and_explained(curve: Comparison) -> None:
    document = page(curve, "en")
    diverged = data_of(document)["paths"][1]
    assert diverged["x"][-1] is None
    assert "α &lt; 0.0833" in document
    assert stop_sentence(curve.paths[1], "ja").startswith("発散した。始点での曲率は 24")


def test_the_page_shows_hand_and_machine_side_by_side(curve: Comparison) -> None:
    document = page(curve, "en")
    for part in ("2x²(2x − 3)", "x = 0: neither minimum nor maximum", "f(3/2) = −11/16", "f(1.5) = −0.6875"):
        assert part in document


def test_a_fit_costs_gradients_and_moves_its_line(fit: Fit) -> None:
    data = data_of(page(fit, "en"))
    assert data["panels"]["values"]["logX"]
    np.testing.assert_allclose(data["paths"][0]["lines"][-1], fit.line(fit.paths[0].point), rtol=1e-5)
    np.testing.assert_allclose(data["answer"], fit.answer)


def test_text_from_outside_cannot_break_out_of_the_page() -> None:
    x = np.linspace(0, 1, 5)
    evil = "</script><img src=x onerror=alert(1)>"
    document = page(koubai.fit_points(x, x, max_steps=5, names=(evil, "y")), "en")
    assert "</script><img" not in document


def test_words_at_the_terminal(curve: Comparison, fit: Fit, capsys: pytest.CaptureFixture[str]) -> None:
    show(curve, "ja")
    assert "x = 3/2：極小" in capsys.readouterr().out
    show(fit, "en")
    assert "least squares: (" in capsys.readouterr().out
    show(koubai.basins("camel", resolution=10), "en")
    assert "(−1.704, 0.7961)" in capsys.readouterr().out
    koubai.descend("booth", max_steps=5).show("en")
    assert "all updates were made" in capsys.readouterr().out


def test_notebooks_get_a_frame_of_their_own_and_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOUBAI_LANG", "en")
    path = koubai.descend("booth", max_steps=5)
    assert path._repr_html_().startswith("<iframe srcdoc=")
    assert path._repr_png_()[:4] == b"\x89PNG"
    found = koubai.basins("booth", resolution=5)
    assert found._repr_html_() is None
    assert found._repr_png_()[:4] == b"\x89PNG"


def test_local_minima_are_told_from_the_lowest() -> None:
    comparison = koubai.compare_descents("rastrigin", ["sgd"], max_steps=50)
    assert [mark[2] for mark in data_of(page(comparison, "en"))["minima"]] == [False, True]
    drawn = picture(comparison, "en", ".svg").decode()
    assert "local minimum" in drawn
    assert "lowest minimum" in drawn
    assert "(−2.985, 1.99) (local)" in page(comparison, "en")


def test_the_noise_and_the_name_of_a_function_stand_in_its_title() -> None:
    title = function_title(get_objective("noisy_bowl"), "ja")
    assert title == "雑音のある二次関数：f(x, y) = (x² + 5y²)/2（勾配に標準偏差 1 の雑音）"
    assert function_title(get_objective("x**2"), "en") == "f(x) = x²"


def test_methods_are_told_apart_by_colour_dashes_and_head() -> None:
    looks = [(line_style(index), marker(index)) for index in range(14)]
    assert len({(colour, head) for (colour, _), head in looks}) == 14
    assert len({look for look, _ in looks}) == 14


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_letters_are_large_enough_for_the_last_row_and_stay_within_the_slide(lang: str) -> None:
    names = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw"]
    comparison = koubai.compare_descents("rastrigin", names, max_steps=30)
    with style.drawing(lang):
        figure = figure_of(comparison, lang)
        FigureCanvasAgg(figure).draw()  # lays it out
        width, height = figure.bbox.width, figure.bbox.height
        marks = [tick for axes in figure.axes for tick in (*axes.get_xticklabels(), *axes.get_yticklabels())]
        every = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_text().strip())
        assert len(every) > 25
        for written in every:
            assert written.get_fontsize() >= 12
            if written in marks:
                continue  # those beyond the ends of an axis are not drawn
            box = written.get_window_extent()
            inside = box.x0 > -1 and box.x1 < width + 1 and box.y0 > -1 and box.y1 < height + 1
            assert inside, written.get_text()


@pytest.mark.slow
def test_many_minima_are_coloured_by_how_low_they_are() -> None:
    found = compare_basins("rastrigin", ["sgd"], resolution=12)
    assert len(found.maps[0].minima) > 20
    assert "value at the minimum reached" in picture(found, "en", ".svg").decode()


def test_maps_of_several_rules_share_one_picture() -> None:
    found = compare_basins("himmelblau", ["sgd", "momentum", "adam"], resolution=10)
    drawn = picture(found, "ja", ".svg").decode()
    for part in ("SGD，α = 0.007", "モーメンタム，α = 0.001", "Adam，α = 0.2", "各始点はどの極小点に到達するか"):
        assert part in drawn


def test_leaving_the_domain_is_said_with_what_would_have_helped(capsys: pytest.CaptureFixture[str]) -> None:
    path = koubai.descend("x - log(x)", start=0.05, optimizer="momentum", learning_rate=2.0)
    sentence = stop_sentence(path, "en")
    assert sentence.startswith("left the domain of the function. It left the domain at update")
    assert path.advice is not None
    again = koubai.descend("x - log(x)", 0.05, "momentum", path.advice.learning_rate)
    assert not again.failed


def test_a_function_that_falls_without_end_is_said_to_have_no_minimum(capsys: pytest.CaptureFixture[str]) -> None:
    koubai.compare_descents("x**3", ["sgd"], [0.01], [1.0], max_steps=10, work_out=True).show("en")
    assert "There is none: the function is unbounded below." in capsys.readouterr().out


def test_more_than_two_variables_have_values_alone() -> None:
    path = koubai.descend("x**2 + y**2 + z**2", (1, 2, 3), learning_rate=0.1, max_steps=20)
    assert Image.open(io.BytesIO(picture(path, "en"))).size == (1920, 1080)


def test_without_matplotlib_pages_are_written_and_pictures_say_what_to_install(
    comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    save(comparison, tmp_path / "a.html", "en")
    with pytest.raises(
        ParameterError, match=r"matplotlib must be installed .* pip install matplotlib(?: \S+)*, or write \.html"
    ):
        save(comparison, tmp_path / "a.png", "en")
    assert comparison._repr_png_() is None


def test_a_machine_without_japanese_fonts_has_the_one_of_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    manager = font_manager.fontManager
    monkeypatch.setattr(manager, "ttflist", [font for font in manager.ttflist if font.name not in style.FONTS])
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    assert style.japanese_font.__wrapped__() == "IPAexGothic"


def test_without_a_japanese_font_one_warning_says_how_to_get_one(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "japanese_font", lambda: None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        picture(comparison, "ja")
    command = re.compile(r"pip install (?:\S+ )*matplotlib-fontja(?: \S+)*, which brings one")
    assert sum(bool(command.search(str(warning.message))) for warning in caught) == 1


@pytest.mark.parametrize(
    ("record", "path", "error", "message"),
    [
        ("comparison", "a.jpg", ParameterError, r"path must end in one of \.png, \.svg"),
        ("basins", "a.gif", ParameterError, r"a basins record does not move, so path must end in \.png or \.svg"),
        ("nothing", "a.png", ParameterTypeError, "the record must come from the descent lab; got dict"),
    ],
)
def test_what_cannot_be_written_gets_one_sentence(
    record: str, path: str, error: type, message: str, comparison: Comparison, tmp_path: Path
) -> None:
    given = (
        {"comparison": comparison, "nothing": {}}.get(record)
        if record != "basins"
        else koubai.basins("booth", resolution=4)
    )
    with pytest.raises(error, match=message):
        save(given, tmp_path / path, "en")


def test_what_cannot_be_shown_gets_one_sentence() -> None:
    with pytest.raises(ParameterTypeError, match=r"show: the record must come .* got dict"):
        show({}, "en")


def test_every_text_of_the_lab_is_there_in_both_languages() -> None:
    english, japanese = ({key for key in catalogue(lang) if key.startswith("descent.")} for lang in ("en", "ja"))
    assert english == japanese
    source = "".join(path.read_text() for path in Path(koubai.__file__).parent.glob("views/descent*.py"))
    used = set(re.findall(r'text\("(descent\.[\w.]+)"', source))
    assert used <= english


@pytest.fixture(scope="module")
def network_records() -> list:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    network = Network.dense((3, 6, 1), hidden="tanh", output="sigmoid", loss="binary_cross_entropy")
    subject = Subject(network, network.initial(rng), Rows(x, (x[:, :1] > 0).astype(float)))
    record = watch_training(subject, "sgd", 0.5, epochs=4)
    return [
        record,
        landscape(record.subject, resolution=7),
        landscape_of_path(record.subject, record.thetas, resolution=7),
        line_between(subject, record.subject.theta, resolution=9),
        range_test(subject, n_updates=20),
        batch_progress(subject, (1, 8), learning_rate=0.3, epochs=2),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("index", range(6))
def test_networks_are_drawn_and_told(
    index: int, network_records: list, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = network_records[index]
    record.save(tmp_path / "a.svg", "ja")
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    key = ("training", "landscape", "path", "line", "range", "batches")[index]
    title = catalogue("ja")[f"descent.network.{key}"].split("：")[0]
    assert title in drawn
    record.save(tmp_path / "a.png", "en")
    assert Image.open(io.BytesIO((tmp_path / "a.png").read_bytes())).size == (1920, 1080)
    record.show("en")
    assert catalogue("en")[f"descent.network.{key}"].split(":")[0] in capsys.readouterr().out
    with pytest.raises(ParameterError, match="does not move"):
        record.save(tmp_path / "a.html")


def test_eigenvalues_are_told(network_records: list, capsys: pytest.CaptureFixture[str]) -> None:
    found = largest_eigenvalues(network_records[0].subject, 3)
    found.show("en")
    assert "Steepest descent is stable here for α <" in capsys.readouterr().out
    assert "ヘッセ行列の固有値（大きい順）" in picture(found, "ja", ".svg").decode()


def test_every_optimizer_of_a_comparison_has_a_colour_of_its_own() -> None:
    styles = [line_style(index) for index in range(12)]
    assert len({colour for colour, _ in styles}) == 12
    looks = [(*line_style(index), marker(index)) for index in range(36)]
    assert len(set(looks)) == 36


def test_before_its_first_update_a_path_is_flat_whatever_the_update_costs() -> None:
    x = np.linspace(0, 1, 50)
    found = koubai.fit_points(x, 3 * x, methods=("steepest", "sgd"), max_steps=30)
    assert found.counts_differ
    with drawing("en"):
        figure = comparison_figure(found, "en")
    lines = [line for line in figure.axes[-1].lines if len(line.get_xdata()) > 10]
    assert {line.get_drawstyle() for line in lines} == {"steps-post"}
    assert "view.spec.logX" in (files("koubai") / "views" / "assets" / "descent.js").read_text(encoding="utf-8")


def test_what_goes_back_and_forth_is_drawn_faintly_under_its_means() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = x + rng.normal(size=200) > 0
    found = koubai.fit_points(x, y, "perceptron", methods=("sgd",))
    (path,) = found.paths
    assert path.wanders
    ends, points, values = path.stages
    assert ends[-1] == path.n_steps
    np.testing.assert_allclose(points[0], path.points[: ends[0] + 1].mean(axis=0))
    np.testing.assert_allclose(values[-1], path.values[ends[-2] + 1 :].mean())
    with drawing("en"):
        figure = comparison_figure(found, "en")
    faint, thick = (line for line in figure.axes[0].lines if len(line.get_xdata()) > 2)
    assert (faint.get_alpha(), len(faint.get_xdata())) == (0.22, path.n_steps + 1)
    assert (thick.get_alpha(), len(thick.get_xdata())) == (None, len(ends))
    assert '"means":{"ends":' in page(found, "en")


def test_maps_of_basins_are_as_square_as_their_windows() -> None:
    found = compare_basins("himmelblau", ["sgd", "momentum", "adam"], resolution=12, max_steps=50)
    with drawing("en"):
        figure = basins_figure(found, "en")
        figure.draw_without_rendering()
    boxes = [axes.get_window_extent() for axes in figure.axes[:3]]
    for box in boxes:
        assert box.width == pytest.approx(box.height, rel=0.02)
    assert boxes[0].y0 == pytest.approx(boxes[2].y0)
