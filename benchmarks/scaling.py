"""One network on one processor and on two, each in a process of its own, and what follows for more of them.

    python -m benchmarks.scaling                         # 784-1024-512-10, batch 1,024, float32
    python -m benchmarks.scaling --batch 4096 --rounds 5

In turns, a process on one core trains a network, and two processes, each on a core of its own, train the same network
on the same batches: each computes the gradient of its half of every batch, and JAX's runtime adds the two up (gloo). So
the work is the same (strong scaling), and the efficiency is the time of a step alone over twice its time in two
processes. A step's time is the median over the epochs after the first; the added-up vector is timed by itself. Two
processes with one core each; a machine that does other work meanwhile says nothing.

The projection to more workers takes a step's time as t(B/N) + r(N): the time of a step of one process on the N-th part
of the batch, which is measured, and an all-reduce of the gradient on a ring, which takes (Hockney, 1994; Thakur et al.,
2005) 2 (N - 1) latencies and sends 2 (N - 1) / N of its bytes through each worker's link. Latency and bandwidth are
those of a network that the command line describes; that nothing else is slower there, and that no step overlaps with
its all-reduce, is assumed.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from typing import Any

FEATURES, HIDDEN, CLASSES = 784, (1024, 512), 10
PARAMETERS = sum((m + 1) * n for m, n in zip((FEATURES, *HIDDEN), (*HIDDEN, CLASSES), strict=True))
STEPS = 8
"""Batches in an epoch."""


def train(batch: int, epochs: int) -> dict[str, float]:
    """Train in this process, one of as many as JAX knows; return the seconds of a step and of an all-reduce."""
    import jax
    import numpy as np

    from koubai import MLPClassifier

    random = np.random.default_rng(0)
    X = random.normal(size=(STEPS * batch, FEATURES)).astype(np.float32)
    y = random.integers(CLASSES, size=len(X))
    model = MLPClassifier(HIDDEN, engine="jax", batch_size=batch, epochs=epochs, tol=0, random_state=0)
    model.fit(X, y)
    step = statistics.median(model.history_.seconds[1:]) / STEPS
    return {"step": step, "reduce": reduce_seconds() if jax.process_count() > 1 else 0.0, "loss": float(model.loss_)}


def reduce_seconds(rounds: int = 50) -> float:
    """Return the median time in which as many numbers as the network has are added up over the processes."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax.sharding import Mesh, NamedSharding
    from jax.sharding import PartitionSpec as P

    mesh = Mesh(np.array(jax.devices()), ("workers",))
    own = jnp.ones((1, PARAMETERS), jnp.float32)
    given = jax.make_array_from_single_device_arrays(
        (len(jax.devices()), PARAMETERS), NamedSharding(mesh, P("workers")), [own]
    )
    added = jax.jit(
        jax.shard_map(lambda x: jax.lax.psum(x, "workers"), mesh=mesh, in_specs=P("workers"), out_specs=P())
    )
    jax.block_until_ready(added(given))
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        jax.block_until_ready(added(given))
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def job(rank: int, size: int, address: str, batch: int, epochs: int) -> dict[str, float]:
    """Do one process's work on a core of its own."""
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[rank]})
    os.environ["OMP_NUM_THREADS"] = "1"
    if size > 1:
        import jax

        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(address, size, rank)
    return train(batch, epochs)


def run(size: int, batch: int, epochs: int) -> dict[str, float]:
    """Train in so many processes; return what the slowest took."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.scaling", "--job", json.dumps([rank, size, address, batch, epochs])],
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]
    found: list[dict[str, float]] = [json.loads(child.communicate()[0].splitlines()[-1]) for child in children]
    assert len({one["loss"] for one in found}) == 1
    return {name: max(one[name] for one in found) for name in found[0]}


def projected(alone: float, share: float, workers: int, given: argparse.Namespace) -> tuple[float, float]:
    """Return the seconds of an all-reduce among workers, and the efficiency of a step.

    Parameters
    ----------
    alone, share : float
        Seconds of a step of one worker, on the whole batch and on its share.
    """
    sent = 2 * (workers - 1) / workers * 4 * PARAMETERS
    reduce = 2 * (workers - 1) * given.latency * 1e-6 + sent / (given.bandwidth * 1e9 / 8)
    return reduce, alone / (workers * (share + reduce))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=1024, help="rows of a batch, over all processes")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=10, metavar="MICROSECONDS", help="of the projection's network")
    parser.add_argument("--bandwidth", type=float, default=100, metavar="GBIT/S", help="of the projection's network")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        words: Any = json.loads(given.job)
        print(json.dumps(job(*words)))
        return
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("benchmarks.scaling: two cores must be there; this process may use one.")
    ratios, alone = [], []
    for _ in range(given.rounds):
        one, two = (run(size, given.batch, given.epochs) for size in (1, 2))
        alone.append(one["step"])
        ratios.append(one["step"] / (2 * two["step"]))
        sizes = "-".join(map(str, (FEATURES, *HIDDEN, CLASSES)))
        print(
            f"{sizes}, batch {given.batch:,}: a step {1e3 * one['step']:.1f} ms on one core, "
            f"{1e3 * two['step']:.1f} ms on two, adding up {PARAMETERS:,} numbers {1e3 * two['reduce']:.1f} ms; "
            f"efficiency {ratios[-1]:.2f}",
            flush=True,
        )
    print(f"efficiency from 1 to 2 processes: {statistics.median(ratios):.2f}")
    whole = statistics.median(alone)
    print(f"projected to a network of {given.bandwidth:g} Gbit/s with {given.latency:g} µs of latency:")
    for workers in (8, 64, 512):
        for name, batch in (("the same batch", given.batch), (f"{given.batch:,} rows a worker", given.batch * workers)):
            part = batch // workers
            if part < 8:
                continue
            share = whole if part == given.batch else run(1, part, given.epochs)["step"]
            reduce, efficiency = projected(whole * batch / given.batch, share, workers, given)
            print(
                f"  {workers:3} workers, {name}: {1e3 * share:.1f} ms a step, {1e3 * reduce:.2f} ms to add up; "
                f"efficiency {efficiency:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
