// Draws the network except for the maps: links, frames and names of nodes, and the values of a manual step.
import { DIVERGING } from "./colours.js";
import { fineness, short } from "../page/dom.js";
import { TOY_FEATURES, ends, square } from "./network-layout.js";

const CELL = 24;

const made = new Map();

/**
 * The picture of an input feature of two coordinates, made once.
 * @param {string} name
 */
function featurePicture(name) {
  if (made.has(name)) return made.get(name);
  const rule = { x1: (/** @type {number} */ a) => a, x2: (/** @type {number} */ _, /** @type {number} */ b) => b,
    "x1^2": (/** @type {number} */ a) => (a * a) / 6, "x2^2": (/** @type {number} */ _, /** @type {number} */ b) => (b * b) / 6,
    "x1*x2": (/** @type {number} */ a, /** @type {number} */ b) => (a * b) / 6,
    "sin(x1)": (/** @type {number} */ a) => 6 * Math.sin(a), "sin(x2)": (/** @type {number} */ _, /** @type {number} */ b) => 6 * Math.sin(b) };
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = CELL;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = pen.createImageData(CELL, CELL), pixels = new Uint32Array(image.data.buffer);
  const place = (/** @type {number} */ i) => (12 * i) / (CELL - 1) - 6;
  for (let row = 0; row < CELL; row++)
    for (let column = 0; column < CELL; column++) {
      const value = /** @type {any} */ (rule)[name](place(column), place(CELL - 1 - row));
      pixels[row * CELL + column] = DIVERGING[Math.max(0, Math.min(510, Math.round(255 + (255 * value) / 6)))];
    }
  pen.putImageData(image, 0, 0);
  made.set(name, canvas);
  return canvas;
}

/** @param {string} name */
export const written = (name) => (TOY_FEATURES.includes(name) ? name.replace("x1", "x₁").replace("x2", "x₂").replace("^2", "²").replace("*", "") : name);

/** @typedef {{ink: string, faint: string, negative: string, positive: string, card: string, delta: string, toy: boolean, hover: any, dashes?: number}} Look dashes: how far dashes have moved along the links, 0 for none */

/**
 * Biases: a small square at the bottom of each node, coloured by sign and size.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./network-layout.js").Layout} plan
 * @param {import("../types.js").State} state
 * @param {Look} look
 */
export function drawBiases(pen, plan, state, look) {
  const network = /** @type {import("../types.js").Network} */ (state.network);
  const theta = state.frame?.blocks.theta?.data;
  if (!theta || theta.length !== network.n_parameters) return;
  plan.columns.slice(1).forEach((column, index) => {
    for (const { x, y, size, index: target, layer, name } of column) {
      if (plan.joined && layer === plan.columns.length - 1 && !name) continue;
      const bias = theta[network.layers[index].biases_at + target], dot = Math.max(5, size / 6);
      pen.fillStyle = bias < 0 ? look.negative : look.positive;
      pen.globalAlpha = Math.min(1, 0.25 + Math.abs(bias));
      pen.fillRect(x - size / 2 - dot - 1, y + size / 2 - dot, dot, dot);
    }
  });
  pen.globalAlpha = 1;
}

/**
 * The parts of nodes that do not change during training: frames, names, inputs. Maps lie above.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./network-layout.js").Layout} plan
 * @param {import("../types.js").State} state
 * @param {Look} look
 */
export function drawNodes(pen, plan, state, look) {
  for (const node of plan.columns.flat()) {
    const last = node.layer === plan.columns.length - 1, scale = fineness(), place = square(node, scale);
    const [x, y, size] = [place.left / scale, place.top / scale, place.side / scale];
    pen.globalAlpha = node.active ? 1 : 0.28;
    if (node.layer === 0 && look.toy) pen.drawImage(featurePicture(node.name), x, y, size, size);
    else if (node.layer === 0) {
      pen.fillStyle = look.faint;
      pen.fillRect(x, y, size, size);
    }
    const chosen = same(state.selection, node) || same(look.hover, node);
    if (last && plan.joined && !node.name) {
      port(pen, node, chosen ? "#d55e00" : look.ink);
      continue;
    }
    pen.strokeStyle = chosen ? "#d55e00" : look.ink;
    pen.lineWidth = chosen ? 3 : 1;
    const half = pen.lineWidth / 2; // around the map, which lies above
    pen.strokeRect(x - half, y - half, size + 2 * half, size + 2 * half);
    if (node.name) label(pen, node, plan, look, last);
  }
  pen.globalAlpha = 1;
}

/**
 * The single output node where its picture is the large map beside it: the place at which the links go in.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./network-layout.js").Node} node
 * @param {string} colour
 */
function port(pen, { x, y, size }, colour) {
  pen.globalAlpha = 1;
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, size / 2 - 2, 0, 7);
  pen.fill();
  pen.fillRect(x, y - 1.5, size / 2 + 1, 3);
}

/**
 * The values of the last manual step: each node's output z, passed on to the right, and δ, passed back from there.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./network-layout.js").Layout} plan
 * @param {import("../types.js").State} state
 * @param {Look} look
 */
export function drawValues(pen, plan, state, look) {
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  for (const node of plan.columns.flat()) {
    const { z, delta } = traced(state, node);
    const wide = plan.step >= node.size + 96, low = node.size < 18;
    if (z === undefined || delta === undefined || (low && !wide)) continue;
    const edge = node.size / 2 + 3, last = node.layer === plan.columns.length - 1;
    if (last && plan.joined) {
      pill(pen, node.x - edge, node.y + (node.name ? 0 : 16), `${short(z, 3)}  δ ${short(delta, 2)}`, "right", look.delta, look.card);
      continue;
    }
    const named = last && Boolean(node.name), both = !named && (last || !wide);
    if (named && node.size >= 28) pill(pen, node.x + edge, node.y + 15, `${short(z, 3)}  δ ${short(delta, 2)}`, "left", look.delta, look.card);
    if (named) continue;
    pill(pen, node.x + edge, node.y - (both ? 7 : 0), short(z, 3), "left", look.ink, look.card);
    if (both) pill(pen, node.x + edge, node.y + 7, `δ ${short(delta, 2)}`, "left", look.delta, look.card);
    else pill(pen, node.x - edge - (low ? 0 : node.size / 6 + 1), node.y, `δ ${short(delta, 2)}`, "right", look.delta, look.card);
  }
}

/**
 * A node's output and δ in the last manual step, averaged over its examples; the network's inputs have none.
 * @param {import("../types.js").State} state
 * @param {{layer: number, index: number, input: number}} node
 * @returns {{z?: number, delta?: number}}
 */
export function traced(state, node) {
  const network = state.network, values = state.frame?.blocks.activations, deltas = state.frame?.blocks.deltas;
  if (!network || !values || !deltas || node.input < 0) return {};
  const sizes = network.sizes.slice(1);
  if (!node.layer || values.data.length !== sizes.reduce((a, b) => a + b, 0)) return {};
  const place = sizes.slice(0, node.layer - 1).reduce((a, b) => a + b, node.index);
  return { z: values.data[place], delta: deltas.data[place] };
}

/**
 * @param {any} chosen
 * @param {import("./network-layout.js").Node} node
 */
const same = (chosen, node) => chosen && chosen.kind === "node" && chosen.layer === node.layer && chosen.target === node.index;

const LEVELS = 8, MANY = 300;

/** Dashes and gaps along a link, in pixels. */
const DASHES = [9, 4];

/**
 * The threshold above which a weight is among the strongest `MANY`; more lines would merge into a grey cloud.
 * @param {Float32Array | Uint8Array} weights
 */
const strongest = (weights) => Float32Array.from(weights, Math.abs).sort()[weights.length - MANY];

/**
 * Hairlines are fastest as one path, thicker lines one by one: filling a path whose thick curves cross is slow.
 * @param {CanvasRenderingContext2D} pen
 * @param {number[][]} links
 */
function stroke(pen, links) {
  if (pen.lineWidth > 1)
    for (const link of links) {
      pen.beginPath();
      curve(pen, link);
      pen.stroke();
    }
  else {
    pen.beginPath();
    for (const link of links) curve(pen, link);
    pen.stroke();
  }
}

/**
 * Links of similar sign and strength look alike and are drawn together.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./network-layout.js").Layout} plan
 * @param {import("../types.js").State} state
 * @param {any} chosen
 * @param {Look} look
 */
export function drawLinks(pen, plan, state, chosen, look) {
  const network = /** @type {import("../types.js").Network} */ (state.network);
  const theta = state.frame?.blocks.theta?.data;
  if (!theta || theta.length !== network.n_parameters) return;
  const colours = [look.negative, look.positive];
  pen.lineCap = "butt";
  network.layers.forEach((layer, index) => {
    const { n_in, n_out, weights_at } = layer;
    const dense = n_in * n_out > MANY;
    pen.setLineDash(look.dashes && !dense ? DASHES : []);
    pen.lineDashOffset = -(look.dashes ?? 0);
    const thick = dense ? 2 : 6;
    let largest = 1;
    for (let i = weights_at; i < weights_at + n_in * n_out; i++) if (Number.isFinite(theta[i])) largest = Math.max(largest, Math.abs(theta[i]));
    const least = dense ? strongest(theta.subarray(weights_at, weights_at + n_in * n_out)) : 0;
    const buckets = Array.from({ length: 2 * LEVELS }, () => /** @type {number[][]} */ ([]));
    for (const from of plan.columns[index]) {
      if (!from.active || from.input >= n_in) continue;
      for (const to of plan.columns[index + 1]) {
        const weight = theta[weights_at + from.input * n_out + to.index];
        const level = Math.min(LEVELS - 1, Math.floor((LEVELS * Math.abs(weight)) / largest));
        if (!(Math.abs(weight) >= least) || !Number.isFinite(weight)) continue; // one that diverged has no thickness
        buckets[2 * level + (weight < 0 ? 0 : 1)].push(ends(from, to));
        if (chosen && chosen.kind === "link" && chosen.layer === index + 1 && chosen.source === from.input && chosen.target === to.index)
          mark(pen, ends(from, to));
      }
    }
    buckets.forEach((links, at) => {
      if (!links.length) return;
      const strength = (Math.floor(at / 2) + 0.5) / LEVELS, width = 0.4 + thick * strength;
      pen.strokeStyle = colours[at % 2];
      pen.globalAlpha = dense ? 0.1 + 0.8 * strength * strength : 0.3 + 0.65 * strength;
      pen.lineWidth = dense && strength < 0.7 ? Math.min(1, width) : width;
      stroke(pen, links);
    });
  });
  pen.globalAlpha = 1;
  pen.setLineDash([]);
  if (plan.joined) into(pen, plan, look);
}

/**
 * From output nodes that stand beside their names, lines go on into the map.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./network-layout.js").Layout} plan
 * @param {Look} look
 */
function into(pen, plan, look) {
  pen.strokeStyle = look.ink;
  pen.lineWidth = 1.5;
  pen.globalAlpha = 0.55;
  for (const { x, y, size } of plan.columns[plan.columns.length - 1]) {
    pen.beginPath();
    pen.moveTo(x + size / 2, y);
    pen.lineTo(plan.width, y);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number[]} link
 */
function mark(pen, link) {
  pen.globalAlpha = 0.45;
  pen.strokeStyle = "#d55e00";
  pen.lineWidth = 11;
  pen.beginPath();
  curve(pen, link);
  pen.stroke();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number[]} link from x and y to x and y
 */
function curve(pen, [x0, y0, x1, y1]) {
  const middle = (x0 + x1) / 2;
  pen.moveTo(x0, y0);
  pen.bezierCurveTo(middle, y0, middle, y1, x1, y1);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./network-layout.js").Node} node
 * @param {import("./network-layout.js").Layout} plan
 * @param {{ink: string}} look
 * @param {boolean} last
 */
function label(pen, node, plan, look, last) {
  pen.fillStyle = look.ink;
  pen.font = `${node.size >= 28 ? 14 : 12}px system-ui, "Noto Sans CJK JP", sans-serif`;
  pen.textBaseline = "middle";
  pen.textAlign = last ? "left" : "right";
  const half = node.size / 2;
  if (last && plan.joined) { // above its node: to its right is the map
    pen.textAlign = "right";
    pen.font = '12px system-ui, "Noto Sans CJK JP", sans-serif';
    pen.fillText(cut(pen, written(node.name), plan.step - 20), node.x + half, node.y - half - 9);
    return;
  }
  const space = last ? plan.width - node.x - half - 8 : node.x - half - 8;
  pen.fillText(cut(pen, written(node.name), space), last ? node.x + half + 6 : node.x - half - 6, node.y);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {number} space
 */
function cut(pen, text, space) {
  if (pen.measureText(text).width <= space) return text;
  let length = text.length;
  while (length > 1 && pen.measureText(text.slice(0, length) + "…").width > space) length -= 1;
  return text.slice(0, length) + "…";
}

/**
 * A number on its own background, readable over lines.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x of its left or right edge
 * @param {number} y
 * @param {string} text
 * @param {"left" | "right"} align
 * @param {string} ink
 * @param {string} ground
 */
function pill(pen, x, y, text, align, ink, ground) {
  const width = pen.measureText(text).width + 6;
  pen.globalAlpha = 0.88;
  pen.fillStyle = ground;
  pen.fillRect(align === "left" ? x : x - width, y - 7, width, 14);
  pen.globalAlpha = 1;
  pen.fillStyle = ink;
  pen.textAlign = align;
  pen.fillText(text, align === "left" ? x + 3 : x - 3, y + 0.5);
}
