// How one number of a network on images is made: what it reads, what that is multiplied with, and what the sum becomes.
import { layersOf, numbersOf, placeOf, sourceOf } from "../shapes.js";

/**
 * One number and what it is made of. `patch`, `kernel` and `products` have the shape (height, width, channels) in C order; those of a
 * pooling layer have the one channel that it reads. `sums` are those of the products, one a channel; `others` the net inputs of all
 * nodes of the layer, which softmax needs.
 * @typedef {object} Cell
 * @property {string} kind
 * @property {string} activation
 * @property {number[]} shape
 * @property {Float64Array} patch
 * @property {Float64Array | null} kernel
 * @property {Float64Array} products
 * @property {number[]} sums
 * @property {number} bias
 * @property {number} u
 * @property {number} z
 * @property {number} winner the cell of the window that max pooling passes on, -1 for any other
 * @property {{layer: number, top: number, left: number, channel: number | null}} source where the patch lies
 * @property {number[]} others
 */

/**
 * @param {import("../../types.js").State} state that is ready
 * @param {{layer: number, at: number}} asked
 * @returns {Cell}
 */
export function cellOf(state, { layer, at }) {
  const layers = layersOf(state), part = layers[layer], theta = /** @type {Float32Array} */ (state.frame?.blocks.theta.data);
  const source = sourceOf(layers, layer), read = numbersOf(state, source.layer), z = numbersOf(state, layer)[at];
  const base = { kind: part.kind, activation: part.activation, z, winner: -1, bias: 0, others: [] };
  if (!part.window || !part.strides || !part.before) {
    const [height, width, channels] = source.shape;
    const kernel = Float64Array.from(read, (_, j) => theta[part.weights_at + j * part.n_out + at]), patch = Float64Array.from(read);
    const found = summed(patch, kernel, channels, theta[part.biases_at + at]);
    const others = part.activation === "softmax" ? Array.from({ length: part.n_out }, (_, node) => netInput(part, theta, read, node)) : [];
    return { ...base, shape: [height, width, channels], patch, kernel, ...found, source: { layer: source.layer, top: 0, left: 0, channel: null }, others };
  }
  const [y, x, own] = placeOf(part, at), [high, wide] = part.window;
  const top = y * part.strides[0] - part.before[0], left = x * part.strides[1] - part.before[1];
  if (part.kind !== "convolution") {
    const patch = window(read, source.shape, [top, left, high, wide], own, 1), isLargest = part.kind === "max_pooling";
    const winner = isLargest ? patch.indexOf(Math.max(...patch)) : -1, u = isLargest ? patch[winner] : patch.reduce((sum, value) => sum + value, 0) / patch.length;
    return { ...base, shape: [high, wide, 1], patch, kernel: null, products: patch, sums: [], u, winner, source: { layer: source.layer, top, left, channel: own } };
  }
  const channels = source.shape[2], filters = part.to[2];
  const patch = window(read, source.shape, [top, left, high, wide], 0, channels);
  const kernel = patch.map((_, j) => theta[part.weights_at + j * filters + own]);
  return { ...base, shape: [high, wide, channels], patch, kernel, ...summed(patch, kernel, channels, theta[part.biases_at + own]), source: { layer: source.layer, top, left, channel: null } };
}

/**
 * @param {Float64Array} patch
 * @param {Float64Array} kernel
 * @param {number} channels
 * @param {number} bias
 */
function summed(patch, kernel, channels, bias) {
  const products = patch.map((value, j) => value * kernel[j]), sums = new Array(channels).fill(0);
  products.forEach((product, j) => (sums[j % channels] += product));
  return { products, sums, bias, u: sums.reduce((sum, part) => sum + part, bias) };
}

/**
 * What a window covers of some channels; what lies around the map counts as zeros.
 * @param {Float32Array} read
 * @param {number[]} shape
 * @param {number[]} box top, left, height, width
 * @param {number} first channel
 * @param {number} count of channels
 */
function window(read, [height, width, channels], [top, left, high, wide], first, count) {
  return Float64Array.from({ length: high * wide * count }, (_, at) => {
    const row = top + Math.floor(at / (wide * count)), column = left + (Math.floor(at / count) % wide);
    const isInside = row >= 0 && row < height && column >= 0 && column < width;
    return isInside ? read[(row * width + column) * channels + first + (at % count)] : 0;
  });
}

/**
 * @param {import("../../types.js").MapLayer} part a dense layer
 * @param {Float32Array} theta
 * @param {Float32Array} read
 * @param {number} node
 */
function netInput(part, theta, read, node) {
  let sum = theta[part.biases_at + node];
  for (let j = 0; j < read.length; j++) sum += read[j] * theta[part.weights_at + j * part.n_out + node];
  return sum;
}
