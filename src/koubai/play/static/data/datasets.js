// Made data in the square [-6, 6]²: the same points as koubai.play.datasets, from the same numbers.
import { CounterRandom, DATA } from "./randomness.js";

/** @typedef {{x: Float64Array, y: Float64Array, targets: Float64Array}} Points */

/** The sets in the order by which their numbers are drawn. */
export const MADE = ["circle", "xor", "gauss", "spiral", "plane", "multi_gauss"];

/**
 * @param {string} name
 * @param {number} n
 * @param {number} noise
 * @param {number} seed
 * @returns {Points} with rows in random order
 */
export function make(name, n, noise, seed) {
  const rng = new CounterRandom(seed, DATA, MADE.indexOf(name));
  const found = RULES[name](rng, n, noise), order = rng.permutation(n);
  const taken = (/** @type {Float64Array} */ values) => Float64Array.from(order, (row) => values[row]);
  return { x: taken(found.x), y: taken(found.y), targets: taken(found.targets) };
}

/**
 * Points (n, 2), row by row, as two columns.
 * @param {Float64Array} pairs
 */
const columns = (pairs) => ({ x: pairs.filter((_, i) => i % 2 === 0), y: pairs.filter((_, i) => i % 2 === 1) });

/** @type {(n: number, rule: (row: number) => number) => Float64Array} */
const each = (n, rule) => Float64Array.from({ length: n }, (_, row) => rule(row));

const RADIUS = 5;
const CENTERS = [[-4, 2.5], [0, 2.5], [4, 2.5], [-4, -2.5], [0, -2.5], [4, -2.5]];

/** @type {Record<string, (rng: CounterRandom, n: number, noise: number) => Points>} */
const RULES = {
  circle(rng, n, noise) {
    const inner = Math.floor(n / 2), near = rng.uniform(0, 0.5 * RADIUS, inner), far = rng.uniform(0.7 * RADIUS, RADIUS, n - inner);
    const angle = rng.uniform(0, 2 * Math.PI, n);
    const distance = each(n, (row) => (row < inner ? near[row] : far[row - inner]));
    const x = each(n, (row) => distance[row] * Math.sin(angle[row])), y = each(n, (row) => distance[row] * Math.cos(angle[row]));
    const moved = rng.uniform(-RADIUS, RADIUS, 2 * n);
    const targets = each(n, (row) => Number(Math.hypot(x[row] + noise * moved[2 * row], y[row] + noise * moved[2 * row + 1]) < 0.5 * RADIUS));
    return { x, y, targets };
  },
  xor(rng, n, noise) {
    const { x, y } = columns(rng.uniform(-5, 5, 2 * n).map((value) => value + (value > 0 ? 0.3 : -0.3)));
    const moved = rng.uniform(-5, 5, 2 * n);
    return { x, y, targets: each(n, (row) => Number((x[row] + noise * moved[2 * row]) * (y[row] + noise * moved[2 * row + 1]) >= 0)) };
  },
  gauss(rng, n, noise) {
    const spread = Math.sqrt(0.5 + 7 * noise), targets = each(n, (row) => Number(row < Math.floor(n / 2)));
    const { x, y } = columns(rng.normal(0, 1, 2 * n).map((value, i) => (targets[Math.floor(i / 2)] ? 2 : -2) + spread * value));
    return { x, y, targets };
  },
  spiral(rng, n, noise) {
    const half = Math.floor(n / 2), moved = rng.uniform(-1, 1, 2 * n);
    const share = each(n, (row) => (row < half ? row / half : (row - half) / (n - half)));
    const angle = each(n, (row) => 1.75 * 2 * Math.PI * share[row] + (row < half ? 0 : Math.PI));
    const x = each(n, (row) => 5 * share[row] * Math.sin(angle[row]) + noise * moved[2 * row]);
    const y = each(n, (row) => 5 * share[row] * Math.cos(angle[row]) + noise * moved[2 * row + 1]);
    return { x, y, targets: each(n, (row) => Number(row < half)) };
  },
  plane(rng, n, noise) {
    const { x, y } = columns(rng.uniform(-6, 6, 2 * n)), moved = rng.uniform(-6, 6, 2 * n);
    const sum = (/** @type {number} */ row) => x[row] + noise * moved[2 * row] + (y[row] + noise * moved[2 * row + 1]);
    return { x, y, targets: each(n, (row) => Math.min(1, Math.max(-1, sum(row) / 10))) };
  },
  multi_gauss(rng, n, noise) {
    const { x, y } = columns(rng.uniform(-6, 6, 2 * n)), moved = rng.uniform(-6, 6, 2 * n);
    const targets = each(n, (row) => {
      const place = [x[row] + noise * moved[2 * row], y[row] + noise * moved[2 * row + 1]];
      const heights = CENTERS.map(([a, b], k) => (k % 2 ? -1 : 1) * Math.min(1, Math.max(0, 1 - Math.hypot(place[0] - a, place[1] - b) / 2)));
      return heights.reduce((best, height) => (Math.abs(height) > Math.abs(best) ? height : best), heights[0]);
    });
    return { x, y, targets };
  },
};
