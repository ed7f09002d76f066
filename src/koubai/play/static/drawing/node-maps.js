// The small maps of all nodes, painted pixel by pixel in place: the only picture that changes in every frame.
import { signed } from "./colours.js";
import { square } from "./network-layout.js";

/** Maximum total number of pixels for interpolation between grid points; beyond it, the nearest point is used. */
const SMOOTH = 150000;

/**
 * Maps a row of pixels to a row of the grid: for each pixel the grid point before it, and the share of the next one.
 * @typedef {{side: number, grid: number, first: Uint16Array, share: Float32Array, image: ImageData, pixels: Uint32Array}} Raster
 */

/** @type {Map<string, Raster>} */
const rasters = new Map();

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} side in device pixels
 * @param {number} grid
 * @returns {Raster}
 */
function raster(pen, side, grid) {
  const key = `${side} ${grid}`;
  const known = rasters.get(key);
  if (known) return known;
  const first = new Uint16Array(side), share = new Float32Array(side);
  for (let at = 0; at < side; at++) {
    const place = Math.max(0, Math.min(grid - 1, ((at + 0.5) / side) * grid - 0.5));
    first[at] = Math.min(grid - 2, Math.floor(place));
    share[at] = place - first[at];
  }
  const image = pen.createImageData(side, side);
  const made = { side, grid, first, share, image, pixels: new Uint32Array(image.data.buffer) };
  if (rasters.size > 20) rasters.clear();
  rasters.set(key, made);
  return made;
}

const colours = new Uint32Array(256);

/**
 * @param {import("./network-canvas.js").Strip[]} strips one per layer
 * @param {import("./network-layout.js").Layout} plan
 * @param {import("../types.js").State} state
 * @param {number} scale device pixels per CSS pixel
 * @returns {boolean} whether the frame's maps are those of this network
 */
export function paintMaps(strips, plan, state, scale) {
  const frame = state.frame, block = frame?.blocks.nodes;
  const nodes = plan.columns.slice(1, -1).flat();
  if (!nodes.length) return Boolean(frame);
  if (!frame || !block || block.shape[0] !== nodes.length) return false;
  const grid = block.shape[1], values = block.data;
  const smooth = nodes.reduce((sum, node) => sum + (node.size * scale) ** 2, 0) <= SMOOTH;
  nodes.forEach((node, index) => {
    const [low, high] = frame.header.ranges[index];
    const largest = Math.max(Math.abs(low), Math.abs(high)) || 1;
    for (let level = 0; level < 256; level++) colours[level] = signed((low + ((high - low) * level) / 255) / largest);
    const strip = strips[node.layer - 1], place = square(node, scale), made = raster(strip.pen, place.side, grid);
    const own = values.subarray(index * grid * grid, (index + 1) * grid * grid);
    if (smooth) interpolated(made, own);
    else nearest(made, own);
    strip.pen.putImageData(made.image, place.left - strip.left, place.top - strip.top);
  });
  return true;
}

/**
 * Grids start at the lowest value of the second axis, pictures at the top.
 * @param {Raster} raster
 * @param {Uint8Array | Float32Array} values
 */
function interpolated({ side, grid, first, share, pixels }, values) {
  for (let row = 0, at = 0; row < side; row++) {
    const mirrored = side - 1 - row, below = first[mirrored] * grid, up = share[mirrored];
    for (let column = 0; column < side; column++, at++) {
      const place = below + first[column], right = share[column];
      const low = values[place] + (values[place + 1] - values[place]) * right;
      const high = values[place + grid] + (values[place + grid + 1] - values[place + grid]) * right;
      pixels[at] = colours[(low + (high - low) * up + 0.5) | 0];
    }
  }
}

/**
 * @param {Raster} raster
 * @param {Uint8Array | Float32Array} values
 */
function nearest({ side, grid, first, share, pixels }, values) {
  for (let row = 0, at = 0; row < side; row++) {
    const mirrored = side - 1 - row, start = (first[mirrored] + (share[mirrored] > 0.5 ? 1 : 0)) * grid;
    for (let column = 0; column < side; column++, at++) pixels[at] = colours[values[start + first[column] + (share[column] > 0.5 ? 1 : 0)]];
  }
}
