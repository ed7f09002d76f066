"""``--help`` in both languages: everything has its Japanese, the same things are named, and lines fit the terminal."""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from rich.cells import cell_len

import koubai
from koubai.cli.main import main, make_parser
from koubai.cli.parts import helping
from koubai.core import printing
from koubai.core.language import Worded

CATALOGUE = Path(koubai.__file__).parent / "texts" / "help.ja.json"
TEXTS: dict[str, str] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
NAMED = re.compile(
    r"--[a-z][a-z-]*|\.[a-z]{1,7}\b|\d+(?:[.,/]\d+)*(?:e-\d+)?|\b\w+/[\w.-]+\.\w+|/[a-z]+\b|\b[A-Z]{2,}\b"
)
"""What both languages name alike: options, endings and names of files, numbers, addresses, what stands for values."""
WORDS_IN_CAPITALS = {"LAYER", "NODE", "SOURCE", "LEFT", "RIGHT"}
TYPED = re.compile(r"'[^']*'|\"[^\"]*\"|\{[^}]*\}|--?[a-z][\w-]*|koubai [a-z-]+|[\w./]+\.\w+", re.ASCII)
"""What is typed, which is the same in every language."""
ENGLISH = re.compile(r"[A-Za-z][a-z]+ [a-z]{2,}|\b(?:the|an|and|or|of|to|with|is|are|for|usage|options|default|such)\b")


def every_parser(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and all below it: commands, and their subjects."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from every_parser(below)


PARSERS = {parser.prog: parser for parser in every_parser(make_parser())}

commands = pytest.mark.parametrize("prog", PARSERS)


@pytest.fixture
def japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing._Spoken, "lang", "ja")


def help_of(prog: str, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    return PARSERS[prog].format_help()


def test_there_are_commands_and_subjects() -> None:
    assert {"koubai", "koubai fit", "koubai explain", "koubai explain xor", "koubai warm-up"} <= set(PARSERS)


@pytest.mark.usefixtures("japanese")
def test_every_text_has_its_japanese_and_no_other_is_there(monkeypatch) -> None:
    asked: set[str] = set()
    monkeypatch.setattr(helping, "in_japanese", lambda words: asked.add(words) or words)
    for parser in PARSERS.values():
        parser.format_help()
    assert asked - set(TEXTS) == set(), f"say them in {CATALOGUE.name}"
    assert set(TEXTS) - asked == set(), "texts that no help says"
    for parser in PARSERS.values():  # found without the code that lays help out
        said = [parser.description, *(group.title for group in parser._action_groups)]
        for action in parser._actions:
            below = action._choices_actions if isinstance(action, argparse._SubParsersAction) else []
            said += [each.help for each in (action, *below) if not isinstance(each.help, Worded)]
        assert {words for words in said if words and words != argparse.SUPPRESS} <= asked, parser.prog


def test_the_catalogue_is_in_order() -> None:
    assert list(TEXTS) == sorted(TEXTS)
    assert all(words.strip() and "%" not in english + words for english, words in TEXTS.items())


def test_both_languages_name_the_same_options_files_and_numbers() -> None:
    named = {english: (set(NAMED.findall(english)), set(NAMED.findall(TEXTS[english]))) for english in TEXTS}
    lost = {english: ours - theirs - WORDS_IN_CAPITALS for english, (ours, theirs) in named.items()}
    assert {english: names for english, names in lost.items() if names} == {}
    assert sum(len(ours) for ours, _ in named.values()) > 200


def test_what_is_named_is_found() -> None:
    text = "with --early-stopping, 2,000 rows or 1e-8; POST /predict of x.csv or .tsv, see docs/serve.md"
    assert NAMED.findall(text) == [
        *("--early-stopping", "2,000", "1e-8", "POST", "/predict", ".csv", ".tsv", "docs/serve.md"),
    ]


def test_english_is_found_where_it_is() -> None:
    assert all(ENGLISH.search(TYPED.sub("", english)) for english in TEXTS if len(english) > 60)


@commands
@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.usefixtures("japanese")
def test_japanese_help_fits_the_terminal_and_leaves_no_english(prog: str, width: int, monkeypatch) -> None:
    usage, *paragraphs = help_of(prog, width, monkeypatch).split("\n\n")
    assert usage.startswith(f"使い方：{prog} ")
    for part in usage.split("\n"):  # one option may be wider
        assert cell_len(part) < width or len(re.findall(r"\[.*?\]", part)) == 1, part
    lines = "\n\n".join(paragraphs).split("\n")
    assert "例：" in lines
    assert helping.FILLER not in "".join(lines)
    assert [line for line in lines if cell_len(line) >= width and not line.startswith("  koubai ")] == []
    told = " ".join(line.strip() for line in lines if not line.startswith("  koubai "))
    assert ENGLISH.findall(TYPED.sub("", told)) == []


@pytest.mark.usefixtures("japanese")
def test_options_are_aligned_by_what_a_terminal_shows(monkeypatch) -> None:
    usage, *paragraphs = help_of("koubai fit", 80, monkeypatch).split("\n\n")
    first, *more = usage.split("\n")
    column = cell_len(first[: first.index("[-h]")])
    assert more
    assert {len(line) - len(line.lstrip()) for line in more} == {column}
    (table,) = (part for part in paragraphs if part.startswith("表：\n"))
    beside = re.findall(r"^  --\w+ [A-Z,]+ {2,}", table, re.MULTILINE)
    assert len(beside) > 5
    assert {len(start) for start in beside} == {24}
    for line, after in pairwise(table.split("\n")):
        if after.startswith(" " * 24):  # a line that was broken had no place for the next word
            assert after[24] not in "、。，．）」ー", (line, after)
            assert line[-1] not in "（「", line


@pytest.mark.usefixtures("japanese")
def test_remarks_on_commands_stand_beside_them_or_above(monkeypatch) -> None:
    assert "  # 自分の表\n  koubai play examples/penguins.csv --target species\n" in help_of(
        "koubai play", 80, monkeypatch
    )
    beside = "  koubai play examples/penguins.csv --target species    # 自分の表\n"
    assert beside in help_of("koubai play", 120, monkeypatch)


@commands
def test_english_help_is_as_argparse_lays_it_out(prog: str, monkeypatch) -> None:
    for width in (80, 120):
        ours = help_of(prog, width, monkeypatch)
        with monkeypatch.context() as patch:
            patch.setattr(PARSERS[prog], "formatter_class", argparse.RawDescriptionHelpFormatter)
            assert help_of(prog, width, monkeypatch) == ours
        assert ours.startswith(f"usage: {prog} ")


@pytest.mark.parametrize(
    ("words", "variable", "begins"),
    [
        ("fit --help", "", "usage: koubai fit ["),
        ("fit --lang ja --help", "", "使い方：koubai fit ["),
        ("fit --help --lang=ja", "en", "使い方：koubai fit ["),
        ("fit --help", "ja", "使い方：koubai fit ["),
        ("fit --lang en --help", "ja", "usage: koubai fit ["),
        ("--help --lang ja", "", "使い方：koubai ["),
        ("explain forward --lang ja -h", "", "使い方：koubai explain forward ["),
        ("quiz --help", "ja", "使い方：koubai quiz ["),
    ],
)
def test_the_language_is_chosen_as_everywhere(words: str, variable: str, begins: str, monkeypatch, capsys) -> None:
    monkeypatch.setenv("KOUBAI_LANG", variable)
    with pytest.raises(SystemExit) as stopped:
        main(words.split())
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(begins)


def test_the_locale_chooses_too_and_english_loads_nothing_for_it() -> None:
    code = (
        "import sys\n"
        "from koubai.cli.main import main\n"
        "from koubai.cli.parts import helping\n"
        "try: main(['fit', '--help'])\n"
        "except SystemExit: pass\n"
        "print('rich' in sys.modules, helping.japanese_texts.cache_info().currsize)"
    )
    for locale, begins, loaded in (("en_US.UTF-8", "usage: ", "False 0"), ("ja_JP.UTF-8", "使い方：", "True 1")):
        env = {"LC_ALL": locale, "PYTHONPATH": str(Path(koubai.__file__).parents[1]), "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=env, check=True)
        assert done.stdout.startswith(begins)
        assert done.stdout.splitlines()[-1] == loaded


def test_kinds_that_a_registry_holds_are_named_in_japanese(monkeypatch, capsys) -> None:
    monkeypatch.setenv("KOUBAI_LANG", "ja")
    with pytest.raises(SystemExit):
        main(["grade", "--help"])
    told = "".join(line.strip() for line in capsys.readouterr().out.splitlines())
    assert "結果の種類：lesson か quiz（既定：ファイルから判断）。lesson：プレイグラウンドの" in told
