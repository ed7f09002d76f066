// Points drawn by hand: the class of the next one, and their state until there are two classes.
import { button, el } from "../page/dom.js";
import { CLASSES, css } from "./colours.js";

/** @param {any} settings */
export const unfinished = ({ dataset, points }) => dataset === "points" && new Set((points || []).map((/** @type {number[]} */ point) => point[2])).size < 2;

/**
 * Drawn points as displayable data, before the session can take them.
 * @param {number[][]} points
 * @returns {import("../types.js").Points}
 */
export const drawn = (points = []) => ({
  x: points.map(([x]) => x), y: points.map(([, y]) => y), label: points.map(([, , label]) => label), test: points.map(() => false),
  axes: ["x1", "x2"], range: [[-6, 6], [-6, 6]],
});

/**
 * The brushes under the map.
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function brushes({ store, change }) {
  const words = el("p", { class: "words", text: "play.own.draw_how" });
  const group = el("div", { class: "brushes", role: "radiogroup", label: "play.own.brush" }, ...CLASSES.slice(0, 4).map((rgb, index) => {
    const swatch = el("span", { class: "swatch" });
    swatch.style.background = css(rgb);
    return el("button", { type: "button", role: "radio", class: "brush", "data-brush": index, on: {
      click: () => store.set({ brush: index }),
      keydown: (/** @type {KeyboardEvent} */ event) => walk(event, index),
    } }, swatch, String(index));
  }));
  const points = () => store.state.settings.points || [];
  const element = el("div", { class: "drawing", hidden: true }, words,
    el("div", { class: "row" }, group, button("play.own.undo", () => change({ points: points().slice(0, -1) })), button("play.own.clear", () => change({ points: [] }))));

  /**
   * @param {KeyboardEvent} event
   * @param {number} index
   */
  function walk(event, index) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = (index + by + group.children.length) % group.children.length;
    store.set({ brush: next });
    group.children[next].focus();
  }

  return {
    element,
    update(state, changed) {
      if (!state.settings || !["brush", "lang", "settings"].some((key) => changed.has(key))) return;
      element.hidden = state.settings.dataset !== "points";
      for (const each of group.children) {
        const on = Number(each.dataset.brush) === state.brush;
        each.setAttribute("aria-checked", String(on));
        each.tabIndex = on ? 0 : -1;
      }
    },
  };
}
