"""Time travel: going back brings back every number, nothing of the future is lost before something new is done."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.errors import ParameterError
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.schedules import SCHEDULES
from koubai.play import curve as curves
from koubai.play import timeline as timelines
from koubai.play.branch import Branch
from koubai.play.curve import Curve, Place
from koubai.play.journal import MOST, Journal
from koubai.play.replay import replay
from koubai.play.settings import ENDLESS, Settings

SMALL = {"hidden": [3], "n_rows": 40, "batch_size": 7}


def run(**part):
    return Branch.of(Settings().changed({**SMALL, **part}), {})


def changed(branch, **part):
    return branch.changed(branch.settings.changed(part), {})


def again(branch):
    """θ after everything that the journal says has been done again from nothing."""
    return replay(branch.journal.settings, branch.journal.entries(), {})[1].state.theta


def test_going_back_and_forth_brings_back_theta_memory_settings_and_losses():
    branch = run(optimizer="adam")
    seen = [branch.moment.copy()]
    for number in range(6):
        if number == 3:
            changed(branch, optimizer="momentum", learning_rate=0.01)
            seen[-1] = branch.moment.copy()  # a change belongs to the moment at which it was made
        branch.train(10, 2)
        seen.append(branch.moment.copy())
    curve = [place.train for place in branch.curve.places]
    for position in (0, 5, 2, 6, 3):
        branch.seek(position)
        np.testing.assert_array_equal(branch.moment.state.theta, seen[position].state.theta)
        np.testing.assert_array_equal(branch.moment.state.slots, seen[position].state.slots)
        assert branch.settings.optimizer == ("adam" if position < 3 else "momentum")
        told = branch.curve.news()
        assert told["whole"]
        assert told["train"] == curve[: position + 1]
        np.testing.assert_array_equal(again(branch), branch.moment.state.theta)


def test_what_is_done_after_going_back_takes_the_place_of_the_future():
    branch = run()
    for _ in range(5):
        branch.train(10, 3)
    branch.seek(2)
    branch.train(10, 4)
    assert [past.moment.state.epoch for past in branch.timeline.pasts] == [0, 3, 6, 10]
    assert [place.epoch for place in branch.curve.places] == [0, 3, 6, 10]
    assert branch.journal.entries() == [{"epochs": 10}]


def test_a_change_in_the_past_leaves_the_future_until_training_goes_on():
    branch = run()
    for _ in range(3):
        branch.train(10, 3)
    branch.seek(1)
    changed(branch, learning_rate=0.5)
    assert len(branch.timeline.pasts) == 4
    branch.seek(3)
    assert branch.settings.learning_rate == 0.03
    np.testing.assert_array_equal(again(branch), branch.moment.state.theta)
    branch.seek(1)
    assert branch.settings.learning_rate == 0.5


def test_the_view_and_the_epoch_to_stop_at_stay_when_one_goes_back():
    branch = run()
    branch.train(10, 3)
    changed(branch, discretize=True, stop_at=100)
    branch.train(10, 3)
    branch.seek(0)
    assert branch.settings.discretize
    assert branch.settings.stop_at == 100


def test_a_change_before_the_first_update_leaves_edited_weights():
    branch = run()
    branch.edit({"layer": 1, "source": 0, "target": 0, "bias": False, "value": 3.0})
    changed(branch, learning_rate=0.1)
    assert branch.moment.state.theta[0] == 3.0


def test_an_edit_of_a_weight_that_is_not_there_changes_nothing():
    branch = run()
    before = branch.moment.state.theta.copy()
    with pytest.raises(ParameterError, match="weight to change must belong to the network"):
        branch.edit({"layer": 1, "source": 0, "target": 9, "bias": False, "value": 3.0})
    np.testing.assert_array_equal(branch.moment.state.theta, before)
    assert branch.journal.entries() == []


def test_two_branches_share_nothing():
    branch = run(optimizer="adam")
    branch.train(10, 5)
    other = branch.copy()
    left = other.moment.state.theta.copy()
    branch.train(10, 5)
    branch.step("minibatch", 2)
    np.testing.assert_array_equal(other.moment.state.theta, left)
    assert (other.epoch, len(other.timeline.pasts), len(other.curve.places)) == (5, 2, 2)
    np.testing.assert_array_equal(again(other), left)
    np.testing.assert_array_equal(again(branch), branch.moment.state.theta)


def test_an_hour_s_past_is_thinned_out_evenly_and_keeps_first_and_last(monkeypatch):
    monkeypatch.setattr(timelines, "MOST_MOMENTS", 50)
    monkeypatch.setattr(curves, "MOST", 60)
    branch = run(hidden=[1], n_rows=20)
    for _ in range(1000):
        branch.train(10, 1)
        assert len(branch.timeline.pasts) <= 50
        assert len(branch.curve.places) <= 60
    for epochs in (
        [past.moment.state.epoch for past in branch.timeline.pasts],
        [place.epoch for place in branch.curve.places],
    ):
        assert (epochs[0], epochs[-1]) == (0, 1000)
        assert np.diff(epochs).max() <= 3 * np.median(np.diff(epochs))
        assert len(epochs) >= 25
    branch.seek(10)
    np.testing.assert_array_equal(again(branch), branch.moment.state.theta)


def test_steps_by_hand_are_not_thinned_out_with_what_ran_by_itself(monkeypatch):
    monkeypatch.setattr(timelines, "MOST_MOMENTS", 50)
    branch = run(hidden=[1], n_rows=20)
    for _ in range(200):
        branch.train(10, 1)
    for _ in range(5):
        branch.step("example", 1)
    assert [past.moment.cursor for past in branch.timeline.pasts[-5:]] == [1, 2, 3, 4, 5]


def test_a_client_is_told_every_kept_loss_once():
    curve, page = Curve(), []
    for serial in range(10_000):
        curve.note(Place(serial, float(serial), 0.0, 0.0))
        if serial % 7 == 0:
            news = curve.news()
            page = news["epochs"] if news["whole"] else page + news["epochs"]
            assert page == sorted(set(page))
            assert page[-1] == serial
            assert len(page) <= 3 * curves.MOST
    assert page[0] == 0


def test_a_journal_grows_by_what_was_done_and_not_by_how_long_it_took():
    journal = Journal({})
    for _ in range(1000):
        journal.write({"epochs": 1})
        journal.write({"epochs": 2})
    for value in range(1000):
        journal.write({"edit": {"layer": 1, "source": 0, "target": 0, "bias": False, "value": value}})
    for _ in range(1000):
        journal.write({"step": "example", "count": 1})
    assert journal.entries() == [
        {"epochs": 3000},
        {"edit": {"layer": 1, "source": 0, "target": 0, "bias": False, "value": 999}},
        {"step": "example", "count": 1000},
    ]
    for number in range(2 * MOST):
        journal.write({"edit": {"layer": 1, "source": number % 2, "target": 0, "bias": False, "value": 0}})
    assert journal.is_full
    assert len(journal.entries()) == MOST + 1


LIVE_CHANGES = st.one_of(
    st.fixed_dictionaries({"optimizer": st.sampled_from(sorted(OPTIMIZERS))}),
    st.fixed_dictionaries({"learning_rate": st.floats(1e-4, 0.5)}),
    st.fixed_dictionaries({"schedule": st.sampled_from([name for name in SCHEDULES if name not in ENDLESS])}),
    st.fixed_dictionaries({"l1": st.floats(0, 0.01), "l2": st.floats(0, 0.01)}),
    st.fixed_dictionaries({"batch_size": st.integers(1, 30)}),
    st.fixed_dictionaries({"activations": st.sampled_from([["relu"], ["sigmoid"], ["tanh"]])}),
    st.fixed_dictionaries({"dropout": st.sampled_from([[0.0], [0.3]])}),
    st.fixed_dictionaries({"stop_at": st.sampled_from([None, 40, 900])}),
    st.fixed_dictionaries({"discretize": st.booleans(), "pace": st.sampled_from([0, 3])}),
)
ACTIONS = st.one_of(
    st.tuples(st.just("train"), st.integers(1, 12)),
    st.tuples(st.just("step"), st.sampled_from(["example", "minibatch", "epoch"]), st.integers(1, 4)),
    st.tuples(st.just("edit"), st.integers(0, 1), st.integers(0, 2), st.booleans(), st.floats(-3, 3)),
    st.tuples(st.just("change"), LIVE_CHANGES),
    st.tuples(st.just("seek"), st.integers(0, 30)),
    st.tuples(st.just("swap")),
    st.tuples(st.just("branch")),
)


@settings(max_examples=60)
@given(st.lists(ACTIONS, min_size=1, max_size=14), st.integers(0, 5), st.sampled_from(["xor", "plane"]))
def test_whatever_was_done_the_journal_does_it_again_to_the_last_bit(actions, seed, dataset):
    branch, other = run(seed=seed, dataset=dataset), None
    for kind, *parts in actions:
        match kind:
            case "train":
                branch.train(10, parts[0])
            case "step":
                branch.step(*parts)
            case "edit":
                source, target, bias, value = parts
                branch.edit({"layer": 1, "source": source, "target": target, "bias": bias, "value": value})
            case "change":
                assert changed(branch, **parts[0]) is branch
            case "seek":
                branch.seek(parts[0])
            case "branch":
                other = branch.copy()
            case "swap" if other is not None:
                branch, other = other, branch
    for each in filter(None, (branch, other)):
        assert again(each).tobytes() == each.moment.state.theta.tobytes()
