// The output over the plane, painted pixel by pixel, and the line of a single perceptron.
import { STRENGTH, ofClass, signed, sided } from "./colours.js";

/**
 * Draws a frame's output, or one node's, on a canvas of the grid's size.
 * @param {HTMLCanvasElement} canvas
 * @param {import("../types.js").State} state
 * @param {import("../types.js").Frame | null} frame
 * @param {any} node
 */
export function paint(canvas, state, frame, node) {
  const block = frame?.blocks.output;
  if (!frame || !block) return;
  const [grid, , deep = 1] = block.shape;
  const pixels = raster(canvas, grid);
  const cut = state.settings.discretize;
  const hidden = node && state.network ? state.network.sizes.slice(1, -1) : null;
  if (hidden && node.layer <= hidden.length && frame.blocks.nodes) {
    const index = hidden.slice(0, node.layer - 1).reduce((a, b) => a + b, 0) + node.target;
    const [low, high] = frame.header.ranges[index] || [0, 1], scale = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const values = frame.blocks.nodes.data;
    each(grid, pixels, (at) => signed((low + ((high - low) * values[index * grid * grid + at]) / 255) / scale));
  } else if (deep > 2) {
    const values = block.data;
    each(grid, pixels, (at) => {
      let best = 0;
      for (let c = 1; c < deep; c++) if (values[at * deep + c] > values[at * deep + best]) best = c;
      return ofClass(best, (cut ? 0.9 : Math.max(0, (values[at * deep + best] - 1 / deep) / (1 - 1 / deep))) * STRENGTH);
    });
  } else {
    const values = block.data, last = deep - 1;
    const number = state.task === "regression";
    const scale = number ? Math.max(1e-9, ...(state.data?.label || [1]).map(Math.abs)) : 1;
    each(grid, pixels, (at) => {
      let value = number ? values[at * deep + last] / scale : 2 * values[at * deep + last] - 1;
      if (cut) value = value < 0 ? -1 : 1;
      return number ? signed(value * STRENGTH) : sided(value * STRENGTH);
    });
  }
  finish(canvas);
  canvas.classList.toggle("sharp", cut);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("../types.js").Frame | null} frame
 * @param {number} which class
 */
export function paintClass(canvas, frame, which) {
  const block = frame?.blocks.output;
  if (!block) return;
  const [grid, , deep] = block.shape;
  fill(canvas, grid, (at) => ofClass(which, block.data[at * deep + which]));
}

/**
 * Paints a canvas of the grid's size, each pixel in the colour of its place in the grid.
 * @param {HTMLCanvasElement} canvas
 * @param {number} grid
 * @param {(at: number) => number} colour
 */
export function fill(canvas, grid, colour) {
  each(grid, raster(canvas, grid), colour);
  finish(canvas);
}

/**
 * Grids start at the lowest value of the second axis, pictures at the top.
 * @param {number} grid
 * @param {Uint32Array} pixels
 * @param {(at: number) => number} colour
 */
function each(grid, pixels, colour) {
  for (let row = 0, at = 0; row < grid; row++) {
    const start = (grid - 1 - row) * grid;
    for (let column = 0; column < grid; column++, at++) pixels[start + column] = colour(at);
  }
}

const images = /** @type {WeakMap<HTMLCanvasElement, ImageData>} */ (new WeakMap());

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} grid
 */
function raster(canvas, grid) {
  if (canvas.width !== grid || canvas.height !== grid) canvas.width = canvas.height = grid;
  let image = images.get(canvas);
  if (!image || image.width !== grid) {
    image = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).createImageData(grid, grid);
    images.set(canvas, image);
  }
  return new Uint32Array(image.data.buffer);
}

/** @param {HTMLCanvasElement} canvas */
function finish(canvas) {
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(/** @type {ImageData} */ (images.get(canvas)), 0, 0);
}

/**
 * The sharp decision boundary of a single perceptron on the two coordinates alone: w₁x₁ + w₂x₂ + b = 0.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("../types.js").State} state
 * @param {number} side
 */
export function border(pen, { settings, network, frame, data }, side) {
  const theta = frame?.blocks.theta?.data;
  const plain = settings?.mode === "perceptron" && settings.features.every((/** @type {string} */ name) => name === "x1" || name === "x2");
  if (!plain || !network || !theta || !data || theta.length !== network.n_parameters || data.axes[0] !== "x1") return;
  const weight = (/** @type {string} */ name) => theta[settings.features.indexOf(name)] ?? 0;
  const [a, b, c] = [weight("x1"), weight("x2"), theta[network.layers[0].biases_at]];
  if (!a && !b) return;
  const [low, high] = data.range[0], length = Math.hypot(a, b), far = 4 * (high - low);
  const at = (/** @type {number} */ t) => [(-c * a) / length ** 2 - (t * b) / length, (-c * b) / length ** 2 + (t * a) / length]
    .map((value, axis) => (axis ? 1 - (value - low) / (high - low) : (value - low) / (high - low)) * side);
  pen.beginPath();
  for (const t of [-far, far]) pen.lineTo(at(t)[0], at(t)[1]);
  pen.lineWidth = 2;
  pen.strokeStyle = "#1c2733";
  pen.stroke();
}
