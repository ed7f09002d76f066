"""A separate process for exact algebra, ended when it takes too long or too much memory.

No other way to interrupt a step of algebra works on every platform and in every thread. The process is started on first
use and kept, since importing SymPy takes longer than most answers.
"""

import atexit
import math
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.schema import Record

if TYPE_CHECKING:
    from koubai.descent.functions.expression import Expression
    from koubai.descent.functions.objective import Array

SECONDS = 3
"""Limit on the processor time for one expression, in seconds."""
WAITING = 60.0
"""Limit on its wall-clock time, in seconds, for busy machines."""
STARTING = 120.0
"""Limit on the wall-clock time for importing SymPy, in seconds."""
MEMORY = 2**30
"""Limit on the process's memory beyond its own code, in bytes, where the system can enforce one."""
NOT_STARTED = "descend.error.not_started"
"""The text for a process that cannot be used."""


class Worker:
    """Has a process solve expressions, one at a time, for any number of threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0

    def ask(self, expression: "Expression", variables: tuple[str, ...], points: "Sequence[Array] | None") -> Record:
        """Return the results of `functions.exact.steps` by name: all that arrived within the time limit.

        Raises
        ------
        ParameterError
            If the expression cannot be handled.
        """
        found: Record = {}
        with self.lock:
            process = self._started()
            clock = threading.Timer(WAITING, process.kill)
            clock.start()
            try:
                stdin, stdout = _ends(process)
                pickle.dump((expression, variables, points, SECONDS), stdin)
                stdin.flush()
                while True:
                    name, content = pickle.load(stdout)
                    if name == "done":
                        return found
                    if name == "refused":
                        raise ParameterError(content)
                    found[name] = content
            except (EOFError, OSError, pickle.UnpicklingError):  # a limit ended it: return what has arrived
                self.stop()
                return found
            except ParameterError:
                raise
            except BaseException:  # the caller was interrupted: late results must not answer the next question
                self.stop()
                raise
            finally:
                clock.cancel()

    def stop(self) -> None:
        """End the process; the next question starts a new one."""
        process, self.process = self.process, None
        if process is None or self.owner != os.getpid():
            return
        process.kill()
        for end in _ends(process):
            with suppress(OSError):
                end.close()
        process.wait()

    def _started(self) -> "subprocess.Popen[bytes]":
        """Return the process, with SymPy imported."""
        if self.process is not None and self.owner == os.getpid() and self.process.poll() is None:
            return self.process
        self.stop()
        command = [sys.executable or "python", "-c", "from koubai.descent.functions.worker import serve; serve()"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        try:
            process = self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )
        except OSError as error:
            raise ParameterError(worded(NOT_STARTED)) from error
        self.owner = os.getpid()
        clock = threading.Timer(STARTING, process.kill)
        clock.start()
        try:
            pickle.load(_ends(process)[1])  # it is ready
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.stop()
            raise ParameterError(worded(NOT_STARTED)) from error
        except BaseException:
            self.stop()
            raise
        finally:
            clock.cancel()
        return process


def _ends(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


WORKER = Worker()
"""The program's shared worker."""
atexit.register(WORKER.stop)


def serve() -> None:
    """Answer questions until the pipe closes: the process's main loop."""
    from koubai.descent.functions.algebra import load_sympy
    from koubai.descent.functions.exact import steps

    load_sympy()
    _bound_memory()
    answers = sys.stdout.buffer

    def say(answer: object) -> None:
        pickle.dump(answer, answers)
        answers.flush()

    say("ready")
    while True:
        try:
            expression, variables, points, seconds = pickle.load(sys.stdin.buffer)
        except (EOFError, KeyboardInterrupt):
            return
        clock = _bound_time(seconds)
        try:
            for result in steps(expression, variables, points):
                say(result)
        except ParameterError as error:
            say(("refused", error.args[0]))
        except Exception:  # out of memory, nested too deeply, unknown to SymPy: skip the step
            say(("done", None))
        else:
            say(("done", None))
        if clock:
            clock.cancel()


def _bound_memory() -> None:
    with suppress(ImportError, OSError, ValueError):  # Windows; time is still limited
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _bound_time(seconds: int) -> threading.Timer | None:
    """End this process after ``seconds`` of work; return the timer that will, where the system has no such limit.

    The system's own limit works even while one long multiplication blocks every thread.
    """
    try:
        import resource
    except ImportError:  # Windows
        clock = threading.Timer(3.0 * seconds, os._exit, (1,))
        clock.daemon = True
        clock.start()
        return clock
    worked = math.ceil(time.process_time())
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (worked + seconds, hard))
    return None
