"""Teams of threads: kept between calls, one for each caller, and only where there is enough to do."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from threadpoolctl import threadpool_limits

from koubai.core.network import Network
from koubai.engines.cpu import threads
from koubai.engines.cpu.threads import WORTH_A_THREAD, WORTH_CALLING, run_team, threads_for

FORKED = """
import os
from koubai.engines.cpu.threads import run_team
ran = []
run_team(ran.append, 2)
child = os.fork()
if not child:
    run_team(ran.append, 2)
    os._exit(sorted(ran) != [0, 0, 1, 1])
raise SystemExit(os.waitpid(child, 0)[1])
"""


def test_a_team_is_kept_and_rank_0_is_the_caller() -> None:
    seen: list[dict[int, int]] = []
    for _ in range(2):
        ran: dict[int, int] = {}
        assert run_team(lambda rank, ran=ran: ran.setdefault(rank, threading.get_ident()), 2) == threading.get_ident()
        seen.append(ran)
    assert seen[0] == seen[1]
    assert len(set(seen[0].values())) == 2


def test_callers_side_by_side_have_a_team_each() -> None:
    """Threads of a team meet at barriers, so all of them must run at once; waiting for another team would never end."""

    def call(_: int) -> None:
        meeting = threading.Barrier(3)
        for _ in range(20):
            run_team(lambda rank: meeting.wait(timeout=30), 3)

    with ThreadPoolExecutor(4) as callers:
        list(callers.map(call, range(4)))


def test_blas_is_limited_until_the_last_of_overlapping_callers_has_ended() -> None:
    """The number of BLAS's threads is the process's: the first to end may not free it."""

    def numbers() -> list[int]:
        return [one["num_threads"] for one in threads.blas().info() if one["user_api"] == "blas"]

    with threadpool_limits(limits=2, user_api="blas"):
        before = numbers()
        first, second = threads.one_blas_thread(), threads.one_blas_thread()
        first.__enter__()
        second.__enter__()
        assert set(numbers()) == {1}
        first.__exit__(None, None, None)
        assert set(numbers()) == {1}
        second.__exit__(None, None, None)
        assert numbers() == before
        assert set(before) == {2}


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_in_any_thread_reaches_the_caller(failing: int) -> None:
    def work(rank: int) -> None:
        if rank == failing:
            raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        run_team(work, 2)
    assert run_team(lambda rank: rank, 2) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")
def test_a_forked_process_has_a_team_of_its_own() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], check=True, timeout=60)


def test_threads_are_taken_where_a_batch_and_a_call_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "available_threads", lambda: 8)
    network = Network.dense((100, 99, 100))
    per_row = 2 * 3 * network.n_parameters
    rows = int(3 * WORTH_A_THREAD / per_row) + 1
    calls = int(WORTH_CALLING / (rows * per_row)) + 1
    assert threads_for(network, rows, 3, None) == 1
    assert threads_for(network, rows, 3, None, calls) == 3
    assert threads_for(network, 100 * rows, 3, None) == 8
    assert threads_for(network, rows // 3, 3, None, 1000) == 1
    assert threads_for(network, rows, 3, 2) == 2
    assert threads_for(network, 1, 3, 2) == 1
