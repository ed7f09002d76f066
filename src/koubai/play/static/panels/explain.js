// Where a number comes from: its derivation with real numbers, and questions that need no click on the picture.
import { button, card, el, gliding } from "../page/dom.js";
import { copied } from "../page/safe.js";

/**
 * Asks where a number comes from, in the user's language.
 * @param {import("../types.js").Context} context
 * @param {{what: string, layer?: number, source?: number, target?: number, row?: number}} question
 */
export function ask({ store, send }, question) {
  const { row, lang, epoch } = store.state;
  const { what, layer = 1, source = 0, target = 0 } = question;
  const whole = { what, layer, source, target, row: question.row ?? row };
  store.set({ question: { ...whole, epoch } });
  send({ type: "explain", ...whole, lang });
}

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "below", order: 90, make: explainPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function explainPanel(context) {
  const { store, texts } = context;
  const row = el("input", { type: "number", min: 1, value: 1, id: "koubai-explain-row", on: { change: () => store.set({ row: Math.max(0, Math.round(row.valueAsNumber || 1) - 1) }) } });
  const about = (/** @type {string} */ what) => () => {
    const selection = store.state.selection;
    const chosen = selection && selection.kind !== "row" ? selection : { layer: store.state.network?.layers.length ?? 1, source: 0, target: 0 };
    ask(context, { what, layer: chosen.layer, source: chosen.source, target: chosen.target });
  };
  const place = el("div", { class: "derivation", tabindex: 0, role: "region", label: "play.explain.place", hidden: true });
  const when = el("span", { class: "when", "aria-live": "polite" });
  const close = el("button", { type: "button", class: "round", label: "play.inspect.close", hidden: true, on: { click: () => store.set({ explanation: null }) } }, "×");
  const element = card("explain", el("p", { text: "play.explain.how" }),
    el("div", { class: "row" }, el("label", { for: row.id, text: "play.explain.row" }), row,
      button("play.explain.forward", about("node")), button("play.explain.loss", about("loss")), button("play.explain.update", about("update")), when, close), place);
  return {
    element,
    update(state, changed) {
      if (changed.has("row")) row.value = state.row + 1;
      if (changed.has("data") && state.data) row.max = Math.max(1, state.data.x.length);
      const { question } = /** @type {any} */ (state);
      if (changed.has("lang") && state.explanation && question) ask(context, question);
      if (changed.has("explanation")) {
        place.replaceChildren(state.explanation ? copied(state.explanation.html) : "");
        place.hidden = close.hidden = !state.explanation;
        place.scrollTop = 0;
        for (const line of place.querySelectorAll(".line, .flow, .law, .scroll, .given, figure")) if (line.scrollWidth > line.clientWidth || line.scrollHeight > line.clientHeight) line.tabIndex = 0;
        if (state.explanation) element.scrollIntoView({ block: "nearest", behavior: gliding() });
      }
      if (["explanation", "lang", "epoch"].some((key) => changed.has(key))) {
        const old = state.explanation && question && question.epoch !== state.epoch;
        when.textContent = old ? texts.text("play.explain.at", { epoch: +question.epoch.toFixed(2) }) : "";
      }
    },
  };
}
