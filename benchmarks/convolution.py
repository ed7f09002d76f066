"""The small convolutional network of the lecture's hands-on part: an epoch of koubai beside one of PyTorch, in one run.

``python -m benchmarks.convolution`` trains both in turn on the same random images. It tells the best and the middle
epoch of each, how near koubai is to the rate of the processor's matrix products, and the most memory that each took in
a process of its own. Without PyTorch it tells of koubai alone.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.layers import Convolution, Dense, MaxPooling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Plan, Rows, State
from koubai.optimizers.registry import get_optimizer

ROWS, ROUNDS = 1920, 5
CONTENDERS = ("koubai", "torch")


def network() -> Network:
    """Return 3×3 to 32, ReLU, pool, 3×3 to 64, ReLU, pool, dropout, 128, dropout, 10."""
    relu = get_activation("relu")
    layers = (
        Convolution((28, 28, 1), 32, 3, activation=relu),
        MaxPooling((26, 26, 32)),
        Convolution((13, 13, 32), 64, 3, activation=relu),
        MaxPooling((11, 11, 64), dropout=0.25),
        Dense(1600, 128, relu, dropout=0.5),
        Dense(128, 10, get_activation("softmax")),
    )
    return Network(layers, get_loss("cross_entropy"))


def images(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random images and classes, float32 and whole numbers."""
    rng = np.random.default_rng(0)
    return rng.random((n, 784), dtype=np.float32), rng.integers(0, 10, n)


def of_koubai(n: int, batch: int, threads: int) -> Callable[[], object]:
    """Return what trains one epoch of koubai's."""
    net, adam = network(), get_optimizer("adam")
    x, y = images(n)
    rows, plan = Rows(x, np.eye(10, dtype=np.float32)[y]), Plan(net, adam, batch_size=batch)
    theta = net.initial(np.random.default_rng(0), "he_normal", np.float32)
    state, engine = State(theta, adam.init(theta)), CPUEngine(threads)
    rates = np.full((1, plan.steps_per_epoch(n)), 1e-3)
    return lambda: engine.run(plan, state, rows, rates)


def of_torch(n: int, batch: int, threads: int) -> Callable[[], object]:
    """Return what trains one epoch of PyTorch's, eager, with the images in memory and shuffled as a whole."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    net = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.25), nn.Linear(1600, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)),
    ).to(memory_format=torch.channels_last)  # the faster of its two orders here
    adam, loss = torch.optim.Adam(net.parameters(), 1e-3), nn.CrossEntropyLoss()
    x, y = images(n)
    inputs, targets = torch.tensor(x).reshape(n, 1, 28, 28), torch.tensor(y)

    def epoch() -> None:
        order = torch.randperm(n)
        for start in range(0, n, batch):
            chosen = order[start : start + batch]
            adam.zero_grad()
            loss(net(inputs[chosen].contiguous(memory_format=torch.channels_last)), targets[chosen]).backward()
            adam.step()

    return epoch


MAKERS: dict[str, Callable[[int, int, int], Callable[[], object]]] = {"koubai": of_koubai, "torch": of_torch}


def seconds(run: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long a call takes by a clock."""
    begun = clock()
    run()
    return clock() - begun


def rate_of_products() -> float:
    """Return 10⁹ operations a second of a product of 512 × 512 matrices, by BLAS on one thread."""
    from threadpoolctl import threadpool_limits

    a = np.random.default_rng(0).random((512, 512), dtype=np.float32)
    with threadpool_limits(1):
        return 2 * 512**3 / min(seconds(lambda: a @ a, time.process_time) for _ in range(20)) / 1e9


def compared(n: int, batch: int, threads: int, rounds: int, names: tuple[str, ...]) -> None:
    """Train epochs in turn and print what they took; of one thread in processor time, since others may be at work."""
    clock = time.process_time if threads == 1 else time.perf_counter
    epochs = {name: MAKERS[name](n, batch, threads) for name in names}
    times: dict[str, list[float]] = {name: [] for name in names}
    for epoch in epochs.values():
        epoch()
    rates = []
    for _ in range(rounds):
        rates.append(rate_of_products())
        for name, epoch in epochs.items():
            times[name].append(seconds(epoch, clock))
    for name, own in times.items():
        best, middle = (1e6 / n * value for value in (min(own), statistics.median(own)))
        print(f"  {name:8} batch {batch}, {threads} threads: best {best:.0f} µs a row, middle {middle:.0f}")
    first = 2 * network().layers[0].n_products
    work = 6.0 * network().n_products - first  # nothing goes back to the image
    achieved = work * n / min(times["koubai"]) / 1e9
    print(f"  koubai: {achieved:.0f} of {max(rates) * threads:.0f} · 10⁹ operations a second that products reach")
    if "torch" in times:
        print(f"  torch / koubai: {min(times['torch']) / min(times['koubai']):.2f}")


def memory(name: str, n: int, batch: int, threads: int) -> Any:
    """Return the most memory of a process, MB: before the first epoch, and after two."""
    command = [sys.executable, "-m", "benchmarks.convolution", "--memory-of", name]
    command += ["--rows", str(n), "--batch", str(batch), "--threads", str(threads)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak() -> float:
    """Return the most memory of this process so far, MB, as Linux tells it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS, help=f"images of an epoch (default: {ROWS})")
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128], help="rows of an update (default: 32 128)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="threads (default: 1 2)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"epochs of each (default: {ROUNDS})")
    parser.add_argument("--memory-of", choices=CONTENDERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory_of:
        epoch = MAKERS[given.memory_of](given.rows, given.batch[0], given.threads[0])
        before = peak()
        epoch()
        epoch()
        print(json.dumps([before, peak()]))
        return
    names = CONTENDERS if find_spec("torch") else CONTENDERS[:1]
    for threads in given.threads:
        for batch in given.batch:
            compared(given.rows, batch, threads, given.rounds, names)
    for name in names:
        before, after = memory(name, given.rows, max(given.batch), given.threads[0])
        print(f"  {name:8} at most {after:.0f} MB, {after - before:.0f} of them since the first epoch began")


if __name__ == "__main__":
    main()
