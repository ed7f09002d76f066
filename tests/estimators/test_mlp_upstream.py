"""scikit-learn's own tests of its multilayer perceptron, run on koubai's by replacing the import."""

from pathlib import Path

import pytest
from tests.estimators.upstream import upstream_tests

EXCLUDED = {
    "test_gradient": "calls the private method _loss_grad_lbfgs with lists that its NumPy code fills",
}

globals().update(
    upstream_tests(
        "sklearn.neural_network.tests.test_mlp",
        {
            "from sklearn.neural_network import MLPClassifier, MLPRegressor": (
                "from koubai import MLPClassifier, MLPRegressor"
            )
        },
        EXCLUDED,
    )
)


@pytest.mark.parametrize("name", EXCLUDED)
def test_the_documentation_names_what_cannot_apply(name: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "scikit-learn.md"
    assert f"`{name}`" in page.read_text(encoding="utf-8")
