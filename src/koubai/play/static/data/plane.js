// The plane in which rows are shown: two features, or the two directions in which the rows differ most.

/** @typedef {{x: Float64Array, y: Float64Array, axes: [string, string], extent: number[][], inputs: (x: ArrayLike<number>, y: ArrayLike<number>) => Float64Array}} Plane */

const TURNS = 300;

/**
 * @param {Float64Array} inputs row behind row
 * @param {number} d features of a row
 * @param {boolean[]} test
 * @param {string[]} names
 * @param {"pca" | number[]} axes
 * @returns {Plane}
 */
export function planeOf(inputs, d, test, names, axes) {
  const n = test.length, center = centerOf(inputs, d, test);
  if (axes === "pca" || d === 1) {
    const [first, second] = d === 1 ? [Float64Array.of(1), Float64Array.of(0)] : directionsOf(inputs, d, test, center);
    const along = (/** @type {Float64Array} */ direction) => Float64Array.from({ length: n }, (_, row) => {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += (inputs[row * d + j] - center[j]) * direction[j];
      return sum;
    });
    const x = along(first), y = along(second);
    return { x, y, axes: d === 1 ? [names[0], ""] : ["PC1", "PC2"], extent: extentOf(x, y), inputs: (a, b) => rowsOf(a, b, d, (i, j) => center[j] + a[i] * first[j] + b[i] * second[j]) };
  }
  const [i, j] = axes.map((axis) => Math.min(axis, d - 1));
  const x = Float64Array.from({ length: n }, (_, row) => inputs[row * d + i]), y = Float64Array.from({ length: n }, (_, row) => inputs[row * d + j]);
  // where both axes are one feature, the second is the one that counts
  return { x, y, axes: [names[i], names[j]], extent: extentOf(x, y), inputs: (a, b) => rowsOf(a, b, d, (row, k) => (k === j ? b[row] : k === i ? a[row] : center[k])) };
}

/**
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} y
 * @param {number} d
 * @param {(row: number, feature: number) => number} value
 */
function rowsOf(x, y, d, value) {
  const found = new Float64Array(x.length * d);
  for (let row = 0, at = 0; row < x.length; row++) for (let j = 0; j < d; j++) found[at++] = value(row, j);
  return found;
}

/**
 * Mean of the training rows.
 * @param {Float64Array} inputs
 * @param {number} d
 * @param {boolean[]} test
 */
function centerOf(inputs, d, test) {
  const center = new Float64Array(d);
  let count = 0;
  test.forEach((held, row) => {
    if (held) return;
    count += 1;
    for (let j = 0; j < d; j++) center[j] += inputs[row * d + j];
  });
  return center.map((sum) => sum / Math.max(1, count));
}

/**
 * The two principal directions of the training rows, by turns of the power method with each other taken out; each points to
 * where its largest component is positive.
 * @param {Float64Array} inputs
 * @param {number} d
 * @param {boolean[]} test
 * @param {Float64Array} center
 */
function directionsOf(inputs, d, test, center) {
  const covariance = new Float64Array(d * d);
  test.forEach((held, row) => {
    if (held) return;
    for (let j = 0; j < d; j++) for (let k = 0; k <= j; k++) covariance[j * d + k] += (inputs[row * d + j] - center[j]) * (inputs[row * d + k] - center[k]);
  });
  for (let j = 0; j < d; j++) for (let k = 0; k < j; k++) covariance[k * d + j] = covariance[j * d + k];
  const found = /** @type {Float64Array[]} */ ([]);
  for (let which = 0; which < 2; which++) {
    let v = Float64Array.from({ length: d }, (_, j) => 1 + ((j * 7 + which * 3) % 5) / 10);
    for (let turn = 0; turn < TURNS; turn++) {
      const next = new Float64Array(d);
      for (let j = 0; j < d; j++) for (let k = 0; k < d; k++) next[j] += covariance[j * d + k] * v[k];
      for (const other of found) {
        const share = next.reduce((sum, value, j) => sum + value * other[j], 0);
        for (let j = 0; j < d; j++) next[j] -= share * other[j];
      }
      const length = Math.hypot(...next);
      if (!(length > 1e-300)) break;
      v = next.map((value) => value / length);
    }
    for (const other of found) {
      const share = v.reduce((sum, value, j) => sum + value * other[j], 0);
      v = v.map((value, j) => value - share * other[j]);
    }
    const length = Math.hypot(...v) || 1, largest = v.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    found.push(v.map((value) => (value / length) * (largest < 0 ? -1 : 1)));
  }
  return found;
}

/**
 * The part of the plane that holds all positions, with a margin.
 * @param {Float64Array} x
 * @param {Float64Array} y
 */
export function extentOf(x, y) {
  return [x, y].map((values) => {
    let low = Infinity, high = -Infinity;
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const margin = 0.08 * (high > low ? high - low : 1);
    return [low - margin, high + margin];
  });
}
