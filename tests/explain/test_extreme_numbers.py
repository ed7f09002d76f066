"""Numbers at the ends of what a float holds: explained as IEEE 754 has them, at once, and without a traceback."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai import MLPClassifier, MLPRegressor, Perceptron
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Number, Power, Sum
from koubai.core.formulas.values import Notation, power, total, write
from koubai.optimizers.adam import Adam

X = np.sign(np.random.default_rng(0).normal(size=(8, 2))) * np.random.default_rng(1).uniform(0.1, 1, (8, 2))
EXTREME = [5e-324, 1e-320, 1e-310, 1e200, 1e308]


def test_powers_beyond_the_largest_float_are_infinite() -> None:
    assert Power(Number(1e200), Number(Fraction(2))).evaluate() == math.inf
    assert Power(Number(-1e200), Number(Fraction(3))).evaluate() == -math.inf
    assert power(Fraction(10), Fraction(400)) == math.inf
    assert power(Fraction(3, 2), Fraction(10**9)) == math.inf
    assert power(Fraction(0), Fraction(-1)) == math.inf
    assert power(Fraction(1, 2), Fraction(-3)) == Fraction(8)
    assert math.isnan(power(-1.5, 0.5))


def test_sums_beyond_the_largest_float_on_the_way_are_right() -> None:
    assert Sum((Number(1e308), Number(1e308), Number(-1e308))).evaluate() == 1e308
    assert total([1.7e308] * 3) == math.inf
    assert total([0.1] * 10) == 1.0


@given(st.floats(allow_nan=False), st.integers(2, 17))
def test_every_float_can_be_written(value: float, digits: int) -> None:
    shown = write(value, Notation(digits=digits))
    assert len(shown.mantissa) < 30


def test_numbers_that_no_float_holds_are_refused_as_parameters() -> None:
    with pytest.raises(ParameterError, match=r"Adam: beta_1 must be .*; got inf"):
        Adam(10**400)


@pytest.mark.parametrize("size", EXTREME)
@pytest.mark.parametrize("make", [Perceptron, MLPClassifier, MLPRegressor])
def test_rows_and_weights_of_extreme_size_are_explained(make, size: float, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"max_iter": 2} if make is Perceptron else {"epochs": 2, "hidden_layer_sizes": (2,), "random_state": 0}
    y = np.arange(8) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few passes do not converge; predictions overflow
        model = make(**given).fit(X, y)
        for factor in (1.0, size):
            for part in getattr(model, "coefs_", [model.coef_] if make is Perceptron else []):
                part *= factor
            model.predict(X * size)
            model.explain(X[0] * size, y[0]).show()
            assert capsys.readouterr().out
