// Where the numbers of a network on images lie: what each layer is called, what it says of the image, what it reads.

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").MapLayer} MapLayer */

const SHORT = /** @type {Record<string, string>} */ ({ convolution: "conv", max_pooling: "pool", average_pooling: "pool", flatten: "flatten", dense: "dense" });

/** The layers, if the network on screen sees images; else none. @param {State} state @returns {MapLayer[]} */
export const layersOf = ({ network }) => /** @type {any} */ (network?.layers[0] && "kind" in network.layers[0] ? network.layers : []);

/** Whether the page shows images, or is about to leave them. @param {State} state */
export const seesImages = (state) => layersOf(state).length > 0 || Boolean(state.frame?.blocks.seen);

/** Whether the frame on screen is of the network on screen. @param {State} state */
export function isReady(state) {
  const layers = layersOf(state), last = layers[layers.length - 1];
  return Boolean(last) && state.frame?.blocks.seen?.data.length === last.z_at + last.n_out && state.frame.blocks.theta.data.length === state.network?.n_parameters;
}

/** What layers are called, as Python's explanations call them: each kind counted from 1. @param {MapLayer[]} layers */
export function namesOf(layers) {
  const count = /** @type {Record<string, number>} */ ({});
  return layers.map(({ kind }) => {
    const short = SHORT[kind] ?? kind;
    count[short] = (count[short] ?? 0) + 1;
    return `${short}${count[short]}`;
  });
}

/**
 * What a layer says of the image; the pixels for layer -1.
 * @param {State} state that is ready
 * @param {number} layer
 */
export function numbersOf(state, layer) {
  const layers = layersOf(state), whole = /** @type {Float32Array} */ (state.frame?.blocks.seen.data);
  return layer < 0 ? whole.subarray(0, layers[0].n_in) : whole.subarray(layers[layer].z_at, layers[layer].z_at + layers[layer].n_out);
}

/**
 * What the network answers of each class: the outputs or, of two classes, the only one, which is that of the second, and what it leaves
 * for the first.
 * @param {State} state that is ready
 * @returns {Float32Array}
 */
export function answersOf(state) {
  const outputs = numbersOf(state, layersOf(state).length - 1);
  if (outputs.length > 1 || state.classes.length !== 2) return outputs;
  const { loss } = state.settings, { signed } = state.catalogue.endings.classification[loss === "auto" ? "log_loss" : loss].two;
  return Float32Array.of(signed ? -outputs[0] : 1 - outputs[0], outputs[0]);
}

/** About how wide words are, in their sizes: Chinese and Japanese letters fill a square. @param {string} words */
export const widthOf = (words) => [...words].reduce((sum, letter) => sum + ((letter.codePointAt(0) ?? 0) > 0x2e7f ? 1.05 : 0.66), 0);

/** Whether an image's numbers are in colours: then each place of it has three. @param {number[]} shape */
export const isColoured = ([, , channels]) => channels > 1;

/**
 * Where a layer reads from, and the shape of that: a row of nodes is a map one cell high with one channel.
 * @param {MapLayer[]} layers
 * @param {number} layer
 */
export function sourceOf(layers, layer) {
  const before = layers[layer - 1];
  if (!before) return { layer: -1, shape: layers[layer].window || layers[layer].kind === "flatten" ? layers[layer].from : [1, layers[layer].n_in, 1] };
  if (before.kind === "flatten") return { layer: layer - 2, shape: before.from };
  return { layer: layer - 1, shape: before.kind === "dense" ? [1, before.n_out, 1] : before.to };
}

/**
 * Row, column and channel of a cell of a layer's output, from 0.
 * @param {MapLayer} layer
 * @param {number} at
 */
export function placeOf({ to: [, width, channels] }, at) {
  return [Math.floor(at / (width * channels)), Math.floor(at / channels) % width, at % channels];
}

/** How a cell is called: conv1[4,7,2], dense2[3]. @param {State} state @param {{layer: number, at: number}} cell */
export function nameOf(state, { layer, at }) {
  const layers = layersOf(state), place = layers[layer].window ? placeOf(layers[layer], at) : [at];
  return `${namesOf(layers)[layer]}[${place.map((index) => index + 1).join(",")}]`;
}

/** The largest size of any of these numbers, or 1 if all are 0. @param {ArrayLike<number>} numbers */
export function largest(numbers) {
  let most = 0;
  for (let at = 0; at < numbers.length; at++) most = Math.max(most, Math.abs(numbers[at]));
  return most || 1;
}
