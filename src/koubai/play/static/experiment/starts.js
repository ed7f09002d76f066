// The same settings from many seeds: their mean, their spread, and how many ended badly.
import { computeMaps, gridInputs } from "./maps.js";
import { areFinite } from "../data/numbers.js";
import { Problem } from "./problem.js";

/** @typedef {import("./experiment.js").Experiment} Experiment */

/**
 * How one start ended: its loss, and its output over the plane; of images instead the share of test images that are right, and the kernels
 * of the first convolution.
 * @typedef {{loss: number, output: Float32Array, right?: number | null, kernels?: Float32Array}} Start
 */

const GRID = 40;

/**
 * A start is poor if its final loss exceeds this share of the loss of a network whose parameters are all 0. Such a network
 * answers the same for every input: its loss depends on the data alone, not on how many nodes there are or how well others do.
 */
const POOR_SHARE = 0.5;

/**
 * Train from one seed, which also decides the order of the rows, in single precision: many are to be quick, and none is
 * looked at alone.
 * @param {Experiment} experiment
 * @param {number} seed
 * @param {number} epochs
 * @returns {Start}
 */
export function startOf(experiment, seed, epochs) {
  if (experiment.isPerceptron) throw new Problem("starts_perceptron");
  const own = experiment.sameBut({ ...experiment.settings, seed }), begun = own.begin();
  const single = (/** @type {Float64Array} */ values) => Float32Array.from(values);
  const state = { ...begun, theta: single(begun.theta), slots: single(begun.slots) };
  const rows = { inputs: single(own.train.inputs), targets: single(own.train.targets) };
  own.engine.train(own.plan, state, rows, own.rates(begun, epochs));
  const theta = Float64Array.from(state.theta), { train: loss, testAccuracy } = own.losses(theta), alive = areFinite(theta) && Number.isFinite(loss);
  if (own.seesImages) {
    const [first] = own.network.blocks, isKernel = own.spec.layers[0].kind === "convolution";
    return { loss: alive ? loss : Infinity, output: new Float32Array(0), right: testAccuracy, kernels: isKernel ? Float32Array.from(theta.subarray(first.start, first.stop)) : new Float32Array(0) };
  }
  return { loss: alive ? loss : Infinity, output: computeMaps(own, theta, gridInputs(own.data, GRID), false).output };
}

/**
 * What the finished starts say: `mean` and `spread` (standard deviation) over the plane, row by row upwards (of the highest
 * class probability, for several classes), and the losses from the best to the worst. Images have no plane: of them the shares of test
 * images that are right, in order, and the best and the worst start with their kernels. A start that diverged counts as poor
 * and is left out of the maps.
 * @param {Start[]} starts
 * @param {Experiment} experiment
 * @param {number} epochs
 */
export function summary(starts, experiment, epochs) {
  const losses = starts.map(({ loss }) => loss).sort((a, b) => a - b), alive = starts.filter(({ loss }) => Number.isFinite(loss));
  const threshold = POOR_SHARE * experiment.losses(new Float64Array(experiment.network.nParameters)).train;
  if (experiment.seesImages) {
    const inOrder = alive.slice().sort((a, b) => a.loss - b.loss), rights = alive.map(({ right }) => right ?? NaN).sort((a, b) => a - b);
    const { layers } = experiment.spec, size = layers[0].kind === "convolution" ? [...layers[0].kernel_size, layers[0].input_shape?.[2], layers[0].n_filters] : null;
    return { ...ended(starts.length, epochs, losses, threshold), grid: 0, range: [], mean: [], spread: [], rights, size, ends: inOrder.length ? [inOrder[0], inOrder[inOrder.length - 1]].map(({ loss, right, kernels }) => ({ loss, right, kernels })) : [] };
  }
  const n = GRID * GRID, width = experiment.width;
  const mean = new Array(n).fill(0), square = new Array(n).fill(0);
  for (const { output } of alive)
    for (let at = 0; at < n; at++) {
      let value = output[at * width];
      for (let k = 1; k < width; k++) value = Math.max(value, output[at * width + k]);
      mean[at] += value / alive.length;
      square[at] += (value * value) / alive.length;
    }
  const spread = square.map((value, at) => Math.sqrt(Math.max(0, value - mean[at] ** 2)));
  return { ...ended(starts.length, epochs, losses, threshold), grid: GRID, range: experiment.data.plane.extent, mean, spread };
}

/**
 * What is said of the losses of all starts.
 * @param {number} count
 * @param {number} epochs
 * @param {number[]} losses
 * @param {number} threshold
 */
const ended = (count, epochs, losses, threshold) => ({
  type: "starts", count, epochs, losses: losses.map((loss) => (Number.isFinite(loss) ? loss : null)), n_poor: losses.filter((loss) => loss > threshold).length, threshold,
});
