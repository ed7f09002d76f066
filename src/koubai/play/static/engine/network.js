// The layout of a network: where each layer's parameters lie in θ, and the numbers by which kernels know its layers.
import { mapOf } from "./maps.js";
import { EngineError } from "./memory.js";

/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").KindSpec} KindSpec */
/** @typedef {import("./types.js").Named} Named */
/** @typedef {import("./types.js").NetworkSpec} NetworkSpec */
/** @typedef {{ name: string, layer: number, group: string, penalized: boolean, shape: number[], lines: number, start: number, stop: number }} Block its place in θ, and its rows, which threads divide */
/** @typedef {{ nIn: number, nOut: number, row: number[], numbers: number[], dropout: number, map: Record<string, number> | null }} Layer with what kernels read of it */

export class Network {
  /**
   * @param {NetworkSpec} spec as model files hold it
   * @param {Description} description of the module
   */
  constructor(spec, description) {
    if (!spec.layers.length) throw new EngineError("engine: layers must contain at least one layer; got none. Add a dense layer.");
    this.description = description;
    /** @type {Block[]} */
    this.blocks = [];
    this.nParameters = 0;
    /** @type {number[]} whole numbers that kinds of layers need besides */
    this.lists = [];
    /** @type {Layer[]} */
    this.layers = spec.layers.map((layer, index) => this.#layer(layer, index));
    this.layers.slice(1).forEach(({ nIn }, index) => {
      const before = this.layers[index].nOut;
      if (nIn !== before) {
        throw new EngineError(`engine: layer ${index + 1} must take the ${before} outputs of layer ${index}; got n_in=${nIn}. Make them equal.`);
      }
    });
    this.loss = numbersOf("loss", spec.loss, description.losses, description.most_loss_parameters);
    const smoothing = typeof spec.loss === "string" ? 0 : Number(spec.loss.smoothing ?? 0);
    if (smoothing !== 0) {
      throw new EngineError(`engine: a loss's smoothing must be 0 in JavaScript; got ${smoothing}. Smooth the targets before they are given.`);
    }
    const { columns } = description.columns;
    /** The number of all nodes. */
    this.nNodes = this.layers.reduce((sum, { nOut }) => sum + nOut, 0);
    /** The most sources, nodes, or columns of a block of a layer. */
    this.widest = Math.max(...this.layers.flatMap(({ nIn, nOut, row }) => [nIn, nOut, row[columns]]));
    this.windows = this.#windows();
    this.hasDropout = this.layers.some(({ dropout }) => dropout > 0);
  }

  get nFeatures() {
    return this.layers[0].nIn;
  }

  get nOutputs() {
    return this.layers[this.layers.length - 1].nOut;
  }

  /** The numbers of room that the windows of convolutions take, and the most terms or rows of their products. */
  #windows() {
    const { rows, n_in } = this.description.columns;
    const own = this.layers.filter(({ row, map }) => map && row[rows]).map(({ row, map }) => {
      const count = /** @type {Record<string, number>} */ (map).lines_at_once * /** @type {Record<string, number>} */ (map).out_width;
      return { room: row[n_in] + count * row[rows], longest: Math.max(count, row[rows]) };
    });
    return { room: Math.max(0, ...own.map(({ room }) => room)), longest: Math.max(0, ...own.map(({ longest }) => longest)) };
  }

  /** Whether a layer moves windows over maps. */
  get readsWindows() {
    return this.layers.some(({ map }) => map !== null && "out_width" in map);
  }

  /** Kernels' rows of the blocks of parameters; none is updated without a gradient between, which only BLAS would do. */
  get parts() {
    const { part_columns: at, n_part_columns } = this.description;
    return this.blocks.map(({ lines, start, stop, penalized }) => {
      const row = /** @type {number[]} */ (new Array(n_part_columns).fill(0));
      [row[at.start], row[at.lines], row[at.width], row[at.penalized]] = [start, lines, (stop - start) / lines, Number(penalized)];
      return row;
    });
  }

  /**
   * @param {{ kind: string, [field: string]: unknown }} spec
   * @param {number} index
   * @returns {Layer}
   */
  #layer(spec, index) {
    const { layers, columns, n_columns, activations, most_parameters, numbers } = this.description;
    const kind = layers[spec.kind];
    if (!kind) throw new EngineError(`engine: a layer's kind must be one of ${Object.keys(layers).join(", ")}; got ${spec.kind}. Choose one.`);
    const map = kind.map ? mapOf(spec, kind, this.description) : null, fields = map ? { ...spec, ...map } : spec;
    const nIn = sizeOf(fields, kind.n_in), nOut = sizeOf(fields, kind.n_out), row = /** @type {number[]} */ (new Array(n_columns).fill(0));
    [row[columns.kind], row[columns.n_in], row[columns.n_out]] = [kind.code, nIn, nOut];
    kind.blocks.filter(({ needs }) => needs === null || (spec[needs] ?? true)).forEach((block, place) => {
      const shape = block.shape.map((size) => sizeOf(fields, size)), size = shape.reduce((a, b) => a * b, 1), start = this.nParameters;
      const lines = map && shape.length > 1 ? size / shape[shape.length - 1] : shape[0];
      this.nParameters += size;
      this.blocks.push({ name: block.name, layer: index, group: block.group, penalized: block.penalized, shape, lines, start, stop: start + size });
      if (place === 0) {
        [row[columns.weights], row[columns.biases]] = [start, start + size];
        [row[columns.rows], row[columns.columns]] = [lines, shape.length > 1 ? shape[shape.length - 1] : 1];
      } else if (block.is_biases) row[columns.n_biases] += size;
    });
    if (kind.list !== null) {
      row[columns.list] = this.lists.length;
      this.lists.push(.../** @type {number[]} */ (spec[kind.list]));
    }
    if (map && kind.windows !== null) {
      row[columns.list] = this.lists.length;
      this.lists.push(...this.description.map_numbers.map((name) => map[name]));
    }
    const given = kind.has_activation ? /** @type {string | Named} */ (spec.activation ?? "identity") : "identity";
    const outer = numbersOf("activation", given, activations, most_parameters);
    row[columns.activation] = outer.code;
    const inner = kind.inner === null ? null : numbersOf(kind.inner, /** @type {string | Named} */ (spec[kind.inner]), activations, most_parameters);
    if (inner) row[columns.inner] = inner.code;
    const dropout = Number(spec.dropout ?? 0), own = /** @type {number[]} */ (new Array(numbers.parameters).fill(0));
    if (!(dropout >= 0 && dropout < 1)) throw new EngineError(`engine: dropout must be in [0, 1); got ${spec.dropout}. Try 0.2.`);
    own[numbers.dropout_rate] = dropout;
    return { nIn, nOut, row, numbers: [...own, ...(inner ?? outer).parameters], dropout, map };
  }
}

/**
 * Return the number of an activation, a loss or an optimizer, and its parameters in their order, 0 behind them.
 * @param {string} what
 * @param {string | Named} given
 * @param {Record<string, KindSpec>} kinds
 * @param {number} most parameters
 * @returns {{ code: number, parameters: number[] }}
 */
export function numbersOf(what, given, kinds, most) {
  const named = /** @type {Named} */ (typeof given === "string" ? { name: given } : given);
  const kind = Object.hasOwn(kinds, named.name) ? kinds[named.name] : undefined;
  if (!kind) throw new EngineError(`engine: ${what} must be one of ${Object.keys(kinds).join(", ")}; got ${named.name}. Choose one.`);
  const unknown = Object.keys(named).find((name) => name !== "name" && !(name in kind.parameters));
  if (unknown) {
    const known = Object.keys(kind.parameters).join(", ");
    throw new EngineError(`engine: ${named.name} must be given ${known ? `only ${known}` : "no parameters"}; got ${unknown}. Leave it out.`);
  }
  const parameters = /** @type {number[]} */ (new Array(most).fill(0));
  Object.entries(kind.parameters).forEach(([name, usual], place) => {
    const value = named[name] ?? usual;
    if (typeof value !== "number") throw new EngineError(`engine: ${name} of ${named.name} must be a number; got ${value}. Try ${usual}.`);
    parameters[place] = value;
  });
  return { code: kind.code, parameters };
}

/**
 * @param {Record<string, unknown>} spec of a layer
 * @param {import("./types.js").Size} size in terms of its fields
 */
const sizeOf = (spec, size) => size.reduce((sum, factors) => sum + factors.reduce((product, field) => product * whole(spec, field), 1), 0);

/**
 * @param {Record<string, unknown>} spec
 * @param {string} field
 */
function whole(spec, field) {
  const given = spec[field], value = Array.isArray(given) ? given.length : Number(given);
  if (!Number.isSafeInteger(value) || value < 1) throw new EngineError(`engine: ${field} must be an integer >= 1; got ${given}. Try 8.`);
  return value;
}
