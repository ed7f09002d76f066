// Time travel: a slider over all past states; branching, and comparison with the other branch.
import { button, card, el, say, seldom } from "../page/dom.js";
import { explained } from "../page/helping.js";

/** Runs whose curves are overlaid on the present one's. */
const MOST_KEPT = 6;

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "middle", order: 80, make: timelinePanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function timelinePanel({ store, send, texts }) {
  const words = el("output", { class: "words" });
  const slider = el("input", { type: "range", min: 0, max: 0, step: 1, label: "play.timeline.slider", on: { input: () => go(Number(slider.value)) } });
  let waiting = -1, busy = false;
  const due = seldom(200);

  /** One request at a time; the latest position wins. @param {number} position */
  function go(position) {
    words.textContent = said(position);
    if (busy) {
      waiting = position;
      return;
    }
    busy = true;
    send({ type: "seek", position });
    setTimeout(arrived, 1000);
  }

  function arrived() {
    busy = false;
    if (waiting >= 0) {
      const position = waiting;
      waiting = -1;
      go(position);
    }
  }

  const said = (/** @type {number} */ position) => texts.text("play.timeline.words", { position: position + 1, length: store.state.timeline?.length || 1 });
  const move = (/** @type {number} */ by) => () => {
    const { position = 0, length = 1 } = store.state.timeline || {};
    go(Math.max(0, Math.min(length - 1, position + by)));
  };
  /** What stays of this run beside the next one: its whole curve, and its picture at the end, also after going back. */
  const mine = () => {
    const { frame, losses, future, ahead, data, settings } = store.state;
    return /** @type {any} */ ({ frame: future && ahead ? ahead : frame, losses: future ?? losses, data, settings });
  };
  const branch = button("play.timeline.branch", () => {
    const run = mine();
    if (run.frame) store.set({ other: run, kept: [...store.state.kept, run].slice(-MOST_KEPT) });
    send({ type: "branch" });
  }, { hint: "play.timeline.branch_hint" });
  const swap = button("play.timeline.swap", () => {
    const run = mine(), { other, kept } = store.state;
    store.set({ other: run, kept: kept.map((each) => (each === other ? run : each)) });
    send({ type: "swap" });
  });
  const drop = button("play.timeline.drop", () => {
    store.set({ other: null, kept: [] });
    send({ type: "drop" });
  });
  const element = card("timeline",
    el("div", { class: "row branches" }, branch, swap, drop),
    el("div", { class: "row past" },
      el("button", { type: "button", class: "round", label: "play.timeline.back", hint: "play.timeline.back", on: { click: move(-1) } }, "◀"), slider,
      el("button", { type: "button", class: "round", label: "play.timeline.ahead", hint: "play.timeline.ahead", on: { click: move(1) } }, "▶"), words));

  const heading = /** @type {HTMLElement} */ (element.firstElementChild);
  heading.append(explained(el("span", { text: "play.timeline.title" }), "timeline", slider, branch));
  delete heading.dataset.text;

  return {
    element,
    update(state, changed) {
      if (changed.has("lang") || changed.has("running") || (changed.has("timeline") && due(state.running))) {
        const { position = 0, length = 0 } = state.timeline || {};
        slider.max = Math.max(0, length - 1);
        if (!busy) {
          slider.value = position;
          say(words, said(position));
          slider.setAttribute("aria-valuetext", said(position));
        }
      }
      if (changed.has("frame") && busy) arrived();
      swap.hidden = drop.hidden = !state.other;
    },
  };
}
