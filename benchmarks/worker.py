"""A process that does one contender's work when it is told to: JSON lines in, JSON lines out.

Each contender has a process of its own, so that threads, BLAS libraries, floating-point modes and memory of one do not
touch another. While one works, all others wait for their next line.
"""

import json
import os
import resource
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.cases import Case
from benchmarks.contenders import PEERS, REFERENCE, Peer
from benchmarks.data import Array, Data, make_data

SHORT = 0.1
"""Seconds: work shorter than this is run once more, untimed, at the beginning of a turn, to fill the caches."""
BLOCK = 0.005
"""Seconds: calls shorter than this are timed many at a time."""
MIB = 1 << 20


def class_of(peer: Peer, role: str) -> Any:
    """Return the class of a peer for ``trainer``, ``population`` or ``predictor``."""
    return getattr(import_module(f"benchmarks.peers.{peer.module}"), getattr(peer, role))


class Training:
    """Trains from the start, every time anew."""

    def __init__(self, peer: Peer, case: Case, dtype: str, threads: int, shuffle: bool) -> None:
        role = "population" if case.networks > 1 else "trainer"
        self.case, self.data = case, make_data(case, dtype)
        self.trainer = class_of(peer, role)(case, self.data, dtype, threads, shuffle)

    def seconds(self) -> float:
        """Return how long one run took."""
        self.trainer.start()
        begin = perf_counter()
        self.trainer.train()
        return perf_counter() - begin


class Prediction:
    """Predicts the same rows again and again."""

    def __init__(self, peer: Peer, case: Case, dtype: str, threads: int) -> None:
        self.predict: Callable[[], Any] = class_of(peer, "predictor")(
            case, make_data(case, dtype), dtype, threads
        ).predict
        self.predict()
        begin = perf_counter()
        self.predict()
        self.calls = max(1, round(BLOCK / (perf_counter() - begin)))

    def seconds(self) -> float:
        """Return how long one call took, averaged over as many as make a block."""
        begin = perf_counter()
        for _ in range(self.calls):
            self.predict()
        return (perf_counter() - begin) / self.calls


def resident(field: str) -> int:
    """Return a figure of this process from the kernel, in bytes: ``VmRSS`` now, ``VmHWM`` at most."""
    status = Path("/proc/self/status")
    if not status.exists():  # not Linux: the largest so far is all there is
        scale = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    line = next(line for line in status.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def extra_memory(peer: Peer, case: Case, dtype: str, threads: int, role: str) -> float:
    """Return the largest memory beyond what there was once rows were in memory and code was compiled, MiB."""
    small = replace(case, rows=2 * case.batch)

    def work(case: Case, data: Any) -> None:
        if role == "predictor":
            class_of(peer, role)(case, data, dtype, threads).predict()
        else:
            trainer = class_of(peer, role)(case, data, dtype, threads, True)
            trainer.start()
            trainer.train()

    work(small, make_data(small, dtype))
    data = make_data(case, dtype)
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")  # the peak is counted from here
    before = resident("VmRSS")
    work(case, data)
    return (resident("VmHWM") - before) / MIB


def mean_loss(case: Case, data: Data, thetas: Array) -> float:
    """Return the mean loss over all rows and networks in float64, by the readable engine."""
    from benchmarks.peers.protocol import make_network
    from koubai.core.penalties import Penalty
    from koubai.engines.protocol import Rows
    from koubai.engines.reference import ReferenceEngine

    rows = Rows(data.inputs.astype(float), data.targets.astype(float))
    network, engine = make_network(case), ReferenceEngine()
    losses = [engine.loss_and_gradient(network, theta.astype(float), rows, Penalty())[0] for theta in thetas]
    return float(np.mean(losses))


class Servant:
    """Answers the questions of the measuring process."""

    work: Training | Prediction

    def setup(self, peer: str, kind: str, case: dict[str, Any], dtype: str, threads: int, shuffle: bool) -> Any:
        """Prepare a piece of work and do it once, which compiles what is to be compiled."""
        what, of = Case.from_json(case), REFERENCE if peer == "reference" else PEERS[peer]
        if kind == "memory":
            role = "predictor" if "predict" in what.name else "trainer"
            return {"mib": extra_memory(of, what, dtype, threads, role)}
        if kind == "predict":
            self.work = Prediction(of, what, dtype, threads)
        else:
            self.work = Training(of, what, dtype, threads, shuffle)
        return {"first": self.work.seconds()}

    def turn(self, seconds: float) -> Any:
        """Do the work until this time is used up; return the median and the fastest time of one piece."""
        begin = perf_counter()
        first = self.work.seconds()
        times = [] if first < SHORT else [first]
        while perf_counter() - begin < seconds or not times:
            times.append(self.work.seconds())
        return {"median": median(times), "fastest": min(times), "runs": len(times)}

    def theta(self, path: str) -> Any:
        """Write the parameters after the last training to a file; return the mean loss over all rows and networks."""
        assert isinstance(self.work, Training)
        thetas = self.work.trainer.theta()
        np.save(path, thetas)
        return {"loss": mean_loss(self.work.case, self.work.data, thetas)}


def main() -> None:
    """Serve until the input ends. What libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    servant = Servant()
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = getattr(servant, question.pop("ask"))(**question)
        except Exception as error:  # whatever a peer raises is told to the measuring process
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
