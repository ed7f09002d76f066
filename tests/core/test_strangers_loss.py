"""A loss that somebody else defines, in this one file: what follows of it by itself, and what is refused."""

import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from koubai import MLPClassifier, MLPRegressor, explain
from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError, ParameterTypeError, UndefinedError
from koubai.core.formulas.tree import Formula, Function, log
from koubai.core.losses import LOSSES, Loss, get_loss
from koubai.core.losses.huber import Huber
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.descent.surfaces.hessian import hessian_vector_product
from koubai.descent.surfaces.subject import Subject
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Rows
from koubai.engines.reference import ReferenceEngine

from ..oracles import differences, gradient_along

X, Y = np.array([[0.5, -1.0], [1.0, 2.0], [-0.3, 0.2]]), np.array([[1.0], [-1.0], [0.5]])


@dataclass(frozen=True, slots=True)
class Quantile(Loss):
    """E = Σ_k max(q d_k, (q - 1) d_k), d = y - z: its best constant is the q-th quantile (Koenker and Bassett 1978)."""

    name: ClassVar[str] = "strangers_quantile"
    aliases: ClassVar[tuple[str, ...]] = ("strangers_pinball",)
    q: float = 0.5
    offset: float = 0.0

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        d = y - z - self.offset
        return np.asarray(np.maximum(self.q * d, (self.q - 1) * d).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        return np.where(y - z - self.offset > 0, -self.q, 1 - self.q)


@dataclass(frozen=True, slots=True)
class LogCosh(Loss):
    """E = Σ_k log cosh(z_k - y_k), with all that a loss may say."""

    name: ClassVar[str] = "strangers_log_cosh"
    lowest_target: ClassVar[float] = -2.0
    letter: ClassVar[str] = "p"

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        return np.asarray(np.log(np.cosh(z - y)).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        return np.tanh(z - y)

    def curvature(self, z: Array, y: Array) -> Array:
        return np.asarray(1 - np.tanh(z - y) ** 2)

    def term_formula(self, z: Formula, y: Formula, log_of=log) -> Formula:
        return log(1 + Function("exp", (-2 * (z - y),))) + (z - y) - log(2)

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        return Function("tanh", (z - y,))


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch):
    """Both are known by their names until the test ends."""
    monkeypatch.setattr(LOSSES, "_kinds", dict(LOSSES._kinds))
    for kind in (Quantile, LogCosh):
        assert LOSSES.register(kind) is kind


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("loss", ["strangers_pinball", {"name": "strangers_quantile", "q": 0.9, "offset": 0.1}])
def test_it_is_known_by_its_names_and_trains_in_the_reference_engine(loss) -> None:
    model = MLPRegressor(
        hidden_layer_sizes=(3,), loss=get_loss(loss), engine="reference", max_iter=30, tol=0, random_state=0
    )
    model.fit(X, Y.ravel())
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    by_name = MLPRegressor(
        hidden_layer_sizes=(3,), loss="strangers_quantile", engine="reference", max_iter=2, random_state=0
    ).fit(X, Y.ravel())
    assert by_name.network_.loss == Quantile()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_an_object_that_nobody_registered_trains_numbers_and_classes() -> None:
    choices = {"engine": "reference", "max_iter": 30, "tol": 0, "random_state": 0}
    numbers = MLPRegressor(hidden_layer_sizes=(3,), loss=Quantile(0.9), **choices).fit(X, Y.ravel())
    assert numbers.network_.layers[-1].activation.name == "identity"
    classes = MLPClassifier((3,), loss=LogCosh(), **choices).fit(X, ["a", "b", "a"])
    assert classes.network_.layers[-1].activation.name == "sigmoid"
    assert set(classes.predict(X)) <= {"a", "b"}
    assert classes.predict_proba(X).shape == (3, 2)


def test_its_range_of_targets_is_checked() -> None:
    with pytest.raises(
        DataError,
        match=r"^MLPRegressor: y must be >= -2 with loss='strangers_log_cosh'; got -3\. Try loss='squared_error'\.$",
    ):
        MLPRegressor(loss=LogCosh(), engine="reference").fit(X, [-3.0, 0, 1])
    with pytest.raises(ParameterError, match=r"^explain: y must be >= -2 for the loss strangers_log_cosh; got -3\.$"):
        explain.loss(LogCosh(), [1.0], [-3.0])


def test_its_gradient_is_that_of_differences() -> None:
    network = Network.dense((2, 3, 1), hidden="tanh", loss=LogCosh())
    theta, rows = network.initial(np.random.default_rng(0)), Rows(X, Y)
    _, gradient = ReferenceEngine().loss_and_gradient(network, theta, rows, Penalty())
    slopes = differences(lambda v: ReferenceEngine().loss_and_gradient(network, v, rows, Penalty())[0], theta)
    np.testing.assert_allclose(gradient, slopes, atol=1e-9)


def test_the_hessian_asks_for_its_curvature_and_never_takes_it_for_zero() -> None:
    network = Network.dense((2, 3, 1), hidden="tanh", loss=LogCosh())
    theta, rows = network.initial(np.random.default_rng(0)), Rows(X, Y)
    vector = np.random.default_rng(1).normal(size=theta.size)
    expected = gradient_along(network, theta, rows, vector)
    np.testing.assert_allclose(hessian_vector_product(Subject(network, theta, rows), vector), expected, atol=1e-7)
    without = Network.dense((2, 3, 1), hidden="tanh", loss=Quantile())
    with pytest.raises(
        UndefinedError, match=r"^strangers_quantile must define curvature\(z, y\) .* Add it to Quantile\."
    ):
        hessian_vector_product(Subject(without, theta, rows), vector)


@pytest.mark.parametrize("loss", [Quantile(0.75), LogCosh()])
def test_it_is_explained_by_its_formulas_and_else_by_its_numbers(loss: Loss) -> None:
    z, y = np.array([[0.5, 2.0]]), np.array([[1.0, 0.25]])
    page = explain.loss(loss, z[0], y[0])
    value, first = page.steps[0], page.steps[1]
    assert float(value.result.value) == pytest.approx(float(loss.rows(None, z, z, y)[0]), abs=1e-12)
    assert float(first.result.value) == pytest.approx(float(loss.gradient(z, y)[0, 0]))
    for language in ("en", "ja"):
        said = page.render("text", language)
        assert loss.name in said
        assert ("tanh" in said) == (loss.name == "strangers_log_cosh")
        assert ("E(z₁, y₁)" in said) == (loss.name == "strangers_quantile")


def test_a_networks_whole_derivation_stands_before_it() -> None:
    for loss in (Quantile(0.75), LogCosh()):
        network = Network.dense((2, 2, 1), hidden="sigmoid", loss=loss)
        theta = network.initial(np.random.default_rng(0))
        page = explain.backward(network, theta, X[0], Y[0])
        _, gradient = ReferenceEngine().loss_and_gradient(network, theta, Rows(X[:1], Y[:1]), Penalty())
        step = next(step for step in page.steps if str(step.id) == "grad.1.1.1")
        assert float(step.result.value) == pytest.approx(gradient[0], rel=1e-9)
        assert loss.name in page.render("text", "en")


@pytest.mark.usefixtures("registered")
def test_the_compiled_engine_refuses_it_in_one_sentence() -> None:
    for loss in (Quantile(), LogCosh()):
        network = Network.dense((2, 2, 1), loss=loss)
        with pytest.raises(
            ParameterError,
            match=rf"^engine 'cpu': loss must be one that is compiled, half_squared_error, .*; got one of class "
            rf"{type(loss).__name__}\. Set engine='reference', which runs any loss\.$",
        ):
            CPUEngine().loss_and_gradient(network, network.initial(np.random.default_rng(0)), Rows(X, Y), Penalty())


def test_what_takes_the_place_of_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOSSES, "_kinds", dict(LOSSES._kinds))

    class Again(Huber):
        """Huber's under the same name."""

    class Coded(Huber):
        """Huber's code under another name."""

        name = "coded"

    with pytest.raises(ParameterError, match=r"^loss must have a unique name; got 'huber', which is taken"):
        LOSSES.register(Again)
    with pytest.raises(ParameterError, match=r"^loss coded must have a unique code; got 5, which is taken"):
        LOSSES.register(Coded)
    with pytest.raises(ParameterTypeError, match=r"^loss must be a subclass of Loss; got <class 'int'>"):
        LOSSES.register(int)


def test_every_loss_of_the_package_says_all_that_is_asked_of_it() -> None:
    """It is compiled under a number of its own, with formulas, and its kernel is its equation, one number at a time."""
    from koubai.core.activations import get_activation
    from koubai.core.formulas.tree import Symbol
    from koubai.core.language import catalogue

    assert sorted(kind.code for kind in LOSSES.values()) == list(range(len(LOSSES)))
    rng = np.random.default_rng(0)
    z, y = rng.uniform(0.1, 0.9, (7, 1)), rng.integers(0, 2, (7, 1)).astype(float)
    for name, kind in LOSSES.items():
        loss, given = kind(), [value for key, value in kind().spec().items() if key != "name"]
        targets = 2 * y - 1 if loss.signed else y
        assert loss.kernel is not None, name
        pairs = list(zip(z[:, 0].tolist(), targets[:, 0].tolist(), strict=True))
        values = loss.rows(get_activation("identity"), z, z, targets)
        np.testing.assert_allclose([loss.kernel.value(*pair, given) for pair in pairs], values, atol=1e-12)
        np.testing.assert_allclose(
            [loss.kernel.gradient(*pair, given) for pair in pairs], loss.gradient(z, targets)[:, 0], atol=1e-12
        )
        assert loss.curvature(z, targets).shape == z.shape
        assert loss.term_formula(Symbol("z"), Symbol("y")) is not None, name
        assert loss.gradient_formula(Symbol("z"), Symbol("y")) is not None, name
        assert loss.accepts(get_activation(loss.output)), name
        for language in ("en", "ja"):
            assert {f"explain.loss.{name}", f"play.choice.{name}"} & set(catalogue(language)), name


def test_what_a_loss_has_behind_an_activation_is_its_chain_rule() -> None:
    """Called as plain functions, row by row and all rows at once, far from 0 too."""
    rng = np.random.default_rng(1)
    u = rng.normal(size=(5, 3)) * np.array([[1.0], [1], [8], [30], [0.1]])
    for kind in LOSSES.values():
        loss = kind()
        assert loss.kernel is not None
        for phi, behind in loss.kernel.behind.items():
            activation = phi()
            z, y = activation.value(u), np.eye(3)[rng.integers(0, 3, 5)]
            expected, deltas = loss.rows(activation, u, z, y), loss.delta(activation, u, z, y)
            for r in range(5):
                delta = np.empty(3)
                assert behind.row(u[r], z[r], y[r], 0.5, delta, [0.0]) == pytest.approx(expected[r], rel=1e-9)
                np.testing.assert_allclose(delta, 0.5 * deltas[r], rtol=1e-9, atol=1e-14)
            if behind.rows is not None:
                delta = np.empty(15)
                total = behind.rows(u.ravel(), z.ravel(), y.ravel(), 0.5, delta, 5, 3, [0.0])
                assert total == pytest.approx(0.5 * expected.sum(), rel=1e-9)
                np.testing.assert_allclose(delta.reshape(5, 3), 0.5 * deltas, rtol=1e-9, atol=1e-14)


REGISTERED_FIRST = """
from dataclasses import dataclass
from koubai.core.losses import LOSSES
from koubai.core.losses.huber import Huber

@LOSSES.register
class Mine(Huber):
    name, code = "mine", len(LOSSES)

from koubai.engines.cpu.codes import LOSS_CODES
print(sorted(LOSS_CODES) == sorted(set(LOSSES) - {"mine"}))
"""


@pytest.mark.slow
def test_a_kernel_registered_before_the_engine_is_loaded_is_not_compiled_into_the_code_that_all_processes_share() -> (
    None
):
    done = subprocess.run([sys.executable, "-c", REGISTERED_FIRST], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr
