"""The sections of a run: which cases each holds, how they are measured, and in which unit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.cases import GROWTH, MEMORY, POPULATION, PREDICTION, ROWS, TRAINING, Case
from benchmarks.contenders import PEERS, Contender, contenders
from benchmarks.measure import Settings, measure, say
from benchmarks.results import Result
from benchmarks.startup import measure_startup
from benchmarks.workers import Pool, Worker, WorkerError

MICRO = 1e6


@dataclass(frozen=True)
class Choice:
    """What to measure with: peers, numbers of threads, dtypes, and how much."""

    peers: tuple[str, ...]
    threads: tuple[int, ...]
    dtypes: tuple[str, ...]
    settings: Settings
    pool: Pool

    def contenders(self, role: str) -> list[Contender]:
        """Return those of the peers that can do this kind of work."""
        return contenders([peer for peer in self.peers if getattr(PEERS[peer], role)], self.threads)


def training(section: str, case: Case, dtype: str, choice: Choice, value: float = 0.0) -> list[Result]:
    """Microseconds a step of one network."""
    return measure(
        choice.pool,
        section,
        "train",
        case,
        dtype,
        choice.contenders("trainer"),
        choice.settings,
        unit="µs a step",
        per_second=MICRO / case.steps,
        flops=case.flops_per_step,
        value=value,
    )


def train_section(cases: Sequence[Case], choice: Choice) -> Iterator[list[Result]]:
    """All cases in all dtypes."""
    for case in cases:
        for dtype in choice.dtypes:
            yield training("training", case, dtype, choice)


def growth_section(cases: Sequence[Case], choice: Choice) -> Iterator[list[Result]]:
    """How the time of a step grows; float32 only, and without compiled PyTorch, which compiles for every size."""
    fewer = replace(choice.settings, rounds=max(3, choice.settings.rounds // 2))
    lean = replace(choice, peers=tuple(p for p in choice.peers if p != "torch-compile"), settings=fewer)
    for case in cases:
        axis, value = case.name.split("-")
        yield training(f"growth-{axis}", case, choice.dtypes[0], lean, float(value))


def cores_section(cases: Sequence[Case], choice: Choice) -> Iterator[list[Result]]:
    """Every number of threads, none dropped; without compiled PyTorch."""
    peers = tuple(p for p in choice.peers if p != "torch-compile")
    every = replace(choice, peers=peers, settings=replace(choice.settings, every_thread_count=True))
    for case in cases:
        for dtype in choice.dtypes[:1]:
            yield training("cores", case, dtype, every)


def population_section(cases: Sequence[Case], choice: Choice) -> Iterator[list[Result]]:
    """Seconds for all networks; fewer rounds, since one takes seconds."""
    settings = replace(choice.settings, rounds=max(3, choice.settings.rounds // 3))
    for case in cases:
        for dtype in choice.dtypes:
            yield measure(
                choice.pool,
                "population",
                "train",
                case,
                dtype,
                choice.contenders("population"),
                settings,
                unit="s",
                per_second=1.0,
            )


def prediction_section(cases: Sequence[Case], choice: Choice) -> Iterator[list[Result]]:
    """Microseconds a call."""
    for case in cases:
        for dtype in choice.dtypes[:1]:
            yield measure(
                choice.pool,
                "prediction",
                "predict",
                case,
                dtype,
                choice.contenders("predictor"),
                choice.settings,
                unit="µs a call",
                per_second=MICRO,
                flops=case.flops_of_prediction(),
                value=float(case.rows),
            )


def memory_section(cases: Sequence[Case], choice: Choice) -> Iterator[list[Result]]:
    """MiB at most beyond the rows; each sample is a process of its own."""
    rounds = min(3, choice.settings.rounds)
    dtype = choice.dtypes[0]
    for case in cases:
        say(f"memory · {case.title} · {dtype}")
        role = "predictor" if "predict" in case.name else "trainer"
        only = replace(choice, peers=tuple(p for p in choice.peers if p != "products"), threads=choice.threads[:1])
        found: list[Result] = []
        for contender in only.contenders(role):
            base = Result("memory", case.name, case.title, dtype, contender.peer, contender.name, 1, "MiB")
            try:
                samples = tuple(memory_of(contender, case, dtype) for _ in range(rounds))
            except WorkerError as error:
                found.append(replace(base, failed=str(error)))
                continue
            found.append(replace(base, samples=samples, fastest=min(samples)))
            say(f"  {contender.name}: {found[-1].median:.0f} MiB")
        yield found


def memory_of(contender: Contender, case: Case, dtype: str) -> float:
    """Return the peak of one new process, MiB."""
    with Worker(contender) as worker:
        return float(worker.setup("memory", case, dtype)["mib"])


def startup_section(cases: Sequence[Case], choice: Choice) -> Iterator[list[Result]]:
    """Seconds of whole processes."""
    yield from measure_startup(choice.peers, choice.settings.rounds)


Section = Callable[[Sequence[Case], Choice], Iterator[list[Result]]]
CORES = tuple(case for case in TRAINING if case.name in ("digits-200", "middle", "large"))

GROUPS: dict[str, tuple[Section, tuple[Case, ...]]] = {
    "training": (train_section, TRAINING),
    "population": (population_section, POPULATION),
    "prediction": (prediction_section, PREDICTION),
    "startup": (startup_section, ()),
    "memory": (memory_section, MEMORY),
    "cores": (cores_section, CORES),
    **{f"growth-{axis}": (growth_section, cases) for axis, cases in GROWTH.items()},
}
"""Each section by name."""


def chosen(rows: Sequence[str]) -> list[tuple[Section, tuple[Case, ...]]]:
    """Return sections with their cases for names of rows, sections, ``growth``, or ``all``."""
    wanted: list[tuple[Section, tuple[Case, ...]]] = []
    for name in rows:
        if name == "all":
            wanted += GROUPS.values()
        elif name == "growth":
            wanted += [GROUPS[f"growth-{axis}"] for axis in GROWTH]
        elif name in GROUPS:
            wanted.append(GROUPS[name])
        elif name in ROWS:
            group = next(section for section, cases in GROUPS.values() if ROWS[name] in cases)
            wanted.append((group, (ROWS[name],)))
        else:
            raise SystemExit(
                f"benchmarks: no row or section is called {name!r}. `python -m benchmarks list` names all."
            )
    return wanted
