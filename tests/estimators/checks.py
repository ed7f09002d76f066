"""Runs scikit-learn's own checks of estimators.

The check of array API input needs a switch of SciPy's that must be set before SciPy is imported; therefore the checks
run in a process of their own.
"""

import json
import os
import subprocess
import sys
from textwrap import dedent

PROGRAM = dedent(
    """
    import json
    import sys
    import warnings

    from koubai import MLPClassifier, MLPRegressor, Perceptron
    from sklearn.utils.estimator_checks import check_estimator

    warnings.simplefilter("ignore")
    results = check_estimator(eval(sys.argv[1]), on_skip=None, on_fail=None)
    told = {r["check_name"]: f'{r["status"]}: {r["exception"]}' for r in results if r["status"] != "passed"}
    print(json.dumps([sum(r["status"] == "passed" for r in results), told]))
    """
)


def check(estimator: str) -> tuple[int, dict[str, str]]:
    """Return how many checks an estimator passes, and what the others say, by name."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, estimator],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    passed, others = json.loads(done.stdout)
    return passed, others
