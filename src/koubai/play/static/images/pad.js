// The image that is looked at: drawn here with mouse, finger or keys, or one of the examples.
import { button, card, el, prepare, range } from "../page/dom.js";
import { explained } from "../page/helping.js";
import { imagesOf } from "../data/images.js";
import { targetOf } from "./direction.js";
import { framedBy } from "./numbers/back.js";
import { isColoured, isReady, layersOf, numbersOf } from "./shapes.js";
import { imageOf } from "./strokes.js";
import { paintImage, tile } from "./tile.js";

const INK = "28, 39, 51";

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
  /** What the images are like, on which drawings are modelled. */
  const kind = () => imagesOf(store.state.catalogue, store.state.settings);
  const isDark = (/** @type {number} */ value) => (kind()?.darker ?? true) === (value > 0.5); // whether pixels of this value are dark
  const nothing = () => {};
  const seen = el("div"), views = /** @type {Record<string, ReturnType<typeof tile>>} */ ({});
  let view = viewOf(8, 8);

  /** What the network gets, of images of this size. @param {number} high @param {number} wide */
  function viewOf(high, wide) {
    const of = `${high} ${wide}`;
    if (!views[of]) {
      views[of] = tile(high, wide, { over: nothing, out: nothing, chosen: nothing, beyond: nothing });
      views[of].element.disabled = true;
      views[of].element.dataset.label = "play.pad.sees";
    }
    if (seen.firstChild !== views[of].element) {
      seen.replaceChildren(views[of].element);
      texts.apply(seen);
    }
    return views[of];
  }

  const clear = button("play.pad.clear", () => wipe());
  const thick = range({ min: 2, max: 8, step: 0.5, label: "play.pad.thickness" }, (value) => {
    width = value;
    redraw();
  });
  const row = el("input", { type: "number", min: 1, value: 1, label: "play.pad.example", on: { change: () => choose(Math.round(row.valueAsNumber || 1) - 1) } });
  const step = (/** @type {number} */ by) => el("button", { type: "button", class: "round", label: by < 0 ? "play.pad.previous" : "play.pad.next", on: { click: () => choose(store.state.row + by) } }, by < 0 ? "‹" : "›");
  const words = el("p", { class: "words", "aria-live": "polite" });
  const caption = el("figcaption", { text: "play.pad.draw" });
  const pens = el("div", { class: "row" }, clear, el("span", { class: "named" }, explained(el("span", { text: "play.pad.thickness" }), "thickness", thick.input), thick.input));
  const element = card("pad", el("div", { class: "pads" },
    el("figure", {}, el("div", { class: "square" }, pad), caption),
    el("figure", {}, seen, el("figcaption", { text: "play.pad.sees" }))), pens,
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
      const [height, wide] = shape(), pixels = strokes.length ? imageOf(strokes, height, wide, width, kind() ?? {}) : null, message = { type: "look", row: store.state.row, pixels, target: targetOf(store.state, Boolean(pixels)) };
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
    if (event.button || isColoured(shape())) return;
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
    if (isColoured(shape())) return;
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
    const pen = prepare(pad, side, side), { data } = store.state, images = data?.images, ground = kind()?.ground ?? 0;
    if (isDark(ground)) {
      pen.fillStyle = `rgb(${INK})`;
      pen.fillRect(0, 0, side, side);
    }
    if (!strokes.length && images) example(pen, side, images, store.state.row, isDark(1));
    pen.strokeStyle = pen.fillStyle = isDark(1 - ground) ? `rgb(${INK})` : "#fff";
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
    const isGiven = kind()?.n !== undefined, [test, train] = isGiven ? ["play.pad.given_test", "play.pad.given_train"] : ["play.pad.shows_test", "play.pad.shows_train"];
    const said = strokes.length ? texts.text(isGiven ? "play.pad.drawn_given" : "play.pad.drawn") : texts.text(data.test[at] ? test : train, values);
    if (words.textContent !== said) words.textContent = said; // else it would be read out again
  }

  /** Drawing is offered where it can be done. */
  function suit() {
    const coloured = isColoured(shape());
    pens.hidden = coloured;
    pad.tabIndex = coloured ? -1 : 0;
    pad.dataset.label = coloured ? "play.pad.shown" : "play.pad.how";
    caption.dataset.text = coloured ? "play.pad.grey_alone" : kind()?.n === undefined ? "play.pad.draw" : "play.pad.draw_given";
    if (coloured) strokes = [];
    texts.apply(element);
  }

  return {
    element,
    update(state, changed) {
      if (!layersOf(state).length || !state.data?.images) return;
      if (["data", "catalogue"].some((key) => changed.has(key))) suit();
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
    const [height, wide] = shape(), read = framedBy(state);
    view = viewOf(height, wide);
    paintImage(view.canvas, shape(), numbersOf(state, -1));
    view.frame(read && read.layer < 0 ? read : null);
  }
}

/**
 * The example, faintly, since it can be drawn over; in colours if it has some.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} side
 * @param {{shape: number[], pixels: Float32Array}} images
 * @param {number} row
 * @param {boolean} isDark whether large pixels are
 */
function example(pen, side, { shape: [height, width, channels], pixels }, row, isDark) {
  const cell = side / Math.max(height, width), [over, before] = [height, width].map((cells) => (side - cells * cell) / 2);
  for (let at = 0; at < height * width; at++) {
    const first = (row * height * width + at) * channels, share = pixels[first];
    if (channels === 1) pen.fillStyle = `rgba(${INK}, ${0.55 * (isDark ? share : 1 - share)})`;
    else pen.fillStyle = `rgb(${[0, 1, 2].map((channel) => Math.round(255 * pixels[first + channel])).join(", ")})`;
    const [left, right] = [at % width, (at % width) + 1].map((k) => Math.round(before + k * cell)), [top, bottom] = [0, 1].map((k) => Math.round(over + (Math.floor(at / width) + k) * cell));
    pen.fillRect(left, top, right - left, bottom - top);
  }
}
