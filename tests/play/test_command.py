"""`koubai play` at the command line: what it says of itself, and one sentence for whatever cannot be served."""

import asyncio
import socket

import pytest

from koubai.cli.main import main
from koubai.play import server

from .playing import free_port, in_a_loop


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
        ([good], "--target must name the column to be predicted; got none"),
        (["--target", "y"], "--target must come with a table; got none"),
        ([good, "--target", "kinf"], "kind"),
        ([tmp_path / "absent.csv", "--target", "y"], "there is no such file"),
        ([tmp_path, "--target", "y"], "must be a file"),
        ([junk, "--target", "y"], "must be text"),
        (["--port", "99999"], "--port must be from 0 to 65535; got 99999"),
        (["--port", "http"], "--port"),
        (["--lesson", "xorr"], "--lesson must be one of perceptron, xor"),
        (["--lesson", tmp_path / "absent.json"], "must be readable; got no such file"),
        (["--lesson", lesson], "must have a title and steps"),
        (["--host", "0.0.0.0"], "--host 0.0.0.0 must have a --token"),
        (["--host", "0.0.0.0", "--token", "abc"], "--token must have 8 characters or more"),
        (["--token", ""], "--token must have 8 characters or more"),
        (["--host", "203.0.113.7", "--token", "classroom"], "the server must listen on 203.0.113.7"),
        (["--host", "no such host", "--token", "classroom"], "the server must listen on no such host"),
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


def test_the_address_that_is_printed_and_opened_leads_to_the_page(monkeypatch, capsys):
    from koubai.play.uploads import Tables

    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    def end(coroutine):
        coroutine.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(server.asyncio, "run", end)
    port = free_port()
    server.run(None, Tables(), port=port, fragment="lesson=xor")
    server.run(None, Tables(), host="0.0.0.0", port=port, token="a b&c秘密de")
    token = "a%20b%26c%E7%A7%98%E5%AF%86de"
    assert opened == [f"http://127.0.0.1:{port}/#lesson=xor", f"http://127.0.0.1:{port}/?token={token}"]
    printed = capsys.readouterr()
    assert opened[0] in printed.out
    assert opened[1] in printed.out
    assert printed.err == "koubai play: ended.\n" * 2


def test_a_frame_never_waits_for_the_last_one_to_be_acknowledged():
    async def accepted():
        found = asyncio.get_running_loop().create_future()

        async def told(_, writer):
            found.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listening = server.bound("127.0.0.1", 0)
        async with await asyncio.start_server(told, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            nodelay = await asyncio.wait_for(found, 10)
            writer.close()
        return nodelay

    assert in_a_loop(accepted()), "Nagle's algorithm would hold every frame back for 40 ms"
