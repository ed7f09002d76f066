// The positions of the network's nodes and links, separate from drawing so that clicks and pictures agree.

export const TOY_FEATURES = ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"];
const HEAD = 4;

/**
 * @typedef {{layer: number, index: number, input: number, x: number, y: number, size: number, name: string, active: boolean}} Node
 * layer 0 holds the inputs; `input` is the index of an active input among the network's inputs, or -1.
 * @typedef {{columns: Node[][], width: number, height: number, step: number, joined: boolean}} Layout
 * step is the distance between columns; joined says whether the links run on into the map beside the network.
 */

/**
 * The side of a node's square and the distance to the next one, in a column of `count` nodes.
 * @param {number} count
 * @param {number} roomy side if there is enough room
 */
function measures(count, roomy) {
  const size = count <= 8 ? roomy : count <= 12 ? 28 : count <= 20 ? 20 : count <= 40 ? 13 : Math.max(6, 520 / count);
  return { size, pitch: size * (count <= 8 ? 1.3 : 1.28) };
}

/**
 * @param {import("../types.js").State} state
 * @param {boolean} toy whether the inputs are features of two coordinates, which can be switched on and off
 * @param {number} available width in CSS pixels
 * @param {number | null} [goal] height at which the links reach the map to the right, if it stands there
 * @returns {Layout}
 */
export function layout(state, toy, available, goal = null) {
  const sizes = /** @type {any} */ (state.network).sizes;
  const inputs = toy ? TOY_FEATURES : state.feature_names;
  const counts = [inputs.length, ...sizes.slice(1)];
  const width = Math.max(available, counts.length * (counts.length > 6 ? 74 : 88)), step = width / counts.length;
  const joined = goal !== null && width === available;
  const roomy = Math.min(available >= 1000 ? 48 : available >= 640 ? 42 : 36, Math.max(22, Math.floor(step - 48)));
  const named = state.classes.length > 2 ? 20 : 0; // names stand above the output nodes
  const pitched = (/** @type {number} */ count, /** @type {number} */ layer) => measures(count, roomy).pitch + (joined && layer === counts.length - 1 ? named : 0);
  const height = Math.max(...counts.map((count, layer) => count * pitched(count, layer)), joined ? 330 : 0) + 2 * HEAD;
  const left = Math.max(56 + roomy / 2, Math.min(step / 2, 100)); // of the inputs, beside the map; their names need room
  const right = width - (named ? Math.min(roomy, 34, measures(counts[counts.length - 1], roomy).size) / 2 + 14 : 8);
  const columns = counts.map((count, layer) => {
    const first = layer === 0, last = layer === counts.length - 1, port = joined && last && !named;
    const { size } = port ? { size: 16 } : measures(count, joined && last ? Math.min(roomy, 34) : roomy), pitch = pitched(count, layer);
    const half = ((count - 1) * pitch + size) / 2 + HEAD;
    const middle = joined && last ? Math.max(half, Math.min(height - half, goal)) : height / 2;
    const top = middle - ((count - 1) * pitch) / 2;
    const shift = first ? Math.max(step * 0.24, 56 + size / 2 - step / 2) : last ? -Math.max(step * 0.2, 62 + size / 2 - step / 2) : 0;
    return Array.from({ length: count }, (_, index) => {
      const used = layer || !toy ? index : state.settings.features.indexOf(inputs[index]);
      const name = first ? inputs[index] : last ? outputName(state, index) : "";
      const x = joined ? left + ((right - left) * layer) / (counts.length - 1) : (layer + 0.5) * step + shift;
      return { layer, index, input: used, x, y: top + index * pitch, size, name, active: used >= 0 };
    });
  });
  return { columns, width, height, step, joined };
}

/**
 * @param {import("../types.js").State} state
 * @param {number} index
 */
const outputName = (state, index) => (state.classes.length > 2 ? state.classes[index] ?? "" : "");

/**
 * The curve of a link: horizontal at both ends.
 * @param {Node} from
 * @param {Node} to
 * @returns {[number, number, number, number]}
 */
export const ends = (from, to) => [from.x + from.size / 2, from.y, to.x - to.size / 2, to.y];

/**
 * A node's square in device pixels, `scale` of which make a CSS pixel.
 * @param {Node} node
 * @param {number} scale
 */
export const square = (node, scale) => ({
  left: Math.round((node.x - node.size / 2) * scale), top: Math.round((node.y - node.size / 2) * scale), side: Math.round(node.size * scale),
});

/**
 * The node under a point.
 * @param {Layout} plan
 * @param {number} x
 * @param {number} y
 */
export function nodeAt(plan, x, y) {
  for (const column of plan.columns)
    for (const node of column) {
      const reach = node.size / 2 + 2;
      if (Math.abs(node.x - x) <= reach && Math.abs(node.y - y) <= reach) return node;
    }
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
    const x0 = left[0].x + left[0].size / 2, x1 = right[0].x - right[0].size / 2;
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
 * The parameter t at which the curve, with both handles in the middle, has covered a given share of the width.
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
