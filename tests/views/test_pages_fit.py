"""Every kind of page that koubai writes fits on a phone, a projector and A4, in both languages, with legible words."""

import shlex
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.images import made
from tests.views.conftest import Watch
from tests.views.fitting import VIEWS, look
from tests.views.test_explanation_pages import model

from koubai.cli.main import main

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # some fifty pages, each seen in eight ways

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PENGUINS = EXAMPLES / "penguins.csv"
COMMANDS = {
    **{name: f"explain {name}" for name in ("perceptron", "forward", "softmax", "identities", "learners", "margin")},
    **{name: f"explain {name}" for name in ("xor", "linear", "logistic", "capacity", "filters", "tangents")},
    "perceptron-of-table": "explain perceptron patients.csv --target outcome --positive yes",
    "backward": "explain backward --sizes 4-5-3",
    "weight": "explain backward --weight 1,2,1",
    "update": "explain update --optimizer adam --rate 0.1 --rows 1-4 --weight 1,2,1",
    "own-numbers": "explain backward --weights '1 1/2; -1 1' --weights '1 -1' --x 1,0 --y 1",
    "activation": "explain activation softmax --at 1,2",
    "loss": "explain loss cross_entropy --z 0.2,0.8 --y 0,1",
    "shapes": "explain shapes 'A.T @ x' A=m,k x=m,1",
    "derivative": "explain derivative 'norm(A @ x - b)**2' --by x",
    "reasons": f"explain reasons penguins.koubai --data {PENGUINS} --row 3",
    "row-of-table": f"explain backward penguins.koubai --data {PENGUINS} --row 3 --weight 1,2,3",
    "node-of-map": "explain forward images.koubai --data images/ --row 3 --node conv1[4,5,2]",
    "weight-of-kernel": "explain backward images.koubai --data images/ --row 3 --weight conv1[1,2,1,5]",
    "descend-curve": "descend 'x**4 - 2*x**3 + 1' --start 2 --optimizer sgd,momentum --learning-rate 0.01",
    "descend-surface": "descend rosenbrock --optimizer sgd,momentum,adam --steps 100",
    "descend-fit": "descend --fit logistic patients.csv --x age --y outcome --standardize --steps 50",
    "quiz": "quiz concepts --seed 1",
    "quiz-exam": "quiz sigmoids --seed 1 --level exam",
    "quiz-variants": "quiz update --variants 3 --seed 7",
    "compare": f"compare {PENGUINS} --target species --learners knn,tree,bayes --cv 3",
    "seen": "show images.koubai --images images/ --row 3",
}
OTHERS = {
    "answers": "quiz backward --seed 1 --level exam --out sheet.html --answers {page} --force",
    "report": f"fit {PENGUINS} --target species --epochs 3 --model r.koubai --report {{page}} --force",
    "report-of-numbers": "fit houses.csv --target price --epochs 3 --model r.koubai --report {page} --force",
    "play": "play --export {page}",
}
"""Commands that say otherwise where a page goes."""
LANGUAGES = {"en": "en-GB", "ja": "ja-JP"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> tuple[str, list[Path]]:
    """Write every kind of page in a language."""
    desk = tmp_path_factory.mktemp("desk")
    x = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(desk)
        rows = pl.DataFrame({"age": x[:, 0] * 9 + 50, "pulse": x[:, 1]})
        rows.with_columns(outcome=np.where(x.sum(axis=1) > 0, "yes", "no")).write_csv("patients.csv")
        rows.with_columns(price=x.sum(axis=1)).write_csv("houses.csv")
        made.folder(Path("images"), 24)
        for line in (f"fit {PENGUINS} --target species --epochs 3 --members 1", "fit images/ --epochs 2"):
            assert main(shlex.split(line)) == 0
        return request.param, _written(desk / "pages", request.param)


def _written(folder: Path, lang: str) -> list[Path]:
    folder.mkdir()
    for name, line in COMMANDS.items():
        command = [*shlex.split(line), "--out", str(folder / f"{name}.html"), "--lang", lang]
        assert main(command) == 0, line
    for name, line in OTHERS.items():
        command = [*shlex.split(line.format(page=folder / f"{name}.html")), "--lang", lang]
        assert main(command) == 0, line
    model().save(folder / "model.html", lang)
    return sorted(folder.glob("*.html"))


@pytest.mark.parametrize("pages", LANGUAGES, indirect=True)
@pytest.mark.parametrize("name", VIEWS)
def test_nothing_is_cut_off_outside_or_too_small(name: str, pages: tuple[str, list[Path]], watch: Watch) -> None:
    (size, media), (lang, written) = VIEWS[name], pages
    assert len(written) == len(COMMANDS) + len(OTHERS) + 1
    seen = watch(look(), written, size=size, media=media, locale=LANGUAGES[lang])
    for page, each in zip(written, seen, strict=True):
        assert not each["found"], page.stem


def test_what_does_not_fit_is_found(tmp_path: Path, watch: Watch) -> None:
    """So that the test above cannot pass by looking at nothing."""
    bad = tmp_path / "bad.html"
    texts = '<text x="60" y="20" font-size="14">beyond</text><text y="9" font-size="5">tiny</text>'
    bad.write_text(
        '<!DOCTYPE html><body><div style="width:900px">wide</div><p style="font-size:8px">small</p>'
        '<p style="width:20px;overflow:hidden;white-space:nowrap">cut off here</p>'
        f'<svg width="90" height="30">{texts}</svg></body>'
    )
    (found,) = watch(look(), [bad], size=(390, 844))
    said = " ".join(found["found"])
    for words in (
        "the page is",
        "outside: div",
        "8.0 pixels: p",
        "cut off: p",
        "outside its picture: text",
        "5.0 pixels",
    ):
        assert words in said, (words, said)
