// What the session says: the choices, a run's state, its points, and frames.
import { computeMaps } from "../experiment/maps.js";
import { layersOf, seen } from "../experiment/seen.js";

/** @typedef {import("./branch.js").Branch} Branch */

const MOST_ROWS = 64; // of the last update that a frame names

/** Numbers that are none become null, as in JSON. @param {number | null} value */
const finite = (value) => (value !== null && Number.isFinite(value) ? value : null);

/**
 * @param {any} catalogue
 * @param {any} settings
 */
export const hello = (catalogue, settings) => ({ type: "hello", catalogue, settings, defaults: catalogue.defaults });

/** @param {{whole: boolean, epochs: number[], train: number[], test: number[]}} news */
export const lossesOf = (news) => ({ ...news, train: news.train.map(finite), test: news.test.map(finite) });

/**
 * What the page shows besides the maps.
 * @param {Branch} branch
 * @param {boolean} running
 * @param {Branch[]} others
 */
export function stateOf(branch, running, others) {
  const { network, sizes, spec, data } = branch.experiment;
  const layers = data.shape ? layersOf(branch.experiment) : spec.layers.map(({ n_in, n_out, activation = { name: "" } }, layer) => {
    const [weights, biases] = network.blocks.filter((block) => block.layer === layer);
    return { n_in, n_out, weights_at: weights.start, biases_at: biases.start, activation: activation.name };
  });
  return {
    type: "state", settings: branch.settings, network: { sizes, n_parameters: network.nParameters, layers },
    task: data.task, classes: data.classes, feature_names: data.names, running, epoch: branch.epoch, step: branch.moment.steps,
    timeline: { length: branch.timeline.pasts.length, position: branch.timeline.position, branches: 1 + others.length },
    branches: others.map(branchOf), notes: branch.notes, diverged: !branch.isFinite,
  };
}

/** Another branch, as the page draws it beside this one. @param {Branch} branch */
function branchOf(branch) {
  const { places, shown } = branch.curve, seen = places.filter(({ serial }) => serial <= shown);
  return {
    settings: branch.settings, epoch: branch.epoch, train_loss: finite(branch.judged.train), test_loss: finite(branch.judged.test),
    losses: { epochs: seen.map(({ epoch }) => epoch), train: seen.map(({ train }) => finite(train)), test: seen.map(({ test }) => finite(test)) },
  };
}

/**
 * How a standardised feature is read in the table's own units: center + scale · value; null where it has none.
 * @param {any} data
 * @param {string} name
 */
function unitsOf({ names, units, original }, name) {
  const at = names.indexOf(name), own = units?.[at];
  if (own) return { center: own[0], scale: own[1] };
  return at >= 0 && original ? { center: original.center[at], scale: original.scale[at] } : null;
}

/** The rows' places in the plane. @param {Branch} branch */
export function pointsOf({ experiment: { data } }) {
  const { x, y, axes, extent } = data.plane;
  const images = data.shape ? { shape: data.shape, pixels: Float32Array.from(data.inputs) } : null;
  return { type: "data", images, x: Array.from(x), y: Array.from(y), label: Array.from(data.targets), test: data.test, axes, range: extent, units: axes.map((name) => unitsOf(data, name)) };
}

/**
 * θ, the maps and the latest numbers.
 * @param {Branch} branch
 * @param {Float32Array} places the network's inputs over the plane
 * @param {number} grid
 * @param {{places: Float32Array, grid: number} | null} fine where the output is asked for, if elsewhere than the nodes
 * @param {boolean} withMaps
 * @param {object} more of the header
 * @param {import("../experiment/seen.js").Look} look at which image
 */
export function frameOf(branch, places, grid, fine, withMaps, more, look) {
  const { experiment, moment, judged, last } = branch;
  const { ranges, ...found } = experiment.seesImages ? imageBlocks(branch, look) : planeBlocks(branch, places, grid, fine, withMaps);
  const blocks = /** @type {Record<string, Block>} */ ({ theta: { data: Float32Array.from(moment.theta), shape: [moment.theta.length] }, ...found });
  if (last?.activations.length) {
    blocks.activations = { data: Float32Array.from(last.activations), shape: [last.activations.length] };
    blocks.deltas = { data: Float32Array.from(last.deltas), shape: [last.deltas.length] };
  }
  const lone = experiment.isPerceptron;
  const header = {
    type: "frame", epoch: branch.epoch, step: moment.steps, train_loss: finite(judged.train), test_loss: finite(judged.test), accuracy: judged.accuracy,
    train_accuracy: judged.trainAccuracy, test_accuracy: judged.testAccuracy, mistakes: lone ? moment.mistakes : null, all_mistakes: lone ? moment.allMistakes : null,
    rows: last ? last.chosen.slice(-MOST_ROWS).map((row) => experiment.train.rows[row]) : [],
    grid, range: experiment.data.plane.extent, ranges, position: branch.timeline.position, length: branch.timeline.pasts.length, ...(experiment.seesImages ? { look } : {}), ...more,
  };
  return { message: { type: "frame", header, blocks }, transfer: Object.values(blocks).map(({ data }) => data.buffer) };
}

/** @typedef {{data: Float32Array | Uint8Array, shape: number[]}} Block */

/**
 * What every layer says of the image that is looked at.
 * @param {Branch} branch
 * @param {import("../experiment/seen.js").Look} look
 */
function imageBlocks({ experiment, moment }, look) {
  const { seen: data, deltas, slopes } = seen(experiment, moment.theta, look), { width } = experiment, output = data.slice(data.length - width);
  const back = deltas && slopes ? { back: { data: deltas, shape: [deltas.length] }, slopes: { data: slopes, shape: [slopes.length] } } : {};
  return { seen: { data, shape: [data.length] }, output: { data: output, shape: [1, 1, width] }, ...back, ranges: [] };
}

/**
 * The output over the plane, and that of all nodes.
 * @param {Branch} branch
 * @param {Float32Array} places
 * @param {number} grid
 * @param {{places: Float32Array, grid: number} | null} fine
 * @param {boolean} withMaps
 */
function planeBlocks({ experiment, moment }, places, grid, fine, withMaps) {
  const { width } = experiment, maps = computeMaps(experiment, moment.theta, places, withMaps), side = fine?.grid ?? grid;
  const output = fine ? computeMaps(experiment, moment.theta, fine.places, false).output : maps.output;
  return {
    output: { data: output, shape: width === 1 ? [side, side] : [side, side, width] }, ranges: maps.ranges,
    ...(maps.nodes ? { nodes: { data: maps.nodes, shape: [maps.ranges.length, grid, grid] } } : {}),
  };
}
