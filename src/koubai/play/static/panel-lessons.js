// Lessons: a list to choose from, and a bar to step through one.
import { button, card, el } from "./dom.js";

/** @param {any} words a text, or one per language @param {string} lang */
const said = (words, lang) => (words && typeof words === "object" ? words[lang] ?? words.en ?? "" : words ?? "");

/**
 * @param {import("./types.js").Context} context
 * @returns {import("./types.js").Panel}
 */
export function lessonsPanel({ store, transport, texts }) {
  const list = el("ul", { class: "lessons" });
  const element = card("lessons", el("p", { text: "play.lessons.how" }), list);
  return {
    element,
    update(state, changed) {
      if (!changed.has("lessons") && !changed.has("lang")) return;
      list.replaceChildren(...state.lessons.map((lesson) => el("li", {}, el("button", {
        type: "button", class: "lesson", on: { click: async () => store.set({ lesson: await transport.fetch_lesson(lesson.name), lesson_step: 0 }) },
      }, said(lesson.title, state.lang) || lesson.name))));
      texts.apply(element);
    },
  };
}

/**
 * @param {import("./types.js").Context} context
 * @returns {import("./types.js").Panel}
 */
export function lessonBar({ store, change }) {
  const title = el("h2", {}), text = el("p", { class: "text" }), where = el("span", { class: "where" });
  const question = el("p", { class: "question" }), answer = el("p", { class: "answer" });
  const reveal = el("details", {}, el("summary", { text: "play.lessons.answer" }), answer);
  const go = (/** @type {number} */ by) => () => store.set({ lesson_step: store.state.lesson_step + by });
  const back = button("play.lessons.back", go(-1)), next = button("play.lessons.next", go(1));
  const leave = button("play.lessons.leave", () => {
    store.set({ lesson: null });
    change({ lesson: null, hide: [] });
  });
  const element = el("section", { class: "lesson-bar", hidden: true, "aria-live": "polite" }, el("div", { class: "row" }, back, where, next, leave), title, text, question, reveal);
  return {
    element,
    update(state, changed) {
      if (!["lesson", "lesson_step", "lang"].some((key) => changed.has(key))) return;
      const steps = state.lesson?.steps || [];
      element.hidden = !steps.length;
      if (!steps.length) return;
      const at = Math.max(0, Math.min(steps.length - 1, state.lesson_step)), step = steps[at];
      title.textContent = said(state.lesson.title, state.lang);
      text.textContent = said(step.text, state.lang);
      question.textContent = said(step.question, state.lang);
      question.hidden = !step.question;
      answer.textContent = said(step.answer, state.lang);
      reveal.hidden = !step.answer;
      where.textContent = `${at + 1} / ${steps.length}`;
      back.disabled = at === 0;
      next.disabled = at === steps.length - 1;
      if (changed.has("lesson") || changed.has("lesson_step")) {
        reveal.open = false;
        if (changed.has("lesson") && state.lesson.resumed) return;
        change({ ...(step.settings || {}), lesson: state.lesson.name, ...(step.show ? { hide: step.hide ?? [] } : {}) });
      }
    },
  };
}
