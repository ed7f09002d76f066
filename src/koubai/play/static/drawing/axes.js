// Axes of a picture of the plane: their names, and ticks in the data's units.
import { el, short } from "../page/dom.js";

/**
 * Round numbers within a range, about `many` of them.
 * @param {number} low
 * @param {number} high
 * @param {number} [many]
 * @returns {number[]}
 */
export function ticks(low, high, many = 5) {
  const raw = (high - low) / many;
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = 10 ** Math.floor(Math.log10(raw)), share = raw / power;
  const step = power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at++) found.push(at * step || 0);
  return found;
}

/** Names of the two coordinates as they are written. @param {string} name */
const named = (name) => name.replace(/^x([12])$/, (_, digit) => (digit === "1" ? "x₁" : "x₂"));

/**
 * Axes around a square: ticks to its right and below it.
 * @param {HTMLElement} square
 */
export function framed(square) {
  const below = el("div", { class: "axis below", "aria-hidden": "true" }), beside = el("div", { class: "axis right", "aria-hidden": "true" });
  const element = el("div", { class: "plane" }, square, beside, below);
  let drawn = "";

  /** @param {import("../types.js").Points | null} data */
  function show(data) {
    const key = data ? JSON.stringify([data.range, data.axes, data.units ?? null]) : "";
    if (!data || key === drawn) return;
    drawn = key;
    [below, beside].forEach((axis, which) => {
      const { center, scale } = data.units?.[which] ?? { center: 0, scale: 1 };
      const [low, high] = data.range[which].map((value) => center + scale * value);
      const marks = data.axes[which] ? ticks(low, high) : [];
      const size = Math.max(Math.abs(low), Math.abs(high));
      axis.replaceChildren(
        ...marks.map((value) => {
          const share = (100 * (value - low)) / (high - low);
          const mark = el("span", { class: "tick" }, Math.abs(value) < 1e-9 * size ? "0" : short(value, 4));
          mark.style[which ? "bottom" : "left"] = `${share}%`;
          return mark;
        }),
        el("span", { class: "name" }, named(data.axes[which] ?? "")),
      );
    });
  }
  return { element, show };
}
