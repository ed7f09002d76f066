// What the worker calls: a number of its run, derived from Python's records, as Python itself would.
import { Article } from "./article.js";
import { Book } from "./book.js";
import { learned } from "./learning.js";
import { askedNumber } from "./sections.js";
import { updateOf } from "./update.js";
import { revived } from "./tree.js";
import { Problem } from "../experiment/problem.js";

/** @typedef {import("../experiment/experiment.js").Experiment} Experiment */
/** @typedef {import("../experiment/experiment.js").Moment} Moment */
/** A run at one moment. @typedef {{experiment: Experiment, moment: Moment, last: import("../experiment/experiment.js").ManualUpdate | null}} Branch */

/**
 * @param {Branch} branch
 * @param {{what: string, layer: number, source: number, target: number, row: number, lang: string}} asked as the message has it
 * @param {{records: any, texts: Record<string, Record<string, string>>}} derivations
 * @returns {{title: string, html: string}}
 */
export function explained(branch, asked, { records, texts }) {
  const derivation = derived(branch, asked, revived(records));
  return { title: asked.what, html: new Article(derivation, texts[asked.lang], asked.lang).html() };
}

/** @param {Branch} branch @param {any} asked @param {any} records */
function derived(branch, { what, layer, source, target, row }, records) {
  const { experiment, moment, last } = branch, { data, spec, sizes, width, train, test } = experiment;
  if (row >= data.test.length) throw new Problem("no_row", { row: row + 1, count: data.test.length });
  if (layer >= sizes.length || target >= sizes[layer] || source >= sizes[layer - 1]) throw new Problem("no_weight");
  const net = (/** @type {Float64Array} */ theta) => ({ sizes, activations: spec.layers.map(({ activation }) => activation.name), loss: spec.loss.name, theta });
  const part = data.test[row] ? test : train, at = part.rows.indexOf(row), d = data.d;
  const bookOf = (/** @type {import("../experiment/experiment.js").Part} */ rows, /** @type {number} */ k, /** @type {Float64Array} */ theta) =>
    new Book(records, net(theta), rows.inputs.subarray(k * d, (k + 1) * d), rows.targets.subarray(k * width, (k + 1) * width));
  const where = /** @type {[number, number, number]} */ ([layer, target + 1, source + 1]);
  const names = { names: data.names, classes: data.classes.length === width ? data.classes : [] };
  const rule = (/** @type {import("../experiment/experiment.js").Moment} */ before, /** @type {number} */ rate) =>
    ({ optimizer: experiment.plan.optimizer.name, l1: experiment.settings.l1, l2: experiment.settings.l2, rate, time: before.step + 1, slots: before.slots });
  const byRule = (/** @type {import("../experiment/experiment.js").Part} */ rows, /** @type {number} */ k, /** @type {Float64Array} */ theta) =>
    learned(records.learning, [...data.names, "1"], Array.from(theta), [...rows.inputs.subarray(k * d, (k + 1) * d), 1], rows.targets[k], experiment.settings.learning_rate);
  if (experiment.isPerceptron && what === "update") return byRule(part, at, moment.theta);
  if (experiment.isPerceptron && what === "step") {
    const { chosen } = last ?? experiment.coming(moment), before = last && chosen.length === 1 ? last.before : moment;
    return byRule(train, chosen[chosen.length - 1], before.theta);
  }
  if (what === "update") return updateOf([bookOf(part, at, moment.theta)], rule(moment, experiment.coming(moment).rate), where);
  if (what === "step") {
    const { chosen, rate } = last ?? experiment.coming(moment), before = last?.before ?? moment;
    return updateOf(chosen.map((k) => bookOf(train, k, before.theta)), rule(before, rate), where);
  }
  const book = bookOf(part, at, moment.theta);
  const id = what === "node" ? ["z", layer, target + 1] : what === "loss" ? ["E"] : ["grad", layer, target + 1, what === "bias" ? 0 : source + 1];
  return askedNumber(book, id, names);
}
