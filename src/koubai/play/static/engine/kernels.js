// The module's functions, called by name with records of arrays and numbers.
//
// A function gets the address of its arguments in words of 8 bytes: of an array its address and its sizes, of a whole number
// or a truth value an int64, of any other number a float64. Names and kinds of the words are in the module's description.
import { Arena, EngineError, Lent } from "./memory.js";

/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").KernelFunction} KernelFunction */
/** @typedef {Lent | number | bigint | boolean | null | { [field: string]: Given }} Given an argument: records have fields */

const WORD = 8, HALF = 4;

/** An argument as its function reads it: where it lies in what is given, its kind, of an array that of its numbers and its axes, and its words. @typedef {{path: string[], kind: string, of: string, axes: number, words: number}} Argument */

export class Kernels {
  /**
   * @param {WebAssembly.Instance} instance
   * @param {Description} description
   */
  constructor(instance, description) {
    this.exports = instance.exports;
    this.description = description;
    const memory = /** @type {WebAssembly.Memory} */ (this.exports.memory);
    this.arena = new Arena(memory, Number(/** @type {WebAssembly.Global} */ (this.exports.__heap_base).value));
    for (const { symbol } of description.functions) {
      if (!(symbol in this.exports)) {
        throw new EngineError(`engine: the module must have ${symbol}, which its description names; it has not. Build both anew.`);
      }
    }
    /** @type {Map<string, {symbol: string, words: number, args: Argument[]}[]>} */
    this.entries = new Map();
    for (const { entry, symbol, arguments: named } of description.functions) {
      const args = named.map(([name, kind]) => argument(name, kind)), words = args.reduce((sum, each) => sum + each.words, 0);
      this.entries.set(entry, [...(this.entries.get(entry) ?? []), { symbol, words, args }]);
    }
    /** @type {() => void} */ (this.exports._initialize)();
  }

  /**
   * @param {BufferSource} module the module's bytes
   * @param {Description} description what lies beside it
   */
  static async load(module, description) {
    const { instance } = await WebAssembly.instantiate(module, {});
    return new Kernels(instance, description);
  }

  /**
   * Call a kernel; return its result, 0 if it has none.
   * @param {string} entry
   * @param {{ [name: string]: Given }} given by the names of its parameters
   * @returns {number}
   */
  call(entry, given) {
    let values = /** @type {(Given | undefined)[]} */ ([]);
    const found = this.entries.get(entry)?.find(({ args }) => {
      values = args.map(({ path }) => part(given, path));
      return args.every((each, index) => fits(each, values[index]));
    });
    if (!found) {
      throw new EngineError(`engine: the arguments of ${entry} must be of kinds that the module has code for; they are not. ` +
        "Make all numbers of one precision.");
    }
    const at = this.arena.bytes(WORD * (1 + found.words));
    const view = new DataView(this.arena.memory.buffer, at);
    let place = WORD; // behind the result
    found.args.forEach(({ kind, words }, index) => {
      write(view, place, kind, values[index]);
      place += WORD * words;
    });
    const status = /** @type {(words: number, result: number) => number} */ (this.exports[found.symbol])(at + WORD, at);
    if (status) throw new EngineError(`engine: ${entry} must run to its end; got status ${status}. Please report this.`);
    return view.getFloat64(0, true);
  }
}

/**
 * @param {string} name such as "net.shape"
 * @param {string} kind
 * @returns {Argument}
 */
function argument(name, kind) {
  const [of, axes] = kind.includes(":") ? kind.split(":") : ["", "0"];
  return { path: name.split("."), kind, of, axes: Number(axes), words: of ? 1 + Number(axes) : kind === "-" ? 0 : 1 };
}

/**
 * Return what a path of names stands for.
 * @param {{ [name: string]: Given }} given
 * @param {string[]} path
 * @returns {Given | undefined}
 */
function part(given, path) {
  let found = /** @type {any} */ (given);
  for (const field of path) found = found?.[field];
  return found;
}

/**
 * @param {Argument} argument
 * @param {Given | undefined} value
 */
function fits({ kind, of, axes }, value) {
  if (of) return value instanceof Lent && value.kind === of && value.shape.length === axes;
  if (kind === "-") return value === null;
  if (kind === "d") return typeof value === "number";
  return typeof value === "bigint" || typeof value === "boolean" || Number.isSafeInteger(value);
}

/**
 * @param {DataView} view
 * @param {number} place
 * @param {string} kind
 * @param {Given | undefined} value that fits
 */
function write(view, place, kind, value) {
  if (value instanceof Lent) {
    word(view, place, value.address);
    for (let k = 0; k < value.shape.length; k++) word(view, place + WORD * (k + 1), value.shape[k]);
  } else if (kind === "d") view.setFloat64(place, Number(value), true);
  else if (kind !== "-") view.setBigInt64(place, BigInt.asIntN(64, BigInt(/** @type {number | bigint | boolean} */ (value))), true);
}

/**
 * Write an address or a size, which are below 2³².
 * @param {DataView} view
 * @param {number} place
 * @param {number} number
 */
function word(view, place, number) {
  view.setUint32(place, number, true);
  view.setUint32(place + HALF, 0, true);
}
