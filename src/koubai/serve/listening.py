"""How the servers of koubai listen and end: this one, and the playground's."""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from koubai.core.errors import ParameterError
from koubai.core.language import term, worded


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_named(header: str, names: Collection[str]) -> bool:
    """Return whether a request's Host, ``name:port``, is one of these names, or one that always means this machine.

    Examples
    --------
    >>> [is_named(header, ["model.local"]) for header in ("127.0.0.1:8080", "[::1]", "MODEL.local", "evil.example")]
    [True, True, True, False]
    """
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    return is_loopback(name) or name in {each.lower() for each in names}


def bound(who: str, host: str, port: int) -> socket.socket:
    """Return a socket bound to this host and port; port 0 means any free port.

    Parameters
    ----------
    who : str
        The command, for its sentence.
    host, port
        Where to listen.

    Raises
    ------
    ParameterError
        If the port is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's algorithm, which would delay each answer by 40 ms, only if the protocol is given
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, UnicodeError, TypeError) as error:  # the last two are of names that cannot be encoded
        listening.close()
        why = (error.strerror if isinstance(error, OSError) else "") or worded("serve.note.not_valid_address")
        number = error.errno if isinstance(error, OSError) else None
        taken, is_of_port = number == errno.EADDRINUSE, number in (errno.EADDRINUSE, errno.EACCES)
        raise ParameterError(
            worded(
                "serve.error.listen",
                who=who,
                host=host,
                port=port,
                why=worded("serve.note.taken") if taken else term(why.lower()) if isinstance(error, OSError) else why,
                remedy=worded("core.remedy.port_0" if is_of_port else "core.remedy.host"),
            )
        ) from None
    return listening


def origin_of(host: str, port: int) -> str:
    """Return the address of a server, as a browser writes it.

    Examples
    --------
    >>> origin_of("127.0.0.1", 8080), origin_of("::1", 8080)
    ('http://127.0.0.1:8080', 'http://[::1]:8080')
    """
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def ending_quietly(app: ASGIApp) -> ASGIApp:
    """Return an application whose answers that are cut off when the server ends say so, with status 503.

    uvicorn cancels what is not answered in time, and would log each as an exception of the application.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await app(scope, receive, sent)
        except asyncio.CancelledError:
            if scope["type"] == "http" and not begun:
                await PlainTextResponse("The server has ended.", 503)(scope, receive, send)

    return answer
