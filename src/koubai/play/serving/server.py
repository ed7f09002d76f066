"""The playground's server: listens, prints its address, opens the browser, and ends on Ctrl-C."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from types import FrameType
from typing import TYPE_CHECKING
from urllib.parse import quote

import uvicorn

from koubai.core.language import Language, worded
from koubai.core.printing import say
from koubai.core.schema import Record
from koubai.play.classroom.room import class_code
from koubai.play.serving import connections
from koubai.play.serving.app import make_app
from koubai.play.serving.guard import ANYWHERE, LOOPBACK
from koubai.play.serving.opening import VARIABLE, browser_at, token_of
from koubai.play.serving.uploads import Tables
from koubai.serve.listening import bound, ending_quietly, origin_of

if TYPE_CHECKING:
    from koubai.play.classroom.sockets import Class
    from koubai.play.settings import Settings


class Server(uvicorn.Server):
    """Ends on Ctrl-C, unless the program was started with SIGINT ignored, as shells do for background jobs.

    SIGTERM ends it just as cleanly: uvicorn would raise the signal again, and the tables would stay on disk.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to shut down on a signal."""
        if sig != signal.SIGINT:
            self.should_exit = True
        elif not self._deaf:
            super().handle_exit(sig, frame)


def run(
    settings: "Settings | None",
    tables: Tables,
    *,
    host: str = "127.0.0.1",
    port: int = 8800,
    token: str | None = None,
    open_browser: bool = True,
    fragment: str = "",
    lessons: Mapping[str, Record] | None = None,
    is_class: bool = False,
    lang: Language | None = None,
) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    settings, tables
        What a client sees first.
    host, port
        The address to listen on.
    token : str, optional
        The token the page must present; see `koubai.play.serving.opening.token_of`.
    open_browser : bool
        Whether to open the page.
    fragment : str
        The fragment of the address, after ``#``.
    lessons : mapping, optional
        Lessons by their names, beside those that come with koubai.
    is_class : bool
        Whether a class works on it, led by who opens it; see `koubai.play.classroom`.
    lang : {"en", "ja"}, optional
        The language of visitors who have not chosen one; by default their browsers'.

    Raises
    ------
    ParameterError
        If the token is too short, or the server cannot listen there.
    """
    if is_class and token is None and not os.environ.get(VARIABLE):
        token = class_code()
    token = token_of(token)
    listening = bound("play", host, port)
    listening.listen(connections.BACKLOG)  # a browser may be quicker than the code that follows
    addresses = [
        _address(name, listening.getsockname()[1], token, fragment)
        for name in (_own_addresses(listening.family) if host in ANYWHERE else [host])
    ]
    classroom, opened = None, addresses[0]
    if is_class:
        classroom, opened = _class(addresses, token, lessons)
    guarded = make_app(settings, tables, {*LOOPBACK, host}, token, lessons, classroom, lang)
    app = connections.Connections(guarded, connections.most_silent())
    _say_addresses(addresses, classroom, opened)
    try:
        with browser_at(opened) if open_browser else nullcontext():
            asyncio.run(Server(_configured(app, is_class)).serve([listening]))
    except KeyboardInterrupt:
        say(worded("playground.serving.ended"), sys.stderr)
    finally:
        listening.close()
        tables.close()


def _configured(app: connections.Connections, is_class: bool) -> uvicorn.Config:
    """Return how uvicorn serves the page; only a class has WebSockets."""
    return uvicorn.Config(
        ending_quietly(app),
        log_config=None,  # leave logging to the calling program
        log_level="warning",
        ws="websockets-sansio" if is_class else "none",
        ws_max_size=2**16,
        ws_per_message_deflate=False,  # small messages, which must not wait
        ws_ping_interval=20,
        ws_ping_timeout=40,
        timeout_graceful_shutdown=1,
        **connections.options(app),
    )


def _say_addresses(addresses: list[str], classroom: "Class | None", teacher: str) -> None:
    """Print where the page is, or where a class joins and its teacher's page is."""
    if classroom is None:
        for address in addresses:
            say(worded("playground.serving.address", address=address))
    else:
        say(worded("playground.serving.students", address=classroom.address))
        say(worded("playground.serving.teacher", address=teacher))


def _class(addresses: list[str], token: str, lessons: Mapping[str, dict[str, object]] | None) -> "tuple[Class, str]":
    """Return a class that students join at the last address, by its code, and the address of the teacher's page."""
    from koubai.play.classroom.routes import new_class

    key = secrets.token_urlsafe(18)
    base = addresses[-1].partition("/?token=")[0]
    teacher = f"{addresses[0].partition('/?token=')[0]}/teacher?token={quote(token, safe='')}#key={key}"
    return new_class(key, f"{base}/{quote(token, safe='')}", lessons), teacher


def _address(name: str, port: int, token: str, fragment: str) -> str:
    asked = f"?token={quote(token, safe='', errors='replace')}{'#' + fragment if fragment else ''}"
    return f"{origin_of(name, port)}/{asked}"


def _own_addresses(family: int) -> list[str]:
    """Return the addresses at which this machine can be reached, locally and from the network if there is one."""
    found = ["::1" if family == socket.AF_INET6 else "127.0.0.1"]
    nowhere = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"  # RFC 3849 and 5737
    with socket.socket(family, socket.SOCK_DGRAM) as asking, suppress(OSError):
        asking.connect((nowhere, 9))  # connecting a datagram socket sends nothing
        found.append(asking.getsockname()[0])
    return found
