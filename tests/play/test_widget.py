"""What a notebook's playground does without a screen: rows of every kind in, the network of the moment out."""

import base64
import subprocess
import sys
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
    run = widget._run.experiment
    return run.engine.forward(run.network, widget._run.moment.state.theta, run.data.inputs)


def front_end(widget, view="a"):
    """What the widget sends, and a function that says something as its front end does."""
    sent = []
    widget.send = lambda content, buffers=None: sent.append(content)
    return sent, lambda **message: widget._handle_custom_msg({"view": view, **message}, [])


@pytest.mark.parametrize(
    "order", ["import koubai.play.serving.app, koubai", "import koubai; koubai.play; import koubai.play.serving.app"]
)
def test_the_room_is_a_function_and_a_package_in_either_order(order):
    code = (
        f"{order}\nfrom koubai import play\nassert play is koubai.play and callable(play) and play.serving.app.make_app"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_missing_extra_is_one_sentence_with_the_command():
    code = "import sys; sys.modules['anywidget'] = None\nimport koubai\nkoubai.play()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    last = done.stderr.strip().splitlines()[-1]
    assert "play: anywidget must be installed" in last
    assert "pip install anywidget, then restart the kernel" in last


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
    original = widget._run.experiment.data.original
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


def test_a_view_begins_with_the_run_of_the_kernel_and_asks_it_for_rows_and_derivations(opened):
    widget = opened(koubai.play, *IRIS, hidden=[4])
    widget.do("step", count=3)
    sent, say = front_end(widget)
    say(type="ask", id=1, what="begin", part={})
    begun = sent[-1]["answer"]
    assert begun["document"]["moment"]["epoch"] == 3
    assert begun["first"]["hidden"] == [4]
    say(type="ask", id=2, what="rows", part=begun["first"])
    assert sent[-1]["answer"]["names"] == ["x1", "x2", "x3", "x4"]
    say(type="ask", id=3, what="explain", part={**begun["document"], "last": None, "what": "loss"})
    assert "<math" in sent[-1]["answer"]["html"]
    say(type="ask", id=4, what="dance", part={})
    assert "A question must be one of rows, explain, keep" in sent[-1]["text"]
    assert [message["id"] for message in sent] == [1, 2, 3, 4]


def test_what_the_page_trained_is_the_estimator_and_other_views_follow(opened):
    widget = opened(koubai.play, *IRIS, hidden=[4])
    sent, say = front_end(widget)
    say(type="ask", id=1, what="begin", part={})
    document = sent[-1]["answer"]["document"]
    document["moment"] |= {"theta": [0.25] * 35, "epoch": 7}
    rows = widget._run.experiment.data
    say(type="kept", document=document)
    assert widget.epoch == 7
    assert widget._run.experiment.data is rows  # several times a second: they are not prepared anew
    assert (widget.estimator.theta_[-3:] == 0.25).all()
    assert len(sent) == 1
    front_end(widget, "b")[1](type="ask", id=1, what="begin", part={})
    sent, say = front_end(widget)
    say(type="kept", document=document)
    assert (sent[-1]["type"], sent[-1]["view"], sent[-1]["message"]["type"]) == ("obey", "a", "restore")
    before = widget.estimator.theta_.copy()
    say(type="kept", document={**document, "moment": {**document["moment"], "theta": [None] * 35}})  # it diverged
    assert (widget.estimator.theta_ == before).all()


def test_a_program_s_wish_is_done_here_and_shown_or_left_to_the_page(opened):
    widget = opened(koubai.play, *IRIS, hidden=[4])
    with pytest.raises(ParameterError, match="starts is done by the page, which must be on the screen"):
        widget.do("starts")
    sent, say = front_end(widget)
    say(type="ask", id=1, what="begin", part={})
    widget.do("run", until=12)
    assert widget.epoch == 12
    assert sent[-1]["message"]["document"]["moment"]["epoch"] == 12
    widget.do("settings", settings={"learning_rate": 0.5})
    widget.do("edit", layer=1, source=0, target=0, value=2.0)
    assert widget._run.moment.state.theta[0] == 2.0
    widget.do("run")
    assert sent[-1] == {"type": "obey", "view": "", "message": {"type": "run", "until": None}}
    widget.do("instant", epochs=20)
    assert widget.epoch == 20
    widget.do("reset")
    assert widget.epoch == 0
    say(type="bye")
    with pytest.raises(ParameterError, match="on the screen"):
        widget.do("run")


def test_other_axes_change_nothing_of_a_run(opened):
    widget = opened(koubai.play, *IRIS, hidden=[4])
    widget.do("step", count=3)
    before = widget._run.moment.state.theta.copy()
    data = widget._run.experiment.data
    widget.do("settings", settings={"axes": [2, 0]})
    assert widget.settings["axes"] == [2, 0]
    assert widget._run.experiment.data is data
    assert widget.epoch == 3
    assert (widget._run.moment.state.theta == before).all()


def test_the_saved_model_takes_rows_as_they_were_given(opened, tmp_path):
    X, y = IRIS[0] * 50 + 7, IRIS[1]
    widget = opened(koubai.play, X, y, hidden=[5])
    widget.do("step", count=20)
    sent, say = front_end(widget)
    say(type="ask", id=1, what="keep", part=widget._run.whole())
    path = tmp_path / "model.koubai"
    path.write_bytes(base64.b64decode(sent[-1]["answer"]["base64"]))
    assert (koubai.load(path).predict_proba(X) == widget.estimator.predict_proba(X)).all()


def test_close_keeps_the_last_network():
    widget = koubai.play(*IRIS, hidden=[4])
    widget.do("run", until=5)
    widget.close()
    assert widget.estimator.predict(IRIS[0]).shape == (150,)
    assert repr(widget) == "Playground(closed)"
    with pytest.raises(ParameterError, match="has been closed"):
        widget.do("run")
    widget.close()
