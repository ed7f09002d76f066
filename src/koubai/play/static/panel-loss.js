// Loss against epochs: training, test, and the other branch.
import { card, el, prepare, seldom, short } from "./dom.js";

/**
 * @param {import("./types.js").Context} context
 * @returns {import("./types.js").Panel}
 */
export function lossPanel({ store }) {
  const canvas = el("canvas", { class: "curve", role: "img", label: "play.loss.picture" });
  const legend = el("p", { class: "legend" },
    el("span", { class: "dash train" }), el("span", { text: "play.loss.train" }), " ",
    el("span", { class: "dash test" }), el("span", { text: "play.loss.test" }), " ",
    el("span", { class: "dash other" }), el("span", { text: "play.loss.other" }));
  const element = card("loss", canvas, legend);
  const height = 130, due = seldom(200);
  let look = /** @type {ReturnType<typeof seen> | null} */ (null);

  /** Size and colours, queried only when they may have changed, since each query forces a page layout. */
  function seen() {
    const style = getComputedStyle(element), [ink, soft, train, test, kept] = ["ink", "line", "train", "test", "other"].map((name) => style.getPropertyValue(`--${name}`));
    const font = `${Math.max(11, 0.72 * parseFloat(style.fontSize))}px system-ui, sans-serif`;
    return { width: element.clientWidth ? element.clientWidth - 26 : 300, font, ink, soft, train, test, kept };
  }

  function draw() {
    const { losses, other, epoch, timeline } = store.state;
    const future = timeline.position < timeline.length - 1 ? store.state.future : null;
    const { width, font, ink, soft, train, test, kept } = (look ??= seen());
    const pen = prepare(canvas, width, height);
    const runs = [losses, ...(other ? [other.losses] : []), ...(future ? [future] : [])];
    const last = Math.max(1, ...runs.map((run) => run.epochs.at(-1) ?? 0));
    let top = 0;
    for (const run of runs) for (const list of [run.train, run.test]) for (const value of list) if (value > top && Number.isFinite(value)) top = value;
    top = top || 1;
    const left = 46, right = width - 6, bottom = height - 20;
    const x = (/** @type {number} */ value) => left + (value / last) * (right - left);
    const y = (/** @type {number} */ value) => bottom - (Math.min(value, top) / top) * (bottom - 6);
    pen.font = font;
    pen.fillStyle = ink;
    pen.strokeStyle = soft;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const share of [0, 0.5, 1]) {
      pen.fillText(short(+(share * top).toPrecision(2)), left - 5, y(share * top));
      line(pen, [left, right], [y(share * top), y(share * top)]);
    }
    pen.textAlign = "left";
    pen.fillText("0", left, height - 7);
    pen.textAlign = "right";
    pen.fillText(String(Math.round(last)), right, height - 7);
    const path = (/** @type {import("./types.js").Losses} */ run, /** @type {number[]} */ values, /** @type {string} */ colour, /** @type {number[]} */ dash) => {
      pen.strokeStyle = colour;
      pen.lineWidth = 1.8;
      pen.setLineDash(dash);
      const skip = Math.max(1, Math.floor(values.length / 700));
      pen.beginPath();
      for (let at = 0; at < values.length; at += skip) pen.lineTo(x(run.epochs[at]), y(Number.isFinite(values[at]) ? values[at] : top));
      pen.stroke();
      pen.setLineDash([]);
    };
    if (other) {
      path(other.losses, other.losses.train, kept, []);
      path(other.losses, other.losses.test, kept, [4, 3]);
    }
    if (future) {
      pen.globalAlpha = 0.3;
      path(future, future.test, test, [5, 3]);
      path(future, future.train, train, []);
      pen.globalAlpha = 1;
    }
    path(losses, losses.test, test, [5, 3]);
    path(losses, losses.train, train, []);
    if (losses.epochs.length && epoch < last) {
      pen.strokeStyle = ink;
      line(pen, [x(epoch), x(epoch)], [4, bottom]);
    }
  }

  return {
    element,
    update(state, changed) {
      if (["theme", "settings", "other"].some((key) => changed.has(key))) look = null;
      /** @type {any} */ (legend.lastElementChild).hidden = /** @type {any} */ (legend.children[4]).hidden = !state.other;
      if (["other", "theme", "running", "future"].some((key) => changed.has(key)) || ((changed.has("losses") || changed.has("timeline")) && due(state.running))) draw();
    },
    resized() {
      look = null;
      draw();
    },
  };
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
