"""The playground's server: listens, prints where, opens the browser, and ends on Ctrl-C."""

import asyncio
import errno
import socket
import sys
import webbrowser
from urllib.parse import quote

import uvicorn

from koubai.core.errors import ParameterError
from koubai.play.app import make_app
from koubai.play.guard import LOOPBACK
from koubai.play.messages import LONGEST
from koubai.play.settings import Settings
from koubai.play.uploads import Tables


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 takes any that is free.

    Raises
    ------
    ParameterError
        If the port is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        taken = error.errno == errno.EADDRINUSE
        raise ParameterError(
            f"play: the server must listen on {host}, port {port}, but {'it is taken' if taken else error.strerror}. "
            f"Try --port 0, which takes a free one."
        ) from None
    return listening


def run(
    settings: Settings,
    tables: Tables,
    *,
    host: str = "127.0.0.1",
    port: int = 8800,
    token: str | None = None,
    open_browser: bool = True,
    fragment: str = "",
) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    settings, tables
        What a client sees first.
    host, port, token
        Where to listen; beyond this machine a token is needed.
    open_browser : bool
        Whether to open the page.
    fragment : str
        What the address ends with after ``#``.

    Raises
    ------
    ParameterError
        If the server would listen beyond this machine without a token, or cannot listen there.
    """
    if host not in LOOPBACK and not token:
        raise ParameterError(f"play: --host {host} must have a --token, so that not everybody can use it; got none.")
    listening = bound(host, port)
    name = f"[{host}]" if ":" in host else host
    query = f"?token={quote(token)}" if token else ""
    address = f"http://{name}:{listening.getsockname()[1]}/{query}{'#' + fragment if fragment else ''}"
    app = make_app(settings, tables, {*LOOPBACK, host}, token)
    config = uvicorn.Config(
        app, log_level="warning", ws="websockets-sansio", ws_max_size=4 * LONGEST, timeout_graceful_shutdown=1
    )
    print(f"koubai play: {address}   (Ctrl-C ends it)", flush=True)
    if open_browser:
        webbrowser.open(address)
    try:
        asyncio.run(uvicorn.Server(config).serve([listening]))
    except KeyboardInterrupt:
        print("koubai play: ended.", file=sys.stderr)
    finally:
        listening.close()
