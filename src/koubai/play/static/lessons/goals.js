// Goals of lessons: what is measured, and whether it is enough. Python's half is play/classroom/goals.py.

/** @type {Record<string, (value: number, limit: number) => boolean>} */
export const COMPARISONS = {
  below: (value, limit) => value < limit,
  above: (value, limit) => value > limit,
  at_most: (value, limit) => value <= limit,
  at_least: (value, limit) => value >= limit,
};

const number = (/** @type {any} */ value) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/**
 * All metrics in the page's present state; null where there is none.
 * @param {import("../types.js").State} state
 * @returns {Record<string, number | null>}
 */
export function measured(state) {
  const header = state.frame?.header ?? {}, sizes = state.network?.sizes ?? [];
  const hidden = sizes.slice(1, -1);
  return {
    train_loss: number(header.train_loss), test_loss: number(header.test_loss),
    train_accuracy: number(header.train_accuracy), test_accuracy: number(header.test_accuracy),
    mistakes: state.epoch >= 1 ? number(header.mistakes) : null, // before an epoch is done there were none
    epoch: Math.floor(state.epoch),
    hidden_layers: hidden.length, hidden_nodes: hidden.reduce((a, b) => a + b, 0),
    parameters: state.network?.n_parameters ?? null, features: sizes[0] ?? null,
    starts: state.starts?.losses?.length ?? 0, poor_starts: state.starts?.losses ? state.starts.n_poor : null,
    branches: state.kept.length, derivations: state.derivations,
  };
}

/**
 * Each condition of a goal, with the present value and whether it holds.
 * @param {any} goal
 * @param {Record<string, number | null>} values
 */
export const conditions = (goal, values) => Object.entries(goal ?? {}).flatMap(([metric, limits]) =>
  Object.entries(/** @type {Record<string, number>} */ (limits)).map(([comparison, limit]) => {
    const value = values[metric] ?? null;
    return { metric, comparison, limit, value, met: value !== null && COMPARISONS[comparison](value, limit) };
  }));

/**
 * @param {any} goal
 * @param {Record<string, number | null>} values
 */
export const is_met = (goal, values) => conditions(goal, values).every(({ met }) => met);

const SHARES = new Set(["train_accuracy", "test_accuracy"]);

/**
 * A number as it is said of a metric.
 * @param {string} metric
 * @param {number | null} value
 */
export function amount(metric, value) {
  if (value === null) return "–";
  return SHARES.has(metric) ? `${+(100 * value).toFixed(1)} %` : String(+value.toPrecision(3));
}
