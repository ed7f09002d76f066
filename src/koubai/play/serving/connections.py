"""Limits on the number and duration of silent connections, so that idle clients cannot lock others out."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from koubai.core.schema import Record

HEAD_SECONDS = 10.0
"""Seconds within which the whole head of a request must arrive."""
ANSWER_SECONDS = 300.0
"""Seconds within which a request must be answered; uploading 32 MiB over a slow line takes four minutes."""
SETTLED = 1.0, 10.0
"""Seconds after which a connection without a request, and one being answered, may be evicted."""
BACKLOG = 128
"""Maximum number of connections waiting to be accepted; up to this many are accepted before the first is handled."""
MOST_FILES = 8192
"""Number of open files that the server requests from the system; each connection is one."""

LONGEST_HEAD = 2**15
"""Maximum size of a request's head in bytes."""

Address: TypeAlias = tuple[str, int]


@dataclass(slots=True)
class _Line:
    """A connection, the time it entered its stage, and its timeout."""

    transport: asyncio.Transport
    since: float
    timer: asyncio.TimerHandle


class _Lines:
    """Connections in one stage, oldest first; when there are too many, the oldest is evicted.

    Parameters
    ----------
    most : int
        Maximum number of settled connections in this stage; twice this many in total, if ``bounded``.
    seconds : float
        Seconds after which a connection in this stage is closed.
    settled : float
        Seconds for which a new connection is safe from eviction, since many legitimate pages may open at once.
    bounded : bool
        Whether to cap the total at twice ``most``, settled or not.
    """

    def __init__(self, most: int, seconds: float, settled: float, *, bounded: bool) -> None:
        self.most, self.seconds, self.settled, self.bounded = most, seconds, settled, bounded
        self.lines: dict[Address, _Line] = {}

    def add(self, address: Address, transport: asyncio.Transport) -> None:
        """Add a connection, evicting the oldest if there are too many."""
        timer = asyncio.get_running_loop().call_later(self.seconds, self._end, address)
        self.lines[address] = _Line(transport, monotonic(), timer)
        while len(self.lines) > self.most:
            first, line = next(iter(self.lines.items()))
            crowded = self.bounded and len(self.lines) > 2 * self.most
            if not crowded and monotonic() - line.since < self.settled:
                break
            self._end(first)

    def take(self, address: Address) -> _Line | None:
        """Remove and return a connection, if it is in this stage."""
        line = self.lines.pop(address, None)
        if line:
            line.timer.cancel()
        return line

    def _end(self, address: Address) -> None:
        line = self.take(address)
        if line:
            line.transport.abort()


class Connections:
    """All connections: waiting for the head of a request, or being answered.

    Parameters
    ----------
    app : ASGI application
        The application to serve.
    most : int
        Approximate maximum number of connections without a request; see `most_silent`.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.waiting = _Lines(most, HEAD_SECONDS, SETTLED[0], bounded=True)
        self.answering = _Lines(most, ANSWER_SECONDS, SETTLED[1], bounded=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; meanwhile its connection does not count as waiting."""
        line = self.waiting.take(scope["client"]) if scope.get("client") else None
        if scope["type"] != "http" or line is None:
            await self.app(scope, receive, send)
            return
        self.answering.add(scope["client"], line.transport)
        try:
            await self.app(scope, receive, send)
        finally:
            self.answering.take(scope["client"])  # uvicorn closes connections that stay silent after an answer

    def heard(self, address: Address, transport: asyncio.Transport) -> None:
        """Record incoming data: a request's head begins, unless one is already being read or answered."""
        if address not in self.waiting.lines and address not in self.answering.lines:
            self.waiting.add(address, transport)

    def lost(self, address: Address) -> None:
        """Record that a connection has ended."""
        self.waiting.take(address)
        self.answering.take(address)

    def protocol(self) -> type[asyncio.Protocol]:
        """Return the protocol class for uvicorn to read requests with."""
        connections = self

        class Watched(H11Protocol):
            """uvicorn's HTTP protocol on monitored connections."""

            address: Address

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self.address = self.client or ("", id(self))  # a connection already lost has no address
                connections.heard(self.address, transport)

            def data_received(self, data: bytes) -> None:
                connections.heard(self.address, self.transport)
                super().data_received(data)

            def connection_lost(self, exc: Exception | None) -> None:
                connections.lost(self.address)
                super().connection_lost(exc)

        return Watched


def most_silent() -> int:
    """Return the maximum number of connections without a request, after raising the limit on open files."""
    allowed = MOST_FILES
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit; if refused, the limit is unchanged
        import resource

        allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        if allowed != resource.RLIM_INFINITY and allowed < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            allowed = wanted
        if allowed == resource.RLIM_INFINITY:
            allowed = MOST_FILES
    return max(16, min(allowed, MOST_FILES) // 8)


def options(connections: Connections) -> Record:
    """Return uvicorn's options for connections.

    Several iterations of the event loop pass between accepting a connection and closing the one it evicts, and each
    accepts a full backlog. Where few open files are allowed the backlog must be small, or none are left for the page's
    own work.
    """
    return {
        "http": connections.protocol(),
        "backlog": min(BACKLOG, connections.waiting.most // 2),
        "timeout_keep_alive": 5,
        "h11_max_incomplete_event_size": LONGEST_HEAD,
        "proxy_headers": False,  # trust the connection's own address, not the request's headers
    }
