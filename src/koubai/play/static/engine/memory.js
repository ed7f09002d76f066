// The module's memory, lent out as arrays one behind another, and given back all at once.

/** @typedef {import("./types.js").Kind} Kind */

/** A sentence for whoever calls the engine: what is required, what came, and what to do. */
export class EngineError extends Error {}

const VIEWS = {
  f4: Float32Array, f8: Float64Array, i4: Int32Array, i8: BigInt64Array, u4: Uint32Array, u8: BigUint64Array, b1: Uint8Array,
};
const ALIGNMENT = 64; // a line of the cache
const PAGE = 1 << 16;
const MOST_BYTES = 2 ** 32 - PAGE; // that 32-bit addresses reach

/** An array in the module's memory. */
export class Lent {
  /**
   * @param {WebAssembly.Memory} memory
   * @param {Kind} kind
   * @param {number} address
   * @param {readonly number[]} shape
   */
  constructor(memory, kind, address, shape) {
    this.memory = memory;
    this.kind = kind;
    this.address = address;
    this.shape = shape;
  }

  /** The numbers, to read and write until memory is lent again: a memory that has grown is another one. */
  get values() {
    return new VIEWS[this.kind](this.memory.buffer, this.address, size(this.shape));
  }
}

/** Lends the memory from an address on. */
export class Arena {
  /**
   * @param {WebAssembly.Memory} memory
   * @param {number} base
   */
  constructor(memory, base) {
    this.memory = memory;
    this.base = base;
    this.next = base;
  }

  /** Take back all that is lent. */
  clear() {
    this.next = this.base;
  }

  /**
   * Return the address of so many bytes.
   * @param {number} bytes
   */
  bytes(bytes) {
    const address = Math.ceil(this.next / ALIGNMENT) * ALIGNMENT, end = address + bytes;
    if (end > MOST_BYTES) {
      throw new EngineError(`engine: all arrays together must fit into 4 GB; got ${Math.ceil(end / 2 ** 20)} MB. Use fewer rows.`);
    }
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.#grow(missing);
    this.next = end;
    return address;
  }

  /** @param {number} pages */
  #grow(pages) {
    try {
      this.memory.grow(pages);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new EngineError(`engine: the browser must have ${pages >> 4} MB of memory more; it refused. Use fewer rows.`);
    }
  }

  /**
   * Lend an array of zeros, or of these numbers.
   * @param {Kind} kind
   * @param {readonly number[]} shape
   * @param {ArrayLike<number | bigint>} [values] fastest where they are an array of this very kind
   */
  array(kind, shape, values) {
    const n = size(shape);
    const lent = new Lent(this.memory, kind, this.bytes(n * VIEWS[kind].BYTES_PER_ELEMENT), shape);
    const view = lent.values;
    if (values === undefined) view.fill(/** @type {never} */ (isWide(view) ? 0n : 0));
    else if (values.length !== n) throw new EngineError(`engine: an array must have ${n} numbers; got ${values.length}. Check its length.`);
    else if (isWide(view) && isWide(values)) view.set(values);
    else if (isWide(view)) for (let i = 0; i < n; i++) view[i] = BigInt(values[i]);
    else view.set(/** @type {ArrayLike<number>} */ (values));
    return lent;
  }

  /**
   * Lend an array whose numbers are whatever was there, for work.
   * @param {Kind} kind
   * @param {readonly number[]} shape
   */
  room(kind, shape) {
    return new Lent(this.memory, kind, this.bytes(size(shape) * VIEWS[kind].BYTES_PER_ELEMENT), shape);
  }
}

/** @param {readonly number[]} shape */
const size = (shape) => shape.reduce((product, count) => product * count, 1);

let counted = new BigInt64Array(0);

/** The numbers from 0 to n - 1. @param {number} n */
export function counting(n) {
  if (counted.length < n) counted = BigInt64Array.from({ length: n }, (_, at) => BigInt(at));
  return counted.subarray(0, n);
}

/**
 * @param {ArrayBufferView | ArrayLike<number | bigint>} view
 * @returns {view is BigInt64Array | BigUint64Array}
 */
const isWide = (view) => view instanceof BigInt64Array || view instanceof BigUint64Array;
