// Own data: a file dropped here, or points drawn by hand.
import { button, card, el, options } from "./dom.js";
import { CLASSES, css } from "./colours.js";

/**
 * @param {import("./types.js").Context} context
 * @returns {import("./types.js").Panel}
 */
export function ownPanel({ store, change, texts, transport }) {
  const file = el("input", { type: "file", id: "koubai-own-file", accept: ".csv,.tsv,.parquet,.gz", on: { change: () => file.files[0] && take(file.files[0]) } });
  const drop = el("label", { class: "drop", for: file.id }, el("span", { text: "play.own.drop" }), file);
  const target = el("select", { id: "koubai-own-target" });
  const columns = el("div", { class: "columns", role: "group", label: "play.own.columns" });
  const use = button("play.own.use", () => {
    const { table } = store.state;
    const chosen = [...columns.querySelectorAll("input:checked")].map((/** @type {any} */ box) => box.value).filter((name) => name !== target.value);
    change({ dataset: "table", table: table.id, target: target.value, columns: chosen.length ? chosen : null });
  });
  const words = el("p", { class: "words", "aria-live": "polite" });
  const ready = el("div", { class: "ready", hidden: true }, el("label", { for: target.id, text: "play.own.target" }), target, columns, use);
  const brushes = el("div", { class: "brushes", role: "radiogroup", label: "play.own.brush" }, ...CLASSES.slice(0, 4).map((rgb, index) => {
    const swatch = el("span", { class: "swatch" });
    swatch.style.background = css(rgb);
    return el("button", { type: "button", role: "radio", class: "brush", "data-brush": index, on: { click: () => store.set({ brush: index }) } }, swatch, String(index));
  }));
  const element = card("own", drop, words, ready, el("h3", { text: "play.own.draw" }), el("p", { text: "play.own.draw_how" }),
    el("div", { class: "row" }, button("play.own.start", () => change({ dataset: "points" })), brushes,
      button("play.own.undo", () => change({ points: (store.state.settings.points || []).slice(0, -1) })),
      button("play.own.clear", () => change({ points: [] }))));

  /** @param {File} chosen */
  async function take(chosen) {
    if (chosen.size > 32 * 2 ** 20) {
      words.textContent = texts.text("play.own.too_large");
      return;
    }
    words.textContent = texts.text("play.own.reading", { name: chosen.name });
    try {
      const answer = await transport.send_table(chosen);
      if (answer.id === undefined) words.textContent = answer.text || answer.problem || texts.text("play.own.failed");
      else {
        store.set({ table: answer });
        words.textContent = texts.text("play.own.read", { name: chosen.name, rows: answer.rows, columns: answer.columns.length });
      }
    } catch {
      words.textContent = texts.text("play.own.failed");
    }
  }

  drop.addEventListener("dragover", (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const dropped = event.dataTransfer?.files[0];
    if (dropped) take(dropped);
  });

  return {
    element,
    update(state, changed) {
      if (changed.has("table") && state.table) {
        const found = state.table.columns.map((/** @type {any} */ column) => (typeof column === "string" ? column : column.name));
        options(target, found.map((/** @type {string} */ name) => [name, name]), found.includes(state.settings?.target) ? state.settings.target : found.at(-1));
        columns.replaceChildren(...found.map((/** @type {string} */ name) => el("label", { class: "check" }, el("input", { type: "checkbox", value: name, checked: true }), name)));
        ready.hidden = false;
      }
      if (changed.has("brush") || changed.has("lang"))
        for (const each of brushes.children) each.setAttribute("aria-checked", String(Number(each.dataset.brush) === state.brush));
    },
  };
}
