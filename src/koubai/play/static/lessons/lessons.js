// The lessons to choose from, with how far one has come in each.
import { el, fresh, lasting } from "../page/dom.js";
import { n_done, record_of } from "./records.js";
import { said } from "./words.js";

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "lead", order: 120, make: lessonsPanel };

/**
 * At the top: where to begin, and all lessons.
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function lessonsPanel({ store, transport, texts }) {
  const list = el("ol", { class: "lessons" });
  const menu = el("div", { class: "menu", id: fresh("lessons"), popover: "auto" }, el("p", { text: "play.lessons.how" }), list);
  const open = el("button", { type: "button", class: "choose", popovertarget: menu.id, text: "play.lessons.menu" });
  const begin = el("button", { type: "button", class: "begin", on: { click: () => start(begin.dataset.name) } });
  const element = el("nav", { class: "lessons-menu", "data-control": "lessons_panel", label: "play.lessons.menu" }, begin, open, menu);
  menu.addEventListener("beforetoggle", (/** @type {any} */ event) => {
    if (event.newState !== "open") return;
    const box = open.getBoundingClientRect(), width = Math.min(430, window.innerWidth - 16);
    Object.assign(menu.style, { width: `${width}px`, left: `${Math.max(8, Math.min(box.right - width, window.innerWidth - width - 8))}px`, top: `${box.bottom + 6}px` });
  });

  /** @param {string} name */
  async function start(name) {
    if (menu.matches(":popover-open")) menu.hidePopover();
    store.set({ lesson: await transport.fetch_lesson(name), lesson_step: 0 });
  }

  const fill = lasting(list, (/** @type {any} */ { name }) => name, ({ name }) => {
    const title = el("span", {}), progress = el("span", {});
    const choose = el("button", { type: "button", class: "lesson", on: { click: () => start(name) } }, title, progress);
    return {
      node: el("li", {}, choose),
      show(lesson) {
        const { lang, lesson: present, progress: records } = store.state, n = lesson.steps.length;
        const done = n_done(lesson.steps, records[name] ?? record_of(lesson));
        title.textContent = said(lesson.title, lang) || name;
        progress.className = `progress${done === n ? " done" : ""}`;
        progress.textContent = done ? texts.text("play.lessons.done", { done, count: n }) : "";
        if (present?.name === name) choose.setAttribute("aria-current", "true");
        else choose.removeAttribute("aria-current");
      },
    };
  });

  return {
    element,
    update(state, changed) {
      if (!["lessons", "lang", "lesson", "progress"].some((key) => changed.has(key))) return;
      const first = state.lessons[0];
      begin.hidden = !first || Boolean(state.lesson);
      if (first) {
        begin.dataset.name = first.name;
        begin.textContent = texts.text("play.lessons.begin");
      }
      fill(state.lessons);
      texts.apply(element);
    },
  };
}
