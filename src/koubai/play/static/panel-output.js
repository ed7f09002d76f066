// The network's output over the plane, with the points; points are drawn and examples selected here.
import { card, el, helper, prepare, seldom, short } from "./dom.js";
import { CLASSES, STRENGTH, css, ofClass, ofPoint, ramp, signed } from "./colours.js";
import { brushes } from "./brush.js";
import { ask } from "./panel-explain.js";
import { word } from "./panel-settings.js";

/** Distance in pixels between points while drawing. */
const STROKE = 14;

/**
 * @param {import("./types.js").Context} context
 * @returns {import("./types.js").Panel & {map: HTMLCanvasElement, points: HTMLCanvasElement,
 *   face: (pen: CanvasRenderingContext2D, index: number, x: number, y: number, size: number) => void}}
 * face paints a small map of one output.
 */
export function outputPanel(context) {
  const { store, change, texts } = context;
  const map = el("canvas", { class: "map", width: 50, height: 50, "aria-hidden": "true" });
  const faces = /** @type {HTMLCanvasElement[]} */ ([]);
  const points = el("canvas", { class: "points", tabindex: 0, role: "img", label: "play.output.picture" });
  const whose = el("p", { class: "whose", hidden: true });
  const square = el("div", { class: "square" }, map, points, whose);
  const kept = el("canvas", { class: "map", width: 50, height: 50, role: "img", label: "play.output.other" });
  const keptPoints = el("canvas", { "aria-hidden": "true" });
  const keptWords = el("div", { class: "numbers-row" }), differs = el("p", { class: "differs" });
  const beside = el("div", { class: "beside", hidden: true }, el("h3", { text: "play.output.other" }), keptWords, el("div", { class: "square" }, kept, keptPoints), differs);
  const axes = el("div", { class: "axes" });
  const words = el("div", { class: "numbers-row" });
  const legend = el("div", { class: "legend" });
  const box = (/** @type {string} */ name) => {
    const input = el("input", { type: "checkbox", on: { change: () => change({ [name]: input.checked }) } });
    return { input, element: el("span", { class: "check", "data-control": name }, el("label", {}, input, el("span", { text: `play.output.${name}` })), helper(name, `play.output.${name}`)) };
  };
  const brush = brushes(context), due = seldom(80);
  const test = box("show_test"), cut = box("discretize");
  const mine = el("div", { class: "mine" }, el("h3", { text: "play.output.mine" }), words, square, axes);
  const element = card("output", el("div", { class: "maps" }, mine, beside), legend, brush.element, el("div", { class: "checks" }, test.element, cut.element));
  let cross = /** @type {number[] | null} */ (null), touched = [0, 0];

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
    ask(context, { what: "loss", layer: store.state.network?.layers.length ?? 1, row: best });
  }

  /** @param {PointerEvent} event */
  function touch(event) {
    const edge = points.getBoundingClientRect();
    cross = null;
    touched = [event.clientX, event.clientY];
    at((event.clientX - edge.left) / edge.width, 1 - (event.clientY - edge.top) / edge.height);
  }
  points.addEventListener("pointerdown", touch);
  points.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const far = Math.hypot(event.clientX - touched[0], event.clientY - touched[1]);
    if (event.buttons === 1 && far > STROKE && store.state.settings?.dataset === "points") touch(event);
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
    draw(points, store.state.data, true);
    if (store.state.other) draw(keptPoints, store.state.other.data, false);
  }

  /** Paints the map of the output or of the selected node, and small maps of all outputs. @param {import("./types.js").State} state */
  function show(state) {
    paint(map, state, state.frame, state.hover_node);
    const count = state.frame?.blocks.output.shape[2] ?? 1;
    while (faces.length < count) faces.push(el("canvas"));
    faces.length = count;
    faces.forEach((canvas, index) => (count > 1 ? paintClass(canvas, state.frame, index) : paint(canvas, state, state.frame, null)));
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("./types.js").Points | null} data
   * @param {boolean} live whether to mark the selection
   */
  function draw(canvas, data, live) {
    const { settings, task, selection, learnt } = store.state;
    const side = canvas.parentElement?.clientWidth;
    if (!side) return;
    const pen = prepare(canvas, side, side);
    if (data) {
      const scale = Math.max(1e-9, ...data.label.map(Math.abs));
      const size = data.x.length > 600 ? 2.2 : 3.4;
      data.x.forEach((value, index) => {
        const held = data.test[index];
        if (held && !settings?.show_test && settings?.dataset !== "points") return;
        const chosen = live && selection?.kind === "row" && selection.row === index;
        pen.beginPath();
        pen.arc(place(value, data.range[0]) * side, (1 - place(data.y[index], data.range[1])) * side, chosen ? 6.5 : size, 0, 7);
        pen.fillStyle = ofPoint(data.label[index], task, scale);
        pen.strokeStyle = chosen ? "#d55e00" : held ? "#111" : "#fff";
        pen.lineWidth = chosen ? 3 : held ? 1.4 : 0.9;
        pen.fill();
        pen.stroke();
      });
    }
    if (live) line(pen, store.state, side);
    for (const row of (live && learnt?.rows) || []) {
      if (!data || row >= data.x.length) break;
      pen.beginPath();
      pen.arc(place(data.x[row], data.range[0]) * side, (1 - place(data.y[row], data.range[1])) * side, 8.5, 0, 7);
      pen.strokeStyle = "#d55e00";
      pen.lineWidth = 2.5;
      pen.stroke();
    }
    if (live && cross) {
      pen.strokeStyle = "#d55e00";
      pen.lineWidth = 2;
      pen.strokeRect(cross[0] * side - 6, (1 - cross[1]) * side - 6, 12, 12);
    }
  }

  return {
    element, map, points,
    face: (pen, index, x, y, size) => {
      if (faces[index]) pen.drawImage(faces[index], x, y, size, size);
    },
    update(state, changed) {
      if (!state.settings) return;
      brush.update(state, changed);
      if (changed.has("frame") || changed.has("settings") || changed.has("hover_node")) {
        show(state);
        if (changed.has("hover_node")) {
          const node = state.hover_node, last = state.network?.layers.length;
          whose.hidden = !node || node.layer === last;
          if (!whose.hidden) whose.textContent = texts.text("play.inspect.node", { layer: node.layer, node: node.target + 1 });
        }
        if (state.settings.mode === "perceptron") drawPoints();
      }
      if (["data", "settings", "selection", "task", "learnt", "other"].some((key) => changed.has(key))) drawPoints();
      if (changed.has("settings")) {
        test.input.checked = state.settings.show_test;
        cut.input.checked = state.settings.discretize;
        points.classList.toggle("draws", state.settings.dataset === "points");
      }
      if (changed.has("running") || changed.has("lang") || (changed.has("frame") && due(state.running))) numbers(words, state.frame?.header, texts);
      if (["data", "classes", "task", "lang"].some((key) => changed.has(key))) {
        axes.textContent = state.data?.axes ? `${texts.text("play.output.across")} ${state.data.axes[0] ?? ""} · ${texts.text("play.output.up")} ${state.data.axes[1] ?? ""}` : "";
        legend.replaceChildren(...key(state, texts));
      }
      if (["other", "lang", "settings"].some((key) => changed.has(key))) {
        beside.hidden = !state.other;
        if (state.other) {
          paint(kept, { ...state, settings: state.other.settings, data: state.other.data }, state.other.frame, null);
          differs.textContent = differences(state, texts);
          numbers(keptWords, state.other.frame.header, texts);
        }
      }
    },
    resized: drawPoints,
  };
}

/**
 * Losses, accuracy and mistakes, each below its name; a new frame updates the numbers in place.
 * @param {HTMLElement} row
 * @param {any} header
 * @param {import("./texts.js").Texts} texts
 */
function numbers(row, header, texts) {
  if (!header) return;
  const { accuracy, mistakes } = header;
  const known = (/** @type {any} */ value) => value !== undefined && value !== null;
  const found = [["train", short(header.train_loss)], ["test", short(header.test_loss)]];
  if (known(accuracy)) found.push(["accuracy", `${(100 * accuracy).toFixed(1)} %`]);
  if (known(mistakes)) found.push(["mistakes", mistakes.toLocaleString("en")]);
  const names = found.map(([name]) => texts.text(`play.output.${name}`));
  if (row.dataset.names !== String(names)) {
    row.dataset.names = String(names);
    row.replaceChildren(...names.map((name) => el("span", {}, el("span", {}, name), el("b", {}, " "))));
  }
  found.forEach(([, text], index) => {
    const node = /** @type {Text} */ (row.children[index].lastElementChild?.firstChild);
    if (node.data !== text) node.data = text;
  });
}

const LOOKS = new Set(["hide", "lesson", "show_test", "discretize", "axes", "pace", "stop_at"]);

/**
 * The settings in which the other branch differs from this one.
 * @param {import("./types.js").State} state
 * @param {import("./texts.js").Texts} texts
 */
function differences(state, texts) {
  const [mine, other] = [state.settings, state.other?.settings ?? {}];
  const found = Object.keys(other).filter((name) => !LOOKS.has(name) && JSON.stringify(other[name]) !== JSON.stringify(mine[name]));
  const title = (/** @type {string} */ name) => [`play.control.${name}`, `play.hiding.${name}`].filter((each) => texts.has(each)).map((each) => texts.text(each))[0] ?? name;
  const said = (/** @type {any} */ value) => [value ?? "–"].flat().map((each) => word(texts, each)).join(", ");
  const epoch = Math.floor(state.other?.frame.header.epoch ?? 0).toLocaleString("en");
  return [`${texts.text("play.header.epoch")} ${epoch}`, ...found.map((name) => `${title(name)}: ${said(other[name])}`)].join(" · ");
}

/**
 * The colour key: a scale for numbers and for two classes, one colour per class for more.
 * @param {import("./types.js").State} state
 * @param {import("./texts.js").Texts} texts
 */
function key(state, texts) {
  const number = state.task === "regression";
  if (!number && state.classes.length !== 2) return state.classes.map((name, index) => {
    const swatch = el("span", { class: "swatch" });
    swatch.style.background = css(CLASSES[index % CLASSES.length]);
    return el("span", { class: "key" }, swatch, String(name));
  });
  const scale = number ? Math.max(1e-9, ...(state.data?.label ?? [1]).map(Math.abs)) : 1;
  const ends = number ? [short(-scale, 3), "0", short(scale, 3)] : [String(state.classes[0]), "", String(state.classes[1])];
  const bar = el("span", { class: "bar" });
  bar.style.background = ramp();
  return [el("span", { class: "words", text: "play.output.scale" }, texts.text("play.output.scale")), el("span", { class: "scale" }, bar, el("span", { class: "limits" }, ...ends.map((end) => el("span", {}, end))))];
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
      return ofClass(best, (cut ? 0.9 : Math.max(0, (values[at * deep + best] - 1 / deep) / (1 - 1 / deep))) * STRENGTH);
    });
  } else {
    const values = block.data, last = deep - 1;
    const number = state.task === "regression";
    const scale = number ? Math.max(1e-9, ...(state.data?.label || [1]).map(Math.abs)) : 1;
    each(grid, pixels, (at) => {
      let value = number ? values[at * deep + last] / scale : 2 * values[at * deep + last] - 1;
      if (cut) value = value < 0 ? -1 : 1;
      return signed(value * STRENGTH);
    });
  }
  finish(canvas);
  canvas.classList.toggle("sharp", cut);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./types.js").Frame | null} frame
 * @param {number} which class
 */
function paintClass(canvas, frame, which) {
  const block = frame?.blocks.output;
  if (!block) return;
  const [grid, , deep] = block.shape;
  each(grid, raster(canvas, grid), (at) => ofClass(which, block.data[at * deep + which]));
  finish(canvas);
}

/**
 * The sharp decision boundary of a single perceptron on the two coordinates alone: w₁x₁ + w₂x₂ + b = 0.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./types.js").State} state
 * @param {number} side
 */
function line(pen, { settings, network, frame, data }, side) {
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
