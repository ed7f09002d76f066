"""What is asked of the engine in JavaScript, as plain data, with the numbers that the engine here gives."""

import base64
import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from scipy.sparse import csr_array
from tests.engines.test_agreement import PAIRS, make_rows

import koubai
from koubai.core.activations import ACTIVATIONS
from koubai.core.layers import (
    AveragePooling,
    Convolution,
    Dense,
    Flatten,
    LearnedActivation,
    MaxPooling,
    NTKDense,
    PeriodicEmbedding,
    Scaling,
)
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu.codes import OPTIMIZER_CODES
from koubai.engines.cpu.entries import run_perceptron
from koubai.engines.cpu.native import wasm
from koubai.engines.cpu.native.packing import leaves, packed
from koubai.engines.protocol import WHOLE, Patience, Plan, Population, Rows, Shares, State
from koubai.engines.registry import get_engine
from koubai.optimizers.groups import Factors
from koubai.optimizers.registry import get_optimizer

SCRIPTS = Path(__file__).parent / "wasm"
LOADER = Path(koubai.__file__).parent / "play" / "static" / "engine"
EPOCHS = 5
TOLERANCES = {"float32": 1e-5, "float64": 1e-9}
PENALTIES_OF_NETWORKS = (Penalty(), Penalty(0.01, 0.1), Penalty(0.01, 0.1, per_row=True))


def missing(what: str) -> NoReturn:
    """Skip for want of something, saying what; fail where integration promises to have it."""
    sentence = f"The engine in JavaScript is not tested: {what}."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence + " CI must have it.")
    pytest.skip(sentence)


def built() -> tuple[Path, Path]:
    """The module and its description, built unless they are there."""
    if not find_spec("ziglang"):
        missing("no linker found; pip install ziglang")
    wasm.build(print)
    return wasm.files()


def flat(array: Any) -> list[float] | None:
    return None if array is None else np.asarray(array).ravel().tolist()


def plain(plan: Plan) -> dict[str, Any]:
    penalty = plan.penalty
    return {
        "optimizer": plan.optimizer.spec(),
        "penalty": {"l1": penalty.l1, "l2": penalty.l2, "per_row": penalty.per_row},
        "batchSize": plan.batch_size,
        "shuffle": plan.shuffle,
        "seed": plan.seed,
        "clipNorm": plan.clip_norm,
        "factors": plan.factors.spec(),
    }


def plain_rows(rows: Rows) -> dict[str, Any]:
    inputs = rows.inputs
    own: dict[str, Any] = {"inputs": flat(inputs)} if isinstance(inputs, np.ndarray) else {}
    if isinstance(inputs, csr_array):
        own = {"data": flat(inputs.data), "indices": flat(inputs.indices), "starts": flat(inputs.indptr)}
    return {**own, "targets": flat(rows.targets), "weights": flat(rows.weights)}


class Cases:
    """What is asked of the module, with the numbers that the native engine gives."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.asked: list[dict[str, Any]] = []
        self.expected: list[dict[str, Any]] = []
        self.names: list[str] = []

    def add(self, name: str, call: str, network: Network, rows: Rows, theta: Any, expected: Any, **more: Any) -> None:
        common = {"dtype": self.dtype, "call": call, "network": network.spec(), "theta": flat(theta)}
        self.asked.append(common | {"rows": plain_rows(rows)} | more)
        self.names.append(name)
        self.expected.append(expected)

    def start(self, network: Network, n: int = 1) -> Any:
        return np.stack([network.initial(np.random.default_rng(1 + i), dtype=self.dtype) for i in range(n)])

    def train(
        self,
        name: str,
        plan: Plan,
        rows: Rows,
        rate: float,
        patience: Patience | None = None,
        shares: Shares = WHOLE,
    ) -> None:
        theta = self.start(plan.network)[0]
        begin, state = theta.copy(), State(theta, plan.optimizer.init(theta))
        rates = np.full((EPOCHS, plan.steps_per_epoch(rows.n_rows)), rate)
        own: dict[str, Any] = (
            {"patience": {"tolerance": patience.tolerance, "limit": patience.limit}} if patience else {}
        )
        losses = get_engine("cpu").run(plan, state, rows, rates, patience, shares)
        assert np.isfinite(state.theta).all()
        expected = {"theta": state.theta, "losses": losses, "slots": state.slots, "counts": [state.step, state.epoch]}
        parts = [EPOCHS] if patience or shares is not WHOLE else [2, EPOCHS - 2]
        if shares is not WHOLE:
            own["shares"] = {"decay": flat(shares.decay), "dropout": flat(shares.dropout)}
        more = {"plan": plain(plan), "rates": flat(rates), "epochs": EPOCHS, "parts": parts, **own}
        self.add(name, "train", plan.network, rows, begin, expected, **more)

    def predict(self, name: str, network: Network, rows: Rows) -> None:
        theta = self.start(network)[0]
        outputs = get_engine("cpu").forward(network, theta, rows.inputs)
        self.add(name, "predict", network, rows, theta, {"outputs": outputs}, plan={})

    def gradient(self, name: str, network: Network, rows: Rows, penalty: Penalty) -> None:
        theta = self.start(network)[0]
        loss, gradient = get_engine("cpu").loss_and_gradient(network, theta, rows, penalty)
        plan = plain(Plan(network, get_optimizer("sgd"), penalty))
        self.add(name, "gradient", network, rows, theta, {"losses": [loss], "gradient": gradient}, plan=plan)

    def population(self, name: str, plan: Plan, rows: Rows, optimizers: list[Any], patience: Patience) -> None:
        n = len(optimizers)
        thetas, seeds = self.start(plan.network, n), np.arange(n, dtype=np.uint64) + np.uint64(2**63)
        begin, factors = thetas.copy(), np.linspace(0.5, 2, n)
        rates = np.full((EPOCHS, plan.steps_per_epoch(rows.n_rows)), 0.002)
        engine: Any = get_engine("cpu")
        asked: dict[str, Any] = {"tolerance": patience.tolerance, "limit": patience.limit}
        losses = engine.run_population(plan, Population(thetas, optimizers, seeds, factors), rows, rates, patience)
        asked = {"plan": plain(plan), "rates": flat(rates), "patience": asked, "seeds": [str(seed) for seed in seeds]}
        asked |= {"optimizers": [each.spec() for each in optimizers], "learningRates": flat(factors)}
        self.add(name, "population", plan.network, rows, begin, {"theta": thetas, "losses": losses}, **asked)


def cases_of(dtype: str) -> Cases:
    """Every activation, loss and optimizer; penalties, clipping, dropout, weights, sparse rows, layers; populations."""
    cases = Cases(dtype)
    kind: Any = np.dtype(dtype).type
    for output, loss in PAIRS:
        network = Network.dense((3, 5, 4), hidden="tanh", output=output, loss=loss)
        rows = make_rows(network, dtype=kind)
        cases.train(f"{output} {loss}", Plan(network, get_optimizer("momentum"), batch_size=5), rows, 0.01)
        cases.gradient(f"gradient {output} {loss}", network, rows, Penalty())
        cases.predict(f"predict {output}", network, rows)
    for hidden in ACTIVATIONS:
        network = Network.dense((3, 6, 5, 2), hidden=hidden, output="softmax", loss="cross_entropy")
        rows = make_rows(network, dtype=kind)
        cases.train(f"hidden {hidden}", Plan(network, get_optimizer("sgd"), batch_size=5), rows, 0.05)
    small = Network.dense((3, 6, 2), hidden="tanh", output="softmax", loss="cross_entropy")
    rows = make_rows(small, dtype=kind)
    for optimizer in map(get_optimizer, OPTIMIZER_CODES):
        for penalty in PENALTIES_OF_NETWORKS:
            plan = Plan(small, optimizer, penalty, batch_size=5, seed=2)
            cases.train(f"{optimizer.name} {penalty}", plan, rows, optimizer.default_learning_rate)
    more_cases(cases, kind)
    return cases


def map_network() -> Network:
    """Layers that read maps, with every sort of padding."""
    first = Convolution((7, 8, 2), 5, (3, 2), (1, 2), "same", ACTIVATIONS["relu"](), dropout=0.2)
    second = Convolution((4, 4, 5), 3, 3, padding=(0, 1), bias=False)
    layers = (first, MaxPooling(first.output_shape, (2, 3), (2, 1), 1), second)  # type: ignore[arg-type]
    return Network((*layers, AveragePooling((2, 4, 3), 2), Flatten((1, 2, 3)), Dense(6, 2)), get_loss("huber"))


def few(rows: Rows) -> Rows:
    """The rows as CSR, with many zeros."""
    inputs = np.asarray(rows.inputs)
    return Rows(csr_array(np.where(np.abs(inputs) > 0.8, inputs, 0)), rows.targets, rows.weights)


def more_cases(cases: Cases, kind: Any) -> None:
    """What else a network, a plan or rows can have."""
    network = Network.dense((5, 40, 33, 3), hidden="relu", dropout=0.3, output="softmax", loss="cross_entropy")
    rows, adam = make_rows(network, 70, kind), get_optimizer({"name": "adam", "beta_1": 0.8})
    plan = Plan(network, adam, Penalty(0.001, 0.01), 16, seed=7, clip_norm=0.2)
    cases.train("dropout, clipping, seed", plan, rows, 0.002)
    cases.train("in order", Plan(network, adam, batch_size=100, shuffle=False), rows, 0.002)
    cases.train("patience", Plan(network, adam, batch_size=16), rows, 0.002, Patience(10.0, 1))
    dense = np.where(np.random.default_rng(5).random((70, 5)) < 0.5, np.asarray(rows.inputs), 0).astype(kind)
    sparse = Rows(csr_array(dense), rows.targets, rows.weights)
    cases.train("sparse", Plan(network, adam, batch_size=16), sparse, 0.002)
    cases.predict("sparse", network, sparse)
    cases.gradient("sparse", network, sparse, Penalty(0.01, 0.02, per_row=True))
    huber = get_loss({"name": "huber", "threshold": 0.3})
    elu = ACTIVATIONS["elu"](0.4)  # type: ignore[call-arg]
    embedding, learned = PeriodicEmbedding(3, (2, 0), 5, 4), LearnedActivation(7, elu)
    several = Network((Scaling(3), embedding, Dense(11, 7, bias=False), learned, NTKDense(7, 2)), huber)
    factors = Factors({"biases": 0.5, "scales": 3.0}, {"biases": 0.0})
    varied = Plan(several, get_optimizer("adamw"), batch_size=5, factors=factors)
    cases.train("factors", varied, make_rows(several, dtype=kind), 0.01)
    falling = np.linspace(1, 0, EPOCHS * 5).reshape(EPOCHS, 5)
    dropped = Network.dense((5, 12, 3), hidden="relu", dropout=0.3)
    varied = Plan(dropped, get_optimizer("adamw"), batch_size=5)
    shares = Shares(falling, falling[::-1].copy())
    cases.train("shares", varied, make_rows(dropped, dtype=kind), 0.002, shares=shares)
    maps = map_network()
    rows = make_rows(maps, dtype=kind)
    cases.train("maps", Plan(maps, adam, Penalty(0.01), batch_size=5, seed=3), rows, 0.01)
    cases.predict("maps", maps, rows)
    cases.gradient("maps", maps, few(rows), Penalty())
    cases.train("layers", Plan(several, adam, Penalty(0.01), batch_size=5), make_rows(several, dtype=kind), 0.01)
    wide = Network.dense((64, 300, 280, 1), hidden="sigmoid")  # where BLAS multiplies outside
    rows = make_rows(wide, 900, kind)
    cases.predict("large", wide, rows)
    cases.train("large", Plan(wide, get_optimizer("sgd"), batch_size=300), rows, 1e-3)
    seven = [get_optimizer(name) for name in ("sgd", "adam", "lion", "amsgrad", "adamw", "nesterov", "adadelta")]
    plan = Plan(network, adam, Penalty(0.0, 0.01), 16)
    cases.population("population", plan, make_rows(network, 70, kind), seven, Patience(0.0, 2))


def assert_agreement(cases: Cases, found: list[dict[str, Any]]) -> None:
    """All numbers are the native engine's, relative to the largest of their kind."""
    assert len(found) == len(cases.expected) > 100
    worst = (0.0, "")
    for name, asked, own, expected in zip(cases.names, cases.asked, found, cases.expected, strict=True):
        assert own.keys() == expected.keys()
        for what, values in expected.items():
            right = np.asarray(values, np.float64).ravel()
            wrong = np.array([np.nan if value is None else value for value in own[what]], np.float64)
            assert wrong.shape == right.shape, (asked["call"], name, what)
            np.testing.assert_array_equal(np.isnan(wrong), np.isnan(right), f"{asked['call']} {name} {what}")
            scale = np.nanmax(np.abs(right), initial=1e-30)
            apart = float(np.nanmax(np.abs(wrong - right), initial=0) / scale)
            assert apart <= TOLERANCES[cases.dtype], (asked["call"], name, what, apart)
            worst = max(worst, (apart, f"{asked['call']} {name}, {what}"))
    print(f"{cases.dtype}: {len(found)} cases, at most {worst[0]:.1e} apart ({worst[1]})")


def word(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, np.ndarray):
        kind = f"{value.dtype.kind}{value.dtype.itemsize}"
        return {"kind": kind, "shape": value.shape, "bytes": base64.b64encode(value.tobytes()).decode()}
    return {"number": str(float(value)).replace("inf", "Infinity")}


class Call:
    """A call of the perceptron's kernel: its arguments before it, and after it what they have become."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self.key, self.words = packed(arguments)[0], [word(leaf) for leaf in leaves(arguments)]
        self.ran = run_perceptron(*arguments)
        self.arrays = [leaf.copy() for leaf in leaves(arguments) if isinstance(leaf, np.ndarray)]

    def asked(self, description: Path) -> dict[str, Any]:
        functions = json.loads(description.read_text())["functions"]
        (names,) = (
            [name for name, _ in each["arguments"]]
            for each in functions
            if each["entry"] == "run" and " ".join(kind for _, kind in each["arguments"]) == self.key
        )
        return {"call": "kernel", "entry": "run", "words": dict(zip(names, self.words, strict=True))}
