"""The playground's server: listens, prints its address, opens the browser, and ends on Ctrl-C."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import uvicorn

from koubai.core.errors import ParameterError
from koubai.play import connections
from koubai.play.app import make_app
from koubai.play.guard import ANYWHERE, LOOPBACK
from koubai.play.opening import browser_at, token_of
from koubai.play.rates import LONGEST
from koubai.play.uploads import Tables

if TYPE_CHECKING:
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


def bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to this host and port; port 0 means any free port.

    Raises
    ------
    ParameterError
        If the port is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's algorithm, which would delay each frame by 40 ms, only if the protocol is given
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, UnicodeError) as error:
        listening.close()
        why = (error.strerror if isinstance(error, OSError) else "") or "not a valid address"
        number = error.errno if isinstance(error, OSError) else None
        taken, is_of_port = number == errno.EADDRINUSE, number in (errno.EADDRINUSE, errno.EACCES)
        raise ParameterError(
            f"play: the server must listen on {host}, port {port}, but {'it is taken' if taken else why.lower()}. "
            f"{'Try --port 0 for a free one.' if is_of_port else 'Try --host 127.0.0.1.'}"
        ) from None
    return listening


def run(
    settings: "Settings | None",
    tables: Tables,
    *,
    host: str = "127.0.0.1",
    port: int = 8800,
    token: str | None = None,
    open_browser: bool = True,
    fragment: str = "",
    lessons: Mapping[str, dict[str, Any]] | None = None,
) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    settings, tables
        What a client sees first.
    host, port
        The address to listen on.
    token : str, optional
        The token the page must present; see `koubai.play.opening.token_of`.
    open_browser : bool
        Whether to open the page.
    fragment : str
        The fragment of the address, after ``#``.
    lessons : mapping, optional
        Lessons by their names, beside those that come with koubai.

    Raises
    ------
    ParameterError
        If the token is too short, or the server cannot listen there.
    """
    token = token_of(token)
    listening = bound(host, port)
    listening.listen(connections.BACKLOG)  # a browser may be quicker than the code that follows
    addresses = [
        _address(name, listening.getsockname()[1], token, fragment)
        for name in (_own_addresses(listening.family) if host in ANYWHERE else [host])
    ]
    guarded = make_app(settings, tables, {*LOOPBACK, host}, token, lessons)
    app = connections.Connections(guarded, connections.most_silent())
    config = uvicorn.Config(
        app,
        log_config=None,  # leave logging to the calling program
        log_level="warning",
        ws="websockets-sansio",
        ws_max_size=4 * LONGEST,
        ws_per_message_deflate=False,  # 8-bit maps hardly compress, and a frame must not wait
        ws_ping_interval=5,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=1,
        **connections.options(app),
    )
    for address in addresses:
        print(f"koubai play: {address}   (Ctrl-C ends it)", flush=True)
    try:
        with browser_at(addresses[0]) if open_browser else nullcontext():
            asyncio.run(Server(config).serve([listening]))
    except KeyboardInterrupt:
        print("koubai play: ended.", file=sys.stderr)
    finally:
        listening.close()
        tables.close()


def _address(name: str, port: int, token: str, fragment: str) -> str:
    host = f"[{name}]" if ":" in name else name
    return f"http://{host}:{port}/?token={quote(token, safe='', errors='replace')}{'#' + fragment if fragment else ''}"


def _own_addresses(family: int) -> list[str]:
    """Return the addresses at which this machine can be reached, locally and from the network if there is one."""
    found = ["::1" if family == socket.AF_INET6 else "127.0.0.1"]
    nowhere = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"  # RFC 3849 and 5737
    with socket.socket(family, socket.SOCK_DGRAM) as asking, suppress(OSError):
        asking.connect((nowhere, 9))  # connecting a datagram socket sends nothing
        found.append(asking.getsockname()[0])
    return found
