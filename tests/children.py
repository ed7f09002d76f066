"""Processes that tests start: none outlives its test, and each hears Ctrl-C as people's own processes do."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def hear_interrupts() -> None:
    """Hear SIGINT again where this process was started with it ignored, as jobs in the background of a script are.

    What is ignored stays ignored in each process that this one starts, and Python then raises no KeyboardInterrupt: a
    test that presses Ctrl-C would wait for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def deaf(*command: str) -> list[str]:
    """Return a command that starts another one with SIGINT ignored."""
    code = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-c", code, *command]


@contextmanager
def child(command: Sequence[Any], **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """Start a process for the block, which is killed at its end if it still runs, after a failure or a time-out too."""
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
