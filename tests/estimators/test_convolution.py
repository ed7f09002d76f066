"""Networks on images: what X may be, what is computed, how training goes, and one sentence for each mistake."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import correlate2d
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from tests.images.made import bars

import koubai
from koubai import AvgPool, Conv, ConvClassifier, ConvRegressor, Dense, Dropout, Flatten, MaxPool
from koubai.core.errors import KoubaiError
from koubai.engines.protocol import Plan, Rows
from koubai.estimators.convolution.augmentation import UNCHANGED, Augmentation, augmented
from koubai.estimators.convolution.defaults import (
    usual_augmentation,
    usual_batch_size,
    usual_epochs,
    usual_layers,
)
from koubai.estimators.convolution.source import ImagesInMemory
from koubai.estimators.given.image_layers import DESCRIPTIONS, image_layer_from_spec
from koubai.estimators.given.layers_in_words import layers_from_text
from koubai.training.container import open_container

SMALL = [Conv(4, 3), "relu", MaxPool(2), Dropout(0.1), Dense(8), "relu"]
LECTURE = [Conv(32, 3), "relu", MaxPool(2), Conv(64, 3), "relu", MaxPool(2), Dropout(0.25), Dense(128), "relu",
           Dropout(0.5)]  # fmt: skip
X, Y = bars(48)


def small(**given: Any) -> ConvClassifier:
    return ConvClassifier(**{"layers": SMALL, "epochs": 12, "learning_rate_init": 0.02, "random_state": 0} | given)


@pytest.fixture(scope="module")
def fitted() -> ConvClassifier:
    return small().fit(X, Y)


def test_bars_are_told_apart(fitted: ConvClassifier) -> None:
    new, labels = bars(40, seed=1)
    assert fitted.score(new, labels) > 0.9
    assert len(fitted.loss_curve_) == fitted.n_iter_ == 12
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0] / 2
    np.testing.assert_allclose(fitted.predict_proba(new).sum(axis=1), 1, rtol=1e-6)


def test_the_lectures_network_has_the_known_number_of_parameters() -> None:
    """The small network of Keras's example of digits, which prints 225,034."""
    images = np.random.default_rng(0).random((10, 28, 28), np.float32)
    model = ConvClassifier(LECTURE, epochs=1, random_state=0).fit(images, np.arange(10))
    assert model.network_.n_parameters == 225_034
    shapes = [layer.output_shape for layer in model.network_.layers]
    assert shapes == [(26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), (128,), (10,)]
    assert [layer.dropout for layer in model.network_.layers] == [0, 0, 0, 0.25, 0.5, 0]


def test_a_prediction_by_hand() -> None:
    images = X[:6] / 255
    model = ConvRegressor([Conv(2, 3, padding="same"), "relu", AvgPool(8)], epochs=1, normalize=False, random_state=0)
    model.fit(images, np.arange(6.0))
    kernels, dense = model.network_.block(model.theta_, 0, "weights"), model.network_.weights(model.theta_, 2)
    biases, last = model.network_.block(model.theta_, 0, "biases"), model.network_.biases(model.theta_, 2)
    maps = [
        [np.maximum(correlate2d(image, kernels[:, :, 0, k], "same") + biases[k], 0).mean() for k in range(2)]
        for image in images
    ]
    np.testing.assert_allclose(model.predict(images), (np.array(maps) @ dense + last).ravel(), rtol=1e-10)


def test_all_forms_of_images_are_the_same_images(fitted: ConvClassifier) -> None:
    wanted = fitted.predict_proba(X)
    flat, maps = X.reshape(len(X), -1), X[..., np.newaxis]
    for form in (maps, flat, flat.tolist(), X.tolist(), list(X), X.astype(np.float32), X.astype(np.float64)):
        np.testing.assert_array_equal(fitted.predict_proba(form), wanted)
    for form, shape in ((maps, None), (flat, None), (flat, (8, 8)), (flat, (8, -1, 1)), (list(X), (8, 8, 1))):
        model = small(image_shape=shape).fit(form, Y)
        assert model.image_shape_ == [8, 8, 1]
        np.testing.assert_array_equal(model.theta_, fitted.theta_)


def test_pixels_are_normalized_by_channel() -> None:
    colours = np.stack([X, X // 2 + 100, np.full_like(X, 7)], axis=-1)
    model = small(epochs=1).fit(colours, Y)
    np.testing.assert_allclose(model.pixel_mean_, colours.mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(model.pixel_scale_[:2], colours.std(axis=(0, 1, 2))[:2], rtol=1e-6)
    assert model.pixel_scale_[2] == 1.0
    assert model.theta_.dtype == np.float32
    assert small(epochs=1).fit(X / 255, Y).theta_.dtype == np.float64
    plain = small(epochs=1, normalize=False).fit(X, Y)
    assert (plain.pixel_mean_, plain.pixel_scale_) == ([0.0], [1.0])


def test_normalization_weighs_images_as_training_does() -> None:
    weights = np.arange(48) % 3  # a third counts as absent, another third twice
    repeated = np.repeat(np.arange(48), weights)
    numbers = X.mean(axis=(1, 2), dtype=float)
    for make, targets in ((small, Y), (lambda **how: ConvRegressor(SMALL, random_state=0, **how), numbers)):
        weighted = make(epochs=1).fit(X, targets, sample_weight=weights)
        twice = make(epochs=1).fit(X[repeated], targets[repeated])
        for name in ("pixel_mean_", "pixel_scale_", *(("target_mean_", "target_scale_") if make is not small else ())):
            assert getattr(weighted, name) == pytest.approx(getattr(twice, name), rel=1e-9)
        assert weighted.pixel_mean_ != make(epochs=1).fit(X, targets).pixel_mean_
    few = small(layers="auto", epochs=1).fit(
        np.repeat(X, 11, axis=0), np.repeat(Y, 11), sample_weight=np.arange(528) < 480
    )
    assert few.network_.layers[0].output_shape[2] == 16  # as with fewer than 500 images
    with pytest.raises(ValueError, match="Sample weights must contain at least one non-zero number"):
        small().fit(X, Y, sample_weight=np.zeros(48))
    assert "_given_weights" not in vars(few)


def test_numbers_are_learned_in_their_own_units() -> None:
    images = X * np.random.default_rng(1).uniform(0, 1, (48, 1, 1))
    brightness = 1000 + 50 * images.mean(axis=(1, 2))
    model = ConvRegressor([Conv(4, 3), "relu"], epochs=60, learning_rate_init=0.01, random_state=0)
    model.fit(images, brightness)
    assert model.score(images, brightness) > 0.9
    assert model.target_mean_ == pytest.approx([brightness.mean()], rel=1e-6)
    two = ConvRegressor(SMALL, epochs=1, random_state=0).fit(X, np.stack([brightness, -brightness], axis=1))
    assert two.predict(X).shape == (48, 2)
    counts = ConvRegressor(SMALL, epochs=2, loss="poisson", random_state=0).fit(X, np.arange(48))
    assert (counts.predict(X) > 0).all()
    assert (counts.target_mean_, counts.target_scale_) == ([0.0], [1.0])


def test_training_can_be_watched_stopped_and_continued(tmp_path: Path) -> None:
    stopped = small(early_stopping=True, validation_fraction=0.25, n_iter_no_change=2).fit(X, Y)
    assert len(stopped.validation_scores_) == stopped.n_iter_
    assert stopped.best_validation_score_ == max(stopped.validation_scores_)
    seen: list[int] = []
    small(callbacks=lambda epoch: seen.append(epoch.number) or epoch.number == 2).fit(X, Y)
    assert seen == [1, 2]
    given = small(epochs=2).fit(X, Y, validation_data=(X[:4], Y[:4]))
    assert len(given.validation_scores_) == 2
    warm = small(layers="auto", epochs=1, warm_start=True).fit(X, Y)
    before = warm.theta_.copy()
    warm.fit(X[:10], Y[:10])
    assert warm.theta_.shape == before.shape
    assert not np.array_equal(warm.theta_, before)
    assert len(warm.loss_curve_) == 2


def test_partial_fit_goes_on_at_a_constant_rate_where_the_schedule_is_open() -> None:
    model = small(dropout_schedule=None)
    for _ in range(3):
        model.partial_fit(X, Y, classes=np.unique(Y))
    assert model.t_ == 3 * len(X)
    assert model.history_.learning_rates == [0.02] * 3
    first = model.pixel_mean_
    model.partial_fit(X[:8] // 2, Y[:8])
    assert model.pixel_mean_ == first  # as learned from the first block


@pytest.mark.parametrize("augmentation", [{}, {"shifts": 1, "flips": True}], ids=["plain", "augmented"])
def test_a_checkpoint_resumes_the_same_run(tmp_path: Path, augmentation: dict[str, Any]) -> None:
    whole = small(epochs=4, **augmentation).fit(X, Y)
    options = {"epochs": 4, "checkpoint": tmp_path / "run", "checkpoint_every": 0.0, "keep_checkpoint": True}

    def stop(epoch: Any) -> bool:
        if epoch.number == 2:
            raise RuntimeError("the power is gone")
        return False

    with pytest.raises(RuntimeError):
        small(callbacks=stop, **options, **augmentation).fit(X, Y)
    with pytest.warns(UserWarning, match="Training goes on with epoch"):
        resumed = small(**options, **augmentation).fit(X, Y)
    np.testing.assert_array_equal(resumed.theta_, whole.theta_)


def test_searches_pipelines_and_ensembles_take_images() -> None:
    search = GridSearchCV(small(epochs=4), {"layers": [SMALL, "conv 2 3, relu"], "flips": [False, True]}, cv=2)
    assert search.fit(X, Y).best_estimator_.layers in (SMALL, "conv 2 3, relu")
    rows = X.reshape(48, -1)
    chain = make_pipeline(MinMaxScaler(), small())
    assert chain.fit(rows, Y, convclassifier__sample_weight=np.ones(48)).score(rows, Y) > 0.9
    vote = VotingClassifier([("a", small()), ("b", small(random_state=1))], voting="soft").fit(X, Y)
    assert vote.score(X, Y) > 0.9
    assert clone(small(layers=[Conv(4, (3, 2))])).layers == [Conv(4, (3, 2))]


def test_partial_fit_with_augmentation_goes_on_after_a_pickle() -> None:
    first = small(shifts=1, flips=True).partial_fit(X, Y, classes=np.unique(Y))
    again = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(first.partial_fit(X, Y).theta_, again.partial_fit(X, Y).theta_)
    assert first.t_ == again.t_ == 96


def test_files_and_pickles_answer_the_same(fitted: ConvClassifier, tmp_path: Path) -> None:
    regressor = ConvRegressor(SMALL, epochs=1, shifts=1, random_state=0).fit(X, X.mean(axis=(1, 2)))
    for model in (fitted, regressor):
        koubai.save(model, tmp_path / "model.koubai")
        assert open_container(tmp_path / "model.koubai").format_version == 3
        for other in (koubai.load(tmp_path / "model.koubai"), pickle.loads(pickle.dumps(model))):
            np.testing.assert_array_equal(other.predict(X), model.predict(X))
            assert str(other) == str(model)
            assert other.image_shape_ == model.image_shape_
    with pytest.raises(NotFittedError):
        clone(fitted).predict(X)


def test_a_file_whose_shapes_contradict_each_other_is_refused(fitted: ConvClassifier) -> None:
    record, tensors = fitted.to_record()
    for name, value in (("image_shape_", [4, 16, 2]), ("pixel_mean_", [0.0, 0.0]), ("pixel_scale_", [0.0])):
        damaged = record | {"fitted": record["fitted"] | {name: value}}
        with pytest.raises(KoubaiError, match="The file is damaged"):
            ConvClassifier.from_record(damaged, tensors)


# Layers


def test_layers_are_described_in_words_too() -> None:
    text = "conv 8 3x5 padding=same strides=2, relu, max_pool, avg_pool 2 1, dropout 0.25, flatten, dense 16, tanh"
    layers = layers_from_text(text)
    assert layers == (
        Conv(8, (3, 5), 2, "same"),
        "relu",
        MaxPool(2),
        AvgPool(2, 1),
        Dropout(0.25),
        Flatten(),
        Dense(16),
        "tanh",
    )
    assert layers_from_text(", ".join(map(str, layers))) == layers


def test_every_description_comes_back_from_its_file() -> None:
    for layer in (Conv(3, (1, 2), (2, 1), (0, 1)), MaxPool(3, 1, "same"), AvgPool((2, 3)), Flatten(), Dense(3)):
        assert image_layer_from_spec(layer.spec()) == layer
    assert {kind().name for kind in DESCRIPTIONS.values()} == set(DESCRIPTIONS)


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (2, 30, 1), (8, 8, 1), (28, 28, 1), (32, 32, 3), (96, 130, 3), (300, 200, 3)]
)
@pytest.mark.parametrize("n", [10, 60_000])
def test_the_usual_network_fits_images_of_every_size(shape: tuple[int, int, int], n: int) -> None:
    from koubai.estimators.given.image_layers import core_layers

    layers = core_layers(usual_layers(shape, n), shape, "")
    maps = [layer.output_shape for layer in layers if len(layer.output_shape) == 3]
    assert min(maps[-1][:2]) <= 8
    assert sum(layer.n_parameters for layer in layers) < 10_000_000
    assert usual_batch_size(n) <= n
    assert 12 <= usual_epochs(n) <= 60


WRONG = [
    ({"layers": [Conv(4, 9)]}, "layers[0]: Convolution: kernel_size must be at most the padded map's 8 × 8; got 9"),
    ({"layers": [MaxPool(2), "relu"]}, "layers[1] must be an activation only right after Conv or Dense; got 'relu'."),
    ({"layers": [Conv(2), Dropout(0.5), "relu"]}, "layers[2] must be an activation only right after Conv or Dense"),
    ({"layers": ["rulu"]}, "layers[0] must be a layer or the name of an activation; got 'rulu'. Try one of: identity,"),
    ({"layers": [3]}, "layers[0] must be Conv, MaxPool, AvgPool, Flatten, Dense, Dropout or an activation; got int."),
    ({"layers": [Dropout(0.5)]}, "layers[0] must come after a layer; got Dropout."),
    ({"layers": [Dense(3), Conv(3)]}, "layers[1]: Conv: it must come before Flatten and Dense, after which there are"),
    ({"layers": [MaxPool(2)] * 4}, "layers[3]: MaxPooling: pool_size must be at most the padded map's 1 × 1; got 2"),
    ({"layers": "convv 3"}, "layers must list conv, max_pool, avg_pool, flatten, dense, dropout or activations; got"),
    ({"layers": "conv 3 3 1 2 5"}, "layers must give conv at most 4 parameters; got 'conv 3 3 1 2 5'. Leave the"),
    ({"layers": "conv much"}, "layers: Conv: filters must be a whole number; got 'much'. Try 32."),
    ({"layers": "conv 3 fish=2"}, "layers: Conv: fish must not be given; it has none."),
    ({"layers": 3}, "layers must be a name, a list or a tuple; got 3."),
    ({"image_shape": (3, 3)}, "X must hold images of the image_shape (3, 3); got images of shape (8, 8, 1)."),
    ({"image_shape": (3,)}, "image_shape must be (height, width) or (height, width, channels), of which one may be -1"),
    ({"optimizer": "lbfgs"}, "optimizer must be one that takes batches; got 'lbfgs'. Try 'adam'."),
    ({"epochs": "many"}, "epochs must be an integer >= 1 or 'auto'; got 'many'. Try 'auto'."),
    ({"shifts": -1}, "shifts must be >= 0 or 'auto'; got -1. Try 'auto'."),
    ({"shifts": 8.0}, "shifts must be less than the longer side of the images; got 8 for images of 8 × 8"),
    ({"rotations": 181}, "rotations must be in [0, 180] or 'auto'; got 181. Try 'auto'."),
    ({"zooms": 1}, "zooms must be in [0, 1) or 'auto'; got 1. Try 'auto'."),
]  # fmt: skip


@pytest.mark.parametrize(("given", "words"), WRONG, ids=[str(given) for given, _ in WRONG])
def test_message(given: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match="must") as caught:
        small(**given).fit(X, Y)
    assert str(caught.value).startswith(f"ConvClassifier: {words}")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Conv(0), "Conv: filters must be >= 1; got 0. Try 32."),
        (lambda: Conv(3, 0), "Conv: kernel_size must be an integer >= 1 or two, (vertical, horizontal); got 0."),
        (lambda: Conv(3, padding="x"), "Conv: padding must be 'valid', 'same', an integer >= 0 or two; got 'x'."),
        (lambda: MaxPool((2, 2, 2)), "MaxPool: pool_size must be an integer >= 1 or two"),
        (lambda: Dropout(1.0), "Dropout: rate must be >= 0 and < 1; got 1.0. Try 0.5."),
        (lambda: Dense(2.5), "Dense: units must be a whole number; got 2.5. Try 128."),
    ],
)
def test_message_of_a_layer(make: Any, words: str) -> None:
    with pytest.raises(KoubaiError) as caught:
        make()
    assert str(caught.value).startswith(words)


def test_message_of_images(fitted: ConvClassifier) -> None:
    colours = np.repeat(X[..., np.newaxis], 3, axis=3)
    for images, words in (
        (X[:, :7], "X must hold images of shape (8, 8, 1), as in training; got (7, 8, 1). Resize them"),
        (colours, "X must hold images of shape (8, 8, 1), as in training; got (8, 8, 3). Resize them, or change their"),
        ([X[0], X[1, :4]], "X must hold images of one size; got (8, 8) and, at place 1, (4, 8). Resize them"),
        (X[:, :0], "X must hold images with pixels; got shape (48, 0, 8)."),
        (X[:0], "X must hold at least one image; got shape (0, 8, 8)."),
        (X[0], "X must hold several images of shape (8, 8, 1); got a single one, of shape (8, 8). Try X[np.newaxis]."),
        (
            X[..., None, None],
            "X must have shape (n, height, width), (n, height, width, channels) or (n, n_features); got",
        ),
        (
            [X[0].tolist(), X[1, :4].tolist()],
            "X must hold images of one size; got (8, 8) and, at place 1, (4, 8). Resize",
        ),
    ):
        with pytest.raises(ValueError, match="must h") as caught:
            fitted.predict(images)
        assert str(caught.value).startswith(f"ConvClassifier: {words}")
    with pytest.raises(ValueError, match="X has 10 features, but ConvClassifier is expecting 64 features as input"):
        fitted.predict(np.zeros((2, 10)))
    with pytest.raises(ValueError, match="X must hold square images if its rows are flat and image_shape is None"):
        small().fit(np.zeros((4, 10)), [0, 1, 0, 1])
    with pytest.raises(AttributeError, match=r"explain_model is for networks of tables.*Use see\(X, y\)"):
        fitted.explain_model(X, Y)
    with pytest.raises(AttributeError, match="has no attribute 'play'"):
        fitted.play()


def test_images_are_shifted_by_default_where_classes_are_learned() -> None:
    plain, changed = small(epochs=1, shifts=0), small(epochs=1, shifts=0.5, rotations=10, zooms=0.1)
    np.testing.assert_array_equal(small(epochs=1).fit(X, Y).theta_, changed.fit(X, Y).theta_)
    assert not np.array_equal(plain.fit(X, Y).theta_, changed.theta_)
    assert usual_augmentation((28, 28, 1)) == Augmentation(shifts=1)
    assert usual_augmentation((7, 28, 1)) == plain._augmentation() == UNCHANGED
    numbers = [
        ConvRegressor(SMALL, epochs=1, random_state=0, **how).fit(X, np.arange(48)) for how in ({}, {"shifts": 0})
    ]
    np.testing.assert_array_equal(numbers[0].theta_, numbers[1].theta_)


def test_pixels_train_in_single_precision_where_it_holds_them_exactly() -> None:
    for form, dtype in (
        (X, "float32"),
        (X.astype(np.int64), "float32"),
        (X / 4, "float32"),
        (X.reshape(48, -1).astype(np.float64), "float32"),
        (X / 255, "float64"),
        (X * 1e60, "float64"),
    ):
        assert str(small(epochs=1).fit(form, Y).theta_.dtype) == dtype


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_digits_are_read_with_defaults(seed: int) -> None:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    parts = train_test_split(digits.images, digits.target, test_size=0.25, random_state=seed, stratify=digits.target)
    model = ConvClassifier(random_state=seed).fit(parts[0], parts[2])
    assert model.score(parts[1], parts[3]) >= 0.985


def test_channels_that_stand_first_are_asked_about() -> None:
    images = np.zeros((4, 3, 16, 16))
    with pytest.warns(UserWarning, match=r"holds images 3 high and 16 wide with 16 channels.*np.moveaxis\(X, 1, -1\)"):
        small(layers=[Conv(1, 3)], epochs=1).fit(images, [0, 1, 0, 1])


# Augmentation


def test_shifts_repeat_the_border_and_flips_mirror() -> None:
    image = np.arange(12.0).reshape(1, 3, 4, 1)
    moved = augmented(image, Augmentation(shifts=1), np.array([[0.99, 0.0, 0.0]]))[0, :, :, 0]  # down, and left
    np.testing.assert_array_equal(moved, [[1, 2, 3, 3], [1, 2, 3, 3], [5, 6, 7, 7]])
    mirrored = augmented(image, Augmentation(flips=True), np.array([[0.5, 0.5, 0.1]]))
    np.testing.assert_array_equal(mirrored, image[:, :, ::-1])


def test_turns_zooms_and_parts_of_pixels_are_those_of_scipy() -> None:
    from scipy.ndimage import affine_transform

    rng = np.random.default_rng(0)
    images, draws = rng.random((6, 9, 7, 2)), rng.random((6, 5))
    how = Augmentation(shifts=1.5, flips=True, rotations=40, zooms=0.3)
    found = augmented(images, how, draws)
    middle = np.array([4.0, 3.0])
    for image, draw, changed in zip(images, draws, found, strict=True):
        down, right, _, turn, zoom = 2 * draw - 1
        angle, size = np.deg2rad(40 * turn), np.exp(0.3 * zoom)
        back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / size
        offset = middle - back @ (middle + 1.5 * np.array([down, right]))
        planes = [affine_transform(image[..., k], back, offset, order=1, mode="nearest") for k in range(2)]
        wanted = np.stack(planes, axis=-1)
        np.testing.assert_allclose(changed, wanted[:, ::-1] if draw[2] < 0.5 else wanted, atol=1e-12)


def test_a_quarter_turn_is_exact_and_a_large_batch_is_changed_like_its_parts() -> None:
    image, quarter = np.arange(25.0).reshape(1, 5, 5, 1), np.array([[0.5, 0.5, 0.9, 1.0, 0.5]])
    turned = augmented(image, Augmentation(rotations=90), quarter)[0, :, :, 0]
    np.testing.assert_allclose(turned, np.rot90(image[0, :, :, 0]), atol=1e-12)
    rng = np.random.default_rng(0)
    images, draws = rng.random((700, 28, 28, 1), np.float32), rng.random((700, 5))
    how = Augmentation(0.5, True, 10, 0.1)
    together = augmented(images, how, draws)
    assert together.dtype == np.float32
    alone = [augmented(images[k : k + 1], how, draws[k : k + 1])[0] for k in (0, 340, 699)]
    np.testing.assert_array_equal(together[[0, 340, 699]], alone)


def test_each_shift_and_flip_comes_as_often() -> None:
    spot = np.zeros((4000, 7, 7, 1), np.float32)
    spot[:, 3, 3] = 1
    source = ImagesInMemory(Rows(spot.reshape(4000, -1), np.zeros((4000, 1), np.float32)), (7, 7, 1),
                            augmentation=Augmentation(shifts=1, flips=True))  # fmt: skip
    network = ConvRegressor([Dense(1)], epochs=1, random_state=0).fit(spot[:4], np.arange(4)).network_
    plan = Plan(network, koubai.optimizers.sgd.SGD(), batch_size=32, seed=5)
    (rows,) = source.parts(plan, 0)
    (again,) = source.parts(plan, 0)
    (later,) = source.parts(plan, 1)
    np.testing.assert_array_equal(rows.inputs, again.inputs)
    assert not np.array_equal(rows.inputs, later.inputs)
    counts = rows.inputs.reshape(-1, 7, 7).sum(axis=0)
    assert counts[2:5, 2:5].sum() == 4000
    assert counts[2:5, 2:5].min() > 4000 / 9 - 5 * np.sqrt(4000 / 9)
    np.testing.assert_array_equal(next(source.in_order()).inputs, spot.reshape(4000, -1))
    assert source.digest() != ImagesInMemory(source.data, (7, 7, 1)).digest()


def test_parts_of_an_epoch_hold_each_image_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import koubai.estimators.convolution.source as module

    monkeypatch.setattr(module, "WINDOW_BYTES", 40 * 4 * 8)
    numbers = np.repeat(np.arange(100, dtype=np.float32), 4).reshape(100, 4)
    source = ImagesInMemory(Rows(numbers, numbers[:, :1], numbers[:, 0]), (2, 2, 1), 7, Augmentation(flips=True))
    network = ConvRegressor([Dense(1)], epochs=1, random_state=0).fit(numbers[:4], np.arange(4)).network_
    plan = Plan(network, koubai.optimizers.sgd.SGD(), batch_size=16, seed=5)
    parts = list(source.parts(plan, 3))
    assert len(parts) == source.n_parts(plan) == 2
    assert [part.n_rows for part in parts] == [80, 20]
    order = np.concatenate([part.targets.ravel() for part in parts])
    assert sorted(order) == list(range(100))
    assert list(order) != list(range(100))
    np.testing.assert_array_equal(np.concatenate([part.inputs for part in parts])[:, 0], order)
    np.testing.assert_array_equal(next(source.parts(plan, 3, first=1)).targets, parts[1].targets)
    assert [rows.n_rows for rows in source.in_order()] == [7] * 14 + [2]
