"""Runs a test file of the installed scikit-learn against koubai: its source as it is, with one import replaced."""

import ast
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def upstream_tests(module: str, imports: Mapping[str, str], excluded: Mapping[str, str]) -> dict[str, Any]:
    """Return the names of a test module that was run with other imports, for the caller's ``globals()``.

    Parameters
    ----------
    module : str
        The test module, such as ``"sklearn.neural_network.tests.test_mlp"``.
    imports : mapping
        Lines of its source, each of which must occur once, with what stands in their place.
    excluded : mapping
        Tests that cannot apply, each with the reason; a name that does not exist is an error.
    """
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None, f"{module} is not installed"
    path = Path(spec.origin)
    lines = path.read_text(encoding="utf-8").splitlines()
    for old, new in imports.items():
        assert lines.count(old) == 1, f"{path} must hold the line {old!r} once; its scikit-learn is another version"
        lines[lines.index(old)] = new
    tree = ast.parse("\n".join(lines), filename=str(path))
    namespace: dict[str, Any] = {"__name__": f"{module} on koubai", "__file__": str(path)}
    exec(compile(tree, str(path), "exec"), namespace)
    for name, reason in excluded.items():
        assert reason
        del namespace[name]
    return {name: value for name, value in namespace.items() if not name.startswith("__")}
