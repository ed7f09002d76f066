"""The engine as a WebAssembly module: the same numbers in Node as the native engine's; what its loader refuses."""

import base64
import gzip
import json
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from tests.engines.wasm_cases import (
    LOADER,
    SCRIPTS,
    TOLERANCES,
    Call,
    Cases,
    assert_agreement,
    built,
    cases_of,
    map_network,
    missing,
    more_cases,
)

from koubai.core.activations import ACTIVATIONS
from koubai.core.layers import LAYERS, Dense, LearnedActivation, NTKDense, PeriodicEmbedding, Scaling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.engines.cpu import perceptron
from koubai.engines.cpu.layout import net_record
from koubai.engines.cpu.native import wasm
from koubai.engines.cpu.native.build import main
from koubai.engines.cpu.native.description import description, named_functions
from koubai.engines.cpu.native.examples import examples
from koubai.engines.cpu.native.library import Function
from koubai.engines.cpu.native.packing import packed
from koubai.engines.cpu.perceptron import ORDERS, PENALTIES, VARIANTS
from koubai.engines.cpu.perceptron_records import LabelledRows, LearningRule, PassPlan, Problems, Weights
from koubai.engines.cpu.rooms import widest

MOST_BYTES = 600_000
"""How long the compressed module may be."""
NAMES = ", ".join(ACTIVATIONS)


@pytest.fixture(scope="session")
def module() -> tuple[Path, Path]:
    return built()


def node() -> str:
    found = shutil.which("node")
    if found is None:
        missing("no Node.js found")
    return found


def run_in_node(module: tuple[Path, Path], asked: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    cases = folder / "cases.json"
    cases.write_text(json.dumps(asked))
    command = [node(), SCRIPTS / "run.mjs", LOADER / "engine.js", *module, cases]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session", params=TOLERANCES)
def cases(request) -> Cases:
    return cases_of(request.param)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_node_gets_the_native_engines_numbers_from_the_module(module, cases, tmp_path) -> None:
    assert_agreement(cases, run_in_node(module, cases.asked, tmp_path))


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_the_perceptron_learns_the_same_in_the_module(module, dtype, tmp_path, monkeypatch) -> None:
    """Its passes over dense and sparse rows, of every variant, penalty and order."""
    calls = []
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((40, 6)) < 0.5, rng.normal(size=(40, 6)), 0.0).astype(dtype)
    monkeypatch.setattr(perceptron, "run_perceptron", lambda *arguments: calls.append(Call(arguments)) or calls[-1].ran)
    for inputs, variant, penalty, order in product((dense, csr_array(dense)), VARIANTS, PENALTIES, ORDERS):
        rows = LabelledRows(inputs, np.arange(40, dtype=np.int32) % 3, np.ones(40, dtype), np.arange(40))
        state = Weights(np.zeros((6, 3), dtype), np.zeros(3))
        problems = Problems(np.arange(3), np.ones(3, dtype), np.ones(3, dtype))
        rule, course = LearningRule(penalty=penalty, variant=variant), PassPlan(max_passes=4, order=order, seed=3)
        perceptron.train(rows, problems, rule, course, state)
    found = run_in_node(module, [call.asked(module[1]) for call in calls], tmp_path)
    assert len(found) == len(calls) >= 2 * len(VARIANTS) * len(PENALTIES) * len(ORDERS)
    for call, own in zip(calls, found, strict=True):
        assert own["result"] == call.ran
        for array, bytes_of_it in zip(call.arrays, own["arrays"], strict=True):
            learned = np.frombuffer(base64.b64decode(bytes_of_it), array.dtype).reshape(array.shape)
            np.testing.assert_allclose(learned, array, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype])


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_the_module_needs_nothing_of_its_surroundings_and_is_short(module) -> None:
    content = module[0].read_bytes()
    script = (
        "const m = new WebAssembly.Module(require('fs').readFileSync(0)); console.log(WebAssembly.Module.imports(m))"
    )
    done = subprocess.run([node(), "-e", script], input=content, capture_output=True)
    assert (done.stdout, done.stderr) == (b"[]\n", b"")
    assert len(gzip.compress(content, 9)) < MOST_BYTES


LAYOUT = """
const [loader, cases] = JSON.parse(process.argv[1]);
const { Network } = await import(loader);
const description = JSON.parse((await import("node:fs")).readFileSync(0, "utf-8"));
const answer = (spec) => {
  try {
    const { layers, loss, nParameters, lists, parts, widest } = new Network(spec, description);
    const [shape, numbers] = [layers.map(({ row }) => row), layers.map(({ numbers }) => numbers)];
    return { shape, numbers, loss, nParameters, lists, parts, widest };
  } catch (error) {
    return `${error.constructor.name} ${error.message}`;
  }
};
process.stdout.write(JSON.stringify(cases.map(answer)));
"""


def laid_out(specs: list[Any]) -> list[Any]:
    """What JavaScript makes of descriptions of networks: their layout, or what it says of them."""
    given = json.dumps([(LOADER / "network.js").as_uri(), specs])
    command = [node(), "--input-type=module", "-e", LAYOUT, given]
    done = subprocess.run(command, input=json.dumps(description([])), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def test_javascript_lays_out_every_network_as_python_does() -> None:
    """Layers, activations and losses of all kinds, with parameters of their own, by the description alone."""
    networks = [Network.dense((3, 4, 2), hidden=name, dropout=0.25) for name in ACTIVATIONS]
    elu = ACTIVATIONS["elu"](0.4)  # type: ignore[call-arg]
    two = PeriodicEmbedding(3, (2, 0), 5, 4), PeriodicEmbedding(11, (1, 7, 4))
    layers = (Scaling(3), *two, Dense(20, 7, elu, bias=False), LearnedActivation(7, elu, 0.5), NTKDense(7, 2))
    networks.append(Network(layers, get_loss({"name": "huber", "threshold": 0.3})))
    networks.append(map_network())
    for network, found in zip(networks, laid_out([network.spec() for network in networks]), strict=True):
        net = net_record(network, np.dtype(np.float64))
        assert found["shape"] == net.shape.tolist()
        assert found["numbers"] == net.numbers.tolist()
        assert found["loss"] == {"code": net.loss, "parameters": net.loss_parameters.tolist()}
        assert found["lists"] == net.lists.tolist()
        assert found["parts"] == net.parts.tolist()
        assert found["nParameters"] == network.n_parameters
        assert found["widest"] == widest(net)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "wide"}, f"a layer's kind must be one of {', '.join(LAYERS)}; got wide. Choose one."),
        ({"n_in": 2.5}, "n_in must be an integer >= 1; got 2.5. Try 8."),
        ({"n_in": 4}, "layer 1 must take the 3 outputs of layer 0; got n_in=4. Make them equal."),
        ({"dropout": 1}, "dropout must be in [0, 1); got 1. Try 0.2."),
        ({"activation": {"name": "elu", "slope": 1}}, "elu must be given only scale; got slope. Leave it out."),
        ({"activation": {"name": "elu", "scale": "1"}}, "scale of elu must be a number; got 1. Try 1."),
        (
            {"activation": "constructor"},
            f"activation must be one of {', '.join(ACTIVATIONS)}; got constructor. Choose one.",
        ),
    ],
)
def test_javascript_refuses_a_wrong_network_in_one_sentence(changes, message) -> None:
    first, second = Dense(2, 3).spec(), Dense(3, 1).spec()
    spec = {"layers": [first, second | changes], "loss": "half_squared_error"}
    assert laid_out([spec]) == [f"EngineError engine: {message}"]


CALLS = """
import { readFileSync } from "node:fs";
const [engine, kernels, cases] = JSON.parse(process.argv[1]);
const { Engine } = await import(engine);
const { Kernels } = await import(kernels);
const { found, plain } = await import(cases);
const { description, asked } = JSON.parse(readFileSync(0, "utf-8"));
const memory = new WebAssembly.Memory({ initial: 1 });
const exports = { memory, __heap_base: { value: 1000 }, _initialize() {} };
for (const { symbol } of description.functions) exports[symbol] = () => 0;
process.stdout.write(plain(found(new Engine(new Kernels({ exports }, description)), asked)));
"""


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_every_call_is_given_all_that_the_kernels_read(dtype) -> None:
    """The names and kinds of the words are those of the kernels' records, as they are now, without a module."""
    calls = [(entry.name, entry.compiled(), arguments) for entry, arguments in examples(np.dtype(dtype))]
    keys = dict.fromkeys((name, packed(arguments)[0]) for name, _, arguments in calls)
    functions = [Function(f"f{number}", *key) for number, key in enumerate(keys)]
    cases = Cases(dtype)
    more_cases(cases, np.dtype(dtype).type)
    given = {"description": description(named_functions(calls, functions)), "asked": cases.asked}
    places = [(LOADER / "engine.js").as_uri(), (LOADER / "kernels.js").as_uri(), (SCRIPTS / "cases.mjs").as_uri()]
    command = [node(), "--input-type=module", "-e", CALLS, json.dumps(places)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found = json.loads(done.stdout)
    assert [own.keys() for own in found] == [expected.keys() for expected in cases.expected]


def test_a_build_for_browsers_without_a_linker_is_told_before_it_begins(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("KOUBAI_ENGINE_FOLDER", str(tmp_path))
    monkeypatch.setattr(wasm, "find_spec", lambda name: None)
    assert main(["wasm32"]) == 1
    assert capsys.readouterr() == (
        "",
        "building the engine: a linker for wasm32 must be there; none was found. Install the Python package ziglang.\n",
    )
