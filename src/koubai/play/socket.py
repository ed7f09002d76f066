"""The WebSocket of one client: messages in, frames out, with all resources freed as soon as the client is gone."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from koubai.core.errors import KoubaiError
from koubai.play.frames import Message, sendable
from koubai.play.messages import parse
from koubai.play.rates import Bucket
from koubai.play.session import Session

MOST_CLIENTS = 200
MOST_WAITING = 64
"""Maximum number of a client's messages waiting for their turn."""
MESSAGES_AT_ONCE, MESSAGES_PER_SECOND = 400, 200
"""Two acknowledgements per frame plus a moving slider make about 150 messages per second."""
CHARACTERS_AT_ONCE, CHARACTERS_PER_SECOND = 4_000_000, 1_000_000
TOO_MUCH = "A page must send at most {} messages and {} characters per second; the excess was not read. Slow down."


async def serve(socket: WebSocket) -> None:
    """Serve one client, whose socket has been accepted, until it leaves."""
    clients: set[WebSocket] = socket.app.state.clients
    if len(clients) >= MOST_CLIENTS:
        sentence = (
            f"At most {MOST_CLIENTS} pages may be open at once; this one is too many. Close another, then reload."
        )
        await socket.send_json({"type": "problem", "text": sentence})
        await socket.close(1013)
        return
    clients.add(socket)
    try:
        await _Client(socket).serve()
    finally:
        clients.discard(socket)


def _crowd(state: Any) -> float:
    """Return the number of runs that take turns on each of the executor's threads."""
    return sum(session.running for session in tuple(state.sessions)) / state.n_threads


class _Client:
    """Keeps reading during computation, so that a pause or a disconnection takes effect at once."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.messages = Bucket(MESSAGES_AT_ONCE, MESSAGES_PER_SECOND)
        self.characters = Bucket(CHARACTERS_AT_ONCE, CHARACTERS_PER_SECOND)
        self.warnings = Bucket(1, 1)
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Serve until the client leaves, then free its resources."""
        state = self.socket.app.state
        session = await self._session()
        state.sessions.add(session)
        self._start(session.open())
        try:
            while True:
                message = await self.socket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                await self._take(session, message)
        finally:
            state.sessions.discard(session)
            await session.close()
            for task in self.tasks:
                task.cancel()

    async def _session(self) -> Session:
        """Return a session, created in a thread, since a table may have to be read."""
        loop, state = asyncio.get_running_loop(), self.socket.app.state
        make = partial(Session, self.send, state.executor, state.tables.paths, crowd=partial(_crowd, state))
        try:
            return await loop.run_in_executor(state.executor, partial(make, settings=state.first))
        except KoubaiError as error:
            await self.send({"type": "problem", "text": str(error)})
            return await loop.run_in_executor(state.executor, make)

    async def send(self, message: Message | bytes) -> None:
        """Send to the client; if it is gone, do nothing, since the reader will notice."""
        if WebSocketState.DISCONNECTED in (self.socket.application_state, self.socket.client_state):
            return
        with suppress(RuntimeError, WebSocketDisconnect):  # the client left in the meantime
            if isinstance(message, bytes):
                await self.socket.send_bytes(message)
            else:
                await self.socket.send_json(sendable(message))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _take(self, session: Session, message: Any) -> None:
        text = message.get("text")
        if text is None:
            await session.problem("A message must be JSON text; got binary data.")
            return
        inside = self.messages.take() and self.characters.take(len(text))
        if not inside or len(self.tasks) >= MOST_WAITING:
            if self.warnings.take():
                await session.problem(TOO_MUCH.format(MESSAGES_PER_SECOND, CHARACTERS_PER_SECOND))
            return
        try:
            kind, part = parse(text)
        except KoubaiError as error:
            await session.problem(str(error))
            return
        if kind == "ack":
            await session.handle(kind, part)
        else:
            self._start(session.handle(kind, part))
