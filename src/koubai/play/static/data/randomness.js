// Counter-based random numbers, word for word those of koubai.core.randomness and koubai.core.counter_random.

const MASK = (1n << 64n) - 1n;
const GAMMA = 0x9e3779b97f4a7c15n, MIX_1 = 0xbf58476d1ce4e5b9n, MIX_2 = 0x94d049bb133111ebn;

/** Streams below a seed. */
export const SHUFFLE = 1;
export const DROPOUT = 2;
export const INITIAL = 6;
export const DATA = 7;

/** @param {bigint} x */
function mix(x) {
  x = ((x ^ (x >> 30n)) * MIX_1) & MASK;
  x = ((x ^ (x >> 27n)) * MIX_2) & MASK;
  return x ^ (x >> 31n);
}

/**
 * Return the key of a stream below a seed.
 * @param {number | bigint} seed
 * @param {...number} path
 */
export function deriveKey(seed, ...path) {
  let key = BigInt(seed) & MASK;
  for (const part of path) key = mix((key + BigInt(part + 1) * GAMMA) & MASK);
  return key;
}

/**
 * Return a permutation of 0 … n-1 (Durstenfeld 1964, Algorithm 235).
 * @param {bigint} key
 * @param {number} n
 */
export function permutation(key, n) {
  const order = Array.from({ length: n }, (_, row) => row);
  for (let i = n - 1; i > 0; i--) {
    const half = mix((key + BigInt(i + 1) * GAMMA) & MASK) >> 32n;
    const j = Number((half * BigInt(i + 1)) >> 32n);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * Return the first n numbers of a stream, in [0, 1).
 * @param {bigint} key
 * @param {number} n
 */
export function uniforms(key, n) {
  return Float64Array.from({ length: n }, (_, i) => Number(mix((key + BigInt(i + 1) * GAMMA) & MASK) >> 11n) * 2 ** -53);
}

/** A stream of numbers below a seed. */
export class CounterRandom {
  /**
   * @param {number | bigint} seed
   * @param {...number} path the stream; that of initial values by default
   */
  constructor(seed, ...path) {
    this.key = deriveKey(seed, ...(path.length ? path : [INITIAL]));
    this.drawn = 0;
  }

  #word() {
    this.drawn += 1;
    return mix((this.key + BigInt(this.drawn) * GAMMA) & MASK);
  }

  #share() {
    return Number(this.#word() >> 11n) * 2 ** -53;
  }

  /**
   * @param {number} low
   * @param {number} high
   * @param {number} n
   */
  uniform(low, high, n) {
    return Float64Array.from({ length: n }, () => low + (high - low) * this.#share());
  }

  /**
   * @param {number} center
   * @param {number} scale
   * @param {number} n
   */
  normal(center, scale, n) {
    return Float64Array.from({ length: n }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - this.#share()));
      return center + scale * radius * Math.cos(2 * Math.PI * this.#share());
    });
  }

  /** @param {number} n */
  permutation(n) {
    const key = deriveKey(this.key, this.drawn);
    this.drawn += 1;
    return permutation(key, n);
  }

  /** Return a 63-bit seed for what follows. */
  seed() {
    const [high, low] = [0, 0].map(() => ((this.#word() >> 32n) * (1n << 31n)) >> 32n);
    return (high << 32n) | low;
  }
}
