// The network's output over the plane, with the points; points are drawn and examples selected here.
import { card, el, prepare, seldom, short } from "../page/dom.js";
import { explained } from "../page/helping.js";
import { framed } from "../drawing/axes.js";
import { CLASSES, css, ofPoint, ramp } from "../drawing/colours.js";
import { border, paint, paintClass } from "../drawing/plane-map.js";
import { brushes } from "../drawing/brush.js";
import { ask } from "./explain.js";
import { seesImages } from "../images/shapes.js";
import { different } from "../runs/branches.js";
import { scores } from "../runs/scores.js";

/** Distance in pixels between points while drawing. */
const STROKE = 14;

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "side", order: 50, make: outputPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel & {map: HTMLCanvasElement, points: HTMLCanvasElement, square: HTMLElement,
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
  const keptWords = scores(), differs = el("p", { class: "differs" });
  const beside = el("div", { class: "beside", hidden: true }, el("h3", { text: "play.output.other" }), keptWords.element, el("div", { class: "square" }, kept, keptPoints), differs);
  const plane = framed(square), words = scores();
  const legend = el("div", { class: "legend" });
  const box = (/** @type {string} */ name) => {
    const input = el("input", { type: "checkbox", on: { change: () => change({ [name]: input.checked }) } });
    return { input, element: el("span", { class: "check", "data-control": name }, explained(el("label", {}, input, el("span", { text: `play.output.${name}` })), name, input)) };
  };
  const brush = brushes(context), due = seldom(80);
  const test = box("show_test"), cut = box("discretize");
  const mine = el("div", { class: "mine" }, el("h3", { text: "play.output.mine" }), words.element, plane.element);
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

  /** Paints the map of the output or of the selected node, and small maps of all outputs. @param {import("../types.js").State} state */
  function show(state) {
    if (!state.frame) map.width = map.width; // cleared
    paint(map, state, state.frame, state.hover_node);
    const count = state.frame?.blocks.output.shape[2] ?? 1;
    while (faces.length < count) faces.push(el("canvas"));
    faces.length = count;
    faces.forEach((canvas, index) => (count > 1 ? paintClass(canvas, state.frame, index) : paint(canvas, state, state.frame, null)));
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("../types.js").Points | null} data
   * @param {boolean} live whether to mark the selection
   */
  function draw(canvas, data, live) {
    const { settings, task, selection, learnt } = store.state;
    const side = canvas.parentElement?.clientWidth;
    if (!side || seesImages(store.state)) return;
    const pen = prepare(canvas, side, side);
    if (data) {
      const scale = Math.max(1e-9, ...data.label.map(Math.abs));
      const size = data.x.length > 600 ? 2.2 : 3.4;
      const shown = (/** @type {number} */ index) => !data.test[index] || settings?.show_test || settings?.dataset === "points";
      pen.fillStyle = "rgba(255, 255, 255, 0.38)"; // the map is paler where points lie, so that they stand out
      data.x.forEach((value, index) => {
        if (!shown(index)) return;
        pen.beginPath();
        pen.arc(place(value, data.range[0]) * side, (1 - place(data.y[index], data.range[1])) * side, 2.1 * size, 0, 7);
        pen.fill();
      });
      data.x.forEach((value, index) => {
        const held = data.test[index];
        if (!shown(index)) return;
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
    if (live) border(pen, store.state, side);
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
    element, map, points, square,
    face: (pen, index, x, y, size) => {
      if (faces[index]) pen.drawImage(faces[index], x, y, size, size);
    },
    update(state, changed) {
      if (!state.settings || seesImages(state)) return;
      brush.update(state, changed);
      if (changed.has("frame") || changed.has("pictured") || changed.has("hover_node")) {
        show(state);
        if (changed.has("hover_node")) {
          const node = state.hover_node, last = state.network?.layers.length;
          whose.hidden = !node || node.layer === last;
          if (!whose.hidden) whose.textContent = texts.text("play.inspect.node", { layer: node.layer, node: node.target + 1 });
        }
        if (state.settings.mode === "perceptron") drawPoints();
      }
      if (["data", "pictured", "selection", "task", "learnt", "other"].some((key) => changed.has(key))) drawPoints();
      if (changed.has("settings")) {
        test.input.checked = state.settings.show_test;
        cut.input.checked = state.settings.discretize;
        points.classList.toggle("draws", state.settings.dataset === "points");
      }
      if (changed.has("running") || changed.has("lang") || (changed.has("frame") && due(state.running))) words.update(state.frame?.header ?? {});
      if (["data", "classes", "task", "lang"].some((key) => changed.has(key))) {
        plane.show(state.data);
        legend.replaceChildren(...key(state, texts));
      }
      if (["other", "lang", "settings"].some((key) => changed.has(key))) {
        beside.hidden = !state.other;
        if (state.other) {
          paint(kept, { ...state, settings: state.other.settings, data: state.other.data }, state.other.frame, null);
          const epoch = Math.floor(state.other.frame.header.epoch ?? 0).toLocaleString("en");
          differs.textContent = [`${texts.text("play.header.epoch")} ${epoch}`, ...different(state.other.settings, state.settings, texts)].join(" · ");
          keptWords.update(state.other.frame.header);
        }
      }
    },
    resized: drawPoints,
  };
}

/**
 * The colour key: a scale for numbers and for two classes, one colour per class for more.
 * @param {import("../types.js").State} state
 * @param {import("../page/texts.js").Texts} texts
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
  bar.style.background = ramp(number);
  return [el("span", { class: "words", text: "play.output.scale" }, texts.text("play.output.scale")), el("span", { class: "scale" }, bar, el("span", { class: "limits" }, ...ends.map((end) => el("span", {}, end))))];
}

