"""The other controls of the page: own data, drawn points, many starts, instant mode, branches, lessons, downloads."""

import xml.etree.ElementTree as ElementTree

import pytest

import koubai

TABLE = "height,weight,kind\n" + "".join(f"{150 + i},{40 + i * (1 + i % 2)},{'ab'[i % 2]}\n" for i in range(60))


def test_a_dropped_table_is_trained_on(opened, tmp_path):
    playground = opened()
    path = tmp_path / "people.csv"
    path.write_text(TABLE, encoding="utf-8")
    playground.page.set_input_files("#koubai-own-file", path)
    playground.page.wait_for_selector(".own .ready", state="visible")
    playground.page.select_option("#koubai-own-target", "kind")
    playground.page.click("[data-text='play.own.use']")
    playground.until("s.settings.dataset === 'table' && s.classes.length === 2 && s.feature_names.length === 2")
    playground.page.click("button.play")
    playground.until("s.epoch > 5")


def test_a_file_that_is_no_table_gets_one_sentence(opened, tmp_path):
    playground = opened()
    path = tmp_path / "junk.csv"
    path.write_bytes(bytes(range(256)) * 40)
    with playground.page.expect_response("**/table*"):
        playground.page.set_input_files("#koubai-own-file", path)
    playground.page.wait_for_timeout(300)
    assert len(playground.page.inner_text(".own .words")) > 10
    playground.page.click("button.play")
    playground.until("s.epoch > 3")


def test_points_are_drawn_with_the_mouse_and_with_the_keyboard(opened):
    playground = opened()
    playground.page.click("[data-text='play.own.start']")
    playground.until("s.settings.dataset === 'points'")
    count = playground.state("s.settings.points.length")
    playground.page.click("canvas.points", position={"x": 60, "y": 60})
    playground.until(f"s.settings.points.length === {count + 1}")
    playground.page.click("[data-brush='1']")
    playground.page.focus("canvas.points")
    playground.page.keyboard.press("ArrowRight")
    playground.page.keyboard.press("Enter")
    playground.until(f"s.settings.points.length === {count + 2} && s.settings.points.at(-1)[2] === 1")


def test_many_starts_show_a_mean_a_spread_and_a_count(opened):
    playground = opened("dataset=xor&hidden=[2]&learning_rate=0.1")
    playground.page.fill("#koubai-starts-count", "12")
    playground.page.fill("#koubai-starts-epochs", "30")
    playground.page.click("[data-text='play.starts.go']")
    playground.until("s.starts && s.starts.mean", seconds=60)
    assert playground.state("s.starts.losses.length") == 12
    assert "12" in playground.page.inner_text(".starts .words")


def test_instant_mode_shows_the_final_state_after_each_change(opened):
    playground = opened("hidden=[8,8]&activations=[%22tanh%22,%22tanh%22]&dropout=[0,0]")
    playground.page.check("#koubai-instant")
    playground.until("s.instant_ms > 0 && s.epoch === 500")
    playground.page.select_option("[data-control=learning_rate] select", "0.1")
    playground.until("s.settings.learning_rate === 0.1 && s.epoch === 500")


def test_a_branch_stands_beside_the_run_that_it_left(opened):
    playground = opened()
    playground.page.click("button.play")
    playground.until("s.epoch > 10")
    playground.page.click("button.play")
    playground.until("!s.running")
    left = playground.theta()
    playground.page.click("[data-text='play.timeline.branch']")
    playground.until("s.timeline.branches === 1")
    assert playground.page.is_visible(".beside")
    playground.page.click("[data-text='play.header.step']")
    playground.page.wait_for_timeout(300)
    assert playground.theta() != left
    playground.page.click("[data-text='play.timeline.swap']")
    playground.page.wait_for_timeout(500)
    assert playground.theta() == pytest.approx(left)


def test_a_lesson_leads_through_its_steps(opened):
    playground = opened()
    playground.page.wait_for_selector("button.lesson")
    assert playground.page.locator("button.lesson").count() == 5
    playground.page.locator("button.lesson").nth(1).click()
    playground.until("s.settings.dataset === 'xor' && s.settings.mode === 'perceptron'")
    playground.page.click("[data-text='play.lessons.next']")
    playground.until("s.settings.mode === 'network' && s.settings.hidden.length === 1")
    assert not playground.page.is_visible(".own")
    playground.page.click("[data-text='play.lessons.leave']")
    playground.page.wait_for_selector(".own", state="visible")


def test_a_perceptron_never_settles_on_exclusive_or_and_settles_on_two_clouds(opened):
    playground = opened("dataset=gauss&mode=perceptron&noise=0")
    playground.page.click("button.play")
    playground.until("s.epoch > 20 && s.frame.header.mistakes === 0")
    other = opened("dataset=xor&mode=perceptron")
    other.page.click("button.play")
    other.until("s.epoch > 50")
    assert other.state("s.frame.header.mistakes") > 0


def test_the_model_and_the_code_are_kept(opened, tmp_path):
    playground = opened()
    with playground.page.expect_download() as model:
        playground.page.click("[data-text='play.keep.model']")
    path = tmp_path / model.value.suggested_filename
    model.value.save_as(path)
    assert koubai.load(path) is not None
    with playground.page.expect_download() as code:
        playground.page.click("[data-text='play.keep.python']")
    code.value.save_as(tmp_path / "again.py")
    compile((tmp_path / "again.py").read_text(encoding="utf-8"), "again.py", "exec")


def test_pictures_are_files_that_open(opened, tmp_path):
    playground = opened()
    for key, name in (("svg", "a.svg"), ("png", "a.png")):
        with playground.page.expect_download() as picture:
            playground.page.click(f"[data-text='play.keep.{key}']")
        picture.value.save_as(tmp_path / name)
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.tag.endswith("svg")
    assert len(list(root.iter("{http://www.w3.org/2000/svg}image"))) > 5
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
