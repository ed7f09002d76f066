// The end of a network for its data: output activation, loss, and targets in the form that the loss expects.
import { Problem } from "./problem.js";

/** @typedef {import("../data/data.js").Data} Data */

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
