// Keys that work wherever no field is being typed into.

/**
 * @param {HTMLElement} root
 * @param {import("./types.js").Context} context
 * @param {boolean} page whether keys pressed outside, on the page itself, are meant for the playground too
 */
export function keyboard(root, { store, send }, page) {
  const within = root.ownerDocument;
  const heard = /** @type {HTMLElement | Document} */ (page ? within : root);
  heard.addEventListener("keydown", (given) => {
    const event = /** @type {KeyboardEvent} */ (given);
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea")) return;
    const plain = !target.closest("button, a, canvas");
    if (!root.contains(target) && target !== within.body) return;
    if (event.key === " " && plain) send({ type: store.state.running ? "pause" : "run" });
    else if (event.key === "s") send({ type: "step", unit: store.state.unit });
    else if (event.key === "r") send({ type: "reset" });
    else if (event.key === "Escape") store.set({ selection: null });
    else return;
    event.preventDefault();
  });
}
