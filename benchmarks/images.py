"""The lecture's small convolutional network on real images: an epoch of koubai and one of PyTorch, each by itself.

``python -m benchmarks.images FOLDER`` reads MNIST's four files, or Fashion-MNIST's, from a folder. Each contender has a
process of its own, which imports nothing of the other's: it reads the images as single precision from 0 to 1, trains
one epoch with Adam in batches of 128, as `examples/fashion_mnist` does, and tells the time and the most memory of the
process while it trained: all of it, and what training took besides what the process held when the images had been read.
"""

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

CONTENDERS = ("koubai", "torch")
Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


def memory(line: str) -> float:
    """Return a line of what Linux tells of this process's memory, MiB: VmRSS is now, VmHWM the most so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(each.split()[1]) for each in lines if each.startswith(line)) / 1024


def read(folder: Path, n: int | None) -> tuple[Images, Labels]:
    """Return training images (n, 28, 28), from 0 to 1, and their labels."""
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)[:n]
    with gzip.open(folder / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)[:n].astype(np.int64)
    return pixels.astype(np.float32) / np.float32(255), labels


def of_koubai(batch: int, threads: int) -> Callable[[Images, Labels], object]:
    """Return what trains an epoch of the lecture's network."""
    from koubai import Conv, ConvClassifier, Dense, Dropout, MaxPool

    layers = (
        *(Conv(32, 3), "relu", MaxPool(2), Conv(64, 3), "relu", MaxPool(2), Dropout(0.25)),
        *(Dense(128), "relu", Dropout(0.5)),
    )
    model = ConvClassifier(
        layers,
        schedule="constant",
        shifts=0,
        normalize=False,
        epochs=1,
        batch_size=batch,
        n_jobs=threads,
        random_state=0,
    )
    return model.fit


def of_torch(batch: int, threads: int) -> Callable[[Images, Labels], object]:
    """Return what trains an epoch of the lecture's network, eager; the images are the array's own memory."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    net = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.25), nn.Linear(1600, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)),
    ).to(memory_format=torch.channels_last)  # the faster of its two orders here
    adam, loss = torch.optim.Adam(net.parameters(), 1e-3), nn.CrossEntropyLoss()

    def epoch(x: Images, y: Labels) -> None:
        inputs, targets = torch.from_numpy(x).reshape(-1, 1, 28, 28), torch.from_numpy(y)
        order = torch.randperm(len(inputs))
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            adam.zero_grad()
            loss(net(inputs[chosen].contiguous(memory_format=torch.channels_last)), targets[chosen]).backward()
            adam.step()

    return epoch


MAKERS: dict[str, Callable[[int, int], Callable[[Images, Labels], object]]] = {
    "koubai": of_koubai,
    "torch": of_torch,
}


def measured(name: str, folder: Path, n: int | None, batch: int, threads: int) -> dict[str, float]:
    """Return what an epoch takes in this process, which has not worked before."""
    train = MAKERS[name](batch, threads)
    few = np.zeros((batch, 28, 28), np.float32), np.arange(batch, dtype=np.int64) % 10
    train(*few)  # libraries load some of their parts at the first step
    images, labels = read(folder, n)
    Path("/proc/self/clear_refs").write_text("5")  # Linux measures the most memory from here on
    held = memory("VmRSS")
    wall, processor = time.perf_counter(), time.process_time()
    train(images, labels)
    return {
        "held": held,
        "most": memory("VmHWM"),
        "seconds": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
    }


def in_a_process(name: str, given: argparse.Namespace) -> Any:
    """Return what is measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.images", str(given.folder), "--one", name]
    command += ["--batch", str(given.batch), "--threads", str(given.threads)]
    command += [] if given.images is None else ["--images", str(given.images)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of MNIST's files, packed")
    parser.add_argument("--images", type=int, metavar="N", help="the first N images only")
    parser.add_argument("--batch", type=int, default=128, help="images of an update (default: 128)")
    parser.add_argument("--threads", type=int, default=1, help="threads (default: 1)")
    parser.add_argument("--rounds", type=int, default=1, help="epochs of each, in turn (default: 1)")
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one, given.folder, given.images, given.batch, given.threads)))
        return
    names = [name for name in CONTENDERS if name != "torch" or find_spec("torch")]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(given.rounds):
        for name in names:
            found[name].append(in_a_process(name, given))
    for name, rounds in found.items():
        most, held = (max(each[key] for each in rounds) for key in ("most", "held"))
        seconds, processor = (min(each[key] for each in rounds) for key in ("seconds", "processor"))
        print(
            f"  {name:8} at most {most:.0f} MiB, {most - held:.0f} of them besides the images and what was loaded;"
            f" an epoch {seconds:.1f} s, {processor:.1f} s of processor time"
        )
    if "torch" in found:
        ratio = min(each["processor"] for each in found["torch"]) / min(each["processor"] for each in found["koubai"])
        print(f"  torch / koubai: {ratio:.2f} in processor time")


if __name__ == "__main__":
    main()
