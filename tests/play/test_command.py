"""`koubai play` at the command line: what it says of itself, and one sentence for whatever cannot be served."""

import asyncio
import html
import os
import re
import socket
import stat
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.loops import in_a_loop

from koubai.cli.main import main
from koubai.play.serving import server
from koubai.serve.listening import bound

from .playing import free_port


@pytest.fixture
def complaint(capsys, monkeypatch):
    """A function that runs ``koubai play`` with arguments that are wrong, and returns what it says."""
    monkeypatch.setattr("webbrowser.open", lambda address: pytest.fail("the browser was opened"))

    def said(*arguments):
        try:
            status = main(["play", *map(str, arguments)])
        except SystemExit as error:  # argparse's own
            status = error.code
        assert status == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "Traceback" not in printed.err
        return printed.err

    return said


def test_help_shows_every_option_and_examples(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["play", "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for words in ("--target", "--lesson", "--port", "--host", "--token", "--no-browser", "my-lesson.json", "Ctrl-C"):
        assert words in text


GOOD = "a,b,kind\n" + "".join(f"{i % 7},{i * i % 11},{'xy'[i % 2]}\n" for i in range(40))


def test_arguments_that_cannot_be_served_get_one_sentence(complaint, tmp_path):
    good, junk, lesson = tmp_path / "good.csv", tmp_path / "junk.csv", tmp_path / "lesson.json"
    good.write_text(GOOD, encoding="utf-8")
    junk.write_bytes(bytes(range(256)))
    lesson.write_text('{"title": {"en": "x"}, "steps": []}', encoding="utf-8")
    for arguments, words in (
        ([good], "--target must name the column to predict; it is missing"),
        (["--target", "y"], "--target requires a table, which is missing"),
        ([good, "--target", "kinf"], "kind"),
        ([tmp_path / "absent.csv", "--target", "y"], "there is no such file"),
        ([tmp_path, "--target", "y"], "--target must come with a table; got it with images"),
        ([junk, "--target", "y"], "must be text"),
        (["--port", "99999"], "--port must be from 0 to 65535; got 99999"),
        (["--port", "http"], "--port"),
        (["--lesson", "xorr"], "--lesson must be one of perceptron, xor"),
        (["--lesson", tmp_path / "absent.json"], "must be readable; got no such file"),
        (["--lesson", lesson], "must have a title and steps"),
        (["--host", "0.0.0.0", "--token", "abc"], "--token must have at least 8 characters"),
        (["--token", ""], "--token must have at least 8 characters"),
        (["--host", "203.0.113.7", "--token", "classroom"], "cannot assign requested address. Try --host 127"),
        (["--host", "no such host", "--token", "classroom"], "the server must listen on no such host, port 0, but"),
        (["--brain"], "--brain"),
    ):
        sentence = complaint(*arguments, *([] if "--port" in arguments else ["--port", 0]))
        assert words in sentence, arguments
        if "--brain" not in arguments and "http" not in arguments:
            assert len(sentence.strip().splitlines()) == 1, sentence


def test_a_port_that_is_taken_is_told(complaint):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"port {port}, but it is taken. Try --port 0" in complaint("--port", port)


def test_a_table_and_a_lesson_of_one_s_own_are_what_is_shown_first(tmp_path, monkeypatch):
    table, lesson = tmp_path / "people.csv", tmp_path / "my-lesson.json"
    table.write_text(GOOD, encoding="utf-8")
    lesson.write_text('{"title": {"ja": "題"}, "steps": [{"text": {"ja": "見よう。"}}]}', encoding="utf-8")
    shown = {}
    monkeypatch.setattr(server, "run", lambda settings, tables, **more: shown.update(more, s=settings, t=tables))
    assert main(["play", str(table), "--target", "kind", "--lesson", str(lesson), "--no-browser"]) == 0
    settings = shown["s"]
    assert (settings.dataset, settings.target, settings.lesson) == ("table", "kind", "my-lesson")
    assert shown["t"].paths[settings.table] == table
    assert shown["fragment"] == "lesson=my-lesson"
    assert shown["lessons"]["my-lesson"]["title"] == {"en": "題", "ja": "題"}


def ending(coroutine):
    coroutine.close()
    raise KeyboardInterrupt


def address_in(uri):
    """Where the file leads that the browser is told to open, and which only its owner may read."""
    path = Path(urllib.request.url2pathname(urlsplit(uri).path))
    assert urlsplit(uri).scheme == "file"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    found = re.search(r'content="0; url=([^"]*)"', path.read_text(encoding="utf-8"))
    return path, html.unescape(found.group(1))


def test_the_address_that_is_printed_and_opened_leads_to_the_page(monkeypatch, capsys):
    from koubai.play.serving.uploads import Tables

    opened = []
    monkeypatch.setattr("webbrowser.open", lambda uri: opened.append((uri, *address_in(uri))))
    monkeypatch.setattr(server.asyncio, "run", ending)
    port = free_port()
    server.run(None, Tables(), port=port, token="simple-enough", fragment="lesson=xor")
    server.run(None, Tables(), host="0.0.0.0", port=port, token='a b&c秘密/de"<')
    token = "a%20b%26c%E7%A7%98%E5%AF%86%2Fde%22%3C"
    addresses = [f"http://127.0.0.1:{port}/?token=simple-enough#lesson=xor", f"http://127.0.0.1:{port}/?token={token}"]
    assert [address for _, _, address in opened] == addresses
    for uri, path, _ in opened:
        assert "simple-enough" not in uri
        assert "token" not in uri
        assert not path.parent.exists(), "what leads to the page goes with the server"
    printed = capsys.readouterr()
    assert addresses[0] in printed.out
    assert addresses[1] in printed.out
    assert printed.err == "koubai play: ended.\n" * 2


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_without_a_token_of_one_s_own_there_is_a_new_random_one_each_time(monkeypatch, capsys, host):
    from koubai.play.serving.uploads import Tables

    monkeypatch.setattr(server.asyncio, "run", ending)
    monkeypatch.delenv("KOUBAI_TOKEN", raising=False)
    tokens = set()
    for _ in range(3):
        server.run(None, Tables(), host=host, port=0, open_browser=False)
        tokens |= set(re.findall(r"/\?token=([\w-]+)", capsys.readouterr().out))
    assert len(tokens) == 3
    assert min(map(len, tokens)) >= 32
    monkeypatch.setenv("KOUBAI_TOKEN", "from the environment")
    server.run(None, Tables(), port=0, open_browser=False)
    assert "?token=from%20the%20environment " in capsys.readouterr().out


def test_a_short_token_in_the_environment_is_refused(complaint, monkeypatch):
    monkeypatch.setenv("KOUBAI_TOKEN", "short")
    assert "play: KOUBAI_TOKEN must have at least 8 characters" in complaint("--port", 0)


def test_a_frame_never_waits_for_the_last_one_to_be_acknowledged():
    async def accepted():
        found = asyncio.get_running_loop().create_future()

        async def told(_, writer):
            found.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listening = bound("play", "127.0.0.1", 0)
        async with await asyncio.start_server(told, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            nodelay = await asyncio.wait_for(found, 10)
            writer.close()
        return nodelay

    assert in_a_loop(accepted()), "Nagle's algorithm would hold every frame back for 40 ms"
