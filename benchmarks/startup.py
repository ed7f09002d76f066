"""How long whole processes take: imports, and a first fit of Iris."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

from benchmarks.contenders import ROOT, Contender, installed
from benchmarks.measure import say
from benchmarks.results import Result

FIT = """
from sklearn.datasets import load_iris
from {library} import MLPClassifier
X, y = load_iris(return_X_y=True)
MLPClassifier(random_state=0).fit(X, y)
"""

FIT_TORCH = """
import torch
from sklearn.datasets import load_iris
X, y = (torch.from_numpy(a) for a in load_iris(return_X_y=True))
X = X.float()
model = torch.nn.Sequential(torch.nn.Linear(4, 100), torch.nn.ReLU(), torch.nn.Linear(100, 3))
optimizer = torch.optim.Adam(model.parameters(), fused=True)
for _ in range(200):
    order = torch.randperm(len(X))
    torch.nn.functional.cross_entropy(model(X[order]), y[order]).backward()
    optimizer.step()
    optimizer.zero_grad()
"""

FIT_JAX = """
import jax, jax.numpy as jnp, numpy as np
from sklearn.datasets import load_iris
X, y = load_iris(return_X_y=True)
X = X.astype(np.float32)
r = np.random.default_rng(0)
P = [(r.normal(size=s).astype(np.float32) * 0.1, np.zeros(s[1], np.float32)) for s in ((4, 100), (100, 3))]
def loss(P, x, y):
    (a, b), (c, d) = P
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(jax.nn.relu(x @ a + b) @ c + d), y[:, None], 1))
each = jax.tree_util.tree_map
def step(carry, order):
    P, m, v, t = carry
    g, t = jax.grad(loss)(P, X[order], y[order]), t + 1
    m = each(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = each(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    P = each(lambda p, m, v: p - 1e-3 * m / (1 - 0.9**t) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), P, m, v)
    return (P, m, v, t), None
X, y, zeros = jnp.asarray(X), jnp.asarray(y), each(np.zeros_like, P)
orders = np.stack([r.permutation(len(X)) for _ in range(200)])
jax.block_until_ready(jax.jit(lambda c, o: jax.lax.scan(step, c, o))((P, zeros, zeros, 0.0), orders))
"""


@dataclass(frozen=True)
class Command:
    """A process to time."""

    row: str
    title: str
    peer: str
    code: str


IMPORTS = "import, whole process"
IRIS = "first fit of Iris, whole process"
COMMANDS = (
    Command("import", IMPORTS, "koubai-fit", "import koubai"),
    Command("import", IMPORTS, "sklearn", "import sklearn"),
    Command("import", IMPORTS, "torch", "import torch"),
    Command("import", IMPORTS, "jax", "import jax"),
    Command("iris", IRIS, "koubai-fit", FIT.format(library="koubai")),
    Command("iris", IRIS, "sklearn", FIT.format(library="sklearn.neural_network")),
    Command("iris", IRIS, "torch", FIT_TORCH),
    Command("iris", IRIS, "jax", FIT_JAX),
)
"""What is timed; the interpreter's own start is in all of them."""


def seconds_of(command: Command) -> float:
    """Return how long a new process takes, from its start to its end."""
    environment = Contender(command.peer, os.cpu_count() or 1).environment()
    begin = perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", command.code], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    seconds = perf_counter() - begin
    if done.returncode:
        raise RuntimeError(f"{command.title} with {command.peer} failed: {done.stderr.strip().splitlines()[-1]}")
    return seconds


def measure_startup(peers: Sequence[str], rounds: int) -> Iterator[list[Result]]:
    """Time every command, in turn; the first round fills caches and does not count."""
    commands = [command for command in COMMANDS if command.peer in peers and installed(command.peer)]
    times: dict[Command, list[float]] = {command: [] for command in commands}
    say("startup")
    for number in range(rounds + 1):
        for command in commands:
            seconds = seconds_of(command)
            if number:
                times[command].append(seconds)
    yield [
        Result(
            "startup",
            command.row,
            command.title,
            "",
            command.peer,
            Contender(command.peer, 1).name,
            0,
            "s",
            samples=tuple(times[command]),
            fastest=min(times[command]),
        )
        for command in commands
    ]
    for command in commands:
        say(f"  {command.title}, {command.peer}: {sorted(times[command])[len(times[command]) // 2]:.3f} s")
