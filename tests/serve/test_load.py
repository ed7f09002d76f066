"""The service as a process of its own: many requests at once, junk between them, and an end within seconds."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="pip install '.[serve]'")

from tests.children import child
from tests.loops import in_a_loop

import koubai
from koubai.cli.main import INTERRUPTED

ROW = json.dumps({"size": 2.0, "colour": "red"}).encode()
REQUEST = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> tuple[int, Any]:
    """Send a request on an open connection; return the status and the answer."""
    writer.write(REQUEST % (len(body), body))
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
    assert length is not None, head
    return int(head.split()[1]), json.loads(await reader.readexactly(int(length[1])))


async def many(port: int, clients: int, each: int) -> list[tuple[int, Any]]:
    """Let clients ask at once, every tenth request being junk; all connections are closed at the end."""

    async def one() -> list[tuple[int, Any]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return [await ask(reader, writer, b"{junk" if k % 10 == 9 else ROW) for k in range(each)]
        finally:
            writer.close()
            await writer.wait_closed()

    return [answer for answers in await asyncio.gather(*(one() for _ in range(clients))) for answer in answers]


@pytest.mark.slow
def test_a_server_answers_many_at_once_and_ends_when_told(tmp_path: Path) -> None:
    """No step has a time of its own, which a busy machine may need longer for: the test's own limit ends what hangs."""
    table = {"size": [1.0, 2.0, None, 4.0] * 15, "colour": ["red", "blue", None] * 20, "kind": ["a", "b", "b"] * 20}
    model = koubai.TableModel(hidden_layer_sizes=(5,), solver="lbfgs").fit(table, "kind")
    koubai.save(model, tmp_path / "m.koubai")
    command = [sys.executable, "-m", "koubai.cli.main", "serve", "m.koubai", "--port", "0"]
    log = tmp_path / "log"
    with log.open("w") as errors, child(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=errors) as server:
        assert server.stdout is not None
        said = re.match(r"Serving http://127\.0\.0\.1:(\d+)/", server.stdout.readline())
        assert said is not None, log.read_text()
        answers = in_a_loop(many(int(said[1]), clients=20, each=50))
        server.send_signal(signal.SIGINT)
        status = server.wait()
    assert log.read_text() == ""
    assert status == INTERRUPTED
    expected = model.predict({"size": [2.0], "colour": ["red"]}).to_dicts()[0]
    good = [answer for status, answer in answers if status == 200]
    assert len(good) == 900
    assert all(answer["prediction"] == expected["prediction"] for answer in good)
    assert all(answer["probabilities"]["a"] == pytest.approx(expected["probability_a"]) for answer in good)
    bad = [answer for status, answer in answers if status == 400]
    assert len(bad) == 100
    assert all(answer["error"].startswith("The body must be JSON; ") for answer in bad)
