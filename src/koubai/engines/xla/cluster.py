"""Processes that train one network together, on one machine or many, by JAX's distributed runtime.

Each process monitors all others: every second it writes a sign of life to the coordinator's store, and reads those of
the others. One that is killed, frozen or cut off is reported by name by all others within seconds, and they exit.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import NoReturn, Protocol

import jax
import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import LostProcessError, ParameterError
from koubai.core.language import worded

BEAT = 1.0
"""Seconds between two signs of life."""
PATIENCE = 20.0
"""Seconds without a sign of life after which a process counts as lost."""
SHORT_PATIENCE = 6.0
"""The same, once a message between processes has failed."""
FAREWELL = 5 * BEAT
"""Seconds within which the others, which also wait two beats, read in the store that a process is ending."""
TEMPORARY = 75
"""Exit status of a process that ends because another is lost (EX_TEMPFAIL): start all again."""
STARTS = 300
"""Seconds within which all processes must have joined."""
LONGEST = 7 * 24 * 3600
"""Seconds for which processes wait for each other's work, such as a pass over a table."""

LITTLE, AT_ONCE = 2**10, 2**20
"""Maximum number of bytes per message between processes; longer ones are split."""

ALIVE, ENDED = "koubai/alive/", "koubai/ended/"


class Coordinator(Protocol):
    """JAX's client of the coordinator's store."""

    def wait_at_barrier(self, name: str, milliseconds: int, /) -> object:
        """Wait until all processes do."""
        ...

    def key_value_set(self, key: str, value: str, /, *, allow_overwrite: bool) -> None:
        """Write an entry."""
        ...

    def key_value_dir_get(self, key: str, /) -> Sequence[tuple[str, str]]:
        """Return the entries whose keys begin so."""
        ...


@dataclass
class Cluster:
    """The process at hand among those that train together.

    Parameters
    ----------
    rank, size : int
        Its rank, from 0, and the number of processes.
    client : object
        JAX's client of the coordinator's store.
    """

    rank: int
    size: int
    client: Coordinator
    watch: "Watch | None" = None
    advice: str = "Start all of them again."
    n_waits: int = 0

    @property
    def writes(self) -> bool:
        """Whether this process writes files: the first does."""
        return self.rank == 0

    def gathered(self, numbers: npt.ArrayLike) -> Array:
        """Return an array of each process, (size, …)."""
        from jax.experimental.multihost_utils import process_allgather

        with self.explained():
            return np.asarray(process_allgather(np.asarray(numbers)))

    def wait(self) -> None:
        """Wait at the coordinator's store until all processes have arrived; the watch exits if one is lost."""
        self.n_waits += 1
        with self.explained():
            self.client.wait_at_barrier(f"koubai/wait/{self.n_waits}", 1000 * LONGEST)

    def exchange(self, content: bytes) -> list[bytes]:
        """Return what each process contributed, by rank."""
        lengths = self.gathered(np.array([len(content)], np.int64).view(np.int32)).view(np.int64).ravel()
        found = [bytearray() for _ in range(self.size)]
        longest = int(lengths.max())
        at_once = LITTLE if longest <= LITTLE else AT_ONCE  # few sizes, since each is compiled
        for start in range(0, longest, at_once):
            piece = np.zeros(at_once, np.uint8)
            own = np.frombuffer(content[start : start + at_once], np.uint8)
            piece[: len(own)] = own
            for rank, other in enumerate(self.gathered(piece)):
                found[rank] += other[: max(0, min(at_once, lengths[rank] - start))].tobytes()
        return [bytes(each) for each in found]

    def leave(self) -> None:
        """Stop monitoring the other processes: all are about to end, for a reason known to all."""
        if self.watch is not None:
            self.watch.stop()

    def agree(self, n_epochs: int, stop: bool) -> tuple[int, bool]:
        """Return the fewest epochs that any process would run before it checks again, and whether one stops."""
        found = self.gathered(np.array([n_epochs, int(stop)], np.int32))
        return int(found[:, 0].min()), bool(found[:, 1].any())

    def same(self, value: float) -> float:
        """Return the first process's number, so that no process decides differently because of its last bit."""
        words = self.gathered(np.array([value], np.float64).view(np.int32))
        return float(words[0].view(np.float64)[0])

    def check_same(self, parts: Mapping[str, bytes]) -> None:
        """Raise ParameterError unless all processes have the same starting point of training and the same rows."""
        found = self.gathered(np.array([_word(content) for content in parts.values()], np.int32))
        for place, name in enumerate(parts):
            others = np.flatnonzero(found[:, place] != found[0, place])
            if len(others):
                raise ParameterError(
                    worded("engines.error.all_processes_have_same_process", name=name, others=others[0])
                )

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Within the block, turn a failed message between processes into a sentence that names the lost one."""
        try:
            yield
        except (jax.errors.JaxRuntimeError, ValueError) as error:
            if isinstance(error, ValueError) and "Gloo" not in str(error):
                raise  # some failed messages between processors raise this error where they are sent
            lost = None if self.watch is None else self.watch.name_lost()
            if lost is None:
                raise
            raise LostProcessError(lost) from error

    def end(self, status: int) -> None:
        """End this process: when all others are done, or, after notifying them, at once if it fails."""
        sys.stdout.flush()
        sys.stderr.flush()
        if status:
            self.tell(status)
            os._exit(status)  # JAX would wait for the others
        with self.explained():
            self.client.wait_at_barrier("koubai/end", 1000 * STARTS)  # until the model is written
        if self.watch is not None:
            self.watch.stop()
        jax.distributed.shutdown()

    def tell(self, status: int) -> None:
        """Notify the others that this process is ending."""
        if self.watch is not None:
            self.watch.stop()
        if status != TEMPORARY:
            try:
                self.client.key_value_set(f"{ENDED}{self.rank}", str(status), allow_overwrite=True)
                until = monotonic() + FAREWELL
                while self.writes and monotonic() < until and len(self.client.key_value_dir_get(ENDED)) < self.size:
                    sleep(BEAT / 10)  # the store ends with the first process
            except jax.errors.JaxRuntimeError:
                pass  # the coordinator is gone, which the others notice themselves


def _word(content: bytes) -> int:
    """Return a digest of 31 bits."""
    from hashlib import blake2b

    return int.from_bytes(blake2b(content, digest_size=4).digest(), "little") >> 1


_joined: list[Cluster] = []


def joined() -> Cluster | None:
    """Return the cluster of this process, even if the caller started JAX's runtime; None for a process on its own."""
    if not _joined and jax.process_count() > 1:
        _joined.append(Cluster(jax.process_index(), jax.process_count(), _client()))
    return _joined[0] if _joined else None


def _client() -> Coordinator:
    from jax._src.distributed import global_state  # JAX has no public way to its store

    client: Coordinator | None = global_state.client
    assert client is not None, "processes that train together have joined"
    return client


def join(coordinator: str | None = None, size: int | None = None, rank: int | None = None, advice: str = "") -> Cluster:
    """Join the processes that train together, before JAX computes anything; all must do so.

    Parameters
    ----------
    coordinator : str, optional
        HOST:PORT where process 0 listens. Left out, JAX asks SLURM, Open MPI, MPI or Kubernetes.
    size, rank : int, optional
        How many processes there are, and which one this is.
    advice : str
        What to do when a process is lost, as a sentence.

    Raises
    ------
    LostProcessError
        If the others do not come.
    """
    method = "mpi4py" if coordinator is None and "PMI_SIZE" in os.environ else None
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    try:
        jax.distributed.initialize(
            coordinator, size, rank, initialization_timeout=STARTS, cluster_detection_method=method
        )
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise LostProcessError(
            f"All {size or ''} processes must meet at {coordinator or 'the coordinator'} within {STARTS} s; "
            f"process {'?' if rank is None else rank} did not succeed ({reason}). See that all were started, and that "
            f"no firewall is between them.".replace("  ", " ")
        ) from error
    cluster = Cluster(jax.process_index(), jax.process_count(), _client())
    if advice:
        cluster.advice = advice
    cluster.watch = Watch(cluster)
    cluster.watch.start()
    with _silent():
        cluster.gathered(np.zeros(1, np.int32))
    _joined.append(cluster)
    _keep_traces_away()
    if os.name != "nt":
        ctypes.CDLL(None).signal(signal.SIGABRT, _ABORTED)
    return cluster


def _keep_traces_away() -> None:
    """Discard libraries' traces of lost connections: from now on only what Python writes is shown."""
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)


_Handler = ctypes.CFUNCTYPE(None, ctypes.c_int)


def _aborted(number: int) -> None:
    """End the process with a sentence where JAX, having lost the coordinator, would abort it with a trace."""
    watch = _joined[0].watch if _joined else None
    if watch is not None and not watch.done.is_set():
        watch._end(watch._sentence(0, worded("engines.note.coordinator_cannot_reached")))
    os._exit(TEMPORARY)


_ABORTED = _Handler(_aborted)
"""Kept for the lifetime of the process, since C calls it: Python's own handlers are not called when a library
aborts."""


@contextmanager
def _silent() -> Iterator[None]:
    """Silence the greeting of the library through which processors exchange arrays."""
    sys.stdout.flush()
    kept, nothing = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nothing)


@dataclass
class Watch:
    """Signs of life, written and monitored by two threads: one talks to the store while the other judges."""

    cluster: Cluster
    seen: dict[int, tuple[str, float]] = field(default_factory=dict)
    patience: float = PATIENCE
    done: threading.Event = field(default_factory=threading.Event)
    own: float = field(default_factory=monotonic)
    told: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Start both threads."""
        self.seen = {rank: ("", monotonic()) for rank in range(self.cluster.size)}
        for work in (self._talk, self._judge):
            threading.Thread(target=work, name=f"koubai-{work.__name__}", daemon=True).start()

    def stop(self) -> None:
        """Stop monitoring: from now on other processes may leave."""
        self.done.set()

    def _talk(self) -> None:
        client, count = self.cluster.client, 0
        while not self.done.wait(BEAT):
            count += 1
            try:
                client.key_value_set(f"{ALIVE}{self.cluster.rank}", str(count), allow_overwrite=True)
                found = client.key_value_dir_get(ALIVE)
                ended = client.key_value_dir_get(ENDED)
            except jax.errors.JaxRuntimeError:
                continue  # the judging thread measures how long this takes
            now = self.own = monotonic()
            for key, value in found:
                rank = int(key.rpartition("/")[2])
                if self.seen[rank][0] != value:
                    self.seen[rank] = value, now
            for key, status in ended:
                if self.done.wait(2 * BEAT):
                    return  # an error common to all, which this process has already reported
                self._end(self._sentence(int(key.rpartition("/")[2]), worded("cli.ended_status", status=status)))

    def _judge(self) -> None:
        before = monotonic()
        while not self.done.wait(BEAT / 2):
            now = monotonic()
            if now - before > 5 * BEAT:  # this process itself was suspended meanwhile
                self.own += now - before
                self.seen = {rank: (value, time + now - before) for rank, (value, time) in self.seen.items()}
            before = now
            lost = self.lost()
            if lost is not None:
                self._end(lost)

    def lost(self) -> str | None:
        """Return a sentence about a lost process, if there is one."""
        now = monotonic()
        if now - self.own > self.patience:
            if self.cluster.rank:
                return self._sentence(0, worded("engines.note.coordinator_cannot_reached"))
            return None
        late = [rank for rank, (_, time) in self.seen.items() if now - time > self.patience]
        return self._sentence(late[0], worded("engines.note.does_not_answer_any_more")) if late else None

    def name_lost(self) -> str | None:
        """Wait until it is known which process is lost, and return the sentence; None if all are alive."""
        self.patience = SHORT_PATIENCE
        until = monotonic() + PATIENCE
        while monotonic() < until:
            with self.told:
                lost = self.lost()
                if lost is not None:
                    self.done.set()
                    return lost
            sleep(BEAT / 4)
        return None

    def _sentence(self, rank: int, what: str) -> str:
        cluster = self.cluster
        return worded(
            "engines.note.process_process_ends_too",
            rank=rank,
            size=cluster.size,
            what=what,
            rank_2=cluster.rank,
            advice=cluster.advice,
        )

    def _end(self, sentence: str) -> NoReturn:
        with self.told:
            if self.done.is_set():  # the main thread reports it
                sleep(PATIENCE)
            print(f"koubai: {sentence}", file=sys.stderr, flush=True)
            os._exit(TEMPORARY)
