"""A kind of layer that somebody else defines, in this one file: what follows of it by itself, and what is refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from koubai.core.activations import get_activation
from koubai.core.errors import ParameterError, ShapeError, UndefinedError
from koubai.core.initializers import RandomSource
from koubai.core.layers import LAYERS, Dense
from koubai.core.layers.base import BIASES, Address, Block, Layer, Term, Views
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.schema import Fields, Whole
from koubai.descent.surfaces.hessian import hessian_vector_product
from koubai.descent.surfaces.subject import Subject
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import ReferenceEngine, trace_step
from koubai.explain.derivations import step_id
from koubai.explain.diagram import Diagram
from koubai.explain.network import passes
from koubai.explain.network.asking import Ask
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.sgd import SGD

from ..oracles import differences, gradient_along

X, Y = np.array([[0.5, -1.0], [1.0, 2.0], [-0.3, 0.2]]), np.array([[1.0], [-1.0], [0.5]])


@dataclass(frozen=True, slots=True)
class Bent(Layer):
    """u_j = z_j + b_j z_j²: what must be said of a layer, and nothing else."""

    name: ClassVar[str] = "strangers_bent"
    description: ClassVar[Fields] = Fields({"n": Whole(1)})
    n: int

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (self.n,)

    @property
    def output_shape(self) -> tuple[int, ...]:
        return (self.n,)

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (Block("bends", (self.n,), BIASES),)

    def initial(self, scheme: str, rng: RandomSource, hidden_activation: str) -> Views:
        return (np.full(self.n, 0.25),)

    def forward(self, blocks: Views, z: np.ndarray) -> np.ndarray:
        return z + blocks[0] * z * z

    def to_sources(self, blocks: Views, z: np.ndarray, delta: np.ndarray) -> np.ndarray:
        return delta * (1 + 2 * blocks[0] * z)

    def gradient(self, blocks: Views, z: np.ndarray, delta: np.ndarray) -> Views:
        return ((delta * z * z).sum(axis=0),)


@dataclass(frozen=True, slots=True)
class Shift(Bent):
    """u_j = z_j + b_j, with all that a layer can say."""

    name: ClassVar[str] = "strangers_shift"

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (Block("shifts", (self.n,), BIASES),)

    def forward(self, blocks: Views, z: np.ndarray) -> np.ndarray:
        return z + blocks[0]

    def to_sources(self, blocks: Views, z: np.ndarray, delta: np.ndarray) -> np.ndarray:
        return delta

    def gradient(self, blocks: Views, z: np.ndarray, delta: np.ndarray) -> Views:
        return (delta.sum(axis=0),)

    def tangent(self, blocks, r_blocks, z, r_z) -> np.ndarray:
        return r_z + r_blocks[0]

    def to_sources_tangent(self, blocks, r_blocks, z, r_z, delta, r_delta) -> np.ndarray:
        return r_delta

    def gradient_tangent(self, blocks, r_blocks, z, r_z, delta, r_delta) -> Views:
        return (r_delta.sum(axis=0),)

    def terms(self, node: int) -> Iterable[Term]:
        return [Term(node, node, None), Term(node, 0, Address("shifts", (node - 1,)))]


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch):
    """Both are known by their names until the test ends."""
    monkeypatch.setattr(LAYERS, "_kinds", dict(LAYERS._kinds))
    for kind in (Bent, Shift):
        assert LAYERS.register(kind) is kind


def network_with(kind: type[Bent]) -> Network:
    layers = (kind(2), Dense(2, 3, get_activation("tanh"), dropout=0.1), kind(3), Dense(3, 1))
    return Network(layers, get_loss("half_squared_error"))


BOTH = pytest.mark.parametrize("kind", [Bent, Shift])


@BOTH
def test_its_parameters_have_their_place_in_theta_and_penalties_leave_its_group_alone(kind: type[Bent]) -> None:
    network = network_with(kind)
    theta = network.initial(np.random.default_rng(0))
    assert network.n_parameters == 2 + 9 + 3 + 4
    assert theta[:2].tolist() == network.block(theta, 0, kind(1).blocks[0].name).tolist() == [0.25, 0.25]
    assert network.owner(12) == (2, Address(kind(1).blocks[0].name, (1,)))
    gradient = Penalty(l2=1).gradient(network, theta, 1)
    assert (gradient[:2] == 0).all()
    assert (gradient[2:8] == theta[2:8]).all()


@BOTH
def test_its_gradient_is_that_of_differences_and_it_trains_in_the_reference_engine(kind: type[Bent]) -> None:
    network, engine = network_with(kind), ReferenceEngine()
    theta, rows = network.initial(np.random.default_rng(0)), Rows(X, Y)
    _, gradient = engine.loss_and_gradient(network, theta, rows, Penalty())
    slopes = differences(lambda v: engine.loss_and_gradient(network, v, rows, Penalty())[0], theta)
    np.testing.assert_allclose(gradient, slopes, atol=1e-9)
    plan = Plan(network, get_optimizer("adam"), batch_size=2)
    losses = engine.run(plan, State(theta, plan.optimizer.init(theta)), rows, np.full((60, 2), 0.02))
    assert losses[-1] < losses[0]


@BOTH
def test_its_description_comes_back(kind: type[Bent]) -> None:
    network = network_with(kind)
    assert Network.from_spec(network.spec()) == network


def test_it_is_differentiated_twice_where_it_says_how_and_never_taken_for_flat() -> None:
    network = network_with(Shift)
    theta, rows = network.initial(np.random.default_rng(0)), Rows(X, Y)
    vector = np.random.default_rng(1).normal(size=theta.size)
    expected = gradient_along(network, theta, rows, vector)
    np.testing.assert_allclose(hessian_vector_product(Subject(network, theta, rows), vector), expected, atol=1e-7)
    with pytest.raises(
        UndefinedError, match=r"^the strangers_bent layer must define tangent\(blocks, .* Add it to Bent\.$"
    ):
        hessian_vector_product(Subject(network_with(Bent), theta, rows), vector)


def test_it_is_explained_by_its_terms_and_refused_without() -> None:
    """u_2 = z_2 + s_20: the picture, δ and the gradient of the shift follow."""
    network = network_with(Shift)
    theta = network.initial(np.random.default_rng(0)).round(1)
    page = passes.backward(network, theta, X[0], Y[0], ask=Ask.weight(1, 2, 0))
    steps = {step.id: step for step in page.steps}
    trace = trace_step(Plan(network, SGD()), State(theta, np.empty((0, theta.size))), Rows(X[:1], Y[:1]))
    assert float(steps[step_id("grad", 1, 2, 0)].result.value) == pytest.approx(trace.gradient[1], rel=1e-12)
    assert float(steps[step_id("u", 3, 1)].result.value) == pytest.approx(trace.forward.pre_activations[2][0, 0])
    diagram = next(block for block in page.sections[0].blocks if isinstance(block, Diagram))
    assert [(edge.target, edge.source, edge.weight) for edge in diagram.edges if edge.layer == 1] == [
        (1, 1, 1),
        (2, 2, 1),
    ]
    for lang in ("en", "ja"):
        assert "s₂₀⁽¹⁾" in page.render("text", lang)
        assert "<svg" in passes.backward(network, theta, X[0], Y[0]).render("html", lang)
    with pytest.raises(
        UndefinedError, match=r"^the strangers_bent layer must define terms\(node\) for .* Add it to Bent\.$"
    ):
        passes.forward(network_with(Bent), theta, X[0])


@BOTH
def test_the_compiled_engine_refuses_it_in_one_sentence(kind: type[Bent]) -> None:
    network = network_with(kind)
    theta = network.initial(np.random.default_rng(0))
    with pytest.raises(ParameterError) as caught:
        CPUEngine().forward(network, theta, X)
    compiled = ", ".join(name for name, own in LAYERS.items() if LAYERS.is_own(own))
    assert str(caught.value) == (
        f"engine 'cpu': layer must be one that is compiled, {compiled}; got one of class {kind.__name__}. "
        f"Set engine='reference', which runs any layer."
    )


def test_shapes_of_several_axes_meet_as_they_are_and_dense_layers_take_them_flat() -> None:
    @dataclass(frozen=True, slots=True)
    class Picture(Shift):
        """A shift of pictures (h, w, c), one number a pixel and channel."""

        name: ClassVar[str] = "picture"
        shape: tuple[int, int, int] = (1, 2, 1)

        @property
        def input_shape(self) -> tuple[int, ...]:
            return self.shape

        @property
        def output_shape(self) -> tuple[int, ...]:
            return self.shape

    loss = get_loss("half_squared_error")
    network = Network((Picture(6, (1, 2, 3)), Picture(6, (1, 2, 3)), Dense(6, 1)), loss)
    assert network.sizes == (6, 6, 6, 1)
    with pytest.raises(ShapeError, match=r"layer 1 must take the outputs of layer 0 in their shape \(1, 2, 3\)"):
        Network((Picture(6, (1, 2, 3)), Picture(6, (3, 2, 1))), loss)


def test_every_layer_of_the_package_says_all_that_is_asked_of_it() -> None:
    """It is compiled under a number of its own, and has terms, laws, a description of its files and tangents."""
    own = {name: kind for name, kind in LAYERS.items() if name not in ("strangers_bent", "strangers_shift")}
    assert sorted(kind.code for kind in own.values()) == list(range(len(own)))
    for name, kind in own.items():
        for method in ("terms", "law", "law_back", "tangent", "to_sources_tangent", "gradient_tangent", "initial"):
            assert getattr(kind, method) is not getattr(Layer, method), (name, method)
        assert set(kind.description.kinds) <= set(kind.__dataclass_fields__), name
