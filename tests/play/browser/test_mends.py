"""Mistakes of the page that must not come back."""

import json
from itertools import pairwise

import pytest

pytestmark = pytest.mark.slow  # each opens the page


def test_a_complaint_stays_until_the_user_goes_on_and_ticks_stay_readable(opened):
    playground = opened("dataset=plane&hidden=[4]&activations=[%22identity%22]&dropout=[0]&learning_rate=10&pace=0")
    playground.page.click("button.play")
    playground.until("s.problem")
    playground.page.wait_for_timeout(600)
    assert "diverged" in playground.inner_text(".problem")
    assert playground.is_visible(".problem")
    playground.press("play.header.reset")
    playground.until("!s.problem && s.epoch === 0")


def test_a_branch_keeps_its_whole_curve_and_its_end_and_several_are_overlaid(opened):
    playground = opened("pace=0")
    playground.train("s.epoch > 20")
    end = playground.state("s.epoch")
    slider = playground.page.locator(".timeline input[type=range]")
    for optimizer in ("momentum", "adam"):
        slider.focus()
        slider.press("Home")
        playground.until("s.epoch === 0 && s.timeline.position === 0")
        playground.press("play.timeline.branch")
        playground.until("s.other")
        playground.page.select_option("[data-control=optimizer] select", optimizer)
        playground.until(f"s.settings.optimizer === '{optimizer}'")
        playground.train("s.epoch > 20")
    assert playground.state("s.kept[0].losses.epochs.at(-1)") == end
    assert playground.state("s.kept[0].frame.header.epoch") == end
    words = playground.inner_text(".loss .legend")
    assert "SGD" in words
    assert "Momentum" in words or "momentum" in words


def test_next_in_a_lesson_stops_what_runs(opened):
    playground = opened("lesson=hidden-layers&lesson_step=1")
    playground.until("s.lesson && s.settings.dataset === 'spiral'")
    playground.page.click("button.play")
    playground.until("s.running && s.epoch > 2")
    playground.press("play.lessons.next")
    playground.until("s.lesson_step === 2 && !s.running && s.epoch === 0")


def test_a_chosen_lesson_is_in_sight(opened):
    playground = opened(height=500)
    playground.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    playground.page.wait_for_timeout(100)
    playground.page.evaluate("document.querySelector('.begin').click()")
    playground.until("s.lesson")
    playground.wait(
        "(box => box.top >= 0 && box.top < innerHeight)(document.querySelector('.lesson-bar').getBoundingClientRect())"
    )


def test_a_refused_setting_does_not_stay_on_screen(opened):
    playground = opened("dataset=plane")
    playground.page.select_option("[data-control=mode] select", "perceptron")
    playground.until("s.problem")
    assert playground.state("s.settings.mode") == "network"
    assert playground.page.input_value("[data-control=mode] select") == "network"


def test_one_bad_setting_leaves_the_rest_of_a_link(opened):
    playground = opened()
    page = playground.page.url.split("#")[0]
    playground.page.goto("about:blank")  # a page that is open would read the link, and write down what is good in it
    playground.page.goto(page + "#dataset=xor&learning_rate=0.1&noise=7&nothing=1")
    playground.until("s.frame && s.settings.dataset === 'xor' && s.settings.learning_rate === 0.1")
    playground.until("s.problem")
    assert "noise, nothing" in playground.inner_text(".problem")


def test_a_reload_keeps_the_dropped_table(opened, tmp_path):
    playground = opened()
    path = tmp_path / "people.csv"
    rows = "".join(f"{150 + i},{40 + i * (1 + i % 2)},{'ab'[i % 2]}\n" for i in range(60))
    path.write_text("height,weight,kind\n" + rows, encoding="utf-8")
    playground.page.set_input_files("#koubai-own-file", path)
    playground.page.wait_for_selector(".own .ready", state="visible")
    playground.page.select_option("#koubai-own-target", "kind")
    playground.page.click("[data-text='play.own.use']")
    playground.until("s.feature_names[0] === 'height' && location.hash.includes('dataset=table')")
    playground.page.reload()
    playground.until("s.frame && s.feature_names[0] === 'height' && s.table")
    assert playground.is_visible(".own .ready")


def test_after_going_back_and_on_the_number_of_states_is_right_at_once(opened):
    playground = opened("pace=10")
    playground.page.click("button.play")
    playground.until("s.timeline.length > 25")
    playground.page.click("button.play")
    playground.until("!s.running")
    slider = playground.page.locator(".timeline input[type=range]")
    slider.focus()
    slider.press("Home")
    playground.until("s.timeline.position === 0")
    playground.page.click("button.play")
    playground.until("s.running && s.epoch >= 3")
    assert playground.state("s.timeline.length") < 20


def test_eight_layers_fit_beside_the_map(opened):
    layers = json.dumps([4] * 8).replace(" ", "")
    kinds = json.dumps(["tanh"] * 8).replace(" ", "").replace('"', "%22")
    playground = opened(f"hidden={layers}&activations={kinds}&dropout={json.dumps([0] * 8)}", width=1440, height=900)
    port = playground.page.locator(".nodes .node").last.bounding_box()
    scroll = playground.page.locator(".network .scroll").bounding_box()
    assert port["x"] + port["width"] <= scroll["x"] + scroll["width"] + 1
    assert playground.page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_drawn_without_points_shows_no_numbers(opened):
    playground = opened("pace=0")
    playground.train("s.epoch > 3")
    playground.page.click(".set[data-name=points]")
    playground.until("s.settings.dataset === 'points'")
    playground.page.wait_for_timeout(200)
    assert playground.inner_text(".scores .train td >> nth=0") == "–"


def test_a_table_s_inputs_promise_no_click_that_does_nothing(opened):
    playground = opened()
    assert "switch it on or off" in playground.inner_text(".network .legend")
    playground.page.click(".set[data-name=penguins]")
    playground.until("s.classes.length === 3")
    assert "switch it on or off" not in playground.inner_text(".network .legend")


def test_tables_of_derivations_are_tables(opened):
    playground = opened("hidden=[2]&activations=[%22tanh%22]&dropout=[0]")
    playground.press("play.explain.forward")
    playground.until("s.explanation")
    playground.page.wait_for_selector(".derivation")
    shown = playground.page.evaluate(
        """() => {
          const table = document.createElement("table");
          table.className = "data";
          document.querySelector(".derivation").append(table);
          return getComputedStyle(table).display;
        }"""
    )
    assert shown == "table"


def test_messages_are_in_the_page_s_language(opened):
    playground = opened("dataset=plane", lang="ja-JP")
    playground.page.select_option("[data-control=mode] select", "perceptron")
    playground.until("s.problem")
    assert any("\u3040" <= letter <= "\u30ff" for letter in playground.inner_text(".problem"))


def test_a_lesson_locks_what_it_does_not_leave_free_also_against_an_edited_link(opened):
    playground = opened("lesson=xor&lesson_step=2")
    playground.until("s.lesson && s.settings.dataset === 'xor' && s.settings.hidden.length === 0")
    assert playground.page.evaluate("document.querySelector('[data-control=learning_rate]').inert")
    playground.page.evaluate("document.querySelector('[data-control=dataset] [data-name=circle]').click()")
    playground.page.wait_for_timeout(200)
    assert playground.state("s.settings.dataset") == "xor"
    playground.page.evaluate("location.hash = location.hash + '&hidden=[8]&noise=0.3'")
    playground.page.wait_for_timeout(500)
    assert playground.state("[s.settings.hidden.length, s.settings.noise]") == [0, 0]
    playground.page.reload()
    playground.until("s.lesson && s.frame")
    playground.page.wait_for_timeout(300)
    assert playground.state("[s.settings.dataset, s.settings.hidden.length, s.settings.noise]") == ["xor", 0, 0]
    playground.page.locator(".nodes .node").nth(4).click()
    playground.until("s.settings.features.includes('x1*x2')")


def test_a_prediction_comes_before_training_and_is_judged_after_it(opened):
    playground = opened("lesson=perceptron&lesson_step=1")
    playground.until("s.lesson && s.settings.dataset === 'points'")
    playground.page.click("button.play")
    playground.page.wait_for_timeout(300)
    assert not playground.state("s.running")
    assert "choose what you expect" in playground.inner_text(".problem")
    playground.page.locator(".choice").nth(0).click()
    assert "Noted" in playground.inner_text(".feedback")
    playground.page.click("button.play")
    playground.until("s.progress.perceptron.steps[1].goal")
    assert "turned out otherwise" in playground.inner_text(".feedback")
    assert playground.page.locator(".choice >> nth=1").is_disabled()
    assert "Goal reached" in playground.inner_text(".reached")


def test_axes_of_a_table_are_in_its_own_units(opened):
    playground = opened("dataset=penguins&axes=[3,9]")
    playground.until("s.classes.length === 3 && s.data.axes[0] === 'bill_length_mm'")
    ticks = playground.page.locator(".axis.below").first.locator(".tick").all_inner_texts()
    assert {"40", "50"} <= set(ticks), "millimetres, not standard deviations"


def test_the_four_stages_have_their_headings_on_one_line_and_the_layers_stand_evenly(opened):
    playground = opened(width=1440, height=900)
    edges = """() => [".card.data h2", ".heads .title span", ".depth > .explained, .depth output", ".output > h2"].map(
      (each) => document.querySelector(each)).map((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        return [box.left, box.top + box.height / 2];
      })"""
    found = playground.shown.evaluate(edges)
    lefts, middles = [left for left, _ in found], [middle for _, middle in found]
    assert lefts == sorted(lefts)  # data, features, hidden layers, output
    assert max(middles) - min(middles) < 8
    nodes = """() => [...document.querySelectorAll(".nodes .node")].map(({ style }) =>
      parseFloat(style.left) + parseFloat(style.width) / 2)"""
    gaps = [after - before for before, after in pairwise(sorted(set(playground.page.evaluate(nodes))))]
    assert len(gaps) == 3
    assert max(gaps) - min(gaps) < 2
    assert "What is computed in between?" in playground.inner_text(".depth")


def test_a_moved_slider_writes_its_own_words_alone_and_the_address_once_it_rests(opened):
    playground = opened()
    playground.page.evaluate(
        """() => {
          window.written = [];
          const told = ({ target: { parentElement: at } }) => {
            window.written.push((at.closest("[data-control]") ?? at).dataset.control ?? at.className);
          };
          const seen = new MutationObserver((all) => all.forEach(told));
          seen.observe(document.body, { subtree: true, childList: true, characterData: true });
          window.addresses = 0;
          const { replaceState } = history;
          history.replaceState = (...given) => { window.addresses += 1; replaceState.apply(history, given); };
        }"""
    )
    slider = playground.page.locator("[data-control=learning_rate] input[type=range]")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    playground.until("s.settings.learning_rate !== 0.03")
    playground.wait(f"location.hash.includes('learning_rate={playground.state('s.settings.learning_rate')}')")
    assert playground.page.evaluate("window.addresses") == 1
    assert set(playground.page.evaluate("window.written")) <= {"learning_rate", "field", "more", "row past"}


def test_instant_mode_does_not_train_before_what_is_to_be_predicted(opened):
    playground = opened("instant=true")
    playground.until("s.instant_ms > 0")
    playground.page.evaluate("location.hash = 'lesson=activations&instant=true'")  # as when a link is pasted
    playground.until("s.lesson?.name === 'activations' && s.instant")
    assert playground.state("Boolean(s.lesson.steps[s.lesson_step].predict)")
    playground.page.wait_for_timeout(800)
    assert playground.state("s.epoch") == 0
