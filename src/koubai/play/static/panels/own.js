// The user's own data: a dropped file, or points drawn by hand.
import { Problem } from "../experiment/problem.js";
import { button, card, el, gliding, options } from "../page/dom.js";

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "second", order: 110, make: ownPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel & {take: (file: File) => Promise<void>}}
 */
export function ownPanel({ store, change, texts, transport }) {
  const file = el("input", { type: "file", id: "koubai-own-file", on: { change: () => file.files[0] && take(file.files[0]) } });
  const served = el("span", { text: "play.own.drop" }), alone = el("span", { text: "play.own.drop_alone", hidden: true });
  const drop = el("label", { class: "drop", for: file.id }, served, alone, el("span", { class: "choose", text: "play.own.choose" }), file);
  const target = el("select", { id: "koubai-own-target" });
  const columns = el("div", { class: "columns", role: "group", label: "play.own.columns" });
  const use = button("play.own.use", () => {
    const { table } = store.state;
    const chosen = [...columns.querySelectorAll("input:checked")].map((/** @type {any} */ box) => box.value).filter((name) => name !== target.value);
    change({ dataset: "table", table: table.id, target: target.value, axes: "pca", columns: chosen.length ? chosen : null });
  });
  const words = el("p", { class: "words", "aria-live": "polite" });
  const ready = el("div", { class: "ready", hidden: true }, el("label", { for: target.id, text: "play.own.target" }), target, columns, use);
  const element = card("own", drop, words, ready, el("h3", { text: "play.own.draw" }), el("p", { text: "play.own.draw_long" }),
    el("div", { class: "row" }, button("play.own.start", () => {
      change({ dataset: "points", axes: [0, 1] });
      element.closest(".koubai-play")?.querySelector(".output")?.scrollIntoView({ block: "nearest", behavior: gliding() });
    })));

  /** @param {File} chosen */
  async function take(chosen) {
    if (chosen.size > 32 * 2 ** 20) {
      words.textContent = texts.text("play.own.too_large");
      return;
    }
    words.textContent = texts.text("play.own.reading", { name: chosen.name });
    try {
      const answer = await transport.send_table(chosen);
      if (answer.id === undefined) words.textContent = answer.text || texts.text("play.own.failed");
      else {
        store.set({ table: answer });
        element.scrollIntoView({ block: "nearest", behavior: gliding() });
        words.textContent = texts.text("play.own.read", { name: chosen.name, rows: answer.rows, columns: answer.columns.length });
      }
    } catch (error) {
      words.textContent = error instanceof Problem ? texts.text(`play.problem.${error.key}`, error.values) : texts.text("play.own.failed");
    }
  }

  return {
    element,
    take,
    update(state, changed) {
      if (changed.has("catalogue") && state.catalogue) {
        served.hidden = !state.catalogue.served;
        alone.hidden = state.catalogue.served;
        file.accept = state.catalogue.served ? ".csv,.tsv,.txt,.parquet" : ".csv,.tsv,.txt";
      }
      if (changed.has("table") && state.table) {
        const found = /** @type {string[]} */ (state.table.columns);
        options(target, found.map((name) => [name, name]), found.includes(state.settings?.target) ? state.settings.target : /** @type {string} */ (found.at(-1)));
        columns.replaceChildren(...found.map((name) => el("label", { class: "check" }, el("input", { type: "checkbox", value: name, checked: true }), name)));
        ready.hidden = false;
      }
    },
  };
}
