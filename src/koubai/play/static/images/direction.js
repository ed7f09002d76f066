// Which way is looked: what layers say, forward, or what comes back from the loss, δ; and which class the image should be.
import { el, options } from "../page/dom.js";
import { explained } from "../page/helping.js";
import { answersOf } from "./shapes.js";

/** @typedef {import("../types.js").State} State */

/** @param {import("../types.js").Context} context */
export function directionChoice({ store, texts }) {
  const way = (/** @type {State["direction"]} */ direction) => el("button", { type: "button", text: `play.back.${direction}`, on: { click: () => store.set({ direction }) } });
  const ways = { forward: way("forward"), backward: way("backward") };
  const label = el("select", { label: "play.back.target", on: { change: () => store.set({ meant: Number(label.value) }) } });
  const should = el("span", { class: "named" }, el("span", { text: "play.back.target" }), label);
  const group = el("span", { class: "ways", role: "group", label: "play.back.ways" }, ways.forward, ways.backward);
  const element = el("div", { class: "row direction" }, el("span", { class: "named" }, explained(el("span", { text: "play.back.ways" }), "direction", ways.forward, ways.backward), group), should);
  return {
    element,
    /** @param {State} state */
    update(state) {
      for (const [name, each] of Object.entries(ways)) each.setAttribute("aria-pressed", String(name === state.direction));
      const target = state.frame?.header.look?.target ?? null;
      should.hidden = target === null;
      options(label, state.classes.map((name, at) => [String(at), String(name)]), String(target ?? 0));
      texts.apply(element);
    },
  };
}

/**
 * The class that the image on screen should be, if what comes back is asked for: the example's, or that of a drawing, which at first is
 * what the network answers.
 * @param {State} state
 * @param {boolean} isDrawn
 * @returns {number | null}
 */
export function targetOf(state, isDrawn) {
  if (state.direction === "forward" && !state.kernel) return null;
  if (state.meant !== null) return state.meant;
  if (!isDrawn && state.data) return state.data.label[state.row] ?? 0;
  const outputs = state.frame?.blocks.seen ? answersOf(state) : [0];
  return Math.max(0, outputs.indexOf(Math.max(...outputs)));
}
