"""What a person reads of any command is in Japanese where that is spoken: results, notes, progress and mistakes."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from koubai.cli.main import main
from koubai.core.printing import spoken

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
COMMANDS = re.compile(r"\b(?:koubai [a-z-]+|pip install|python -m)\b[^。，）]*|\S+=\S+|--?[a-z]\S*|[\w./]+\.\w+")
"""What is typed, which is the same in every language."""
ENGLISH = re.compile(r"[A-Za-z][a-z]+ [a-z]{2,}|\b(?:must|none|the|and|with|Note|Try|rows?|is|are|of|training)\b")

FAST = "--epochs 2 --quality fast"


def table(path: str, columns: dict[str, object]) -> None:
    names = ",".join(columns)
    rows = zip(*(list(values) for values in columns.values()), strict=True)  # type: ignore[call-overload]
    Path(path).write_text("\n".join([names, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tables, images and two models."""
    folder = tmp_path_factory.mktemp("desk")
    rng = np.random.default_rng(0)
    n = 160
    a, b = rng.normal(size=n).round(3), rng.normal(size=n).round(3)
    colour = rng.choice(["red", "green", "blue", "Red"], n, p=[0.3, 0.3, 0.3, 0.1])
    day = [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(n)]
    y = (2 * a - b).round(3)
    good = np.where(a > 0, "yes", "no")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        whole = {"id": range(n), "a": a, "b": b, "colour": colour, "day": day, "good": good, "y": y, "one": [1] * n}
        table("t.csv", whole)
        table("again.csv", {name: [*list(values)[:100], *list(values)[:30]] for name, values in whole.items()})
        far = [999 if i % 9 == 0 else value for i, value in enumerate(a)]
        table("far.csv", {"a": far, "e": ["" if i % 3 else "x" for i in range(n)], "y": y})
        table("counted.csv", {"a": a, "g": [i // 20 for i in range(n)], "y": [i % 5 for i in range(n)]})
        table("rare.csv", {"a": a, "y": ["rare" if i % 40 == 0 else "common" for i in range(n)]})
        table("leak.csv", {"a": a, "copy": (3 * y).round(4), "y": y})
        table("wrong.csv", {"a": [*range(n - 1), "xx"], "y": y})
        table("infinite.csv", {"a": [*range(n - 1), "inf"], "y": y})
        table("same.csv", {"a": range(30), "y": [1] * 30})
        table(
            "new.csv",
            {
                "a": [1, 99],
                "b": [2, "x"],
                "colour": ["violet", "red"],
                "day": day[:2],
                "y": [1, 2],
                "good": ["yes", "?"],
            },
        )
        words = ["good wine and cheese", "bad weather and rain"]
        texts = [f"{words[i % 2]} {i}" for i in range(80)]
        table("texts.csv", {"a": texts, "n": a[:80], "y": [i % 2 for i in range(80)]})
        rows = [f"{v:.2f};{w:.2f};{v + w:.2f}".replace(".", ",") for v, w in zip(a, b, strict=True)]
        Path("semicolons.csv").write_text("\n".join(["a;b;y", *rows]))
        Path("titled.csv").write_text("Sales of the year\n" + Path("t.csv").read_text())
        Path("empty.csv").write_text("")
        Path("names.csv").write_text("a,y\n")
        Path("ragged.csv").write_text("a,b,y\n1,2,3\n4,5\n6,7,8\n")
        Path("null.csv").write_bytes(b"a,b\n1,\0\n")
        Path("bad.koubai").write_text("nothing")
        Path("note.txt").write_text("mine")
        for name, shape in (("img", (8, 8)), ("big", (8, 9))):
            for label in "ab":
                Path(name, label).mkdir(parents=True)
                for i in range(8):
                    pixels = np.zeros(shape, np.uint8)
                    pixels[(i % 8) if label == "a" else slice(None), slice(None) if label == "a" else i % 8] = 255
                    Image.fromarray(pixels).save(f"{name}/{label}/{i}.png")
        Path("img/readme.md").write_text("x")
        Path("one/a").mkdir(parents=True)
        Image.fromarray(pixels).save("one/a/1.png")
        Path("none").mkdir()
        for words in (f"t.csv --target good --model m.koubai --drop id {FAST}", "img --model i.koubai --epochs 2"):
            assert main(["fit", *shlex.split(words), "--quiet", "--lang", "en"]) == 0
    return folder


def said(words: str, capfd: pytest.CaptureFixture[str], lang: str) -> tuple[int, str]:
    """Return the status and all that a command says."""
    try:
        status = main([*shlex.split(words), "--lang", lang])
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, "".join(capfd.readouterr())


def in_japanese(words: str, status: int, capfd: pytest.CaptureFixture[str]) -> str:
    """Return what a command says in Japanese, after making sure that no line of it is English."""
    found, told = said(words, capfd, "ja")
    assert found == status, told
    for line in told.splitlines():
        rest = COMMANDS.sub("", QUOTED.sub("", line))
        assert not ENGLISH.search(re.sub(r"^koubai[a-z -]*: ", "", rest)), line
    assert re.search("[ぁ-んァ-ン一-龥]", told) or not told, told
    return told


GOOD = (
    f"fit t.csv --target y --model r.koubai {FAST}",
    f"fit titled.csv --target good --model x.koubai {FAST}",
    f"fit again.csv --target good --model x.koubai {FAST} --starts 2 --test-fraction 0.3",
    f"fit far.csv --target y --model x.koubai {FAST} --early-stopping",
    f"fit counted.csv --target y --model x.koubai {FAST} --cv 2 --group g",
    f"fit rare.csv --target y --model x.koubai {FAST} --metric f1 --learning-curve",
    f"fit leak.csv --target y --model x.koubai {FAST} --test-fraction 0",
    f"fit semicolons.csv --target y --model x.koubai {FAST} --intervals 0.8",
    f"fit texts.csv --target y --model x.koubai {FAST}",
    "fit t.csv --target y --model x.koubai --epochs 2 --members 2 --no-cross-validation --hidden 4 --time-column day",
    "fit img --model j.koubai --epochs 2",
    "show m.koubai",
    "show m.koubai --card",
    "show i.koubai",
    "predict m.koubai t.csv --out o.csv --force",
    "predict m.koubai new.csv --out o.csv --force --bad-cells missing",
    "predict i.koubai img --out o.csv --force",
    "compare t.csv --target y --learners tree,logistic --cv 2",
    "export m.koubai --to c --out m.c",
    "warm-up",
)


@pytest.mark.parametrize("words", GOOD)
def test_what_is_done_is_told_in_japanese(
    words: str, desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(desk)
    told = in_japanese(words, 0, capfd)
    if words.startswith(("fit", "predict", "export")):
        assert "：" in told


OPTIONS = (
    *("--learning-rate -1", "--learning-rate x", "--epochs 0", "--epochs 1.5", "--hidden 3,x", "--activation reluu"),
    *("--loss nope", "--loss cross_entropy", "--optimizer nope", "--schedule nope", "--dropout 1", "--l2 -1"),
    *("--l1 -1", "--batch-size 0", "--starts 0", "--jobs 0", "--engine tpu", "--seed -1", "--test-fraction 2"),
    *("--quality superb", "--members 0", "--members 3 --starts 3", "--time 0", "--time day", "--time 3 --members 2"),
    *("--metric f1", "--metric nope", "--intervals 2", "--intervals 0.9999", "--class-weight balanced"),
    *("--checkpoint-every 3", "--checkpoint t.csv", "--model t.csv", "--model note.txt", "--model no/m.koubai"),
    *("--cv 1", "--cv 500", "--group nope --cv 3", "--group one --cv 3"),
    *("--time-column colour", "--time-column one", "--group colour --time-column day"),
    *("--learning-curve --test-fraction 0", "--drop a,b,colour,day,good,one,id", "--drop nope", "--drop y"),
    *("--keep nope", "--category nope", "--text nope", "--decimal ;", "--decimal , --thousands ,"),
    *("--encoding nope", "--separator ab", "--skip-lines -1", "--skip-lines 1000", "--report r.doc"),
    *("--report t.csv", "--coordinator x", "--processes 2", "--restarts 2", "--local-processes 2 --engine cpu"),
    *("--optimizer lbfgs --batch-size 3", "--optimizer lbfgs --members 3", "--shifts 2", "--nonsense", "--lea 0.1"),
    "--learning-rate 1e30 --epochs 30 --hidden 4 --quality fast --optimizer sgd --model x.koubai",
)
BAD = (
    *("fit", "fit t.csv", "fit none.csv --target y", "fit t.csv --target nope", "fit t.csv --target goodd"),
    *(f"fit t.csv --target y {option}" for option in OPTIONS),
    *("fit t.csv --target good --task regression"),
    *("fit t.csv --target one", "fit empty.csv --target y", "fit names.csv --target y", "fit ragged.csv --target y"),
    *("fit same.csv --target y", "fit infinite.csv --target y", "fit wrong.csv --target y", "fit null.csv --target b"),
    *("fit note.txt --target y", "fit none --target y", "fit img --target y", "fit img --hidden 3"),
    *("fit img --layers nope", "fit img --layers 'conv 3 9'", "fit img --layers relu", "fit img --image-size 0"),
    *("fit img --layers 'dense 3, conv 3'", "fit img --shifts -1", "fit img --test-fraction 3", "fit one", "fit none"),
    *("fit img --local-processes 2", "fit img/a/1.png", "fit img --loss nope", "fit img --task regression"),
    *("show nothing.koubai", "show bad.koubai", "show img", "show m.koubai --row 2", "show i.koubai --card"),
    *(
        "show m.koubai --images img --out x.html",
        "show i.koubai --images img",
        "show i.koubai --images img --out x.doc",
    ),
    *("show i.koubai --images img --row 99 --out x.html", "show i.koubai --images no.png --out x.html"),
    *("predict", "predict nothing.koubai t.csv", "predict bad.koubai t.csv", "predict m.koubai nothing.csv"),
    *("predict m.koubai same.csv", "predict m.koubai new.csv", "predict m.koubai t.csv --out o.doc"),
    *("predict m.koubai t.csv --out note.txt", "predict m.koubai t.csv --out t.csv"),
    *("predict m.koubai t.csv --include nope", "predict m.koubai t.csv --raw-cells --out o.parquet"),
    *("predict m.koubai t.csv --files-at-once 3", "predict m.koubai t.csv --training t.csv"),
    *("predict m.koubai t.csv --decimal x", "predict m.koubai a.parquet b.parquet", "predict i.koubai t.csv"),
    *("predict i.koubai no.png", "predict i.koubai big/a/1.png", "predict m.koubai img/a/1.png"),
    *("predict i.koubai img --reasons", "compare t.csv", "compare t.csv --target nope"),
    *("compare t.csv --target y --learners nope", "compare t.csv --target y --learners bayes"),
    *(
        "compare t.csv --target y --cv 1",
        "compare t.csv --target y --columns a",
        "compare t.csv --target y --out x.doc",
    ),
    *("export m.koubai", "export m.koubai --to java", "export m.koubai --to c --out no/m.c"),
    *("export m.koubai --to c --dialect sqlite", "export m.koubai --to sql --dialect oracle"),
    *("export m.koubai --to svg --nodes 0", "export nothing.koubai --to c"),
    *("export m.koubai --to c --out t.csv", "serve nothing.koubai", "serve m.koubai --port 99999"),
    *(
        "serve m.koubai --max-rows 0",
        "serve m.koubai --token short",
        "serve bad.koubai",
        "play t.csv",
        "play --target y",
    ),
    *("play none.csv --target y", "play t.csv --target nope", "play --port 99999", "play --lesson nope"),
    *("play --lesson none.json", "play --class --export x", "play t.csv --target y --export x.html"),
    *("play --separator ;", "nonsense", "warm-up --nope"),
)


@pytest.mark.parametrize("words", BAD)
def test_mistakes_are_told_in_japanese(
    words: str, desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setenv("KOUBAI_LANG", "en")
    told = in_japanese(words, 2, capfd).splitlines()[-1]
    assert told.startswith("koubai"), told
    assert told.endswith("。"), told
    status, english = said(words, capfd, "en")
    assert status == 2
    assert not re.search("[ぁ-ん]", english)


def test_the_environment_chooses_the_language_of_every_command(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.delenv("KOUBAI_LANG", raising=False)
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert main(["show", "m.koubai"]) == 0
    assert "予測するもの" in capfd.readouterr().out
    monkeypatch.setenv("KOUBAI_LANG", "en")
    assert main(["show", "m.koubai"]) == 0
    assert "Predicts good" in capfd.readouterr().out
    assert main(["show", "m.koubai", "--lang", "ja"]) == 0
    assert "予測するもの" in capfd.readouterr().out
    assert main(["show", "m.koubai", "--lang", "fr"]) == 2
    assert capfd.readouterr().err == "koubai show: lang must be one of en, ja; got 'fr'. Try en.\n"


def test_what_programs_read_is_the_same_in_every_language(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(desk)
    for words in ("predict m.koubai t.csv --include id", "export m.koubai --to c", "export m.koubai --to sql"):
        written = []
        for lang in ("en", "ja"):
            assert main([*words.split(), "--lang", lang]) == 0
            written.append(capfd.readouterr().out)
        assert written[0] == written[1] != ""


def test_a_program_that_calls_a_command_goes_on_in_its_own_language(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "nowhere.koubai", "--lang", "ja"]) == 2
    assert "ファイル" in capsys.readouterr().err
    assert spoken() == "en"
    with pytest.raises(SystemExit):
        main(["show", "--lang", "ja", "--help"])
    assert spoken() == "en"
