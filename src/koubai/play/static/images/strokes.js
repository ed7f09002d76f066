// A drawing made an image as the training images were made: scaled to the height, centred, and dark pixels counted cell by cell.

/** Points of a stroke, shares of the pad's width and height. @typedef {number[][]} Stroke */

const FINE = 4; // pixels that are counted for a cell, in each direction, as scikit-learn's digits were
const OF_PEN = 32; // of as many fine pixels a thickness is told
const MOST_GROWN = 3; // a dot stays one, and does not fill the image

/**
 * @param {Stroke[]} strokes
 * @param {number} height
 * @param {number} width
 * @param {number} thickness of the pen, in 32nds of the side that the drawing fills
 * @param {{margin?: number, ground?: number}} [kind] empty cells around what the training images show, and what an empty one is
 * @returns {number[]} pixels from 0 to 1, row by row
 */
export function imageOf(strokes, height, width, thickness, { margin = 0, ground = 0 } = {}) {
  const points = strokes.flat(), found = new Array(height * width).fill(0);
  if (!points.length) return found.fill(ground);
  const [high, wide] = [height * FINE, width * FINE], [tall, broad] = [high - 2 * margin * FINE, wide - 2 * margin * FINE];
  const pen = (thickness * Math.min(tall, broad)) / OF_PEN, radius = pen / 2;
  const [left, right, top, bottom] = [Math.min(...points.map(([x]) => x)), Math.max(...points.map(([x]) => x)), Math.min(...points.map(([, y]) => y)), Math.max(...points.map(([, y]) => y))];
  const scale = Math.min((broad - pen) / Math.max(right - left, 1e-9), (tall - pen) / Math.max(bottom - top, 1e-9), MOST_GROWN * high);
  const placed = strokes.map((stroke) => stroke.map(([x, y]) => [wide / 2 + (x - (left + right) / 2) * scale, high / 2 + (y - (top + bottom) / 2) * scale]));
  const ends = placed.flatMap((stroke) => (stroke.length > 1 ? stroke.slice(1).map((to, at) => [stroke[at], to]) : [[stroke[0], stroke[0]]]));
  const dark = new Uint8Array(high * wide), within = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(0, Math.min(most, value));
  for (const [from, to] of ends) {
    const [x0, x1, y0, y1] = [Math.min(from[0], to[0]) - radius, Math.max(from[0], to[0]) + radius, Math.min(from[1], to[1]) - radius, Math.max(from[1], to[1]) + radius];
    for (let row = within(Math.floor(y0), high); row < within(Math.ceil(y1), high); row++)
      for (let column = within(Math.floor(x0), wide); column < within(Math.ceil(x1), wide); column++)
        if (!dark[row * wide + column] && distance(column + 0.5, row + 0.5, from, to) <= radius) dark[row * wide + column] = 1;
  }
  dark.forEach((is, at) => (found[Math.floor(at / wide / FINE) * width + Math.floor((at % wide) / FINE)] += is / (FINE * FINE)));
  return ground ? found.map((share) => 1 - share) : found;
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
