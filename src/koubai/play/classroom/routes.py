"""What a server has besides when a class works on it: the pages of students and teacher, and a socket for each."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from koubai.core.language import Language
from koubai.core.schema import Record
from koubai.play.classroom.lessons import with_own
from koubai.play.classroom.room import Room
from koubai.play.classroom.sockets import Class
from koubai.play.modules import STATIC, index, opened_in

ENTRY, OF_CLASS = "static/main.js", "static/classroom/student.js"


def new_class(key: str, address: str, own: Mapping[str, Record] | None = None) -> Class:
    """Return a class that may work through the lessons included with koubai and the teacher's own."""
    return Class(Room({name: len(lesson["steps"]) for name, lesson in with_own(own).items()}), key, address)


def routes(classroom: Class, lang: Language | None = None) -> list[BaseRoute]:
    """Return the routes of a class; they come before those of the playground."""

    async def student(request: Request) -> Response:
        return HTMLResponse(opened_in(index().replace(f'src="{ENTRY}"', f'src="{OF_CLASS}"'), lang))

    async def teacher(request: Request) -> Response:
        return HTMLResponse(opened_in((STATIC / "classroom" / "teacher.html").read_text(encoding="utf-8"), lang))

    return [
        Route("/", student),
        Route("/teacher", teacher),
        WebSocketRoute("/class/student", classroom.student),
        WebSocketRoute("/class/teacher", classroom.teacher),
    ]
