// The image that is looked at: drawn here with mouse, finger or keys, or one of the examples.
import { button, card, el, prepare, range } from "../page/dom.js";
import { explained } from "../page/helping.js";
import { targetOf } from "./direction.js";
import { framedBy } from "./numbers/back.js";
import { isReady, layersOf, numbersOf } from "./shapes.js";
import { imageOf } from "./strokes.js";
import { paint, tile } from "./tile.js";

const STEP = 1 / 16, NEAR = 0.012; // shares of the pad: of an arrow key, and of a move that adds a point

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "side", order: 45, make: padPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function padPanel(context) {
  const { store, send, texts } = context;
  const pad = el("canvas", { class: "ink", tabindex: 0, role: "application", label: "play.pad.how" });
  const shape = () => store.state.data?.images?.shape ?? [8, 8, 1];
  const nothing = () => {};
  const view = tile(8, 8, { over: nothing, out: nothing, chosen: nothing, beyond: nothing });
  view.element.disabled = true;
  view.element.dataset.label = "play.pad.sees";
  const clear = button("play.pad.clear", () => wipe());
  const thick = range({ min: 2, max: 8, step: 0.5, label: "play.pad.thickness" }, (value) => {
    width = value;
    redraw();
  });
  const row = el("input", { type: "number", min: 1, value: 1, label: "play.pad.example", on: { change: () => choose(Math.round(row.valueAsNumber || 1) - 1) } });
  const step = (/** @type {number} */ by) => el("button", { type: "button", class: "round", label: by < 0 ? "play.pad.previous" : "play.pad.next", on: { click: () => choose(store.state.row + by) } }, by < 0 ? "‹" : "›");
  const words = el("p", { class: "words", "aria-live": "polite" });
  const element = card("pad", el("div", { class: "pads" },
    el("figure", {}, el("div", { class: "square" }, pad), el("figcaption", { text: "play.pad.draw" })),
    el("figure", {}, view.element, el("figcaption", { text: "play.pad.sees" }))),
  el("div", { class: "row" }, clear, el("span", { class: "named" }, explained(el("span", { text: "play.pad.thickness" }), "thickness", thick.input), thick.input)),
  el("div", { class: "row" }, el("span", { text: "play.pad.example" }), step(-1), row, step(1)), words);

  let strokes = /** @type {import("./strokes.js").Stroke[]} */ ([]), width = 4.5, told = "", asked = false, isDown = false;
  let cursor = /** @type {number[] | null} */ (null);
  thick.show(width);

  /** Tell the session which image is looked at, at most once a frame of the screen. */
  function look() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const [height, wide] = shape(), pixels = strokes.length ? imageOf(strokes, height, wide, width) : null, message = { type: "look", row: store.state.row, pixels, target: targetOf(store.state, Boolean(pixels)) };
      if (JSON.stringify(message) === told) return;
      told = JSON.stringify(message);
      send(message);
    });
  }

  function redraw() {
    look();
    show();
    tell(store.state);
  }

  function wipe() {
    strokes = [];
    store.set({ meant: null });
    redraw();
  }

  /** @param {number} at */
  function choose(at) {
    const n = store.state.data?.x.length ?? 1;
    strokes = [];
    store.set({ row: Math.max(0, Math.min(n - 1, at)), meant: null });
    redraw();
  }

  /** @param {number} x @param {number} y @param {boolean} begins a new stroke */
  function ink(x, y, begins) {
    const last = strokes[strokes.length - 1];
    if (begins || !last) strokes.push([[x, y]]);
    else if (Math.hypot(x - last[last.length - 1][0], y - last[last.length - 1][1]) >= NEAR) last.push([x, y]);
    else return;
    redraw();
  }

  /** @param {PointerEvent} event */
  const placed = (event) => {
    const box = pad.getBoundingClientRect(), inside = (/** @type {number} */ share) => Math.max(0, Math.min(1, share));
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  };
  pad.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button) return;
    pad.setPointerCapture(event.pointerId);
    cursor = null;
    const [x, y] = placed(event);
    ink(x, y, true);
  });
  pad.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!pad.hasPointerCapture(event.pointerId)) return;
    const [x, y] = placed(event);
    ink(x, y, false);
  });
  pad.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") wipe();
    else if (event.key === " ") {
      cursor ??= [0.5, 0.5];
      isDown = !isDown;
      if (isDown) ink(cursor[0], cursor[1], true);
      words.textContent = texts.text(isDown ? "play.pad.down" : "play.pad.up");
    } else if (way) {
      cursor = (cursor ?? [0.5, 0.5]).map((value, axis) => Math.max(0, Math.min(1, value + STEP * way[axis])));
      if (isDown) ink(cursor[0], cursor[1], false);
    } else return;
    event.preventDefault();
    show();
  });
  pad.addEventListener("blur", () => {
    [cursor, isDown] = [null, false];
    show();
  });

  function show() {
    const side = pad.parentElement?.clientWidth;
    if (!side) return;
    const pen = prepare(pad, side, side), { data } = store.state, images = data?.images;
    if (!strokes.length && images) example(pen, side, images, store.state.row);
    pen.strokeStyle = pen.fillStyle = "#1c2733";
    [pen.lineCap, pen.lineJoin, pen.lineWidth] = ["round", "round", (side * width) / 34];
    for (const stroke of strokes) {
      pen.beginPath();
      stroke.forEach(([x, y], at) => (at ? pen.lineTo(x * side, y * side) : pen.moveTo(x * side, y * side)));
      if (stroke.length === 1) pen.lineTo(stroke[0][0] * side + 0.1, stroke[0][1] * side);
      pen.stroke();
    }
    if (!cursor) return;
    pen.strokeStyle = isDown ? "#d55e00" : "#0868ac";
    pen.lineWidth = 2;
    pen.strokeRect(cursor[0] * side - 6, cursor[1] * side - 6, 12, 12);
  }

  /** What is looked at, in words. @param {import("../types.js").State} state */
  function tell(state) {
    const { data, row: at, classes } = state;
    if (!data || isDown) return;
    const values = { row: at + 1, label: classes[data.label[at]] ?? "", n: data.x.length };
    const said = strokes.length ? texts.text("play.pad.drawn") : texts.text(data.test[at] ? "play.pad.shows_test" : "play.pad.shows_train", values);
    if (words.textContent !== said) words.textContent = said; // else it would be read out again
  }

  return {
    element,
    update(state, changed) {
      if (!layersOf(state).length || !state.data?.images) return;
      if (changed.has("row") && strokes.length && state.learnt?.rows[0] === state.row) strokes = []; // a step by hand shows the example that it learned from
      if (["row", "data", "network", "catalogue"].some((key) => changed.has(key))) {
        if (state.row >= state.data.x.length) return void store.set({ row: 0 });
        row.max = state.data.x.length;
        row.value = state.row + 1;
        look();
      }
      if (["direction", "meant", "kernel"].some((key) => changed.has(key))) look();
      if (["row", "data", "classes", "lang"].some((key) => changed.has(key))) tell(state);
      if (["row", "data", "network"].some((key) => changed.has(key))) show();
      if (isReady(state) && (changed.has("frame") || changed.has("cell"))) see(state);
    },
    resized: show,
  };

  /** The pixels as the network gets them, with the window that is read by the cell in question. @param {import("../types.js").State} state */
  function see(state) {
    const [height, wide] = shape(), pixels = numbersOf(state, -1), read = framedBy(state);
    paint(view.canvas, height, wide, (at, column) => pixels[at * wide + column], 1);
    view.frame(read && read.layer < 0 ? read : null);
  }
}

/**
 * The example, faintly: it can be drawn over.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} side
 * @param {{shape: number[], pixels: Float32Array}} images
 * @param {number} row
 */
function example(pen, side, { shape: [height, width], pixels }, row) {
  for (let at = 0; at < height * width; at++) {
    pen.fillStyle = `rgba(28, 39, 51, ${0.55 * pixels[row * height * width + at]})`;
    const [left, right] = [at % width, (at % width) + 1].map((k) => Math.round((k * side) / width)), [top, bottom] = [0, 1].map((k) => Math.round(((Math.floor(at / width) + k) * side) / height));
    pen.fillRect(left, top, right - left, bottom - top);
  }
}
