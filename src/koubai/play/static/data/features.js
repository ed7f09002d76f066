// Input features made from the two coordinates of a point, by the names of koubai.play.features.

/** @type {Record<string, (x: number, y: number) => number>} */
export const FEATURES = {
  x1: (x) => x,
  x2: (_, y) => y,
  "x1^2": (x) => x * x,
  "x2^2": (_, y) => y * y,
  "x1*x2": (x, y) => x * y,
  "sin(x1)": (x) => Math.sin(x),
  "sin(x2)": (_, y) => Math.sin(y),
};

/**
 * Return the named features of points, row behind row.
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} y
 * @param {string[]} names
 */
export function featuresOf(x, y, names) {
  const found = new Float64Array(x.length * names.length), rules = names.map((name) => FEATURES[name]);
  for (let row = 0, at = 0; row < x.length; row++) for (const rule of rules) found[at++] = rule(x[row], y[row]);
  return found;
}
