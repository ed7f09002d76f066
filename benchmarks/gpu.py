"""Training on a GPU: koubai's engine on JAX beside plain JAX and PyTorch, eager and compiled, in turns.

``python -m benchmarks.gpu`` measures the rows of docs/performance.md, populations, and a convolutional network, within
``--seconds`` in all (540 by default), and prints a table; ``--out`` keeps the numbers. Every contender is warmed up, so
that compilation is left out, and its result is compared with koubai's first. Without a GPU it says so and ends, unless
``--on cpu`` asks for a try of the script itself.
"""

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import numpy as np

from benchmarks.cases import POPULATION, TRAINING, Case
from benchmarks.data import Data, make_data
from benchmarks.peers import jax as plain_jax
from benchmarks.peers.koubai import EngineTrainer, PopulationTrainer
from koubai.core.activations import get_activation
from koubai.core.layers import Convolution, Dense, MaxPooling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.xla.engine import JaxEngine
from koubai.optimizers.adam import Adam

ROUNDS = 5
POPULATIONS = tuple(replace(POPULATION[0], name=f"population-{n}", networks=n) for n in (1000, 10000))


class OnJax(EngineTrainer):
    """``JaxEngine.run``."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        super().__init__(case, data, dtype, threads, shuffle)
        self.engine = JaxEngine()


class PopulationOnJax(PopulationTrainer):
    """``JaxEngine.run_population``."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        super().__init__(case, data, dtype, threads, shuffle)
        self.engine = JaxEngine()  # type: ignore[assignment]  # the same verbs


def torch_trainers(device: str) -> dict[str, Any]:
    """Return PyTorch's trainers on a device; none if PyTorch is not installed."""
    if find_spec("torch") is None:
        return {}
    import torch

    from benchmarks.peers.torch import EagerTrainer, layers_of, make_network, make_step

    def wait() -> None:
        if device != "cpu":
            torch.cuda.synchronize()

    class Eager(EagerTrainer):
        """Module by module."""

        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.inputs, self.targets = self.inputs.to(device), self.targets.to(device)
            self.model.to(device)

        def batches(self) -> Iterator[Any]:
            inputs, targets = self.inputs, self.targets
            if self.shuffle:
                order = torch.randperm(len(inputs), device=device)
                inputs, targets = inputs[order], targets[order]
            return zip(inputs.split(self.case.batch), targets.split(self.case.batch), strict=True)

        def train(self) -> None:
            super().train()
            wait()

        def theta(self) -> Any:
            here = copy.copy(self)
            here.model = copy.deepcopy(self.model).cpu()
            return EagerTrainer.theta(here)

    class Compiled(Eager):
        """A whole step in one compiled graph."""

        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            torch.compiler.reset()
            self.step = make_step(self.case)
            for skip_guards in (False, True):
                torch.compiler.set_stance(skip_guard_eval_unsafe=skip_guards)
                self.start()
                for batch in self.batches():
                    self.step(self.parameters, self.m, self.v, self.t, *batch)

        def start(self) -> None:
            parts = [part for layer in layers_of(self.case, self.initial) for part in layer]
            self.parameters = [torch.from_numpy(part.copy()).to(device) for part in parts]
            self.m, self.v = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))
            self.t = torch.zeros(1, dtype=self.inputs.dtype, device=device)

        def train(self) -> None:
            for _ in range(self.case.epochs):
                for batch in self.batches():
                    self.step(self.parameters, self.m, self.v, self.t, *batch)
            wait()

        def theta(self) -> Any:
            numbers = [p.cpu().numpy() for p in self.parameters]
            return make_network(self.case).pack(numbers[::2], numbers[1::2], self.initial.dtype)[np.newaxis]

    return {"PyTorch eager": Eager, "PyTorch compiled": Compiled}


@dataclass
class Row:
    """A row of the table: seconds of each contender, and how far its θ is from koubai's, or why it has none."""

    name: str
    unit: str
    per: float
    seconds: dict[str, float]
    difference: dict[str, Any]

    def line(self) -> str:
        """The row as text, in the unit."""
        first = next(iter(self.seconds.values()))
        parts = [f"{name} {seconds / self.per:.4g} ({seconds / first:.2f})" for name, seconds in self.seconds.items()]
        return f"{self.name:16} {self.unit:10} " + "   ".join(parts)


def measured(case: Case, contenders: dict[str, Any], dtype: str, until: float) -> Row:
    """Measure a case: the median of rounds in which contenders take turns."""
    data, ready, first = make_data(case, dtype), {}, None
    difference: dict[str, Any] = {}
    for name, make in contenders.items():
        try:
            trainer = make(case, data, dtype, 1, False)
            trainer.start()
            trainer.train()  # warm-up, in the same order of rows for all
        except Exception as error:  # a contender that cannot do the work leaves the others their numbers
            difference[name] = f"{type(error).__name__}: {str(error)[:200]}"
            continue
        theta = trainer.theta()
        first = theta if first is None else first
        difference[name] = float(np.abs(theta - first).max() / np.abs(first).max())
        ready[name] = make(case, data, dtype, 1, True)
        ready[name].start()
        ready[name].train()
    times: dict[str, list[float]] = {name: [] for name in ready}
    for number in range(ROUNDS):
        if number and time.perf_counter() > until:
            break
        for name, trainer in ready.items():
            trainer.start()
            begin = time.perf_counter()
            trainer.train()
            times[name].append(time.perf_counter() - begin)
    many = case.networks > 1
    medians = {name: float(np.median(found)) for name, found in times.items()}
    return Row(case.name, "s" if many else "us a step", 1 if many else case.steps / 1e6, medians, difference)


def convolution(dtype: str, rows: int = 4096) -> Row:
    """Measure 28×28 images through 32 and 64 filters of 3×3 with pooling, then 128 nodes and 10 classes, batch 128."""
    relu = get_activation("relu")
    layers = (
        Convolution((28, 28, 1), 32, 3, activation=relu), MaxPooling((26, 26, 32)),
        Convolution((13, 13, 32), 64, 3, activation=relu), MaxPooling((11, 11, 64)),
        Dense(1600, 128, relu), Dense(128, 10, get_activation("softmax")),
    )  # fmt: skip
    network = Network(layers, get_loss("cross_entropy"))
    rng = np.random.default_rng(0)
    data = Rows(rng.random((rows, 784)).astype(dtype), np.eye(10)[rng.integers(0, 10, rows)].astype(dtype))
    plan = Plan(network, Adam(), batch_size=128)
    engine, theta = JaxEngine(), network.initial(rng, dtype=np.dtype(dtype))
    rates = np.full((1, plan.steps_per_epoch(rows)), 1e-3)
    times = []
    for _ in range(ROUNDS + 1):
        state = State(theta.copy(), plan.optimizer.init(theta))
        begin = time.perf_counter()
        engine.run(plan, state, data, rates)
        times.append(time.perf_counter() - begin)
    return Row("convolution", "us a step", rates.size / 1e6, {"koubai": float(np.median(times[1:]))}, {"koubai": 0.0})


def all_rows(device: str, dtype: str, until: float) -> Iterator[Callable[[], Row]]:
    """Yield what measures each row, the most telling first."""
    many = {"koubai": PopulationOnJax, "plain JAX": plain_jax.Trainer, "koubai on the CPU": PopulationTrainer}
    one = {"koubai": OnJax, "plain JAX": plain_jax.Trainer, **torch_trainers(device)}
    large_first = sorted(TRAINING, key=lambda case: -case.flops_per_step)
    yield lambda: measured(large_first[0], one, dtype, until)
    yield lambda: measured(POPULATIONS[0], many, dtype, until)
    yield lambda: convolution(dtype)
    for case in large_first[1:]:
        yield lambda case=case: measured(case, one, dtype, until)  # type: ignore[misc]
    yield lambda: measured(POPULATIONS[1], many, dtype, until)


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=540, help="no row begins after this time (default: 540)")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--on", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--out", help="a file for the numbers, JSON")
    args = parser.parse_args()
    if args.on == "gpu" and jax.default_backend() != "gpu":
        print(f"JAX finds no GPU here, but {jax.devices()}. Install jax[cuda13], or try --on cpu.", file=sys.stderr)
        return 2
    until = time.perf_counter() + args.seconds
    print(f"{jax.devices()[0].device_kind}, JAX {jax.__version__}, {args.dtype}", flush=True)
    found = []
    for measure in all_rows("cuda" if args.on == "gpu" else "cpu", args.dtype, until):
        if time.perf_counter() > until:
            print("The time is over; rows are left.")
            break
        row = measure()
        found.append(row)
        print(row.line(), flush=True)
        for name, value in row.difference.items():
            if isinstance(value, str) or value > 1e-3:
                print(f"    {name}: {value if isinstance(value, str) else f'differs from koubai by {value:.1e}'}")
        if args.out:
            Path(args.out).write_text(json.dumps([vars(row) for row in found], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
