"""Several processes that train one network: options, joining, and the supervisor that starts them on this machine."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.printing import say

DETECTED = ("SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
"""Variables by which launchers tell how many processes they started; JAX asks the same launchers for the rest."""
MISTAKE = 2
"""Exit status of a user's mistake, with which starting again would not help."""
ENDING = 3.0
"""Seconds in which the other processes can say what they see when one has ended."""
FAREWELL = 10.0
"""The same after a user's mistake, which the first process tells, who then stays for some seconds for the others."""


def add_cluster_options(group: "argparse._ArgumentGroup") -> None:
    """Add the options to the parser."""
    group.add_argument("--coordinator", metavar="HOST:PORT", help="where process 0 listens; the same for all processes")
    group.add_argument("--processes", type=int, metavar="N", help="how many processes there are")
    group.add_argument("--process", type=int, metavar="I", help="which one this is, from 0")
    group.add_argument("--local-processes", type=int, metavar="N", help="start N processes on this machine")
    group.add_argument(
        "--restarts",
        type=int,
        metavar="N",
        help="with --local-processes, start all again up to N times when one is lost; they go on from the checkpoint",
    )


def joined(args: argparse.Namespace) -> bool | None:
    """Join the other processes if there are any; return whether this one writes files, or None if it is alone."""
    asked = [name for name in ("coordinator", "processes", "process") if getattr(args, name) is not None]
    if asked and len(asked) < 3:
        missing = next(name for name in ("coordinator", "processes", "process") if name not in asked)
        raise ParameterError(worded("cli.error.come_processes_find_each_other", asked=asked[0], missing=missing))
    if args.restarts is not None and args.local_processes is None:
        raise ParameterError(worded("cli.error.restarts_come_local_processes_got"))
    by_launcher = args.engine == "jax" and any(int(os.environ.get(name, "1")) > 1 for name in DETECTED)
    if not asked and not by_launcher:
        return None
    _check(args)
    args.engine = "jax"
    from koubai.engines.registry import get_engine, has_jax

    if not has_jax():
        get_engine("jax")  # which says what is missing
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when JAX is loaded; koubai says itself who is lost
    from koubai.engines.xla.cluster import join

    return join(args.coordinator, args.processes, args.process, _advice(args)).writes


def refuse_cluster(args: argparse.Namespace) -> None:
    """Raise ParameterError for an option for several processes, where one learns from images."""
    for name in ("coordinator", "processes", "process", "local_processes", "restarts"):
        if getattr(args, name) is not None:
            option = name.replace("_", "-")
            raise ParameterError(worded("cli.error.come_table_got_images_leave", option=option))


def _check(args: argparse.Namespace) -> None:
    """Raise ParameterError for options that contradict each other."""
    if args.engine not in (None, "jax"):
        raise ParameterError(worded("cli.error.engine_jax_several_processes_got", engine=repr(args.engine)))
    if args.time is not None:
        raise ParameterError(worded("cli.error.time_not_given_several_processes", time=f"{args.time:g}"))
    for name, least in (("processes", 1), ("local_processes", 1), ("process", 0), ("restarts", 0)):
        value = getattr(args, name)
        if value is not None and value < least:
            raise ParameterError(
                worded("cli.error.got_try", replace=name.replace("_", "-"), least=least, value=value, max=max(least, 1))
            )
    if args.process is not None and args.process >= args.processes:
        raise ParameterError(
            worded(
                "cli.error.process_below_processes_counted_got",
                process=args.process,
                processes=args.processes,
                processes_2=args.processes - 1,
            )
        )
    if args.coordinator is not None:
        host, _, port = args.coordinator.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ParameterError(
                worded("cli.error.coordinator_host_port_address_process", coordinator=repr(args.coordinator))
            )


def _advice(args: argparse.Namespace) -> str:
    if args.checkpoint is None:
        return worded("core.remedy.start_again_with")
    return worded("core.remedy.start_again_from", checkpoint=args.checkpoint)


def supervised(args: argparse.Namespace) -> int:
    """Start the processes on this machine, and start them again when one is lost; return the exit status."""
    given = [name for name in ("coordinator", "processes", "process") if getattr(args, name) is not None]
    if given:
        raise ParameterError(worded("cli.error.not_given_local_processes_leave", given=given[0]))
    _check(args)
    left = args.restarts or 0
    if left and args.checkpoint is None:
        raise ParameterError(worded("cli.error.restarts_come_checkpoint_processes_go"))
    while True:
        status, sentence = _Processes(_without(args.words), args.local_processes).run()
        if sentence:
            say(worded("cli.fit_says", sentence=sentence), sys.stderr)
        if not sentence or not left:
            return status
        left -= 1
        say(worded("cli.koubai_fit_all_start_again", left=left), sys.stderr)


def _without(words: Sequence[str]) -> list[str]:
    """Return the command line without the options for the supervisor."""
    kept, skip = [], False
    for word in words:
        name = word.partition("=")[0]
        ours = len(name) > 4 and ("--local-processes".startswith(name) or "--restarts".startswith(name))
        if not skip and not ours:
            kept.append(word)
        skip = ours and "=" not in word
    return kept


class _Processes:
    """Processes on this machine, each with its share of the processors; the first one speaks for all."""

    def __init__(self, words: Sequence[str], size: int) -> None:
        self.size, self.logs = size, list[IO[bytes]]()
        self.children: list[subprocess.Popen[bytes]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        for rank in range(size):
            own = ["--coordinator", address, "--processes", str(size), "--process", str(rank)]
            log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the object
            self.logs.append(log)
            command = [sys.executable, "-m", "koubai.cli.main", *words, *own]
            child = subprocess.Popen(command, stdout=None if rank == 0 else log, stderr=None if rank == 0 else log)
            share = processors[rank * len(processors) // size : (rank + 1) * len(processors) // size]
            if share:
                os.sched_setaffinity(child.pid, share)
            self.children.append(child)

    def run(self) -> tuple[int, str]:
        """Wait until all are done, or one fails, then end the others; return the status, and who was lost."""
        interrupts = 0

        def pass_on(number: int, frame: object) -> None:
            nonlocal interrupts
            interrupts += 1  # the terminal has sent it to all processes
            if interrupts > 1:
                self._kill()

        before = signal.signal(signal.SIGINT, pass_on)
        try:
            failed = self._first_failure()
            if failed is None:
                return 0, ""
            frozen = self._frozen()
            until = time.monotonic() + (FAREWELL if self.children[failed].returncode == MISTAKE else ENDING)
            while time.monotonic() < until and any(child.poll() is None for child in self.children):
                time.sleep(0.05)
            self._kill()
            return self._judged(failed, frozen, interrupts > 0)
        finally:
            self._kill()
            signal.signal(signal.SIGINT, before)

    def _first_failure(self) -> int | None:
        """Return the number of the first process that fails; None if all end well."""
        while True:
            for rank, child in enumerate(self.children):
                if child.poll() not in (None, 0):
                    return rank
            if all(child.poll() == 0 for child in self.children):
                return None
            time.sleep(0.05)

    def _judged(self, failed: int, frozen: int | None, interrupted: bool) -> tuple[int, str]:
        """Return the status and the sentence, given who failed first."""
        statuses = [child.returncode for child in self.children]
        if interrupted or MISTAKE in statuses:
            if statuses[0] != MISTAKE and MISTAKE in statuses and not interrupted:
                sys.stderr.write(self._said(statuses.index(MISTAKE)))
            return (130 if interrupted else MISTAKE), ""
        rank = failed if frozen is None else frozen
        status = statuses[failed]
        if frozen is not None:
            how = worded("cli.stood_still")
        elif status is not None and status < 0:
            how = worded("cli.was_ended", name=signal.Signals(-status).name)
        else:
            how = worded("cli.ended_status", status=status)
        return 75, worded("cli.process_all_others_were_ended", rank=rank, size=self.size, how=how)

    def _said(self, rank: int) -> str:
        """Return the last line that a process wrote."""
        self.logs[rank].seek(0)
        lines = self.logs[rank].read().decode(errors="replace").strip().splitlines()
        return f"{lines[-1]}\n" if lines else ""

    def _frozen(self) -> int | None:
        """Return the number of a process that has been stopped by a signal, where the system says so."""
        for rank, child in enumerate(self.children):
            try:
                with open(f"/proc/{child.pid}/stat", encoding="utf-8") as stat:
                    state = stat.read().rpartition(")")[2].split()[0]
            except OSError:
                continue  # it has ended, or this system has no such files
            if state in ("T", "t"):
                return rank
        return None

    def _kill(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.kill()
        for child in self.children:
            child.wait()
