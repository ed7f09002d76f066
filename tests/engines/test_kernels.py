"""What the compiled engine is made of, against NumPy and against core: the same words, orders, φ and losses."""

from itertools import product

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from tests.kinds.known import KNOWN_LOSSES

from koubai.core import randomness
from koubai.core.activations import ACTIVATIONS
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu import entries
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.cpu.kernels.mathematics import exp, log1p, tanh
from koubai.engines.cpu.kernels.randomness import fold, shuffle, uniform, word
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.sgd import SGD

from ..oracles import PAIRS

keys = st.integers(0, 2**64 - 1)
DTYPES = [np.float64, np.float32]


@numba.njit
def exp_of(x, out):
    for i in range(x.size):
        out[i] = exp(x[i])


@numba.njit
def tanh_of(x, out):
    for i in range(x.size):
        out[i] = tanh(x[i])


@numba.njit
def log1p_of(x, out):
    for i in range(x.size):
        out[i] = log1p(x[i])


@numba.njit
def words_of(key, out):
    for i in range(out.size):
        out[i] = word(key, i)


@numba.njit
def uniforms_of(key, out):
    for i in range(out.size):
        out[i] = uniform(key, i)


@numba.njit
def order_of(key, out):
    shuffle(key, out)


@numba.njit
def folded(key, part):
    return fold(key, part)


def compiled(function, x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    function(x, out)
    return out


def units_in_the_last_place(found: np.ndarray, expected: np.ndarray) -> float:
    """Largest distance of finite numbers, in units in the last place of the float64 value rounded to their dtype."""
    rounded = expected.astype(found.dtype)
    return float((np.abs(found.astype(float) - rounded.astype(float)) / np.spacing(np.abs(rounded))).max())


RANGES = {
    exp_of: {np.float64: (-707, 709.78), np.float32: (-86.5, 88.7)},
    tanh_of: {np.float64: (-25, 25), np.float32: (-12, 12)},
    log1p_of: {np.float64: (0, 1), np.float32: (0, 1)},
}
NUMPYS = {exp_of: np.exp, tanh_of: np.tanh, log1p_of: np.log1p}


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", RANGES, ids=["exp", "tanh", "log1p"])
def test_mathematics_is_within_two_units_in_the_last_place(function, dtype: type) -> None:
    low, high = RANGES[function][dtype]
    rng = np.random.default_rng(0)
    tiny = 10.0 ** rng.uniform(-36, 0, 20_000)
    x = np.concatenate([rng.uniform(low, high, 200_000), np.linspace(low, high, 1001), tiny, -tiny]).astype(dtype)
    x = x[(x >= low) & (x <= high)]
    assert units_in_the_last_place(compiled(function, x), NUMPYS[function](x.astype(float))) <= 2


@pytest.mark.parametrize("dtype", DTYPES)
def test_mathematics_at_the_edges(dtype: type) -> None:
    x = np.array([0.0, -0.0, 1e4, -1e4, 3e38, -3e38, np.inf, -np.inf], dtype)
    assert compiled(exp_of, x).tolist() == [1, 1, np.inf, 0, np.inf, 0, np.inf, 0]
    assert compiled(tanh_of, x).tolist() == [0, 0, 1, -1, 1, -1, 1, -1]
    assert compiled(log1p_of, np.array([0.0, 1.0], dtype)).tolist() == [0, dtype(np.log(2))]
    for function in RANGES:
        assert np.isnan(compiled(function, np.array([np.nan, -np.nan], dtype))).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_falls_to_zero_and_rises_to_infinity_where_numbers_end(dtype: type) -> None:
    """Nothing jumps back: exp never decreases, and what is flushed to 0 is within 16 smallest normal numbers of it."""
    low, high = (-745, 709.9) if dtype is np.float64 else (-104, 88.8)
    x = np.sort(np.concatenate([np.linspace(low, low * 0.94, 20_001), np.linspace(0.999 * high, high, 20_001)]))
    found = compiled(exp_of, x.astype(dtype))
    with np.errstate(over="ignore"):
        expected = np.exp(x.astype(dtype).astype(float)).astype(dtype)
    finite = np.isfinite(expected)
    assert (np.diff(found[finite]) >= -2 * np.spacing(found[finite])[:-1]).all()
    np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
    gone = found == 0
    assert (expected[gone] < 16 * np.finfo(dtype).tiny).all()
    np.testing.assert_allclose(found[finite & ~gone], expected[finite & ~gone], rtol=4 * np.finfo(dtype).eps)


@settings(max_examples=30)
@given(key=keys, n=st.integers(0, 50))
def test_random_words_numbers_and_orders_are_those_of_core(key: int, n: int) -> None:
    words, numbers, order = np.empty(n, np.uint64), np.empty(n), np.empty(n, np.int64)
    words_of(np.uint64(key), words)
    uniforms_of(np.uint64(key), numbers)
    order_of(np.uint64(key), order)
    np.testing.assert_array_equal(words, randomness.random_words(key, n))
    np.testing.assert_array_equal(numbers, randomness.uniforms(key, n))
    np.testing.assert_array_equal(order, randomness.permutation(key, n))


@settings(max_examples=30)
@given(seed=keys, parts=st.lists(st.integers(0, 10**9), max_size=4))
def test_keys_of_streams_are_those_of_core(seed: int, parts: list) -> None:
    key = np.uint64(seed)
    for part in parts:
        key = np.uint64(folded(key, part))
    assert int(key) == randomness.derive_key(seed, *parts)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_activations_are_those_of_core_from_one_end_to_the_other(name: str, dtype: type) -> None:
    """One node with weight 1 shows φ itself."""
    network = Network.dense((1, 1), output=name, bias=False)
    ends = np.geomspace(1e-3, 1e4, 60)
    u = np.concatenate([-ends[::-1], [0.0], ends]).astype(dtype)[:, np.newaxis]
    theta = np.ones(1, dtype)
    found = CPUEngine().forward(network, theta, u)
    expected = ReferenceEngine().forward(network, np.ones(1), u.astype(float))
    assert found.dtype == dtype
    with np.errstate(over="ignore"):
        expected = expected.astype(dtype)
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found, expected, rtol=300 * eps, atol=4 * eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_is_that_of_core_from_one_end_to_the_other(dtype: type) -> None:
    network = Network.dense((3, 3), output="softmax", bias=False)
    rng = np.random.default_rng(0)
    u = (rng.normal(size=(200, 3)) * np.geomspace(1e-3, 1e4, 200)[:, np.newaxis]).astype(dtype)
    found = CPUEngine().forward(network, np.eye(3, dtype=dtype).ravel(), u)
    expected = ReferenceEngine().forward(network, np.eye(3).ravel(), u.astype(float))
    np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype == np.float32 else 1e-13, atol=1e-30)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_stays_nan(name: str) -> None:
    network = Network.dense((1, 2), output=name)
    theta = network.initial(np.random.default_rng(0))
    found = CPUEngine().forward(network, theta, np.array([[1.0], [np.nan], [-1.0]]))
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()


ARGUMENTS = [
    (1e4, -1e4, 3.0),
    (-1e4, 0.5, 1e4),
    (-1e4, -9999.0, -9998.0),
    (800.0, 0.25, 790.0),
    (-750.0, -60.0, -39.9),
    (-36.0, -45.0, 0.3),
    (40.0, -2.0, 2.0),
    (5.0, 5.0, 5.0),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("output", "loss"), PAIRS)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")  # exp(10000)
def test_losses_far_from_zero_are_those_of_core(output: str, loss: str, dtype: type) -> None:
    """One row whose pre-activations are the weights: E, and δ as the gradient of the biases."""
    network = Network.dense((1, 3), output=output, loss=loss)
    tolerance = 1e-12 if dtype is np.float64 else 2e-6
    for u, y in product(ARGUMENTS, KNOWN_LOSSES[loss].points):
        theta = np.array([*u, 0, 0, 0], dtype)
        rows = Rows(np.ones((1, 1), dtype), np.array([y], dtype))
        expected, gradient = ReferenceEngine().loss_and_gradient(network, theta, rows, Penalty())
        found, gradient_found = CPUEngine().loss_and_gradient(network, theta, rows, Penalty())
        assert found == pytest.approx(expected, rel=tolerance, abs=tolerance, nan_ok=True), (u, y)
        np.testing.assert_allclose(gradient_found, gradient, rtol=tolerance, atol=tolerance, err_msg=f"{u} {y}")


@pytest.mark.parametrize("weighted", [False, True])
def test_many_rows_share_logarithms(weighted: bool) -> None:
    """2000 outputs near 1/5 have a product far below the smallest number; some targets do not sum to 1."""
    rng = np.random.default_rng(0)
    network = Network.dense((2, 5), output="softmax", loss="cross_entropy")
    targets = np.eye(5)[rng.integers(5, size=2000)]
    targets[::7] *= rng.uniform(0, 3, size=(286, 1))
    rows = Rows(rng.normal(size=(2000, 2)), targets, np.ones(2000) if weighted else None)
    theta = network.initial(rng) / 10
    expected, gradient = ReferenceEngine().loss_and_gradient(network, theta, rows, Penalty())
    found, gradient_found = CPUEngine().loss_and_gradient(network, theta, rows, Penalty())
    assert found == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(gradient_found, gradient, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_a_nan_reaches_loss_and_gradient(output: str, loss: str) -> None:
    """A row that has left the numbers is not hidden by a comparison that NaN fails."""
    network = Network.dense((1, 3), output=output, loss=loss)
    rows = Rows(np.ones((1, 1)), np.array([KNOWN_LOSSES[loss].points[0]], dtype=float))
    for engine in (ReferenceEngine(), CPUEngine()):
        value, gradient = engine.loss_and_gradient(network, np.array([np.nan, 1.0, 0.5, 0, 0, 0]), rows, Penalty())
        assert np.isnan(value), engine.name
        if not KNOWN_LOSSES[loss].stepwise:
            assert np.isnan(gradient[0]), engine.name


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_a_nan_in_a_hidden_node_reaches_the_gradient_below_it(hidden: str) -> None:
    network = Network.dense((1, 2, 1), hidden=hidden)
    theta = network.initial(np.random.default_rng(0))
    network.biases(theta, 0)[0] = np.nan
    rows = Rows(np.ones((1, 1)), np.ones((1, 1)))
    for engine in (ReferenceEngine(), CPUEngine()):
        _, gradient = engine.loss_and_gradient(network, theta, rows, Penalty())
        assert np.isnan(network.weights(gradient, 0)[0, 0]), engine.name


@pytest.mark.parametrize("sparse", [False, True])
def test_arrays_that_must_not_be_written_to_compile_nothing_anew(sparse: bool) -> None:
    """Such as a table that joblib maps into the memory of its processes; nor do arrays that are not aligned."""

    def closed(array: np.ndarray) -> np.ndarray:
        array = array.copy()
        array.flags.writeable = False
        return array

    def askew(array: np.ndarray) -> np.ndarray:
        room = np.empty(array.nbytes + 1, np.uint8)[1:]
        found = room.view(array.dtype).reshape(array.shape)
        found[...] = array
        return found

    def run(kind) -> list[np.ndarray]:
        x, y = np.eye(3), np.ones((3, 1))
        inputs = csr_array(x) if sparse else kind(x)
        if sparse:
            inputs.data, inputs.indices, inputs.indptr = (kind(a) for a in (inputs.data, inputs.indices, inputs.indptr))
        rows, weights = Rows(inputs, kind(y), kind(np.ones(3))), kind(theta)
        plan, state = Plan(network, SGD(), batch_size=2), State(theta.copy(), np.empty((0, theta.size)))
        engine.run(plan, state, rows, np.full((2, 2), 0.1))
        loss, gradient = engine.loss_and_gradient(network, weights, rows, Penalty())
        return [state.theta, np.array(loss), gradient, engine.forward(network, weights, inputs)]

    engine, network = CPUEngine(), Network.dense((3, 2, 1))
    theta = network.initial(np.random.default_rng(0))
    expected = run(np.copy)
    kernels = (entries.run_networks, entries.mean_gradient, entries.predict_rows)
    kinds = [kernel.n_kinds() for kernel in kernels]
    for kind in (closed, askew):
        for found, same in zip(run(kind), expected, strict=True):
            np.testing.assert_array_equal(found, same)
    assert [kernel.n_kinds() for kernel in kernels] == kinds
