// A lesson on screen: its text, goal, question, hints, and what is handed in at its end.
import { button, el, fresh, gliding, lasting, save } from "../page/dom.js";
import { amount, conditions, is_met, measured } from "./goals.js";
import { allowed, set_up, step_of } from "./locks.js";
import { code_of, is_done, keep_record, record_of } from "./records.js";
import { said } from "./words.js";

/** Whether what a step wants predicted before it trains was predicted. @param {import("../types.js").State} state */
export const predicted = (state) => !step_of(state)?.predict || (state.progress[state.lesson.name]?.steps[state.lesson_step]?.choices.length ?? 0) > 0;

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "lesson", order: 20, make: lessonBar };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function lessonBar(context) {
  const { store, send, change, texts } = context;
  const title = el("h2", {}), text = el("p", { class: "text" }), dots = el("ol", { class: "dots", "aria-hidden": "true" }), where = el("span", { class: "where" });
  const goal = el("ul", { class: "goal", label: "play.lessons.goal" }), reached = el("p", { class: "reached", role: "status" });
  const question = el("p", { class: "question", id: fresh("question") }), choices = el("div", { class: "choices", role: "group", "aria-labelledby": question.id });
  const feedback = el("p", { class: "feedback", role: "status" }), answer = el("p", { class: "answer" });
  const reveal = el("details", {}, el("summary", { text: "play.lessons.answer" }), answer);
  const hints = el("ol", { class: "hints" }), hint = el("button", { type: "button", class: "hint", on: { click: () => note((step) => (step.hints += 1)) } });
  const go = (/** @type {number} */ by) => () => store.set({ lesson_step: store.state.lesson_step + by });
  const back = button("play.lessons.back", go(-1)), next = button("play.lessons.next", go(1), { class: "next" });
  const leave = button("play.lessons.leave", () => {
    store.set({ lesson: null });
    change({ lesson: null, hide: [] });
  });
  const name = el("input", { type: "text", maxlength: 80, id: fresh("student"), autocomplete: "name", on: { change: () => hold((record) => (record.student = name.value.trim())) } });
  const words = el("span", { "aria-live": "polite" });
  const handing = el("div", { class: "handing row", hidden: true }, el("label", { for: name.id, text: "play.lessons.name" }), name,
    button("play.lessons.copy", copy), button("play.lessons.file", () => {
      const record = present();
      save(new Blob([`${JSON.stringify(record, null, 1)}\n`], { type: "application/json" }), `${record.lesson}-${(record.student || "result").replace(/[^\p{L}\p{N}_-]+/gu, "-")}.json`);
    }), words);
  const element = el("section", { class: "lesson-bar", hidden: true, label: "play.lessons.title" },
    el("div", { class: "row" }, dots, where, back, next, leave), title, text, goal, reached, question, choices, feedback, reveal, hints, hint, handing);

  /** @returns {import("./records.js").Record_} */
  const present = () => store.state.progress[store.state.lesson.name];

  /** Changes the record, keeps it, and shows it. @param {(record: import("./records.js").Record_) => void} how */
  function hold(how) {
    const record = structuredClone(present());
    how(record);
    keep_record(record);
    store.set({ progress: { ...store.state.progress, [record.lesson]: record } });
  }

  /** @param {(step: import("./records.js").StepRecord) => void} how */
  const note = (how) => hold((record) => how(record.steps[store.state.lesson_step]));

  async function copy() {
    const code = code_of(present());
    try {
      await navigator.clipboard.writeText(code);
      words.textContent = texts.text("play.lessons.copied");
    } catch {
      words.textContent = code; // without permission, to be selected by hand
    }
  }

  const MARKS = { right: "✓ ", wrong: "✗ " };
  const offer = lasting(choices, (/** @type {{at: number, mark: "" | "right" | "wrong", pressed: boolean, disabled: boolean, words: string}} */ { at }) => `${store.state.lesson.name} ${store.state.lesson_step} ${at}`, ({ at }) => {
    const node = el("button", { type: "button", on: { click: () => note((mine) => mine.choices.push(at)) } });
    return {
      node,
      show({ mark, pressed, disabled, words }) {
        node.className = ["choice", mark].filter(Boolean).join(" ");
        node.setAttribute("aria-pressed", String(pressed));
        node.disabled = disabled;
        node.textContent = `${mark && MARKS[mark]}${words}`;
      },
    };
  });

  /** @param {any} step @param {import("./records.js").StepRecord} record */
  function showChoices(step, record) {
    const list = step.choices ?? [], last = record.choices[record.choices.length - 1] ?? -1;
    choices.hidden = !list.length;
    const open = !step.predict || trained(step, record);
    offer(list.map((/** @type {any} */ choice, /** @type {number} */ at) => {
      const mark = !open || !record.choices.includes(at) ? "" : choice.right ? "right" : "wrong";
      return { at, mark, pressed: at === last, disabled: Boolean(step.predict) && record.choices.length > 0, words: said(choice.text, store.state.lang) };
    }));
    const chosen = list[last];
    feedback.hidden = !chosen && !step.predict;
    feedback.classList.toggle("good", Boolean(chosen?.right && open));
    if (!chosen) feedback.textContent = step.predict ? texts.text("play.lessons.predict_first") : "";
    else if (!open) feedback.textContent = texts.text("play.lessons.noted");
    else {
      const judged = texts.text(chosen.right ? "play.lessons.right" : step.predict ? "play.lessons.otherwise" : "play.lessons.wrong");
      const right = step.predict && !chosen.right ? list.find((/** @type {any} */ each) => each.right) : chosen;
      feedback.textContent = [judged, said(chosen.feedback ?? right.feedback, store.state.lang)].filter(Boolean).join(" ");
    }
  }

  /** Whether a prediction can be judged: the goal is reached, or without one, something was trained and has stopped. */
  const trained = (/** @type {any} */ step, /** @type {import("./records.js").StepRecord} */ record) =>
    step.goal ? record.goal !== null : store.state.epoch > 0 && !store.state.running;

  /** @param {any} step @param {import("./records.js").StepRecord} record */
  function showGoal(step, record) {
    goal.hidden = !step.goal;
    reached.hidden = !step.goal || !record.goal;
    if (!step.goal) return;
    const found = conditions(step.goal, record.goal?.measured ?? measured(store.state));
    if (goal.children.length !== found.length) goal.replaceChildren(...found.map(() => el("li", {}, "")));
    found.forEach(({ metric, comparison, limit, value, met }, index) => {
      const done = met || record.goal, item = goal.children[index];
      const wanted = texts.text(`play.goal.${comparison}`, { metric: texts.text(`play.metric.${metric}`), limit: amount(metric, limit) });
      const words = `${done ? "✓" : "○"} ${wanted}${record.goal ? "" : ` (${texts.text("play.goal.now", { value: amount(metric, value) })})`}`;
      if (item.textContent !== words) item.textContent = words;
      item.classList.toggle("met", Boolean(done));
    });
    if (record.goal) reached.textContent = texts.text("play.lessons.reached", { epoch: record.goal.epoch });
  }

  /** @param {import("../types.js").State} state */
  function show(state) {
    const { steps } = state.lesson, step = step_of(state), record = present(), mine = record.steps[state.lesson_step];
    title.textContent = said(state.lesson.title, state.lang);
    text.textContent = said(step.text, state.lang);
    question.textContent = said(step.question, state.lang);
    question.hidden = !step.question;
    answer.textContent = said(step.answer, state.lang);
    reveal.hidden = !step.answer || (step.choices && !trained(step, mine));
    showChoices(step, mine);
    const all = step.hints ?? [];
    hints.replaceChildren(...all.slice(0, mine.hints).map((/** @type {any} */ each) => el("li", {}, said(each, state.lang))));
    hints.hidden = !mine.hints;
    hint.hidden = mine.hints >= all.length;
    hint.textContent = texts.text("play.lessons.hint", { n: mine.hints + 1, count: all.length });
    where.textContent = `${state.lesson_step + 1} / ${steps.length}`;
    dots.replaceChildren(...steps.map((/** @type {any} */ each, /** @type {number} */ at) => el("li", { class: [is_done(each, record.steps[at]) ? "done" : "", at === state.lesson_step ? "here" : ""].join(" ") })));
    back.disabled = state.lesson_step === 0;
    next.disabled = state.lesson_step === steps.length - 1;
    next.classList.toggle("onward", is_done(step, mine) && !next.disabled);
    handing.hidden = state.lesson_step < steps.length - 1;
    if (document.activeElement !== name) name.value = record.student;
    words.textContent = "";
    showGoal(step, mine);
  }

  /** A step begins: it stops what runs, sets everything up, and starts from the first weights. @param {import("../types.js").State} state @param {boolean} is_new */
  function begin(state, is_new) {
    const step = step_of(state);
    reveal.open = false;
    note((mine) => (mine.seen = true));
    if (is_new) element.scrollIntoView({ block: "nearest", behavior: gliding() });
    if (state.lesson.resumed) {
      state.lesson.resumed = false;
      return;
    }
    if (state.running) send({ type: "pause" });
    if (state.kept.length) {
      store.set({ other: null, kept: [] });
      send({ type: "drop" });
    }
    store.set({ starts: null, derivations: 0 });
    const settings = { ...(step.free ? set_up(state.lesson, state.lesson_step, state.defaults) : step.settings ?? {}), lesson: state.lesson.name, ...(step.show ? { hide: step.hide ?? [] } : {}) };
    context.force(settings);
    send({ type: "reset" });
  }

  return {
    element,
    update(state, changed) {
      element.hidden = !state.lesson?.steps?.length;
      if (element.hidden || !state.settings) return;
      const step = Math.max(0, Math.min(state.lesson.steps.length - 1, state.lesson_step));
      if (step !== state.lesson_step) {
        store.set({ lesson_step: step });
        return;
      }
      if (!state.progress[state.lesson.name]) state.progress[state.lesson.name] = record_of(state.lesson);
      if (changed.has("lesson") || changed.has("lesson_step")) begin(state, changed.has("lesson"));
      if (["lesson", "lesson_step", "lang", "progress", "running"].some((key) => changed.has(key))) show(state);
      const wanted = step_of(state).goal, mine = present().steps[step];
      if (!wanted || mine.goal) return;
      if (["frame", "starts", "kept", "derivations", "network"].some((key) => changed.has(key))) {
        const values = measured(state);
        if (state.frame?.blocks.theta.data.length === state.network?.n_parameters && is_met(wanted, values) && predicted(state) && in_order(state))
          note((record) => (record.goal = { epoch: Math.floor(state.epoch), measured: values }));
        else showGoal(step_of(state), mine);
      }
    },
  };

  /** Whether all that the step locks is as the step set it. @param {import("../types.js").State} state */
  function in_order(state) {
    if (!step_of(state).free) return true;
    const wanted = set_up(state.lesson, state.lesson_step, state.defaults);
    const free = Object.keys(allowed(state, { ...wanted, hidden: 0 }));
    return Object.keys(wanted).every((name) => free.includes(name) || JSON.stringify(wanted[name]) === JSON.stringify(state.settings[name]));
  }
}
