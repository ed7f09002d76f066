// The teacher's page: where students join, which step they are at, and how they stand, as it changes.
import { button, el, lasting, options, prepare, save, short } from "../page/dom.js";
import { remember, usual_language } from "../page/state.js";
import { Texts } from "../page/texts.js";
import { said } from "../lessons/words.js";
import { Line } from "./socket.js";

const root = /** @type {HTMLElement} */ (document.getElementById("koubai-class"));
const texts = new Texts();
const key = new URLSearchParams(location.hash.slice(1)).get("key") || sessionStorage.getItem("koubai.class.key") || "";
sessionStorage.setItem("koubai.class.key", key);
history.replaceState(null, "", location.pathname); // the key is not left in the address, which is on the screen of the room

let lang = usual_language(), lessons = /** @type {any[]} */ ([]), tally = /** @type {any} */ (null);

const qr = el("canvas", { class: "qr", role: "img", label: "play.class.qr" }), address = el("p", { class: "address" });
const status = el("p", { class: "problem", role: "status", hidden: true });
const which = el("select", { id: "koubai-class-lesson", on: { change: () => fillSteps() } }), step = el("select", { id: "koubai-class-step", on: { change: () => show() } });
const text = el("p", { class: "text" });
const push = button("play.class.push", () => line.send({ type: "push", lesson: which.value, step: Number(step.value) }), { class: "push" });
const next = button("play.class.next", () => {
  step.value = String(Math.min(step.options.length - 1, Number(step.value) + 1));
  show();
  push.click();
});
const free = button("play.class.let_go", () => line.send({ type: "free" }));
const numbers = /** @type {Record<string, HTMLElement>} */ ({ there: el("dd", {}, "0"), online: el("dd", {}, "0"), answered: el("dd", {}, "0"), goals: el("dd", {}, "0") });
const counts = el("dl", { class: "counts" }, ...Object.entries(numbers).map(([name, cell]) => el("div", {}, el("dt", { text: `play.class.${name}` }), cell)));
const question = el("p", { class: "question" }), bars = el("ul", { class: "bars" });
const losses = el("canvas", { class: "losses", role: "img", label: "play.class.losses" });
const rows = el("tbody", {});
const columns = ["name", "step", "answer", "hints", "goal", "epoch", "test_loss"];
const table = el("table", {}, el("thead", {}, el("tr", {}, ...columns.map((name) => el("th", { scope: "col", text: `play.class.column.${name}` })), el("th", {}))), rows);
const results = button("play.class.results", () => line.send({ type: "results" }));
const other = button("play.header.lang", () => {
  lang = lang === "en" ? "ja" : "en";
  remember("koubai.lang", lang);
  speak();
}, { class: "lang", hint: "play.header.lang_hint" });
root.replaceChildren(
  el("header", { class: "top" }, el("h1", {}, el("span", { class: "name" }, "koubai"), " ", el("span", { text: "play.class.teacher" })), el("div", { class: "ends" }, other)),
  status,
  el("main", { class: "columns" },
    el("section", { class: "card" }, el("h2", { text: "play.class.join_here" }), qr, address, el("p", { text: "play.class.join_how" })),
    el("div", {},
      el("section", { class: "card" }, el("h2", { text: "play.class.lead" }),
        el("div", { class: "row" }, el("label", { for: which.id, text: "play.class.lesson" }), which, el("label", { for: step.id, text: "play.class.step" }), step, push, next, free), text),
      el("section", { class: "card" }, el("h2", { text: "play.class.tally" }), counts, question, bars, losses),
      el("section", { class: "card" }, el("div", { class: "row" }, el("h2", { text: "play.class.students" }), results), el("div", { class: "scroll" }, table)))),
);

const line = new Line("class/teacher", (message) => {
  if (message.type === "tally") {
    tally = message;
    show();
  } else if (message.type === "room") {
    address.replaceChildren(...message.address.split(/(?<=[^/]\/)(?!\/)/).flatMap((/** @type {string} */ part) => [part, el("wbr")])); // a narrow column breaks it before the code
    draw(message.qr);
  } else if (message.type === "results") save(new Blob([`${message.records.join("\n")}\n`], { type: "text/plain" }), "koubai-class.txt");
  else if (message.type === "refused") {
    line.close();
    tell("play.class.refused");
  } else if (message.type === "problem") tell("", message.text);
}, (open) => {
  if (open) line.send({ key });
  tell(open ? "" : "play.class.lost");
});

/** @param {string} name of a text, or empty @param {string} [words] */
function tell(name, words = "") {
  status.hidden = !name && !words;
  status.textContent = name ? texts.text(name) : words;
}

/** @param {string[]} cells */
function draw(cells) {
  const edge = 4, side = cells.length + 2 * edge, scale = 8;
  qr.width = qr.height = side * scale;
  const pen = qr.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, qr.width, qr.height);
  pen.fillStyle = "#000";
  cells.forEach((row, y) => [...row].forEach((cell, x) => cell === "1" && pen.fillRect((x + edge) * scale, (y + edge) * scale, scale, scale)));
}

function fillSteps() {
  const lesson = lessons.find(({ name }) => name === which.value);
  options(step, (lesson?.steps ?? []).map((/** @type {any} */ _, /** @type {number} */ at) => [String(at), `${at + 1} / ${lesson.steps.length}`]), "0");
  show();
}

const step_at = (/** @type {any} */ place) => lessons.find(({ name }) => name === place?.[0])?.steps[place[1]];

function show() {
  text.textContent = said(step_at([which.value, Number(step.value)])?.text, lang);
  if (!tally) return;
  const here = step_at(tally.pushed), choices = here?.choices ?? [];
  const answered = Object.values(tally.choices).reduce((/** @type {number} */ a, /** @type {any} */ b) => a + b, 0);
  for (const [name, value] of Object.entries({ there: tally.joined, online: tally.online, answered, goals: tally.goals })) numbers[name].textContent = String(value);
  question.textContent = said(here?.question, lang);
  bars.replaceChildren(...choices.map((/** @type {any} */ choice, /** @type {number} */ at) => {
    const n = tally.choices[at] ?? 0, fill = el("span", { class: "fill" });
    fill.style.width = `${(100 * n) / Math.max(1, answered)}%`;
    return el("li", {}, fill, el("span", { class: choice.right ? "right" : "" }, said(choice.text, lang)), el("b", {}, String(n)));
  }));
  histogram(tally.losses);
  fillRows(tally.students);
}

const fillRows = lasting(rows, (/** @type {any} */ { number }) => String(number), ({ number }) => {
  const cells = columns.map((_, at) => el("td", { class: at > 2 ? "amount" : "" }));
  const away = el("button", { type: "button", class: "round", on: { click: () => line.send({ type: "remove", number }) } }, "×");
  const node = el("tr", {}, ...cells, el("td", {}, away));
  return {
    node,
    show(student) {
      const place = tally.pushed ?? student.place, choice = step_at(place)?.choices?.[student.choice];
      const where = student.place ? `${said(lessons.find(({ name }) => name === student.place[0])?.title, lang)} ${student.place[1] + 1}` : "–";
      const answer = choice ? `${said(choice.text, lang)}${student.tries > 1 ? ` (${student.tries})` : ""}` : "–";
      [student.name, where, answer, String(student.hints || ""), student.goal ? "✓" : "", String(student.epoch), short(student.test_loss, 3)].forEach((words, at) => (cells[at].textContent = words));
      cells[2].classList.toggle("met", Boolean(choice?.right));
      cells[4].classList.toggle("met", Boolean(student.goal));
      node.classList.toggle("away", !student.online);
      away.title = texts.text("play.class.remove");
      away.setAttribute("aria-label", away.title);
    },
  };
});

/** How many have reached which test loss. @param {number[]} values */
function histogram(values) {
  const width = losses.parentElement?.clientWidth ? losses.parentElement.clientWidth - 26 : 400, height = 110, many = 30;
  losses.hidden = !values.length;
  if (!values.length) return;
  const pen = prepare(losses, width, height), style = getComputedStyle(root);
  const sorted = [...values].sort((a, b) => a - b), high = Math.max(1e-9, 1.5 * sorted[Math.floor(0.9 * (sorted.length - 1))]);
  const found = new Array(many).fill(0);
  for (const value of values) found[Math.min(many - 1, Math.floor((value / high) * many))] += 1;
  const most = Math.max(...found), wide = width / many;
  pen.fillStyle = style.getPropertyValue("--accent");
  found.forEach((n, at) => pen.fillRect(at * wide + 1, height - 18 - (n / most) * (height - 24), wide - 2, (n / most) * (height - 24)));
  pen.fillStyle = style.getPropertyValue("--ink");
  pen.font = "12px system-ui, sans-serif";
  pen.fillText("0", 1, height - 4);
  pen.textAlign = "center";
  pen.fillText(texts.text("play.class.losses"), width / 2, height - 4);
  pen.textAlign = "right";
  pen.fillText(`${short(high, 2)} +`, width - 1, height - 4);
}

async function speak() {
  texts.table = await (await fetch(`texts/${lang}.json`)).json();
  document.documentElement.lang = lang;
  document.title = texts.text("play.class.window");
  texts.apply(root);
  options(which, lessons.map((lesson, at) => [lesson.name, `${at + 1}. ${said(lesson.title, lang)}`]), which.value || lessons[0]?.name);
  fillSteps();
}

root.dataset.theme = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
lessons = await (await fetch("lessons.json")).json();
await speak();
