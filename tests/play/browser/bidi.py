"""Firefox, driven by the protocol that it speaks by itself (WebDriver BiDi): pages, scripts, complaints."""

import json
import re
import subprocess
import time
from contextlib import contextmanager, suppress

from websockets.sync.client import connect

LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
STARTING = 120
EVENTS = [
    "log.entryAdded",
    "network.beforeRequestSent",
    "network.responseCompleted",
    "browsingContext.downloadWillBegin",
    "browsingContext.downloadEnd",
]


class Firefox:
    """A session with a browser that runs."""

    def __init__(self, socket):
        self.socket, self.number, self.complaints, self.requests = socket, 0, [], []
        self.hear = []  # what else wants to know what the browser tells
        self.ask("session.new", {"capabilities": {}})
        self.ask("session.subscribe", {"events": EVENTS})
        self.context = self.ask("browsingContext.getTree", {})["contexts"][0]["context"]

    def ask(self, method, params):
        """The result of a command; what is told meanwhile is kept."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(timeout=STARTING))
            if told.get("id") == self.number:
                assert told["type"] == "success", told
                return told["result"]
            self._take(told)

    def listen(self, seconds):
        """Take what is told for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            with suppress(TimeoutError):
                self._take(json.loads(self.socket.recv(timeout=left)))

    def _take(self, told):
        method, params = told["method"], told["params"]
        if method == "log.entryAdded" and params["level"] in ("error", "warn"):
            self.complaints.append(params["text"])
        if method == "network.beforeRequestSent":
            self.requests.append(params["request"]["url"])
        for each in self.hear:
            each(method, params)

    def open(self, address):
        """Load a page."""
        self.ask("browsingContext.navigate", {"context": self.context, "url": address, "wait": "complete"})

    def evaluate(self, expression):
        """The value of an expression in the page, as JSON has it."""
        target = {"context": self.context}
        told = self.ask(
            "script.evaluate",
            {"expression": f"JSON.stringify({expression})", "target": target, "awaitPromise": True},
        )
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"]) if told["result"]["type"] == "string" else None


@contextmanager
def firefox(path, profile):
    """A headless Firefox with an empty profile."""
    command = [path, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + STARTING
        for line in process.stderr:
            found = LISTENING.search(line)
            if found:
                break
            assert time.monotonic() < end, "Firefox does not listen"
        else:
            raise AssertionError(f"Firefox ended with {process.wait()}")
        with connect(f"{found[1]}/session", open_timeout=STARTING, max_size=2**26, compression=None) as socket:
            yield Firefox(socket)
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stderr.close()
