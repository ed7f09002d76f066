"""Access control: only the server's own page may talk to it, and only with the token.

The token is sent once, in the address that the server prints. A cookie then replaces it, and it is removed from the
address, so that a copied link or the browser's history lets nobody in.
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
"""Addresses that make a server listen on all network interfaces."""

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src blob:; worker-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content-Security-Policy: only the page's own files; no inline scripts or styles, no code from text."""

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

PAGES = ("/", "/teacher")
"""Pages that may be opened with the token in their address."""

NO_TOKEN = "The token must be the one printed by the server: open the address that contains ?token=…"


class Guard:
    """Checks Host, Origin and token of every request and socket, and adds the security headers.

    A page of another site can make a browser send requests here, but its Origin reveals it. A name made to point to
    this machine (DNS rebinding) is revealed by the Host.

    Parameters
    ----------
    app : ASGI application
    hosts : iterable of str
        Names and addresses under which the server may be reached, without the port. If one of them is in `ANYWHERE`,
        any address and the machine's own name are accepted: unlike a name, an address cannot be made to point
        elsewhere.
    token : str, optional
        The token that every request other than for scripts and styles must carry as ``?token=…``, or as the cookie
        issued for it. If None, as in tests, no token is required.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = LOOPBACK, token: str | None = None) -> None:
        self.app, self.token = app, token
        self.hosts = frozenset(host.lower() for host in hosts)
        if self.hosts & set(ANYWHERE):
            own = socket.gethostname().lower()
            self.hosts |= {own, f"{own.partition('.')[0]}.local", f"{own.partition('.')[0]}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        complaint = self.complaint(scope)
        if complaint and scope["type"] == "http":
            await _refusal(complaint, scope["path"])(scope, receive, send)
        elif complaint:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": complaint})
        elif self.token is not None and self._brings_token(scope):
            await self._without_token(scope)(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    def complaint(self, scope: Scope) -> str:
        """Return why a request is refused, or an empty string."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if not self._is_own(host):
            return "Host must be one of this server's own names or addresses."
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
            brought = _same(given, self.token) or self._is_short(scope)
            if not brought and not _same(shown, _session(self.token)):
                return NO_TOKEN
        return ""

    def _brings_token(self, scope: Scope) -> bool:
        """Return whether this is the address that was handed out: ``/?token=…`` or, easier to type, ``/token``."""
        if scope["type"] != "http":
            return False
        return (scope["path"] in PAGES and "token" in QueryParams(scope["query_string"])) or self._is_short(scope)

    def _is_short(self, scope: Scope) -> bool:
        return self.token is not None and _same(scope["path"].strip("/").upper(), self.token.upper())

    def _without_token(self, scope: Scope) -> RedirectResponse:
        """Return a redirect to the page's plain address that sets the session cookie.

        Browsers keep the fragment after ``#``. The cookie is sent when a link is followed from elsewhere (lax), but not
        with requests from another site's page, and scripts cannot read it.
        """
        assert self.token is not None
        answer = RedirectResponse(scope["path"] if scope["path"] in PAGES else "/", 303, HEADERS)
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
    """Return the refusal; for a page opened without its token, with instructions in each language.

    The browser may not have sent its language, and the page's script may not fetch the texts yet.
    """
    if complaint != NO_TOKEN or path != "/":
        return PlainTextResponse(complaint, 403, HEADERS)
    said = "".join(f'<p lang="{lang}">{html.escape(text("play.token.missing", lang))}</p>' for lang in LANGUAGES)
    return HTMLResponse(PAGE.format(said=said), 403, HEADERS)


def _same(given: str, wanted: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode(errors="replace"))


def _session(token: str) -> str:
    """Return the cookie's value, which is derived from the token but does not reveal it."""
    return hmac.new(
        token.encode(errors="replace"), b"koubai play: a page that has brought the token", "sha256"
    ).hexdigest()


def _cookie(host: str) -> str:
    """Return a cookie name per server: cookies are shared by all ports of a machine, which may have several servers."""
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
            named = {bytes(name).lower() for name, _ in given}
            own = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
            message["headers"] = given + [(name, value) for name, value in own if name not in named]
        await send(message)

    return sending  # type: ignore[return-value]
