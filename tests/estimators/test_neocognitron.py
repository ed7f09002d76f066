"""The Neocognitron: its cells by their equations, what it learns and answers, and one sentence for each mistake."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

import koubai
from koubai import MLPClassifier, Neocognitron
from koubai.core.errors import KoubaiError, ModelFileError
from koubai.estimators.neocognitron.cells import CLayer, SLayer, bell, blurred, contrast, fixed_connections
from koubai.estimators.neocognitron.learning import RATE, learned
from koubai.estimators.neocognitron.readout import Winner

X, Y = load_digits(return_X_y=True)
TRAIN, TEST = slice(600), slice(600, 900)
SHORT: dict[str, Any] = {"planes": (8, 12), "n_shown": 60, "random_state": 0}


@pytest.fixture(scope="module")
def fitted() -> Neocognitron:
    return Neocognitron(random_state=0).fit(X[TRAIN], Y[TRAIN])


def test_digits_are_told_apart(fitted: Neocognitron) -> None:
    assert fitted.score(X[TEST], Y[TEST]) > 0.9
    np.testing.assert_allclose(fitted.predict_proba(X[TEST]).sum(axis=1), 1, rtol=1e-5)
    answers = fitted.transform(X[TEST])
    assert answers.dtype == np.float32
    assert answers.min() >= 0
    assert answers.max() < 1
    assert answers.shape[1] == len(fitted.get_feature_names_out())


def test_labelled_winners_tell_them_apart_as_in_the_papers(tmp_path: Path) -> None:
    model = Neocognitron(readout="winner", random_state=0).fit(X[TRAIN], Y[TRAIN].astype(str))
    assert model.score(X[TEST], Y[TEST].astype(str)) > 0.85
    assert not hasattr(model, "predict_proba")
    koubai.save(model, tmp_path / "model.koubai")
    np.testing.assert_array_equal(koubai.load(tmp_path / "model.koubai").predict(X[TEST]), model.predict(X[TEST]))


def test_an_s_cell_by_its_equation() -> None:
    rng = np.random.default_rng(0)
    below, weights = rng.random((1, 6, 6, 2), np.float32), 3 * rng.random((18, 4), np.float32)
    found = SLayer(weights, 3, 0.6).maps(below)
    a, c = weights.astype(float).reshape(3, 3, 2, 4), bell(3, 1.5).astype(float)[:, :, np.newaxis] / 2
    patch = below[0, 2:5, 1:4].astype(float)  # around row 3, column 2
    v = np.sqrt((c * patch**2).sum())
    for k in range(4):
        b = np.sqrt((a[..., k] ** 2 / c).sum())
        expected = 0.6 / 0.4 * max((1 + (a[..., k] * patch).sum()) / (1 + 0.6 * b * v) - 1, 0)
        assert found[0, 3, 2, k] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert (found > 0).any()


def s_cell_of_1980(a: Any, b: float, r: float, u: Any, c: Any) -> float:
    """r φ[(1 + Σ a u) / (1 + 2r/(1 + r) b v) - 1], v = √(Σ c u²): equations (1) to (3) of 1980."""
    v = np.sqrt((c * u**2).sum())
    return float(r * max(0.0, (1 + (a * u).sum()) / (1 + 2 * r / (1 + r) * b * v) - 1))


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.85])
def test_an_s_cell_is_that_of_1980_where_its_plane_has_learned_one_pattern(threshold: float) -> None:
    """Learned by Δa = q c u and Δb = q v / 2, with the selectivity r = θ / (1 - θ)."""
    rng = np.random.default_rng(3)
    c = fixed_connections(3, 18).astype(float)
    pattern, q = rng.uniform(0, 1, 18), float(RATE)
    a, b = q * c * pattern, q / 2 * np.sqrt((c * pattern**2).sum())
    cells = SLayer(a[:, np.newaxis].astype(np.float32), 3, threshold)
    assert cells.inhibition() == pytest.approx([2 * b], rel=1e-5)
    for share in (1.0, 0.9, 0.7, 0.5, 0.0):
        u = share * pattern + (1 - share) * rng.uniform(0, 1, 18)
        v = np.sqrt((c * u**2).sum())
        found = cells.answers(u[np.newaxis].astype(np.float32), np.array([v], np.float32))
        wanted = s_cell_of_1980(a, b, threshold / (1 - threshold), u, c)
        assert found == pytest.approx(np.array([[wanted]]), abs=2e-4)


def test_a_plane_of_several_patterns_is_inhibited_at_most_as_much_as_in_1980() -> None:
    """There b adds up q v / 2 of each; the b computed from the sum is no larger, and smaller where they differ."""
    rng = np.random.default_rng(4)
    c = fixed_connections(3, 18).astype(float)
    patterns = rng.uniform(0, 1, (3, 18)) * (rng.uniform(0, 1, (3, 18)) > 0.5)
    a = float(RATE) * (c * patterns).sum(axis=0)
    twice = float(RATE) * np.sqrt((c * patterns**2).sum(axis=1)).sum()
    found = float(SLayer(a[:, np.newaxis].astype(np.float32), 3, 0.5).inhibition()[0])
    assert 0.3 * twice < found < 0.95 * twice
    alike = 3 * float(RATE) * c * patterns[0]
    same = 3 * float(RATE) * np.sqrt((c * patterns[0] ** 2).sum())
    assert SLayer(alike[:, np.newaxis].astype(np.float32), 3, 0.5).inhibition() == pytest.approx([same], rel=1e-5)


def test_a_c_cell_by_its_equation() -> None:
    below = np.random.default_rng(0).random((1, 9, 9, 1), np.float32)
    found = CLayer(3, 2, 0.3).maps(below)
    assert found.shape == (1, 5, 5, 1)
    x = (bell(3, 1.0) * below[0, 3:6, 5:8, 0]).sum()
    assert found[0, 2, 3, 0] == pytest.approx(x / (0.3 + x), rel=1e-5)


def test_a_cell_answers_most_to_what_it_learned_and_weakly_or_not_at_all_to_noise() -> None:
    pattern = np.zeros((1, 5, 5, 1), np.float32)
    pattern[0, 2] = 1
    cells = SLayer(RATE * (fixed_connections(5, 25) * pattern.ravel())[:, np.newaxis], 5, 0.7)
    assert cells.maps(pattern)[0, 2, 2, 0] == pytest.approx(1, abs=0.1)
    assert cells.maps(np.swapaxes(pattern, 1, 2))[0, 2, 2, 0] == 0


def test_uniform_areas_say_nothing() -> None:
    assert np.abs(contrast(np.full((1, 9, 9, 3), 0.7, np.float32))).max() < 1e-6
    np.testing.assert_allclose(bell(5, 1.2).sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(blurred(np.ones((1, 9, 9, 1), np.float32), 5, 2.0)[0, 4, 4, 0], 1, rtol=1e-6)


def test_lying_and_standing_bars_found_planes_of_their_own() -> None:
    maps = np.zeros((20, 9, 9, 1), np.float32)
    maps[::2, 4], maps[1::2, :, 4] = 1, 1
    cells = learned(maps, 9, 10, 0.7, np.arange(20))
    lying, standing = cells.maps(maps[:2])[:, 4, 4]
    assert lying.argmax() != standing.argmax()
    assert min(lying.max(), standing.max()) > 0.9
    assert learned(maps, 9, 1, 0.7, np.arange(20)).weights.shape == (81, 1)


def test_s_cells_learn_without_labels(fitted: Neocognitron) -> None:
    model = Neocognitron(random_state=0).fit(X[TRAIN])
    np.testing.assert_array_equal(model.transform(X[TEST]), fitted.transform(X[TEST]))
    with pytest.raises(NotFittedError, match="fit had no labels"):
        model.predict(X)
    read = make_pipeline(Neocognitron(random_state=0), KNeighborsClassifier())
    assert read.fit(X[TRAIN], Y[TRAIN]).score(X[TEST], Y[TEST]) > 0.85


def test_a_shift_costs_less_than_it_costs_a_dense_network() -> None:
    """Digits on a larger ground, so that a shift cuts nothing off."""
    images = np.pad(X.reshape(-1, 8, 8), ((0, 0), (4, 4), (4, 4)))
    shifted = np.roll(images[TEST], 2, axis=2)
    model = Neocognitron((16, 40), n_shown=300, random_state=0).fit(images[TRAIN], Y[TRAIN])
    dense = MLPClassifier((64,), epochs=30, random_state=0).fit(images[TRAIN].reshape(600, -1) / 16, Y[TRAIN])
    by_dense = dense.score(shifted.reshape(300, -1) / 16, Y[TEST])
    assert model.score(shifted, Y[TEST]) > by_dense + 0.1


def test_files_give_the_same_answers(fitted: Neocognitron, tmp_path: Path) -> None:
    koubai.save(fitted, tmp_path / "model.koubai")
    loaded = koubai.load(tmp_path / "model.koubai")
    np.testing.assert_array_equal(loaded.predict_proba(X[TEST]), fitted.predict_proba(X[TEST]))
    np.testing.assert_array_equal(loaded.transform(X[TEST]), fitted.transform(X[TEST]))
    assert loaded.get_params() == fitted.get_params()
    changed = koubai.load(tmp_path / "model.koubai").set_params(strides=1, thresholds=0.3)
    koubai.save(changed, tmp_path / "changed.koubai")
    for model in (changed, koubai.load(tmp_path / "changed.koubai")):
        np.testing.assert_array_equal(model.transform(X[TEST]), fitted.transform(X[TEST]))
    koubai.save(Neocognitron(**SHORT).fit(X[:60]), tmp_path / "unlabelled.koubai")
    assert koubai.load(tmp_path / "unlabelled.koubai").transform(X[:2]).shape[0] == 2


def damaged(record: dict[str, Any], tensors: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any], str]]:
    """Return records that are wrong somewhere, with what is said of them."""
    fitted = record["fitted"]
    return [
        (record | {"planes": [8]}, tensors, "2 stages"),
        (record | {"stages": [{**stage, "fields": 0} for stage in record["stages"]]}, tensors, "fields"),
        (record | {"fitted": fitted | {"range_": -1.0}}, tensors, "range_"),
        (record | {"fitted": fitted | {"image_shape_": [8, 9, 1]}}, tensors, "images of 64 numbers"),
        (record, tensors | {"stage1.weights": tensors["stage1.weights"] * -1}, "stage1.weights"),
        (record, {name: tensors[name] for name in tensors if name != "stage2.weights"}, "stage2.weights"),
        (record | {"estimator": "MLPClassifier"}, tensors, "must be of a Neocognitron"),
        ({name: record[name] for name in record if name != "readout"}, tensors, "winner.weights"),
    ]


def test_damaged_files_are_refused_in_one_sentence() -> None:
    record, tensors = Neocognitron(**SHORT).fit(X[:60], Y[:60]).to_record()
    assert Neocognitron.from_record(record, tensors).predict(X[:5]).shape == (5,)
    for wrong, arrays, said in damaged(record, tensors):
        with pytest.raises(ModelFileError, match=said):
            Neocognitron.from_record(wrong, arrays)


def test_conventions_of_scikit_learn(fitted: Neocognitron) -> None:
    assert clone(fitted).get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        clone(fitted).predict(X)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X[TEST]), fitted.predict(X[TEST]))
    images = X[TEST].reshape(-1, 8, 8)
    np.testing.assert_array_equal(fitted.predict(images), fitted.predict(X[TEST]))
    np.testing.assert_array_equal(fitted.predict(images[..., np.newaxis]), fitted.predict(X[TEST]))
    assert list(fitted.maps(images[:2])) == ["contrast", "S1", "C1", "S2", "C2"]


def test_brightness_makes_no_difference() -> None:
    plain, brighter = (Neocognitron(**SHORT).fit(X[:60] * k + m, Y[:60]) for k, m in ((1.0, 0.0), (64.0, 1024.0)))
    np.testing.assert_allclose(plain.transform(X[:5]), brighter.transform(X[:5] * 64 + 1024), atol=1e-3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"planes": ()}, "planes must have 1 to 8 numbers"),
        ({"planes": (8, 0)}, r"planes must be an integer in \[1, 4096\] for each stage; got 0. Try 24"),
        ({"planes": 0}, "planes must be an integer >= 1, a list or a tuple; got 0"),
        ({"fields": (3,)}, "fields must be one number, or 2, one for each stage"),
        ({"thresholds": (0.5, 1.0)}, r"thresholds must be a number in \(0, 1\) for each stage; got 1.0"),
        ({"thresholds": 1.5}, "thresholds must be in"),
        ({"strides": "many"}, "strides must be"),
        ({"readout": "tree"}, "readout must be 'softmax' or 'winner'; got 'tree'"),
        ({"saturation": 0}, "saturation must be > 0; got 0"),
        ({"image_shape": (7, 7)}, "hold images of the image_shape"),
        ({"n_shown": 0}, "n_shown must be an integer >= 1"),
    ],
)
def test_a_wrong_parameter_gets_one_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(KoubaiError, match=f"^Neocognitron: .*{said}") as caught:
        Neocognitron(**SHORT | given).fit(X[:20], Y[:20])
    assert "\n" not in str(caught.value)


def test_wrong_images_get_one_sentence(fitted: Neocognitron) -> None:
    with pytest.raises(KoubaiError, match="X must hold images that show something; got uniform ones"):
        Neocognitron(**SHORT).fit(np.ones((10, 64)), Y[:10])
    with pytest.raises(KoubaiError, match="number of classes has to be greater than one"):
        Neocognitron(**SHORT).fit(X[:5], np.zeros(5))
    with pytest.raises(KoubaiError, match="square images"):
        Neocognitron(**SHORT).fit(X[:5, :60], Y[:5])
    with pytest.raises(KoubaiError, match=r"hold images of shape \(8, 8, 1\), as in training; got \(9, 8, 1\)"):
        fitted.predict(np.zeros((2, 9, 8)))
    with pytest.raises(ValueError, match="NaN"):
        fitted.predict(np.full((1, 64), np.nan))


def test_winners_found_cells_where_the_class_is_wrong() -> None:
    rows = np.array([[1, 0], [1, 0.1], [0, 1], [0.6, 0.5]], np.float32)
    cells = Winner.learned(rows, np.array([0, 0, 1, 1]), np.arange(4))
    assert cells.classes.tolist() == [0, 1, 1]
    np.testing.assert_array_equal(cells.predict(rows), [0, 0, 1, 1])
