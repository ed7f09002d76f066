// A network on images as one picture, for a slide or a film: the image, the kernels and maps of every layer, and the answer.
import { el, short } from "../page/dom.js";
import { answersOf, largest, layersOf, namesOf, numbersOf, widthOf } from "./shapes.js";
import { paint, paintImage, paintKernel } from "./tile.js";

/** @typedef {import("../types.js").State} State */

/**
 * A piece of the picture: a bitmap, a filled box, or words (`end`: they end at x).
 * @typedef {{x: number, y: number, canvas?: HTMLCanvasElement, wide?: number, high?: number, fill?: string, words?: string, size?: number, bold?: boolean, end?: boolean}} Piece
 */

export const WIDTH = 1280, HEIGHT = 720;
const EDGE = 40, TOP = 120, GAP = 26, NEAR = 6, KERNEL = 0.42; // the last: of a map's side
const MOST_SIDE = 150, LARGEST = 180; // of a map, and of the image

/**
 * Lay the picture out.
 * @param {State} state that is ready
 * @param {import("../page/texts.js").Texts} texts
 * @param {{ink: string, soft: string, line: string, accent: string}} colours
 * @returns {Piece[]}
 */
export function pieces(state, texts, colours) {
  const layers = layersOf(state), names = namesOf(layers), { header } = /** @type {any} */ (state.frame), found = /** @type {Piece[]} */ ([]);
  const share = (/** @type {number | null} */ right) => (right === null ? "–" : `${(100 * right).toFixed(1)} %`);
  const said = (/** @type {string} */ rows, /** @type {number} */ loss, /** @type {number | null} */ right) =>
    [texts.text(rows), `${texts.text("play.output.loss")} ${short(loss, 3)}`, `${texts.text("play.output.accuracy")} ${share(right)}`].join("   ");
  found.push({ x: EDGE, y: 62, words: `${texts.text("play.header.epoch")} ${Math.floor(header.epoch).toLocaleString("en")}`, size: 28, bold: true, fill: colours.ink });
  found.push({ x: WIDTH - EDGE, y: 46, words: said("play.output.train", header.train_loss, header.train_accuracy), size: 20, end: true, fill: colours.ink });
  found.push({ x: WIDTH - EDGE, y: 76, words: said("play.output.test", header.test_loss, header.test_accuracy), size: 20, end: true, fill: colours.ink });
  const columns = [-1, ...layers.map((_, at) => at).filter((at) => layers[at].kind !== "flatten")], wide = (WIDTH - 2 * EDGE - GAP * (columns.length - 1)) / columns.length;
  columns.forEach((at, column) => {
    const x = EDGE + column * (wide + GAP), name = at < 0 ? texts.text("play.pad.title") : names[at];
    found.push({ x, y: TOP - 12, words: name, size: 16, fill: colours.soft });
    if (at === layers.length - 1) found.push(...answer(state, x, wide, colours));
    else found.push(...(at < 0 ? imageAt(state, x, wide, colours) : layerAt(state, at, x, wide, colours)));
  });
  return found;
}

/**
 * A bitmap enlarged without blur, in a frame.
 * @param {HTMLCanvasElement} small
 * @param {number} x
 * @param {number} y
 * @param {number} wide
 * @param {string} edge
 * @returns {Piece[]}
 */
function framed(small, x, y, wide, edge) {
  const times = Math.max(1, Math.ceil(160 / small.width)), canvas = el("canvas", { width: small.width * times, height: small.height * times }), pen = canvas.getContext("2d"), high = (wide * small.height) / small.width;
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
  return [{ x: x - 1, y: y - 1, wide: wide + 2, high: high + 2, fill: edge }, { x, y, canvas, wide, high }];
}

/**
 * @param {State} state
 * @param {number} x
 * @param {number} wide
 * @param {{line: string}} colours
 */
function imageAt(state, x, wide, { line }) {
  const shape = state.data?.images?.shape ?? [8, 8, 1], tall = shape[0] / shape[1], small = el("canvas"), side = Math.min(wide, LARGEST, (2 * LARGEST) / tall);
  paintImage(small, shape, numbersOf(state, -1));
  return framed(small, x, TOP + (HEIGHT - TOP - EDGE - side * tall) / 2, side, line);
}

/**
 * The maps of a layer, each under its kernel, or its nodes.
 * @param {State} state
 * @param {number} at
 * @param {number} x
 * @param {number} wide
 * @param {{line: string}} colours
 */
function layerAt(state, at, x, wide, { line }) {
  const layer = layersOf(state)[at], numbers = numbersOf(state, at), scale = largest(numbers), theta = /** @type {Float32Array} */ (state.frame?.blocks.theta.data), found = /** @type {Piece[]} */ ([]);
  const isMap = layer.window !== null, [high, across, count] = isMap ? layer.to : [1, 1, layer.n_out], hasKernels = layer.kind === "convolution" && layer.window;
  const room = HEIGHT - TOP - EDGE, long = hasKernels ? 1.06 + KERNEL : 1, tall = high / across; // a kernel and its map, and the map's height, in its widths
  const unitOf = (/** @type {number} */ side) => Math.min(((wide - NEAR * (side - 1)) / side) / long, (room / Math.ceil(count / side) - NEAR) / tall, MOST_SIDE);
  const side = Array.from({ length: count }, (_, k) => k + 1).reduce((best, each) => (unitOf(each) > unitOf(best) ? each : best), 1), unit = unitOf(side);
  const down = Math.ceil(count / side), top = TOP + (room - down * (unit * tall + NEAR) + NEAR) / 2;
  const [h, w] = layer.window ?? [0, 0], depth = layer.from[2], most = hasKernels ? largest(theta.subarray(layer.weights_at, layer.weights_at + h * w * depth * count)) : 1;
  for (let map = 0; map < count; map++) {
    const left = x + (map % side) * (unit * long + NEAR), y = top + Math.floor(map / side) * (unit * tall + NEAR), small = el("canvas");
    paint(small, high, across, (row, column) => numbers[isMap ? (row * across + column) * count + map : map], scale);
    if (hasKernels) {
      const kernel = el("canvas");
      paintKernel(kernel, [h, w, depth], (a, b, c) => theta[layer.weights_at + ((a * w + b) * depth + c) * count + map], most);
      found.push(...framed(kernel, left, y + (unit * (tall - KERNEL)) / 2, unit * KERNEL, line));
    }
    found.push(...framed(small, hasKernels ? left + unit * (KERNEL + 0.06) : left, y, unit, line));
  }
  return found;
}

/** As much of a name as fits. @param {string} name @param {number} most as `widthOf` counts */
function fitting(name, most) {
  const letters = [...name];
  while (letters.length > 1 && widthOf(letters.join("")) > most) letters.splice(-2, 2, "…");
  return letters.join("");
}

/**
 * The output of each class as a bar.
 * @param {State} state
 * @param {number} x
 * @param {number} wide
 * @param {{ink: string, line: string, accent: string}} colours
 */
function answer(state, x, wide, { ink, line, accent }) {
  const outputs = answersOf(state), best = outputs.indexOf(Math.max(...outputs)), room = HEIGHT - TOP - EDGE, step = Math.min(44, room / outputs.length), top = TOP + (room - step * outputs.length) / 2;
  const size = Math.max(8, Math.min(18, 0.75 * step)), names = state.classes.map((name) => fitting(String(name), (0.55 * wide) / size));
  const from = x + Math.max(22, size * Math.max(...names.map(widthOf)) + 8), long = Math.max(8, x + wide - 4 - from);
  return state.classes.flatMap((_, at) => {
    const y = top + at * step, share = Number.isFinite(outputs[at]) ? Math.max(0, Math.min(1, outputs[at])) : 0;
    return [{ x, y: y + 0.68 * step, words: names[at], size, bold: at === best, fill: ink }, { x: from, y: y + 0.25 * step, wide: long, high: 0.5 * step, fill: line }, { x: from, y: y + 0.25 * step, wide: Math.max(0.01, long * share), high: 0.5 * step, fill: accent }];
  });
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Piece[]} parts
 * @param {string} ground
 */
export function paintPieces(pen, parts, ground) {
  pen.fillStyle = ground;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.imageSmoothingEnabled = false;
  for (const { x, y, canvas, wide = 0, high = 0, fill = "", words, size, bold, end } of parts) {
    pen.fillStyle = fill;
    if (canvas) pen.drawImage(canvas, x, y, wide, high);
    else if (words === undefined) pen.fillRect(x, y, wide, high);
    else {
      pen.font = `${bold ? "600 " : ""}${size}px system-ui, 'Noto Sans CJK JP', sans-serif`;
      pen.textAlign = end ? "right" : "left";
      pen.fillText(words, x, y);
    }
  }
  pen.textAlign = "left";
}

/** @param {Piece[]} parts @returns {string} an SVG file */
export function written(parts) {
  const space = "http://www.w3.org/2000/svg";
  const make = (/** @type {string} */ tag, /** @type {Record<string, any>} */ attributes, text = "") => {
    const node = document.createElementNS(space, tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(name, typeof value === "number" ? String(+value.toFixed(2)) : value);
    node.textContent = text;
    return node;
  };
  const svg = make("svg", { xmlns: space, width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "font-family": "system-ui, sans-serif" });
  svg.append(make("rect", { width: WIDTH, height: HEIGHT, fill: "#fff" }));
  for (const { x, y, canvas, wide, high, fill, words, size, bold, end } of parts) {
    if (canvas) svg.append(make("image", { x, y, width: wide, height: high, href: canvas.toDataURL(), preserveAspectRatio: "none" }));
    else if (words === undefined) svg.append(make("rect", { x, y, width: wide, height: high, fill }));
    else svg.append(make("text", { x, y, fill, "font-size": size, "font-weight": bold ? 600 : undefined, "text-anchor": end ? "end" : undefined }, words));
  }
  return new XMLSerializer().serializeToString(svg);
}

/** The colours of a picture on white paper. */
export const ON_PAPER = { ink: "#1c2733", soft: "#52606d", line: "#d5dbe2", accent: "#0868ac" };
