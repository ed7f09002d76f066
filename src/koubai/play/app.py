"""The playground as a web application: pages, texts, lessons, tables, and one socket per client."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from koubai.core.language import LANGUAGES, catalogue
from koubai.play.guard import LOOPBACK, Guard
from koubai.play.uploads import Tables, take_table

if TYPE_CHECKING:
    from koubai.play.settings import Settings

LONG = 6.0
"""Seconds after which a client is told what it is waiting for."""
COMPILING = (
    "Loading the engine. The first time on a machine it has to be compiled, which takes about a minute; please wait."
)

READERS = 2
"""Maximum number of tables inspected at the same time."""

STATIC = Path(str(files("koubai"))) / "play" / "static"


def make_app(
    settings: "Settings | None" = None,
    tables: Tables | None = None,
    hosts: Iterable[str] = LOOPBACK,
    token: str | None = None,
    lessons: Mapping[str, dict[str, Any]] | None = None,
) -> Guard:
    """Return the application, guarded.

    The training code is loaded in a thread once the server listens, so that the page is available at once.

    Parameters
    ----------
    settings : Settings, optional
        What a client sees first.
    tables : Tables, optional
        Tables available from the start.
    hosts, token
        As for `Guard`.
    lessons : mapping, optional
        Lessons by name, in addition to those included with koubai.
    """
    found = tables or Tables()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        loading = asyncio.ensure_future(_load_all(app))
        yield
        loading.cancel()
        for threads in (app.state.executor, app.state.readers):
            threads.shutdown(wait=False, cancel_futures=True)
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
            WebSocketRoute("/socket", _socket),
        ],
        lifespan=lifespan,
    )
    app.state.tables, app.state.first, app.state.clients, app.state.sessions = found, settings, set(), set()
    app.state.lessons = dict(lessons or {})
    app.state.n_threads = max(2, os.cpu_count() or 1)
    app.state.executor = ThreadPoolExecutor(app.state.n_threads, thread_name_prefix="koubai-play")
    # so that no one's training waits for someone else's table
    app.state.readers = ThreadPoolExecutor(READERS, thread_name_prefix="koubai-tables")
    return Guard(app, hosts, token)


def _load() -> None:
    """Load the training code, compiling it if this machine has not done so before."""
    import koubai.play.explaining
    import koubai.play.socket  # noqa: F401
    from koubai.play.branch import Branch
    from koubai.play.settings import Settings

    Branch.of(Settings(), {}).train(0.001, 1)


def _load_tables() -> None:
    """Load the code for tables and downloads before it is needed."""
    import koubai.models.table_model
    import koubai.play.keeping
    import koubai.tables.files.reading  # noqa: F401


async def _load_all(app: Any) -> None:
    await _in_thread(app, _load)
    await _in_thread(app, _load_tables)


async def _in_thread(app: Any, work: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(app.state.executor, work, *arguments)


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    loading = asyncio.ensure_future(_in_thread(socket.app, _load))
    done, _ = await asyncio.wait([loading], timeout=LONG)
    if not done:
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.send_json({"type": "problem", "text": COMPILING})
    await loading
    from koubai.play.socket import serve

    await serve(socket)


async def _index(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


async def _texts(request: Request) -> Response:
    lang = request.path_params["lang"]
    if lang not in LANGUAGES:
        return JSONResponse({"text": f"The language must be one of {', '.join(LANGUAGES)}."}, 404)
    return JSONResponse({key: text for key, text in catalogue(lang).items() if key.startswith("play.")})


async def _lessons(request: Request) -> Response:
    found = await _in_thread(request.app, _all_lessons, request.app.state.lessons)
    return JSONResponse([{"name": lesson["name"], "title": lesson["title"]} for lesson in found.values()])


async def _lesson(request: Request) -> Response:
    found = await _in_thread(request.app, _all_lessons, request.app.state.lessons)
    lesson = found.get(request.path_params["name"])
    return JSONResponse(lesson) if lesson else JSONResponse({"text": "No such lesson."}, 404)


def _all_lessons(own: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the lessons by name: the user's own first, then those included with koubai."""
    from koubai.play import lessons

    return {**own, **{name: lessons.ready(name) for name in lessons.names() if name not in own}}


async def _explanation_style(request: Request) -> Response:
    return Response(await _in_thread(request.app, _style), media_type="text/css")


def _style() -> str:
    from koubai.views.explanation.diagram import STYLE
    from koubai.views.explanation.page import stylesheet

    return stylesheet() + STYLE
