"""Who may talk to the server: its own page, or who knows the token; all else is refused before it is looked at."""

import pytest
from starlette.testclient import TestClient

from koubai.play.serving.app import make_app
from koubai.play.serving.guard import LOOPBACK

PAGE = "http://127.0.0.1:8800"


def client(**options):
    return TestClient(make_app(**options), base_url=PAGE)


@pytest.fixture(scope="module")
def guarded():
    with client() as found:
        yield found


def opens(found, path="/explain", **headers):
    """Whether a question is let in, if only to be told that it is none."""
    answer = found.post(path, content=b"[]", headers={"host": "127.0.0.1:8800", **headers})
    return answer.status_code == 400 and "must be a JSON object" in answer.json()["text"]


@pytest.mark.parametrize(
    "path",
    ["/", "/texts/ja.json", "/lessons.json", "/catalogue.json", "/lessons/xor.json", "/static/main.js", "/nothing"],
)
def test_every_answer_carries_the_strict_policy(guarded, path):
    answer = guarded.get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == policy["connect-src"] == policy["worker-src"] == "'self'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert answer.headers["content-security-policy"].count("unsafe") == 1
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8800", "", "127.0.0.1.evil.example", "[::1", "[zz]", "0"]
)
def test_a_name_that_is_made_to_point_here_is_refused(guarded, host):
    answer = guarded.get("/", headers={"host": host})
    assert answer.status_code == 403
    assert answer.text == "Host must be one of this server's own names or addresses."
    assert "content-security-policy" in answer.headers
    assert not opens(guarded, host=host, origin=f"http://{host}")


@pytest.mark.parametrize("host", ["127.0.0.1:8800", "localhost:8800", "LOCALHOST", "[::1]:8800"])
def test_every_name_of_this_machine_is_let_in(guarded, host):
    assert guarded.get("/", headers={"host": host}).status_code == 200
    assert opens(guarded, host=host, origin=f"http://{host}")


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:8801",
        "http://localhost:8800",
        "https://127.0.0.1:8800.evil.example",
        "ftp://127.0.0.1:8800",
        "file://",
        "http://user@127.0.0.1:8800",
        "[::1",
    ],
)
def test_a_question_or_an_upload_of_another_site_or_of_none_is_refused(guarded, origin):
    headers = {} if origin is None else {"origin": origin}
    assert not opens(guarded, **headers)
    answer = guarded.post("/table", content=b"a,b\n1,2\n", headers={"x-filename": "t.csv", **headers})
    assert answer.status_code == 403
    assert answer.text.startswith("Origin must be")
    if origin:
        assert guarded.get("/", headers=headers).status_code == 403


def test_the_page_itself_is_let_in(guarded):
    assert opens(guarded, origin=PAGE)
    answer = guarded.post("/table", content=b"a,b\n1,2\n3,4\n", headers={"x-filename": "t.csv", "origin": PAGE})
    assert answer.json()["columns"] == ["a", "b"]


GEHEIM = "geheim & 秘密"
ASKED = "?token=geheim%20%26%20%E7%A7%98%E5%AF%86"


def test_with_a_token_nothing_but_style_and_scripts_is_shown_without_it():
    with client(token=GEHEIM, hosts=[*LOOPBACK, "room.example"]) as found:
        for path in ("/", "/lessons.json", "/texts/en.json", "/?token=", "/?token=wrong", "/?token=%ff%00"):
            answer = found.get(path)
            assert answer.status_code == 403
            assert "token" in answer.text
            assert GEHEIM not in answer.text
            assert "set-cookie" not in answer.headers
        assert found.get("/static/main.js").status_code == 200
        assert found.get(f"/lessons.json{ASKED}").status_code == 200
        upload = {"content": b"a,b\n1,2\n3,4\n", "headers": {"x-filename": "t.csv", "origin": PAGE}}
        assert found.post("/table", **upload).status_code == 403
        assert found.post(f"/table{ASKED}", **upload).status_code == 200
        assert not opens(found, origin=PAGE)
        assert not opens(found, origin=PAGE, cookie="koubai-play-8800=wrong; token=x")
        path = f"/explain{ASKED}"
        assert opens(found, path, origin=PAGE)
        assert opens(found, path, host="room.example", origin="http://room.example")
        assert not opens(found, path, host="other.example", origin="http://other.example")
        assert not opens(found, path, origin="http://evil.example")


def test_who_opens_the_page_without_its_token_reads_in_each_language_what_to_do():
    with client(token=GEHEIM) as found:
        for path in ("/", "/?token=wrong"):
            answer = found.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
            assert '<p lang="en">This page is locked. To open it, use the address that koubai printed' in answer.text
            assert "このブラウザーで一度開いてください" in answer.text
            assert answer.text.count("?token=…") == 2
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert found.get("/lessons").text.startswith("The token must be")


def test_the_address_loses_the_token_at_once_and_a_cookie_takes_its_place():
    with client(token=GEHEIM) as found:
        answer = found.get(f"/{ASKED}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert answer.headers["referrer-policy"] == "no-referrer"
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("koubai-play-8800=")
        for part in ("HttpOnly", "SameSite=lax", "Path=/"):
            assert part in cookie
        assert "geheim" not in cookie
        assert "max-age" not in cookie.lower()
        for path in ("/", "/", "/lessons.json", "/texts/ja.json"):  # a reload, a second tab, and what the page asks for
            assert found.get(path).status_code == 200
        assert found.get("/#lesson=xor").status_code == 200  # a link that was copied, in the same browser
        assert opens(found, origin=PAGE, cookie=cookie.partition(";")[0])
        assert not opens(found, origin="http://evil.example", cookie=cookie.partition(";")[0])
        assert found.get("/lessons", headers={"host": "127.0.0.1:8801"}).status_code == 403
    with client(token="another token") as other:
        assert other.get("/", headers={"cookie": cookie.partition(";")[0]}).status_code == 403


def test_a_server_on_all_networks_answers_to_addresses_and_to_no_name_but_its_own(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Lehrer.school.example")
    with client(token="classroom", hosts=[*LOOPBACK, "0.0.0.0"]) as found:
        for host in ("192.168.1.20:8800", "[fe80::1]:8800", "lehrer.school.example", "lehrer.local:8800", "localhost"):
            assert found.get("/lessons.json?token=classroom", headers={"host": host}).status_code == 200, host
            assert opens(found, "/explain?token=classroom", host=host, origin=f"http://{host}")
        for host in ("evil.example", "192.168.1.20.evil.example", "1e9"):
            assert found.get("/lessons.json?token=classroom", headers={"host": host}).status_code == 403, host


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/..%2fapp.py", "/lessons/..%2f..%2fapp.json", "/texts/x.json"]
)
def test_no_other_file_can_be_had(guarded, path):
    answer = guarded.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text


def test_the_page_names_no_other_machine(guarded):
    from koubai.play.serving.app import STATIC

    for path in (path for path in STATIC.rglob("*") if path.is_file()):
        words = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert "http://" not in words, path
        assert "https://" not in words, path
        assert "innerHTML" not in words or path.name == "safe.js", path
