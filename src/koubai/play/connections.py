"""How long a connection may be silent, and how many may be: whoever opens lines and says nothing locks nobody out."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""Seconds in which the head of a request must have come whole."""
ANSWER_SECONDS = 300.0
"""Seconds in which a request must be answered: a table of 32 MiB over a slow line takes four minutes."""
SETTLED = 1.0, 10.0
"""Seconds after which a connection that asks for nothing, and one that is being answered, may have to give way."""
BACKLOG = 128
"""Connections that may wait to be accepted, at most; so many are accepted before the first is looked at."""
MOST_FILES = 8192
"""Open files that the server asks the system for; a connection is one."""

LONGEST_HEAD = 2**15
"""Bytes of a request's head."""

Address: TypeAlias = tuple[str, int]


@dataclass(slots=True)
class _Line:
    """A connection, since when it is where it is, and what ends it in time."""

    transport: asyncio.Transport
    since: float
    timer: asyncio.TimerHandle


class _Lines:
    """Connections in one stage, the oldest first; when they are too many, the oldest gives way.

    Parameters
    ----------
    most : int
        So many may be in this stage when they are settled; twice as many in any case, if the second bound holds at all.
    seconds : float
        Seconds after which a connection in this stage is closed.
    settled : float
        Seconds before which a connection need not give way: many honest pages may come at once.
    bounded : bool
        Whether more than twice ``most`` are never there, settled or not.
    """

    def __init__(self, most: int, seconds: float, settled: float, *, bounded: bool) -> None:
        self.most, self.seconds, self.settled, self.bounded = most, seconds, settled, bounded
        self.lines: dict[Address, _Line] = {}

    def add(self, address: Address, transport: asyncio.Transport) -> None:
        """Take a connection in, and send the oldest away if there are too many."""
        timer = asyncio.get_running_loop().call_later(self.seconds, self._end, address)
        self.lines[address] = _Line(transport, monotonic(), timer)
        while len(self.lines) > self.most:
            first, line = next(iter(self.lines.items()))
            crowded = self.bounded and len(self.lines) > 2 * self.most
            if not crowded and monotonic() - line.since < self.settled:
                break
            self._end(first)

    def take(self, address: Address) -> _Line | None:
        """Return a connection that leaves this stage, if it was there."""
        line = self.lines.pop(address, None)
        if line:
            line.timer.cancel()
        return line

    def _end(self, address: Address) -> None:
        line = self.take(address)
        if line:
            line.transport.abort()


class Connections:
    """Every connection that is no socket of a page: it waits for the head of a request, or is being answered.

    A page's socket, once it is open, is counted by `koubai.play.socket`, and its silence noticed by pings.

    Parameters
    ----------
    app : ASGI application
        What is served.
    most : int
        About so many connections may wait without a request; see `most_silent`.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.waiting = _Lines(most, HEAD_SECONDS, SETTLED[0], bounded=True)
        self.answering = _Lines(most, ANSWER_SECONDS, SETTLED[1], bounded=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; meanwhile its connection is not one that waits."""
        line = self.waiting.take(scope["client"]) if scope.get("client") else None
        if scope["type"] != "http" or line is None:
            await self.app(scope, receive, send)
            return
        self.answering.add(scope["client"], line.transport)
        try:
            await self.app(scope, receive, send)
        finally:
            self.answering.take(scope["client"])  # uvicorn closes what stays silent after its answer

    def heard(self, address: Address, transport: asyncio.Transport) -> None:
        """Note that something came: the head of a request begins, unless one is being read or answered."""
        if address not in self.waiting.lines and address not in self.answering.lines:
            self.waiting.add(address, transport)

    def lost(self, address: Address) -> None:
        """Note that a connection has ended."""
        self.waiting.take(address)
        self.answering.take(address)

    def protocol(self) -> type[asyncio.Protocol]:
        """Return the protocol with which uvicorn is to read requests."""
        connections = self

        class Watched(H11Protocol):
            """Requests read as uvicorn reads them, on connections that are watched."""

            address: Address

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self.address = self.client or ("", id(self))  # one that has gone already has no address any more
                connections.heard(self.address, transport)

            def data_received(self, data: bytes) -> None:
                connections.heard(self.address, self.transport)
                super().data_received(data)

            def connection_lost(self, exc: Exception | None) -> None:
                connections.lost(self.address)
                super().connection_lost(exc)

        return Watched


def most_silent() -> int:
    """Return how many connections may wait without a request, after asking the system for enough open files."""
    allowed = MOST_FILES
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit; a refused wish leaves what was
        import resource

        allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        if allowed != resource.RLIM_INFINITY and allowed < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            allowed = wanted
        if allowed == resource.RLIM_INFINITY:
            allowed = MOST_FILES
    return max(16, min(allowed, MOST_FILES) // 8)


def options(connections: Connections) -> dict[str, Any]:
    """Return what uvicorn is told of connections.

    Some rounds of the event loop pass between accepting a connection and closing one that gives way for it, and each
    accepts as many as may wait. Where few open files are allowed these must be few, or none is left for a page's work.
    """
    return {
        "http": connections.protocol(),
        "backlog": min(BACKLOG, connections.waiting.most // 2),
        "timeout_keep_alive": 5,
        "h11_max_incomplete_event_size": LONGEST_HEAD,
        "proxy_headers": False,  # a request's address is the connection's own, whatever the request says
    }
