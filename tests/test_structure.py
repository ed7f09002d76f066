"""How the package is built: no circles of imports, no folder with more files than one keeps in mind."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import koubai
from koubai.core.activations import ACTIVATIONS
from koubai.core.layers import LAYERS
from koubai.core.losses import LOSSES
from koubai.core.registry import Registry
from koubai.explain.quiz import topics
from koubai.optimizers.registry import OPTIMIZERS

ROOT = Path(koubai.__file__).parent
MODULES = {
    ".".join(("koubai", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}

UPWARDS = "koubai.core.entries"
"""What lower rooms offer of higher ones: each function imports what it calls when it is called."""

MOST_FILES = 12
LARGER = {
    "cli": 13,  # one command a file
    "cli/parts": 22,  # what commands share, one subject a file
    "core": 27,  # what all rooms share, one small subject a file
    "engines/cpu": 14,  # one step from what training asks for to compiled code a file
    "engines/cpu/kernels": 23,  # compiled together, one step of training a file
    "explain/network": 19,  # one part of a pass a file
    "models": 14,  # one model, from its parameters to its file
    "tables/files": 18,  # one question that a file raises, a file
    "tables/preparing": 15,  # one kind of column, or one step to features, a file
    "training": 19,  # one part of a run a file
}
"""Folders that may hold more files, and how many, besides those of kinds."""


def kinds() -> set[Path]:
    """Return the files that each hold one kind of thing: their folders grow with every kind that somebody adds."""
    registries: tuple[Registry[Any], ...] = (ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS)
    modules = [MODULES[kind.__module__] for registry in registries for kind in registry.values()]
    kernels = [ROOT / "engines/cpu/kernels/layers" / f"{name}.py" for name in LAYERS]
    return {*modules, *kernels, *Path(topics.__path__[0]).glob("*.py")}


def imported(name: str) -> Iterator[str]:
    """Go through the modules of the package that a module imports anywhere, within functions and for types too."""
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield below if below in MODULES else node.module


def circles(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """Return the groups of modules of which each reaches all others (Tarjan, 1972), the largest first."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            group: set[str] = set()
            while name not in group:
                group.add(stack.pop())
            found.append(group)

    for name in graph:
        if name not in index:
            visit(name)
    return sorted((group for group in found if len(group) > 1), key=lambda group: -len(group))


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert circles(graph) == [{"a", "b", "c"}, {"d", "e"}]


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name: set(imported(name)) - {name} for name in MODULES}
    graph[UPWARDS] = set()
    assert circles(graph) == []


def test_a_folder_holds_about_a_dozen_files() -> None:
    others = set(MODULES.values()) - kinds()
    counts = Counter(path.parent.relative_to(ROOT).as_posix() for path in others if path.stem != "__init__")
    too_many = {folder: n for folder, n in counts.items() if n > LARGER.get(folder, MOST_FILES)}
    assert not too_many, "part them, or say here why not"
    assert set(LARGER) <= {folder for folder, n in counts.items() if n > MOST_FILES}, "an exception that is none"


UNTYPED = {
    ".": 13,
    "cli": 15,
    "core": 76,
    "descent": 10,
    "engines": 266,
    "estimators": 142,
    "export": 49,
    "models": 133,
    "optimizers": 8,
    "play": 30,
    "serve": 10,
    "tables": 8,
    "training": 28,
    "views": 4,
}
"""In how many lines a room says ``Any``, at most: of what libraries leave untyped, and of what nobody has typed yet."""
SLACK = 10
"""Only so far may a room fall below its number before a smaller one is recorded."""


def says_any(path: Path) -> int:
    """Return in how many lines a module says ``Any``, imports left out."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return sum(bool(re.search(r"\bAny\b", line)) and "import" not in line for line in lines)


def test_what_may_be_anything_only_becomes_less() -> None:
    counts: Counter[str] = Counter()
    for path in MODULES.values():
        room, *below = path.relative_to(ROOT).parts
        counts[room if below else "."] += says_any(path)
    more = {room: n for room, n in counts.items() if n > UNTYPED.get(room, 0)}
    assert not more, "say what it is: object for what is checked, an array, a protocol, koubai.core.schema.Record"
    less = {room: counts[room] for room, n in UNTYPED.items() if counts[room] < n - SLACK}
    assert not less, "record the smaller number"
