"""One client's playground: messages, live changes, stops, steps, instant mode, many starts, branches, explanations."""

import asyncio
import json
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import koubai
from koubai.core.activations import ACTIVATIONS
from koubai.core.errors import KoubaiError
from koubai.core.initializers import NAMES as INITIALIZERS
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.schedules import SCHEDULES
from koubai.play import session as sessions
from koubai.play import telling
from koubai.play.branch import Branch
from koubai.play.datasets import DATASETS, MADE
from koubai.play.features import FEATURES
from koubai.play.maps import grid_inputs
from koubai.play.settings import ENDLESS, LOSSES, Settings

from .playing import kind_of, play


def kinds(messages):
    return [kind_of(message) for message in messages]


def test_a_client_is_greeted_with_all_choices_and_a_first_picture():
    async def story(player):
        assert kinds(player.told) == ["hello", "state", "data", "losses", "frame"]
        catalogue = player.told[0]["catalogue"]
        assert [each["name"] for each in catalogue["optimizers"]] == list(OPTIMIZERS)
        assert catalogue["initializers"] == list(INITIALIZERS)
        assert set(catalogue["schedules"]) == set(SCHEDULES) - set(ENDLESS)
        assert set(catalogue["activations"]) == set(ACTIVATIONS) - {"softmax"}
        assert {each["name"]: each["task"] for each in catalogue["datasets"]}["plane"] == "regression"
        header, blocks = player.last("frame")
        assert blocks["theta"] == pytest.approx(player.theta, rel=1e-6)
        assert blocks["output"].shape == (50, 50)
        assert blocks["nodes"].shape == (6, 50, 50)
        assert header["epoch"] == 0

    play(story)


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "dataset": st.sampled_from([name for name in DATASETS if name not in ("table", "points")]),
        "noise": st.sampled_from([0, 0.5]),
        "train_ratio": st.sampled_from([0.1, 0.9, 1]),
        "n_rows": st.sampled_from([20, 60]),
        "features": st.lists(st.sampled_from(list(FEATURES)), min_size=1, max_size=7, unique=True),
        "hidden": st.lists(st.integers(1, 6), max_size=8),
        "activations": st.lists(st.sampled_from(sorted(set(ACTIVATIONS) - {"softmax"})), max_size=8),
        "dropout": st.lists(st.sampled_from([0.0, 0.5]), max_size=8),
        "output": st.sampled_from(["auto", *ACTIVATIONS]),
        "loss": st.sampled_from(LOSSES),
        "optimizer": st.sampled_from(list(OPTIMIZERS)),
        "learning_rate": st.sampled_from([1e-6, 0.1, 100]),
        "schedule": st.sampled_from([name for name in SCHEDULES if name not in ENDLESS]),
        "l1": st.sampled_from([0, 1000]),
        "batch_size": st.sampled_from([1, 2000]),
        "init": st.sampled_from(INITIALIZERS),
        "mode": st.sampled_from(["network", "network", "perceptron"]),
        "axes": st.sampled_from(["pca", [0, 1], [3, 9999]]),
        "stop_at": st.sampled_from([None, 3]),
    },
)


@pytest.mark.slow
@settings(max_examples=40)
@given(CHOICES)
def test_any_choice_trains_and_is_drawn_or_gets_one_sentence(part):
    complaint, branch = None, None
    try:
        branch = Branch.of(Settings().changed({"n_rows": 40, **part}), {})
    except KoubaiError as error:
        complaint = str(error)
    if branch is None:
        assert re.fullmatch(r"[^\n]{20,400}\.", complaint)
        return
    branch.train(0.01, 3)
    for unit in ("example", "minibatch", "epoch"):
        branch.step(unit, 1)
    places = grid_inputs(branch.experiment, 12)
    assert len(telling.frame(branch, places, 12, True, {"id": 1})) > 500
    json.dumps(telling.state(branch, False, 1))
    assert branch.epoch >= 1


@pytest.mark.parametrize("name", MADE)
def test_made_data_come_in_both_kinds_and_from_their_seed(name):
    async def story(player):
        first = player.last("data")
        assert len(first["x"]) == 80
        assert sum(first["test"]) == 60
        assert set(first["label"]) == {0, 1} if MADE[name] == "classification" else max(map(abs, first["label"])) <= 1
        await player.settings(data_seed=1)
        assert player.last("data")["x"] != first["x"]
        await player.settings(data_seed=0)
        assert player.last("data") == first
        await player.settings(noise=0.5)
        assert (player.last("data")["x"], player.last("data")["label"]) != (first["x"], first["label"])

    play(story, dataset=name, n_rows=80, train_ratio=0.25)


def test_a_setting_that_does_not_suit_leaves_everything_as_it_was():
    async def story(player):
        await player.say("step")
        before = player.theta.copy(), player.last("state")
        for part in ({"hidden": [99]}, {"dataset": "table"}, {"dataset": "points"}, {"output": "softmax"}):
            (answer,) = await player.settings(**part)
            assert answer["type"] == "problem"
            assert not answer["text"].startswith("playground")
        await player.say("pause")
        np.testing.assert_array_equal(player.theta, before[0])
        assert player.last("state") == before[1]

    play(story)


def test_live_changes_keep_the_run_and_others_begin_a_new_one():
    async def story(player):
        await player.say("step", unit="epoch", count=5)
        theta = player.theta.copy()
        live = {"learning_rate": 0.1, "l1": 0.1, "l2": 0.1, "optimizer": "adam", "batch_size": 3, "schedule": "cosine"}
        for name, value in {**live, "activations": ["relu", "gelu"], "dropout": [0.5, 0], "pace": 2}.items():
            await player.settings(**{name: value})
            assert player.session.settings.as_json()[name] in (value, tuple(value) if isinstance(value, list) else 0)
            np.testing.assert_array_equal(player.theta, theta)
            assert player.session.moment.state.epoch == 5
        await player.say("step", unit="minibatch")
        assert not np.array_equal(player.theta, theta)
        await player.settings(hidden=[3, 3])
        assert player.session.moment.state.epoch == 0

    play(story)


def test_steps_of_every_size_go_through_the_same_rows():
    async def story(player):
        data, seen = player.last("data"), []
        n = data["test"].count(False)
        for _ in range(n):
            header, _ = [m for m in await player.say("step", unit="example") if kind_of(m) == "frame"][-1]
            seen += header["rows"]
        assert sorted(seen) == [row for row, test in enumerate(data["test"]) if not test]
        assert player.session.moment.state.epoch == 1
        await player.say("step", unit="minibatch")
        header, blocks = player.last("frame")
        assert len(header["rows"]) == 10
        assert header["epoch"] == pytest.approx(1 + 10 / n)
        assert blocks["deltas"].shape == (4 + 2 + 1,)
        assert blocks["activations"].shape == (4 + 2 + 1,)

    play(story, n_rows=60)


def test_a_perceptron_counts_its_mistakes_and_settles_only_if_a_line_divides():
    async def story(player):
        counted = []
        for _ in range(40):
            await player.say("step", unit="epoch")
            header, _ = player.last("frame")
            counted.append(header["mistakes"])
        assert header["all_mistakes"] == sum(counted) > 0
        return counted

    assert play(story, dataset="gauss", mode="perceptron")[-1] == 0
    assert min(play(story, dataset="xor", mode="perceptron")) > 0


def test_one_example_moves_the_line_by_the_learning_rule_alone():
    async def story(player):
        data, moved = player.last("data"), 0
        for _ in range(30):
            w = player.theta.copy()
            await player.say("step", unit="example")
            (row,) = player.last("frame")[0]["rows"]
            x, y = np.array([data["x"][row], data["y"][row], 1]), 2 * data["label"][row] - 1
            wrong = (1 if w @ x > 0 else -1) != y
            np.testing.assert_allclose(player.theta, w + 0.5 * y * x if wrong else w)
            moved += wrong
        assert player.last("frame")[0]["mistakes"] == moved > 0

    play(story, dataset="xor", mode="perceptron", learning_rate=0.5)


async def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


def test_a_run_stops_at_the_chosen_epoch_and_says_so():
    async def story(player):
        await player.say("run")
        await wait_for(lambda: not player.session.running)
        await player.session.task
        assert player.last("state")["epoch"] == player.last("frame")[0]["epoch"] == 137
        assert not player.last("state")["running"]
        (answer,) = await player.say("run")
        assert "is to end after epoch 137" in answer["text"]
        await player.say("run", until=150)
        await wait_for(lambda: not player.session.running)
        assert player.session.moment.state.epoch == 150

    play(story, stop_at=137, pace=0)


def test_frames_come_only_as_fast_as_they_are_acknowledged():
    async def story(player):
        first = player.session.frame_id
        await player.say("run")
        await wait_for(lambda: player.session.moment.state.epoch > 50)
        assert player.session.frame_id == first
        for _ in range(5):
            await player.say("ack", id=player.session.frame_id)
            known = player.session.frame_id
            await wait_for(lambda known=known: player.session.frame_id > known)
        await player.say("ack", id=10**9)  # frames that never were cannot be acknowledged
        assert player.session.acked <= player.session.frame_id
        await player.say("pause")
        stood = player.session.moment.state.epoch
        await asyncio.sleep(0.1)
        assert player.session.moment.state.epoch == stood

    play(story, pace=0)


def test_a_run_keeps_its_pace_and_a_new_pace_acts_at_once():
    async def story(player):
        begin = time.monotonic()
        await player.say("run")
        await wait_for(lambda: player.session.moment.state.epoch >= 11)
        assert 0.4 < time.monotonic() - begin < 5  # 10 epochs after the first, at 20 a second
        await player.settings(pace=0.01)
        await asyncio.sleep(0.1)
        slow = player.session.moment.state.epoch
        await asyncio.sleep(0.2)
        assert player.session.moment.state.epoch == slow
        await player.settings(pace=500)
        await wait_for(lambda: player.session.moment.state.epoch > slow + 50, 5)

    play(story, pace=20)


def test_divergence_stops_the_run_with_one_sentence_and_the_slider_leads_out_of_it():
    async def story(player):
        await player.say("run")
        await wait_for(lambda: not player.session.running)
        await player.session.task
        assert "diverged to NaN or infinity" in player.last("problem")["text"]
        header, _ = player.last("frame")
        assert header["train_loss"] is None
        await player.say("seek", position=0)
        assert np.isfinite(player.theta).all()

    play(story, dataset="plane", learning_rate=100, hidden=[4], activations=["identity"], pace=0)


def test_instant_mode_shows_what_training_from_the_start_gives():
    async def story(player):
        await player.say("step", unit="epoch", count=3)
        answers = await player.say("instant", epochs=500)
        header, _ = player.last("frame")
        assert header["instant"]
        assert header["epoch"] == 500
        assert kinds(answers)[-1] == "state"
        alone = Branch.of(player.session.settings, {})
        alone.train(60, 500)
        np.testing.assert_array_equal(player.theta, alone.moment.state.theta)

    play(story, hidden=[8, 8])


def test_instant_mode_gives_way_to_the_next_wish():
    async def story(player):
        long = asyncio.create_task(player.say("instant", epochs=5000))
        await wait_for(lambda: player.session.moment.state.epoch > 0)
        begin = time.monotonic()
        await player.say("pause")
        assert time.monotonic() - begin < 5  # of a minute and more
        await long
        assert 0 < player.session.moment.state.epoch < 5000

    play(story, hidden=[32] * 4, n_rows=2000)


def test_instant_mode_answers_before_the_hand_has_left_the_mouse():
    async def story(player):
        took = []
        for rate in np.geomspace(0.01, 0.1, 15):
            begin = time.process_time()  # which others on the machine take nothing from
            await player.settings(learning_rate=float(rate))
            await player.say("instant", epochs=500)
            took.append(time.process_time() - begin)
        assert np.median(took) < 0.15, took

    play(story, hidden=[8, 8], n_rows=250)


def test_many_starts_are_those_of_train_population_and_poor_ones_are_counted():
    async def story(player):
        await player.say("starts", count=20, epochs=150)
        await wait_for(lambda: player.session.starting.done())
        told = [m for m in player.told if kind_of(m) == "starts"]
        assert [m.get("done") for m in told] == [10, None]
        found, experiment = told[-1], player.session.experiment
        trained = koubai.train_population(
            experiment.network,
            experiment.train.inputs,
            experiment.train.targets,
            seeds=20,
            learning_rates=0.3,
            optimizers="sgd",
            epochs=150,
            batch_size=10,
        )
        losses = [experiment.losses(theta)[0] for theta in trained.thetas]
        assert found["losses"] == sorted(losses)
        maps = [experiment.engine.forward(experiment.network, t, grid_inputs(experiment, 40)) for t in trained.thetas]
        np.testing.assert_allclose(found["mean"], np.mean(maps, axis=0).ravel(), atol=1e-5)
        np.testing.assert_allclose(found["spread"], np.std(maps, axis=0).ravel(), atol=1e-5)
        assert found["n_poor"] == sum(loss > found["threshold"] for loss in losses)
        assert 0 < found["n_poor"] < 20

    play(story, dataset="xor", hidden=[2], learning_rate=0.3)


def test_a_start_that_diverges_is_poor_and_no_part_of_the_maps():
    async def story(player):
        await player.say("starts", count=4, epochs=100)
        await wait_for(lambda: player.session.starting.done())
        found = player.last("starts")
        assert found["n_poor"] == 4
        assert found["losses"] == [None] * 4
        assert set(found["mean"]) == {0}

    play(story, dataset="plane", learning_rate=100, hidden=[4], activations=["identity"])


def test_many_starts_of_a_perceptron_get_a_sentence():
    async def story(player):
        await player.say("starts")
        await wait_for(lambda: player.session.starting.done())
        assert "many starts need a network" in player.last("problem")["text"]

    play(story, mode="perceptron")


def test_starts_run_beside_training_and_end_with_their_client(monkeypatch):
    async def story(player):
        await player.say("starts", count=200, epochs=2000)
        begin = time.monotonic()
        await player.say("step", unit="epoch")
        assert time.monotonic() - begin < 5
        await player.session.close()
        assert player.session.starting.done()

    play(story, hidden=[32] * 8, n_rows=2000)


def test_two_branches_are_changed_between_and_dropped():
    async def story(player):
        (answer,) = await player.say("swap")
        assert "there must be two branches" in answer["text"]
        await player.say("step", unit="epoch", count=2)
        left = player.theta.copy()
        await player.say("branch")
        assert player.last("state")["timeline"]["branches"] == 2
        await player.settings(learning_rate=0.5)
        await player.say("step", unit="epoch", count=2)
        right = player.theta.copy()
        answers = await player.say("swap")
        assert kinds(answers) == ["state", "data", "losses", "frame"]
        np.testing.assert_array_equal(player.theta, left)
        assert player.last("state")["settings"]["learning_rate"] == 0.03
        assert player.last("losses")["whole"]
        await player.say("swap")
        np.testing.assert_array_equal(player.theta, right)
        assert player.last("state")["settings"]["learning_rate"] == 0.5
        await player.say("drop")
        assert player.last("state")["timeline"]["branches"] == 1

    play(story)


def test_a_failure_inside_the_server_gets_a_sentence_and_the_client_goes_on(monkeypatch, caplog):
    async def story(player):
        monkeypatch.setattr(sessions, "grid_inputs", lambda *_: 1 / 0)
        (answer,) = await player.say("view", grid=20)
        assert "The server could not do this (ZeroDivisionError)" in answer["text"]
        monkeypatch.undo()
        assert kinds(await player.say("step")) == ["losses", "frame", "state"]

    play(story)
    assert "ZeroDivisionError" in caplog.text


def test_a_map_is_as_fine_as_was_asked_for():
    async def story(player):
        await player.say("view", grid=17, maps=False)
        _, blocks = player.last("frame")
        assert blocks["output"].shape == (17, 17)
        assert "nodes" not in blocks

    play(story)


def numbers_in(html):
    """The numbers of a derivation as it is shown."""
    text = re.sub(r"<[^>]*>", " ", html.replace("−", "-").replace("\u2212", "-"))
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    "part", [{}, {"dataset": "penguins"}, {"dataset": "plane"}, {"mode": "perceptron", "dataset": "xor"}], ids=str
)
def test_every_question_is_answered_in_mathml(part, lang):
    async def story(player):
        await player.say("step", unit="minibatch")
        for what in ("node", "weight", "bias", "loss", "update", "step"):
            (answer,) = await player.say("explain", what=what, layer=1, row=3, lang=lang)
            assert answer["type"] == "explanation", answer
            assert "<math" in answer["html"]
            assert "<script" not in answer["html"]
            assert ("重み" in answer["html"] or "損失" in answer["html"] or "入力" in answer["html"]) == (lang == "ja")

    play(story, **part)


def test_the_running_step_is_explained_with_the_numbers_that_the_network_now_has():
    async def story(player):
        for unit in ("minibatch", "example"):
            before = player.theta[0]
            await player.say("step", unit=unit)
            (answer,) = await player.say("explain", what="step", layer=1, source=0, target=0)
            shown = numbers_in(answer["html"])
            for value in (before, player.theta[0]):
                assert any(abs(value - number) < 5e-5 for number in shown), (value, shown)

    play(story, optimizer="momentum")


def test_a_perceptron_s_step_is_explained_by_its_rule():
    async def story(player):
        for _ in range(4):
            await player.say("step", unit="example")
        (answer,) = await player.say("explain", what="step")
        shown = numbers_in(answer["html"])
        for value in player.theta:
            assert any(abs(abs(value) - abs(number)) < 5e-3 for number in shown), (value, shown)

    play(story, mode="perceptron", dataset="xor", learning_rate=0.5)


def test_questions_about_nothing_get_a_sentence():
    async def story(player):
        for part, words in (
            ({"what": "node", "layer": 9}, "layer"),
            ({"what": "weight", "target": 999}, "must"),
            ({"what": "update", "layer": 1, "source": 50}, "must"),
            ({"what": "loss", "row": 100_000}, "row must be below 250"),
        ):
            (answer,) = await player.say("explain", **part)
            assert answer["type"] == "problem"
            assert words in answer["text"]

    play(story)
