// Small things about numbers that several modules need.

/** To the nearest whole number, halves to the even one, as Python rounds. @param {number} value */
export function rounded(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
}

/** Which of so many rows in random order test: those behind the share that trains. @param {number} n @param {number} share */
export function testRows(n, share) {
  const nTrain = Math.min(n, Math.max(1, rounded(n * share)));
  return Array.from({ length: n }, (_, row) => row >= nTrain);
}

/** @param {Float64Array[]} parts */
export function joined(parts) {
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether all are finite. @param {ArrayLike<number>} values */
export function areFinite(values) {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

/**
 * Rows of a table of d columns, in the order asked for.
 * @param {Float64Array} table
 * @param {number} d
 * @param {ArrayLike<number>} rows
 */
export function taken(table, d, rows) {
  const found = new Float64Array(rows.length * d);
  for (let i = 0; i < rows.length; i++) for (let j = 0; j < d; j++) found[i * d + j] = table[rows[i] * d + j];
  return found;
}

/**
 * Mean of each node's values.
 * @param {Float64Array} values row behind row
 * @param {number} width
 */
export function means(values, width) {
  const n = values.length / width;
  return Array.from({ length: width }, (_, node) => {
    let sum = 0;
    for (let row = 0; row < n; row++) sum += values[row * width + node];
    return sum / n;
  });
}
