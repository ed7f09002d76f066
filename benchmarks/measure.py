"""Measuring: contenders take turns, round after round, so that a slow moment of the machine meets all of them."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from time import sleep

from benchmarks.cases import Case
from benchmarks.contenders import Contender
from benchmarks.results import Result
from benchmarks.workers import Pool, Worker, WorkerError

TRIAL_ROUNDS = 5
"""Rounds after which only the best number of threads of each peer stays, by the median: the least time of a few would
favour threads that wait for each other, which a busy machine delays most."""


@dataclass(frozen=True)
class Settings:
    """How much is measured: rounds, seconds that a turn lasts at least, and the pause between turns."""

    rounds: int = 11
    seconds: float = 0.1
    pause: float = 0.05
    every_thread_count: bool = False


def say(text: str) -> None:
    """Say on standard error what goes on."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Runner:
    """A worker that is ready, and its times so far in seconds."""

    worker: Worker
    medians: list[float]
    fastest: float = float("inf")
    note: str = ""
    scale: float = 1.0

    @property
    def contender(self) -> Contender:
        """Who it is."""
        return self.worker.contender

    def take_turn(self, settings: Settings) -> None:
        """Do the work for one turn."""
        sleep(settings.pause)
        answer = self.worker.ask("turn", seconds=settings.seconds)
        self.medians.append(answer["median"] * self.scale)
        self.fastest = min(self.fastest, answer["fastest"] * self.scale)


def measured_part(case: Case, contender: Contender) -> tuple[Case, float, str]:
    """Return the case as it is measured, what its time is multiplied by, and a note that says so."""
    few = contender.of.networks_measured
    if case.networks == 1 or not few or few >= case.networks:
        return case, 1.0, ""
    return (
        replace(case, networks=few),
        case.networks / few,
        f"{few} networks measured, the time for {case.networks} by multiplication",
    )


def prepare(
    pool: Pool, kind: str, case: Case, dtype: str, contenders: Sequence[Contender]
) -> tuple[list[Runner], dict[Contender, str]]:
    """Have each worker prepare the work and do it once; return those that can, and why others cannot."""
    runners, failed = [], {}
    for contender in contenders:
        worker = pool.worker(contender)
        part, scale, note = measured_part(case, contender)
        try:
            worker.setup(kind, part, dtype)
        except WorkerError as error:
            say(f"  {error}")
            failed[contender] = str(error)
            continue
        runners.append(Runner(worker, [], note=note, scale=scale))
    return runners, failed


def keep_best(runners: list[Runner]) -> tuple[list[Runner], dict[Contender, dict[str, float]]]:
    """Return for each peer the runner with the best number of threads, and the medians of those that go."""
    groups: dict[tuple[str, str], list[Runner]] = {}
    for runner in runners:
        groups.setdefault(runner.contender.key, []).append(runner)
    best, tried = [], {}
    for group in groups.values():
        first, *others = sorted(group, key=lambda runner: median(runner.medians))
        best.append(first)
        tried[first.contender] = {str(r.contender.threads): median(r.medians) for r in others}
    return best, tried


def run_rounds(runners: list[Runner], settings: Settings) -> tuple[list[Runner], dict[Contender, dict[str, float]]]:
    """Let all take turns; drop the slower numbers of threads after the trial, whose rounds then do not count."""
    tried: dict[Contender, dict[str, float]] = {}
    if not settings.every_thread_count:
        for _ in range(TRIAL_ROUNDS):
            for runner in runners:
                runner.take_turn(settings)
        runners, tried = keep_best(runners)
        for runner in runners:
            runner.medians.clear()
    for _ in range(settings.rounds):
        for runner in runners:
            runner.take_turn(settings)
    return runners, tried


def measure(
    pool: Pool,
    section: str,
    kind: str,
    case: Case,
    dtype: str,
    contenders: Sequence[Contender],
    settings: Settings,
    *,
    unit: str,
    per_second: float,
    flops: float = 0.0,
    value: float = 0.0,
    row: str = "",
) -> list[Result]:
    """Measure one row: all contenders, one dtype. ``per_second`` turns seconds into ``unit``."""
    say(f"{section} · {case.title} · {dtype}")
    base = Result(section, row or case.name, case.title, dtype, "", "", 0, unit, flops=flops, value=value)
    runners, failed = prepare(pool, kind, case, dtype, contenders)
    runners, tried = run_rounds(runners, settings)
    results = [
        replace(
            base,
            peer=r.contender.peer,
            name=r.contender.name,
            threads=r.contender.threads,
            samples=tuple(seconds * per_second for seconds in r.medians),
            fastest=r.fastest * per_second,
            tried={n: seconds * per_second for n, seconds in tried.get(r.contender, {}).items()},
            note=r.note,
        )
        for r in runners
    ]
    for contender, why in failed.items():
        results.append(replace(base, peer=contender.peer, name=contender.name, threads=contender.threads, failed=why))
    for result in results:
        if not result.failed:
            say(f"  {result.name}, {result.threads} threads: {result.median:.4g} {unit} ± {result.noise:.0%}")
    return results
