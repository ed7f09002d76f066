"""Runs scikit-learn's own checks of estimators.

The check of array API input needs a switch of SciPy's that must be set before SciPy is imported; therefore the checks
run in a process of their own.
"""

import json
import os
import subprocess
import sys
from functools import cache
from textwrap import dedent

PROGRAM = dedent(
    """
    import json
    import sys
    import warnings

    from koubai import Conv, ConvClassifier, ConvRegressor, MLPClassifier, MLPRegressor, Perceptron
    from koubai import TableClassifier, TableRegressor
    from sklearn.utils.estimator_checks import check_estimator

    warnings.simplefilter("ignore")
    found = {}
    for estimator in sys.argv[1:]:
        results = check_estimator(eval(estimator), on_skip=None, on_fail=None)
        told = {r["check_name"]: f'{r["status"]}: {r["exception"]}' for r in results if r["status"] != "passed"}
        found[estimator] = [sum(r["status"] == "passed" for r in results), told]
    print(json.dumps(found))
    """
)


@cache
def check(*estimators: str) -> dict[str, tuple[int, dict[str, str]]]:
    """Return for each estimator how many checks it passes, and what the others say, by name; one process for all."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *estimators],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, tuple[int, dict[str, str]]] = json.loads(done.stdout)
    return found
