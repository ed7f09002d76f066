"""The server around the service: where it listens, and who may talk to it."""

import secrets
from collections.abc import Sequence

from threadpoolctl import threadpool_limits

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.printing import say
from koubai.serve.app import Bounds, Service
from koubai.serve.listening import bound, ending_quietly, is_loopback, origin_of

SHORTEST = 16
"""Fewest letters of a token."""
SECONDS_TO_SHUT_DOWN = 5
SECONDS_KEPT_ALIVE = 75
"""An idle connection is kept so long: longer than proxies and pools of connections keep theirs (60), so that none sends
a request at the moment that this side closes it."""
BACKLOG = 1024


def token_for(host: str, token: str | None) -> str | None:
    """Return the token that requests must present: the given one, or a new one where others can reach the server.

    Raises
    ------
    ParameterError
        If the given one is too short, or has letters that a header cannot have.
    """
    if token is None:
        return None if is_loopback(host) else secrets.token_urlsafe(24)
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise ParameterError(
            parameter="token",
            required=worded("core.must.have_at_least_letters_digits", shortest=SHORTEST),
            got=worded("core.got.letters", n_token=len(token)),
            remedy=worded("core.remedy.leave_out_made"),
        )
    return token


def serve(
    model: object,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    token: str | None = None,
    bounds: Bounds | None = None,
    names: Sequence[str] = (),
) -> None:
    """Serve a model until the process is interrupted.

    Parameters
    ----------
    model : TableModel, TableClassifier, ImageModel, MLPClassifier, Perceptron, Pipeline, …
        A fitted model of any kind that `koubai.save` writes.
    host, port
        Where to listen; port 0 takes a free one.
    token : str, optional
        What requests must present as a bearer token; for other addresses than this machine's own, one is made if none
        is given.
    bounds : Bounds, optional
        What a request may hold.
    names : sequence of str
        Further names under which requests without a token may reach this machine, as behind a proxy that passes its own
        on. Without a token all others are refused: a page from elsewhere whose name is made to point at this machine
        (DNS rebinding) is revealed by the name.

    Raises
    ------
    ParameterError
        If the token is too short, or the address cannot be listened on.
    ParameterTypeError, DataError
        If it is no model that predicts.
    """
    import uvicorn

    token = token_for(host, token)
    service = Service(model, token, bounds, None if token is not None else (host, *names))
    app = ending_quietly(service.app())
    listening = bound("serve", host, port)
    listening.listen(BACKLOG)
    say(worded("serve.note.serving_ctrl_c_stops", origin_of=origin_of(host, listening.getsockname()[1])))
    if token is not None:
        say(worded("serve.note.requests_have_header_authorization_bearer", token=token))
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,  # the calling program's, whose handlers uvicorn's own would close
        log_level="warning",
        server_header=False,
        ws="none",
        limit_concurrency=1000,
        timeout_keep_alive=SECONDS_KEPT_ALIVE,
        timeout_graceful_shutdown=SECONDS_TO_SHUT_DOWN,
    )
    # each request has one thread: teams of BLAS for one row would wait for each other
    with listening, threadpool_limits(1, "blas"):
        uvicorn.Server(config).run(sockets=[listening])
