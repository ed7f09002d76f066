"""What tests of the playground's server share: sessions without a server, and servers as people start them."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import numpy as np
from tests.children import deaf

from koubai.play.messages import parse
from koubai.play.session import Session
from koubai.play.settings import Settings

START = "import sys; from koubai.cli.main import main; sys.exit(main(sys.argv[1:]))"


def decoded(frame):
    """Header and blocks of a binary frame, read as the page reads it."""
    length = int.from_bytes(frame[:4], "little")
    header, found = json.loads(frame[4 : 4 + length]), {}
    for block in header["blocks"]:
        kind = {"f4": np.float32, "u1": np.uint8}[block["dtype"]]
        count = int(np.prod(block["shape"]))
        found[block["name"]] = np.frombuffer(frame, kind, count, 4 + length + block["offset"]).reshape(block["shape"])
    return header, found


class Player:
    """A client without a network: says what the page would say, and keeps what it is told."""

    def __init__(self, session, told):
        self.session, self.told = session, told

    async def say(self, kind, **part):
        """Say something, and return what came back until it was done; frames as (header, blocks)."""
        first = len(self.told)
        await self.session.handle(*parse(json.dumps({"type": kind, **part})))
        return self.told[first:]

    async def settings(self, **part):
        return await self.say("settings", settings=part)

    @property
    def theta(self):
        return self.session.moment.state.theta

    def last(self, kind):
        """The last message of a kind."""
        return next(message for message in reversed(self.told) if kind_of(message) == kind)


def kind_of(message):
    return "frame" if isinstance(message, tuple) else message["type"]


def play(story, tables=None, **settings):
    """Run an async function of a `Player` to its end."""
    told = []

    async def send(message):
        told.append(decoded(message) if isinstance(message, bytes) else json.loads(json.dumps(message)))

    async def run():
        with ThreadPoolExecutor(2) as threads:
            session = Session(send, threads, tables or {}, Settings().changed(settings))
            await session.open()
            try:
                return await asyncio.wait_for(story(Player(session, told)), 60)
            finally:
                await session.close()

    return in_a_loop(run())


def in_a_loop(coroutine):
    """Run a coroutine to its end in a thread of its own: the caller's may have a browser's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


TOKEN = "a token for tests"
ASKED = "?token=a%20token%20for%20tests"


@contextmanager
def served(*arguments, hears=True, **environment):
    """A server in a process of its own, started as people start it: the process and its address.

    It ignores Ctrl-C if it does not hear, as one that a script has started in the background.
    """
    port = free_port()
    command = [sys.executable, "-c", START, "play", "--port", str(port), "--no-browser", *arguments]
    command = command if hears else deaf(*command)
    environment = {**os.environ, "KOUBAI_TOKEN": TOKEN, **environment}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    try:
        address = f"127.0.0.1:{port}"
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://{address}/static/icon.svg", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.05)
        yield process, address
    finally:
        process.terminate()  # a killed one would leave its folder of tables behind
        with suppress(subprocess.TimeoutExpired):  # a busy machine still loads what is loaded behind the page
            process.wait(timeout=20)
        process.kill()
        process.wait(timeout=20)
        process.stdout.close()
