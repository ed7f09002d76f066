"""A real server in a process of its own: floods, junk, masses, and its end."""

import base64
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from .playing import ASKED, served

SMALL = {"hidden": [2], "n_rows": 20}
RUN = {"theta": [0.1] * 9, "slots": [], "step": 3, "epoch": 1, "cursor": 0, "steps": 3}


def asked(address, kind, content, timeout=60, **headers):
    """The status and the answer to a question, as the page asks it."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    request = urllib.request.Request(
        f"http://{address}/{kind}{ASKED}", body, {"Origin": f"http://{address}", **headers}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"{}")


def serves(address):
    with urllib.request.urlopen(f"http://{address}/lessons.json{ASKED}", timeout=30) as answer:
        return answer.status == 200


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("explain", b"{", "must be a JSON object"),
        ("explain", b'{"a": NaN}', "must be a JSON object"),
        ("explain", b"[" * 100_000, "must be a JSON object"),
        ("explain", b"[1, 2]", "must be a JSON object"),
        ("explain", b"\xff\xfe", "must be a JSON object"),
        ("explain", {"settings": {"hidden": [1] * 50}}, "hidden must be a list"),
        ("explain", {"settings": SMALL}, "moment must be an object"),
        ("explain", {"settings": SMALL, "moment": {**RUN, "theta": [0.1]}}, "theta must be a list of 9 to 9 values"),
        ("explain", {"settings": SMALL, "moment": {**RUN, "theta": ["x"] * 9}}, "theta[0] must be a number"),
        ("explain", {"settings": SMALL, "moment": RUN, "row": 99}, "row must be below 20"),
        ("explain", {"settings": SMALL, "moment": RUN, "what": "life"}, "what must be one of"),
        ("explain", {"settings": SMALL, "moment": RUN, "last": {"chosen": [77]}}, "chosen[0] must be a whole number"),
        ("rows", {"dataset": "table", "table": "../../etc/passwd", "target": "x"}, "a table must be loaded"),
        ("rows", {"colour": 1}, "a setting must be one of"),
        ("keep", {"settings": SMALL, "moment": {**RUN, "epoch": -1}}, "epoch must be a whole number"),
    ],
    ids=range(15),
)
def test_a_wrong_question_gets_one_sentence_and_the_server_goes_on(server, kind, content, words):
    _, address = server
    status, answer = asked(address, kind, content)
    assert status == 400
    assert words in answer["text"]
    assert "\n" not in answer["text"]
    assert len(answer["text"]) < 2000
    assert serves(address)


def test_a_question_without_end_is_refused(server):
    _, address = server
    status, answer = asked(address, "explain", b" " * (33 * 2**20))
    assert status == 413
    assert answer["text"] == "A question must be at most 32 MiB; it is larger."


def test_questions_that_are_in_order_are_answered(server):
    _, address = server
    run = {"settings": SMALL, "moment": RUN}
    for what in ("node", "loss", "update", "weight", "bias"):
        status, answer = asked(address, "explain", {**run, "what": what, "lang": "ja"})
        assert (status, answer["title"]) == (200, what)
        assert "<math" in answer["html"]
    status, answer = asked(address, "keep", run)
    assert (status, base64.b64decode(answer["base64"])[8:24]) == (200, b'{"__metadata__":')
    status, answer = asked(address, "rows", {"dataset": "penguins"})
    assert (status, answer["task"], len(answer["test"])) == (200, "classification", 344)


def test_questions_asked_faster_than_they_are_answered_do_not_pile_up(server):
    _, address = server
    run = {"settings": {"hidden": [32] * 8, "dataset": "spam"}, "moment": RUN}
    with ThreadPoolExecutor(100) as many:
        found = list(many.map(lambda _: asked(address, "explain", run, 200)[0], range(200)))
    assert set(found) <= {400, 503}
    assert serves(address)


def test_questions_of_other_sites_are_refused_by_the_real_server(server):
    _, address = server
    for origin in ("http://evil.example", "null"):
        with pytest.raises((urllib.error.HTTPError, json.JSONDecodeError)):
            asked(address, "explain", {}, Origin=origin)
    request = urllib.request.Request(f"http://{address}/{ASKED}", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code == 403
    caught.value.close()


def resident(process):
    """Bytes of memory of a process."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells a process's memory")


@needs_proc
@pytest.mark.parametrize("announced", [True, False])
def test_a_gigabyte_is_refused_early_with_one_sentence_and_no_memory(server, announced):
    process, address = server
    before = resident(process)
    host, port = address.split(":")
    head = f"POST /table{ASKED} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nX-Filename: t.csv\r\n"
    head += f"Content-Length: {2**30}\r\n\r\n" if announced else "Transfer-Encoding: chunked\r\n\r\n"
    part = b"1,2\n" * 2**18
    chunk = part if announced else b"%x\r\n%s\r\n" % (len(part), part)
    sent, rest = 0, b""
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(head.encode())
        line.setblocking(False)
        answer = b""
        end = time.monotonic() + 20
        while b"}" not in answer and time.monotonic() < end:
            rest = rest or chunk
            try:
                done = line.send(rest)
                sent, rest = sent + done, rest[done:]
            except BlockingIOError:
                time.sleep(0.001)
            with suppress(BlockingIOError):
                answer += line.recv(65536)
    assert b"413" in answer.split(b"\r\n", 1)[0]
    assert b"A table must be at most 32 MiB; it is larger." in answer
    assert sent < 2**29
    assert resident(process) - before < 64 * 2**20
    assert serves(address)


def threads_time(process):
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_rest(process):
    """Wait until a server does nothing: after its start it still loads what tables need."""
    end, before = time.monotonic() + 60, -1.0
    while (now := threads_time(process)) - before > 0.05:
        assert time.monotonic() < end
        before = now
        time.sleep(0.3)


@pytest.mark.slow
def test_interrupting_ends_the_server_cleanly_while_questions_are_answered():
    with served() as (process, address), ThreadPoolExecutor(4) as many:
        asking = [many.submit(asked, address, "rows", {"dataset": "spam"}) for _ in range(4)]
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        printed = process.stdout.read()
        assert "Traceback" not in printed
        assert "koubai play: ended." in printed
        for each in asking:
            with suppress(OSError, json.JSONDecodeError):  # answered, or cut off
                each.result()


@pytest.mark.slow
def test_ctrl_c_ends_no_server_that_a_script_started_in_the_background():
    with served(hears=False) as (process, address):
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        assert serves(address)


@pytest.mark.slow
def test_a_server_that_is_asked_to_terminate_leaves_no_folder_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with served() as (process, _):
        assert [path.name[:12] for path in tmp_path.iterdir()] == ["koubai-play-"]
        process.terminate()
        assert process.wait(timeout=60) == 0
        assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@needs_proc
def test_the_page_is_there_soon_after_the_start():
    with served() as (process, address):
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with browser.open(f"http://{address}/{ASKED}", timeout=10) as answer:
            assert answer.url == f"http://{address}/"
            assert b"koubai" in answer.read()
        assert threads_time(process) < 3  # of processor time, most of it for what is loaded behind the page
        printed = process.stdout.readline()
        assert printed == f"koubai play: http://{address}/{ASKED}   (Ctrl-C ends it)\n"
