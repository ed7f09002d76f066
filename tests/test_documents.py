"""What the README, the documents and the help texts tell people to type works as it stands there."""

import argparse
import io
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.exceptions import ConvergenceWarning
from tests.images import made

import koubai
from koubai.cli.main import main, make_parser

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "README.ja.md", "examples/README.md")),
    *sorted({*(ROOT / "docs").rglob("*.md")} - {*(ROOT / "docs").rglob("*.ja.md")}),
]
"""Programs of Japanese pages are those of the English (`test_two_languages.py`)."""
SERVING = ("play", "serve", "warm-up", "quiz")
"""Commands whose lines are only parsed here: they serve, compile everything or ask at the terminal, and have tests."""

rng = np.random.default_rng(0)
NUMBERS = rng.normal(size=(120, 3))
YES = np.where(NUMBERS[:, 0] * NUMBERS[:, 1] > 0, "yes", "no")
TABLES = {
    "points.tsv": {"x": NUMBERS[:, 0], "y": 2 * NUMBERS[:, 0] + 0.1 * NUMBERS[:, 1]},
    "patients.csv": {"age": NUMBERS[:, 0] * 9 + 50, "pulse": NUMBERS[:, 1], "ward": YES, "nurse": YES, "outcome": YES},
    "houses.parquet": {"id": np.arange(120), "area": NUMBERS[:, 0], "age": NUMBERS[:, 1], "price": NUMBERS.sum(axis=1)},
    "clicks.parquet": {"a": NUMBERS[:, 0], "b": NUMBERS[:, 1], "bought": YES},
    "messages.tsv": {
        "message": [
            f"{'claim your free prize today' if word == 'yes' else 'see you in the meeting room'} at number {k}, {word}"
            for k, word in enumerate(YES)
        ],
        "label": YES,
    },
    "digits.csv": {"a": NUMBERS[:, 0], "b": NUMBERS[:, 1], "digit": (NUMBERS[:, 0] > 0) * 4 + 1},
}
"""Small tables of the names that examples use for people's own."""


def blocks(page: Path, kind: str) -> list[str]:
    """Return the blocks of code of one kind on a page."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Give every command's parser, and those of what it has below itself, by name."""
    waiting = [("koubai", make_parser())]
    while waiting:
        name, parser = waiting.pop()
        yield name, parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                waiting += [(f"{name} {word}", below) for word, below in action.choices.items()]


def lines_of(text: str) -> list[str]:
    """Return the commands of koubai in a text, without what follows them on their line."""
    found = re.findall(r"^ *(koubai [^#\n|]+)", text, re.MULTILINE)
    return [line.strip() for line in found if "COMMAND" not in line and "WHAT" not in line]


COMMANDS = [
    *((str(page.relative_to(ROOT)), block) for page in PAGES for block in blocks(page, "sh")),
    *((f"{name} --help", parser.epilog or "") for name, parser in parsers()),
]
SCRIPTS = {name: lines for name, lines in ((name, lines_of(text)) for name, text in COMMANDS) if lines}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with the example tables, some more, and models of them."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "examples", folder / "examples")
    for name, columns in TABLES.items():
        frame = pl.DataFrame(columns)
        if name.endswith(".parquet"):
            frame.write_parquet(folder / name)
        else:
            frame.write_csv(folder / name, separator="\t" if name.endswith("tsv") else ",")
    shutil.copy(ROOT / "examples" / "penguins.csv", folder / "new.csv")
    made.folder(folder / "images", 24)
    for index, pixels in enumerate(made.bars(4)[0]):
        made.picture(folder / "new" / f"{index}.png", pixels)
    for name, target in (("examples/penguins.csv", "species"), ("houses.parquet", "price")):
        model = koubai.TableModel(epochs=3).fit(folder / name, target)
        koubai.save(model, folder / f"{Path(name).stem}.koubai")
    return folder


def test_there_are_commands_and_programs_to_try() -> None:
    assert sum(map(len, SCRIPTS.values())) > 40
    assert sum(len(blocks(page, "python")) for page in PAGES) > 8


def test_the_help_of_every_command_has_examples_of_it() -> None:
    for name, parser in parsers():
        assert re.search(rf"^ +{name}\b", parser.epilog or "", re.MULTILINE), name


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_command_is_one_that_the_program_understands(name: str) -> None:
    parser = make_parser()
    for line in SCRIPTS[name]:
        words = shlex.split(line)[1:]
        args, left = parser.parse_known_args(words)
        assert not left or args.take_more(args, left), line


READ = r"\.(csv|tsv|parquet|npz|png)$|/$|-ubyte(\.gz)?$|^digits\.koubai$"
"""What names of tables, of images and of a model of images end in."""


def typed(line: str, folder: Path) -> list[str]:
    """Return the words of a line as a shell gives them to the program, in a folder."""
    words = shlex.split(line)[1:]
    return [name for word in words for name in (found_by(word, folder) if "*.png" in word else [word])]


def found_by(pattern: str, folder: Path) -> list[str]:
    """Return the files that a pattern stands for."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern)) or [pattern]


def can_run(line: str, folder: Path) -> bool:
    """Whether what a command reads is here: a help text may name other tables and images for a reader to imagine."""
    words = typed(line, folder)
    made = [words[i + 1] for i, word in enumerate(words) if word in ("--out", "--model", "--answers", "--checkpoint")]
    read = [word for word in words if re.search(READ, word) and word not in made]
    return words[0] not in SERVING and all((folder / word).exists() for word in read)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SCRIPTS)
def test_every_command_does_its_work(name: str, desk: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    for line in SCRIPTS[name]:
        if can_run(line, desk):
            status = main(typed(line, desk))
            assert status == 0, (line, capsys.readouterr().err)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_every_program_runs_from_top_to_bottom(page: Path, desk: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(desk)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "MLPClassifier: play ignores early_stopping")
        names: dict[str, object] = {}
        for number, block in enumerate(blocks(page, "python"), start=1):
            exec(compile(block, f"{page.name}, program {number}", "exec"), names)


def test_the_picture_and_the_table_of_the_architecture_show_the_rooms_in_the_order_that_is_enforced() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    rooms = [room.strip().removeprefix("koubai.") for layer in contract["layers"] for room in layer.split("|")]
    assert set(rooms) == {path.parent.name for path in (ROOT / "src" / "koubai").glob("*/__init__.py")}
    picture = (ROOT / "docs" / "images" / "architecture.svg").read_text(encoding="utf-8")
    assert re.findall(r'font-weight="bold"[^>]*>(\w+)<', picture) == rooms
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE)[: len(rooms)] == rooms


def test_the_table_of_optimizers_is_that_of_their_docstrings() -> None:
    """A new rule is on its page once the script has run."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "rules-table", "--check"], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stdout + done.stderr


def test_every_picture_of_the_gallery_stands_below_the_command_that_made_it() -> None:
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    parts = re.findall(r"^```sh\n(.*?)^```\n\n!\[[^\]]+\]\(([^)]+)\)", page, re.MULTILINE | re.DOTALL)
    assert len(parts) == page.count("![") == page.count("\n## ") > 8
    for commands, picture in parts:
        assert (ROOT / "docs" / picture).stat().st_size < 700_000, picture
        last = shlex.split(commands.splitlines()[-1])
        made = last[1] if last[1] == "play" else Path(last[last.index("--out") + 1]).stem
        assert Path(picture).stem.startswith({"play": "playground"}.get(made, made))
    shown = {Path(picture).name for _, picture in parts}
    assert {path.name for path in (ROOT / "docs" / "images" / "gallery").iterdir()} <= shown


def test_every_page_and_every_public_name_is_on_the_site() -> None:
    """`scripts/build-site` fails otherwise, and takes longer to say so."""
    index = "\n".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("index.md", "index.ja.md"))
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages - {"index"} <= set(index.splitlines())
    names = re.findall(r"^ +koubai\.(\w+)$", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(names) == sorted(koubai.__all__)
