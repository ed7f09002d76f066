"""Every parameter that cannot be is refused in one sentence: who, which, what is required, what came, what to try."""

import inspect
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.utils._param_validation import InvalidParameterError

from koubai import MLPClassifier, MLPRegressor
from koubai.core.errors import KoubaiError

X = np.arange(20.0).reshape(10, 2) / 20
Y = np.arange(10) % 2

BAD: list[tuple[dict[str, Any], str]] = [
    ({"learning_rate_init": -0.1}, "learning_rate_init must be > 0 or None; got -0.1. Try 0.001."),
    ({"alpha": -1}, "alpha must be >= 0; got -1. Try 0.0001."),
    ({"alpha": "much"}, "alpha must be >= 0; got 'much'. Try 0.0001."),
    ({"solver": "newton"}, "solver must be 'adam', 'lbfgs' or 'sgd'; got 'newton'. Try 'adam'."),
    ({"batch_size": 0}, "batch_size must be 'auto' or an integer >= 1; got 0. Try 'auto'."),
    ({"max_iter": 0.5}, "max_iter must be an integer >= 1; got 0.5. Try 200."),
    ({"momentum": 2}, "momentum must be in [0, 1]; got 2. Try 0.9."),
    ({"beta_1": 1.0}, "beta_1 must be in [0, 1); got 1.0. Try 0.9."),
    ({"epsilon": 0}, "epsilon must be > 0; got 0. Try 1e-08."),
    ({"shuffle": "yes"}, "shuffle must be True or False; got 'yes'. Try True."),
    ({"verbose": -1}, "verbose must be True, False or an integer >= 0; got -1. Try False."),
    ({"random_state": "x"}, "random_state must be an integer >= 0, a RandomState or None; got 'x'. Try None."),
    ({"n_iter_no_change": 0}, "n_iter_no_change must be an integer >= 1 or inf; got 0. Try 10."),
    ({"dropout": 1.0}, "dropout must be in [0, 1), a list or a tuple; got 1.0. Try 0.0."),
    ({"engine": "gpu"}, "engine must be 'cpu', 'jax', 'reference' or an object with run, forward, loss_and_gradient; "),
    ({"optimizer": 3}, "optimizer must be a name, of class Optimizer, a dict or None; got 3. Try None."),
    ({"optimizer": "best"}, "optimizer must be a known optimizer; got 'best'. Try one of: sgd, momentum,"),
    ({"schedule": "hat"}, "schedule must be a known schedule; got 'hat'. Try one of: constant, step,"),
    ({"activation": "hat"}, "activation must be a known activation; got 'hat'. Try one of: identity, step,"),
    ({"callbacks": ["x"]}, "callbacks must be callables that take an Epoch; got 'x'. Try [print]."),
    ({"callbacks": "x"}, "callbacks must be callable, a list, a tuple or None; got 'x'. Try None."),
    ({"clip_norm": 0}, "clip_norm must be > 0 or None; got 0. Try None."),
    ({"init": "he"}, "init must be 'data', 'glorot_normal', "),
    ({"activation": ["tanh", "relu"]}, "activation must be one value or one for each of the 1 hidden layers; got 2."),
    ({"dropout": []}, "dropout must be one value or one for each of the 1 hidden layers; got 0. Give 1."),
    ({"dropout": [1.0]}, "dropout must be numbers in [0, 1); got 1.0. Try 0.2."),
    ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be integers > 0; got (3, 0). Try (100,)."),
    ({"hidden_layer_sizes": True}, "hidden_layer_sizes must be integers > 0; got True. Try (100,)."),
    ({"hidden_layer_sizes": [2.5]}, "hidden_layer_sizes must be integers > 0; got [2.5]. Try (100,)."),
    ({"hidden_layer_sizes": -3}, "hidden_layer_sizes must be a sequence or an integer >= 1; got -3. Try (100,)."),
    ({"checkpoint": 3}, "checkpoint must be a name, a path or None; got 3. Try None."),
    ({"checkpoint": "x"}, "random_state must be an integer with checkpoint, so that training can resume; got None."),
    ({"solver": "lbfgs", "dropout": 0.5}, "dropout must be 0.0 with L-BFGS; got 0.5. Try solver='adam'."),
    ({"optimizer": "lbfgs", "schedule": "cosine"}, "schedule must be None with L-BFGS; got 'cosine'."),
    ({"solver": "lbfgs", "clip_norm": 1.0}, "clip_norm must be None with L-BFGS; got 1.0. Try solver='adam'."),
]


@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize(("given", "words"), BAD, ids=[str(given) for given, _ in BAD])
def test_message(make: Any, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match="must be") as caught:
        make(**given).fit(X, Y)
    assert str(caught.value).startswith(f"{make.__name__}: {words}")
    assert isinstance(caught.value, KoubaiError)


@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
def test_every_parameter_is_checked(make: Any) -> None:
    """Each has a constraint that an object of no use to anybody breaks, as scikit-learn asks of its own estimators."""
    assert set(make._parameter_constraints) == set(inspect.signature(make).parameters)
    for name in make._parameter_constraints:
        with pytest.raises(InvalidParameterError, match=rf"^{make.__name__}: {name} must be .*; got .*\. Try .*\.$"):
            make(**{name: type("Useless", (), {})()}).fit(X, Y)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_scikit_learns_parameters_come_first_with_its_defaults(name: str) -> None:
    ours = inspect.signature({"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}[name]).parameters
    original = inspect.signature(getattr(theirs, name)).parameters
    for (a, given), (b, expected) in zip(ours.items(), original.items(), strict=False):
        assert (a, given.kind, given.default) == (b, expected.kind, expected.default)
    extras = list(ours.values())[len(original) :]
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in extras)


def test_early_stopping_and_partial_fit() -> None:
    with pytest.raises(ValueError, match=r"MLPRegressor: partial_fit does not support early_stopping=True"):
        MLPRegressor(early_stopping=True).partial_fit(X, Y)


def test_a_validation_set_of_one_row() -> None:
    with pytest.raises(ValueError, match=r"MLPRegressor: The validation set is too small.* needs at least 2 .* got 1"):
        MLPRegressor(early_stopping=True).fit(X, Y)


def test_a_batch_larger_than_the_data_is_clipped() -> None:
    with pytest.warns(UserWarning, match="Got `batch_size` less than 1 or larger than sample size"):
        MLPRegressor(batch_size=11, epochs=1).fit(X, Y)


def test_momentum_of_one_is_allowed_as_in_scikit_learn() -> None:
    assert np.isfinite(MLPRegressor(solver="sgd", momentum=1.0, epochs=2).fit(X, Y).loss_)
