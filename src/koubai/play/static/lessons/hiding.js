// For teachers: which controls the link hides.
import { button, card, el, say } from "../page/dom.js";
import { whole } from "../page/link.js";

const CONTROLS = ["play", "step", "reset", "instant", "mode", "learning_rate", "optimizer", "schedule", "loss", "l1", "l2", "init", "seed", "stop_at", "pace", "output",
  "hidden", "activations", "dropout", "train_ratio", "noise", "batch_size", "n_rows", "data_seed", "show_test", "discretize", "data_panel", "network_panel", "output_panel",
  "loss_panel", "timeline_panel", "explain_panel", "starts_panel", "own_panel", "lessons_panel", "keep_panel", "hiding_panel"];

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "second", order: 140, make: hidingPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function hidingPanel({ store, change, texts }) {
  const boxes = el("div", { class: "columns" });
  const words = el("span", { "aria-live": "polite" });
  const copy = button("play.hiding.copy", async () => {
    try {
      await navigator.clipboard.writeText(whole());
      words.textContent = texts.text("play.hiding.copied");
    } catch {
      words.textContent = whole();
    }
  });
  const element = card("hiding", el("p", { text: "play.hiding.how" }), el("details", {}, el("summary", { text: "play.hiding.choose" }), boxes), el("div", { class: "row" }, copy, words));
  return {
    element,
    update(state, changed) {
      if (!state.settings || !(changed.has("settings") || changed.has("lang"))) return;
      const hidden = new Set(state.settings.hide || []);
      if (!boxes.children.length)
        boxes.append(...CONTROLS.map((name) => el("label", { class: "check" }, el("input", {
          type: "checkbox", value: name, on: { change: (/** @type {any} */ event) => {
            const now = new Set(store.state.settings.hide || []);
            if (event.target.checked) now.delete(name);
            else now.add(name);
            change({ hide: [...now] });
          } },
        }), el("span", { "data-name": name }))));
      for (const label of boxes.children) {
        const input = label.firstElementChild, span = label.lastElementChild, name = input.value;
        input.checked = !hidden.has(name);
        const key = texts.has(`play.control.${name}`) ? `play.control.${name}` : `play.${name.replace(/_panel$/, "")}.title`;
        say(span, texts.text(texts.has(key) ? key : `play.hiding.${name}`));
      }
    },
  };
}
