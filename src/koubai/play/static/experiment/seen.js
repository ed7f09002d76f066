// What all layers say of one image, what comes back through them, and how the page finds its numbers.
import { cameBack } from "./back.js";

/** @typedef {import("./experiment.js").Experiment} Experiment */

/**
 * What is looked at: a row of the data, or a picture that was drawn; with the class that it should be, also what comes back.
 * @typedef {{row: number, pixels: number[] | null, target: number | null}} Look
 */

/**
 * The image's pixels.
 * @param {Experiment} experiment
 * @param {Look} look
 */
export function pixelsOf({ data }, { row, pixels }) {
  if (pixels) return Float64Array.from({ length: data.d }, (_, at) => pixels[at] ?? 0);
  const at = Math.min(row, data.test.length - 1);
  return data.inputs.slice(at * data.d, (at + 1) * data.d);
}

/**
 * The pixels and the outputs of every layer, one behind another, and with a target, in the same places, what comes back.
 * @param {Experiment} experiment
 * @param {Float64Array} theta
 * @param {Look} look
 * @returns {{seen: Float32Array, deltas?: Float32Array, slopes?: Float32Array}}
 */
export function seen(experiment, theta, look) {
  const pixels = pixelsOf(experiment, look), outputs = experiment.activations(theta, pixels);
  const whole = new Float32Array(pixels.length + outputs.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of [pixels, ...outputs]) {
    whole.set(part, at);
    at += part.length;
  }
  return { seen: whole, ...(look.target === null ? {} : cameBack(experiment, theta, pixels, outputs, Math.min(look.target, experiment.data.classes.length - 1))) };
}

/**
 * Where each layer's outputs and parameters lie, and what shape they have.
 * @param {Experiment} experiment
 */
export function layersOf({ network, spec, sizes }) {
  let at = sizes[0];
  return spec.layers.map((layer, index) => {
    const [weights, biases] = network.blocks.filter((block) => block.layer === index), { map, nIn, nOut } = network.layers[index];
    const { height = 1, width = 1, channels = nIn, out_height = 1, out_width = 1 } = map ?? {};
    const isMap = map !== null && layer.kind !== "flatten";
    const found = {
      kind: layer.kind, n_in: nIn, n_out: nOut, activation: layer.activation?.name ?? "", weights_at: weights?.start ?? -1, biases_at: biases?.start ?? -1, z_at: at,
      from: map ? [height, width, channels] : [1, 1, nIn], to: isMap ? [out_height, out_width, nOut / (out_height * out_width)] : [1, 1, nOut],
      window: isMap ? [map.high, map.wide] : null, strides: isMap ? [map.down, map.across] : null, before: isMap ? [map.top, map.left] : null,
    };
    at += nOut;
    return found;
  });
}
