"""A prediction in the target's own unit: standardised or divided by its mean, and where predictions end."""

import numpy as np
import pytest

from koubai.core.network import Network
from koubai.explain.network.naming import Names
from koubai.explain.network.passes import forward
from koubai.views.explanation.showing import render


@pytest.mark.parametrize(
    ("bounds", "answer"), [(None, ""), ((0.0, 500.0), ""), ((0.0, 40.0), "40"), ((90.0, 100.0), "90")]
)
def test_an_answer_that_is_bounded_is_said(bounds: tuple[float, float] | None, answer: str) -> None:
    network = Network.dense((1, 1), output="identity")  # 20 · (2 · 1 + 1) + 10 = 70
    names = Names(("x",), (), ("price", 10.0, 20.0), bounds)
    text = " ".join(render(forward(network, np.array([2.0, 1.0]), np.array([1.0]), names=names), "text", "en").split())
    assert "with mean m and standard deviation s" in text
    assert ("This is far from every target seen in training" in text) == bool(answer)
    assert f"so the model answers {answer}." in text or not answer


def test_a_target_divided_by_its_mean_is_multiplied_by_it() -> None:
    network = Network.dense((1, 1), output="exponential", loss="poisson")
    names = Names(("x",), (), ("price", 0.0, 20.0))
    text = " ".join(render(forward(network, np.array([0.0, 0.0]), np.array([1.0]), names=names), "text", "en").split())
    assert "the network was trained on the target divided by its mean s" in text
    assert "+ m" not in text
    assert "20" in text
