"""Rules, schedules and clipping against PyTorch, step by step in float64.

PyTorch is large and so no test dependency: without it this whole file is skipped. What it checks is checked without it
as well, against the papers (test_textbook.py), optax (test_against_optax.py) and known values (test_schedules.py).
"""

import numpy as np
import pytest

from koubai.optimizers.clipping import clip_by_norm
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer
from koubai.optimizers.schedules import Cosine, OneCycle, StepDecay

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed; its rules are also checked against other sources"
)

RULES = {
    "sgd": torch.optim.SGD,
    "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
    "nesterov": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
    "rmsprop": lambda p, lr: torch.optim.RMSprop(p, lr=lr, alpha=0.9),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "amsgrad": lambda p, lr: torch.optim.Adam(p, lr=lr, amsgrad=True),
}


def torch_path(make, start, gradients, rates):
    theta = torch.tensor(start, dtype=torch.float64)
    optimizer, path = make([theta], lr=float(rates[0])), []
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.param_groups[0]["lr"] = float(rate)
        theta.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(theta.detach().numpy().copy())
    return np.array(path)


def test_rules_without_counterpart():
    assert set(OPTIMIZERS) - set(RULES) == {"nadam", "lion"}


@pytest.mark.parametrize("name", RULES)
def test_along_given_gradients(name, gradients, rates, start, follow):
    if name in ("momentum", "nesterov"):  # α is inside the velocity here and outside of it there
        rates = np.full(200, 0.02)
    ours = follow(get_optimizer(name), start, gradients, rates)
    theirs = torch_path(RULES[name], start, gradients, rates)
    error = np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs).max(axis=0))
    assert error.max() < 1e-12


def test_torchs_nadam_differs_as_documented(gradients, rates, start, follow):
    ours = follow(get_optimizer("nadam"), start, gradients, rates)
    theirs = torch_path(torch.optim.NAdam, start, gradients, rates)
    assert np.abs(ours - theirs).max() > 1e-3


def scheduled(make, base_rate, n_steps):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=base_rate)
    schedule, rates = make(optimizer), []
    for _ in range(n_steps - 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return [*rates, optimizer.param_groups[0]["lr"]]


@pytest.mark.parametrize(("rise", "total"), [(0.3, 100), (0.3, 7), (0.0, 10), (0.45, 33), (1.0, 12)])
def test_one_cycle(rise, total):
    theirs = scheduled(
        lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.5, total_steps=total, pct_start=rise, cycle_momentum=False
        ),
        0.5,
        total,
    )
    ours = OneCycle(rise=rise).rates(0.5, 0, total, 1, total)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


def test_cosine_without_warmup():
    theirs = scheduled(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=50, eta_min=0.05), 0.5, 50)
    np.testing.assert_allclose(Cosine(warmup=0.0, floor=0.1).rates(0.5, 0, 50, 1, 50), theirs, rtol=1e-12)


def test_step_decay():
    theirs = scheduled(lambda o: torch.optim.lr_scheduler.StepLR(o, step_size=10, gamma=0.5), 0.5, 50)
    np.testing.assert_allclose(StepDecay(factor=0.5, every=10).rates(0.5, 0, 50, 1, 50), theirs, rtol=1e-14)


def test_clipping_differs_by_a_millionth(gradients):
    for gradient in gradients[:20]:
        vector = torch.zeros(6, dtype=torch.float64)
        vector.grad = torch.tensor(gradient)
        torch.nn.utils.clip_grad_norm_([vector], 100.0)
        np.testing.assert_allclose(clip_by_norm(gradient, 100.0), vector.grad.numpy(), rtol=2e-8)
