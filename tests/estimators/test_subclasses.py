"""Subclasses with constructors of their own, as they are found in many programs."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

from koubai import MLPClassifier, MLPRegressor, Perceptron
from koubai.core.errors import ParameterError, ParameterTypeError

X, Y = load_iris(return_X_y=True)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class TwoLayers(MLPClassifier):
    def __init__(self, width: int = 5, alpha: float = 1e-4) -> None:
        super().__init__(hidden_layer_sizes=(width, width), alpha=alpha, max_iter=10, random_state=0)
        self.width = width


class WithKeywords(MLPRegressor):
    def __init__(self, label: str = "", **others: Any) -> None:
        self.label = label
        super().__init__(**others)


class Fewer(MLPRegressor):
    def __init__(self, alpha: float = 1e-4) -> None:
        super().__init__(hidden_layer_sizes=(3,), alpha=alpha, max_iter=10)


class Louder(Perceptron):
    def __init__(self, volume: float = 1.0, eta0: float = 1.0) -> None:
        super().__init__(eta0=eta0, max_iter=20)
        self.volume = volume


class Slower(TwoLayers):
    """A constructor inherited from a subclass."""

    def fit(self, X: Any, y: Any) -> Any:
        return super().fit(X, y)


@pytest.mark.parametrize("kind", [TwoLayers, WithKeywords, Fewer, Louder, Slower])
def test_a_subclass_trains_and_is_copied(kind: Any) -> None:
    model = kind().fit(X, Y)
    for twin in (copy.deepcopy(model), *(pickle.loads(pickle.dumps(model, protocol)) for protocol in range(6))):
        np.testing.assert_array_equal(twin.predict(X), model.predict(X))
        assert twin.get_params() == model.get_params()
    assert clone(model).get_params() == model.get_params()
    assert "_label_binarizer" not in vars(clone(model))


def test_a_subclass_has_its_own_parameters() -> None:
    assert TwoLayers(7).get_params() == {"width": 7, "alpha": 1e-4}
    search = GridSearchCV(TwoLayers(), {"width": [2, 3], "alpha": [0.1]}, cv=2).fit(X, Y)
    assert search.best_estimator_.width == search.best_params_["width"]
    search = GridSearchCV(Louder(), {"volume": [1, 2], "eta0": [0.5]}, cv=2).fit(X, Y)
    assert search.best_estimator_.eta0 == 0.5
    assert TwoLayers().set_params(width=3).width == 3


@pytest.mark.parametrize("kind", [TwoLayers, Louder])
def test_a_subclass_goes_through_a_record(kind: Any) -> None:
    model = kind().fit(X, Y)
    twin = kind.from_record(*model.to_record())
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))


def test_parameters_that_a_subclass_lacks_are_checked_all_the_same() -> None:
    model = Fewer()
    model.tol = -1.0
    with pytest.raises(ParameterError, match=r"^Fewer: tol must be >= 0; got -1.0. Try 0.0001.$"):
        model.fit(X, Y)


@pytest.mark.parametrize("name", ["_init_coef", "_backprop", "_forward_pass_fast"])
def test_private_methods_of_scikit_learn_are_not_overridden_in_vain(name: str) -> None:
    kind: Any = type("Mine", (MLPRegressor,), {name: lambda self, *arguments: None})
    with pytest.raises(
        ParameterTypeError, match=rf"^Mine: a subclass must not rely on private methods .*; got {name}\."
    ):
        kind().fit(X, Y)
