"""What a client may say: every part is bounded, and whatever else comes gets one sentence."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.errors import ParameterError
from koubai.play.messages import LONGEST, MESSAGES, parse
from koubai.play.settings import CHECKS, LIVE, OF_DATA, VIEW, Settings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(list(CHECKS)),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=9), each, max_size=4),
    max_leaves=12,
)
PARTS = st.sampled_from(sorted({name for parts in MESSAGES.values() for name in parts} | {"type", "x"}))


def refused(text):
    """The sentence with which a message is refused."""
    with pytest.raises(ParameterError) as caught:
        parse(text)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 500
    return sentence


def parsed(text):
    """The complaint about a message, or its kind and parts."""
    try:
        return "", parse(text)
    except ParameterError as error:
        return str(error), None


def test_every_kind_may_be_said_with_nothing_but_its_type():
    for kind, allowed in MESSAGES.items():
        found, parts = parse(json.dumps({"type": kind}))
        assert found == kind
        assert set(parts) == set(allowed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be JSON"),
        ("{", "must be JSON"),
        ("\x00\x01\x7f", "must be JSON"),
        ("[" * 100_000, "must be JSON"),
        ('{"a":' * 50_000, "must be JSON"),
        ("9" * 10_000, "must be JSON"),
        ('{"type": "edit", "value": NaN}', "must be JSON"),
        ('{"type": "edit", "value": -Infinity}', "must be JSON"),
        ('{"type": "edit", "value": 1e999}', "value must be a number from -1e+06 to 1e+06; got inf"),
        ('{"type": "edit", "value": true}', "value must be a number"),
        ('{"type": "edit", "value": 1' + "0" * 400 + "}", "value must be a number"),
        ('{"type": "step", "count": 1' + "0" * 400 + "}", "count must be a whole number from 1 to 1000"),
        ('{"type": "step", "count": 1.5}', "count must be a whole number"),
        ('{"type": "step", "unit": "aeon"}', "unit must be one of example, minibatch, epoch; got 'aeon'"),
        ("[]", "must be an object with a type"),
        ('{"type": 3}', "must be an object with a type"),
        ('{"type": "eval"}', "type must be one of settings, run, pause"),
        ('{"type": "' + "x" * 1000 + '"}', "type must be one of"),
        ('{"type": "run", "code": "import os"}', "run has no part 'code'; it may have until"),
        ('{"type": "look", "pixels": [1.5]}', "pixels[0] must be a number from 0 to 1; got 1.5"),
        ('{"type": "view", "grid": 100000}', "grid must be a whole number from 10 to 100"),
        ('{"type": "starts", "count": 1000000}', "count must be a whole number from 1 to 200"),
        ('{"type": "ack", "id": "\\ud800"}', "id must be a whole number"),
        ('{"type": "settings", "x": "' + "y" * LONGEST + '"}', f"at most {LONGEST} characters"),
    ],
)
def test_what_is_no_message_gets_one_sentence(text, words):
    assert words in refused(text)


@given(st.text() | JSON.map(json.dumps))
def test_any_text_is_a_message_or_gets_one_sentence(text):
    complaint, found = parsed(text)
    assert "\n" not in complaint
    assert bool(complaint) != bool(found)


@settings(max_examples=100)
@given(st.sampled_from(sorted(MESSAGES)), st.dictionaries(PARTS, JSON, max_size=3))
def test_parts_that_get_through_are_what_they_must_be(kind, parts):
    complaint, found = parsed(json.dumps({**parts, "type": kind}))
    assert complaint == "" or complaint.startswith("playground: ")
    for value in found[1].values() if found else ():
        assert not isinstance(value, float) or math.isfinite(value)
        assert isinstance(value, int | float | str | dict | list | bool | None)


BAD = {
    "dataset": "mnist",
    "noise": 0.51,
    "train_ratio": 1.05,
    "n_rows": 5,
    "data_seed": -1,
    "table": "x" * 65,
    "target": "\ud800",
    "columns": [],
    "points": [[0, 0]],
    "axes": [0],
    "features": ["x3"],
    "hidden": [33],
    "activations": ["softmax"],
    "dropout": [1.0],
    "filters": [17],
    "kernel_sizes": [1],
    "map_activation": "softmax",
    "pooling": "least",
    "output": "sine",
    "loss": "zero_one",
    "optimizer": "magic",
    "learning_rate": 0,
    "schedule": "adaptive",
    "l1": -1,
    "l2": 1e9,
    "batch_size": 0,
    "init": "none",
    "seed": 2**31,
    "mode": "brain",
    "pace": -1,
    "stop_at": 0,
    "discretize": 1,
    "show_test": "yes",
    "hide": [1],
    "lesson": "l" * 61,
}


def test_every_setting_has_bounds_and_a_sentence_that_names_it():
    assert set(BAD) == set(CHECKS)
    for name, value in BAD.items():
        with pytest.raises(ParameterError, match=rf"^playground: {name}(\[0\])? must be .*; got .*\.$"):
            Settings().changed({name: value})


def test_ten_thousand_layers_and_other_masses_are_refused():
    for part, words in (
        ({"hidden": [4] * 10_000}, "hidden must be a list of 0 to 8 values"),
        ({"hidden": [10**9]}, r"hidden\[0\] must be a whole number from 1 to 32"),
        ({"points": [[0, 0, 1]] * 2001}, "points must be a list of 0 to 2000 values"),
        ({"hide": ["x"] * 61}, "hide must be a list of 0 to 60 values"),
        ({"n_rows": 10**9}, "n_rows must be a whole number from 20 to 2000"),
        ({"x" * 10_000: 1}, "a setting must be one of"),
        ([1, 2], "settings must be an object"),
    ):
        with pytest.raises(ParameterError, match=words) as caught:
            Settings().changed(part)
        assert len(str(caught.value)) < 600


def test_every_setting_is_of_one_kind():
    assert not LIVE & OF_DATA
    assert set(CHECKS) >= LIVE | OF_DATA | VIEW
    assert VIEW <= LIVE


def test_all_that_issues_of_other_playgrounds_ask_for_is_inside_the_bounds():
    most = {"hidden": [32] * 8, "activations": ["gelu"] * 8, "dropout": [0.9] * 8, "features": ["x1"], "n_rows": 2000}
    found = Settings().changed(most)
    assert found.hidden == (32,) * 8
    assert Settings().changed(found.as_json()) == found


@given(st.dictionaries(st.sampled_from(sorted(CHECKS)), JSON, max_size=3))
def test_settings_survive_the_link(part):
    try:
        found = Settings().changed(part)
    except ParameterError:
        return
    assert Settings().changed(json.loads(json.dumps(found.as_json()))) == found
