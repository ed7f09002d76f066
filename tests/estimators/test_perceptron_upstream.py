"""scikit-learn's own tests of its perceptron, run on koubai's by replacing the import: all of them apply."""

from tests.estimators.upstream import upstream_tests

globals().update(
    upstream_tests(
        "sklearn.linear_model.tests.test_perceptron",
        {"from sklearn.linear_model import Perceptron": "from koubai import Perceptron"},
        {},
    )
)
