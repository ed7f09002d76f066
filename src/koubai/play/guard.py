"""Who may talk to the server: who knows the token, from the server's own page.

The token comes once, in the address that the server prints. A cookie takes its place, and the address loses it: a link
that is copied, or stays in the browser's history, lets nobody in.
"""

import hmac
import html
import ipaddress
import socket
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from koubai.core.language import LANGUAGES, text

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANYWHERE = ("0.0.0.0", "::")
"""Addresses at which a server listens on all of the machine's networks."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: the page's own files and nothing else, no inline script or style."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>koubai playground</title><link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/style.css"></head>
<body><div class="koubai-play"><header class="top"><h1><span class="name">koubai</span> playground</h1></header>
<main class="card">{said}</main></div></body></html>
"""

NO_TOKEN = "The token must be the one that the server printed: open the address with ?token=…"


class Guard:
    """Checks Host, Origin and token of every request and socket, and adds the security headers.

    A page of another site may make a browser send requests here: its Origin gives it away. A name that is made
    to point to this machine (DNS rebinding) gives itself away by the Host.

    Parameters
    ----------
    app : ASGI application
    hosts : iterable of str
        Names and addresses under which the server may be called, without the port. If one of `ANYWHERE` is among them,
        any address and the machine's own name will do: no address can be made to point elsewhere, as a name can.
    token : str, optional
        What every request for more than scripts and styles must bring as ``?token=…``, or the cookie that the page got
        for it. Without one, as in a program's own tests, nothing is asked for.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = LOOPBACK, token: str | None = None) -> None:
        self.app, self.token = app, token
        self.hosts = frozenset(host.lower() for host in hosts)
        if self.hosts & set(ANYWHERE):
            own = socket.gethostname().lower()
            self.hosts |= {own, f"{own.partition('.')[0]}.local", f"{own.partition('.')[0]}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        complaint = self.complaint(scope)
        if complaint and scope["type"] == "http":
            await _refusal(complaint, scope["path"])(scope, receive, send)
        elif complaint:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": complaint})
        elif self.token is not None and scope["path"] == "/" and "token" in QueryParams(scope["query_string"]):
            await self._without_token(scope)(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    def complaint(self, scope: Scope) -> str:
        """Return why a request is refused, or nothing."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if not self._is_own(host):
            return "Host must be one under which this server listens."
        origin = headers.get("origin")
        wants_origin = scope["type"] == "websocket" or scope.get("method") not in ("GET", "HEAD")
        if origin is None:
            if wants_origin:
                return "Origin must be given."
        elif origin.lower() not in (f"http://{host}", f"https://{host}"):
            return "Origin must be this server's own page."
        if self.token is not None and not scope["path"].startswith("/static/"):
            given = QueryParams(scope["query_string"]).get("token", "")
            shown = HTTPConnection(scope).cookies.get(_cookie(host), "")
            if not _same(given, self.token) and not _same(shown, _session(self.token)):
                return NO_TOKEN
        return ""

    def _without_token(self, scope: Scope) -> RedirectResponse:
        """Return the way to the page's plain address, and the cookie that is good for it.

        A browser keeps what stands after ``#``. The cookie is sent when a link is followed from elsewhere (lax), but by
        no other site's page, and no script can read it.
        """
        assert self.token is not None
        answer = RedirectResponse("/", 303, HEADERS)
        name = _cookie(Headers(scope=scope).get("host", ""))
        answer.set_cookie(name, _session(self.token), path="/", httponly=True, samesite="lax")
        return answer

    def _is_own(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self.hosts:
            return True
        return bool(self.hosts & set(ANYWHERE)) and _is_address(name)


def _refusal(complaint: str, path: str) -> Response:
    """Return the refusal; who opens the page without its token reads in each language what to do.

    The browser may not have told its language, and the page's own script is not allowed to ask for the texts yet.
    """
    if complaint != NO_TOKEN or path != "/":
        return PlainTextResponse(complaint, 403, HEADERS)
    said = "".join(f'<p lang="{lang}">{html.escape(text("play.token.missing", lang))}</p>' for lang in LANGUAGES)
    return HTMLResponse(PAGE.format(said=said), 403, HEADERS)


def _same(given: str, wanted: str) -> bool:
    """Compare in a time that does not tell how much is right."""
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode(errors="replace"))


def _session(token: str) -> str:
    """Return what the cookie holds: it ends with the token, and does not tell it."""
    return hmac.new(
        token.encode(errors="replace"), b"koubai play: a page that has brought the token", "sha256"
    ).hexdigest()


def _cookie(host: str) -> str:
    """Return the cookie's name: cookies are shared by all ports of a machine, and it may have several servers."""
    with suppress(ValueError):
        return f"koubai-play-{urlsplit(f'//{host}').port or 80}"
    return "koubai-play-80"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def sending(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", []))  # type: ignore[call-overload]
            message["headers"] = given + [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
        await send(message)

    return sending  # type: ignore[return-value]
