// What the network says over the plane, with the points; where points are drawn by hand and examples chosen.
import { card, el, prepare, short } from "./dom.js";
import { CLASSES, MIDDLE, css, ofClass, ofPoint, signed } from "./colours.js";

/**
 * @param {import("./types.js").Context} context
 * @returns {import("./types.js").Panel & {map: HTMLCanvasElement, points: HTMLCanvasElement}}
 */
export function outputPanel({ store, send, change, texts }) {
  const map = el("canvas", { class: "map", width: 50, height: 50, "aria-hidden": "true" });
  const points = el("canvas", { class: "points", tabindex: 0, role: "img", label: "play.output.picture" });
  const square = el("div", { class: "square" }, map, points);
  const kept = el("canvas", { class: "map", width: 50, height: 50 });
  const keptWords = el("p", { class: "words" });
  const beside = el("div", { class: "beside", hidden: true }, el("h3", { text: "play.output.other" }), el("div", { class: "square small" }, kept), keptWords);
  const axes = el("div", { class: "axes" });
  const words = el("p", { class: "words" });
  const legend = el("div", { class: "legend" });
  const box = (/** @type {string} */ name) => {
    const input = el("input", { type: "checkbox", on: { change: () => change({ [name]: input.checked }) } });
    return { input, element: el("label", { class: "check", "data-control": name }, input, el("span", { text: `play.output.${name}` })) };
  };
  const test = box("show_test"), cut = box("discretize");
  const element = card("output", words, square, axes, legend, el("div", { class: "checks" }, test.element, cut.element), beside);
  let cross = /** @type {number[] | null} */ (null);

  const place = (/** @type {number} */ value, /** @type {number[]} */ range) => (value - range[0]) / (range[1] - range[0]);

  /** @param {number} x share of the width @param {number} y share of the height, from below */
  function at(x, y) {
    const { data, settings } = store.state;
    const range = data?.range || [[-6, 6], [-6, 6]];
    const [a, b] = [range[0][0] + x * (range[0][1] - range[0][0]), range[1][0] + y * (range[1][1] - range[1][0])];
    if (settings.dataset === "points") {
      change({ points: [...(settings.points || []), [+a.toFixed(3), +b.toFixed(3), store.state.brush]].slice(-2000) });
      return;
    }
    if (!data || !data.x.length) return;
    let best = 0, nearest = Infinity;
    data.x.forEach((value, index) => {
      if (data.test[index] && !settings.show_test) return;
      const distance = (place(value, range[0]) - x) ** 2 + (place(data.y[index], range[1]) - y) ** 2;
      if (distance < nearest) [best, nearest] = [index, distance];
    });
    store.set({ row: best, selection: { kind: "row", layer: 0, source: 0, target: 0, row: best } });
    send({ type: "explain", what: "loss", layer: store.state.network?.layers.length ?? 1, source: 0, target: 0, row: best, lang: store.state.lang });
  }

  points.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    const edge = points.getBoundingClientRect();
    cross = null;
    at((event.clientX - edge.left) / edge.width, 1 - (event.clientY - edge.top) / edge.height);
  });
  points.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    /** @type {Record<string, number[]>} */
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (moves[event.key]) {
      const [x, y] = cross || [0.5, 0.5], far = event.shiftKey ? 0.1 : 0.02;
      cross = [x + far * moves[event.key][0], y + far * moves[event.key][1]].map((value) => Math.max(0, Math.min(1, value)));
      drawPoints();
    } else if (event.key === "Enter" && cross) at(cross[0], cross[1]);
    else return;
    event.preventDefault();
  });

  function drawPoints() {
    const { data, settings, task, selection } = store.state;
    const side = square.clientWidth;
    if (!side) return;
    const pen = prepare(points, side, side);
    if (data) {
      const scale = Math.max(1e-9, ...data.label.map(Math.abs));
      const size = data.x.length > 600 ? 2.2 : 3.4;
      data.x.forEach((value, index) => {
        const held = data.test[index];
        if (held && !settings?.show_test) return;
        const chosen = selection?.kind === "row" && selection.row === index;
        pen.beginPath();
        pen.arc(place(value, data.range[0]) * side, (1 - place(data.y[index], data.range[1])) * side, chosen ? 6.5 : size, 0, 7);
        pen.fillStyle = ofPoint(data.label[index], task, scale);
        pen.strokeStyle = chosen ? "#d55e00" : held ? "#111" : "#fff";
        pen.lineWidth = chosen ? 3 : held ? 1.4 : 0.9;
        pen.fill();
        pen.stroke();
      });
    }
    if (cross) {
      pen.strokeStyle = "#d55e00";
      pen.lineWidth = 2;
      pen.strokeRect(cross[0] * side - 6, (1 - cross[1]) * side - 6, 12, 12);
    }
  }

  return {
    element, map, points,
    update(state, changed) {
      if (!state.settings) return;
      if (changed.has("frame") || changed.has("settings") || changed.has("hover_node")) paint(map, state, state.frame, state.hover_node);
      if (["data", "settings", "selection", "task"].some((key) => changed.has(key))) drawPoints();
      if (changed.has("settings")) {
        test.input.checked = state.settings.show_test;
        cut.input.checked = state.settings.discretize;
        points.classList.toggle("draws", state.settings.dataset === "points");
      }
      if (changed.has("frame") || changed.has("lang")) words.replaceChildren(...numbers(state.frame?.header, state, texts));
      if (["data", "classes", "task", "lang"].some((key) => changed.has(key))) {
        axes.textContent = state.data ? `${texts.text("play.output.across")} ${state.data.axes[0] ?? ""} · ${texts.text("play.output.up")} ${state.data.axes[1] ?? ""}` : "";
        legend.replaceChildren(...key(state, texts));
      }
      if (changed.has("other") || changed.has("lang")) {
        beside.hidden = !state.other;
        if (state.other) {
          paint(kept, state, state.other.frame, null);
          keptWords.replaceChildren(...numbers(state.other.frame.header, state, texts));
        }
      }
    },
    resized: drawPoints,
  };
}

/**
 * @param {any} header
 * @param {import("./types.js").State} state
 * @param {import("./texts.js").Texts} texts
 */
function numbers(header, state, texts) {
  if (!header) return [];
  const pair = (/** @type {string} */ key, /** @type {string} */ value) => el("span", {}, texts.text(key) + " ", el("b", {}, value));
  const found = [pair("play.output.train", short(header.train_loss)), pair("play.output.test", short(header.test_loss))];
  if (header.accuracy !== undefined && header.accuracy !== null) found.push(pair("play.output.accuracy", `${(100 * header.accuracy).toFixed(1)} %`));
  if (header.mistakes !== undefined && header.mistakes !== null) found.push(pair("play.output.mistakes", String(header.mistakes)));
  return found;
}

/**
 * What the colours mean.
 * @param {import("./types.js").State} state
 * @param {import("./texts.js").Texts} texts
 */
function key(state, texts) {
  const one = (/** @type {number[]} */ rgb, /** @type {string} */ text) => {
    const swatch = el("span", { class: "swatch" });
    swatch.style.background = css(rgb);
    return el("span", { class: "key" }, swatch, text);
  };
  if (state.task === "regression") return [one(CLASSES[0], texts.text("play.output.low")), one(MIDDLE, "0"), one(CLASSES[1], texts.text("play.output.high"))];
  return state.classes.map((name, index) => one(CLASSES[index % CLASSES.length], String(name)));
}

/**
 * Draws a frame's output, or one node's, on a canvas of the grid's size.
 * @param {HTMLCanvasElement} canvas
 * @param {import("./types.js").State} state
 * @param {import("./types.js").Frame | null} frame
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
      return ofClass(best, cut ? 0.75 : Math.max(0, (values[at * deep + best] - 1 / deep) / (1 - 1 / deep)) * 0.85);
    });
  } else {
    const values = block.data, last = deep - 1;
    const number = state.task === "regression";
    const scale = number ? Math.max(1e-9, ...(state.data?.label || [1]).map(Math.abs)) : 1;
    each(grid, pixels, (at) => {
      let value = number ? values[at * deep + last] / scale : 2 * values[at * deep + last] - 1;
      if (cut) value = value < 0 ? -0.8 : 0.8;
      return signed(value * 0.85);
    });
  }
  finish(canvas);
  canvas.classList.toggle("sharp", cut);
}

/**
 * Grids start at the lowest value of the second axis; pictures at the top.
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
export function raster(canvas, grid) {
  if (canvas.width !== grid || canvas.height !== grid) canvas.width = canvas.height = grid;
  let image = images.get(canvas);
  if (!image || image.width !== grid) {
    image = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).createImageData(grid, grid);
    images.set(canvas, image);
  }
  return new Uint32Array(image.data.buffer);
}

/** @param {HTMLCanvasElement} canvas */
export function finish(canvas) {
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(/** @type {ImageData} */ (images.get(canvas)), 0, 0);
}
