"""scikit-learn's own checks of estimators.

None is skipped. Two fail for any perceptron, scikit-learn's too, which lists them as expected failures: a row of weight
2 changes the weights once by 2 η y x, a row that occurs twice is looked at again after its first change.
"""

import pytest
import sklearn.linear_model
from sklearn.utils.estimator_checks import (
    check_class_weight_balanced_linear_classifier,
    check_sample_weight_equivalence_on_dense_data,
)
from tests.estimators.checks import check

from koubai import Perceptron

REPEATED_ROWS = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}


DEFAULTS = ("Perceptron()",)
OTHERS = ("Perceptron(variant='averaged', penalty='l2')", "Perceptron(variant='pocket', order='random', init='random')")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("estimator", [*DEFAULTS, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_all_checks_pass_that_a_perceptron_can_pass(estimator):
    passed, others = check(*(DEFAULTS if estimator in DEFAULTS else OTHERS))[estimator]
    assert set(others) == REPEATED_ROWS
    assert all(told.startswith("failed") and "removed or repeated data points" in told for told in others.values())
    assert passed >= 63


def test_scikit_learns_perceptron_fails_the_same_check():
    with pytest.raises(AssertionError, match="removed or repeated data points"):
        check_sample_weight_equivalence_on_dense_data("Perceptron", sklearn.linear_model.Perceptron())


def test_the_check_of_scikit_learns_own_linear_classifiers():
    check_class_weight_balanced_linear_classifier("Perceptron", Perceptron())
