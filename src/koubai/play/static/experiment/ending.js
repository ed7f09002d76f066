// The end of a network for its data: output activation, loss, and targets in the form that the loss expects.
import { Problem } from "./problem.js";

/** @typedef {import("../data/data.js").Data} Data */

const ROWS = 128; // images whose last maps are kept at a time

/**
 * The end of the network for settings and data.
 * @param {any} catalogue
 * @param {any} settings
 * @param {Data} data
 * @returns {{activation: string, loss: any, signed: boolean}}
 */
export function endingOf(catalogue, settings, data) {
  const many = data.classes.length > 2 ? "many" : "two";
  if (settings.mode === "perceptron") {
    if (data.task !== "classification" || data.classes.length !== 2) throw new Problem("perceptron_data");
    return catalogue.endings.classification.perceptron.two;
  }
  if (!suits(catalogue, settings.loss, data)) throw new Problem("loss", { loss: settings.loss });
  if (data.task === "classification") return catalogue.endings.classification[settings.loss === "auto" ? "log_loss" : settings.loss][many];
  return catalogue.endings.regression[settings.loss === "auto" ? "half_squared_error" : settings.loss];
}

/**
 * Whether a loss is one for these data.
 * @param {any} catalogue
 * @param {string} loss
 * @param {Data} data
 */
export function suits(catalogue, loss, data) {
  if (loss === "auto") return true;
  const lowest = catalogue.lowest_targets[loss] ?? -Infinity;
  return loss in catalogue.endings[data.task] && data.targets.every((target) => target >= lowest);
}

/**
 * Targets as the loss expects them.
 * @param {Data} data
 * @param {boolean} signed
 */
export function codedTargets({ task, classes, targets }, signed) {
  if (task !== "classification") return targets;
  const code = (/** @type {boolean} */ on) => (on ? 1 : signed ? -1 : 0);
  if (classes.length <= 2) return targets.map((target) => code(target === 1));
  const width = classes.length;
  return Float64Array.from({ length: targets.length * width }, (_, at) => code(targets[Math.floor(at / width)] === at % width));
}

/** @param {any} loss @returns {any} */
export function withoutSmoothing(loss) {
  return Object.fromEntries(Object.entries(loss).filter(([name]) => name !== "smoothing"));
}

/**
 * The mean loss of images and, where they are asked for, the outputs: maps go forward once, and the last layer alone is asked for both. The
 * engine tells a loss only with its gradient, whose way back through convolutions would cost more than training does.
 * @param {import("./experiment.js").Experiment} experiment
 * @param {Float64Array} theta
 * @param {{inputs: Float64Array, targets: Float64Array, n: number}} rows
 * @param {boolean} isCounted
 */
export function lossOfImages({ engine, spec, network, data, width, ending }, theta, { inputs, targets, n }, isCounted) {
  const last = spec.layers.length - 1, start = network.blocks.find((block) => block.layer === last)?.start ?? 0, [below, above] = [theta.slice(0, start), theta.slice(start)];
  const body = start ? engine.network({ layers: spec.layers.slice(0, last).map((layer) => ({ ...layer, dropout: 0 })), loss: "half_squared_error" }) : null; // without parameters it only makes rows of the pixels
  const head = engine.network({ layers: [spec.layers[last]], loss: withoutSmoothing(ending.loss) }), outputs = isCounted ? new Float64Array(n * width) : null;
  let loss = 0;
  for (let first = 0; first < n; first += ROWS) {
    const stop = Math.min(n, first + ROWS), pixels = inputs.subarray(first * data.d, stop * data.d);
    const read = body ? /** @type {Float64Array} */ (engine.predict(body, below, pixels)) : pixels;
    loss += ((stop - first) / n) * engine.gradient(head, above, { inputs: read, targets: targets.subarray(first * width, stop * width) }).loss;
    outputs?.set(engine.predict(head, above, read), first * width);
  }
  return { loss, outputs };
}
