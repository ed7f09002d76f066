"""The record of epochs: what goes in as columns comes out as epochs, and survives storage with its types."""

import numpy as np
import pytest

from koubai.training.history import Epoch, History


@pytest.fixture
def history() -> History:
    history = History()
    history.extend([3.0, 2.0, 1.0], [0.1, 0.1, 0.1], 0.3)
    history.extend([0.5], [0.05], 0.2, score=np.nan)
    history.extend([0.25], [0.05], 0.2, score=0.75)
    history.stopped = "patience"
    return history


def test_epochs_of_one_call_share_its_time(history: History) -> None:
    assert history[0] == Epoch(1, 3.0, None, 0.1, pytest.approx(0.1))
    assert history[-1] == Epoch(5, 0.25, 0.75, 0.05, 0.2)


def test_it_is_a_sequence(history: History) -> None:
    assert len(history) == 5
    assert [epoch.number for epoch in history] == [1, 2, 3, 4, 5]
    assert [epoch.number for epoch in history[1:3]] == [2, 3]
    with pytest.raises(IndexError):
        history[5]


def test_columns_tell_a_missing_score_from_one_that_is_not_a_number(history: History) -> None:
    again = History.from_tensors(history.tensors(), history.stopped)
    assert again.losses == history.losses
    assert again.seconds == history.seconds
    assert again.learning_rates == history.learning_rates
    assert again.stopped == "patience"
    assert again.validation_scores[:3] == [None, None, None]
    assert np.isnan(again.validation_scores[3])
    assert again.validation_scores[4] == 0.75
