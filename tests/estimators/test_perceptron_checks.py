"""scikit-learn's own checks of estimators.

None is skipped. Two fail for any perceptron, scikit-learn's too, which lists them as expected failures: a row of weight
2 changes the weights once by 2 η y x, a row that occurs twice is looked at again after its first change. The check of
array API input needs a switch of SciPy's that must be set before SciPy is imported; so they run in their own processes.
"""

import json
import os
import subprocess
import sys
from textwrap import dedent

import pytest
import sklearn.linear_model
from sklearn.utils.estimator_checks import (
    check_class_weight_balanced_linear_classifier,
    check_sample_weight_equivalence_on_dense_data,
)

from koubai import Perceptron

REPEATED_ROWS = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}
PROGRAM = dedent(
    """
    import json
    import sys
    import warnings

    from koubai import Perceptron
    from sklearn.utils.estimator_checks import check_estimator

    warnings.simplefilter("ignore")
    results = check_estimator(eval(sys.argv[1]), on_skip=None, on_fail=None)
    told = {r["check_name"]: f'{r["status"]}: {r["exception"]}' for r in results if r["status"] != "passed"}
    print(json.dumps({"passed": sum(r["status"] == "passed" for r in results), "others": told}))
    """
)


@pytest.mark.parametrize(
    "estimator",
    [
        "Perceptron()",
        "Perceptron(variant='averaged', penalty='l2')",
        "Perceptron(variant='pocket', order='random', init='random')",
    ],
)
def test_all_checks_pass_that_a_perceptron_can_pass(estimator):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, estimator],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["others"]) == REPEATED_ROWS
    assert all(
        told.startswith("failed") and "removed or repeated data points" in told for told in found["others"].values()
    )
    assert found["passed"] >= 63


def test_scikit_learns_perceptron_fails_the_same_check():
    with pytest.raises(AssertionError, match="removed or repeated data points"):
        check_sample_weight_equivalence_on_dense_data("Perceptron", sklearn.linear_model.Perceptron())


def test_the_check_of_scikit_learns_own_linear_classifiers():
    check_class_weight_balanced_linear_classifier("Perceptron", Perceptron())
