"""A real server in a process of its own: floods, junk, masses, clients that vanish, and its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from .playing import ASKED, decoded, served

SMALL = {"hidden": [2], "n_rows": 20, "pace": 0}


class Page:
    """A client over a real socket."""

    def __init__(self, address):
        where = f"ws://{address}/socket{ASKED}"
        self.connection = connect(where, origin=f"http://{address}", max_size=2**26)
        self.socket = self.connection.__enter__()
        self.until("frame")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self.connection.__exit__(None, None, None)

    def drain(self):
        """Read until the socket is closed."""
        while True:
            self.socket.recv(timeout=10)

    def say(self, kind, **part):
        self.socket.send(json.dumps({"type": kind, **part}))

    def until(self, kind, seconds=30):
        """The next message of a kind; a frame as its header."""
        end = time.monotonic() + seconds
        while True:
            message = self.socket.recv(timeout=max(0.01, end - time.monotonic()))
            found = decoded(message)[0] if isinstance(message, bytes) else json.loads(message)
            if found["type"] == "frame":
                self.say("ack", id=found["id"])
            if found["type"] == kind:
                return found

    def complaint(self):
        return self.until("problem")["text"]


def serves(address):
    """The server answers a new client, and trains for it."""
    with Page(address) as page:
        page.say("step", unit="epoch")
        return page.until("frame")["epoch"] == 1


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"\x00\xff\xfe" * 1000, "must be JSON text; got binary data"),
        ("{", "must be JSON"),
        ("[" * 200_000, "must be JSON"),
        ('{"type": "settings", "settings": {"hidden": ' + str([8] * 10_000) + "}}", "hidden must be a list of 0 to 8"),
        ('{"type": "edit", "value": NaN}', "must be JSON"),
        ('{"type": "edit", "value": 1e400}', "value must be a number"),
        ('{"type": "settings", "settings": {"target": "\\ud800"}}', "target must be a text"),
        ('{"type": "shutdown"}', "type must be one of"),
        (
            '{"type": "settings", "settings": {"dataset": "table", "table": "../../etc/passwd"}}',
            "a table must be loaded",
        ),
    ],
    ids=range(9),
)
def test_junk_gets_one_sentence_and_the_same_client_goes_on(server, message, words):
    _, address = server
    with Page(address) as page:
        page.socket.send(message)
        assert words in page.complaint()
        page.say("step", unit="epoch")
        assert page.until("frame")["epoch"] == 1


def test_a_message_without_end_closes_its_own_socket_and_no_other(server):
    _, address = server
    with Page(address) as page:
        with Page(address) as large:
            large.socket.send("x" * 2_000_000)
            with pytest.raises(ConnectionClosed):
                large.drain()
        page.say("step", unit="epoch")
        assert page.until("frame")["epoch"] == 1


def test_a_flood_is_slowed_down_and_told_so_at_most_once_a_second(server):
    _, address = server
    with Page(address) as page:
        begin = time.monotonic()
        for _ in range(5000):
            page.socket.send('{"type": "explain"')
        sentences = []
        page.say("pause")
        while "the excess was not read" not in (sentences[-1] if sentences else ""):
            sentences.append(page.complaint())
        assert len(sentences) < 1500 + 300 * (time.monotonic() - begin)
        time.sleep(1.5)
        page.say("step", unit="epoch")
        while page.until("frame", 10)["epoch"] != 1:
            pass  # the answer to the pause, if it was read
    assert serves(address)


def test_explanations_asked_for_faster_than_they_are_made_do_not_pile_up(server):
    _, address = server
    with Page(address) as page:
        page.say("settings", settings={"hidden": [32] * 8})
        page.until("frame")
        for _ in range(150):
            page.say("explain", what="update")
        assert "the excess was not read" in page.complaint()
        assert serves(address)


def strange(address, **headers):
    with pytest.raises(InvalidStatus) as caught, connect(f"ws://{address}/socket{ASKED}", additional_headers=headers):
        pass
    return caught.value.response.status_code


def test_sockets_of_other_sites_are_refused_by_the_real_server(server):
    _, address = server
    assert strange(address) == 403
    assert strange(address, Origin="http://evil.example") == 403
    assert strange(address, Origin="null") == 403
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


VANISHING = """
import json, sys, time
from websockets.sync.client import connect
address = sys.argv[1]
connection = connect(f"ws://{address}/socket{sys.argv[3]}", origin=f"http://{address}", max_size=2**26)
socket = connection.__enter__()
for kind, part in json.loads(sys.argv[2]):
    socket.send(json.dumps({"type": kind, **part}))
print("there", flush=True)
while True:
    socket.recv()
"""


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


@needs_proc
@pytest.mark.parametrize(
    "work",
    [
        [("settings", {"settings": {"pace": 0}}), ("run", {})],
        [("settings", {"settings": {"hidden": [32] * 8, "n_rows": 2000}}), ("instant", {"epochs": 5000})],
        [("settings", {"settings": {"hidden": [32] * 8, "n_rows": 2000}}), ("starts", {"count": 200, "epochs": 2000})],
        [("settings", {"settings": {"n_rows": 2000, "batch_size": 1}}), ("step", {"count": 1000})],
    ],
    ids=["run", "instant", "starts", "steps"],
)
def test_a_client_that_is_killed_frees_its_work_within_two_seconds(server, work):
    process, address = server
    command = [sys.executable, "-c", VANISHING, address, json.dumps(work), ASKED]
    wait_for_rest(process)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        try:
            assert client.stdout.readline() == "there\n"
            before, end = threads_time(process), time.monotonic() + 20
            while threads_time(process) - before < 0.2:  # it works for its client
                assert time.monotonic() < end
                time.sleep(0.05)
        finally:
            client.kill()
    end, busy = time.monotonic() + 2, 1.0
    while busy >= 0.1:
        begin, before = time.monotonic(), threads_time(process)
        time.sleep(0.5)
        busy = threads_time(process) - before
        assert busy < 0.1 or begin < end


@pytest.mark.slow
def test_fifty_clients_train_at_once_and_none_starves(server):
    _, address = server
    pages = [Page(address) for _ in range(50)]
    epochs = [[] for _ in pages]
    for number, page in enumerate(pages):
        page.say("settings", settings={**SMALL, "seed": number})
        page.say("run")
    # a turn is 2 ms, in which a busy machine does three times as much as in another: only many turns are alike
    turns, end = 24, time.monotonic() + 60

    def watch(page, seen):
        while min(map(len, epochs)) < turns and time.monotonic() < end:
            header = page.until("frame")
            if header["epoch"]:
                seen.append(header["epoch"])

    watchers = [threading.Thread(target=watch, args=pair) for pair in zip(pages, epochs, strict=True)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join(90)
    for page in pages:
        page.close()
    assert min(map(len, epochs)) >= turns
    assert max(map(len, epochs)) <= 2 * min(map(len, epochs))
    last = [seen[-1] for seen in epochs]
    assert max(last) < 3 * min(last), sorted(last)


@pytest.mark.slow
@needs_proc
def test_memory_stays_flat_over_many_frames(server):
    process, address = server
    with Page(address) as page:
        page.say("settings", settings={**SMALL, "hidden": [8, 8]})
        page.until("frame")
        page.say("run")

        def frames(count):
            for _ in range(count):
                page.until("frame")

        frames(60)
        before = resident(process)
        frames(150)
        # a frame has 50 kB; a past moment of this network 3 kB, until the past is thinned out
        assert (resident(process) - before) / 150 < 25_000


@pytest.mark.slow
def test_interrupting_ends_the_server_cleanly_while_clients_train():
    with served() as (process, address):
        pages = [Page(address) for _ in range(3)]
        for page in pages:
            page.say("settings", settings={"pace": 0, "hidden": [32] * 8, "n_rows": 2000})
            page.say("run")
            page.say("starts", count=200, epochs=2000)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        assert process.wait(timeout=15) == 0
        assert time.monotonic() - begin < 10
        printed = process.stdout.read()
        assert "Traceback" not in printed
        assert "koubai play: ended." in printed
        for page in pages:
            with pytest.raises(ConnectionClosed):
                page.drain()
            page.close()


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
