"""The class on the network: one socket a student's page, one for each page of the teacher; small messages only."""

import asyncio
import hmac
import json
import time
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from koubai.core.errors import KoubaiError, ParameterError
from koubai.play.classroom.room import MOST_RECORD, Room, Student

LONGEST = MOST_RECORD + 1000
AT_ONCE, PER_SECOND = 30, 5
"""Limits on a page's messages: so many at once, and so many a second; the others wait in its connection."""
TELLING = 0.25
"""Seconds between two tallies."""
WRONG_KEY = 1.0
"""Seconds until a wrong key is answered."""


class _Bucket:
    """A rate limit: lets through a burst of saved-up messages, and then a number per second."""

    def __init__(self, at_once: float, per_second: float) -> None:
        self.at_once, self.per_second = at_once, per_second
        self.left, self.since = at_once, time.monotonic()

    async def take(self) -> None:
        """Take one, once there is one."""
        now = time.monotonic()
        self.left = min(self.at_once, self.left + self.per_second * (now - self.since)) - 1
        self.since = now
        if self.left < 0:
            await asyncio.sleep(-self.left / self.per_second)


class Class:
    """A room with the sockets of those who are in it.

    Parameters
    ----------
    room : Room
        The state.
    key : str
        What a page must know to be the teacher's.
    address : str
        Where students join.
    """

    def __init__(self, room: Room, key: str, address: str = "") -> None:
        self.room, self.key, self.address = room, key, address
        self.pages: dict[WebSocket, Student] = {}

    async def student(self, socket: WebSocket) -> None:
        """Serve a student's page until it leaves."""
        await socket.accept()
        bucket = _Bucket(AT_ONCE, PER_SECOND)
        try:
            while True:
                message = _parsed(await socket.receive_text())
                await bucket.take()
                try:
                    await self._hear(socket, message)
                except KoubaiError as error:
                    await _send(socket, {"type": "problem", "text": str(error).removeprefix("class: ")})
        except (WebSocketDisconnect, RuntimeError, KeyError):  # it left, or sent bytes
            pass
        finally:
            self._gone(socket)

    def _gone(self, socket: WebSocket) -> None:
        student = self.pages.pop(socket, None)
        if student is not None:
            student.n_pages -= 1
            self.room.version += 1

    async def _hear(self, socket: WebSocket, message: dict[str, object]) -> None:
        """Carry out a student's message; it is about the student whose socket it came from, whatever it says."""
        if message.get("type") == "join":
            name, secret = message.get("name"), message.get("secret")
            student = self.room.join(name if isinstance(name, str) else "", secret if isinstance(secret, str) else None)
            self._gone(socket)
            self.pages[socket] = student
            student.n_pages += 1
            await _send(socket, {"type": "joined", "secret": student.secret, "number": student.number})
            await _send(socket, self._step())
            return
        known = self.pages.get(socket)
        if known is None or known.secret not in self.room.students:
            raise ParameterError("class: a page must join with a name first. Reload the page.")
        if message.get("type") == "report":
            self.room.report(known, message)
        elif message.get("type") == "hand_in":
            self.room.hand_in(known, message.get("record"))
            await _send(socket, {"type": "handed_in"})

    def _step(self) -> dict[str, object]:
        pushed = self.room.pushed
        return {"type": "step", "lesson": pushed[0] if pushed else None, "step": pushed[1] if pushed else None}

    async def teacher(self, socket: WebSocket) -> None:
        """Serve a page of the teacher's, once it has shown the key."""
        await socket.accept()
        telling: asyncio.Task[None] | None = None
        try:
            first = _parsed(await socket.receive_text())
            if not hmac.compare_digest(str(first.get("key", "")).encode(errors="replace"), self.key.encode()):
                await asyncio.sleep(WRONG_KEY)
                await _send(socket, {"type": "refused"})
                await socket.close(1008)
                return
            await _send(socket, {"type": "room", "address": self.address, "qr": matrix(self.address)})
            telling = asyncio.create_task(self._tell(socket))
            while True:
                message = _parsed(await socket.receive_text())
                try:
                    await self._obey(socket, message)
                except KoubaiError as error:
                    await _send(socket, {"type": "problem", "text": str(error).removeprefix("class: ")})
        except (WebSocketDisconnect, RuntimeError, KeyError):  # it left, or sent bytes
            pass
        finally:
            if telling is not None:
                telling.cancel()

    async def _obey(self, socket: WebSocket, message: dict[str, object]) -> None:
        match message.get("type"):
            case "push":
                step = message.get("step")
                self.room.push(str(message.get("lesson")), step if isinstance(step, int) else -1)
                await self._push()
            case "free":
                self.room.let_go()
                await self._push()
            case "remove":
                number = message.get("number")
                if isinstance(number, int):
                    self.room.remove(number)
            case "results":
                records = [each.record for each in self.room.students.values() if each.record]
                await _send(socket, {"type": "results", "records": records})

    async def _push(self) -> None:
        """Tell every student's page where the class is; one that does not listen holds nobody up."""
        step = self._step()
        await asyncio.gather(*(_send(page, step) for page in tuple(self.pages)))

    async def _tell(self, socket: WebSocket) -> None:
        """Send the tally whenever it has changed, a few times a second at most."""
        told = -1
        while True:
            if told != self.room.version:
                told = self.room.version
                await _send(socket, self.room.tally())
            await asyncio.sleep(TELLING)


async def _send(socket: WebSocket, message: dict[str, object]) -> None:
    """Send, unless the page has gone or does not read for seconds."""
    if WebSocketState.DISCONNECTED in (socket.application_state, socket.client_state):
        return
    with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):  # it left in the meantime
        await asyncio.wait_for(socket.send_json(message), 5)


def _parsed(text: str) -> dict[str, object]:
    """Return a message; anything else becomes an empty one, which is ignored."""
    if len(text) > LONGEST:
        return {}
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def matrix(address: str) -> list[str]:
    """Return the QR code of an address, row by row, 1 for dark.

    Examples
    --------
    >>> rows = matrix("http://192.168.1.5:8800/K7QM2XAB")
    >>> len(rows) == len(rows[0]), rows[0][:8]
    (True, '11111110')
    """
    import segno

    return ["".join("1" if cell else "0" for cell in row) for row in segno.make(address, micro=False).matrix]
