"""Learning rates and weight decays by group: each group's update is the rule's own with its numbers."""

import numpy as np
import pytest

from koubai.core.errors import ParameterError
from koubai.core.layers import Dense, Scaling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.optimizers.adamw import AdamW
from koubai.optimizers.groups import Factors, check_decays, step_by_groups
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer

NETWORK = Network((Scaling(2), Dense(2, 3), Dense(3, 1)), get_loss("half_squared_error"))
GROUPS = {"scales": [0, 1], "weights": [*range(2, 8), *range(11, 14)], "biases": [8, 9, 10, 14]}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_group_moves_as_by_a_rule_of_its_own(name: str) -> None:
    rng, rule = np.random.default_rng(0), get_optimizer(name)
    factors = Factors({"biases": 0.1, "scales": 6.0}, {"biases": 0.0, "weights": 2.0} if rule.decay else {})
    theta, slots = rng.normal(size=15), rule.init(np.zeros(15))
    for t in range(1, 4):
        gradient = rng.normal(size=15)
        after, slots_after = step_by_groups(NETWORK, factors, rule, theta, gradient, slots, t, 0.01, decay=0.5)
        for group, at in GROUPS.items():
            own = rule.with_decay(0.5 * factors.decays.get(group, 1.0))
            expected, kept = own.step(theta[at], gradient[at], slots[:, at], t, 0.01 * factors.rates.get(group, 1.0))
            np.testing.assert_array_equal(after[at], expected)
            np.testing.assert_array_equal(slots_after[:, at], kept)
        theta, slots = after, slots_after


def test_without_factors_it_is_the_rule_itself() -> None:
    rng, rule = np.random.default_rng(0), AdamW(weight_decay=0.3)
    theta, gradient, slots = rng.normal(size=15), rng.normal(size=15), rule.init(np.zeros(15))
    found = step_by_groups(NETWORK, Factors(), rule, theta, gradient, slots, 1, 0.01)
    for one, other in zip(found, rule.step(theta, gradient, slots, 1, 0.01), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_decay_of_half_is_half_the_decay() -> None:
    assert AdamW(weight_decay=0.3).with_decay(0.5) == AdamW(weight_decay=0.15)
    assert get_optimizer("adam").with_decay(0.5) == get_optimizer("adam")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Factors({"slopes": 1}),
            "Factors: rates must name groups of parameters, which are weights, biases, scales, embeddings, alphas; "
            "got 'slopes'. Try {'biases': 0.1}.",
        ),
        (
            lambda: Factors(decays={"biases": np.nan}),
            "Factors: decays must be finite numbers >= 0; got nan for biases. Try 0.1.",
        ),
        (
            lambda: Factors(0.1),
            "Factors: rates must be a mapping from groups of parameters to factors; got 0.1. Try {'biases': 0.1}.",
        ),
        (
            lambda: check_decays(get_optimizer("sgd"), Factors(), True, "train"),
            "train: decay_schedule must be left out with an optimizer without weight decay; got the optimizer sgd. "
            "Try the optimizer adamw.",
        ),
    ],
)
def test_what_is_refused(make, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message
