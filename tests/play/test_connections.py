"""Connections that say nothing, or too little: they are closed in time, and never keep out who has something to ask."""

import asyncio
import socket
import sys
import time
import urllib.request
from contextlib import ExitStack, asynccontextmanager

import pytest
import uvicorn
from tests.loops import in_a_loop

from koubai.play.serving import connections
from koubai.play.serving.connections import Connections

from .playing import ASKED, served

HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
WHOLE = HALF + b"\r\n"


async def app(scope, receive, send):
    """Answers with the length of what was sent."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
    await send({"type": "http.response.body", "body": b"%d" % min(size, 9)})


@asynccontextmanager
async def serving(most=100):
    """The port of a server in this loop, and what watches its connections."""
    watched = Connections(app, most)
    given = {"ws": "none", "lifespan": "off", "log_config": None, "log_level": "critical"}
    server = uvicorn.Server(uvicorn.Config(watched, **given, **connections.options(watched)))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve([listening]))
        try:
            yield listening.getsockname()[1], watched
        finally:
            server.should_exit = server.force_exit = True
            await task


async def ended(reader, seconds):
    """Whether the server ends a connection within so many seconds."""
    try:
        return await asyncio.wait_for(reader.read(), seconds) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def counts(watched):
    return len(watched.waiting.lines), len(watched.answering.lines)


@pytest.mark.parametrize("said", [b"", HALF], ids=["nothing", "half a head"])
def test_who_does_not_finish_the_head_of_a_request_is_sent_away(monkeypatch, said):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)

    async def story():
        async with serving() as (port, watched):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            begin = time.monotonic()
            assert await ended(reader, 20)
            assert time.monotonic() - begin > 0.2
            assert counts(watched) == (0, 0)
            writer.close()

    in_a_loop(story())


def test_one_letter_now_and_then_gains_no_time(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)

    async def story():
        async with serving() as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            end = time.monotonic() + 20
            while not await ended(reader, 0.05):
                assert time.monotonic() < end
                writer.write(b"G")
            writer.close()

    in_a_loop(story())


def test_a_second_request_on_the_same_connection_has_its_own_time(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.4)

    async def story():
        async with serving() as (port, watched):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(4):
                writer.write(WHOLE)
                assert b"200 OK" in await reader.readuntil(b"\r\n\r\n0")
                await asyncio.sleep(0.2)  # longer together than a head may take
                assert counts(watched) == (0, 0)
            writer.write(HALF)
            assert await ended(reader, 4), "half of a second head holds its connection for ever"
            writer.close()

    in_a_loop(story())


def test_a_body_that_never_ends_is_cut_off(monkeypatch):
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.4)

    async def story():
        async with serving() as (port, watched):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
            assert await ended(reader, 20)
            assert counts(watched) == (0, 0)
            writer.close()

    in_a_loop(story())


def test_a_head_without_end_is_refused_without_keeping_it():
    async def story():
        async with serving() as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HALF + b"X-Long: " + b"x" * 2 * connections.LONGEST_HEAD)
            assert b" 400 " in await asyncio.wait_for(reader.read(), 20)
            writer.close()

    in_a_loop(story())


def test_the_oldest_silent_connections_give_way_and_what_is_being_answered_does_not():
    async def story():
        async with serving(most=4) as (port, watched):
            slow_reader, slow = await asyncio.open_connection("127.0.0.1", port)
            slow.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
            await asyncio.sleep(0.1)
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
            await asyncio.sleep(0.2)
            assert counts(watched) == (8, 1)
            assert await ended(silent[0][0], 5)
            assert not await ended(silent[-1][0], 0.1)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(WHOLE)
            assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n0"), 5)
            slow.write(b"cd")
            assert b"200 OK" in await asyncio.wait_for(slow_reader.readuntil(b"\r\n\r\n4"), 5)
            for each in (slow, writer, *(one for _, one in silent)):
                each.close()

    in_a_loop(story())


FEW_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
from koubai.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of open files")
def test_three_hundred_half_open_connections_keep_nobody_out(monkeypatch):
    from . import playing

    monkeypatch.setattr(playing, "START", FEW_FILES)
    with served() as (process, address), ExitStack() as open_lines:
        host, port = address.split(":")
        for _ in range(300):
            line = open_lines.enter_context(socket.create_connection((host, int(port)), timeout=20))
            line.sendall(HALF)
        begin = time.monotonic()
        with urllib.request.urlopen(f"http://{address}/static/icon.svg", timeout=20) as answer:
            assert answer.status == 200
        with urllib.request.urlopen(f"http://{address}/catalogue.json{ASKED}", timeout=60) as answer:
            assert b'"served": true' in answer.read()
        assert time.monotonic() - begin < connections.HEAD_SECONDS, "the half-open ones ended before anybody got in"
        assert process.poll() is None
