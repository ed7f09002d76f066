"""The measuring process's side of a worker."""

import json
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import Any, Self

from benchmarks.cases import Case
from benchmarks.contenders import ROOT, Contender


class WorkerError(RuntimeError):
    """A contender could not do its work."""


class Worker:
    """A running process of one contender."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the worker
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=ROOT,
            env=contender.environment(),
            text=True,
        )

    def ask(self, what: str, **details: Any) -> dict[str, Any]:
        """Ask the process for something and wait for the answer.

        Raises
        ------
        WorkerError
            If the work failed or the process ended.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"ask": what, **details}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answer: dict[str, Any] = json.loads(line) if line else {"error": f"the process ended; {self.last_words()}"}
        if "error" in answer:
            raise WorkerError(f"{self.contender.name}: {answer['error']}")
        return answer

    def setup(self, kind: str, case: Case, dtype: str, *, shuffle: bool = True) -> dict[str, Any]:
        """Have the work prepared and done once."""
        return self.ask(
            "setup",
            peer=self.contender.peer,
            kind=kind,
            case=case.to_json(),
            dtype=dtype,
            threads=self.contender.threads,
            shuffle=shuffle,
        )

    def last_words(self) -> str:
        """Return the last line that the process wrote to standard error."""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Pool:
    """Workers that stay for the next row, so that libraries are imported once."""

    def __init__(self) -> None:
        self.workers: dict[Contender, Worker] = {}

    def worker(self, contender: Contender) -> Worker:
        """Return the worker of a contender; a new one if there is none or it has died."""
        worker = self.workers.get(contender)
        if worker is None or not worker.running:
            if worker is not None:
                worker.close()
            worker = self.workers[contender] = Worker(contender)
        return worker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers.values():
            worker.close()
