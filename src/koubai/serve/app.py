"""The service's routes: predictions, derivations, health, metrics and the description."""

import hmac
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from importlib import metadata
from time import perf_counter
from typing import TypeAlias, TypeVar

import anyio
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from koubai.core.errors import KoubaiError
from koubai.core.untyped import Loaded
from koubai.serve.answers import Rows
from koubai.serve.bodies import (
    CSV,
    FORMS,
    JSON,
    Refusal,
    body_of,
    rows_of_json,
    sentence_of,
    table_of,
    type_of,
    wanted_of,
    written,
)
from koubai.serve.kinds import scorer_of
from koubai.serve.listening import is_named
from koubai.serve.metrics import Metrics
from koubai.serve.openapi import page, specification
from koubai.serve.pictures import PictureScorer
from koubai.serve.scoring import Scorer

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

Result = TypeVar("Result")

AT_ONCE = 2
"""Batches and derivations that are computed at the same time; others wait."""
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
)
"""What every answer has."""


@dataclass(frozen=True)
class Bounds:
    """What a request may hold.

    Parameters
    ----------
    most_bytes, most_rows : int
        Of one request.
    """

    most_bytes: int = 16_000_000
    most_rows: int = 100_000


class Service:
    """Answers requests with one model.

    Parameters
    ----------
    model : TableModel, TableClassifier, ImageModel, MLPClassifier, Perceptron, Pipeline, …
        A fitted model of any kind that `koubai.save` writes.
    token : str or None
        What requests must present as a bearer token; None for nothing.
    bounds : Bounds
        What a request may hold.
    hosts : collection of str or None
        Names under which requests may come, besides those that always mean this machine; None for any.
    """

    def __init__(
        self,
        model: Loaded,
        token: str | None = None,
        bounds: Bounds | None = None,
        hosts: Collection[str] | None = None,
    ) -> None:
        self.scorer, self.token, self.bounds = scorer_of(model), token, bounds or Bounds()
        self.hosts, self._admitted = hosts, ""
        self.metrics = Metrics()
        self._limit: anyio.CapacityLimiter | None = None
        self.specified = specification(self.scorer, metadata.version("koubai"), token is not None)

    def app(self) -> ASGIApp:
        """Return the application; rows to predict go around the router, which takes longer than a small network."""
        predict = self._measured("predict", self.predict)
        routes = [
            Route("/predict", predict, methods=["POST"]),
            Route("/explain", self._measured("explain", self.explain), methods=["POST"]),
            Route("/metrics", self._measured("metrics", self.counts)),
            Route("/openapi.json", self._measured("openapi", self.description)),
            Route("/", self._measured("page", self.page)),
            Route("/health", self.health),
        ]
        routed = Starlette(routes=routes)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"] == "/predict" and scope["method"] == "POST":
                response = await predict(Request(scope, receive))
                await response(scope, receive, send)
            else:
                await routed(scope, receive, send)

        return app

    def _measured(self, name: str, handler: Handler) -> Handler:
        """Return a handler that checks the token, turns errors into answers, and counts."""

        async def measured(request: Request) -> Response:
            begin = perf_counter()
            try:
                self._check_host(request)
                self._check_token(request)
                response = await handler(request)
            except Refusal as refusal:
                response = JSONResponse({"error": refusal.said}, refusal.status)
            except ClientDisconnect:
                response = JSONResponse({"error": "The client went away."}, 400)
            except KoubaiError as error:
                response = JSONResponse({"error": sentence_of(error)}, 422)
            response.raw_headers.extend(HEADERS)
            self.metrics.count(name, response.status_code, perf_counter() - begin)
            return response

        return measured

    def _check_host(self, request: Request) -> None:
        header = request.headers.get("host", "")
        if self.hosts is None or (header and header == self._admitted):
            return
        if not is_named(header, self.hosts):
            raise Refusal(
                421,
                "The Host must be a name of this machine, such as localhost, or one that koubai serve was told by "
                "--allow-host; it is another.",
            )
        self._admitted = header  # as most of those that follow have it

    def _check_token(self, request: Request) -> None:
        if self.token is None:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self.token.encode()):
            raise Refusal(401, "The header must be 'Authorization: Bearer' with the token that the server printed.")

    async def _in_turn(self, work: Callable[..., Result], *given: object) -> Result:
        """Do work that takes longer in a thread, a few at a time."""
        if self._limit is None:
            self._limit = anyio.CapacityLimiter(AT_ONCE)
        async with self._limit:
            return await run_in_threadpool(work, *given)

    async def predict(self, request: Request) -> Response:
        """Answer one row, or a batch of rows."""
        table: Rows
        kind = type_of(request, self.scorer.types)
        body = await body_of(request, self.bounds.most_bytes)
        wanted = wanted_of(request, JSON if kind.startswith("image/") else kind)
        if kind.startswith("image/") and isinstance(self.scorer, PictureScorer):
            if wanted == JSON:
                self.metrics.rows += 1
                return JSONResponse(await self._in_turn(self.scorer.picture, body))
            n_rows, table = 1, await self._in_turn(self.scorer.read, body)
        elif kind == JSON:
            rows = rows_of_json(body, self.bounds.most_rows)
            if isinstance(rows, dict) and wanted == JSON:
                self.metrics.rows += 1
                quick = isinstance(self.scorer, Scorer) and self.scorer.is_quick  # all else would keep others waiting
                return JSONResponse(self.scorer.one(rows) if quick else await self._in_turn(self.scorer.one, rows))
            rows = [rows] if isinstance(rows, dict) else rows
            n_rows, table = len(rows), await self._in_turn(self.scorer.frame, rows)
        else:
            table = await self._in_turn(table_of, body, kind, self.bounds.most_rows)
            n_rows = table.height
        if wanted == JSON:
            answers, notes = await self._in_turn(self.scorer.of_table, table)
            response: Response = JSONResponse({"predictions": answers, "notes": notes})
        else:
            predicted, _ = await self._in_turn(self.scorer.table, table)
            response = Response(
                written(predicted, wanted), media_type=wanted if wanted != CSV else "text/csv; charset=utf-8"
            )
        self.metrics.rows += n_rows
        return response

    async def explain(self, request: Request) -> Response:
        """Derive the prediction of one row."""
        form, lang = request.query_params.get("form", "html"), request.query_params.get("lang", "en")
        if form not in FORMS:
            raise Refusal(422, f"form must be one of {', '.join(FORMS)}; got {form[:40]!r}.")
        if type_of(request, self.scorer.types) != JSON:
            raise Refusal(415, f"The content type must be {JSON} to explain a row.")
        row = rows_of_json(await body_of(request, self.bounds.most_bytes), 1)
        row = row[0] if isinstance(row, list) else row
        found = await self._in_turn(self.scorer.explanation, row, form, lang)
        return Response(found, media_type=f"{FORMS[form]}; charset=utf-8")

    async def health(self, request: Request) -> Response:
        """Say that the service is up."""
        return JSONResponse({"status": "ok", "model": self.scorer.title})

    async def counts(self, request: Request) -> Response:
        """Return counts and times."""
        return PlainTextResponse(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def description(self, request: Request) -> Response:
        """Return the description for programs."""
        return JSONResponse(self.specified)

    async def page(self, request: Request) -> Response:
        """Return the description for people."""
        return HTMLResponse(page(self.scorer, self.specified))
