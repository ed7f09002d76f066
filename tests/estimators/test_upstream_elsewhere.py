"""scikit-learn's tests of its other modules that use a network or a perceptron, run on koubai's classes.

For its logistic regression stands a network without hidden layers (`standins`). Only tests that name one of these
classes, or something that is made with one, are taken: swapping changes no other.
"""

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sklearn.conftest import pyplot  # a fixture of tests that draw
from tests.estimators.upstream import upstream_tests

import koubai

from . import standins

SWAPPED = {
    **{name: ("koubai", getattr(koubai, name)) for name in ("MLPClassifier", "MLPRegressor", "Perceptron")},
    "LogisticRegression": (standins.__name__, standins.LogisticRegression),
}
"""By the names of scikit-learn's classes, where those that are swapped for them come from, and they themselves."""
MODULES = {
    "decomposition.tests.test_kernel_pca": ("from sklearn.linear_model import Perceptron", "Perceptron"),
    "ensemble.tests.test_bagging": ("from sklearn.linear_model import LogisticRegression, Perceptron", "Perceptron"),
    "ensemble.tests.test_base": ("from sklearn.linear_model import Perceptron", "Perceptron"),
    "ensemble.tests.test_stacking": ("from sklearn.neural_network import MLPClassifier", "MLPClassifier"),
    "ensemble.tests.test_voting": (
        "from sklearn.linear_model import LinearRegression, LogisticRegression",
        "LogisticRegression",
    ),
    "linear_model.tests.test_common": ("    Perceptron,", "Perceptron"),
    "metrics.tests.test_score_objects": (
        "from sklearn.linear_model import LogisticRegression, Perceptron, Ridge",
        "Perceptron",
    ),
    "model_selection.tests.test_validation": ("from sklearn.neural_network import MLPRegressor", "MLPRegressor"),
    "tests.test_calibration": (
        "from sklearn.linear_model import LogisticRegression, SGDClassifier",
        "LogisticRegression",
    ),
    "tests.test_multiclass": ("    Perceptron,", "Perceptron"),
    "utils._repr_html.tests.test_estimator": ("from sklearn.neural_network import MLPClassifier", "MLPClassifier"),
}
"""The modules, each with the line that imports a class, and which that is."""

STOPS = "asks for the optimum to 1e-6 or 1e-7, before which L-BFGS stops, as it does in scikit-learn's networks"
EXCLUDED = {
    "tests.test_calibration": {
        "test_calibrated_classifier_cv_double_sample_weights_equivalence": STOPS,
        "test_temperature_scaling": STOPS,
    },
}
"""Tests that cannot apply to what stands for a class, each with the reason."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]  # scikit-learn's own settings, under which these tests are written


def concerned(module: str, swapped_class: str) -> set[str]:
    """Return the names of the tests in a module that use a class, directly or through other names."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    names, before = {swapped_class}, -1
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


def swapped(module: str, line: str, name: str) -> dict[str, Any]:
    """Return a module's tests that are concerned, under names that tell the module."""
    home, ours = SWAPPED[name]
    opening, _, listed = line.partition("import ")
    others = [other for other in listed.split(", ") if other != name]
    imports = {line: f"from {home} import {name}" + (f"\n{opening}import {', '.join(others)}" if others else "")}
    if line.startswith(" "):  # one of several lines in brackets
        opening = "from sklearn.linear_model import ("
        imports = {line: "", opening: f"from {home} import {name}\n{opening}"}
    found = upstream_tests(f"sklearn.{module}", imports, EXCLUDED.get(module, {}))
    assert found[name] is ours
    short = module.rpartition(".test_")[2]
    tests = concerned(f"sklearn.{module}", name) & found.keys()
    return {f"test_{short}__{test.removeprefix('test_')}": found[test] for test in tests} | fixtures(found)


def fixtures(found: dict[str, Any]) -> dict[str, Any]:
    """Return the fixtures among a module's names."""
    return {name: value for name, value in found.items() if isinstance(value, type(pyplot))}


TESTS = {
    name: test for module, (line, swap) in MODULES.items() for name, test in sorted(swapped(module, line, swap).items())
}
globals().update(TESTS)


def test_there_is_something_to_run() -> None:
    assert len(TESTS) >= 15
