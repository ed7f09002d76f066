"""A class: the key is the teacher's alone, students are apart from each other, and 200 work at once."""

import asyncio
import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from tests.loops import in_a_loop

from koubai.core.errors import ParameterError
from koubai.play.classroom import sockets
from koubai.play.classroom.room import LETTERS, Room, class_code
from koubai.play.classroom.routes import new_class
from koubai.play.serving.app import make_app

from .playing import served

KEY = "the key of the teacher"
HERE = "http://127.0.0.1:8800"
ORIGIN = {"origin": HERE, "host": "127.0.0.1:8800"}


def test_codes_are_short_and_none_is_like_another():
    codes = {class_code() for _ in range(200)}
    assert len(codes) == 200
    assert not set("".join(codes)) & set("01OIL") - set(LETTERS)


def room():
    return Room({"xor": 3, "perceptron": 3})


def test_a_tally_counts_what_the_class_said_about_the_step_that_was_pushed():
    class_ = room()
    one, two, three = (class_.join(name) for name in ("A", "B", "C"))
    class_.push("xor", 0)
    class_.report(one, {"lesson": "xor", "step": 0, "choices": [0, 1], "goal": True, "test_loss": 0.3, "done": 1})
    class_.report(two, {"lesson": "xor", "step": 0, "choices": [0], "test_loss": float("nan")})
    class_.report(three, {"lesson": "perceptron", "step": 2, "choices": [1], "goal": True})
    found = class_.tally()
    assert (found["joined"], found["here"], found["goals"]) == (3, 2, 1)
    assert found["choices"] == {1: 1, 0: 1}
    assert found["losses"] == [0.3]
    assert [(row["name"], row["choice"], row["tries"]) for row in found["students"]] == [
        ("A", 1, 2),
        ("B", 0, 1),
        ("C", None, 0),
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"lesson": "none", "step": 0},
        {"lesson": "xor", "step": 3},
        {"lesson": "xor", "step": -1},
        {"lesson": "xor", "step": True},
        {"lesson": ["xor"], "step": 0},
        {},
    ],
    ids=str,
)
def test_a_report_about_no_step_is_left_out(part):
    class_ = room()
    class_.report(class_.join("A"), part)
    assert class_.tally()["students"][0]["place"] is None


def test_what_is_no_answer_is_left_out_and_memory_is_bounded():
    class_ = room()
    student = class_.join("A")
    class_.report(
        student, {"lesson": "xor", "step": 0, "choices": [*range(1000), "x", None, True], "epoch": 1e9, "hints": "2"}
    )
    standing = student.standings["xor", 0]
    assert standing.choices == list(range(20))
    assert (standing.epoch, standing.hints) == (0, 0)
    with pytest.raises(ParameterError, match="a result must be a text of at most"):
        class_.hand_in(student, "x" * 100_000)


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_name_that_is_none_gets_a_sentence(name):
    with pytest.raises(ParameterError, match=r"^class: a name must have 1 to 40 characters; got"):
        room().join(name)


def test_a_student_comes_back_by_the_secret_alone():
    class_ = room()
    one = class_.join("A")
    assert class_.join("A again", one.secret) is one
    assert class_.join("A", "guessed") is not one
    assert one.secret not in json.dumps(class_.tally())


def test_the_class_can_be_full(monkeypatch):
    monkeypatch.setattr("koubai.play.classroom.room.MOST_STUDENTS", 2)
    class_ = room()
    class_.join("A")
    class_.join("B")
    with pytest.raises(ParameterError, match="at most 2 students can join"):
        class_.join("C")


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setattr(sockets, "WRONG_KEY", 0.01)
    monkeypatch.setattr(sockets, "TELLING", 0.01)
    with TestClient(make_app(classroom=new_class(KEY, f"{HERE}/CODE")), base_url=HERE) as found:
        yield found


@pytest.mark.parametrize("lang", [None, "ja"])
def test_the_pages_of_teacher_and_students_open_in_the_language_that_was_asked_for(lang):
    with TestClient(make_app(classroom=new_class(KEY, ""), lang=lang), base_url=HERE) as found:
        pages = [found.get(address).text for address in ("/", "/teacher")]
    with TestClient(make_app(lang=lang), base_url=HERE) as alone:
        pages.append(alone.get("/").text)
    assert [page.count('<html lang="ja" data-lang="ja">') for page in pages] == 3 * [int(lang == "ja")]


def joined(socket, name, secret=None):
    socket.send_json({"type": "join", "name": name, "secret": secret})
    told = socket.receive_json()
    assert told["type"] == "joined"
    assert socket.receive_json()["type"] == "step"
    return told["secret"]


def until(socket, condition):
    for _ in range(200):
        message = socket.receive_json()
        if message["type"] == "tally" and condition(message):
            return message
    raise AssertionError("the tally never says so")


def test_a_teacher_pushes_and_sees_and_students_do_not(client):
    with (
        client.websocket_connect("/class/teacher", headers=ORIGIN) as teacher,
        client.websocket_connect("/class/student", headers=ORIGIN) as one,
        client.websocket_connect("/class/student", headers=ORIGIN) as two,
    ):
        teacher.send_json({"key": KEY})
        told = teacher.receive_json()
        assert (told["type"], told["address"]) == ("room", f"{HERE}/CODE")
        assert len(told["qr"]) == len(told["qr"][0])
        joined(one, "Aiko")
        joined(two, "Ben")
        one.send_json({"type": "push", "lesson": "xor", "step": 1})  # a student's push is nobody's
        two.send_json({"type": "results"})
        teacher.send_json({"type": "push", "lesson": "xor", "step": 0})
        for student in (one, two):
            assert student.receive_json() == {"type": "step", "lesson": "xor", "step": 0}
        one.send_json(
            {"type": "report", "lesson": "xor", "step": 0, "choices": [1], "goal": True, "number": 2, "name": "Ben"}
        )
        found = until(teacher, lambda tally: tally["goals"] == 1)
        assert [(row["name"], row["goal"]) for row in found["students"]] == [("Aiko", True), ("Ben", False)]
        one.send_json({"type": "hand_in", "record": "KOUBAI1.x.y"})
        assert one.receive_json() == {"type": "handed_in"}
        teacher.send_json({"type": "results"})
        for _ in range(50):
            message = teacher.receive_json()
            if message["type"] == "results":
                break
        assert message == {"type": "results", "records": ["KOUBAI1.x.y"]}
        teacher.send_json({"type": "push", "lesson": "xor", "step": 99})
        while (message := teacher.receive_json())["type"] == "tally":
            pass
        assert message == {
            "type": "problem",
            "text": "the step to push must be one of a lesson; there is no such step.",
        }


def test_a_wrong_key_opens_nothing(client):
    for key in ("", "the key", KEY + " ", None, ["x"]):
        with client.websocket_connect("/class/teacher", headers=ORIGIN) as socket:
            socket.send_json({"key": key})
            assert socket.receive_json() == {"type": "refused"}
            with pytest.raises(WebSocketDisconnect):
                socket.receive_json()


def test_who_has_not_joined_is_told_so_and_nonsense_is_not_obeyed(client):
    with client.websocket_connect("/class/student", headers=ORIGIN) as socket:
        socket.send_json({"type": "report", "lesson": "xor", "step": 0})
        assert "must join with a name first" in socket.receive_json()["text"]
        socket.send_text("{" * 10)
        socket.send_text('["join"]')
        socket.send_json({"type": "join", "name": ["A"]})
        socket.receive_json()
        socket.receive_json()
        while (message := socket.receive_json())["type"] == "problem":
            if "1 to 40 characters" in message["text"]:
                break
        joined(socket, "A")


def test_a_page_that_hurries_waits_and_nothing_that_it_says_is_lost(client, monkeypatch):
    monkeypatch.setattr(sockets, "AT_ONCE", 3)
    monkeypatch.setattr(sockets, "PER_SECOND", 50)
    with (
        client.websocket_connect("/class/teacher", headers=ORIGIN) as teacher,
        client.websocket_connect("/class/student", headers=ORIGIN) as socket,
    ):
        teacher.send_json({"key": KEY})
        joined(socket, "Hasty")
        since = time.monotonic()
        for epoch in range(40):
            socket.send_json({"type": "report", "lesson": "xor", "step": 0, "epoch": epoch, "goal": epoch == 39})
        found = until(teacher, lambda tally: tally["students"] and tally["students"][0]["epoch"] == 39)
        assert found["students"][0]["goal"]
        assert time.monotonic() - since > (1 + 40 - 3) / 50 - 0.1


def test_a_student_who_is_removed_is_one_no_more(client):
    with (
        client.websocket_connect("/class/teacher", headers=ORIGIN) as teacher,
        client.websocket_connect("/class/student", headers=ORIGIN) as socket,
    ):
        teacher.send_json({"key": KEY})
        joined(socket, "Rude")
        until(teacher, lambda tally: tally["joined"] == 1)
        teacher.send_json({"type": "remove", "number": 1})
        until(teacher, lambda tally: tally["joined"] == 0)
        socket.send_json({"type": "report", "lesson": "xor", "step": 0})
        assert "must join" in socket.receive_json()["text"]


def test_the_pages_of_a_class_are_there_and_others_have_none(client):
    assert "classroom/student.js" in client.get("/").text
    assert "classroom/teacher.js" in client.get("/teacher").text
    assert len(client.get("/lessons.json").json()) >= 10
    with TestClient(make_app(), base_url=HERE) as alone:
        assert "classroom" not in alone.get("/").text
        assert alone.get("/teacher").status_code == 404


def test_the_short_address_lets_in_and_another_does_not():
    app = make_app(classroom=new_class(KEY, ""), token="K7QM2XAB")
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        for path in ("/", "/teacher", "/K7QM2XAC", "/k7qm2xa"):
            assert client.get(path).status_code == 403, path
        answer = client.get("/k7qm2xab")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert client.get("/").status_code == 200
        assert client.get("/teacher?token=K7QM2XAB").headers["location"] == "/teacher"


def test_a_class_needs_a_server(capsys):
    from koubai.cli.main import main

    assert main(["play", "--class", "--export", "site"]) == 2
    assert "--class must come without --export" in capsys.readouterr().err


STUDENTS = 200


async def _class_of(address, code, key, memory, busy):
    """200 students who join, are pushed twice, answer and report losses: how long the teacher waits for all of them."""
    import websockets

    origin = f"http://{address}"
    cookie = await asyncio.to_thread(_cookie, address, code)
    options = {"origin": origin, "additional_headers": {"Cookie": cookie}, "open_timeout": 60, "compression": None}
    teacher = await websockets.connect(f"ws://{address}/class/teacher", max_size=2**22, **options)
    await teacher.send(json.dumps({"key": key}))
    students = []
    for first in range(0, STUDENTS, 25):  # they do not all scan the code in the same instant
        students += await asyncio.gather(
            *(websockets.connect(f"ws://{address}/class/student", **options) for _ in range(first, first + 25))
        )
    for number, student in enumerate(students):
        await student.send(json.dumps({"type": "join", "name": f"student {number}"}))
        assert json.loads(await student.recv())["type"] == "joined"
        assert json.loads(await student.recv())["type"] == "step"

    async def tally(condition):
        while True:
            message = json.loads(await asyncio.wait_for(teacher.recv(), 60))
            if message["type"] == "tally" and condition(message):
                return message

    await tally(lambda message: message["joined"] == STUDENTS and message["online"] == STUDENTS)
    await _at_rest(busy)
    waits, sizes = [], []
    for step in (0, 1, 2, 0, 1, 2):
        await teacher.send(json.dumps({"type": "push", "lesson": "xor", "step": step}))
        told = await asyncio.gather(*(asyncio.wait_for(student.recv(), 60) for student in students))
        assert {json.loads(each)["step"] for each in told} == {step}
        since = time.monotonic()
        for number, student in enumerate(students):
            report = {
                "lesson": "xor",
                "step": step,
                "choices": [number % 3],
                "goal": number % 2 == 0,
                "test_loss": number / 1000,
            }
            await student.send(json.dumps({"type": "report", **report}))
        found = await tally(
            lambda message, step=step: (
                message["here"] == STUDENTS and len(message["choices"]) == 3 and message["pushed"] == ["xor", step]
            )
        )
        waits.append(time.monotonic() - since)
        assert found["goals"] == STUDENTS / 2
        assert sum(found["choices"].values()) == STUDENTS
        for _ in range(5):  # an hour's reports, hurried
            await asyncio.gather(
                *(
                    student.send(json.dumps({"type": "report", "lesson": "xor", "step": step, "epoch": 5}))
                    for student in students
                )
            )
            await asyncio.sleep(0.2)
        sizes.append(memory())
    for each in (*students, teacher):
        await each.close()
    return waits, sizes


async def _at_rest(busy, most=120):
    """Wait until what the server loads behind the page is there: it then neither computes nor waits for a processor."""
    end = time.monotonic() + most
    while True:
        before = busy()
        await asyncio.sleep(2)
        if abs(busy() - before) < 0.3:  # what a thread waited is forgotten when it ends
            return
        assert time.monotonic() < end, "the server never comes to rest"


def _cookie(address, code):
    import http.client

    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("GET", f"/{code}", headers={"Host": address})
    found = connection.getresponse().getheader("set-cookie").partition(";")[0]
    connection.close()
    return found


@pytest.mark.slow
def test_two_hundred_students_answer_and_the_teacher_sees_it_within_a_second():
    with served("--class", "--host", "127.0.0.1", KOUBAI_TOKEN="K7QM2XAB") as (process, address):
        lines = [process.stdout.readline() for _ in range(2)]
        key = re.search(r"#key=(\S+)", lines[1])[1]
        status = Path(f"/proc/{process.pid}/status")

        def memory():
            return int(re.search(r"VmRSS:\s+(\d+)", status.read_text(encoding="ascii"))[1]) / 1024

        def busy():
            """Seconds in which the server's threads computed, or would have if a processor had been free."""
            spent = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
            waited = 0
            for each in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
                with suppress(OSError):  # a thread that ends meanwhile
                    waited += int(each.read_text(encoding="ascii").split()[1])
            return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK") + waited / 1e9

        waits, sizes = in_a_loop(_class_of(address, "K7QM2XAB", key, memory, busy))
        print(f"waits {waits}, MiB {sizes}")
        assert min(waits) < 1.0
        assert sizes[5] - sizes[2] < 5, "memory is flat once every step has been seen"
