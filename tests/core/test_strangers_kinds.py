"""An activation that somebody else defines, in this one file: what follows of it by itself, and what is refused."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from koubai import MLPClassifier, explain
from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.activations.base import Activation
from koubai.core.activations.relu import ReLU
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ParameterTypeError, UndefinedError
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.descent.surfaces.hessian import hessian_vector_product
from koubai.descent.surfaces.subject import Subject
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Rows
from koubai.engines.reference import ReferenceEngine
from koubai.explain.network.asking import Ask

from ..oracles import differences, gradient_along

X, Y = np.array([[0.5, -1.0], [1.0, 2.0], [-0.3, 0.2]]), np.array([[1.0], [-1.0], [0.5]])


@dataclass(frozen=True, slots=True)
class Bent(Activation):
    """φ(u) = (√(u² + 1) - 1) / 2 + u, the bent identity."""

    name: ClassVar[str] = "strangers_bent"
    aliases: ClassVar[tuple[str, ...]] = ("bent_by_alias",)

    def value(self, u: Array) -> Array:
        return (np.sqrt(u * u + 1) - 1) / 2 + u

    def derivative(self, u: Array, z: Array) -> Array:
        return u / (2 * np.sqrt(u * u + 1)) + 1


@dataclass(frozen=True, slots=True)
class Curved(Bent):
    """The same, with its second derivative."""

    name: ClassVar[str] = "strangers_curve"
    aliases: ClassVar[tuple[str, ...]] = ()

    def second_derivative(self, u: Array, z: Array) -> Array:
        return 0.5 * (u * u + 1) ** -1.5


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch):
    """Both are known by their names until the test ends."""
    monkeypatch.setattr(ACTIVATIONS, "_kinds", dict(ACTIVATIONS._kinds))
    for kind in (Bent, Curved):
        assert ACTIVATIONS.register(kind) is kind


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.usefixtures("registered")
def test_it_is_known_by_its_names_and_trains_in_the_reference_engine() -> None:
    assert get_activation("bent_by_alias") == get_activation({"name": "strangers_bent"}) == Bent()
    model = MLPClassifier((3,), activation="bent_by_alias", engine="reference", max_iter=20, tol=0, random_state=0)
    model.fit(X, [0, 1, 0])
    assert model.loss_curve_[-1] < model.loss_curve_[0]


@pytest.mark.usefixtures("registered")
def test_its_gradient_is_that_of_differences() -> None:
    network = Network.dense((2, 3, 1), hidden="bent_by_alias")
    theta, rows = network.initial(np.random.default_rng(0)), Rows(X, Y)
    _, gradient = ReferenceEngine().loss_and_gradient(network, theta, rows, Penalty())
    slopes = differences(lambda v: ReferenceEngine().loss_and_gradient(network, v, rows, Penalty())[0], theta)
    np.testing.assert_allclose(gradient, slopes, atol=1e-9)


def test_the_hessian_asks_for_its_second_derivative_and_never_takes_it_for_zero() -> None:
    network = Network.dense((2, 3, 1), hidden=Curved())
    theta, rows = network.initial(np.random.default_rng(0)), Rows(X, Y)
    vector = np.random.default_rng(1).normal(size=theta.size)
    expected = gradient_along(network, theta, rows, vector)
    np.testing.assert_allclose(hessian_vector_product(Subject(network, theta, rows), vector), expected, atol=1e-7)
    without = Network.dense((2, 3, 1), hidden=Bent())
    with pytest.raises(
        UndefinedError, match=r"^strangers_bent must define second_derivative\(u, z\) .* Add it to Bent\."
    ):
        hessian_vector_product(Subject(without, theta, rows), vector)


def test_it_is_explained_by_its_numbers_where_it_says_no_formula() -> None:
    network = Network.dense((2, 2, 1), hidden=Bent())
    theta = network.initial(np.random.default_rng(0))
    page = explain.forward(network, theta, X[0], ask=Ask.node(1, 1))
    said = page.render("text", "en")
    assert "strangers_bent" in said
    u = X[0] @ network.weights(theta, 0) + network.biases(theta, 0)
    z = Bent().value(u[np.newaxis])[0]
    step = page.step("z.1.1")
    assert float(step.result.value) == pytest.approx(z[0])


def test_the_compiled_engine_refuses_it_in_one_sentence() -> None:
    network = Network.dense((2, 2, 1), hidden=Bent())
    with pytest.raises(
        ParameterError, match=r"activation must be one that is compiled, .*; got one of class Bent\. Set engine='ref"
    ):
        CPUEngine().forward(network, network.initial(np.random.default_rng(0)), X)


def test_what_takes_the_place_of_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ACTIVATIONS, "_kinds", dict(ACTIVATIONS._kinds))

    class Again(ReLU):
        """ReLU under the same name."""

    class Coded(ReLU):
        """ReLU's code under another name."""

        name = "coded"

    with pytest.raises(ParameterError, match=r"^activation must have a unique name; got 'relu', which is taken"):
        ACTIVATIONS.register(Again)
    with pytest.raises(ParameterError, match=r"^activation coded must have a unique code; got 4, which is taken"):
        ACTIVATIONS.register(Coded)
    with pytest.raises(ParameterTypeError, match=r"^activation must be a subclass of Activation; got <class 'int'>"):
        ACTIVATIONS.register(int)


def test_every_activation_of_the_package_says_all_that_is_asked_of_it() -> None:
    """It is compiled under a number of its own, with φ'' and formulas; softmax is no function of one number."""
    from koubai.core.formulas.tree import Symbol

    assert sorted(kind.code for kind in ACTIVATIONS.values()) == list(range(len(ACTIVATIONS)))
    u = np.linspace(-3, 3, 7)[:, np.newaxis]
    for name, kind in ACTIVATIONS.items():
        phi = kind()
        assert phi.kernel is not None, name
        if phi.kernel.of_rows:
            continue
        z = phi.value(u)
        np.testing.assert_allclose(
            [phi.kernel.activate(float(v), [*vars_of(phi)]) for v in u[:, 0]], z[:, 0], rtol=1e-12
        )
        assert phi.second_derivative(u, z).shape == u.shape
        assert phi.formula(Symbol("u")) is not None, name
        assert phi.derivative_formula(Symbol("u"), Symbol("z")) is not None, name


def vars_of(kind: Activation) -> list[float]:
    return [value for key, value in kind.spec().items() if key != "name"]
