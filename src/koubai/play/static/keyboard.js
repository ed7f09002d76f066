// Keyboard shortcuts, active whenever no field has the focus.
import { step } from "./panels/header.js";

/**
 * @param {HTMLElement} root
 * @param {import("./types.js").Context} context
 * @param {boolean} alone whether the playground owns the whole window
 */
export function keyboard(root, { store, send }, alone) {
  const within = root.ownerDocument;
  const heard = /** @type {HTMLElement | Document} */ (alone ? within : root);
  heard.addEventListener("keydown", (given) => {
    const event = /** @type {KeyboardEvent} */ (given);
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || !root.contains(target) && !(alone && target === within.body)) return;
    if (event.key === "Escape" && (store.state.selection || store.state.cell || store.state.kernel)) {
      store.set({ selection: null, cell: null, kernel: null });
      return;
    }
    if (target.closest("input, select, textarea")) return;
    const hidden = new Set(store.state.settings?.hide || []);
    if (event.key === " " && !target.closest("button, a, summary, canvas") && !hidden.has("play")) send({ type: store.state.running ? "pause" : "run" });
    else if (event.key === "s" && !hidden.has("step")) step({ store, send });
    else if (event.key === "r" && !hidden.has("reset")) send({ type: "reset" });
    else return;
    event.preventDefault();
  });
}
