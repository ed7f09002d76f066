"""Names of columns and classes come from anywhere: in a report they are words, and never become part of the page."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from koubai.cli.main import main

NAMES = [
    "<script>alert(1)</script>",
    "a`b`|c",
    "photo\u202egpj.exe",
    '"q" & <b onclick="x">',
    "line\nbreak",
    "*bold* _it_ [l](javascript:alert(1))",
]
CLASSES = ["<img src=x onerror=alert(1)>", "no|`b`\n# \u202eX"]


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> tuple[Path, Path]:
    import polars as pl

    folder = tmp_path_factory.mktemp("hostile")
    columns = {name: [(i * (k + 3)) % 17 / 7 for i in range(60)] for k, name in enumerate(NAMES[:-1])}
    columns[NAMES[-1]] = [("<i>u</i>", "v|w`")[i % 3 == 0] for i in range(60)]
    columns["kind"] = [CLASSES[i % 2] for i in range(60)]
    table, model = folder / "t.parquet", folder / "m.koubai"
    pl.DataFrame(columns).write_parquet(table)
    assert main(["fit", str(table), "--target", "kind", "--epochs", "2", "--model", str(model), "--quiet"]) == 0
    return model, table


@pytest.mark.parametrize("what", ["forward", "backward", "model"])
def test_a_page_holds_no_element_of_a_name(model, tmp_path, what):
    path, table = model
    row = [] if what == "model" else ["--row", "1"]
    assert main(["explain", what, str(path), "--data", str(table), *row, "--out", str(tmp_path / "o.html")]) == 0
    page = (tmp_path / "o.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert not {"script", "img", "i", "b"} & set(tags.tags)
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert "\u202e" not in page
    assert "alert(1)" in page, "the name is shown, as a word"


@pytest.mark.parametrize("what", ["forward", "backward", "model"])
def test_markdown_keeps_its_lines_and_its_columns(model, tmp_path, what):
    path, table = model
    row = [] if what == "model" else ["--row", "1"]
    assert main(["explain", what, str(path), "--data", str(table), *row, "--out", str(tmp_path / "o.md")]) == 0
    text = (tmp_path / "o.md").read_text(encoding="utf-8")
    assert "\u202e" not in text
    assert not re.search(r"^# (?!\S)|^# .*X", text.partition("\n")[2], re.MULTILINE), "a name began a heading"
    assert not re.search(r"(?<!\\)<(script|img|i|b)\b", text)
    assert "[l](" not in text
    width = 0
    for line in text.splitlines():
        bars = len(re.findall(r"(?<!\\)\|", line))
        if line.startswith("| "):
            width = width or bars
            assert bars == width, line
        else:
            width = 0 if not line.startswith("|") else width
