"""How the package is built: no circles of imports, no folder with more files than one keeps in mind."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
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
    "core": 28,  # what all rooms share, one small subject a file
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


def is_standard_module(name: str) -> bool:
    """Return whether Python's library has a module of this name, which may be loaded without its package's others."""
    package = name.partition(".")[0]
    with suppress(ModuleNotFoundError):  # of a name within a module that is no package
        return package in sys.stdlib_module_names and find_spec(name) is not None
    return False


def imports_of(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Go through the modules that a tree imports: those of the package, and others by their names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield node, below if below in MODULES or is_standard_module(below) else node.module


def loaded_with(name: str, at_top: Mapping[str, set[str]]) -> set[str]:
    """Return what is loaded whenever a module is."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        parents = {".".join(one.split(".")[:k]) for k in range(1, one.count(".") + 1)}
        new = (at_top.get(one, set()) | parents) - found
        found |= new
        waiting += new
    return found


LATE_WITHOUT_NEED = {
    ("koubai.play.catalogue", "koubai.engines.cpu.native.library"),
    ("koubai.play.catalogue", "koubai.engines.cpu.sources"),
    ("koubai.play.runs.rows", "koubai.training.plain_data"),
}


def test_imports_within_functions_put_off_what_is_not_loaded_anyway() -> None:
    at_top: dict[str, set[str]] = {}
    late: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        within = [pair for function in functions for pair in imports_of(function)]
        for_types = [
            node
            for node in tree.body
            if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        ]
        typed = {id(node) for block in for_types for node, _ in imports_of(block)}
        late[name] = {module for _, module in within}
        elsewhere = typed | {id(node) for node, _ in within}
        at_top[name] = {module for node, module in imports_of(tree) if id(node) not in elsewhere}
    del late[UPWARDS]
    found = {(name, module) for name in late for module in late[name] & loaded_with(name, at_top)}
    assert found == LATE_WITHOUT_NEED, "put it at the top"


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
    "cli": 3,
    "core": 55,
    "engines": 132,
    "optimizers": 8,
    "play": 30,
    "serve": 1,
}
"""In how many lines a room says ``Any``, at most: of kernels, of ``play``, and where a name stands once for
what has no type (`koubai.core.untyped`)."""
OF_LIBRARIES = {
    "ScikitLearn": 51,
    "MaybeSparse": 21,
    "Loaded": 26,
    "Compiled": 15,
    "FileSystem": 1,
    "Matplotlib": 3,
    "SymPy": 18,
    "TableOfOthers": 17,
}
"""In how many lines each name of `koubai.core.untyped` is used, at most."""
SLACK = 10
"""Only so far may a number fall below its limit before a smaller one is recorded."""


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


def test_libraries_without_types_reach_no_further() -> None:
    untyped = MODULES["koubai.core.untyped"]
    names = re.findall(r"^(\w+): TypeAlias = Any$", untyped.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [
        line
        for path in MODULES.values()
        if path != untyped
        for line in path.read_text(encoding="utf-8").splitlines()
        if "import" not in line
    ]
    counts = {name: sum(bool(re.search(rf"\b{name}\b", line)) for line in lines) for name in names}
    assert counts.keys() == OF_LIBRARIES.keys()
    more = {name: n for name, n in counts.items() if n > OF_LIBRARIES[name]}
    assert not more, "turn it into a type of koubai's own where it arrives"
    less = {name: n for name, n in counts.items() if n < OF_LIBRARIES[name] - SLACK}
    assert not less, "record the smaller number"
