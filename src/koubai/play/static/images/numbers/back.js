// How δ of one number comes back from the layer that reads it, and what one number of a kernel has to do with the loss.
import { cellOf } from "./forward.js";
import { layersOf, numbersOf, placeOf, sourceOf } from "../shapes.js";

/**
 * δ of one number: `patch` are the δ of those that read it, `kernel` what each had multiplied it with, both of the shape (height, width,
 * channels), whose products' sum is ∂E/∂z; behind max pooling `patch` are the numbers of its window, of which `winner` went on.
 * @typedef {object} Back
 * @property {string} kind of the layer that reads it; "loss" for the output
 * @property {number} u
 * @property {number} z
 * @property {number} slope φ'(u)
 * @property {number} delta
 * @property {number} by ∂E/∂z
 * @property {number[]} shape
 * @property {Float64Array} patch
 * @property {Float64Array | null} kernel
 * @property {Float64Array} products
 * @property {number[]} sums of the products, one a channel
 * @property {number} winner
 * @property {boolean} isWinner
 * @property {number} above δ that pooling's window has
 * @property {{layer: number, top: number, left: number, channel: number | null}} reader where the δ lie
 */

/** Whether the frame on screen tells what comes back. @param {import("../../types.js").State} state */
export const comesBack = ({ frame }) => Boolean(frame?.blocks.back) && frame?.blocks.back.data.length === frame?.blocks.seen.data.length;

/**
 * A layer's part of what comes back.
 * @param {import("../../types.js").State} state
 * @param {number} layer -1 for the pixels
 * @param {"back" | "slopes"} name
 */
function partOf(state, layer, name) {
  const layers = layersOf(state), whole = /** @type {Float32Array} */ (state.frame?.blocks[name].data);
  return layer < 0 ? whole.subarray(0, layers[0].n_in) : whole.subarray(layers[layer].z_at, layers[layer].z_at + layers[layer].n_out);
}

/** δ of a layer's numbers. @param {import("../../types.js").State} state @param {number} layer */
export const deltasOf = (state, layer) => partOf(state, layer, "back");

/**
 * @param {import("../../types.js").State} state that is ready, with what comes back
 * @param {{layer: number, at: number}} asked
 * @returns {Back}
 */
export function backOf(state, { layer, at }) {
  const layers = layersOf(state), theta = /** @type {Float32Array} */ (state.frame?.blocks.theta.data), next = layers[layer + 1]?.kind === "flatten" ? layer + 2 : layer + 1;
  const slope = partOf(state, layer, "slopes")[at], delta = deltasOf(state, layer)[at], z = numbersOf(state, layer)[at];
  const empty = new Float64Array(0), base = { u: NaN, z, slope, delta, by: delta, winner: -1, isWinner: false, above: 0, shape: [1, 0, 1], patch: empty, kernel: null, products: empty, sums: [], reader: { layer: next, top: 0, left: 0, channel: null } };
  const above = layers[next];
  if (!above) return { ...base, kind: "loss" };
  const back = deltasOf(state, next);
  if (!above.window || !above.strides || !above.before) {
    const patch = Float64Array.from(back), kernel = patch.map((_, i) => theta[above.weights_at + at * above.n_out + i]), products = patch.map((value, i) => value * kernel[i]);
    const by = products.reduce((sum, value) => sum + value, 0);
    return { ...base, kind: "dense", by, shape: [1, above.n_out, 1], patch, kernel, products, sums: [by] };
  }
  const [row, column, channel] = placeOf(layers[layer], at), [high, wide] = above.window, [down, across] = above.strides, [before, left] = above.before, [out_high, out_wide, filters] = above.to;
  const rows = over(row + before, high, down, out_high), columns = over(column + left, wide, across, out_wide), shape = [rows.length, columns.length, filters];
  if (!rows.length || !columns.length) return { ...base, kind: above.kind, by: 0 }; // what is left over at the edge, no window reads
  const reader = { layer: next, top: rows[0], left: columns[0], channel: /** @type {number | null} */ (null) };
  if (above.kind !== "convolution") {
    const z = numbersOf(state, layer), width = sourceOf(layers, next).shape[1], channels = filters, top = rows[0] * down - before, first = columns[0] * across - left;
    const patch = Float64Array.from({ length: high * wide }, (_, k) => z[((top + Math.floor(k / wide)) * width + first + (k % wide)) * channels + channel]);
    const isLargest = above.kind === "max_pooling", winner = isLargest ? patch.indexOf(Math.max(...patch)) : -1, own = (row - top) * wide + (column - first);
    const of = back[(rows[0] * out_wide + columns[0]) * filters + channel], isWinner = winner === own;
    return { ...base, kind: above.kind, by: isLargest ? (isWinner ? of : 0) : of / patch.length, above: of, shape: [high, wide, 1], patch, winner, isWinner, reader: { ...reader, channel } };
  }
  const depth = layers[next].from[2];
  const places = rows.flatMap((y) => columns.flatMap((x) => Array.from({ length: filters }, (_, f) => [y, x, f])));
  const patch = Float64Array.from(places, ([y, x, f]) => back[(y * out_wide + x) * filters + f]);
  const kernel = Float64Array.from(places, ([y, x, f]) => theta[above.weights_at + (((row + before - y * down) * wide + column + left - x * across) * depth + channel) * filters + f]);
  const products = patch.map((value, k) => value * kernel[k]), sums = new Array(filters).fill(0);
  products.forEach((product, k) => (sums[k % filters] += product));
  return { ...base, kind: "convolution", by: sums.reduce((sum, part) => sum + part, 0), shape, patch, kernel, products, sums, reader };
}

/**
 * The windows over a cell along one axis.
 * @param {number} cell counted with the padding before
 * @param {number} size
 * @param {number} stride
 * @param {number} count of windows
 */
function over(cell, size, stride, count) {
  return Array.from({ length: count }, (_, at) => at).filter((at) => cell - at * stride >= 0 && cell - at * stride < size);
}

/**
 * A number of a kernel: where it lies, what it met in each window of the image, δ there, and the products, whose sum is ∂E/∂w.
 * @typedef {object} OfKernel
 * @property {number} value
 * @property {number[]} place a, b, channel, filter, from 0
 * @property {number[]} shape height and width of the map
 * @property {Float64Array} read
 * @property {Float64Array | null} deltas unless they are not told yet
 * @property {Float64Array} products
 * @property {number} gradient
 */

/**
 * @param {import("../../types.js").State} state that is ready
 * @param {{layer: number, at: number}} asked at: among the layer's weights
 * @returns {OfKernel}
 */
export function ofKernel(state, { layer, at }) {
  const layers = layersOf(state), part = layers[layer], [, wide] = /** @type {number[]} */ (part.window), [high_out, wide_out, filters] = part.to;
  const [down, across] = /** @type {number[]} */ (part.strides), [before, left] = /** @type {number[]} */ (part.before), { layer: below, shape: [height, width, depth] } = sourceOf(layers, layer);
  const filter = at % filters, channel = Math.floor(at / filters) % depth, b = Math.floor(at / (filters * depth)) % wide, a = Math.floor(at / (filters * depth * wide));
  const from = numbersOf(state, below);
  const read = Float64Array.from({ length: high_out * wide_out }, (_, cell) => {
    const row = Math.floor(cell / wide_out) * down - before + a, column = (cell % wide_out) * across - left + b;
    return row >= 0 && row < height && column >= 0 && column < width ? from[(row * width + column) * depth + channel] : 0;
  });
  const value = /** @type {Float32Array} */ (state.frame?.blocks.theta.data)[part.weights_at + at], found = { value, place: [a, b, channel, filter], shape: [high_out, wide_out], read };
  if (!comesBack(state)) return { ...found, deltas: null, products: new Float64Array(0), gradient: NaN };
  const back = deltasOf(state, layer), deltas = Float64Array.from({ length: read.length }, (_, cell) => back[cell * filters + filter]), products = deltas.map((delta, cell) => delta * read[cell]);
  return { ...found, deltas, products, gradient: products.reduce((sum, product) => sum + product, 0) };
}

/**
 * How an edit names a number of a kernel: by a cell of its map and the cell below that it multiplies there. Null for a number that meets
 * only the zeros around a small map.
 * @param {import("../../types.js").State} state
 * @param {{layer: number, at: number}} asked
 */
export function edited(state, { layer, at }) {
  const layers = layersOf(state), part = layers[layer], { shape } = sourceOf(layers, layer), { place } = ofKernel(state, { layer, at }), [, , channel, filter] = place;
  const cells = [0, 1].map((axis) => {
    const below = (/** @type {number} */ k) => k * /** @type {number[]} */ (part.strides)[axis] - /** @type {number[]} */ (part.before)[axis] + place[axis];
    const own = Array.from({ length: part.to[axis] }, (_, k) => k).find((k) => below(k) >= 0 && below(k) < shape[axis]);
    return own === undefined ? null : [own, below(own)];
  });
  if (!cells[0] || !cells[1]) return null;
  const [[y, row], [x, column]] = [cells[0], cells[1]];
  return { layer: layer + 1, source: (row * shape[1] + column) * shape[2] + channel, target: (y * part.to[1] + x) * part.to[2] + filter, bias: false };
}

/**
 * Where on the layers those numbers lie from which the number in question is made: what it reads or, on the way back, those that read it.
 * @param {import("../../types.js").State} state that is ready
 * @returns {{layer: number, top: number, left: number, high: number, wide: number, channel: number | null} | null}
 */
export function framedBy(state) {
  const { cell, direction } = state;
  if (!cell || !layersOf(state)[cell.layer]) return null;
  if (direction === "forward") {
    const { source, shape: [high, wide] } = cellOf(state, cell);
    return { ...source, high, wide };
  }
  if (!comesBack(state)) return null;
  const { reader, shape: [high, wide], kind } = backOf(state, cell), isOne = kind.endsWith("pooling");
  return kind === "loss" ? null : { ...reader, high: isOne ? 1 : high, wide: isOne ? 1 : wide };
}
