// Initial values by name: the rules of koubai.core.initializers.
import { joined } from "../data/numbers.js";
import { CounterRandom } from "../data/randomness.js";

/** @typedef {(rng: CounterRandom, nIn: number, nOut: number, count: number) => Float64Array} Rule */

/** What a layer reads and where it goes, and how many weights and biases it has. @typedef {{nIn: number, nOut: number, weights: number, biases: number}} Fan */

/** @type {(share: (nIn: number, nOut: number) => number) => Rule} */
const uniform = (share) => (rng, nIn, nOut, count) => {
  const bound = Math.sqrt(share(nIn, nOut));
  return rng.uniform(-bound, bound, count);
};

/** @type {(variance: (nIn: number, nOut: number) => number) => Rule} */
const normal = (variance) => (rng, nIn, nOut, count) => rng.normal(0, Math.sqrt(variance(nIn, nOut)), count);

/** @type {Record<string, Rule>} */
const RULES = {
  glorot_uniform: uniform((a, b) => 6 / (a + b)),
  glorot_normal: normal((a, b) => 2 / (a + b)),
  he_uniform: uniform((a) => 6 / a),
  he_normal: normal((a) => 2 / a),
  lecun_uniform: uniform((a) => 3 / a),
  lecun_normal: normal((a) => 1 / a),
  zeros: (_, nIn, nOut, count) => new Float64Array(count),
};

/**
 * Return θ, and the seed of the shuffles that is drawn after it.
 * @param {number} seed
 * @param {string} scheme
 * @param {Fan[]} fans of the layers that have parameters
 * @param {string[]} activations of the hidden layers
 * @returns {{theta: Float64Array, seed: bigint}}
 */
export function started(seed, scheme, fans, activations) {
  const rng = new CounterRandom(seed), parts = /** @type {Float64Array[]} */ ([]);
  const factor = activations[0] === "sigmoid" ? 2 : 6;
  for (const { nIn, nOut, weights, biases } of fans) {
    if (scheme === "scikit-learn") {
      const bound = Math.sqrt(factor / (nIn + nOut));
      parts.push(rng.uniform(-bound, bound, weights), rng.uniform(-bound, bound, biases));
    } else parts.push(RULES[scheme](rng, nIn, nOut, weights), new Float64Array(biases));
  }
  return { theta: joined(parts), seed: rng.seed() };
}

/**
 * What each layer with parameters reads and where it goes. A node of a convolution reads the cells of its window; a cell goes to as
 * many nodes of every filter.
 * @param {import("../engine/network.js").Network} network
 * @returns {Fan[]}
 */
export function fansOf({ layers, blocks }) {
  return layers.flatMap(({ nIn, nOut, map }, index) => {
    const [weights, biases] = blocks.filter((block) => block.layer === index);
    if (!weights) return [];
    const count = weights.stop - weights.start, last = weights.shape[weights.shape.length - 1], cells = map ? map.high * map.wide : 1;
    return [{ nIn: map ? count / last : nIn, nOut: map ? cells * last : nOut, weights: count, biases: biases.stop - biases.start }];
  });
}
