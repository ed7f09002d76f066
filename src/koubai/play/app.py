"""The playground as a web application: pages, texts, lessons, tables, and one socket a client."""

import os
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from koubai.core.language import catalogue
from koubai.play import lessons
from koubai.play.guard import LOOPBACK, Guard
from koubai.play.settings import Settings
from koubai.play.socket import serve
from koubai.play.uploads import Tables, take_table
from koubai.views.diagram import STYLE
from koubai.views.page import stylesheet

STATIC = Path(str(files("koubai"))) / "play" / "static"


def make_app(
    settings: Settings | None = None,
    tables: Tables | None = None,
    hosts: Iterable[str] = LOOPBACK,
    token: str | None = None,
) -> Guard:
    """Return the application, guarded.

    Parameters
    ----------
    settings : Settings, optional
        What a client sees first.
    tables : Tables, optional
        Tables that are there from the beginning.
    hosts, token
        As `Guard`.
    """
    found = tables or Tables()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        app.state.executor.shutdown(wait=False, cancel_futures=True)
        found.close()

    app = Starlette(
        routes=[
            Route("/", _index),
            Route("/texts/{lang}.json", _texts),
            Route("/lessons", _lessons),
            Route("/lessons/{name}.json", _lesson),
            Route("/table", take_table, methods=["POST"]),
            Route("/static/explanation.css", _explanation_style),
            Mount("/static", StaticFiles(directory=STATIC)),
            WebSocketRoute("/socket", serve),
        ],
        lifespan=lifespan,
    )
    app.state.tables, app.state.first = found, settings
    app.state.executor = ThreadPoolExecutor(max(2, os.cpu_count() or 1), thread_name_prefix="koubai-play")
    return Guard(app, hosts, token)


async def _index(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


async def _texts(request: Request) -> Response:
    lang = request.path_params["lang"]
    if lang not in ("en", "ja"):
        return JSONResponse({"text": "The language must be en or ja."}, 404)
    return JSONResponse({key: text for key, text in catalogue(lang).items() if key.startswith("play.")})


async def _lessons(request: Request) -> Response:
    found = [lessons.load(lessons.FOLDER / f"{name}.json") for name in lessons.names()]
    return JSONResponse([{"name": lesson["name"], "title": lesson["title"]} for lesson in found])


async def _lesson(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in lessons.names():
        return JSONResponse({"text": "There is no such lesson."}, 404)
    return JSONResponse(lessons.load(lessons.FOLDER / f"{name}.json"))


async def _explanation_style(request: Request) -> Response:
    return Response(stylesheet() + STYLE, media_type="text/css")
