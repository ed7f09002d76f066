"""scikit-learn's tests of its other modules that use a network or a perceptron, run on koubai's classes.

Only tests that name one of the classes, or something that is made with one, are taken: swapping changes no other.
"""

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.estimators.upstream import upstream_tests

import koubai

SWAPPED = ("MLPClassifier", "MLPRegressor", "Perceptron")
MODULES = {
    "decomposition.tests.test_kernel_pca": "from sklearn.linear_model import Perceptron",
    "ensemble.tests.test_bagging": "from sklearn.linear_model import LogisticRegression, Perceptron",
    "ensemble.tests.test_base": "from sklearn.linear_model import Perceptron",
    "ensemble.tests.test_stacking": "from sklearn.neural_network import MLPClassifier",
    "metrics.tests.test_score_objects": "from sklearn.linear_model import LogisticRegression, Perceptron, Ridge",
    "model_selection.tests.test_validation": "from sklearn.neural_network import MLPRegressor",
    "tests.test_multiclass": "    Perceptron,",
    "utils._repr_html.tests.test_estimator": "from sklearn.neural_network import MLPClassifier",
}
"""The modules, each with the line that imports a class."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]  # scikit-learn's own settings, under which these tests are written


def concerned(module: str) -> set[str]:
    """Return the names of the tests in a module that use one of the classes, directly or through other names."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    names, before = set(SWAPPED), -1
    statements = [s for s in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body if defined(s)]
    while len(names) != before:
        before = len(names)
        for statement in statements:
            if names & {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}:
                names |= defined(statement)
    return {name for name in names if name.startswith("test_")}


def defined(statement: ast.stmt) -> set[str]:
    """Return the names that a statement of a module defines."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def swapped(module: str, line: str) -> dict[str, Any]:
    """Return a module's tests that are concerned, under names that tell the module."""
    ours = [name for name in SWAPPED if name in line]
    others = line
    for name in ours:
        others = others.replace(f", {name}", "").replace(f"{name}, ", "")
    alone = others.strip().rstrip(",") in ours or others.endswith(tuple(f"import {name}" for name in ours))
    imports = {line: f"from koubai import {', '.join(ours)}" + ("" if alone else f"\n{others}")}
    if line.startswith(" "):  # one of several lines in brackets
        opening = "from sklearn.linear_model import ("
        imports = {line: "", opening: f"from koubai import {', '.join(ours)}\n{opening}"}
    found = upstream_tests(f"sklearn.{module}", imports, {})
    assert all(found[name] is getattr(koubai, name) for name in ours)
    short = module.rpartition(".test_")[2]
    return {f"test_{short}__{name.removeprefix('test_')}": found[name] for name in concerned(f"sklearn.{module}")}


TESTS = {name: test for module, line in MODULES.items() for name, test in sorted(swapped(module, line).items())}
globals().update(TESTS)


def test_there_is_something_to_run() -> None:
    assert len(TESTS) >= 15
