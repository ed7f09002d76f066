// Where a number of a network on images comes from: forward the patch, the kernel, their products and the sum, or the pixel that won;
// on the way back the δ of those that read it.
import { card, el, gliding, seldom, short } from "../../page/dom.js";
import { backOf, comesBack } from "./back.js";
import { cellOf } from "./forward.js";
import { after, figure, formulas, line, plus, renew } from "./grids.js";
import { isReady, layersOf, nameOf } from "../shapes.js";

/** @typedef {import("./forward.js").Cell} Cell */
/** @typedef {import("./back.js").Back} Back */
/** @typedef {import("../../types.js").State} State */
/** @typedef {import("../../page/texts.js").Texts} Texts */

/** @type {import("../../types.js").PanelKind} */
export const panel = { place: "middle", order: 65, make: cellPanel };

/**
 * @param {import("../../types.js").Context} context
 * @returns {import("../../types.js").Panel}
 */
export function cellPanel({ store, texts }) {
  const title = el("h3", { tabindex: -1 }), laws = el("div", { class: "laws" }), tables = el("div", { class: "tables" }), result = el("p", { class: "result" });
  const channel = el("select", { label: "play.cell.channel", on: { change: () => fill(store.state) } }), which = el("p", { class: "which" }, el("span", { text: "play.cell.channel" }), " ", channel);
  const close = el("button", { type: "button", class: "round", label: "play.inspect.close", on: { click: () => store.set({ cell: null }) } }, "×");
  const how = el("p", { class: "how", text: "play.cell.how" }), made = el("div", { class: "made" }, el("div", { class: "row" }, title, close), laws, which, tables, result);
  const element = card("cell", how, made), due = seldom(120);
  let asked = "";

  /** @param {State} state */
  function fill(state) {
    const { cell, direction } = state, layer = cell && layersOf(state)[cell.layer], isBack = direction === "backward";
    how.hidden = Boolean(layer);
    made.hidden = !layer;
    if (!cell || !layer || !isReady(state) || cell.at >= layer.n_out || (isBack && !comesBack(state))) return;
    const name = nameOf(state, cell), forth = cellOf(state, cell), found = isBack ? backOf(state, cell) : forth, now = JSON.stringify([cell, direction, layersOf(state)]);
    title.textContent = isBack ? texts.text("play.back.title", { name, delta: short(/** @type {Back} */ (found).delta) }) : `${name} = ${short(forth.z)}`;
    if (now !== asked) {
      asked = now;
      laws.replaceChildren(...formulas((isBack ? lawsBack : lawsOf)(state, cell.layer, /** @type {any} */ (found))));
      which.hidden = found.sums.length < 2;
      channel.replaceChildren(...found.sums.map((_, at) => el("option", { value: at })));
      channel.value = String(found.sums.reduce((best, sum, at) => (Math.abs(sum) > Math.abs(found.sums[best]) ? at : best), 0));
    }
    [...channel.options].forEach((option, at) => (option.textContent = texts.text("play.cell.channel_sum", { channel: at + 1, sum: short(found.sums[at]) })));
    const chosen = Number(channel.value) || 0;
    renew(tables, isBack ? picturesBack(/** @type {Back} */ (found), chosen, texts) : pictures(forth, chosen, texts), JSON.stringify([asked, state.lang]));
    result.replaceChildren(...(isBack ? outcomeBack(/** @type {Back} */ (found), cell, state, texts) : outcome(forth, cell.at, state, texts)));
  }

  return {
    element,
    update(state, changed) {
      if (!layersOf(state).length) return;
      if (state.cell && changed.has("network") && !layersOf(state)[state.cell.layer]) return void store.set({ cell: null });
      const opened = changed.has("cell");
      if (opened || ["lang", "network", "running", "theme", "direction"].some((key) => changed.has(key)) || (changed.has("frame") && due(state.running))) fill(state);
      if (opened && state.cell) element.scrollIntoView({ block: "nearest", behavior: gliding() });
    },
  };
}

/**
 * The laws of a layer: of its net inputs, and of its activation.
 * @param {State} state
 * @param {number} at
 */
function lawsOf(state, at) {
  const { laws } = state.catalogue.maps, layer = layersOf(state)[at];
  return [layer.kind === "convolution" ? laws.convolution[layer.window?.[0] ?? 3] : laws[layer.kind], laws.activations[layer.activation]];
}

/**
 * The laws of the way back: of δ, of what comes from the layer that reads it, and of the activation's slope.
 * @param {State} state
 * @param {number} at
 * @param {Back} back
 */
function lawsBack(state, at, { kind, reader }) {
  const { laws } = state.catalogue.maps, layers = layersOf(state), layer = layers[at];
  if (kind === "loss") return [isFused(state) ? laws.delta.fused : laws.delta.output];
  const own = kind === "convolution" ? laws.back.convolution[layers[reader.layer].window?.[0] ?? 3] : laws.back[kind];
  return [...(layer.activation ? [laws.delta.hidden] : []), own, laws.slopes[layer.activation]];
}

/** Whether δ of the outputs is z - y. @param {State} state */
function isFused(state) {
  const { settings, network } = state, last = network?.layers[network.layers.length - 1];
  const ending = state.catalogue.endings.classification[settings.loss === "auto" ? "log_loss" : settings.loss], isOne = last?.n_out === 1;
  return last?.activation === (isOne ? "sigmoid" : "softmax") && (isOne ? ending.two : ending.many).loss.name === (isOne ? "binary_cross_entropy" : "cross_entropy");
}

/**
 * @param {Cell} cell
 * @param {number} channel
 * @param {Texts} texts
 */
function pictures(cell, channel, texts) {
  if (!cell.kernel) return [figure(texts.text("play.cell.window"), cell.shape, cell.patch, channel, cell.winner)];
  const kernel = figure(texts.text(cell.kind === "convolution" ? "play.cell.kernel" : "play.cell.weights"), cell.shape, cell.kernel, channel);
  return [figure(texts.text("play.cell.patch"), cell.shape, cell.patch, channel), after("×", kernel), after("=", figure(texts.text("play.cell.products"), cell.shape, cell.products, channel))];
}

/**
 * @param {Back} back
 * @param {number} channel
 * @param {Texts} texts
 */
function picturesBack(back, channel, texts) {
  if (!back.patch.length) return [];
  if (!back.kernel) return [figure(texts.text("play.cell.window"), back.shape, back.patch, 0, back.winner)];
  const kernel = figure(texts.text(back.kind === "convolution" ? "play.back.kernel" : "play.cell.weights"), back.shape, back.kernel, channel);
  return [figure(texts.text("play.back.deltas"), back.shape, back.patch, channel), after("×", kernel), after("=", figure(texts.text("play.cell.products"), back.shape, back.products, channel))];
}

/**
 * The sum, and what becomes of it.
 * @param {Cell} cell
 * @param {number} at which node
 * @param {State} state
 * @param {Texts} texts
 */
function outcome(cell, at, state, texts) {
  if (!cell.kernel) {
    const wide = cell.shape[1], values = { u: short(cell.u), row: Math.floor(cell.winner / wide) + 1, column: (cell.winner % wide) + 1, n: cell.patch.length };
    return [line(texts.text(cell.winner < 0 ? "play.cell.mean" : "play.cell.winner", values))];
  }
  const total = cell.sums.reduce((sum, part) => sum + part, 0);
  const lines = [line(texts.text("play.cell.sum", { sum: short(total), bias: plus(cell.bias), u: short(cell.u) }))];
  if (cell.activation !== "softmax") return [...lines, line(texts.text("play.cell.activation", { name: cell.activation, u: short(cell.u), z: short(cell.z) }))];
  const most = Math.max(...cell.others), others = cell.others.map((u) => Math.exp(u - most)), name = state.classes[at];
  const share = { label: name, above: short(others[at]), below: short(others.reduce((sum, each) => sum + each, 0)), most: plus(-most), z: short(cell.z) };
  return [...lines, line(texts.text("play.cell.softmax", share))];
}

/**
 * What comes back, and δ.
 * @param {Back} back
 * @param {{layer: number, at: number}} cell
 * @param {State} state
 * @param {Texts} texts
 */
function outcomeBack(back, { layer, at }, state, texts) {
  const { target } = /** @type {any} */ (state.frame).header.look, said = { by: short(back.by), slope: short(back.slope), delta: short(back.delta), z: short(back.z), above: short(back.above), n: back.patch.length };
  if (back.kind === "loss") {
    const y = Number(layersOf(state)[layer].n_out === 1 ? target === 1 : at === target), label = state.classes[target];
    return [line(texts.text(isFused(state) ? "play.back.fused" : "play.back.loss", { ...said, y, label }))];
  }
  const how = !back.patch.length ? "unread" : back.kernel ? "sum" : back.winner < 0 ? "mean" : back.isWinner ? "won" : "lost";
  return [line(texts.text(`play.back.${how}`, said)), ...(layersOf(state)[layer].activation ? [line(texts.text("play.back.delta", said))] : [])];
}
