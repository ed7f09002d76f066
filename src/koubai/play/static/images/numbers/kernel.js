// One number of a kernel: it is set here by hand, and its gradient is the sum over all places where it was used.
import { card, el, focused, gliding, range, seldom, short } from "../../page/dom.js";
import { comesBack, edited, ofKernel } from "./back.js";
import { after, figure, formulas, line, renew } from "./grids.js";
import { isReady, largest, layersOf, namesOf } from "../shapes.js";
import { kernelTile, paintKernel } from "../tile.js";

const MOST = 2; // of the slider; larger numbers can be typed

/** @type {import("../../types.js").PanelKind} */
export const panel = { place: "middle", order: 64, make: kernelPanel };

/**
 * @param {import("../../types.js").Context} context
 * @returns {import("../../types.js").Panel}
 */
export function kernelPanel({ store, send, texts }) {
  const title = el("h3"), laws = el("div", { class: "laws" }), tables = el("div", { class: "tables" }), result = el("p", { class: "result" }), where = el("p", { class: "hand-words" }), large = el("div", { class: "large-kernel" });
  const close = el("button", { type: "button", class: "round", label: "play.inspect.close", on: { click: () => store.set({ kernel: null }) } }, "×");
  const slider = range({ min: -MOST, max: MOST, step: 0.01, label: "play.kernel.value" }, (value) => set(value));
  const typed = el("input", { type: "number", step: "any", label: "play.kernel.value", on: { change: () => Number.isFinite(typed.valueAsNumber) && set(typed.valueAsNumber) } });
  const element = card("kernel", el("div", { class: "row" }, title, close), el("div", { class: "row by-hand" }, el("span", { text: "play.kernel.value" }), slider.input, typed), where, large, laws, tables, result);
  const due = seldom(120);
  let whole = /** @type {{of: string, made: ReturnType<typeof kernelTile>} | null} */ (null);
  element.hidden = true;
  let asked = "", waiting = /** @type {number | null} */ (null);

  /** Send the newest value once a frame of the screen. @param {number} value */
  function set(value) {
    if (waiting === null) requestAnimationFrame(() => {
      const { state } = store, edit = state.kernel && isReady(state) ? edited(state, state.kernel) : null;
      if (edit) send({ type: "edit", ...edit, value: waiting });
      waiting = null;
    });
    waiting = value;
  }

  /**
   * The whole kernel, large enough for a finger.
   * @param {import("../../types.js").State} state
   * @param {{layer: number, at: number}} kernel
   */
  function enlarge(state, kernel) {
    const layer = layersOf(state)[kernel.layer], [high, wide] = /** @type {number[]} */ (layer.window), depth = layer.from[2], filters = layer.to[2], filter = kernel.at % filters, of = JSON.stringify([kernel.layer, filter, high, wide, depth, filters]);
    if (whole?.of !== of) {
      const choose = (/** @type {number} */ number) => store.set({ kernel: { layer: kernel.layer, at: number * filters + filter } });
      whole = { of, made: kernelTile([high, wide, depth], { over: () => {}, out: () => {}, chosen: choose, beyond: () => {} }) };
      whole.made.element.tabIndex = 0;
      large.style.maxWidth = `${Math.min(340, 34 * Math.ceil(Math.sqrt(depth)) * (wide + 1))}px`;
      large.replaceChildren(whole.made.element);
    }
    const weights = /** @type {Float32Array} */ (state.frame?.blocks.theta.data).subarray(layer.weights_at, layer.weights_at + high * wide * depth * filters);
    paintKernel(whole.made.canvas, [high, wide, depth], (a, b, c) => weights[((a * wide + b) * depth + c) * filters + filter], largest(weights));
    whole.made.frame(Math.floor(kernel.at / filters));
    whole.made.element.setAttribute("aria-label", texts.text("play.kernel.tile", { name: namesOf(layersOf(state))[kernel.layer], filter: filter + 1 }));
  }

  /** @param {import("../../types.js").State} state */
  function fill(state) {
    const { kernel } = state, layer = kernel && layersOf(state)[kernel.layer];
    element.hidden = !layer;
    if (!kernel || !layer || !isReady(state)) return;
    const found = ofKernel(state, kernel), [a, b, channel, filter] = found.place.map((index) => index + 1), isUsed = edited(state, kernel) !== null, name = namesOf(layersOf(state))[kernel.layer];
    title.textContent = texts.text("play.kernel.which", { name, filter, a, b, channel, value: short(found.value) });
    slider.show(found.value);
    enlarge(state, kernel);
    if (focused(element) !== typed) typed.value = Number.isFinite(found.value) ? String(+found.value.toPrecision(4)) : "";
    slider.input.disabled = typed.disabled = !isUsed;
    where.textContent = texts.text(isUsed ? "play.kernel.how" : "play.kernel.unused");
    const now = JSON.stringify([kernel, layersOf(state), state.lang]);
    if (now !== asked) {
      asked = now;
      laws.replaceChildren(...formulas([state.catalogue.maps.laws.gradient[layer.window?.[0] ?? 3]]));
    }
    if (!comesBack(state) || !found.deltas) return;
    const shape = [...found.shape, 1], picture = (/** @type {string} */ key, /** @type {Float64Array} */ values) => figure(texts.text(key), shape, values, 0);
    renew(tables, [picture("play.kernel.read", found.read), after("×", picture("play.kernel.deltas", found.deltas)), after("=", picture("play.cell.products", found.products))], now);
    result.replaceChildren(line(texts.text("play.kernel.gradient", { n: found.read.length, gradient: short(found.gradient) })));
  }

  return {
    element,
    update(state, changed) {
      if (!layersOf(state).length) {
        element.hidden = true;
        return;
      }
      if (state.kernel && changed.has("network") && !isThere(state)) return void store.set({ kernel: null });
      const opened = changed.has("kernel");
      if (opened || ["lang", "network", "running", "theme"].some((key) => changed.has(key)) || (changed.has("frame") && due(state.running))) fill(state);
      if (opened && state.kernel) element.scrollIntoView({ block: "nearest", behavior: gliding() });
    },
  };
}

/** Whether the network has the number in question. @param {import("../../types.js").State} state */
function isThere(state) {
  const layer = state.kernel && layersOf(state)[state.kernel.layer];
  return Boolean(layer && state.kernel && layer.kind === "convolution" && layer.window && state.kernel.at < layer.window[0] * layer.window[1] * layer.from[2] * layer.to[2]);
}
