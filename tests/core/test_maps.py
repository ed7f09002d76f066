"""Layers that read maps: convolution and pooling by hand, against PyTorch, by their windows; what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import pytorch_maps
from tests.kinds.known import random_map, random_windows

from koubai.core.activations import get_activation
from koubai.core.errors import ModelFileError, ParameterError, ParameterTypeError, ShapeError
from koubai.core.initializers import INITIALIZERS
from koubai.core.layers import (
    AveragePooling,
    Convolution,
    Dense,
    Flatten,
    Layer,
    LayerKind,
    MaxPooling,
    layer_from_spec,
)
from koubai.core.layers.base import Address
from koubai.core.layers.windows import Windows
from koubai.core.losses import get_loss
from koubai.core.network import Network

ERROR = get_loss("half_squared_error")
COLUMN = np.arange(1.0, 13).reshape(1, 12)
"""The map of 3 rows (1 2 3 4), (5 6 7 8), (9 10 11 12)."""


def layer_of(name: str) -> Layer:
    """The layer of a case of PyTorch's."""
    case = pytorch_maps.CASES[name]
    rest = (case["size"], case["strides"], case["padding"])
    if case["kind"] == "convolution":
        return Convolution(case["shape"], pytorch_maps.N_FILTERS, *rest)
    return (MaxPooling if case["kind"] == "max" else AveragePooling)(case["shape"], *rest)


@pytest.fixture(scope="module")
def theirs():
    """PyTorch's numbers by case and quantity."""
    with np.load(pytorch_maps.FILE) as file:
        return dict(file)


def test_the_numbers_in_the_file_are_pytorchs_own(theirs) -> None:
    reason = "PyTorch is not installed: layers are compared with its recorded numbers, which are not made anew"
    torch = pytest.importorskip("torch", reason=reason)
    for name, numbers in pytorch_maps.computed(torch).items():
        np.testing.assert_allclose(theirs[name], numbers, rtol=1e-12, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("name", pytorch_maps.CASES)
def test_numbers_and_derivatives_are_pytorchs(name: str, theirs) -> None:
    layer, numbers = layer_of(name), pytorch_maps.given(name)
    blocks = (numbers["weights"], numbers["biases"])[: len(layer.blocks)]
    z = numbers["z"].reshape(pytorch_maps.N_ROWS, -1)
    delta = numbers["delta"][: layer.n_out * len(z)].reshape(len(z), -1)
    found = {"u": layer.forward(blocks, z), "z": layer.to_sources(blocks, z, delta)}
    found |= zip(("weights", "biases"), layer.gradient(blocks, z, delta), strict=False)
    recorded = {key.removeprefix(f"{name}: ") for key in theirs if key.startswith(f"{name}: ")}
    assert recorded == set(found)
    for quantity, values in found.items():
        expected = theirs[f"{name}: {quantity}"]
        np.testing.assert_allclose(values.reshape(expected.shape), expected, rtol=1e-12, atol=1e-13)


def test_a_convolution_by_hand() -> None:
    """The kernel (1 0 / 0 -1) takes each number's lower right neighbour from it: always -5; the bias adds 7."""
    layer = Convolution((3, 4, 1), 1, 2)
    blocks = (np.array([[1.0, 0], [0, -1]]).reshape(2, 2, 1, 1), np.array([7.0]))
    assert layer.forward(blocks, COLUMN).tolist() == [[2.0] * 6]
    gradient, by_bias = layer.gradient(blocks, COLUMN, np.ones((1, 6)))
    assert gradient[:, :, 0, 0].tolist() == [[24, 30], [48, 54]]  # Σ of the 2 × 3 numbers that each weight met
    assert by_bias.tolist() == [6]
    back = layer.to_sources(blocks, COLUMN, np.array([[1.0, 0, 0, 0, 0, 10]]))
    assert back.reshape(3, 4).tolist() == [[1, 0, 0, 0], [0, -1, 10, 0], [0, 0, 0, -10]]


def test_same_padding_keeps_the_size_and_puts_an_odd_zero_behind() -> None:
    layer = Convolution((3, 4, 1), 1, 2, padding="same", bias=False)
    assert layer.output_shape == (3, 4, 1)
    sums = layer.forward((np.ones((2, 2, 1, 1)),), COLUMN).reshape(3, 4)
    assert sums.tolist() == [[14, 18, 22, 12], [30, 34, 38, 20], [19, 21, 23, 12]]
    assert [Convolution((n, n, 1), 1, 3, 2, "same").output_shape[0] for n in (1, 2, 5, 6)] == [1, 1, 3, 3]


def test_pooling_by_hand_drops_a_last_row_that_fills_no_window() -> None:
    most, mean = MaxPooling((3, 4, 1), 2), AveragePooling((3, 4, 1), 2)
    assert most.output_shape == mean.output_shape == (1, 2, 1)
    assert most.forward((), COLUMN).tolist() == [[6, 8]]
    assert mean.forward((), COLUMN).tolist() == [[3.5, 5.5]]
    delta = np.array([[4.0, 8]])
    assert most.to_sources((), COLUMN, delta).reshape(3, 4).tolist() == [[0] * 4, [0, 4, 0, 8], [0] * 4]
    assert mean.to_sources((), COLUMN, delta).reshape(3, 4).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [0] * 4]


def test_padding_counts_neither_as_a_maximum_nor_in_a_mean() -> None:
    z = -COLUMN
    assert MaxPooling((3, 4, 1), 2, padding=1).forward((), z).tolist() == [[-1, -2, -4, -5, -6, -8]]
    assert AveragePooling((3, 4, 1), 2, padding=1).forward((), z).tolist() == [[-1, -2.5, -4, -7, -8.5, -10]]


def test_of_equal_numbers_the_first_wins_and_nan_beats_all() -> None:
    layer = MaxPooling((2, 2, 1), 2)
    assert layer.to_sources((), np.zeros((1, 4)), np.ones((1, 1))).tolist() == [[1, 0, 0, 0]]
    assert np.isnan(layer.forward((), np.array([[1.0, np.nan, np.inf, 2]]))).all()


@st.composite
def windows(draw) -> Windows:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = random_map(draw(st.integers(1, 40)), rng)
    return MaxPooling(shape, *random_windows(shape, rng)).windows


@given(windows=windows())
def test_windows_and_cells_name_each_other_and_folding_is_the_transpose(windows: Windows) -> None:
    height, width = windows.output_size
    there = {(y, x, a, b, *cell) for y in range(height) for x in range(width) for a, b, *cell in windows.cells(y, x)}
    rows, columns, _ = windows.input_shape
    back = {(y, x, a, b, r, c) for r in range(rows) for c in range(columns) for y, x, a, b in windows.over(r, c)}
    assert there == back
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2, int(np.prod(windows.input_shape))))
    held = windows.patches(z)
    other = rng.normal(size=held.shape)
    assert (held * other).sum() == pytest.approx((z * windows.fold(other)).sum(), abs=1e-9)


@pytest.mark.parametrize("layer", [Convolution((5, 6, 2), 3, (2, 3), (2, 1), "same"), AveragePooling((5, 6, 2), 2, 3)])
def test_the_summands_of_every_node_add_up_to_it(layer: Layer) -> None:
    rng = np.random.default_rng(0)
    blocks = {block.name: rng.normal(size=block.shape) for block in layer.blocks}
    z = rng.normal(size=layer.n_in)
    u = layer.forward(tuple(blocks.values()), z[np.newaxis])[0]
    for node in range(1, layer.n_out + 1):
        total = 0.0
        for _, source, parameter, factor in layer.terms(node):
            weight = 1.0 if parameter is None else blocks[parameter.block][parameter.index]
            share = 1.0 if factor is None else float(factor.evaluate())
            total += weight * share * (z[source - 1] if source else 1.0)
        assert total == pytest.approx(u[node - 1])
    assert layer.node_at(*layer.place_of(layer.n_out)) == layer.n_out


def test_rows_in_chunks_are_the_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    for layer in (Convolution((5, 4, 2), 3, 2), MaxPooling((5, 4, 2)), AveragePooling((5, 4, 2))):
        blocks = tuple(rng.normal(size=block.shape) for block in layer.blocks)
        z, delta = rng.normal(size=(5, layer.n_in)), rng.normal(size=(5, layer.n_out))

        def numbers(layer=layer, blocks=blocks, z=z, delta=delta):
            return layer.forward(blocks, z), layer.to_sources(blocks, z, delta), *layer.gradient(blocks, z, delta)

        whole = numbers()
        monkeypatch.setattr("koubai.core.layers.windows.CHUNK_BYTES", 1)
        for one, other in zip(whole, numbers(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-14)
        monkeypatch.undo()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("layer", [Convolution((3, 3, 1), 2, 2), MaxPooling((3, 3, 1)), AveragePooling((3, 3, 1))])
def test_precision_is_kept(layer: Layer, dtype: type) -> None:
    blocks = tuple(np.ones(block.shape, dtype) for block in layer.blocks)
    z, delta = np.ones((2, 9), dtype), np.ones((2, layer.n_out), dtype)
    found = (layer.forward(blocks, z), layer.to_sources(blocks, z, delta), *layer.gradient(blocks, z, delta))
    assert {values.dtype for values in found} == {np.dtype(dtype)}


@pytest.mark.parametrize("scheme", ["he_normal", "glorot_normal"])
def test_kernels_are_drawn_by_the_number_of_sources_and_of_nodes_that_read_one(scheme: str) -> None:
    """3 × 3 × 8 sources, and 3 × 3 × 64 nodes: the variance within 5 standard errors of 4608 draws."""
    layer = Convolution((28, 28, 8), 64, 3)
    weights, biases = layer.initial(scheme, np.random.default_rng(0), "relu")
    assert weights.shape == (3, 3, 8, 64)
    assert biases.tolist() == [0] * 64
    variance = 2 / 72 if scheme == "he_normal" else 2 / (72 + 576)
    assert abs(weights.var() / variance - 1) < 5 * np.sqrt(2 / weights.size)
    assert scheme in INITIALIZERS


def test_maps_meet_in_their_shape_and_flat_rows_fit_everywhere() -> None:
    first, pool = Convolution((6, 6, 1), 2, 3, activation=get_activation("relu")), MaxPooling((4, 4, 2), dropout=0.2)
    network = Network((first, pool, Flatten((2, 2, 2)), Dense(8, 3)), ERROR)
    assert network.sizes == (36, 32, 8, 8, 3)
    assert network.n_parameters == 9 * 2 + 2 + 8 * 3 + 3
    assert network.owner(17) == (0, Address("weights", (2, 2, 0, 1)))
    assert Network((first, pool, Dense(8, 3)), ERROR).n_outputs == 3
    assert Network((Dense(4, 36), first, Dense(32, 1)), ERROR).n_features == 4
    with pytest.raises(ShapeError) as caught:
        Network((first, MaxPooling((2, 8, 2))), ERROR)
    assert str(caught.value) == (
        "Network: layer 1 must take the outputs of layer 0 in their shape (4, 4, 2); got (2, 8, 2). Make them equal."
    )


def test_sizes_may_be_numbers_pairs_or_lists_and_are_kept_alike() -> None:
    given = Convolution([np.int64(6), 6, 1], 2, 3, [1, 2], 1)  # type: ignore[arg-type]
    assert given == Convolution((6, 6, 1), 2, (3, 3), (1, 2), (1, 1))
    assert layer_from_spec(given.spec()) == given
    assert MaxPooling((4, 4, 1), 3).strides == (3, 3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: Convolution((28, 28), 3),
            ParameterError,
            "Convolution: input_shape must be three integers >= 1, (height, width, channels); got (28, 28). "
            "Try (28, 28, 1).",
        ),
        (
            lambda: Flatten((28, 0, 1)),
            ParameterError,
            "Flatten: input_shape must be three integers >= 1, (height, width, channels); got (28, 0, 1). "
            "Try (28, 28, 1).",
        ),
        (
            lambda: Convolution((28, 28, 1), 0),
            ParameterError,
            "Convolution: n_filters must be an integer >= 1; got 0. Try 32.",
        ),
        (
            lambda: Convolution((2, 5, 1), 3),
            ParameterError,
            "Convolution: kernel_size must be at most the padded map's 2 × 5; got 3 × 3. "
            "Take a smaller one, or padding='same'.",
        ),
        (
            lambda: MaxPooling((5, 5, 1), (2, True)),
            ParameterError,
            "MaxPooling: pool_size must be an integer >= 1 or a pair of them, (vertical, horizontal); "
            "got (2, True). Try 2.",
        ),
        (
            lambda: AveragePooling((5, 5, 1), strides=0),
            ParameterError,
            "AveragePooling: strides must be an integer >= 1 or a pair of them, (vertical, horizontal); got 0. Try 2.",
        ),
        (
            lambda: Convolution((5, 5, 1), 2, padding=3),
            ParameterError,
            "Convolution: padding must be 'valid', 'same', or an integer >= 0 or a pair of them, below kernel_size; "
            "got 3. Try 'same'.",
        ),
        (
            lambda: Convolution((5, 5, 1), 2, padding="full"),
            ParameterError,
            "Convolution: padding must be 'valid', 'same', or an integer >= 0 or a pair of them, below kernel_size; "
            "got 'full'. Try 'same'.",
        ),
        (
            lambda: MaxPooling((5, 5, 1), padding=0.5),
            ParameterTypeError,
            "MaxPooling: padding must be 'valid', 'same', or an integer >= 0 or a pair of them, below pool_size; "
            "got float. Try 'same'.",
        ),
        (
            lambda: MaxPooling((5, 5, 1), dropout=1),
            ParameterError,
            "MaxPooling: dropout must be in [0, 1); got 1. Try 0.2.",
        ),
        (
            lambda: Convolution((5, 5, 1), 2, activation="relu"),
            ParameterTypeError,
            "Convolution: activation must be an instance; got str. Try get_activation('relu').",
        ),
    ],
)
def test_what_is_refused(make, error: type, message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"input_shape": [4, 4]}, "network.layers[0].input_shape must be a list of 3 or more; got list."),
        ({"n_filters": 0}, f"network.layers[0].n_filters must be a whole number from 1 to {2**31}; got 0."),
        ({"padding": "full"}, "network.layers[0].padding must be one of valid, same; got 'full'."),
        ({"padding": [1, -1]}, f"network.layers[0].padding[1] must be a whole number from 0 to {2**31}; got -1."),
    ],
)
def test_what_a_file_may_not_hold(change: dict, message: str) -> None:

    spec = {**Convolution((4, 4, 1), 2).spec(), **change}
    with pytest.raises(ModelFileError) as caught:
        LayerKind().read(spec, "network.layers[0]")
    assert str(caught.value) == f"{message} The file is damaged."
