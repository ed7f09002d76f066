"""The other controls of the page: own data, drawn points, many starts, instant mode, branches, lessons, downloads."""

import xml.etree.ElementTree as ElementTree

import pytest

import koubai

pytestmark = pytest.mark.slow  # the controls that a page without faults rarely breaks

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
    playground.wait("document.querySelector('.own .words').textContent.includes('must be text in UTF-8')")
    playground.complaints.clear()  # the browser tells of the refusal too
    playground.page.click("button.play")
    playground.until("s.epoch > 3")


def test_points_are_drawn_with_the_mouse_and_with_the_keyboard(opened):
    playground = opened()
    playground.press("play.own.start")
    playground.until("s.settings.dataset === 'points'")
    playground.page.click("canvas.points", position={"x": 60, "y": 60})
    playground.until("s.settings.points.length === 1 && s.data.x.length === 1")
    assert playground.state("s.problem") == "", "one class is no mistake, only not yet enough"
    playground.page.click("[data-brush='1']")
    playground.page.focus("canvas.points")
    playground.page.keyboard.press("ArrowRight")
    playground.page.keyboard.press("Enter")
    playground.until("s.data.x.length === 2 && s.classes.length === 2 && s.settings.points.at(-1)[2] === 1")
    box = playground.page.locator("canvas.points").bounding_box()
    playground.page.mouse.move(box["x"] + 40, box["y"] + 200)
    playground.page.mouse.down()
    playground.page.mouse.move(box["x"] + 140, box["y"] + 200, steps=12)
    playground.page.mouse.up()
    playground.until("s.settings.points.length > 5 && s.data.x.length === s.settings.points.length")
    playground.train("s.epoch > 3")
    count = playground.state("s.settings.points.length")
    playground.press("play.own.undo")
    playground.until(f"s.settings.points.length === {count - 1}")


def test_many_starts_show_a_mean_a_spread_and_a_count(opened):
    playground = opened("dataset=xor&hidden=[2]&learning_rate=0.1")
    playground.page.fill("#koubai-starts-count", "12")
    playground.page.fill("#koubai-starts-epochs", "30")
    playground.page.click("[data-text='play.starts.go']")
    playground.until("s.starts && s.starts.mean")
    assert playground.state("s.starts.losses.length") == 12
    assert "12" in playground.inner_text(".starts .words")


def test_instant_mode_shows_the_final_state_after_each_change(opened):
    playground = opened("hidden=[8,8]&activations=[%22tanh%22,%22tanh%22]&dropout=[0,0]")
    playground.page.check("#koubai-instant")
    playground.until("s.instant_ms > 0 && s.epoch === 500")
    before = playground.theta()
    playground.page.focus("[data-control=learning_rate] input")
    playground.page.keyboard.press("ArrowRight")
    playground.until(
        f"s.settings.learning_rate === 0.1 && s.epoch === 500 && s.frame.blocks.theta.data[0] !== {before[0]}"
    )
    playground.wait("document.querySelector('.time').textContent.endsWith('ms')")


def test_a_branch_stands_beside_the_run_that_it_left(opened):
    playground = opened("pace=0")
    playground.train("s.epoch > 10")
    left, epoch = playground.theta(), playground.state("s.epoch")
    playground.press("play.timeline.branch")
    playground.until("s.timeline.branches === 2")
    assert playground.is_visible(".beside")
    playground.page.select_option("[data-control=optimizer] select", "adam")
    playground.press("play.header.step")
    playground.until(f"s.epoch === {epoch} + 1 && s.settings.optimizer === 'adam'")
    mine, other = (playground.page.locator(each).bounding_box() for each in (".mine .square", ".beside .square"))
    assert mine["y"] == pytest.approx(other["y"], abs=40)
    assert mine["x"] + mine["width"] <= other["x"], "the two branches stand side by side"
    assert "SGD" in playground.inner_text(".differs")
    assert "SGD" in playground.inner_text(".loss .legend")
    assert playground.theta() != left
    playground.press("play.timeline.swap")
    playground.until(f"s.epoch === {epoch} && s.frame.header.epoch === {epoch} && s.settings.optimizer === 'sgd'")
    playground.wait("document.querySelector('.differs').textContent.includes('Adam')")
    assert playground.theta() == pytest.approx(left)
    playground.press("play.timeline.drop")
    playground.page.wait_for_selector(".beside", state="hidden")
    playground.until("s.timeline.branches === 1")


def test_a_lesson_leads_through_its_steps(opened):
    playground = opened()
    playground.page.wait_for_selector(".begin")
    playground.page.click(".choose")
    assert playground.shown.locator("button.lesson").count() >= 5
    playground.page.locator("button.lesson").nth(1).click()
    playground.until("s.settings.dataset === 'xor' && s.settings.mode === 'perceptron'")
    assert playground.inner_text(".lesson-bar .question").endswith("?")
    playground.page.locator(".choice").nth(0).click()
    assert "Not quite" in playground.inner_text(".feedback")
    playground.page.locator(".choice").nth(1).click()
    assert playground.inner_text(".feedback").startswith("Right.")
    playground.press("play.lessons.next")
    playground.until("s.settings.mode === 'network' && s.settings.hidden.length === 1")
    assert not playground.is_visible(".own")
    playground.press("play.lessons.leave")
    playground.page.wait_for_selector(".own", state="visible")


def test_an_answer_outlasts_what_changes_on_the_page(opened):
    playground = opened("lesson=xor")
    playground.until("s.lesson && s.settings.mode === 'perceptron'")
    choice = playground.page.locator(".choice >> nth=1")
    choice.hover()
    playground.page.mouse.down()
    playground.page.evaluate("document.getElementById('koubai-play').playground.store.set({progress: {}})")
    playground.until("s.progress.xor")
    playground.page.mouse.up()
    assert playground.inner_text(".feedback").startswith("Right."), "a press that has begun is not lost"
    playground.page.locator(".choice >> nth=2").press("Enter")
    assert "Not quite" in playground.inner_text(".feedback")
    assert playground.page.evaluate("document.activeElement.textContent.startsWith('✗ All')"), "nor the focus"


@pytest.mark.slow
def test_a_lesson_goes_on_after_a_reload_with_what_was_changed_in_it(opened):
    playground = opened("lesson=xor")
    playground.until("s.lesson && s.settings.mode === 'perceptron'")
    playground.press("play.lessons.next")
    playground.until("s.settings.mode === 'network'")
    playground.page.locator("[data-label='play.network.more_nodes']").first.click()
    playground.until("/hidden=.2.*lesson_step=1/.test(decodeURIComponent(location.hash))")
    playground.page.reload()
    playground.until("s.lesson && s.lesson_step === 1 && s.settings.hidden[0] === 2")
    assert playground.inner_text(".where") == "2 / 3"


def test_the_link_holds_everything_and_what_a_teacher_hides(opened):
    playground = opened()
    playground.page.select_option("[data-control=optimizer] select", "adam")
    playground.page.select_option("[data-control=mode] select", "network")
    playground.slide("learning_rate", 0.003)
    playground.page.click(".set[data-name=xor]")
    playground.page.check("[data-control=show_test] input")
    playground.page.select_option(".joined select", "until")
    playground.page.fill(".joined input", "40")
    playground.page.press(".joined input", "Enter")
    playground.page.click(".hiding summary")
    playground.page.uncheck(".hiding input[value=noise]")
    playground.page.uncheck(".hiding input[value=starts_panel]")
    playground.until("location.hash.includes('dataset=xor') && location.hash.includes('starts_panel')")
    assert not playground.is_visible("[data-control=noise]")
    settings = playground.state("s.settings")
    other = opened(playground.page.evaluate("location.hash").removeprefix("#"))
    other.until("s.settings.dataset === 'xor' && s.settings.optimizer === 'adam'")
    assert other.state("s.settings") == settings
    assert other.state("[s.unit, s.until]") == ["until", 40]
    assert not other.is_visible("[data-control=noise]")
    assert not other.is_visible(".starts")
    other.page.reload()
    other.until("s.frame && s.settings.dataset === 'xor'")
    assert other.state("s.settings") == settings


@pytest.mark.slow
def test_a_table_that_comes_with_koubai_shows_its_classes_on_axes_to_choose(opened):
    playground = opened("dataset=penguins")
    playground.until("s.classes.length === 3 && s.data.axes[0] === 'PC1'")
    playground.page.select_option("[data-control=axis_x] select", label="bill_length_mm")
    playground.until("s.data.axes[0] === 'bill_length_mm'")
    assert not playground.is_visible("[data-control=noise]"), "a table has no noise to add"
    playground.page.hover(".nodes .node >> nth=-1")
    assert "Gentoo" in playground.inner_text(".legend >> nth=-1") + playground.inner_text(".output")


def test_a_perceptron_tells_of_each_example_whether_it_changed_the_line(opened):
    playground = opened("dataset=gauss&mode=perceptron&noise=0")
    playground.page.select_option(".joined select", "example")
    told = set()
    for _ in range(12):
        before, step = playground.theta(), playground.state("s.step")
        playground.press("play.header.step")
        playground.until(f"s.step > {step} && s.frame.header.step === s.step && s.learnt")
        changed = playground.theta() != before
        assert playground.state("s.learnt.changed") == changed
        assert ("misclassified" if changed else "correctly") in playground.inner_text(".learnt")
        told.add(changed)
    assert told == {True, False}
    playground.page.click("button.play")
    playground.page.wait_for_selector(".learnt", state="hidden")


@pytest.mark.slow
def test_a_perceptron_never_settles_on_exclusive_or_and_settles_on_two_clouds(opened):
    playground = opened("dataset=gauss&mode=perceptron&noise=0&pace=100")
    playground.train("s.epoch > 20")
    settled = playground.theta()
    playground.press("play.header.step")
    playground.until("s.step > 0 && s.frame.header.epoch > 21")
    assert playground.theta() == settled
    other = opened("dataset=xor&mode=perceptron&pace=100")
    other.train("s.epoch > 50")
    unsettled = other.theta()
    epoch = other.state("s.epoch")
    other.press("play.header.step")
    other.until(f"s.epoch > {epoch}")
    assert other.theta() != unsettled
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_film_shows_the_run_that_was(opened, tmp_path):
    playground = opened()
    playground.press("play.keep.film")
    playground.wait("document.querySelector('.keep .words').textContent.length > 10")
    for epoch in range(1, 5):
        playground.press("play.header.step")
        playground.until(f"s.epoch === {epoch}")
    with playground.page.expect_download(timeout=60_000) as film:
        playground.press("play.keep.film")
    film.value.save_as(tmp_path / film.value.suggested_filename)
    content = (tmp_path / film.value.suggested_filename).read_bytes()
    assert content[4:8] == b"ftyp" or content.startswith(b"\x1aE\xdf\xa3")
    assert len(content) > 10_000
    playground.until("s.epoch === 4")


@pytest.mark.slow
def test_a_long_wait_is_told(opened):
    playground = opened()
    playground.page.evaluate(
        """() => {
          const { context } = document.getElementById('koubai-play').playground, { transport } = context;
          const send = transport.send.bind(transport);
          transport.send = (message) => setTimeout(() => send(message), 4000);
          context.send({ type: 'step', unit: 'epoch' });
        }"""
    )
    playground.page.wait_for_selector(".notice", state="visible")
    playground.until("s.epoch === 1")
    playground.page.wait_for_selector(".notice", state="hidden")


def test_the_output_node_of_a_network_without_hidden_layers_shows_its_map(opened):
    """On a narrow page, where the large map does not stand beside the network."""
    playground = opened("hidden=[]&activations=[]&dropout=[]", width=900)
    playground.train("s.epoch > 5")
    colours = playground.page.evaluate(
        """() => {
          const maps = document.querySelector('.stack canvas:last-child');
          const pixels = maps.getContext('2d').getImageData(
            4, 4, 30, 30).data;
          return new Set(new Uint32Array(pixels.buffer)).size;
        }"""
    )
    assert colours > 5


@pytest.mark.slow
def test_starts_that_left_the_finite_numbers_are_told_and_not_shown_as_the_best(opened):
    playground = opened("dataset=plane&learning_rate=10&hidden=[4]&activations=[%22identity%22]&dropout=[0]")
    playground.page.fill("#koubai-starts-count", "3")
    playground.page.fill("#koubai-starts-epochs", "50")
    playground.page.click("[data-text='play.starts.go']")
    playground.until("s.starts && s.starts.mean && s.starts.losses.every((each) => each === null)")
    playground.wait("document.querySelector('.starts .words').textContent.includes('All 3 starts')")
    assert not playground.is_visible(".starts .result")


SHADOW = """async () => {
  const { mount } = await import("/static/app.js");
  const { HostHome } = await import("/static/session/home.js");
  const { SessionTransport } = await import("/static/session/transport.js");
  const worker = () => new Worker("/static/session/worker.js", { type: "module" });
  const host = document.createElement("div"), root = document.createElement("div");
  document.body.prepend(host);
  const tree = host.attachShadow({ mode: "open" });
  for (const link of document.querySelectorAll("link[rel=stylesheet]")) tree.append(link.cloneNode());
  tree.append(root);
  mount(root, new SessionTransport(new HostHome(new URL(".", document.baseURI), worker)), { page: false });
}"""


@pytest.mark.slow
def test_in_a_hosts_shadow_tree_beside_another_one_the_playground_keeps_to_itself(opened):
    playground = opened("pace=10")
    playground.page.evaluate(SHADOW)
    inner = playground.page.locator("div").first.locator(".koubai-play").first
    inner.locator(".instant label").click()
    inner.locator(".instant input:checked").wait_for()
    assert not playground.state("s.instant"), "a label is that of its own playground"
    inner.locator(".instant label").click()
    inner.locator(".nodes .node >> nth=7").click()
    box = inner.locator(".inspector .number input").first
    box.fill("0.12")
    inner.locator("button.play").dispatch_event("click")  # the focus stays where one is typing
    playground.page.wait_for_timeout(600)
    assert inner.locator(".epoch").inner_text() != "0"
    assert box.input_value() == "0.12", "what is being typed stays while frames come"


@pytest.mark.slow
def test_numbers_have_their_names_however_late_the_texts_come(opened, browser):
    context = browser.new_context(locale="en-GB")
    late = []
    context.route("**/texts/*.json", lambda route: late.append(route) if not late else route.continue_())
    playground = opened(context=context)
    playground.wait("document.querySelector('.scores td')")
    late[0].continue_()
    playground.wait("document.querySelector('.scores').textContent.includes('Training rows')")
    context.close()
