// A map or a kernel as a small picture, a pixel a number; a map's cells can be pointed at, clicked and walked through by keys.
import { el } from "../page/dom.js";
import { signed } from "../drawing/colours.js";
import { largest } from "./shapes.js";

/** @typedef {{top: number, left: number, high: number, wide: number}} Box */

/**
 * Paint numbers of both signs, white being 0.
 * @param {HTMLCanvasElement} canvas
 * @param {number} high
 * @param {number} wide
 * @param {(row: number, column: number) => number | null} value null: nothing is there
 * @param {number} scale of the darkest
 */
export function paint(canvas, high, wide, value, scale) {
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), image = pen.createImageData(wide, high), pixels = new Uint32Array(image.data.buffer);
  for (let row = 0; row < high; row++)
    for (let column = 0; column < wide; column++) {
      const number = value(row, column);
      pixels[row * wide + column] = number === null ? 0 : signed(number / scale);
    }
  pen.putImageData(image, 0, 0);
}

/**
 * Paint the pixels of an image: as numbers, or in its colours.
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} shape height, width, channels
 * @param {ArrayLike<number>} pixels from 0 to 1
 */
export function paintImage(canvas, [high, wide, channels], pixels) {
  if (channels === 1) return paint(canvas, high, wide, (row, column) => pixels[row * wide + column], 1);
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), image = pen.createImageData(wide, high);
  for (let at = 0; at < high * wide; at++) {
    for (let channel = 0; channel < 3; channel++) image.data[4 * at + channel] = 255 * pixels[at * channels + channel];
    image.data[4 * at + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}

/**
 * Paint a kernel of several channels side by side, in rows.
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} size height, width, channels
 * @param {(a: number, b: number, channel: number) => number} weight
 * @param {number} scale
 */
export function paintKernel(canvas, [high, wide, channels], weight, scale) {
  const across = Math.ceil(Math.sqrt(channels)), down = Math.ceil(channels / across);
  paint(canvas, down * (high + 1) - 1, across * (wide + 1) - 1, (row, column) => {
    const [a, b] = [row % (high + 1), column % (wide + 1)], channel = Math.floor(row / (high + 1)) * across + Math.floor(column / (wide + 1));
    return a === high || b === wide || channel >= channels ? null : weight(a, b, channel);
  }, scale);
}

/**
 * A kernel's numbers, which can be pointed at, clicked and walked through as a map's cells; a number is told by its place in the window and
 * its channel, (a · width + b) · channels + channel.
 * @param {number[]} size height, width, channels
 * @param {{over: (number: number) => void, out: () => void, chosen: (number: number) => void, beyond: (by: number) => void}} told
 */
export function kernelTile([high, wide, channels], told) {
  const across = Math.ceil(Math.sqrt(channels)), down = Math.ceil(channels / across);
  /** @param {number} row @param {number} column */
  const numberAt = (row, column) => {
    const [a, b] = [row % (high + 1), column % (wide + 1)], channel = Math.floor(row / (high + 1)) * across + Math.floor(column / (wide + 1));
    return a === high || b === wide || channel >= channels ? null : (a * wide + b) * channels + channel;
  };
  const at = (/** @type {(number: number) => void} */ act) => (/** @type {number} */ row, /** @type {number} */ column) => {
    const near = [[0, 0], [-1, 0], [0, -1], [-1, -1]].map(([down, right]) => numberAt(row + down, column + right)).find((number) => number !== null); // a gap stands for the number before it
    if (near === undefined || near === null) told.out();
    else act(near);
  };
  const made = tile(down * (high + 1) - 1, across * (wide + 1) - 1, { ...told, over: at(told.over), chosen: at(told.chosen) }, (row, column) => numberAt(row, column) === null);
  made.element.classList.add("kernel");
  if (channels > 1) made.element.classList.add("deep");
  return {
    element: made.element, canvas: made.canvas,
    /** @param {number | null} number */
    frame(number) {
      if (number === null) return made.frame(null);
      const channel = number % channels, b = Math.floor(number / channels) % wide, a = Math.floor(number / (channels * wide));
      made.frame({ top: Math.floor(channel / across) * (high + 1) + a, left: (channel % across) * (wide + 1) + b, high: 1, wide: 1 });
    },
  };
}

/**
 * All kernels of a convolution in one picture, side by side in rows.
 * @param {Float32Array} weights (height, width, channels, filters)
 * @param {number[]} size height, width, channels, filters
 */
export function manyKernels(weights, [high, wide, channels, filters]) {
  const across = Math.ceil(Math.sqrt(2 * filters)), down = Math.ceil(filters / across), canvas = el("canvas", { class: "sharp kernels-picture", "aria-hidden": "true" });
  const scale = largest(weights), tall = channels * (high + 1);
  paint(canvas, down * tall - 1, across * (wide + 1) - 1, (row, column) => {
    const filter = Math.floor(row / tall) * across + Math.floor(column / (wide + 1)), channel = Math.floor((row % tall) / (high + 1)), [a, b] = [(row % tall) % (high + 1), column % (wide + 1)];
    return a === high || b === wide || filter >= filters ? null : weights[((a * wide + b) * channels + channel) * filters + filter];
  }, scale);
  return canvas;
}

/** @param {HTMLElement} node @param {Box | null} box @param {number} high @param {number} wide of the whole map */
function place(node, box, high, wide) {
  node.hidden = !box;
  if (!box) return;
  const top = Math.max(0, box.top), left = Math.max(0, box.left);
  const bottom = Math.min(high, box.top + box.high), right = Math.min(wide, box.left + box.wide);
  Object.assign(node.style, { top: `${(100 * top) / high}%`, left: `${(100 * left) / wide}%`, height: `${(100 * (bottom - top)) / high}%`, width: `${(100 * (right - left)) / wide}%` });
}

/**
 * What a tile tells: which cell is pointed at (null for none), or chosen, and that a key leads beyond its edge.
 * @typedef {{over: (row: number, column: number) => void, out: () => void, chosen: (row: number, column: number) => void, beyond: (by: number) => void}} Told
 */

/**
 * @param {number} high
 * @param {number} wide
 * @param {Told} told
 * @param {(row: number, column: number) => boolean} [isGap] where nothing is, which keys pass over
 */
export function tile(high, wide, told, isGap = () => false) {
  const canvas = el("canvas", { class: "sharp", "aria-hidden": "true" });
  const frame = el("span", { class: "frame", hidden: true }), cursor = el("span", { class: "cursor", hidden: true });
  const element = el("button", { type: "button", class: "tile", tabindex: -1 }, canvas, frame, cursor);
  let at = [0, 0];
  /** @param {PointerEvent} event */
  const under = (event) => {
    const box = canvas.getBoundingClientRect(), inside = (/** @type {number} */ share, /** @type {number} */ cells) => Math.max(0, Math.min(cells - 1, Math.floor(share * cells)));
    return [inside((event.clientY - box.top) / box.height, high), inside((event.clientX - box.left) / box.width, wide)];
  };
  const point = () => {
    place(cursor, { top: at[0], left: at[1], high: 1, wide: 1 }, high, wide);
    told.over(at[0], at[1]);
  };
  const leave = () => {
    place(cursor, null, high, wide);
    told.out();
  };
  element.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    at = under(event);
    point();
  });
  element.addEventListener("pointerleave", leave);
  element.addEventListener("blur", leave);
  element.addEventListener("focus", () => element.matches(":focus-visible") && point());
  element.addEventListener("click", (/** @type {PointerEvent} */ event) => {
    if (event.detail) at = under(event); // else by a key, on the cell that the keys have reached
    told.chosen(at[0], at[1]);
  });
  element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!way) return;
    event.preventDefault();
    const next = [at[0] + way[0], at[1] + way[1]];
    while (next[0] >= 0 && next[0] < high && next[1] >= 0 && next[1] < wide && isGap(next[0], next[1])) [next[0], next[1]] = [next[0] + way[0], next[1] + way[1]];
    if (next[1] < 0 || next[1] >= wide) return told.beyond(way[1]);
    if (next[0] >= 0 && next[0] < high) at = next;
    point();
  });
  const framed = (/** @type {Box | null} */ box) => place(frame, box, high, wide);
  return { element, canvas, frame: framed };
}
