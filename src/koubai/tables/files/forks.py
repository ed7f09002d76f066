"""Forked processes: polars' threads are not inherited, and waiting for them would never end."""

import os
import signal
import sys
import time

from koubai.core.errors import KoubaiError
from koubai.core.language import worded

PATIENCE = 5.0
"""Seconds within which polars' threads must answer."""


class ForkedProcessError(KoubaiError, RuntimeError):
    """A table is used in a process that was forked after tables were used."""


_state = {"forked": False}


def _now_forked() -> None:
    _state["forked"] = _state["forked"] or "polars" in sys.modules


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_now_forked)


def check_process() -> None:
    """Raise ForkedProcessError where polars would wait forever for threads lost in a fork.

    Raises
    ------
    ForkedProcessError
        If this process was forked from one in which polars' threads had begun to work.
    """
    if not _state["forked"]:
        return
    if not _threads_answer():
        raise ForkedProcessError(worded("tables.error.process_was_forked_after_tables"))
    _state["forked"] = False


def _threads_answer() -> bool:
    """Test whether polars' threads respond, in a further fork of this process with a timeout.

    That fork has no polars threads either, and can be ended, whereas a waiting thread in this process might block all
    others.
    """
    import polars as pl

    asked = os.fork()
    if asked == 0:
        frame = pl.DataFrame({"a": ["x", "y"], "b": [1, 2]})  # which steps need threads depends on polars' version
        frame["a"].str.strip_chars().is_in(["x"]).any()
        frame.lazy().select(pl.col("a"), pl.col("b") + 1).group_by("a").agg(pl.col("b").sum()).sort("a").collect()
        os._exit(0)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        ended, status = os.waitpid(asked, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.01)
    os.kill(asked, signal.SIGKILL)
    os.waitpid(asked, 0)
    return False
