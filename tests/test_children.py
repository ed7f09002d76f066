"""The tests' own processes: they hear Ctrl-C wherever the tests are started, and none outlives a failed test."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.children import child, deaf

ROOT = Path(__file__).resolve().parents[1]
ASK = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"


def said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_a_process_that_is_deaf_to_ctrl_c_hands_that_on_until_it_hears_again() -> None:
    start = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    assert said(*deaf(sys.executable, "-c", start, ASK)) == "False"
    hear = "from tests.children import hear_interrupts; hear_interrupts(); "
    assert said(*deaf(sys.executable, "-c", hear + start, ASK)) == "True"


def test_the_tests_hear_ctrl_c() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert said(sys.executable, "-c", ASK) == "True"


def test_a_failure_ends_the_process_that_the_test_has_started() -> None:
    with pytest.raises(ZeroDivisionError), child([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        raise ZeroDivisionError
    assert process.returncode == -signal.SIGKILL


def test_every_test_has_a_time_limit(request: pytest.FixtureRequest) -> None:
    assert 0 < float(request.config.getini("timeout")) <= 300
