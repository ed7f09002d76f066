"""What the page's session does with what a user asks: past, branches, runs, instant mode, many starts, refusals."""

import numpy as np
import pytest

from koubai.play.replay import replay

from .stories import played

STEP = {"type": "step", "unit": "epoch", "count": 1}
FAST = {"hidden": [4], "n_rows": 60, "pace": 0}
EDIT = {"type": "edit", "layer": 1, "source": 0, "target": 1, "value": 0.5}


def settings(instant=False, **part):
    return {"type": "settings", "settings": part, "instant": instant}


STORIES = {
    "greeting": {"first": FAST},
    "past": {
        "first": FAST,
        "messages": [
            *[STEP] * 4,
            {"type": "seek", "position": 1},
            {"type": "seek", "position": 4},
            {"type": "seek", "position": 2},
            STEP,
        ],
    },
    "past settings": {
        "first": FAST,
        "messages": [
            settings(optimizer="adam"),
            STEP,
            STEP,
            settings(learning_rate=0.5, stop_at=50),
            STEP,
            settings(discretize=True),
            {"type": "seek", "position": 1},
            STEP,
        ],
    },
    "live": {"first": FAST, "messages": [STEP, settings(learning_rate=0.2), settings(hidden=[3])]},
    "edit": {"first": FAST, "messages": [EDIT, STEP, {**EDIT, "layer": 7}]},
    "branches": {
        "first": FAST,
        "messages": [
            STEP,
            STEP,
            {"type": "branch"},
            STEP,
            {"type": "branch"},
            settings(learning_rate=1.0),
            STEP,
            STEP,
            {"type": "swap", "index": 1},
            {"type": "swap", "index": 1},
            {"type": "drop"},
            {"type": "swap"},
        ],
    },
    "run": {"first": FAST, "messages": [{"type": "run", "until": 30}, {"type": "run", "until": 20}], "settles": True},
    "stop": {"first": {**FAST, "stop_at": 12}, "messages": [{"type": "run"}], "settles": True},
    "pause": {"first": FAST, "messages": [{"type": "run"}, {"wait": 80}, {"type": "pause"}, {"wait": 60}]},
    "pace": {"first": {**FAST, "pace": 20}, "messages": [{"type": "run"}, {"wait": 1000}, {"type": "pause"}]},
    "diverged": {
        "first": {**FAST, "learning_rate": 100, "activations": ["relu"], "dataset": "plane"},
        "messages": [{"type": "run"}, {"wait": 30}, {"type": "seek", "position": 0}],
        "settles": True,
    },
    "instant": {"first": FAST, "messages": [{"type": "instant", "epochs": 200}]},
    "instant after a slider": {
        "first": FAST,
        "messages": [
            {"at_once": [settings(instant=True, learning_rate=0.05), {"type": "instant", "epochs": 50}]},
            {"at_once": [settings(instant=True, hidden=[3]), {"type": "instant", "epochs": 50}]},
        ],
    },
    "instant superseded": {
        "first": {**FAST, "hidden": [32, 32], "batch_size": 1},
        "messages": [
            {
                "at_once": [
                    {"type": "instant", "epochs": 5000},
                    settings(learning_rate=0.2),
                    {"type": "instant", "epochs": 20},
                ]
            }
        ],
    },
    "starts": {
        "first": {**FAST, "dataset": "xor", "hidden": [2], "optimizer": "adam", "learning_rate": 0.03},
        "messages": [{"type": "starts", "count": 12, "epochs": 60}],
    },
    "starts of a perceptron": {
        "first": {**FAST, "mode": "perceptron"},
        "messages": [{"type": "starts", "count": 3, "epochs": 3}],
    },
    "starts that diverge": {
        "first": {**FAST, "dataset": "plane", "learning_rate": 100, "activations": ["relu"]},
        "messages": [{"type": "starts", "count": 3, "epochs": 30}],
    },
    "grid": {"first": FAST, "messages": [{"type": "view", "grid": 20, "maps": False}]},
    "refused": {
        "first": FAST,
        "messages": [
            settings(learning_rate=-1),
            settings(colour=1),
            {"type": "dance"},
            settings(loss="poisson"),
            settings(dataset="points"),
            settings(mode="perceptron", dataset="plane"),
            settings(output="softmax"),
            settings(hidden=[99]),
            settings(hidden="x" * 500),
            settings(dataset="table", table="no"),
        ],
    },
    "first refused": {"first": {**FAST, "hidden": [99999]}},
    "loss of other data": {"first": {**FAST, "loss": "log_loss"}, "messages": [settings(dataset="plane")]},
    "questions": {
        "first": FAST,
        "messages": [{"type": "step", "unit": "minibatch"}, {"type": "explain", "what": "step"}],
    },
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return dict(zip(STORIES, played(list(STORIES.values()), tmp_path_factory.mktemp("session")), strict=True))


def thetas(found):
    return [np.array(message["blocks"]["theta"]["data"]) for message in found.messages if message["type"] == "frame"]


def test_a_page_is_greeted_with_all_choices_and_a_first_picture(told):
    found = told["greeting"]
    assert [message["type"] for message in found.messages] == ["hello", "state", "data", "losses", "frame"]
    hello, state, data, _, frame = found.messages
    assert hello["settings"]["hidden"] == [4]
    assert hello["defaults"]["hidden"] == [4, 2]
    assert state["network"]["sizes"] == [2, 4, 1]
    assert len(data["x"]) == 60
    assert frame["blocks"]["output"]["shape"] == [100, 100]
    assert frame["blocks"]["nodes"]["shape"] == [4, 50, 50]


def test_going_back_and_forth_brings_back_theta_and_losses_and_a_new_step_takes_the_place_of_the_future(told):
    found = told["past"]
    start, one, two, _, four = thetas(found)[:5]
    back, forth, there, again = thetas(found)[5:]
    assert (back == one).all()
    assert (forth == four).all()
    assert (there == two).all()
    assert (again == thetas(found)[3]).all()
    assert not (start == one).all()
    assert found.last("state")["timeline"] == {"length": 4, "position": 3, "branches": 1}
    assert [message["whole"] for message in found.messages if message["type"] == "losses"][-1] is False
    shown = next(message["epochs"] for message in found.after(6) if message["type"] == "losses")
    assert shown == [0, 1, 2]


def test_going_back_restores_settings_and_the_optimizer_but_not_looks_and_not_the_end(told):
    found = told["past settings"]
    now = found.whole["settings"]
    assert (now["learning_rate"], now["optimizer"]) == (0.03, "adam")
    assert (now["discretize"], now["stop_at"]) == (True, 50)
    _, moment = replay(found.whole["began"], found.whole["done"], {})
    assert np.abs(found.theta - moment.state.theta).max() < 1e-12
    assert moment.state.step == found.whole["moment"]["step"]


def test_live_changes_keep_the_run_and_others_begin_a_new_one(told):
    found = told["live"]
    states = [message for message in found.messages if message["type"] == "state"]
    assert [state["epoch"] for state in states] == [0, 1, 1, 0]
    assert found.whole["began"]["learning_rate"] == 0.2


def test_a_weight_is_set_and_one_that_is_not_there_changes_nothing(told):
    found = told["edit"]
    assert found.problems == ["no_weight"]
    assert thetas(found)[1][1] == 0.5
    assert found.last("state")["timeline"]["length"] == 3


def test_branches_share_nothing_keep_their_curves_and_are_dropped(told):
    found = told["branches"]
    state = next(message for message in found.after(7) if message["type"] == "state")
    assert [branch["epoch"] for branch in state["branches"]] == [3, 2]
    assert state["branches"][1]["losses"]["epochs"] == [0, 1, 2]
    assert state["branches"][0]["settings"]["learning_rate"] == 0.03
    swapped = next(message for message in found.after(8) if message["type"] == "state")
    assert (swapped["epoch"], swapped["branches"][1]["epoch"], swapped["branches"][1]["settings"]["learning_rate"]) == (
        2,
        5,
        1.0,
    )
    whole = next(message for message in found.after(8) if message["type"] == "losses")
    assert (whole["whole"], whole["epochs"]) == (True, [0, 1, 2])
    assert next(message for message in found.after(9) if message["type"] == "state")["epoch"] == 5
    assert found.problems == ["no_branch"]


def test_a_run_ends_where_it_was_told_and_says_so(told):
    found = told["run"]
    assert found.last("state")["epoch"] == 30
    assert found.last("state")["running"] is False
    assert found.problems == ["ended"]
    assert told["stop"].last("state")["epoch"] == 12


def test_a_pause_takes_effect_at_once_and_nothing_is_trained_after(told):
    found = told["pause"]
    states = [message for message in found.messages if message["type"] == "state"]
    assert states[1]["running"] is True
    assert states[-1]["running"] is False
    assert 0 < states[-1]["epoch"] == found.whole["moment"]["epoch"]
    ids = [message["header"]["id"] for message in found.messages if message["type"] == "frame"]
    assert ids == sorted(set(ids))


def test_a_run_keeps_its_pace(told):
    assert 8 <= told["pace"].whole["moment"]["epoch"] <= 24  # 20 a second; a busy machine is late, never early


def test_divergence_stops_the_run_is_said_last_and_leaves_no_such_loss_on_the_curve(told):
    found = told["diverged"]
    assert found.problems == ["diverged"]
    run = found.after(0) + found.after(1)
    assert [message["type"] for message in run][-1] == "problem"
    assert [message for message in run if message["type"] == "state"][-1]["diverged"] is True
    assert all(
        loss is not None for message in found.messages if message["type"] == "losses" for loss in message["train"]
    )
    assert found.last("state")["diverged"] is False


def test_instant_mode_shows_what_training_from_the_start_gives_with_the_bends_of_its_curve(told):
    found = told["instant"]
    _, moment = replay(found.whole["began"], [{"epochs": 200}], {})
    assert np.abs(found.theta - moment.state.theta).max() < 1e-9
    frame = found.last("frame")["header"]
    assert (frame["instant"], frame["epoch"]) == (True, 200)
    curve = found.last("losses")
    assert len(curve["epochs"]) > 15
    assert curve["epochs"][:3] == [0, 1, 2]


def test_instant_mode_draws_no_state_between_unless_the_network_has_another_shape(told):
    found = told["instant after a slider"]
    greeting, final = ["state", "data", "losses", "frame"], ["losses", "frame", "state"]
    assert [message["type"] for message in found.messages] == ["hello", *greeting, *final, *greeting, *final]
    frames = [message["header"] for message in found.messages if message["type"] == "frame"]
    assert [(frame["epoch"], frame["instant"]) for frame in frames] == [(0, False), (50, True), (0, False), (50, True)]
    last = frames[-1]
    assert found.last("losses")["train"][-1] == last["train_loss"]
    experiment, moment = replay(found.whole["began"], [{"epochs": 50}], {})
    assert (experiment.settings.hidden, experiment.settings.learning_rate) == ((3,), 0.05)
    train, _, (right, of_test) = experiment.losses(moment.state.theta)
    assert last["train_loss"] == pytest.approx(train, abs=1e-9)
    assert [last["train_accuracy"], last["test_accuracy"]] == pytest.approx([right, of_test], abs=1e-12)


def test_instant_mode_gives_way_to_the_next_wish(told):
    assert told["instant superseded"].whole["moment"]["epoch"] == 20


def test_many_starts_are_those_of_their_seeds_and_poor_ones_are_counted(told):
    found = told["starts"].last("starts")
    began = told["starts"].whole["began"]
    wanted = []
    for seed in range(12):
        experiment, moment = replay({**began, "seed": seed}, [{"epochs": 60}], {})
        wanted.append(experiment.losses(moment.state.theta)[0])
    assert found["losses"] == pytest.approx(sorted(wanted), rel=2e-2, abs=2e-3)  # they are trained in single precision
    flat = experiment.losses(np.zeros(experiment.network.n_parameters))[0]
    assert found["threshold"] == pytest.approx(0.5 * flat)
    assert found["n_poor"] == sum(loss > found["threshold"] for loss in found["losses"])
    assert len(found["mean"]) == len(found["spread"]) == 1600
    assert told["starts of a perceptron"].problems == ["starts_perceptron"]
    lost = told["starts that diverge"].last("starts")
    assert lost["n_poor"] == 3
    assert lost["losses"] == [None] * 3


def test_maps_are_as_fine_as_was_asked_for_and_the_output_finer(told):
    frame = told["grid"].last("frame")
    assert frame["blocks"]["output"]["shape"] == [100, 100]
    assert frame["header"]["grid"] == 20
    assert "nodes" not in frame["blocks"]


def test_what_cannot_be_done_is_one_sentence_and_leaves_everything_as_it_was(told):
    found = told["refused"]
    wanted = [
        "number",
        "no_setting",
        "no_message",
        "loss",
        "points",
        "perceptron_data",
        "softmax",
        "count",
        "many",
        "no_table",
    ]
    assert found.problems == wanted
    assert found.whole["settings"] == found.messages[0]["settings"]
    assert all(len(str(message["values"])) < 2000 for message in found.messages if message["type"] == "problem")
    assert told["first refused"].problems == ["count"]
    assert told["first refused"].last("state")["network"]["sizes"] == [2, 4, 2, 1]


def test_a_loss_that_does_not_suit_other_data_gives_way_and_that_is_said(told):
    found = told["loss of other data"]
    assert found.problems == []
    state = found.last("state")
    assert state["settings"]["loss"] == "auto"
    assert state["notes"] == [{"key": "loss_changed", "values": {"loss": "log_loss"}}]


def test_a_question_goes_out_with_the_state_of_the_run(told):
    answer = told["questions"].last("explanation")
    assert answer["title"] == "step"
    assert len(answer["html"].split(",")) == 10
