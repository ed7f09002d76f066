"""``docs/slides.md`` leads from every slide to a command that works, a page and a lesson that exist."""

import re
import shlex
from pathlib import Path

import pytest

from koubai.cli.main import main, make_parser

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "slides.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d", line)
]
COMMANDS = [re.search(r"`(koubai [^`]+)`", row[2])[1] for row in ROWS]


def test_every_slide_has_its_row_once_and_in_order() -> None:
    slides: list[int] = []
    for row in ROWS:
        first, _, last = row[0].partition("-")
        slides += range(int(first), int(last or first) + 1)
    assert slides == list(range(1, 89))


def test_every_page_and_every_lesson_exists() -> None:
    lessons = {path.stem for path in (ROOT / "src" / "koubai" / "play" / "lessons").glob("*.json")}
    for row in ROWS:
        for target in re.findall(r"\]\(([^)#]+)", row[3]):
            assert (PAGE.parent / target).is_file(), target
        assert set(re.findall(r"`([^`]+)`", row[4])) <= lessons, row[4]
        for target in re.findall(r"\]\(([^)#]+)", row[5]):
            assert (PAGE.parent / target).is_file(), target


def test_every_notebook_of_the_course_is_named() -> None:
    """But the one that puts the others together."""
    named = {Path(target).stem for row in ROWS for target in re.findall(r"\]\(([^)#]+)", row[5])}
    made = {path.stem for path in (ROOT / "notebooks" / "en").glob("*.ipynb")}
    assert made - named == {"10-training"}


@pytest.mark.parametrize(("name", "colon"), [("notation.md", ": "), ("notation.ja.md", "：")])
def test_the_page_of_notation_says_what_its_program_prints(
    name: str, colon: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program = re.search(r"^```python\n(.*?)^```$", (PAGE.parent / name).read_text("utf-8"), re.MULTILINE | re.DOTALL)[1]
    exec(compile(program, name, "exec"), {})
    said = [line.rpartition(colon)[2] for line in program.splitlines() if line.startswith("print(")]
    assert len(said) > 8
    assert capsys.readouterr().out.splitlines() == said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command: str) -> None:
    args, left = make_parser().parse_known_args(shlex.split(command)[1:])
    assert not left or args.take_more(args, left)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_something(command: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*shlex.split(command)[1:], "--lang", lang]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 3
