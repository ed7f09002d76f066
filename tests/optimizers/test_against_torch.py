"""Rules, schedules and clipping against PyTorch, step by step in float64: against its numbers in `pytorch.npz`, and
these against PyTorch itself where it is installed.
"""

import numpy as np
import pytest
from tests.optimizers import pytorch
from tests.optimizers.paths import GRADIENTS, RATES, START, follow, given_gradient

from koubai.optimizers.clipping import clip_by_norm
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.schedules import Cosine, OneCycle, StepDecay

RULES = ("sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "amsgrad")
"""Those that PyTorch defines alike."""


@pytest.fixture(scope="module")
def theirs():
    """PyTorch's numbers by name."""
    with np.load(pytorch.FILE) as file:
        return dict(file)


def test_the_numbers_in_the_file_are_pytorchs_own(theirs):
    reason = "PyTorch is not installed: rules are compared with its recorded numbers, which are not made anew"
    torch = pytest.importorskip("torch", reason=reason)
    now = pytorch.computed(torch)
    assert set(theirs) - set(now) == {"gradients", "version"}
    for name, numbers in now.items():
        np.testing.assert_allclose(theirs[name], numbers, rtol=1e-13, atol=1e-300, err_msg=name)


def test_the_numbers_belong_to_the_gradients_that_are_followed_here(theirs):
    np.testing.assert_array_equal(theirs["gradients"], GRADIENTS)


def test_every_path_in_the_file_is_compared(theirs):
    recorded = {name.removeprefix("path of ") for name in theirs if name.startswith("path of ")}
    assert recorded == {*RULES, "nadam"}


@pytest.mark.parametrize("name", RULES)
def test_along_given_gradients(name, theirs):
    rates = pytorch.CONSTANT if name in ("momentum", "nesterov") else RATES
    ours, other = follow(get_optimizer(name), START, given_gradient, rates), theirs[f"path of {name}"]
    error = np.abs(ours - other) / np.maximum(1.0, np.abs(other).max(axis=0))
    assert error.max() < 1e-12


def test_torchs_nadam_differs_as_documented(theirs):
    ours = follow(get_optimizer("nadam"), START, given_gradient, RATES)
    assert np.abs(ours - theirs["path of nadam"]).max() > 1e-3


@pytest.mark.parametrize(("rise", "total"), pytorch.ONE_CYCLES)
def test_one_cycle(rise, total, theirs):
    ours = OneCycle(rise=rise).rates(0.5, 0, total, 1, total)
    np.testing.assert_allclose(ours, theirs[f"one cycle {rise} {total}"], rtol=1e-12, atol=1e-15)


def test_cosine_without_warmup(theirs):
    np.testing.assert_allclose(Cosine(warmup=0.0, floor=0.1).rates(0.5, 0, 50, 1, 50), theirs["cosine"], rtol=1e-12)


def test_step_decay(theirs):
    ours = StepDecay(factor=0.5, every=10).rates(0.5, 0, 50, 1, 50)
    np.testing.assert_allclose(ours, theirs["step decay"], rtol=1e-14)


def test_clipping_differs_by_a_millionth(theirs):
    for gradient, other in zip(GRADIENTS[: pytorch.FEW], theirs["clipped"], strict=True):
        np.testing.assert_allclose(clip_by_norm(gradient, 100.0), other, rtol=2e-8)
