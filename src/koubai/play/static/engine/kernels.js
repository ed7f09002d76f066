// The module's functions, called by name with records of arrays and numbers.
//
// A function gets the address of its arguments in words of 8 bytes: of an array its address and its sizes, of a whole number
// or a truth value an int64, of any other number a float64. Names and kinds of the words are in the module's description.
import { Arena, EngineError, Lent } from "./memory.js";

/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").KernelFunction} KernelFunction */
/** @typedef {Lent | number | bigint | boolean | null | { [field: string]: Given }} Given an argument: records have fields */

const WORD = 8;

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
    const found = this.description.functions.find((each) => each.entry === entry && each.arguments.every(
      ([name, kind]) => fits(kind, part(given, name))));
    if (!found) {
      throw new EngineError(`engine: the arguments of ${entry} must be of kinds that the module has code for; they are not. ` +
        "Make all numbers of one precision.");
    }
    const counts = found.arguments.map(([, kind]) => wordsOf(kind));
    const at = this.arena.bytes(WORD * (1 + counts.reduce((a, b) => a + b, 0)));
    const view = new DataView(this.arena.memory.buffer, at);
    let place = WORD; // behind the result
    found.arguments.forEach(([name, kind], index) => {
      write(view, place, kind, part(given, name));
      place += WORD * counts[index];
    });
    const status = /** @type {(words: number, result: number) => number} */ (this.exports[found.symbol])(at + WORD, at);
    if (status) throw new EngineError(`engine: ${entry} must run to its end; got status ${status}. Please report this.`);
    return view.getFloat64(0, true);
  }
}

/**
 * Return what a name such as "net.shape" stands for.
 * @param {{ [name: string]: Given }} given
 * @param {string} name
 * @returns {Given | undefined}
 */
function part(given, name) {
  let found = /** @type {any} */ (given);
  for (const field of name.split(".")) found = found?.[field];
  return found;
}

/**
 * @param {string} kind
 * @param {Given | undefined} value
 */
function fits(kind, value) {
  if (kind.includes(":")) return value instanceof Lent && kind === `${value.kind}:${value.shape.length}`;
  if (kind === "-") return value === null;
  if (kind === "d") return typeof value === "number";
  return typeof value === "bigint" || typeof value === "boolean" || Number.isSafeInteger(value);
}

/** @param {string} kind */
const wordsOf = (kind) => (kind.includes(":") ? 1 + Number(kind.slice(kind.indexOf(":") + 1)) : kind === "-" ? 0 : 1);

/**
 * @param {DataView} view
 * @param {number} place
 * @param {string} kind
 * @param {Given | undefined} value that fits
 */
function write(view, place, kind, value) {
  if (value instanceof Lent) [value.address, ...value.shape].forEach((number, k) => view.setBigInt64(place + WORD * k, BigInt(number), true));
  else if (kind === "d") view.setFloat64(place, Number(value), true);
  else if (kind !== "-") view.setBigInt64(place, BigInt.asIntN(64, BigInt(/** @type {number | bigint | boolean} */ (value))), true);
}
