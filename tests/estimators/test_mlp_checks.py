"""scikit-learn's own checks of estimators: all pass, none is left out and none is expected to fail.

A check of what an estimator does not have does not apply to it: the default classifier has no
``decision_function``, that of a margin loss no probabilities, so each passes the other's.
"""

import pytest
from tests.estimators.checks import check


@pytest.mark.parametrize(
    ("estimator", "does_not_apply"),
    [
        ("MLPClassifier()", "check_classifiers_multilabel_output_format_decision_function"),
        ("MLPClassifier(loss='hinge')", "check_classifiers_multilabel_output_format_predict_proba"),
        ("MLPRegressor()", None),
        ("MLPRegressor(loss='huber', optimizer='adamw', schedule='cosine')", None),
    ],
)
def test_all_checks_pass(estimator: str, does_not_apply: str | None) -> None:
    passed, others = check(estimator)
    assert passed >= (60 if does_not_apply is None else 67)
    if does_not_apply is not None:
        assert "does not have a" in others.pop(does_not_apply)
    assert others == {}
