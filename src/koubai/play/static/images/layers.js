// All layers of a network on images: the kernels as they form, and what each says of the image that is looked at.
import { card, el, lasting, short } from "../page/dom.js";
import { convolution, hiddenLayer, wholeNetwork } from "./counters.js";
import { directionChoice } from "./direction.js";
import { comesBack, deltasOf, framedBy, ofKernel } from "./numbers/back.js";
import { isReady, largest, layersOf, nameOf, namesOf, numbersOf } from "./shapes.js";
import { kernelTile, paint, paintKernel, tile } from "./tile.js";

/** @typedef {import("../types.js").MapLayer} MapLayer */

const MOST_ACROSS = 16; // nodes of a dense layer in one row
const LARGE = 16; // cells across, from which on a map is shown larger
const NODE = 46; // pixels of a dense layer's node, at most

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "middle", order: 61, make: layersPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function layersPanel(context) {
  const { texts } = context;
  const whole = wholeNetwork(context), bands = el("div", { class: "bands" });
  const reading = el("p", { class: "reading", "aria-live": "polite" }), how = el("p", { class: "legend" }, el("span", { class: "swatch negative" }), el("span", { text: "play.network.negative" }), " ",
    el("span", { class: "swatch positive" }), el("span", { text: "play.network.positive" }), " ", el("span", { text: "play.layers.how" }));
  const direction = directionChoice(context), element = card("layers", whole.element, direction.element, bands, reading, how);
  let shown = /** @type {ReturnType<ReturnType<typeof band>["build"]>[]} */ ([]), shape = "";
  const fill = lasting(bands, (/** @type {{layers: MapLayer[], at: number}} */ { layers, at }) => `${layers[at].kind} ${numberOf(layers, at)}`, ({ layers, at }) => {
    const made = band(context, layers[at].kind, numberOf(layers, at), reading);
    return { node: made.element, show: (now) => shown.push(made.build(now.layers, now.at)) };
  });

  /** @param {import("../types.js").State} state */
  function build(state) {
    const layers = layersOf(state), now = JSON.stringify(layers.map((layer) => ({ ...layer, activation: "" })));
    if (now === shape) return;
    [shape, shown] = [now, []];
    fill(layers.flatMap((layer, at) => (layer.kind === "flatten" || at === layers.length - 1 ? [] : [{ layers, at }])));
    texts.apply(element);
  }

  return {
    element,
    update(state, changed) {
      if (!state.settings || !state.catalogue || !layersOf(state).length) return;
      const dressed = ["network", "settings", "catalogue", "lang"].some((key) => changed.has(key));
      if (dressed) {
        build(state);
        whole.update(state);
        shown.forEach((each) => each.dress(state));
      }
      if (dressed || ["direction", "frame", "classes"].some((key) => changed.has(key))) direction.update(state);
      if (!isReady(state)) return;
      const turned = dressed || changed.has("direction");
      if (turned || changed.has("frame")) shown.forEach((each) => each.paint(state));
      if (turned || changed.has("cell") || changed.has("kernel") || (state.direction === "backward" && changed.has("frame"))) shown.forEach((each) => each.mark(state));
    },
  };
}

/** How many layers of its kind come before a layer. @param {MapLayer[]} layers @param {number} at */
const numberOf = (layers, at) => layers.slice(0, at).filter(({ kind }) => kind === layers[at].kind).length;

/**
 * One layer: its name and controls, which last while their layer changes under them, and below them its maps.
 * @param {import("../types.js").Context} context
 * @param {string} kind
 * @param {number} number among the layers of its kind
 * @param {HTMLElement} reading where the number that is pointed at is told
 */
function band(context, kind, number, reading) {
  const controls = kind === "convolution" ? convolution(context, number) : kind === "dense" ? hiddenLayer(context, number) : { parts: [], update: () => {} };
  const title = el("h3"), units = el("div");
  const element = el("section", { class: "band" }, el("div", { class: "row" }, title, ...controls.parts), units);
  return {
    element,
    /** @param {MapLayer[]} layers @param {number} at */
    build(layers, at) {
      const maps = mapsOf(context, layers, at, reading), { window, to, n_out } = layers[at];
      units.className = !window ? "units nodes-row" : to[1] > LARGE ? "units large-maps" : "units";
      units.replaceChildren(...maps.elements);
      return {
        /** @param {import("../types.js").State} state */
        dress(state) {
          const [high, wide] = window ? to : [1, n_out];
          title.textContent = context.texts.text(`play.layers.${kind}`, { name: namesOf(layers)[at], high, wide });
          controls.update(state);
          maps.dress();
        },
        paint: maps.paint,
        mark: maps.mark,
      };
    },
  };
}

/**
 * A layer's maps, each under its kernel, or its nodes in rows.
 * @param {import("../types.js").Context} context
 * @param {MapLayer[]} layers
 * @param {number} at
 * @param {HTMLElement} reading
 */
function mapsOf(context, layers, at, reading) {
  const { store, texts } = context, layer = layers[at];
  const isMap = layer.window !== null, hasKernels = layer.kind === "convolution", [high, wide, channels] = isMap ? layer.to : [1, layer.n_out, 1];
  const count = isMap ? channels : Math.ceil(wide / MOST_ACROSS), across = isMap ? wide : Math.min(wide, MOST_ACROSS);
  const place = (/** @type {number} */ unit, /** @type {number} */ row, /** @type {number} */ column) =>
    (isMap ? (row * wide + column) * channels + unit : Math.min(layer.n_out - 1, unit * MOST_ACROSS + column));
  const made = Array.from({ length: count }, (_, unit) => {
    const own = tile(high, across, {
      over: (row, column) => tell(unit, row, column),
      out: () => (reading.textContent = ""),
      chosen: (row, column) => store.set({ cell: { layer: at, at: place(unit, row, column) }, kernel: null, derivations: store.state.derivations + 1 }),
      beyond: (by) => made[unit + by]?.map.element.focus(),
    });
    own.element.tabIndex = unit ? -1 : 0;
    if (!isMap) own.element.style.maxWidth = `${NODE * across}px`;
    const kernel = hasKernels && layer.window ? kernelTile([...layer.window, layer.from[2]], {
      over: (number) => tellKernel(unit, number * channels + unit),
      out: () => (reading.textContent = ""),
      chosen: (number) => store.set({ kernel: { layer: at, at: number * channels + unit }, cell: null, derivations: store.state.derivations + 1 }),
      beyond: (by) => made[unit + by]?.kernel?.element.focus(),
    }) : null;
    if (kernel) kernel.element.tabIndex = unit ? -1 : 0;
    return { map: own, kernel, element: el("div", { class: "unit" }, ...(kernel ? [kernel.element] : []), own.element) };
  });

  /** What the maps show: what the layer says or, on the way back, its δ. @param {import("../types.js").State} state */
  const shown = (state) => (state.direction === "backward" && comesBack(state) ? deltasOf(state, at) : numbersOf(state, at));

  /** @param {number} unit @param {number} row @param {number} column */
  function tell(unit, row, column) {
    const { state } = store, cell = { layer: at, at: place(unit, row, column) };
    if (!isReady(state)) return;
    const name = `${state.direction === "backward" ? "δ " : ""}${nameOf(state, cell)}`, value = short(shown(state)[cell.at]);
    reading.textContent = `${name} = ${value}`;
    made[unit].map.element.setAttribute("aria-label", texts.text("play.layers.cell", { name, value }));
  }

  /** @param {number} unit @param {number} number among the layer's weights */
  function tellKernel(unit, number) {
    const { state } = store;
    if (!isReady(state)) return;
    const { place: [a, b, channel, filter], value } = ofKernel(state, { layer: at, at: number });
    const words = texts.text("play.kernel.which", { name: namesOf(layers)[at], filter: filter + 1, a: a + 1, b: b + 1, channel: channel + 1, value: short(value) });
    reading.textContent = words;
    made[unit].kernel?.element.setAttribute("aria-label", texts.text("play.kernel.opens", { which: words }));
  }

  return {
    elements: made.map((each) => each.element),
    dress() {
      made.forEach((each, unit) => {
        each.map.element.setAttribute("aria-label", texts.text("play.layers.map", { name: namesOf(layers)[at], map: unit + 1 }));
        each.kernel?.element.setAttribute("aria-label", texts.text("play.kernel.tile", { name: namesOf(layers)[at], filter: unit + 1 }));
      });
    },
    /** @param {import("../types.js").State} state */
    paint(state) {
      const numbers = shown(state), scale = largest(numbers), theta = /** @type {Float32Array} */ (state.frame?.blocks.theta.data);
      made.forEach(({ map }, unit) => paint(map.canvas, high, across, (row, column) =>
        (isMap || unit * MOST_ACROSS + column < layer.n_out ? numbers[place(unit, row, column)] : null), scale));
      if (!hasKernels || !layer.window) return;
      const [h, w] = layer.window, depth = layer.from[2], most = largest(theta.subarray(layer.weights_at, layer.weights_at + h * w * depth * channels));
      made.forEach(({ kernel }, unit) => kernel && paintKernel(kernel.canvas, [h, w, depth], (a, b, c) => theta[layer.weights_at + ((a * w + b) * depth + c) * channels + unit], most));
    },
    /** Frame the cell that is derived, and what it reads. @param {import("../types.js").State} state */
    mark(state) {
      const { cell, kernel } = state, own = cell?.layer === at ? cell.at : -1, read = framedBy(state);
      made.forEach((each, unit) => {
        const row = isMap ? Math.floor(own / (wide * channels)) : 0, column = isMap ? Math.floor(own / channels) % wide : own % MOST_ACROSS;
        const isOwn = own >= 0 && (isMap ? own % channels === unit : Math.floor(own / MOST_ACROSS) === unit);
        const isRead = read?.layer === at && (read.channel === null || read.channel === unit);
        each.map.frame(isOwn ? { top: row, left: column, high: 1, wide: 1 } : isRead && read ? { ...read, high: isMap ? read.high : 1, wide: isMap ? read.wide : across } : null);
        each.kernel?.frame(kernel?.layer === at && kernel.at % channels === unit ? Math.floor(kernel.at / channels) : null);
      });
    },
  };
}
