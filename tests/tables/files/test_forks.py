"""A process that was forked after tables were used: one sentence in place of waiting for ever."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
import koubai.tables.files.forks as forks
from koubai.tables.files.frames import as_table
forks.PATIENCE = 2.0
if sys.argv[1] == "after":
    as_table({"a": [1, 2], "b": ["x", "y"]})
else:
    import polars
child = os.fork()
if child == 0:
    try:
        print(as_table({"a": [1, 2], "b": ["x", "y"]}).frame.height, flush=True)
    except forks.ForkedProcessError as error:
        print(error, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize(("when", "said"), [("before", "2\n"), ("after", "cannot use tables: the threads")])
def test_a_forked_process_works_or_says_why_not(when: str, said: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, when]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert said in done.stdout
    if when == "after":
        assert done.stdout.endswith("multiprocessing.get_context('spawn'), or 'forkserver'.\n")
