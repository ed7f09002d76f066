"""What teaches stands in English and Japanese, and both pages have the same programs, links, tables and numbers."""

import html
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TEACHING = ("Tutorial", "See through")
"""Parts of the index whose every page teaches."""
TEACHING_TOO = (
    *("try", "gallery", "perceptron", "optimizers", "convolution", "neocognitron"),
    *("tables", "judging", "reasons", "compare", "texts", "images", "serve", "export", "scikit-learn", "model-files"),
)
"""Pages of other parts of the index that a class or those who use a model read."""
PAIRS = {page: page.with_name(f"{page.stem.removesuffix('.ja')}.md") for page in sorted(DOCS.rglob("*.ja.md"))}
"""Each Japanese page, and the English one beside it."""
INDEX = DOCS / "index.ja.md"
FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)]+)\)")
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
WORDS = "フォルダ|カテゴリ|メモリ|ブラウザ|プロセッサ|ライブラリ|パラメータ|サーバ|ヘッダ"
SHORTENED = re.compile(rf".{{0,9}}(?:{WORDS})(?!ー).{{0,9}}")
"""Words from English without the long vowel at their end, which they have everywhere else."""
SPELLED = {"40": "forty", "50": "fifty", "100": "hundred", "1000": "thousand"}
"""Numbers above twenty that English spells."""

pairs = pytest.mark.parametrize("page", [page for page in PAIRS if page != INDEX], ids=lambda page: page.name)


def both(page: Path) -> tuple[str, str]:
    """Return the text of the English page and of the Japanese one."""
    return PAIRS[page].read_text(encoding="utf-8"), page.read_text(encoding="utf-8")


def programs(text: str) -> list[tuple[str, list[str]]]:
    """Return the blocks of code of a page, without remarks, which stand in its language."""
    found = [block for block in FENCE.findall(text) if block[0] != "{raw} html"]
    return [(kind, [re.sub(r" *# .*", "", line) for line in code.splitlines()]) for kind, code in found]


def prose(text: str) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", text)


def targets(page: Path, text: str) -> Counter[str]:
    """Return where a page's links lead, those to Japanese pages as those to the English, but that to its twin."""
    raw = " ".join(code for kind, code in FENCE.findall(text) if kind == "{raw} html")
    found = LINK.findall(prose(text)) + [html.unescape(each) for each in re.findall(r'(?:href|src)="([^"]+)"', raw)]
    named = [target.split("#")[0].replace("?lang=ja", "").replace(".ja.md", ".md") for target in found]
    return Counter(target for target in named if target != PAIRS[page].name)


def codes(text: str) -> Counter[str]:
    """Return what stands in a page's text as code."""
    return Counter(re.findall(r"`([^`\n]+)`", re.sub(r"\s*\n\s*", " ", prose(text))))


def numbers(text: str) -> Counter[str]:
    """Return the numbers in a page's text."""
    return Counter(NUMBER.findall(re.sub(r"`[^`]*`|\]\([^)]*\)", "", prose(text))))


def shape(text: str) -> list[tuple[str, int]]:
    """Return the headings with their levels and the rows of tables with their cells, in order."""
    found = re.findall(r"^(#+ |\|.*)", prose(text), re.MULTILINE)
    return [(line[0], len(line) if line[0] == "#" else line.count("|")) for line in found]


def test_everything_that_teaches_is_there_in_japanese_and_in_its_index() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    trees = re.findall(r":caption: (.*?)\n:maxdepth: 1\n\n(.*?)\n```", index, re.DOTALL)
    named = [name for caption, names in trees if caption in TEACHING for name in names.split("\n")]
    assert len(named) > 9
    found = {page.relative_to(DOCS).as_posix().removesuffix(".ja.md") for page in PAIRS}
    assert {*named, *TEACHING_TOO, "index"} == found
    japanese = {
        line.removesuffix(".ja") for line in INDEX.read_text(encoding="utf-8").splitlines() if line.endswith(".ja")
    }
    assert japanese - {"../README"} == found - {"index"}


@pytest.mark.parametrize("page", PAIRS, ids=lambda page: page.name)
def test_each_page_begins_with_the_way_to_the_other_language(page: Path) -> None:
    english, japanese = both(page)
    assert english.split("\n")[1:4] == ["", f"[日本語]({page.name})", ""]
    assert japanese.split("\n")[1:4] == ["", f"[English]({PAIRS[page].name})", ""]
    assert JAPANESE.search(japanese.split("\n")[0])


@pairs
def test_both_have_the_same_programs_in_the_same_order(page: Path) -> None:
    english, japanese = both(page)
    assert programs(japanese) == programs(english)


@pairs
def test_both_lead_to_the_same_places(page: Path) -> None:
    """But a Japanese page leads to Japanese pages, where there are."""
    english, japanese = both(page)
    assert targets(page, japanese) == targets(page, english)
    for target in LINK.findall(prose(japanese))[1:]:
        place = page.parent / target.split("#")[0]
        if target.endswith(".md") and not target.endswith(".ja.md"):
            assert not place.with_name(f"{place.stem}.ja.md").exists(), target


@pairs
def test_both_have_the_same_headings_tables_and_numbers(page: Path) -> None:
    """What English spells may be a number in Japanese."""
    english, japanese = both(page)
    assert shape(japanese) == shape(english)
    assert not numbers(english) - numbers(japanese)
    for more in numbers(japanese) - numbers(english):
        assert float(more.replace(",", "")) <= 20 or SPELLED.get(more, "?") in english, more


@pairs
def test_both_name_the_same_things(page: Path) -> None:
    """Where code has words in it, these are in the page's language."""
    english, japanese = both(page)
    missing, more = codes(english) - codes(japanese), codes(japanese) - codes(english)
    assert missing.total() == sum(n for code, n in more.items() if JAPANESE.search(code)), (missing, more)


@pytest.mark.parametrize("page", [*PAIRS, ROOT / "README.ja.md"], ids=lambda page: page.name)
def test_no_line_of_japanese_ends_within_a_paragraph(page: Path) -> None:
    """The end of a line shows as a blank, which Japanese does not have between words."""
    kept = [line for line in prose(page.read_text(encoding="utf-8")).splitlines() if not re.match(r"[#|\-]|<!--", line)]
    assert not [line for line, after in pairwise(kept) if line.strip() and after.strip()]


def test_words_from_english_are_spelled_alike_everywhere() -> None:
    texts = [*(ROOT / "src" / "koubai" / "texts").glob("*ja.json"), *PAIRS, ROOT / "README.ja.md"]
    assert len(texts) > 20
    wrong = {path.name: SHORTENED.findall(path.read_text(encoding="utf-8")) for path in texts}
    assert {name: found for name, found in wrong.items() if found} == {}
