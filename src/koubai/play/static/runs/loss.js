// Loss against epochs: training, test, and the runs kept for comparison; a cross reads any point, and the scale may be logarithmic.
import { card, el, prepare, seldom, short } from "../page/dom.js";
import { explained } from "../page/helping.js";
import { ticks } from "../drawing/axes.js";
import { different } from "./branches.js";

/** The scale goes no further than so many times the first loss. */
const FAR = 30;

const HEIGHT = 132, LEFT = 46, RIGHT = 8, TOP = 6, BOTTOM = 20;

/** Colours of the runs kept for comparison, apart from those of classes, signs and the present run. */
const KEPT = ["#74797f", "#b0418a", "#8a6d00", "#2f8f9d", "#a0522d", "#6a5acd"];

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "side", order: 70, make: lossPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function lossPanel({ store, texts }) {
  const canvas = el("canvas", { class: "curve", role: "img", label: "play.loss.picture" });
  const legend = el("div", { class: "legend" });
  const log = el("input", { type: "checkbox", id: "koubai-loss-log", on: { change: () => draw() } });
  const scale = explained(el("label", { for: log.id }, log, el("span", { text: "play.loss.log" })), "loss_log", log);
  const reading = el("output", { class: "reading" });
  const element = card("loss", el("div", { class: "row tools" }, reading, el("span", { class: "check" }, scale)), canvas, legend);
  const due = seldom(200), marks = { canvas: el("canvas"), of: "" };
  let look = /** @type {ReturnType<typeof seen> | null} */ (null), cross = -1;
  let plot = /** @type {ReturnType<typeof scaled> | null} */ (null);

  /** Size and colours, queried only when they may have changed, since each query forces a page layout. */
  function seen() {
    const style = getComputedStyle(element), [ink, soft, train, test] = ["ink", "line", "train", "test"].map((name) => style.getPropertyValue(`--${name}`));
    const font = `${Math.max(11, 0.72 * parseFloat(style.fontSize))}px system-ui, sans-serif`;
    const inside = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return { width: inside > 50 ? inside : 300, font, ink, soft, train, test };
  }

  /** Where epochs and losses lie. @param {any[]} runs @param {number} width */
  function scaled(runs, width) {
    const last = Math.max(1, ...runs.map((run) => run.epochs.at(-1) ?? 0));
    let top = 0, low = Infinity;
    const first = Math.max(0, ...runs.map((run) => run.train[0]).filter(Number.isFinite)), most = log.checked ? 1e12 * first : FAR * first;
    for (const run of runs) for (const list of [run.train, run.test]) for (const value of list) {
      if (!Number.isFinite(value) || (first && value > most)) continue; // what diverges leaves the picture, and the scale to what does not
      if (value > top) top = value;
      if (value > 0 && value < low) low = value;
    }
    top = top || 1;
    const is_log = log.checked && low < top, floor = is_log ? Math.max(low, top * 1e-9) : 0;
    const right = width - RIGHT, bottom = HEIGHT - BOTTOM;
    const share = (/** @type {number} */ value) => (is_log ? Math.log(Math.max(value, floor) / floor) / Math.log(top / floor) : value / top);
    return {
      last, top, is_log, floor, right, bottom,
      x: (/** @type {number} */ value) => LEFT + (value / last) * (right - LEFT),
      y: (/** @type {number} */ value) => bottom - Math.max(0, Math.min(1, share(Math.min(value, top)))) * (bottom - TOP),
    };
  }

  /** The grid and its numbers, drawn again only where they change: writing on a canvas forces a page layout. @param {any} plot @param {any} look */
  function marked(plot, { width, font, ink, soft }) {
    const wanted = [width, font, ink, soft, plot.top, plot.last, plot.floor].join();
    if (wanted === marks.of && marks.canvas.width === canvas.width) return marks.canvas;
    marks.of = wanted;
    const pen = prepare(marks.canvas, width, HEIGHT);
    pen.font = font;
    grid(pen, plot, ink, soft);
    return marks.canvas;
  }

  function draw() {
    const { losses, kept, epoch, timeline } = store.state;
    const future = timeline.position < timeline.length - 1 ? store.state.future : null;
    const { width, ink, train, test } = (look ??= seen());
    const pen = prepare(canvas, width, HEIGHT);
    plot = scaled([losses, ...kept.map((/** @type {any} */ run) => run.losses), ...(future ? [future] : [])], width);
    pen.drawImage(marked(plot, look), 0, 0, width, HEIGHT);
    kept.forEach((/** @type {any} */ run, /** @type {number} */ index) => {
      path(pen, plot, run.losses, run.losses.test, KEPT[index % KEPT.length], [4, 3]);
      path(pen, plot, run.losses, run.losses.train, KEPT[index % KEPT.length], []);
    });
    if (future) {
      pen.globalAlpha = 0.3;
      path(pen, plot, future, future.test, test, [5, 3]);
      path(pen, plot, future, future.train, train, []);
      pen.globalAlpha = 1;
    }
    path(pen, plot, losses, losses.test, test, [5, 3]);
    path(pen, plot, losses, losses.train, train, []);
    if (losses.epochs.length && epoch < plot.last) {
      pen.strokeStyle = ink;
      line(pen, [plot.x(epoch), plot.x(epoch)], [4, plot.bottom]);
    }
    read(pen);
  }

  /** The numbers under the cross, or of the present state. @param {CanvasRenderingContext2D} pen */
  function read(pen) {
    const { losses, future } = store.state, run = future ?? losses;
    if (cross < 0 || !plot || !run.epochs.length) {
      reading.textContent = "";
      return;
    }
    const wanted = ((cross - LEFT) / (plot.right - LEFT)) * plot.last;
    let at = 0;
    run.epochs.forEach((epoch, index) => Math.abs(epoch - wanted) < Math.abs(run.epochs[at] - wanted) && (at = index));
    reading.textContent = texts.text("play.loss.reading", { epoch: +run.epochs[at].toFixed(2), train: short(run.train[at], 3), test: short(run.test[at], 3) });
    const x = plot.x(run.epochs[at]), colours = look ?? seen();
    pen.strokeStyle = colours.soft;
    line(pen, [x, x], [4, plot.bottom]);
    for (const [value, colour] of /** @type {[number, string][]} */ ([[run.train[at], colours.train], [run.test[at], colours.test]])) {
      if (!Number.isFinite(value)) continue;
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(x, plot.y(value), 3.5, 0, 7);
      pen.fill();
    }
  }
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    cross = event.clientX - canvas.getBoundingClientRect().left;
    draw();
  });
  canvas.addEventListener("pointerleave", () => {
    cross = -1;
    draw();
  });

  /** Each kept run by what differs from the present one. */
  function fillLegend() {
    const { kept, settings } = store.state;
    legend.hidden = !kept.length;
    legend.replaceChildren(...kept.map((/** @type {any} */ run, /** @type {number} */ index) => {
      const dash = el("span", { class: "dash" });
      dash.style.borderColor = KEPT[index % KEPT.length];
      return el("span", { class: "key" }, dash, el("span", {}, different(run.settings, settings, texts).join(" · ") || texts.text("play.loss.other")));
    }));
  }

  return {
    element,
    update(state, changed) {
      if (["theme", "pictured", "other"].some((key) => changed.has(key))) look = null;
      if (state.settings && ["kept", "settings", "lang"].some((key) => changed.has(key))) fillLegend();
      if (["kept", "theme", "running", "future", "lang"].some((key) => changed.has(key)) || ((changed.has("losses") || changed.has("timeline")) && due(state.running))) draw();
    },
    resized() {
      look = null;
      draw();
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {any} plot
 * @param {string} ink
 * @param {string} soft
 */
function grid(pen, plot, ink, soft) {
  pen.fillStyle = ink;
  pen.strokeStyle = soft;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const powers = plot.is_log ? Array.from({ length: 20 }, (_, index) => 10 ** (Math.floor(Math.log10(plot.top)) - index)).filter((value) => value >= plot.floor) : [];
  const marks = powers.length > 1 ? powers.filter((_, index) => !(index % Math.ceil(powers.length / 4))) : plot.is_log ? [plot.floor, plot.top] : ticks(0, plot.top, 3);
  for (const value of marks) {
    pen.fillText(value ? short(value, 3) : "0", LEFT - 5, plot.y(value));
    line(pen, [LEFT, plot.right], [plot.y(value), plot.y(value)]);
  }
  for (const value of ticks(0, plot.last, 4).filter(Number.isInteger)) {
    pen.textAlign = value ? (value > 0.97 * plot.last ? "right" : "center") : "left";
    pen.fillText(value.toLocaleString("en"), plot.x(value), HEIGHT - 7);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {any} plot
 * @param {import("../types.js").Losses} run
 * @param {number[]} values
 * @param {string} colour
 * @param {number[]} dash
 */
function path(pen, plot, run, values, colour, dash) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.8;
  pen.setLineDash(dash);
  const skip = Math.max(1, Math.floor(values.length / 700));
  pen.beginPath();
  for (let at = 0; at < values.length; at += skip) if (Number.isFinite(values[at])) pen.lineTo(plot.x(run.epochs[at]), plot.y(values[at]));
  if (values.length && Number.isFinite(values[values.length - 1])) pen.lineTo(plot.x(run.epochs[values.length - 1]), plot.y(values[values.length - 1]));
  pen.stroke();
  pen.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number[]} xs
 * @param {number[]} ys
 */
function line(pen, xs, ys) {
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(xs[0], ys[0]);
  pen.lineTo(xs[1], ys[1]);
  pen.stroke();
}
