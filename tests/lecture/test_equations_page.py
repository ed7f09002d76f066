"""``docs/equations.md`` leads to every equation: what it cites exists, and no slide that holds one is missing."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "equations.md"
CITED = re.compile(r"\[`(?P<shown>[^`]+)`\]\((?P<path>[^)]+)\)(?P<names>(?:,?\s`[^`]+`)*)")
EQUATIONS = {*range(13, 27), *range(31, 45), *range(50, 52), *range(55, 65), *range(69, 79), *range(80, 89)}
"""The slides that hold equations, worked numbers or notation."""


@cache
def names_in(path: Path) -> frozenset[str]:
    """Functions, constants, classes, and their members as Class.member; what a class inherits is not here."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names |= defined(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for member in node.body for name in defined(member)}
    return frozenset(names)


def defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
    return {target.id for target in targets if isinstance(target, ast.Name)}


def citations() -> list[tuple[str, str, tuple[str, ...]]]:
    text = PAGE.read_text(encoding="utf-8")
    return [
        (match["shown"], match["path"], tuple(re.findall(r"`([^`]+)`", match["names"])))
        for match in CITED.finditer(text)
    ]


@pytest.mark.parametrize(("shown", "path", "names"), sorted(set(citations())), ids=str)
def test_every_file_and_name_exists(shown: str, path: str, names: tuple[str, ...]) -> None:
    file = (PAGE.parent / path).resolve()
    assert path.endswith(shown)
    assert file.is_file()
    assert names, "a citation names what to look for in its file"
    assert set(names) <= names_in(file)


def test_no_slide_with_an_equation_is_missing() -> None:
    found = set()
    for row in re.findall(r"^\| ([\d-]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        first, _, last = row.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    assert found >= EQUATIONS


def test_the_page_cites_much_and_every_table_row_has_a_test() -> None:
    rows = [
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ") and "---" not in line
    ]
    rows = [row for row in rows if not row.startswith("| slides")]
    assert len(rows) > 30
    for row in rows:
        assert "](../tests/" in row.rsplit(" | ", 1)[-1], row
