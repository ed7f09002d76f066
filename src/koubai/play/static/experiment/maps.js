// The output of each node over the plane, as numbers and as bytes.
import { netRecord } from "../engine/records.js";

/** @typedef {import("./experiment.js").Experiment} Experiment */

/**
 * @typedef {object} Maps
 * @property {Float32Array} output (grid, grid), or (grid, grid, classes): probabilities, or the numbers predicted
 * @property {Uint8Array | null} nodes (n_nodes, grid, grid): byte b stands for low + (high - low) b / 255 of the node's range
 * @property {number[][]} ranges [low, high] of each hidden node
 */

const BLOCK = 512; // rows that go through all layers while they are in the processor's cache

/**
 * The network's inputs at grid × grid places of the plane, the second axis upwards, in single precision.
 * @param {import("../data/data.js").Data} data
 * @param {number} grid
 */
export function gridInputs(data, grid) {
  const [[x0, x1], [y0, y1]] = data.plane.extent, n = grid * grid;
  const x = new Float64Array(n), y = new Float64Array(n);
  for (let row = 0, at = 0; row < grid; row++)
    for (let column = 0; column < grid; column++, at++) {
      x[at] = x0 + ((x1 - x0) * column) / (grid - 1);
      y[at] = y0 + ((y1 - y0) * row) / (grid - 1);
    }
  return Float32Array.from(data.plane.inputs(x, y));
}

/** The inputs over the last grid that was asked for: most settings leave them as they are. */
export class Places {
  constructor() {
    this.of = /** @type {any} */ (null);
    this.grid = 0;
    this.inputs = new Float32Array(0);
  }

  /**
   * The network's inputs at grid × grid places of the plane; none where it sees images.
   * @param {Experiment} experiment
   * @param {number} grid
   */
  over({ data, seesImages }, grid) {
    if (this.of !== data || this.grid !== grid) [this.of, this.grid, this.inputs] = [data, grid, seesImages ? new Float32Array(0) : gridInputs(data, grid)];
    return this.inputs;
  }
}

/**
 * @param {Experiment} experiment
 * @param {Float64Array} theta
 * @param {Float32Array} inputs of `gridInputs`
 * @param {boolean} withNodes
 * @returns {Maps}
 */
export function computeMaps(experiment, theta, inputs, withNodes = true) {
  const { width, sizes } = experiment, n = inputs.length / experiment.data.d;
  const hidden = withNodes ? sizes.slice(1, -1).reduce((a, b) => a + b, 0) : 0;
  const values = Array.from({ length: hidden }, () => new Float32Array(n)), output = new Float32Array(n * width);
  forward(experiment, Float32Array.from(theta), inputs, (z, places, first, rows) => {
    let node = 0;
    for (let layer = 0; hidden && layer < sizes.length - 2; layer++) {
      const n_out = sizes[layer + 1], start = places[layer];
      for (let j = 0; j < n_out; j++, node++) {
        const own = values[node];
        for (let row = 0, at = start + j; row < rows; row++, at += n_out) own[first + row] = z[at];
      }
    }
    const start = places[sizes.length - 2];
    output.set(z.subarray(start, start + rows * width), first * width);
  });
  asProbability(experiment, output);
  if (!hidden) return { output, nodes: null, ranges: [] };
  const nodes = new Uint8Array(hidden * n);
  return { output, nodes, ranges: values.map((own, node) => inSteps(own, nodes.subarray(node * n, (node + 1) * n))) };
}

/**
 * Let rows go through the network block by block, and hand over what all nodes say.
 * @param {Experiment} experiment
 * @param {Float32Array} theta
 * @param {Float32Array} inputs
 * @param {(z: Float32Array, places: number[], first: number, rows: number) => void} seen
 */
function forward({ engine, network, data }, theta, inputs, seen) {
  const { kernels } = engine, { arena } = kernels, n = inputs.length / data.d, rows = Math.min(n, BLOCK);
  const { vector_bytes, few } = network.description.sizes, more = vector_bytes / 2;
  const places = [0];
  for (const { nOut } of network.layers) places.push(places[places.length - 1] + rows * nOut);
  const size = places[places.length - 1];
  arena.clear();
  const { shape, numbers, lists } = netRecord(arena, network, "f4"), nothing = arena.array("f4", [0]);
  const given = {
    shape, numbers, lists, places: arena.array("i8", [places.length], places),
    order: arena.array("i8", [rows], Array.from({ length: rows }, (_, row) => row)),
    theta: arena.array("f4", [theta.length], theta), dense: arena.array("f4", [inputs.length], inputs),
    data: nothing, indices: arena.array("i4", [0]), starts: arena.array("i8", [0]),
    work: arena.room("f4", [2 * size + more + (more + few) * network.widest]), out: arena.array("f4", [n * network.nOutputs]),
  };
  for (let first = 0; first < n; first += rows) {
    const stop = Math.min(n, first + rows);
    kernels.call("predict_rows", { ...given, first, stop });
    const work = /** @type {Float32Array} */ (given.work.values);
    seen(work.subarray(size, 2 * size), places, first, stop - first);
  }
}

/**
 * Write a node's values as bytes of its own range, which is returned.
 * @param {Float32Array} values
 * @param {Uint8Array} bytes
 */
function inSteps(values, bytes) {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const scale = high > low ? 255 / (high - low) : 1;
  if (!Number.isFinite(low) || !Number.isFinite(high) || !Number.isFinite(high - low)) {
    for (let i = 0; i < values.length; i++) bytes[i] = values[i] > 0 ? 255 : 0;
    return [Math.max(-3e38, Math.min(low, 0)), Math.min(3e38, Math.max(high, 0))];
  }
  for (let i = 0; i < values.length; i++) bytes[i] = (values[i] - low) * scale;
  return [low, high];
}

/**
 * Outputs as the page colours them: margins of two classes are mapped to 0 … 1 by their sign.
 * @param {Experiment} experiment
 * @param {Float32Array} output changes
 */
function asProbability({ ending, isPerceptron }, output) {
  if (!ending.signed) return;
  for (let i = 0; i < output.length; i++) output[i] = isPerceptron ? Number(output[i] > 0) : Math.min(1, Math.max(0, 0.5 + 0.5 * output[i]));
}
