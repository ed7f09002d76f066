// Where nodes and links of the network lie. No drawing here, so that clicks and pictures agree.

export const TOY_FEATURES = ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"];
const HEAD = 4;

/**
 * @typedef {{layer: number, index: number, input: number, x: number, y: number, name: string, active: boolean}} Node
 * layer 0 holds the inputs; `input` is the place of an active input among the network's inputs, or -1.
 * @typedef {{columns: Node[][], size: number, width: number, height: number, gap: number}} Layout
 */

/**
 * @param {import("./types.js").State} state
 * @param {boolean} toy whether the inputs are features of two coordinates, which can be switched on and off
 * @param {number} available width in CSS pixels
 * @returns {Layout}
 */
export function layout(state, toy, available) {
  const sizes = /** @type {any} */ (state.network).sizes;
  const inputs = toy ? TOY_FEATURES : state.feature_names;
  const counts = [inputs.length, ...sizes.slice(1)];
  const most = Math.max(...counts);
  const size = most <= 8 ? 38 : most <= 12 ? 28 : most <= 20 ? 20 : most <= 40 ? 13 : Math.max(6, 520 / most);
  const gap = size * (most <= 8 ? 0.38 : 0.28);
  const least = size >= 28 ? 92 : 84;
  const width = Math.max(available, counts.length * least);
  const height = most * (size + gap) + 2 * HEAD;
  const step = width / counts.length;
  const columns = counts.map((count, layer) => {
    const top = HEAD + ((most - count) * (size + gap)) / 2 + (size + gap) / 2;
    return Array.from({ length: count }, (_, index) => {
      const used = layer || !toy ? index : state.settings.features.indexOf(inputs[index]);
      const name = layer === 0 ? inputs[index] : layer === counts.length - 1 ? outputName(state, index) : "";
      const shift = layer === 0 ? step * 0.24 : layer === counts.length - 1 ? -step * 0.2 : 0;
      return { layer, index, input: used, x: (layer + 0.5) * step + shift, y: top + index * (size + gap), name, active: used >= 0 };
    });
  });
  return { columns, size, width, height, gap };
}

/**
 * @param {import("./types.js").State} state
 * @param {number} index
 */
const outputName = (state, index) => (state.classes.length > 2 ? state.classes[index] ?? "" : "");

/**
 * The curve of a link: horizontal at both ends.
 * @param {Node} from
 * @param {Node} to
 * @param {number} size
 * @returns {[number, number, number, number]}
 */
export const ends = (from, to, size) => [from.x + size / 2, from.y, to.x - size / 2, to.y];

/**
 * The node under a point.
 * @param {Layout} plan
 * @param {number} x
 * @param {number} y
 */
export function nodeAt(plan, x, y) {
  const reach = plan.size / 2 + 2;
  for (const column of plan.columns) for (const node of column) if (Math.abs(node.x - x) <= reach && Math.abs(node.y - y) <= reach) return node;
  return null;
}

/**
 * The link nearest to a point. All links of a gap share x(t), so that one t serves them all.
 * @param {Layout} plan
 * @param {number} x
 * @param {number} y
 * @returns {{layer: number, source: number, target: number} | null}
 */
export function linkAt(plan, x, y) {
  for (let layer = 1; layer < plan.columns.length; layer++) {
    const [left, right] = [plan.columns[layer - 1], plan.columns[layer]];
    const x0 = left[0].x + plan.size / 2, x1 = right[0].x - plan.size / 2;
    if (x < x0 || x > x1) continue;
    const t = parameter((x - x0) / (x1 - x0));
    const share = 3 * t * t - 2 * t * t * t;
    let best = null, nearest = 7;
    for (const from of left) {
      if (!from.active) continue;
      for (const to of right) {
        const distance = Math.abs(from.y + (to.y - from.y) * share - y);
        if (distance < nearest) {
          nearest = distance;
          best = { layer, source: from.input, target: to.index };
        }
      }
    }
    return best;
  }
  return null;
}

/**
 * The t at which 1.5 t (1 − t) + t³ … of the curve with both handles in the middle reaches a share of the way.
 * @param {number} share
 */
function parameter(share) {
  let [low, high] = [0, 1];
  for (let i = 0; i < 20; i++) {
    const t = (low + high) / 2, u = 1 - t;
    const x = 1.5 * u * u * t + 1.5 * u * t * t + t * t * t;
    if (x < share) low = t;
    else high = t;
  }
  return (low + high) / 2;
}
