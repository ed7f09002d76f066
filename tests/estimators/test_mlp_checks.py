"""scikit-learn's own checks of estimators: all pass, none is left out and none is expected to fail.

A check of what an estimator does not have does not apply to it: the default classifier has no
``decision_function``, that of a margin loss no probabilities, so each passes the other's.
"""

import pytest
from tests.estimators.checks import check

DEFAULTS = {"MLPClassifier()": "check_classifiers_multilabel_output_format_decision_function", "MLPRegressor()": None}
"""What does not apply, by estimator."""
ON_ROWS = (
    "[Conv(8, 1), 'relu'], image_shape=(1, -1), normalize=False, learning_rate_init=0.02, epochs=60, batch_size=200"
)
"""Rows as images one pixel high; all of them in one batch, so that a weight of 2 is the same as a row given twice."""
OTHERS = {
    "MLPClassifier(loss='hinge')": "check_classifiers_multilabel_output_format_predict_proba",
    "MLPRegressor(loss='huber', optimizer='adamw', schedule='cosine')": None,
    f"ConvClassifier({ON_ROWS})": "check_classifiers_multilabel_output_format_decision_function",
    f"ConvRegressor({ON_ROWS})": None,
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("estimator", [*DEFAULTS, *OTHERS])
def test_all_checks_pass(estimator: str) -> None:
    kind = DEFAULTS if estimator in DEFAULTS else OTHERS
    passed, others = check(*kind)[estimator]
    does_not_apply = kind[estimator]
    assert passed >= (59 if does_not_apply is None else 66)
    told = dict(others)
    if does_not_apply is not None:
        assert "does not have a" in told.pop(does_not_apply)
    assert told == {}
