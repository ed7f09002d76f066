// The settings made ready for training: data, network and plan, and all ways to advance a moment.
import { codedTargets, endingOf, lossOfImages, withoutSmoothing } from "./ending.js";
import { perceptronStep } from "./perceptron.js";
import { fansOf, started } from "./initial.js";
import { denseLayers, mapLayers } from "./layers.js";
import { areFinite, means, taken } from "../data/numbers.js";
import { Problem } from "./problem.js";
import { DROPOUT, SHUFFLE, deriveKey, permutation, uniforms } from "../data/randomness.js";
import { ratesOf } from "./schedules.js";

/** @typedef {import("../engine/engine.js").Engine} Engine */
/** @typedef {import("../data/data.js").Data} Data */

/**
 * The state of a run: θ, slots, updates since the optimizer was started (`step`) and in all (`steps`), whole epochs, and
 * the rows done in the current one. `mistakes` counts the perceptron's in this epoch, `allMistakes` all.
 * @typedef {{theta: Float64Array, slots: Float64Array, step: number, epoch: number, cursor: number, mistakes: number, allMistakes: number, steps: number}} Moment
 */

/** The last update made by hand. @typedef {{before: Moment, chosen: number[], rate: number, activations: number[], deltas: number[]}} ManualUpdate */

/** Rows to train on, or to test. @typedef {{rows: number[], inputs: Float64Array, targets: Float64Array, labels: Float64Array, n: number}} Part */

/** @param {Moment} moment */
export const copyOf = (moment) => ({ ...moment, theta: moment.theta.slice(), slots: moment.slots.slice() });

export class Experiment {
  /**
   * @param {Engine} engine
   * @param {any} catalogue
   * @param {any} settings
   * @param {Data} data
   * @param {Experiment | null} [twin] one on the same rows, whose settings differ only in what may change during a run
   */
  constructor(engine, catalogue, settings, data, twin = null) {
    this.engine = engine;
    this.catalogue = catalogue;
    this.data = data;
    this.settings = settings;
    this.ending = twin?.ending ?? endingOf(catalogue, settings, data);
    const { train, test, width } = /** @type {{train: Part, test: Part, width: number}} */ (twin ?? partsOf(data, this.ending.signed));
    this.train = train;
    this.test = test;
    this.width = width;
    const { mode, hidden } = settings, lone = mode === "perceptron", recipe = lone ? null : (data.recipe ?? null);
    const maps = data.shape ? mapLayers(settings, data.shape, catalogue.maps.pooled) : { layers: [], n_out: data.d };
    this.dense = /** @type {number[]} */ ([maps.n_out, ...(lone ? [] : hidden), width]);
    this.spec = { layers: [...maps.layers, ...this.#layers()], loss: this.ending.loss };
    this.network = engine.network({ ...this.spec, loss: withoutSmoothing(this.ending.loss) });
    this.sizes = data.shape ? [data.d, ...this.network.layers.map(({ nOut }) => nOut)] : this.dense;
    this.schedule = recipe && recipe.schedule.name === settings.schedule ? recipe.schedule : settings.schedule;
    this.start = lone ? { theta: new Float64Array(this.network.nParameters), seed: 0n } : this.#started(recipe);
    this.plan = this.#plan(recipe);
    this.nSlots = catalogue.n_slots[this.plan.optimizer.name];
  }

  /**
   * The same under settings that differ only in what may change during a run, or in the seed.
   * @param {any} settings
   * @returns {Experiment}
   */
  sameBut(settings) {
    return new Experiment(this.engine, this.catalogue, settings, this.data, this);
  }

  /**
   * The same run under settings that concern its looks, and on other axes.
   * @param {any} settings
   * @param {Data} data
   */
  seen(settings, data) {
    return new Experiment(this.engine, this.catalogue, settings, data, this);
  }

  /** @returns {boolean} */
  get isPerceptron() {
    return this.settings.mode === "perceptron";
  }

  /** Whether the rows are images. */
  get seesImages() {
    return this.data.shape !== undefined;
  }

  #layers() {
    const { settings, ending, dense } = this, lone = this.isPerceptron;
    if (settings.output === "softmax" && this.width === 1 && !lone) throw new Problem("softmax");
    return denseLayers(settings, dense, settings.output === "auto" || lone ? ending.activation : settings.output);
  }

  /** @param {any} recipe how an estimator trains */
  #plan(recipe) {
    const { settings, train, network, start } = this, lone = this.isPerceptron, name = lone ? "sgd" : settings.optimizer;
    return {
      network,
      optimizer: recipe && recipe.optimizer.name === name ? recipe.optimizer : { name },
      penalty: { l1: settings.l1, l2: settings.l2, per_row: Boolean(recipe) },
      batchSize: lone ? 1 : Math.min(settings.batch_size, train.n),
      shuffle: recipe ? recipe.shuffle : true,
      seed: start.seed,
      clipNorm: recipe ? recipe.clip_norm : 0,
    };
  }

  /** @param {any} recipe */
  #started(recipe) {
    const { seed, init, activations } = this.settings;
    if (recipe && recipe.start && recipe.start.of === seed) return { theta: Float64Array.from(recipe.start.theta), seed: BigInt(recipe.start.seed) };
    const hidden = this.seesImages && this.settings.filters.length ? [this.settings.map_activation] : activations.slice(0, this.dense.length - 2);
    return started(seed, init, fansOf(this.network), hidden);
  }

  /** @returns {Moment} */
  begin() {
    const theta = this.start.theta.slice();
    return { theta, slots: this.freshSlots(), step: 0, epoch: 0, cursor: 0, mistakes: 0, allMistakes: 0, steps: 0 };
  }

  freshSlots() {
    return new Float64Array(this.nSlots * this.network.nParameters);
  }

  get stepsPerEpoch() {
    return Math.ceil(this.train.n / this.plan.batchSize);
  }

  /**
   * α of the updates of the next whole epochs.
   * @param {Moment} moment
   * @param {number} epochs
   */
  rates(moment, epochs) {
    const steps = this.stepsPerEpoch, { settings, catalogue, train } = this;
    const updates = { first: moment.epoch * steps, count: epochs * steps, steps, total: (settings.stop_at || catalogue.horizon) * steps, nRows: train.n };
    return ratesOf(this.schedule, settings.learning_rate, updates);
  }

  /**
   * Train to the end of so many epochs; an epoch in progress is finished first, and counts as one.
   * @param {Moment} moment changes
   * @param {number} epochs
   */
  advance(moment, epochs) {
    if (this.isPerceptron) {
      for (let k = 0; k < epochs; k++) this.step(moment, "epoch");
      return;
    }
    if (moment.cursor && epochs) {
      this.step(moment, "epoch");
      epochs -= 1;
    }
    if (!epochs) return;
    const before = moment.step;
    this.engine.train(this.plan, moment, this.train, this.rates(moment, epochs));
    moment.steps += moment.step - before;
  }

  /**
   * Train for about so long and at most so many epochs; return how many.
   * @param {Moment} moment changes
   * @param {number} milliseconds
   * @param {number} most
   * @param {number} atOnce epochs before the first look at the clock
   */
  advanceFor(moment, milliseconds, most, atOnce = 1) {
    const begin = performance.now(), first = moment.epoch;
    let n = atOnce;
    for (let left = most; left > 0 && performance.now() - begin < 0.8 * milliseconds; left = most - (moment.epoch - first)) {
      n = Math.min(n, left);
      const now = performance.now(), before = moment.epoch;
      this.advance(moment, n);
      if (moment.epoch - before < n || !areFinite(moment.theta)) break;
      const share = (milliseconds - (performance.now() - begin)) / Math.max(performance.now() - now, 1e-3);
      n = Math.max(1, Math.min(16 * n, Math.floor(n * share)));
    }
    return moment.epoch - first;
  }

  /**
   * Advance by one example, one minibatch, or to the end of the epoch, in the epoch's own order; return the last update.
   * @param {Moment} moment changes
   * @param {string} unit
   * @returns {ManualUpdate}
   */
  step(moment, unit) {
    const sizes = this.#sizes(moment, unit), order = this.order(moment);
    const rates = this.isPerceptron ? [this.settings.learning_rate] : this.rates(moment, 1);
    let last = /** @type {any} */ (null);
    sizes.forEach((size, number) => {
      const chosen = order.slice(moment.cursor, moment.cursor + size);
      const rate = rates[Math.min(rates.length - 1, Math.floor(moment.cursor / this.plan.batchSize))];
      const isLast = number === sizes.length - 1;
      if (isLast) last = { before: copyOf(moment), chosen, rate, activations: [], deltas: [] };
      if (this.isPerceptron) perceptronStep(this, moment, chosen);
      else this.#update(moment, chosen, rate, isLast ? last : null);
      moment.cursor += size;
      moment.steps += 1;
    });
    if (moment.cursor >= this.train.n) {
      moment.cursor = 0;
      moment.epoch += 1;
    }
    return last;
  }

  /**
   * The training rows of the next minibatch, and its learning rate.
   * @param {Moment} moment
   */
  coming(moment) {
    const size = this.#sizes(moment, "minibatch")[0], rates = this.isPerceptron ? [this.settings.learning_rate] : this.rates(moment, 1);
    const rate = rates[Math.min(rates.length - 1, Math.floor(moment.cursor / this.plan.batchSize))];
    return { chosen: this.order(moment).slice(moment.cursor, moment.cursor + size), rate };
  }

  /**
   * The training rows in the order of the epoch.
   * @param {Moment} moment
   * @returns {number[]}
   */
  order({ epoch }) {
    if (!this.plan.shuffle) return Array.from({ length: this.train.n }, (_, row) => row);
    return permutation(deriveKey(this.plan.seed, SHUFFLE, epoch), this.train.n);
  }

  /**
   * @param {Moment} moment
   * @param {string} unit
   */
  #sizes(moment, unit) {
    const left = this.train.n - moment.cursor, batch = unit === "epoch" && this.isPerceptron ? left : this.plan.batchSize;
    if (unit !== "epoch") return [Math.min(left, unit === "example" ? 1 : this.plan.batchSize)];
    return Array.from({ length: Math.ceil(left / batch) }, (_, k) => Math.min(batch, left - k * batch));
  }

  /**
   * One update on these rows; `told` learns the mean activations and deltas of all nodes.
   * @param {Moment} moment changes
   * @param {number[]} chosen
   * @param {number} rate
   * @param {ManualUpdate | null} told
   */
  #update(moment, chosen, rate, told) {
    const rows = { inputs: taken(this.train.inputs, this.data.d, chosen), targets: taken(this.train.targets, this.width, chosen) };
    const alone = { ...this.plan, batchSize: chosen.length, shuffle: false };
    if (told && !this.seesImages) { // maps have no mean that could be drawn
      const masks = this.#masks(moment.step, chosen.length);
      told.activations = this.activations(moment.theta, rows.inputs, masks).flatMap((z, layer) => means(z, this.sizes[layer + 1]));
      const plain = { theta: moment.theta.slice(), step: moment.step };
      this.engine.train({ ...alone, optimizer: "sgd", penalty: {}, clipNorm: 0 }, plain, rows, Float64Array.of(1));
      told.deltas = this.network.blocks.filter(({ group }) => group === "biases").flatMap(({ start, stop }) =>
        Array.from(moment.theta.subarray(start, stop), (value, k) => value - plain.theta[start + k])); // a bias's gradient is the mean δ
    }
    const state = { theta: moment.theta, slots: moment.slots, step: moment.step, epoch: 0 };
    this.engine.train(alone, state, rows, Float64Array.of(rate));
    moment.step = state.step;
  }

  /**
   * Outputs of every layer for some rows, layer by layer; what dropout masks reaches no further layer.
   * @param {Float64Array} theta
   * @param {Float64Array} inputs
   * @param {(Float64Array | null)[]} [masks]
   * @returns {Float64Array[]}
   */
  activations(theta, inputs, masks = []) {
    let z = inputs;
    return this.spec.layers.map((layer, index) => {
      const alone = this.engine.network({ layers: [{ ...layer, dropout: 0 }], loss: "half_squared_error" });
      const start = this.network.blocks.find((block) => block.layer === index)?.start ?? 0;
      const found = /** @type {Float64Array} */ (this.engine.predict(alone, theta.slice(start, start + alone.nParameters), z));
      const mask = masks[index];
      z = mask ? found.map((value, k) => value * mask[k]) : found;
      return found;
    });
  }

  /**
   * Each layer's dropout mask in an update.
   * @param {number} step
   * @param {number} n rows
   */
  #masks(step, n) {
    return this.spec.layers.map(({ dropout, n_out = 0 }, index) => {
      if (!dropout) return null;
      return uniforms(deriveKey(this.plan.seed, DROPOUT, step, index), n * n_out).map((draw) => (draw >= dropout ? 1 / (1 - dropout) : 0));
    });
  }

  /**
   * Mean losses of training and test rows, and the shares classified correctly, null where that is not asked.
   * @param {Float64Array} theta
   * @param {boolean} [isCounted] whether the shares are asked for
   */
  losses(theta, isCounted = true) {
    const [train, test] = [this.train, this.test].map((part) => this.#judged(theta, part, isCounted));
    const n = train.n + test.n;
    const accuracy = train.right === null ? null : (train.right + (test.right ?? 0)) / n;
    const share = (/** @type {{right: number | null, n: number}} */ { right, n: count }) => (right === null || !count ? null : right / count);
    return { train: train.loss, test: test.loss, accuracy, trainAccuracy: share(train), testAccuracy: share(test) };
  }

  /**
   * @param {Float64Array} theta
   * @param {Part} part
   * @param {boolean} isCounted
   */
  #judged(theta, { inputs, targets, labels, n }, isCounted) {
    const counts = isCounted && this.data.task === "classification";
    if (!n) return { loss: NaN, right: counts ? 0 : null, n };
    const { loss, outputs } = this.seesImages ? lossOfImages(this, theta, { inputs, targets, n }, counts) : {
      loss: this.engine.gradient(this.network, theta, { inputs, targets }).loss, outputs: counts ? this.engine.predict(this.network, theta, inputs) : null,
    };
    if (!outputs) return { loss, right: null, n };
    const limit = this.ending.signed ? 0 : 0.5;
    let right = 0;
    for (let row = 0; row < n; row++) {
      if (this.width === 1) right += Number(outputs[row] > limit === labels[row] > 0.5);
      else {
        let best = 0;
        for (let k = 1; k < this.width; k++) if (outputs[row * this.width + k] > outputs[row * this.width + best]) best = k;
        right += Number(best === labels[row]);
      }
    }
    return { loss, right, n };
  }
}

/**
 * The index of a weight or bias in θ, with layers from 1 and nodes from 0; -1 if there is none.
 * @param {Experiment} experiment
 * @param {{layer: number, source: number, target: number, bias: boolean}} place
 */
export function placeOf({ network, sizes }, { layer, source, target, bias }) {
  if (!(layer >= 1 && layer < sizes.length) || target >= sizes[layer] || (!bias && source >= sizes[layer - 1])) return -1;
  const [weights, biases] = network.blocks.filter((block) => block.layer === layer - 1), { map } = network.layers[layer - 1];
  if (!weights) return -1;
  if (!map) return bias ? biases.start + target : weights.start + source * sizes[layer] + target;
  const filters = biases.stop - biases.start, cell = Math.floor(target / filters), filter = target % filters; // a kernel's number is told by a cell of the map and what it reads
  if (bias) return biases.start + filter;
  const { width, channels, high, wide, down, across, top, left, out_width } = map, read = Math.floor(source / channels);
  const a = Math.floor(read / width) - Math.floor(cell / out_width) * down + top, b = (read % width) - (cell % out_width) * across + left;
  return a < 0 || b < 0 || a >= high || b >= wide ? -1 : weights.start + ((a * wide + b) * channels + (source % channels)) * filters + filter;
}

/**
 * Training rows, test rows, and how many outputs there are.
 * @param {Data} data
 * @param {boolean} signed
 */
function partsOf(data, signed) {
  const coded = codedTargets(data, signed), width = coded.length / Math.max(1, data.test.length);
  const part = (/** @type {boolean} */ held) => {
    const rows = data.test.flatMap((test, row) => (test === held ? [row] : []));
    return { rows, n: rows.length, inputs: taken(data.inputs, data.d, rows), targets: taken(coded, width, rows), labels: taken(data.targets, 1, rows) };
  };
  return { train: part(false), test: part(true), width };
}
