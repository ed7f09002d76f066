// A drawing made an image as the training images were made: scaled to the height, centred, and dark pixels counted cell by cell.

/** Points of a stroke, shares of the pad's width and height. @typedef {number[][]} Stroke */

const FINE = 4; // pixels that are counted for a cell, in each direction, as scikit-learn's digits were
const MOST_GROWN = 3; // a dot stays one, and does not fill the image

/**
 * @param {Stroke[]} strokes
 * @param {number} height
 * @param {number} width
 * @param {number} thickness of the pen, in fine pixels
 * @returns {number[]} pixels from 0 to 1, row by row
 */
export function imageOf(strokes, height, width, thickness) {
  const points = strokes.flat(), found = new Array(height * width).fill(0);
  if (!points.length) return found;
  const [high, wide] = [height * FINE, width * FINE], radius = thickness / 2;
  const [left, right, top, bottom] = [Math.min(...points.map(([x]) => x)), Math.max(...points.map(([x]) => x)), Math.min(...points.map(([, y]) => y)), Math.max(...points.map(([, y]) => y))];
  const scale = Math.min((wide - thickness) / Math.max(right - left, 1e-9), (high - thickness) / Math.max(bottom - top, 1e-9), MOST_GROWN * high);
  const placed = strokes.map((stroke) => stroke.map(([x, y]) => [wide / 2 + (x - (left + right) / 2) * scale, high / 2 + (y - (top + bottom) / 2) * scale]));
  const ends = placed.flatMap((stroke) => (stroke.length > 1 ? stroke.slice(1).map((to, at) => [stroke[at], to]) : [[stroke[0], stroke[0]]]));
  for (let row = 0; row < high; row++)
    for (let column = 0; column < wide; column++)
      if (ends.some(([from, to]) => distance(column + 0.5, row + 0.5, from, to) <= radius)) found[Math.floor(row / FINE) * width + Math.floor(column / FINE)] += 1 / (FINE * FINE);
  return found;
}

/**
 * From a point to a piece of a line.
 * @param {number} x
 * @param {number} y
 * @param {number[]} from
 * @param {number[]} to
 */
function distance(x, y, [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0], length = dx * dx + dy * dy;
  const share = length ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length)) : 0;
  return Math.hypot(x - x0 - share * dx, y - y0 - share * dy);
}
