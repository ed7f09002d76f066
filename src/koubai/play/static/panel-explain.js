// Where a number comes from: the derivation in real numbers, and questions that need no click on the picture.
import { button, card, el } from "./dom.js";
import { copied } from "./safe.js";

/**
 * @param {import("./types.js").Context} context
 * @returns {import("./types.js").Panel}
 */
export function explainPanel({ store, send }) {
  const row = el("input", { type: "number", min: 1, value: 1, id: "koubai-explain-row", on: { change: () => store.set({ row: Math.max(0, Number(row.value) - 1) }) } });
  const ask = (/** @type {string} */ what) => () => {
    const selection = store.state.selection;
    const last = store.state.network?.layers.length ?? 1;
    const chosen = selection && selection.kind !== "row" ? selection : { layer: last, source: 0, target: 0 };
    send({ type: "explain", what, layer: chosen.layer, source: chosen.source, target: chosen.target, row: Math.max(0, Number(row.value) - 1), lang: store.state.lang });
  };
  const place = el("div", { class: "derivation", tabindex: 0, "aria-live": "polite", label: "play.explain.place" });
  const element = card("explain", el("p", { text: "play.explain.how" }),
    el("div", { class: "row" }, el("label", { for: "koubai-explain-row", text: "play.explain.row" }), row,
      button("play.explain.forward", ask("node")), button("play.explain.loss", ask("loss")), button("play.explain.update", ask("update"))), place);
  return {
    element,
    update(state, changed) {
      if (changed.has("row")) row.value = (state.row) + 1;
      if (changed.has("data") && state.data) row.max = Math.max(1, state.data.x.length);
      if (changed.has("explanation")) {
        place.replaceChildren(state.explanation ? copied(state.explanation.html) : "");
        place.scrollTop = 0;
        if (state.explanation) element.scrollIntoView({ block: "nearest", behavior: "smooth" });
      }
    },
  };
}
