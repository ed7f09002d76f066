"""A class on real pages: a student joins, is led and answers; the teacher sees it, and can remove one."""

import re

import pytest
from tests.play.browser.conftest import COMPILING, PATIENCE, Playground
from tests.play.playing import served

pytestmark = pytest.mark.slow  # a server and three pages of its own


def joined(page, name):
    page.fill("#koubai-class-name", name)
    page.click("[data-text='play.class.join']")
    page.locator(".class-bar form").wait_for(state="hidden")


def test_a_teacher_leads_sees_and_removes(browser, tmp_path):
    complaints = []
    with served("--class", "--host", "127.0.0.1", KOUBAI_TOKEN="K7QM2XAB") as (process, address):
        lines = [process.stdout.readline() for _ in range(2)]
        contexts = [browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB") for _ in range(3)]
        pages = [context.new_page() for context in contexts]
        for page in pages:
            page.set_default_timeout(1000 * PATIENCE)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"http://{address}/K7QM2XAB")
        aiko, rude, teacher = pages
        students = [Playground(page, complaints) for page in (aiko, rude)]
        for student, name in zip(students, ("Aiko", "Rude"), strict=True):
            student.until("s.frame && s.network", COMPILING)
            joined(student.page, name)
        teacher.goto(f"http://{address}/teacher{re.search('#key=.+', lines[1])[0]}")
        rows = teacher.locator("tbody tr")
        rows.nth(1).wait_for()
        assert [text.split("\t")[0] for text in rows.all_inner_texts()] == ["Aiko", "Rude"]

        teacher.select_option("#koubai-class-lesson", "xor")
        teacher.click(".push")
        for student in students:
            student.until("s.lesson?.name === 'xor' && s.settings.mode === 'perceptron'")
        away = rows.nth(1).locator("button")
        away.hover()
        teacher.mouse.down()  # while the tally changes
        aiko.click(".choice >> nth=1")
        rows.nth(0).locator("td.met").wait_for()
        assert "About three quarters" in rows.nth(0).inner_text()
        assert teacher.locator("canvas.losses").is_hidden(), "nobody has trained"
        assert teacher.inner_text(".bars li >> nth=1").split()[-1] == "1"
        teacher.screenshot(path=tmp_path / "teacher.png", full_page=True)
        teacher.mouse.up()
        rows.nth(1).wait_for(state="detached")
        assert rows.count() == 1
        for context in contexts:
            context.close()
    assert complaints == []
