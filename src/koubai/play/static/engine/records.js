// The records that kernels read, laid out in the module's memory: a network, rows, and the room that work takes.
import { EngineError, counting } from "./memory.js";

/** @typedef {import("./memory.js").Arena} Arena */
/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./types.js").Inputs} Inputs */
/** @typedef {import("./types.js").Numbers} Numbers */
/** @typedef {import("./types.js").Sparse} Sparse */
/** @typedef {"f4" | "f8"} Precision */

/** @param {Precision} kind */
const bytesOf = (kind) => Number(kind[1]);

/**
 * Return the precision of one θ or several.
 * @param {Network} network
 * @param {Numbers} theta
 * @param {number} count
 * @returns {Precision}
 */
export function precisionOf(network, theta, count) {
  if (!(theta instanceof Float32Array || theta instanceof Float64Array)) {
    throw new EngineError("engine: theta must be a Float32Array or a Float64Array; got something else. Make one from it.");
  }
  if (theta.length !== count * network.nParameters || count < 1) {
    throw new EngineError(`engine: theta must have ${network.nParameters} numbers for each network; got ${theta.length} for ${count}. Check the network.`);
  }
  return theta instanceof Float32Array ? "f4" : "f8";
}

/**
 * @param {Network} network
 * @param {Inputs} inputs
 */
export function nRowsOf(network, inputs) {
  const n = "starts" in inputs ? inputs.starts.length - 1 : inputs.length / network.nFeatures;
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new EngineError(`engine: inputs must be at least one row of ${network.nFeatures} numbers; got ${"starts" in inputs ? n : inputs.length} in all. Check the table.`);
  }
  return n;
}

/**
 * A network with its loss.
 * @param {Arena} arena
 * @param {Network} network
 * @param {Precision} kind
 */
export function netRecord(arena, network, kind) {
  const { layers, loss, description } = network, { shape, numbers, lists, parts } = told(network);
  return {
    shape: arena.array("i8", [layers.length, description.n_columns], shape),
    numbers: arena.array(kind, [layers.length, numbers.length / layers.length], numbers),
    lists: arena.array("i8", [lists.length], lists),
    loss: loss.code,
    loss_parameters: arena.array(kind, [loss.parameters.length], loss.parameters),
    parts: arena.array("i8", [network.blocks.length, description.n_part_columns], parts),
  };
}

const known = /** @type {WeakMap<Network, {shape: BigInt64Array, numbers: Float64Array, lists: BigInt64Array, parts: BigInt64Array}>} */ (new WeakMap());

/** A network's numbers as kernels have them, which never change. @param {Network} network */
function told(network) {
  const before = known.get(network);
  if (before) return before;
  const wide = (/** @type {number[]} */ numbers) => BigInt64Array.from(numbers, BigInt), { layers, lists, parts } = network;
  const found = { shape: wide(layers.flatMap(({ row }) => row)), numbers: Float64Array.from(layers.flatMap((layer) => layer.numbers)), lists: wide(lists), parts: wide(parts.flat()) };
  known.set(network, found);
  return found;
}

/**
 * Rows of a table, dense or sparse; what there is not is empty.
 * @param {Arena} arena
 * @param {Network} network
 * @param {Precision} kind
 * @param {{ inputs: Inputs, targets: Numbers | null, weights?: Numbers }} rows
 */
export function dataRecord(arena, network, kind, { inputs, targets, weights }) {
  const n = nRowsOf(network, inputs), sparse = "starts" in inputs ? checked(inputs, network) : null;
  const dense = sparse ? [] : /** @type {Numbers} */ (inputs), stored = sparse?.data ?? [], indices = sparse?.indices ?? [], starts = sparse?.starts ?? [];
  if (targets) need("targets", targets, n * network.nOutputs, n);
  if (weights) need("weights", weights, n, n);
  return {
    n_rows: n,
    dense: arena.array(kind, [dense.length], dense),
    data: arena.array(kind, [stored.length], stored),
    indices: arena.array("i4", [indices.length], indices),
    starts: arena.array("i8", [starts.length], starts),
    targets: arena.array(kind, [targets?.length ?? 0], targets ?? []),
    weights: arena.array(kind, [weights?.length ?? 0], weights ?? []),
  };
}

/**
 * @param {string} name
 * @param {Numbers} array
 * @param {number} length
 * @param {number} n
 */
function need(name, array, length, n) {
  if (array.length !== length) throw new EngineError(`engine: ${name} must be ${length} for ${n} rows; got ${array.length}. Check the table.`);
}

/**
 * Return a sparse table if all that it names is there: kernels would read beyond it.
 * @param {Sparse} table
 * @param {Network} network
 */
function checked(table, network) {
  const { data, indices, starts } = table, n = starts.length - 1;
  const inOrder = starts[0] === 0 && starts[n] === data.length && Array.from(starts).every((start, row) => row === 0 || start >= starts[row - 1]);
  if (!inOrder || indices.length !== data.length || indices.some((column) => column < 0 || column >= network.nFeatures)) {
    throw new EngineError(`engine: sparse inputs must have rows in order and columns 0 to ${network.nFeatures - 1}; they have not. Check the table.`);
  }
  return table;
}

/**
 * Factors on α and on weight decay of each block of parameters, by the name of its group.
 * @param {Arena} arena
 * @param {Network} network
 * @param {{ rates?: Record<string, number>, decays?: Record<string, number> }} factors
 */
export function factorsRecord(arena, network, { rates = {}, decays = {} }) {
  const { groups } = network.description;
  for (const [group, factor] of [...Object.entries(rates), ...Object.entries(decays)]) {
    if (!groups.includes(group)) throw new EngineError(`engine: factors must be of ${groups.join(", ")}; got ${group}. Name one of these.`);
    if (!(factor >= 0 && factor < Infinity)) throw new EngineError(`engine: a factor must be a finite number >= 0; got ${factor} for ${group}. Try 0.1.`);
  }
  const factors = network.blocks.flatMap(({ group }) => [rates[group] ?? 1, decays[group] ?? 1]);
  return { factors: arena.array("f8", [network.blocks.length, 2], factors), even: factors.every((factor) => factor === 1) };
}

/**
 * What is left of something in each update; nothing for all of it throughout.
 * @param {Arena} arena
 * @param {string} name
 * @param {Numbers | undefined} shares
 * @param {number} epochs
 * @param {number} steps
 */
export function sharesArray(arena, name, shares, epochs, steps) {
  if (!shares) return arena.array("f8", [0, 0]);
  if (shares.length !== epochs * steps) {
    throw new EngineError(`engine: shares of ${name} must be ${epochs * steps}, one for each update; got ${shares.length}. Repeat them.`);
  }
  return arena.array("f8", [epochs, steps], shares);
}

/**
 * The team of the one thread that there is.
 * @param {Arena} arena
 */
export function teamRecord(arena) {
  return { rank: 0, size: 1, arrivals: arena.array("i8", [1]), partial: arena.array("f8", [1]), norms: arena.array("f8", [1]) };
}

/**
 * Where the numbers of each layer begin in the room for so many rows, and where those of the last end.
 * @param {Network} network
 * @param {number} n
 */
function placesOf(network, n) {
  const places = [0];
  for (const { nOut } of network.layers) places.push(places[places.length - 1] + n * nOut);
  return places;
}

/**
 * How many numbers a product may read beyond its last row, and how many of room it needs.
 * @param {Network} network
 * @param {Precision} kind
 * @param {number} longest
 */
function sizesOf(network, kind, longest) {
  const { vector_bytes, few } = network.description.sizes, more = (2 * vector_bytes) / bytesOf(kind), { windows } = network;
  return { more, copy: (more + few) * Math.max(longest, windows.longest) + windows.room };
}

/**
 * How many rows should go through at a time at least; large maps may go one by one.
 * @param {Network} network
 * @param {number} perRow bytes of a row
 */
function fewestRows(network, perRow) {
  const { fewest_rows, fewest_maps, work_bytes } = network.description.sizes;
  return network.readsWindows ? Math.max(1, Math.min(fewest_maps, Math.floor((2 * work_bytes) / perRow))) : fewest_rows;
}

/**
 * Room for a batch of ``n`` rows to go forward and back, as many at a time as fit.
 * @param {Arena} arena
 * @param {Network} network
 * @param {Precision} kind
 * @param {number} n
 */
export function roomRecord(arena, network, kind, n) {
  const { work_bytes } = network.description.sizes, perRow = bytesOf(kind) * (network.nFeatures + 3 * network.nNodes);
  const rows = Math.max(1, Math.min(n, Math.max(fewestRows(network, perRow), Math.floor(work_bytes / perRow))));
  const places = placesOf(network, rows), all = places[places.length - 1];
  const { more, copy } = sizesOf(network, kind, Math.max(rows, network.widest));
  return {
    n_rows: rows,
    starts: arena.array("i8", [places.length - 1], places.slice(0, -1)),
    x: arena.room(kind, [rows * network.nFeatures + more]),
    y: arena.room(kind, [rows * network.nOutputs]),
    share: arena.room(kind, [rows]),
    u: arena.room(kind, [all]),
    z: arena.room(kind, [all + more]),
    delta: arena.room(kind, [all + more]),
    copy: arena.room(kind, [copy]),
  };
}

/**
 * Room for ``n`` rows to go forward, as many at a time as the cache holds.
 * @param {Arena} arena
 * @param {Network} network
 * @param {Precision} kind
 * @param {number} n
 */
export function predictionRoom(arena, network, kind, n) {
  const { cache_bytes } = network.description.sizes, perRow = 2 * bytesOf(kind) * network.nNodes;
  const fitting = Math.max(fewestRows(network, perRow), Math.floor(cache_bytes / perRow));
  const rows = Math.min(n, fitting), places = placesOf(network, rows), { more, copy } = sizesOf(network, kind, network.widest);
  return {
    places: arena.array("i8", [places.length], places),
    order: arena.array("i8", [rows], counting(rows)),
    work: arena.room(kind, [2 * places[places.length - 1] + more + copy]),
  };
}
