"""The WebSocket of one client: messages in, frames out."""

from concurrent.futures import Executor
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from koubai.core.errors import KoubaiError
from koubai.play.frames import finite
from koubai.play.messages import parse
from koubai.play.session import Session


async def serve(socket: WebSocket) -> None:
    """Serve one client until it leaves."""
    await socket.accept()
    store, executor = socket.app.state.tables, socket.app.state.executor
    session = _session(socket, store, executor)
    try:
        await session.open()
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                break
            await _take(session, message)
    except (WebSocketDisconnect, RuntimeError):
        pass  # gone in the middle of a sentence
    finally:
        await session.close()


def _session(socket: WebSocket, store: Any, executor: Executor) -> Session:
    async def send(message: dict[str, Any] | bytes) -> None:
        if socket.application_state != WebSocketState.CONNECTED:
            return
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        else:
            await socket.send_json(finite(message))

    return Session(send, executor, store.paths, socket.app.state.first)


async def _take(session: Session, message: Any) -> None:
    text = message.get("text")
    if text is None:
        await session.send({"type": "problem", "text": "A message must be JSON text; got binary data."})
        return
    try:
        kind, part = parse(text)
    except KoubaiError as error:
        await session.send({"type": "problem", "text": str(error).removeprefix("playground: ")})
        return
    await session.handle(kind, part)
