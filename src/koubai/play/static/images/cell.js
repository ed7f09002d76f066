// Where a number of a network on images comes from: the patch, the kernel, their products and the sum, or the pixel that won.
import { card, el, gliding, seldom, short } from "../page/dom.js";
import { copied } from "../page/safe.js";
import { MathMLWriter } from "../derivations/mathml.js";
import { revived } from "../derivations/tree.js";
import { signed } from "../drawing/colours.js";
import { cellOf } from "./derive.js";
import { isReady, largest, layersOf, nameOf } from "./shapes.js";

/** @typedef {import("./derive.js").Cell} Cell */

const ACROSS = 8; // nodes of a dense layer in a row of the table
const NOTATION = { digits: 4, fractions: false };

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "middle", order: 65, make: cellPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function cellPanel({ store, texts }) {
  const title = el("h3", { tabindex: -1 }), laws = el("div", { class: "laws" }), tables = el("div", { class: "tables" }), result = el("p", { class: "result" });
  const channel = el("select", { label: "play.cell.channel", on: { change: () => fill(store.state) } }), which = el("p", { class: "which" }, el("span", { text: "play.cell.channel" }), " ", channel);
  const close = el("button", { type: "button", class: "round", label: "play.inspect.close", on: { click: () => store.set({ cell: null }) } }, "×");
  const how = el("p", { class: "how", text: "play.cell.how" }), made = el("div", { class: "made" }, el("div", { class: "row" }, title, close), laws, which, tables, result);
  const element = card("cell", how, made), due = seldom(120);
  let asked = "";

  /** @param {import("../types.js").State} state */
  function fill(state) {
    const { cell } = state, layer = cell && layersOf(state)[cell.layer];
    how.hidden = Boolean(layer);
    made.hidden = !layer;
    if (!cell || !layer || !isReady(state) || cell.at >= layer.n_out) return;
    const found = cellOf(state, cell), name = nameOf(state, cell), now = JSON.stringify([cell, layersOf(state)]);
    title.textContent = `${name} = ${short(found.z)}`;
    if (now !== asked) {
      asked = now;
      laws.replaceChildren(...lawsOf(state.catalogue.maps.laws, layer));
      which.hidden = found.shape[2] < 2;
      channel.replaceChildren(...found.sums.map((_, at) => el("option", { value: at })));
      channel.value = String(found.sums.reduce((best, sum, at) => (Math.abs(sum) > Math.abs(found.sums[best]) ? at : best), 0));
    }
    [...channel.options].forEach((option, at) => (option.textContent = texts.text("play.cell.channel_sum", { channel: at + 1, sum: short(found.sums[at]) })));
    renew(tables, pictures(found, Number(channel.value) || 0, texts), JSON.stringify([asked, state.lang]));
    result.replaceChildren(...outcome(found, cell.at, state, texts));
  }

  return {
    element,
    update(state, changed) {
      if (!layersOf(state).length) return;
      if (state.cell && changed.has("network") && !layersOf(state)[state.cell.layer]) return void store.set({ cell: null });
      const opened = changed.has("cell");
      if (opened || ["lang", "network", "running", "theme"].some((key) => changed.has(key)) || (changed.has("frame") && due(state.running))) fill(state);
      if (opened && state.cell) element.scrollIntoView({ block: "nearest", behavior: gliding() });
    },
  };
}

/**
 * The laws of a layer: of its net inputs, and of its activation.
 * @param {any} laws
 * @param {import("../types.js").MapLayer} layer
 */
function lawsOf(laws, layer) {
  const own = layer.kind === "convolution" ? laws.convolution[layer.window?.[0] ?? 3] : laws[layer.kind], outer = laws.activations[layer.activation];
  return [own, outer].filter(Boolean).map((law) => el("div", { class: "law" }, copied(`<math display="inline">${new MathMLWriter(NOTATION).write(revived(law))}</math>`)));
}

/**
 * @param {Cell} cell
 * @param {number} channel
 * @param {import("../page/texts.js").Texts} texts
 */
function pictures(cell, channel, texts) {
  const [high, wide, channels] = cell.shape;
  const own = (/** @type {Float64Array} */ values) => Array.from({ length: high * wide }, (_, at) => values[at * channels + channel]);
  const rows = (/** @type {number[]} */ values) => (high === 1 ? folded(values) : Array.from({ length: high }, (_, row) => values.slice(row * wide, (row + 1) * wide)));
  const figure = (/** @type {string} */ key, /** @type {Float64Array} */ values, marked = -1) =>
    el("figure", {}, el("figcaption", {}, texts.text(key)), table(rows(own(values)), largest(values), marked));
  const after = (/** @type {string} */ sign, /** @type {HTMLElement} */ made) => el("div", { class: "after" }, el("span", { class: "sign", "aria-hidden": "true" }, sign), made); // they stay together on a narrow page
  if (!cell.kernel) return [figure("play.cell.window", cell.patch, cell.winner)];
  const kernel = figure(cell.kind === "convolution" ? "play.cell.kernel" : "play.cell.weights", cell.kernel);
  return [figure("play.cell.patch", cell.patch), after("×", kernel), after("=", figure("play.cell.products", cell.products))];
}

/**
 * Put numbers into tables; those of the same form stay, so that what was scrolled sideways remains so.
 * @param {HTMLElement} tables
 * @param {HTMLElement[]} parts
 * @param {string} form
 */
function renew(tables, parts, form) {
  if (tables.dataset.form !== form) {
    tables.dataset.form = form;
    tables.replaceChildren(...parts);
    return;
  }
  const shown = tables.querySelectorAll("td");
  parts.flatMap((part) => [...part.querySelectorAll("td")]).forEach((cell, at) => {
    if (shown[at].textContent !== cell.textContent) shown[at].textContent = cell.textContent;
    if (shown[at].className !== cell.className) shown[at].className = cell.className;
    shown[at].style.cssText = cell.style.cssText;
  });
}

/** A row of nodes in rows of a few. @param {number[]} values */
const folded = (values) => Array.from({ length: Math.ceil(values.length / ACROSS) }, (_, row) => values.slice(row * ACROSS, (row + 1) * ACROSS));

/**
 * @param {number[][]} rows
 * @param {number} scale
 * @param {number} marked
 */
function table(rows, scale, marked) {
  const cell = (/** @type {number} */ value, /** @type {number} */ at) => {
    const share = value / scale, pixel = signed(share), node = el("td", { class: at === marked ? "marked" : "" }, short(value, 3));
    node.style.background = `rgb(${pixel & 255}, ${(pixel >> 8) & 255}, ${(pixel >> 16) & 255})`;
    node.style.color = share > 0.55 ? "#fff" : "#1c2733";
    return node;
  };
  const wide = rows[0].length;
  return el("table", { class: wide > 5 ? "numbers-grid small" : "numbers-grid" }, el("tbody", {}, ...rows.map((row, r) => el("tr", {}, ...row.map((value, c) => cell(value, r * wide + c))))));
}

/**
 * The sum, and what becomes of it.
 * @param {Cell} cell
 * @param {number} at which node
 * @param {import("../types.js").State} state
 * @param {import("../page/texts.js").Texts} texts
 */
function outcome(cell, at, state, texts) {
  const line = (/** @type {string} */ words) => el("span", { class: "line" }, words);
  if (!cell.kernel) {
    const wide = cell.shape[1], values = { u: short(cell.u), row: Math.floor(cell.winner / wide) + 1, column: (cell.winner % wide) + 1, n: cell.patch.length };
    return [line(texts.text(cell.winner < 0 ? "play.cell.mean" : "play.cell.winner", values))];
  }
  const total = cell.sums.reduce((sum, part) => sum + part, 0), plus = (/** @type {number} */ value) => `${value < 0 ? "−" : "+"} ${short(Math.abs(value))}`;
  const lines = [line(texts.text("play.cell.sum", { sum: short(total), bias: plus(cell.bias), u: short(cell.u) }))];
  if (cell.activation !== "softmax") return [...lines, line(texts.text("play.cell.activation", { name: cell.activation, u: short(cell.u), z: short(cell.z) }))];
  const most = Math.max(...cell.others), others = cell.others.map((u) => Math.exp(u - most)), name = state.classes[at];
  const share = { label: name, above: short(others[at]), below: short(others.reduce((sum, each) => sum + each, 0)), most: plus(-most), z: short(cell.z) };
  return [...lines, line(texts.text("play.cell.softmax", share))];
}
