// How the learning rate α changes from update to update: the schedules of koubai.optimizers.schedules.
import { rounded } from "../data/numbers.js";

/**
 * @typedef {object} Updates what a schedule may ask
 * @property {number} first number of the first update, from 0
 * @property {number} count
 * @property {number} steps updates of an epoch
 * @property {number} total updates in all
 * @property {number} nRows rows of an epoch
 */

/** @typedef {{name: string, [parameter: string]: unknown}} Spec */

/** @param {number} start @param {number} end @param {number} share */
const halfCosine = (start, end, share) => end + ((start - end) / 2) * (1 + Math.cos(Math.PI * share));

/** Share of all updates done before this one. @param {number} k @param {Updates} updates */
const done = (k, { total }) => Math.min(k, total - 1) / total;

/** @type {Record<string, (base: number, k: number, updates: Updates, given: any) => number>} */
const RULES = {
  constant: (base) => base,
  step: (base, k, { steps }, { factor = 0.5, every = 10 }) => base * factor ** Math.floor(Math.floor(k / steps) / every),
  inverse_scaling: (base, k, { steps, nRows }, { power = 0.5 }) => base / (Math.floor(k / steps) * nRows + 1) ** power,
  cosine(base, k, { total }, { warmup = 0.05, floor = 0 }) {
    const at = Math.min(k, total), w = rounded(warmup * total);
    if (at < w) return (base * (at + 1)) / (w + 1);
    return base * (floor + ((1 - floor) * (1 + Math.cos((Math.PI * (at - w)) / Math.max(total - w, 1)))) / 2);
  },
  log_cosine: (base, k, updates, { cycles = 4 }) =>
    (base * (1 - Math.cos(2 * Math.PI * Math.log2(1 + (2 ** cycles - 1) * done(k, updates))))) / 2,
  flat_cosine: (base, k, updates, { flat = 0.5 }) => (base * (1 + Math.cos((Math.PI * Math.max(done(k, updates) - flat, 0)) / (1 - flat)))) / 2,
  one_cycle(base, k, { total }, { rise = 0.3, start_divisor = 25, end_divisor = 1e4 }) {
    const last = total - 1, top = rise * total - 1, at = Math.min(k, last), start = base / start_divisor;
    if (at <= top) return halfCosine(start, base, top > 0 ? at / top : 1);
    return halfCosine(base, start / end_divisor, top < last ? (at - top) / (last - top) : 1);
  },
};

/**
 * Return α of updates, one behind another; past its end a schedule stays at its last rate.
 * @param {string | Spec} given
 * @param {number} base α₀
 * @param {Updates} updates
 */
export function ratesOf(given, base, updates) {
  const spec = typeof given === "string" ? { name: given } : given, rule = RULES[spec.name];
  const { first, count, total } = updates;
  const rates = new Float64Array(count);
  if (spec.name === "constant") return rates.fill(base);
  for (let i = 0; i < count; i++) rates[i] = rule(base, Math.max(0, Math.min(first + i, total - 1)), updates, spec);
  return rates;
}
