"""An optimizer that somebody else defines, in this one file: what follows of it by itself, and what is refused."""

import subprocess
import sys
from dataclasses import astuple, dataclass
from typing import ClassVar

import numpy as np
import pytest

import koubai
from koubai import MLPRegressor, explain
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.formulas.tree import Function
from koubai.core.network import Network
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.adam import Adam
from koubai.optimizers.protocol import Optimizer, RuleSteps, after
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer

X, Y = np.array([[0.5, -1.0], [1.0, 2.0], [-0.3, 0.2]]), np.array([[1.0], [-1.0], [0.5]])


@dataclass(frozen=True, slots=True)
class SignDescent(Optimizer):
    """θ ← θ - α sign(g): every parameter moves by α; it says nothing more."""

    name: ClassVar[str] = "strangers_sign"
    aliases: ClassVar[tuple[str, ...]] = ("sign_by_alias",)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        return theta - learning_rate * np.sign(gradient), slots


@dataclass(frozen=True, slots=True)
class Signum(Optimizer):
    """The sign of a running average (Bernstein and others 2018), with more hyperparameters than any of the package."""

    name: ClassVar[str] = "strangers_signum"
    n_slots: ClassVar[int] = 1
    default_learning_rate: ClassVar[float] = 0.02
    beta: float = 0.9
    weight_decay: float = 0.0
    first: float = 1.0
    second: float = 1.0
    third: float = 1.0

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        m = self.beta * slots[0] + (1 - self.beta) * gradient
        return theta - learning_rate * np.sign(m) * (self.first * self.second * self.third), np.stack([m])

    def explain(self, steps: RuleSteps) -> None:
        beta = steps.parameter("β", self.beta)
        m = steps.define("my_average", after("m"), beta * steps.slot("m", 0) + (1 - beta) * steps.g)
        steps.move(steps.w - steps.rate * Function("sign", (m,)))


@dataclass(frozen=True, slots=True)
class Backwards(Adam):
    """Adam's words with a step of its own."""

    name: ClassVar[str] = "backwards"

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        after_adam, slots = Adam.step(self, theta, gradient, slots, t, learning_rate)
        return 2 * theta - after_adam, slots


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch):
    """All are known by their names until the test ends."""
    monkeypatch.setattr(OPTIMIZERS, "_kinds", dict(OPTIMIZERS._kinds))
    for kind in (SignDescent, Signum):
        assert OPTIMIZERS.register(kind) is kind


def one_update(rule: Optimizer, language: str = "en"):
    """The derivation of one weight's update, the new weight by the rule itself, and the page's text."""
    network = Network.dense((2, 2, 1), hidden="tanh")
    theta = network.initial(np.random.default_rng(0))
    plan, rows = Plan(network, rule, batch_size=3), Rows(X, Y)
    state = State(theta.copy(), rule.init(theta))
    page = explain.update(plan, state, rows, 0.1, ask=explain.Ask.weight(1, 1, 2))
    ReferenceEngine().run(plan, state, rows, np.full((1, 1), 0.1))
    return page, network.weights(state.theta, 0)[1, 0], page.render("text", language)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("optimizer", ["sign_by_alias", SignDescent(), Signum(0.5), "strangers_signum"])
def test_it_is_known_by_its_names_and_trains_in_the_reference_engine(optimizer) -> None:
    model = MLPRegressor(
        hidden_layer_sizes=(3,), optimizer=optimizer, engine="reference", max_iter=40, tol=0, random_state=0
    )
    model.fit(X, Y.ravel())
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert get_optimizer({"name": "strangers_signum", "beta": 0.5}) == Signum(0.5)


@pytest.mark.usefixtures("registered")
def test_it_descends_functions_and_is_compared_and_drawn_under_its_own_name() -> None:
    path = koubai.descend("x**4 - 2*x**3 + 1", 2.0, "strangers_signum")
    assert path.values[-1] < path.values[0]
    found = koubai.compare_descents("booth", ["sgd", "sign_by_alias"], max_steps=50)
    assert [one.optimizer.name for one in found.paths] == ["sgd", "strangers_sign"]
    for language in ("en", "ja"):
        from koubai.views.descent.words import optimizer_name

        assert optimizer_name("strangers_sign", language) == "strangers_sign"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_is_explained_by_its_formulas_and_else_by_its_numbers(language: str) -> None:
    page, expected, said = one_update(SignDescent(), language)
    assert float(page.steps[-1].result.value) == pytest.approx(expected, rel=1e-12)
    assert "strangers_sign(w₁₂⁽¹⁾, g)" in said
    page, expected, said = one_update(Signum(), language)
    assert float(page.steps[-1].result.value) == pytest.approx(expected, rel=1e-12)
    assert "strangers_signum" in said
    assert "my_average" in said
    assert "sign(m′)" in said


def test_words_that_are_another_rules_are_refused_instead_of_shown() -> None:
    with pytest.raises(
        ParameterError,
        match=r"^explain: Backwards must explain the step that it makes; its formulas lead to \S+ and its "
        r"step to \S+\. Define Backwards\.explain\.$",
    ):
        one_update(Backwards())


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("rule", [SignDescent(), Signum(), Backwards()])
def test_the_compiled_engine_refuses_it_in_one_sentence(rule: Optimizer) -> None:
    network = Network.dense((2, 2, 1))
    theta = network.initial(np.random.default_rng(0))
    with pytest.raises(
        ParameterError,
        match=rf"^engine 'cpu': optimizer must be one that is compiled, sgd, .*; got one of class "
        rf"{type(rule).__name__}\. Set engine='reference', which runs any optimizer\.$",
    ):
        CPUEngine().run(Plan(network, rule), State(theta, rule.init(theta)), Rows(X, Y), np.full((1, 1), 0.1))


def test_what_takes_the_place_of_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OPTIMIZERS, "_kinds", dict(OPTIMIZERS._kinds))

    class Again(Adam):
        """Adam's under the same name."""

    class Coded(Adam):
        """Adam's code under another name."""

        name = "coded"

    with pytest.raises(ParameterError, match=r"^optimizer must have a unique name; got 'adam', which is taken"):
        OPTIMIZERS.register(Again)
    with pytest.raises(ParameterError, match=r"^optimizer coded must have a unique code; got 6, which is taken"):
        OPTIMIZERS.register(Coded)
    with pytest.raises(ParameterTypeError, match=r"^optimizer must be a subclass of Optimizer; got <class 'int'>"):
        OPTIMIZERS.register(int)


def test_every_optimizer_of_the_package_says_all_that_is_asked_of_it() -> None:
    """It has a number, words and a name of its own, and its kernel is its step, one parameter at a time."""
    from koubai.core.language import catalogue

    assert sorted(kind.code for kind in OPTIMIZERS.values()) == list(range(len(OPTIMIZERS)))
    rng = np.random.default_rng(0)
    for name, kind in OPTIMIZERS.items():
        rule = kind()
        assert rule.kernel is not None, name
        assert kind.explain is not Optimizer.explain, name
        assert all(f"play.choice.{name}" in catalogue(language) for language in ("en", "ja")), name
        h, rate, theta = astuple(rule), 0.03, rng.normal(size=4)
        slots, by_number = rule.init(theta), [(w, (0.0,) * rule.n_slots) for w in theta.tolist()]
        for t in range(1, 6):
            gradient = rng.normal(size=4)
            theta, slots = rule.step(theta, gradient, slots, t, rate)
            c = rule.kernel.constants(rate, tuple(b**t for b in h[: rule.kernel.n_powers]), h)
            pairs = zip(by_number, gradient.tolist(), strict=True)
            by_number = [rule.kernel.update(w, g, own, c) for (w, own), g in pairs]
        np.testing.assert_allclose([w for w, _ in by_number], theta, rtol=1e-12, err_msg=name)
        found = np.array([own for _, own in by_number]).T.reshape(slots.shape)
        np.testing.assert_allclose(found, slots, rtol=1e-12, err_msg=name)


REGISTERED_FIRST = """
from koubai.optimizers.adam import Adam
from koubai.optimizers.registry import OPTIMIZERS

@OPTIMIZERS.register
class Mine(Adam):
    name, code = "mine", len(OPTIMIZERS)

from koubai.engines.cpu.codes import OPTIMIZER_CODES as CODES
print(sorted(CODES) == sorted(set(OPTIMIZERS) - {"mine"}))
"""


@pytest.mark.slow
def test_a_kernel_registered_before_the_engine_is_loaded_is_not_compiled_into_the_code_that_all_processes_share() -> (
    None
):
    done = subprocess.run([sys.executable, "-c", REGISTERED_FIRST], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr
