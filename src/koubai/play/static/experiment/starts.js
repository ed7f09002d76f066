// The same settings from many seeds: their mean, their spread, and how many ended badly.
import { computeMaps, gridInputs } from "./maps.js";
import { areFinite } from "../data/numbers.js";
import { Problem } from "./problem.js";

/** @typedef {import("./experiment.js").Experiment} Experiment */
/** @typedef {{loss: number, output: Float32Array}} Start */

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
  const theta = Float64Array.from(state.theta), loss = own.losses(theta).train, alive = areFinite(theta) && Number.isFinite(loss);
  return { loss: alive ? loss : Infinity, output: computeMaps(own, theta, gridInputs(own.data, GRID), false).output };
}

/**
 * What the finished starts say: `mean` and `spread` (standard deviation) over the plane, row by row upwards (of the highest
 * class probability, for several classes), and the losses from the best to the worst. A start that diverged counts as poor
 * and is left out of the maps.
 * @param {Start[]} starts
 * @param {Experiment} experiment
 * @param {number} epochs
 */
export function summary(starts, experiment, epochs) {
  const losses = starts.map(({ loss }) => loss).sort((a, b) => a - b), alive = starts.filter(({ loss }) => Number.isFinite(loss));
  const threshold = POOR_SHARE * experiment.losses(new Float64Array(experiment.network.nParameters)).train;
  const n = GRID * GRID, width = experiment.width;
  const mean = new Array(n).fill(0), square = new Array(n).fill(0);
  for (const { output } of alive)
    for (let at = 0; at < n; at++) {
      let value = output[at * width];
      for (let k = 1; k < width; k++) value = Math.max(value, output[at * width + k]);
      mean[at] += value / alive.length;
      square[at] += (value * value) / alive.length;
    }
  return {
    type: "starts", count: starts.length, epochs, grid: GRID, range: experiment.data.plane.extent,
    mean, spread: square.map((value, at) => Math.sqrt(Math.max(0, value - mean[at] ** 2))), losses: losses.map((loss) => (Number.isFinite(loss) ? loss : null)),
    n_poor: losses.filter((loss) => loss > threshold).length, threshold,
  };
}
