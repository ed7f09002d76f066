"""PyTorch's steps, rates and clipped gradients as numbers in a file: it is too large to be installed for every run.

With PyTorch installed, ``python -m tests.optimizers.pytorch`` computes and writes them anew.
"""

from pathlib import Path

import numpy as np
from tests.optimizers.paths import GRADIENTS, RATES, START

FILE = Path(__file__).with_name("pytorch.npz")
CONSTANT = np.full(200, 0.02)
ONE_CYCLES = [(0.3, 100), (0.3, 7), (0.0, 10), (0.45, 33), (1.0, 12)]
"""Rise and number of updates of the one-cycle schedules that are compared."""
FEW = 20
"""Gradients that are clipped."""


def rules(torch):
    """PyTorch's rules with our constants, by our names, and the learning rates that they are compared under.

    α is inside the velocity of momentum here and outside of it there, which is the same while α stays as it is.
    """
    optim = torch.optim
    return {
        "sgd": (optim.SGD, RATES),
        "momentum": (lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9), CONSTANT),
        "nesterov": (lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9, nesterov=True), CONSTANT),
        "adagrad": (optim.Adagrad, RATES),
        "adadelta": (optim.Adadelta, RATES),
        "rmsprop": (lambda p, lr: optim.RMSprop(p, lr=lr, alpha=0.9), RATES),
        "adam": (optim.Adam, RATES),
        "adamw": (optim.AdamW, RATES),
        "amsgrad": (lambda p, lr: optim.Adam(p, lr=lr, amsgrad=True), RATES),
        "nadam": (optim.NAdam, RATES),
    }


def path(torch, make, rates):
    """θ after every update along the given gradients, (n_steps, 6)."""
    theta = torch.tensor(START, dtype=torch.float64)
    optimizer, steps = make([theta], lr=float(rates[0])), []
    for gradient, rate in zip(GRADIENTS, rates, strict=True):
        optimizer.param_groups[0]["lr"] = float(rate)
        theta.grad = torch.tensor(gradient)
        optimizer.step()
        steps.append(theta.detach().numpy().copy())
    return np.array(steps)


def scheduled(torch, make, n_steps):
    """The learning rate of each update under a schedule from 0.5."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    schedule, rates = make(optimizer), []
    for _ in range(n_steps - 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return np.array([*rates, optimizer.param_groups[0]["lr"]])


def clipped(torch, gradient):
    """The gradient after its norm is clipped to 100."""
    vector = torch.zeros(6, dtype=torch.float64)
    vector.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_([vector], 100.0)
    return vector.grad.numpy().copy()


def computed(torch):
    """Everything that is compared, by name."""
    schedulers = torch.optim.lr_scheduler
    found = {f"path of {name}": path(torch, make, rates) for name, (make, rates) in rules(torch).items()}
    for rise, total in ONE_CYCLES:
        cycle = {"max_lr": 0.5, "total_steps": total, "pct_start": rise, "cycle_momentum": False}
        found[f"one cycle {rise} {total}"] = scheduled(torch, lambda o, c=cycle: schedulers.OneCycleLR(o, **c), total)
    found["cosine"] = scheduled(torch, lambda o: schedulers.CosineAnnealingLR(o, T_max=50, eta_min=0.05), 50)
    found["step decay"] = scheduled(torch, lambda o: schedulers.StepLR(o, step_size=10, gamma=0.5), 50)
    found["clipped"] = np.array([clipped(torch, gradient) for gradient in GRADIENTS[:FEW]])
    return found


def main():
    import torch

    np.savez_compressed(FILE, gradients=GRADIENTS, version=np.array(torch.__version__), **computed(torch))
    print(f"{FILE}: {FILE.stat().st_size} bytes, from PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
