"""What a notebook's playground does without a screen: rows of every kind in, the network of the moment out."""

import base64
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_iris

import koubai
from koubai.core.errors import DataError, KoubaiError, ParameterError, ShapeError
from koubai.estimators.perceptron import Perceptron
from koubai.estimators.regressor import MLPRegressor
from koubai.play.starts import Start

IRIS = load_iris(return_X_y=True)


@pytest.fixture
def opened():
    """A function that opens a widget, which is closed afterwards."""
    widgets = []

    def opening(open_one, *arguments, **options):
        widgets.append(open_one(*arguments, **options))
        return widgets[-1]

    yield opening
    for widget in widgets:
        widget.close()


def outputs_of(widget):
    """What the playground's own network says of its rows, (n, n_outputs), as the page shows it."""
    run = widget._session.experiment
    return run.engine.forward(run.network, widget._session.moment.state.theta, run.data.inputs)


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    "order", ["import koubai.play.app, koubai", "import koubai; koubai.play; import koubai.play.app"]
)
def test_the_room_is_a_function_and_a_package_in_either_order(order):
    code = f"{order}\nfrom koubai import play\nassert play is koubai.play and callable(play) and play.app.make_app"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_missing_extra_is_one_sentence_with_the_command():
    code = "import sys; sys.modules['anywidget'] = None\nimport koubai\nkoubai.play()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    last = done.stderr.strip().splitlines()[-1]
    assert "play: anywidget must be installed" in last
    assert "pip install 'koubai[notebook]'" in last


def test_classes_come_back_on_the_rows_as_they_were_given(opened):
    X, y = IRIS
    frame = pd.DataFrame(X * [1, 100, 0.01, 1] + 5, columns=list("abcd"))
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    widget = opened(koubai.play, frame, names, hidden=[6], optimizer="adam", learning_rate=0.02)
    widget.do("step", count=40)
    estimator = widget.estimator
    assert np.abs(estimator.predict_proba(frame) - outputs_of(widget)).max() < 1e-12
    assert list(estimator.feature_names_in_) == list("abcd")
    assert estimator.score(frame, names) > 0.9
    before = estimator.theta_.copy()
    widget.do("step", count=1)
    assert (estimator.theta_ == before).all()


@pytest.mark.parametrize("output", ["auto", "tanh"])
def test_numbers_come_back_in_the_targets_own_unit(opened, output):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 5)) * 30
    y = 400 + 7 * X[:, 0]
    widget = opened(koubai.play, X, y, hidden=[5], optimizer="adam", learning_rate=0.01, output=output)
    widget.do("step", count=60)
    original = widget._session.experiment.data.original
    shown = outputs_of(widget).ravel() * original.target_scale + original.target_center
    assert isinstance(widget.estimator, MLPRegressor)
    assert np.abs(widget.estimator.predict(X) - shown).max() < 1e-9
    assert widget.estimator.score(X, y) > 0.8


def test_a_perceptron_comes_back_as_a_perceptron(opened):
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * 10.0
    y = np.array([False, False, False, True])
    widget = opened(koubai.play, X, y, mode="perceptron")
    widget.do("step", count=30)
    assert isinstance(widget.estimator, Perceptron)
    assert (widget.estimator.predict(X) == y).all()
    assert np.allclose(widget.estimator.decision_function(X), outputs_of(widget).ravel(), atol=1e-12)
    assert widget.estimator.separable_


def test_texts_and_gaps_are_prepared_as_in_a_table(opened):
    frame = pl.DataFrame({"colour": ["red", "blue", None, "red"] * 15, "size": [1.0, 2.0, 3.0, None] * 15})
    y = ["big" if size and size > 1 else "small" for size in frame["size"]]
    widget = opened(koubai.play, frame, y, hidden=[4], optimizer="adam", learning_rate=0.05)
    widget.do("step", count=40)
    model = widget.model
    assert (model.predict(frame)["prediction"] == pl.Series(y)).mean() > 0.9


@pytest.mark.parametrize(
    "estimator",
    [
        koubai.MLPClassifier((6, 3), activation=["tanh", "relu"], max_iter=15, random_state=5, batch_size=32),
        koubai.MLPClassifier((4,), solver="sgd", learning_rate_init=0.05, alpha=0.1, max_iter=15, random_state=2),
        koubai.MLPClassifier(
            (4,), optimizer="rmsprop", dropout=0.2, clip_norm=0.5, max_iter=15, random_state=2, l1=0.01
        ),
        koubai.MLPClassifier((4,), shuffle=False, schedule="cosine", optimizer="sgd", max_iter=15, random_state=0),
        MLPRegressor(hidden_layer_sizes=(5,), max_iter=15, random_state=1),
    ],
)
def test_an_estimators_playground_walks_the_path_of_its_fit(opened, estimator):
    X, y = IRIS
    target = y if isinstance(estimator, koubai.MLPClassifier) else X[:, 3]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.set_params(n_iter_no_change=1000).fit(X, target)
    widget = opened(estimator.play)  # its training data are still in memory
    widget.do("step", count=15)
    assert np.abs(widget.estimator.theta_ - estimator.theta_).max() < 1e-10


def test_other_starts_of_an_estimator_are_its_fits_with_other_random_states(opened):
    estimator = koubai.MLPClassifier((4,), max_iter=6, random_state=0, n_iter_no_change=1000)
    start = Start.of(opened(estimator.play, *IRIS)._session.experiment, 3)
    while not start.go_on(6):
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = estimator.set_params(random_state=3).fit(*IRIS)
    assert np.abs(start.moment.state.theta - other.theta_).max() < 1e-10


def test_an_estimator_without_its_data_asks_for_them():
    estimator = koubai.MLPClassifier((3,), epochs=2, random_state=0).fit(IRIS[0].copy(), IRIS[1].copy())
    with pytest.raises(DataError, match=r"MLPClassifier: play needs the training data.*play\(X, y\)"):
        estimator.play()


def test_before_any_fit_and_data_an_estimator_plays_on_a_ready_made_set(opened):
    widget = opened(koubai.MLPClassifier((7,), random_state=4).play)
    assert (widget.settings["dataset"], widget.settings["hidden"], widget.settings["seed"]) == ("circle", [7], 4)


def test_what_the_playground_leaves_aside_is_said(opened):
    with pytest.warns(UserWarning, match=r"ignores early_stopping, L-BFGS \(Adam takes its place\)"):
        opened(koubai.MLPClassifier((3,), solver="lbfgs", early_stopping=True).play, *IRIS)


@pytest.mark.parametrize(
    ("X", "y", "kind", "sentence"),
    [
        ([[1.0], [2.0]], None, DataError, "y must be given with X"),
        ([[1.0], [2.0], [3.0]], [0, 1], ShapeError, "same number of rows; got 3 and 2"),
        ([1.0, 2.0], [0, 1], ShapeError, r"rows and columns, \(n, n_features\)"),
        ([[1.0], [np.nan]] * 5, [0, 1] * 5, DataError, "finite numbers; got nan in row 1, column 0"),
        ([["a"], ["b"]] * 5, [0, 1] * 5, DataError, "X must contain numbers"),
        (np.zeros((4, 300)), [0, 1, 0, 1], DataError, "1 to 200 columns"),
        (np.zeros((4, 2)), [[0, 1]] * 4, ShapeError, "one target per row"),
        (np.zeros((4, 2)), [0, 0, 0, 0], DataError, "two different values"),
    ],
)
def test_rows_that_do_not_suit_get_one_sentence(X, y, kind, sentence):
    with pytest.raises(kind, match=sentence):
        koubai.play(X, y)


def test_too_large_a_network_and_a_wrong_setting_get_one_sentence():
    with pytest.raises(ParameterError, match="layers of at most 128 nodes; got 500"):
        koubai.MLPClassifier((500,)).play()
    with pytest.raises(KoubaiError, match="a setting must be one of"):
        koubai.play(colour="red")


def test_training_leaves_the_caller_free_and_messages_go_out_in_order(opened):
    widget = opened(koubai.play, *IRIS, hidden=[4])
    sent = []
    widget.send = lambda content, buffers=None: sent.append((threading.current_thread().name, content, buffers))
    widget._handle_custom_msg({"type": "hello", "view": "a"}, [])
    until(lambda: any(buffers for _, _, buffers in sent))
    assert [content["type"] for _, content, _ in sent] == ["hello", "state", "data", "losses", "frame"]
    begin = time.monotonic()
    widget._handle_custom_msg({"type": "run"}, [])
    assert time.monotonic() - begin < 0.5
    until(lambda: widget.epoch > 20)
    assert {name for name, _, _ in sent} == {"koubai-play"}
    widget._handle_custom_msg({"type": "run", "until": -1}, [])
    until(lambda: any(content["type"] == "problem" for _, content, _ in sent))
    widget._handle_custom_msg({"type": "bye", "view": "a"}, [])  # nobody looks any more
    until(lambda: not widget._session.running)
    rest = widget.epoch
    time.sleep(0.1)
    assert widget.epoch == rest


def test_a_pause_reaches_what_is_being_computed(opened):
    widget = opened(koubai.play, *IRIS, hidden=[32, 32], batch_size=1)
    widget._handle_custom_msg({"type": "instant", "epochs": 5000}, [])
    until(lambda: widget._session.moment.state.epoch > 0)
    begin = time.monotonic()
    widget._handle_custom_msg({"type": "pause"}, [])
    widget.do("pause")
    assert time.monotonic() - begin < 5
    assert 0 < widget.epoch < 5000


def test_given_rows_are_seen_along_other_columns_in_mid_run(opened):
    widget = opened(koubai.play, *IRIS, hidden=[4])
    widget.do("step", count=3)
    before = widget._session.moment.state.theta.copy()
    data = widget._session.experiment.data
    assert data.axes == ("PC1", "PC2")
    widget.do("settings", settings={"axes": [2, 0]})
    seen = widget._session.experiment.data
    assert seen.axes == ("x3", "x1")
    assert (seen.plane == data.inputs[:, [2, 0]]).all()
    assert widget.epoch == 3
    assert (widget._session.moment.state.theta == before).all()


def test_the_downloaded_model_takes_rows_as_they_were_given_and_a_program_is_refused(opened, tmp_path):
    X, y = IRIS[0] * 50 + 7, IRIS[1]
    widget = opened(koubai.play, X, y, hidden=[5])
    widget.do("step", count=20)
    sent = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget.do("download", kind="model")
    path = tmp_path / "model.koubai"
    path.write_bytes(base64.b64decode(sent[-1]["base64"]))
    assert (koubai.load(path).predict_proba(X) == widget.estimator.predict_proba(X)).all()
    with pytest.raises(ParameterError, match=r"these were given in a notebook.*widget\.estimator"):
        widget.do("download", kind="python")


def test_close_ends_the_threads_and_keeps_the_last_network():
    before = threading.active_count()
    widget = koubai.play(*IRIS, hidden=[4])
    widget.do("run")
    until(lambda: widget.epoch > 5)
    widget.close()
    until(lambda: threading.active_count() <= before, 10)
    assert widget.estimator.predict(IRIS[0]).shape == (150,)
    with pytest.raises(ParameterError, match="has been closed"):
        widget.do("run")
    widget.close()
