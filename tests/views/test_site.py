"""The site of the documents, made by `scripts/build-site`: whole in Japanese, found by search, fit for all screens."""

import re
from pathlib import Path

import pytest
from tests.views.conftest import Watch
from tests.views.fitting import VIEWS, look

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "site"
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
PAGES = [page.relative_to(ROOT).with_suffix("") for page in sorted((ROOT / "docs").rglob("*.ja.md"))]

pytestmark = pytest.mark.skipif(not SITE.is_dir(), reason="scripts/build-site first; continuous integration does")

FIND = """async () => {
  const found = {};
  for (const words of ["損失", "誤差逆伝播", "出力マップ", "gradients", "zzzz"]) {
    document.getElementById("search-results").replaceChildren();
    Search.performSearch(words);
    for (let k = 0; k < 100 && !document.querySelector(".search-summary")?.textContent; k++)
      await new Promise((done) => setTimeout(done, 50));
    for (let k = 0; k < 40; k++) await new Promise((done) => setTimeout(done, 20));
    const links = [...document.querySelectorAll("#search-results li a")];
    found[words] = links.map((link) => link.getAttribute("href").split("?")[0]);
  }
  return found;
}"""


def page_of(name: Path) -> str:
    return (SITE / f"{name}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES, ids=str)
def test_a_japanese_page_says_its_language_and_has_its_navigation_in_it(name: Path) -> None:
    page = page_of(name)
    assert re.search(r'<html [^>]*lang="ja"', page)
    side = page[page.index('class="sidebar-tree"') : page.index('class="main"')]
    links = re.findall(r'<a class="(?:current )?reference internal"[^>]*>(.*?)</a>', side)
    assert len(links) == len(PAGES)  # but the index itself, and the README
    assert all(JAPANESE.search(link) for link in links)
    for word in ("Previous", "On this page", "Back to top", "Skip to content", ">Search<"):
        assert word not in page


@pytest.mark.parametrize("name", PAGES, ids=str)
def test_both_languages_name_each_other_in_their_heads(name: Path) -> None:
    english = name.with_name(name.name.removesuffix(".ja"))
    assert f'<link rel="alternate" hreflang="en" href="{english.name}.html">' in page_of(name)
    assert f'<link rel="alternate" hreflang="ja" href="{name.name}.html">' in page_of(english)
    assert re.search(r'<html [^>]*lang="en"', page_of(english))


@pytest.mark.parametrize(("page", "query"), [("docs/slides", ""), ("docs/slides.ja", "?lang=ja")])
def test_a_lesson_of_the_slides_table_opens_in_the_playground(page: str, query: str) -> None:
    table = page_of(Path(page))
    links = re.findall(r'href="\.\./(playground/index\.html[^"]*#lesson=([a-z-]+))"', table)
    lessons = re.findall(r"\| `([a-z-]+)` \|", (ROOT / f"{page}.md").read_text(encoding="utf-8"))
    assert [name for _, name in links] == lessons
    assert len(lessons) > 20
    assert {href for href, _ in links} == {f"playground/index.html{query}#lesson={name}" for name in lessons}
    assert (SITE / "playground" / "index.html").is_file()


def test_search_finds_words_of_both_languages(watch: Watch) -> None:
    found = watch(FIND, [SITE / "search.html"])[0]
    assert "docs/explain.ja.html" in found["損失"]
    assert "docs/explain.ja.html" in found["誤差逆伝播"]
    assert "docs/playground.ja.html" in found["出力マップ"]
    assert "docs/playground.html" not in found["出力マップ"]
    assert "docs/explain.html" in found["gradients"]
    assert found["zzzz"] == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("third", range(3))
@pytest.mark.parametrize("name", ["phone", "projector", "A4"])
def test_every_page_fits_a_phone_a_projector_and_a4(name: str, third: int, watch: Watch) -> None:
    others = {SITE / "index.html", SITE / "search.html"}  # the first sends on to the documents
    pages = sorted({*SITE.glob("*.html"), *SITE.glob("docs/**/*.html"), *SITE.glob("examples/**/*.html")} - others)
    assert len(pages) > 90
    (size, media), some = VIEWS[name], pages[third::3]
    for page, seen in zip(some, watch(look(), some, size=size, media=media), strict=True):
        assert not seen["found"], page.relative_to(SITE)
