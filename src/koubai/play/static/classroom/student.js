// A student's page in a class: the playground, which trains by itself, and a line to the teacher for small reports.
import "../main.js";
import { Line } from "./socket.js";
import { el } from "../page/dom.js";
import { code_of, n_done } from "../lessons/records.js";

/** Milliseconds between two reports. */
const SELDOM = 700;

const root = /** @type {any} */ (document.getElementById("koubai-play"));
const { store, context } = root.playground;
const { texts } = context;

const kept = (/** @type {string} */ name) => sessionStorage.getItem(name) ?? "";
const name = el("input", { type: "text", maxlength: 40, id: "koubai-class-name", autocomplete: "name", value: kept("koubai.class.name") });
const join = el("button", { type: "submit", text: "play.class.join" });
const form = el("form", { class: "row", on: { submit: (/** @type {Event} */ event) => {
  event.preventDefault();
  enter();
} } }, el("label", { for: name.id, text: "play.class.name" }), name, join);
const words = el("p", { class: "words", role: "status" });
const element = el("section", { class: "class-bar", label: "play.class.title" }, el("h2", { text: "play.class.title" }), form, words);
root.querySelector(".lead").after(element);

let joined = false, told = "", due = 0, timer = 0;

/** @param {string} key @param {Record<string, unknown>} [values] */
const say = (key, values) => Object.assign(words.dataset, { key, values: JSON.stringify(values ?? {}) }) && refresh();

function refresh() {
  const { key, values } = words.dataset;
  words.textContent = key ? texts.text(key, JSON.parse(values ?? "{}")) : "";
}

function enter() {
  if (!name.value.trim()) return;
  sessionStorage.setItem("koubai.class.name", name.value.trim());
  line.send({ type: "join", name: name.value.trim(), secret: kept("koubai.class.secret") || undefined });
}

/** @param {any} message */
async function heard(message) {
  if (message.type === "joined") {
    sessionStorage.setItem("koubai.class.secret", message.secret);
    joined = true;
    form.hidden = true;
    told = "";
    const student = name.value.trim();
    for (const record of Object.values(store.state.progress)) record.student ||= student;
    say("play.class.joined", { name: student });
    report();
  } else if (message.type === "step") {
    root.classList.toggle("led", Boolean(message.lesson));
    if (!message.lesson) return say("play.class.free", { name: name.value.trim() });
    say("play.class.led", { name: name.value.trim() });
    if (store.state.lesson?.name === message.lesson) store.set({ lesson_step: message.step });
    else store.set({ lesson: await context.transport.fetch_lesson(message.lesson), lesson_step: message.step });
  } else if (message.type === "problem") {
    words.textContent = message.text;
    delete words.dataset.key;
  }
}

const line = new Line("class/student", heard, (open) => {
  if (!open) say("play.class.lost");
  else if (kept("koubai.class.secret")) enter();
  else say("");
});

/** Tells the teacher how this page stands, when it has changed and a moment has passed. */
function report() {
  const { lesson, lesson_step, progress, frame, epoch } = store.state;
  if (!joined || !lesson) return;
  const now = performance.now();
  if (now < due) {
    window.clearTimeout(timer);
    timer = window.setTimeout(report, due - now);
    return;
  }
  const record = progress[lesson.name], mine = record?.steps[lesson_step];
  if (!mine) return;
  const { train_loss, test_loss } = (epoch > 0 && frame?.header) || {}; // before that nothing was reached
  const done = n_done(lesson.steps, record);
  const message = { type: "report", lesson: lesson.name, step: lesson_step, choices: mine.choices, hints: mine.hints, goal: mine.goal !== null, done, epoch: Math.floor(epoch), train_loss, test_loss };
  if (JSON.stringify(message) === told) return;
  told = JSON.stringify(message);
  due = now + SELDOM;
  line.send(message);
  line.send({ type: "hand_in", record: code_of({ ...record, student: record.student || name.value.trim() }) });
}

store.subscribe((/** @type {any} */ _, /** @type {Set<string>} */ changed) => {
  if (changed.has("lang") || changed.has("texts")) {
    texts.apply(element);
    refresh();
  }
  if (["progress", "lesson", "lesson_step", "frame", "running"].some((key) => changed.has(key))) report();
});
texts.apply(element);
