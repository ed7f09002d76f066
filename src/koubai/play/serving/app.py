"""The playground as a web application: the page, its engine, texts and lessons, and what only Python can do for it."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from koubai.core.language import LANGUAGES, Language, catalogue
from koubai.play.modules import PANELS, STATIC, index, opened_in, panels
from koubai.play.serving.guard import LOOPBACK, Guard
from koubai.play.serving.uploads import Tables, take_table

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from koubai.play.classroom.sockets import Class
    from koubai.play.settings import Settings

MOST_ASKED = 32 * 2**20
"""Maximum size of a question in bytes: θ and the optimizer's state of a wide network as JSON."""
MOST_ASKING = 64
"""Maximum number of questions that wait at the same time, from all pages."""
ANSWERS = ("rows", "explain", "keep")
"""Kinds of questions that a page asks; see `koubai.play.serving.answering`."""
READERS = 2
"""Maximum number of tables inspected at the same time."""


def make_app(
    settings: "Settings | None" = None,
    tables: Tables | None = None,
    hosts: Iterable[str] = LOOPBACK,
    token: str | None = None,
    lessons: Mapping[str, dict[str, object]] | None = None,
    classroom: "Class | None" = None,
    lang: Language | None = None,
) -> Guard:
    """Return the application, guarded.

    The code behind it is loaded in a thread once the server listens, so that the page is available at once.

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
    classroom : Class, optional
        A class that works on this server.
    lang : {"en", "ja"}, optional
        The language of visitors who have not chosen one; by default their browsers'.
    """
    found = tables or Tables()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        loading = asyncio.ensure_future(_in_thread(app, _load))
        yield
        loading.cancel()
        for threads in (app.state.executor, app.state.readers):
            threads.shutdown(wait=False, cancel_futures=True)
        found.close()

    app = Starlette(
        routes=[
            *_class_routes(classroom, lang),
            Route("/", _index),
            Route("/catalogue.json", _catalogue),
            Route("/texts/{lang}.json", _texts),
            Route("/lessons.json", _lessons),
            Route("/lessons/{name}.json", _lesson),
            Route("/engine/{name}", _engine),
            Route("/table", take_table, methods=["POST"]),
            *(Route(f"/{kind}", _answer(kind), methods=["POST"]) for kind in ANSWERS),
            Route("/static/explanation.css", _explanation_style),
            Route(f"/static/{PANELS}", _panels),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        lifespan=lifespan,
    )
    app.state.tables, app.state.first, app.state.asking = found, settings, 0
    app.state.lang = lang
    app.state.lessons = dict(lessons or {})
    app.state.executor = ThreadPoolExecutor(max(2, os.cpu_count() or 1), thread_name_prefix="koubai-play")
    # so that no one's question waits for someone else's table
    app.state.readers = ThreadPoolExecutor(READERS, thread_name_prefix="koubai-tables")
    return Guard(app, hosts, token)


def _class_routes(classroom: "Class | None", lang: Language | None) -> "list[BaseRoute]":
    if classroom is None:
        return []
    from koubai.play.classroom.routes import routes

    return routes(classroom, lang)


def _load() -> None:
    """Load the code that answers questions before the first one comes."""
    import koubai.models.table_model
    import koubai.play.serving.answering
    import koubai.tables.files.reading  # noqa: F401


async def _in_thread(app: Any, work: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(app.state.executor, work, *arguments)


async def _index(request: Request) -> Response:
    return HTMLResponse(opened_in(index(), request.app.state.lang))


async def _panels(request: Request) -> Response:
    return Response(panels(), media_type="text/javascript")


async def _catalogue(request: Request) -> Response:
    state = request.app.state
    return Response(await _in_thread(request.app, _told, state.first, state.tables), media_type="application/json")


def _told(first: "Settings | None", tables: Tables) -> str:
    """Return the catalogue, with what a client sees first, and where its engine lies."""
    from koubai.play.catalogue import engine_addresses, with_images

    first_json = first and first.as_json()
    choices = with_images(tables.images)
    return json.dumps({**choices, "served": True, "engine": engine_addresses(), "first": first_json})


async def _engine(request: Request) -> Response:
    from koubai.play.catalogue import engine_files

    found = await _in_thread(request.app, engine_files)
    for path in found or ():
        if path.name == request.path_params["name"]:
            kept = {"Cache-Control": "max-age=31536000, immutable"}  # the name holds a digest of what it was made from
            kind = "application/wasm" if path.suffix == ".wasm" else "application/json"
            return FileResponse(path, media_type=kind, headers=kept)
    return JSONResponse({"text": "No such engine."}, 404)


async def _texts(request: Request) -> Response:
    lang = request.path_params["lang"]
    if lang not in LANGUAGES:
        return JSONResponse({"text": f"The language must be one of {', '.join(LANGUAGES)}."}, 404)
    return JSONResponse({key: text for key, text in catalogue(lang).items() if key.startswith("play.")})


async def _lessons(request: Request) -> Response:
    found = await _in_thread(request.app, _all_lessons, request.app.state.lessons)
    return JSONResponse(list(found.values()))


async def _lesson(request: Request) -> Response:
    found = await _in_thread(request.app, _all_lessons, request.app.state.lessons)
    lesson = found.get(request.path_params["name"])
    return JSONResponse(lesson) if lesson else JSONResponse({"text": "No such lesson."}, 404)


def _all_lessons(own: Mapping[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    from koubai.play.classroom.lessons import with_own

    return with_own(own)


def _answer(kind: str) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers one kind of question: in a thread, with one sentence for what is wrong."""

    async def answer(request: Request) -> Response:
        state = request.app.state
        if state.asking >= MOST_ASKING:
            said = f"At most {MOST_ASKING} questions may wait for an answer at once; this one is too many. Try again."
            return JSONResponse({"text": said}, 503)
        state.asking += 1
        try:
            return await answered(request)
        finally:
            state.asking -= 1

    async def answered(request: Request) -> Response:
        asked = bytearray()
        async for part in request.stream():
            asked += part
            if len(asked) > MOST_ASKED:
                return JSONResponse({"text": f"A question must be at most {MOST_ASKED >> 20} MiB; it is larger."}, 413)
        status, found = await _in_thread(request.app, _answered, kind, bytes(asked), request.app.state.tables)
        return JSONResponse(found, status)

    return answer


def _answered(kind: str, asked: bytes, tables: Tables) -> tuple[int, dict[str, object]]:
    from koubai.play.serving.answering import answered

    return answered(kind, asked, tables.paths)


async def _explanation_style(request: Request) -> Response:
    return Response(await _in_thread(request.app, _style), media_type="text/css")


def _style() -> str:
    from koubai.views.explanation.diagram import STYLE
    from koubai.views.explanation.page import stylesheet

    return stylesheet() + STYLE
