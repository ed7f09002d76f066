"""What must be installed: named so that it can be had wherever koubai came from."""

import ast
import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

import koubai
from koubai.core import extras
from koubai.core.extras import to_install
from koubai.core.language import LANGUAGES, catalogue

ROOT = Path(koubai.__file__).parent
CLONE = Path(__file__).parents[2]
OF_AN_INDEX = re.compile(r"(?<!/)\bkoubai\[\w")
"""koubai[extra] as an index would have it; ./koubai[extra] is a folder."""


def installed(monkeypatch: pytest.MonkeyPatch, requires: list[str], there: set[str] = frozenset()) -> None:
    """Let koubai say that it requires these, and let some packages be installed."""

    def version(name: str) -> str:
        if name in there:
            return "1"
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", lambda _: requires)
    monkeypatch.setattr(importlib.metadata, "version", version)


PLOTS = [
    "numpy>=2.0",
    "matplotlib>=3.9; extra == 'plots'",
    'matplotlib-fontja>=1.1 ; extra == "plots"',
    "pillow>=10; extra == 'plots'",
    "koubai[plots]; extra == 'lab'",
    "sympy>=1.13; extra == 'lab'",
    "pillow>=10.1; extra == 'images'",
    "uvicorn<1,>=0.44; extra == 'serve'",
    "backports-zstd>=1; (python_version < '3.14') and extra == 'zst'",
    "ray[data]>=2.40; extra == 'cluster'",
]


@pytest.mark.parametrize(
    ("extra", "there", "command"),
    [
        ("plots", set(), "pip install matplotlib matplotlib-fontja pillow"),
        ("plots", {"pillow"}, "pip install matplotlib matplotlib-fontja"),
        ("lab", {"matplotlib", "pillow"}, "pip install matplotlib-fontja sympy"),
        ("images", set(), "pip install pillow"),
        ("images", {"pillow"}, "pip install pillow"),
        ("serve", set(), 'pip install "uvicorn<1,>=0.44"'),
        ("zst", set(), "pip install backports-zstd"),
        ("cluster", set(), 'pip install "ray[data]"'),
    ],
)
def test_packages_that_are_missing_are_named_themselves(
    monkeypatch: pytest.MonkeyPatch, extra: str, there: set[str], command: str
) -> None:
    installed(monkeypatch, PLOTS, there)
    assert to_install(extra, "none") == command


def test_a_package_that_is_there_and_cannot_be_imported_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, PLOTS, {"sympy", "pillow"})
    assert to_install("lab", "sympy") == "pip install matplotlib matplotlib-fontja sympy"


def test_a_clone_that_is_not_installed_says_what_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    installed(monkeypatch, [])
    monkeypatch.setattr(extras, "__file__", str(CLONE / "src/koubai/core/extras.py"))
    monkeypatch.setattr(importlib.metadata, "requires", requires)
    assert to_install("excel", "fastexcel") == "pip install fastexcel"
    assert to_install("lab", "sympy") == "pip install matplotlib matplotlib-fontja pillow sympy"


def test_where_nothing_says_what_an_extra_holds_the_missing_module_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed(monkeypatch, [])
    monkeypatch.setattr(extras, "__file__", str(tmp_path / "a/b/c/extras.py"))
    assert to_install("plots", "matplotlib") == "pip install matplotlib"


def test_an_extra_that_the_installed_package_lacks_is_looked_for_in_the_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, [])
    monkeypatch.setattr(extras, "__file__", str(CLONE / "src/koubai/core/extras.py"))
    assert to_install("images", "PIL") == "pip install pillow"


def asked_for() -> set[str]:
    """Return the extras that the package's code asks for."""
    found = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "to_install":
                names = [inner.value for inner in ast.walk(node.args[0]) if isinstance(inner, ast.Constant)]
                found.update(name for name in names if isinstance(name, str) and name)
    return found


def test_every_extra_that_is_asked_for_is_declared() -> None:
    declared = tomllib.loads((CLONE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {"plots", "play", "cloud", "onnx"} <= asked_for() <= set(declared)


def test_no_message_and_no_document_names_a_package_that_no_index_has() -> None:
    texts = {f"{lang}: {key}": said for lang in LANGUAGES for key, said in catalogue(lang).items()}
    code = [path for path in ROOT.rglob("*") if path.suffix in {".py", ".js", ".json", ".html"}]
    documents = [
        *(path for path in CLONE.glob("*.md") if path.stem != "CHANGELOG"),
        *(CLONE / "docs").rglob("*.md"),
        *(CLONE / "course").rglob("*.*"),
    ]
    written = {str(path): path.read_text(encoding="utf-8") for path in code + documents}
    written.pop(str(ROOT / "core/extras.py"))
    assert len(written) > 500
    assert [place for place, said in (texts | written).items() if OF_AN_INDEX.search(said)] == []
    assert OF_AN_INDEX.search("Run pip install 'koubai[plots]'.")
    assert not OF_AN_INDEX.search("!pip install './koubai[notebook]'")
