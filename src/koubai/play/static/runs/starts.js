// Many starts: the same settings from many seeds at once; their mean, their spread, and how many ended badly.
import { button, card, el, prepare, short } from "../page/dom.js";
import { RISING, STRENGTH, sided, signed } from "../drawing/colours.js";
import { fill } from "../drawing/plane-map.js";
import { seesImages } from "../images/shapes.js";
import { manyKernels } from "../images/tile.js";

/** How many starts and epochs are asked for at first: a network on images takes longer. */
const USUAL = { planes: [100, 200], images: [20, 10] };

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "first", order: 100, make: startsPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function startsPanel({ store, send, texts }) {
  const count = el("input", { type: "number", min: 1, max: 200, value: USUAL.planes[0], id: "koubai-starts-count" });
  const epochs = el("input", { type: "number", min: 1, max: 2000, value: USUAL.planes[1], id: "koubai-starts-epochs" });
  const words = el("p", { class: "words", "aria-live": "polite" });
  const mean = el("canvas", { class: "map", role: "img", label: "play.starts.mean" });
  const spread = el("canvas", { class: "map", role: "img", label: "play.starts.spread" });
  const bars = el("canvas", { class: "curve", role: "img", label: "play.starts.losses" });
  const figure = (/** @type {HTMLElement} */ canvas, /** @type {string} */ key) => el("figure", {}, el("div", { class: "square" }, canvas), el("figcaption", { text: key }));
  const pair = el("div", { class: "pair" }, figure(mean, "play.starts.mean"), figure(spread, "play.starts.spread")), kernels = el("div", { class: "kernels" });
  const result = el("div", { class: "result", hidden: true }, pair, kernels, bars, el("p", { class: "legend", text: "play.starts.losses" }));
  const stop = button("play.starts.stop", () => send({ type: "stop_starts" }), { hidden: true });
  let usual = "planes";
  const how = el("p", { text: "play.starts.how" }), element = card("starts", how,
    el("div", { class: "row" }, el("label", { for: count.id, text: "play.starts.count" }), count, el("label", { for: epochs.id, text: "play.starts.epochs" }), epochs,
      button("play.starts.go", () => {
        words.textContent = texts.text("play.starts.busy");
        stop.hidden = false;
        send({ type: "starts", count: Number(count.value), epochs: Number(epochs.value) });
      }), stop), words, result);

  /** What is asked for at first, and what is said of it. @param {boolean} isOfImages */
  function suit(isOfImages) {
    const now = isOfImages ? "images" : "planes";
    if (now === usual) return;
    usual = now;
    [count.value, epochs.value] = USUAL[now];
    how.dataset.text = isOfImages ? "play.starts.how_images" : "play.starts.how";
    words.textContent = "";
    texts.apply(element);
  }

  return {
    element,
    update(state, changed) {
      if (changed.has("network")) suit(seesImages(state));
      if (changed.has("problem") && state.problem && !state.starts?.mean) {
        words.textContent = "";
        stop.hidden = true;
      }
      if (changed.has("starts")) stop.hidden = !state.starts || Boolean(state.starts.mean || state.starts.stopped);
      if (!changed.has("starts") && !(changed.has("lang") && state.starts) && !changed.has("theme") && !changed.has("network")) return;
      const found = state.starts;
      result.hidden = !found?.mean || Boolean(found.rights) !== seesImages(state); // those of other data say nothing here
      if (!found || (found.mean && result.hidden)) return;
      if (!found.mean) {
        if (found.stopped) words.textContent = texts.text("play.starts.stopped_none");
        else if (found.done !== undefined) words.textContent = texts.text("play.starts.busy_share", { done: found.done, count: found.count });
        return;
      }
      const finite = found.losses.filter(Number.isFinite), lost = found.losses.length - finite.length;
      const said = { count: found.losses.length, poor: found.n_poor, best: short(Math.min(...finite)), limit: short(found.threshold), lost };
      const key = !lost ? "words" : finite.length ? "words_some" : "words_none";
      const cut = found.stopped ? `${texts.text("play.starts.stopped", { done: found.losses.length, count: found.asked })} ` : "";
      words.textContent = cut + texts.text(`play.starts.${key}`, said);
      result.hidden = !finite.length;
      pair.hidden = Boolean(found.rights);
      kernels.hidden = !found.rights;
      if (!finite.length) return;
      if (found.rights) {
        const { rights } = found, share = (/** @type {number} */ right) => `${(100 * right).toFixed(1)} %`;
        if (!Number.isNaN(rights[0])) words.textContent += ` ${texts.text("play.starts.rights", { least: share(rights[0]), middle: share(rights[Math.floor(rights.length / 2)]), most: share(rights[rights.length - 1]) })}`;
        kernels.replaceChildren(...(found.size ? found.ends.map((/** @type {any} */ end, /** @type {number} */ at) => el("figure", {}, manyKernels(end.kernels, found.size), el("figcaption", {}, texts.text(at ? "play.starts.worst" : "play.starts.best", { loss: short(end.loss) })))) : []));
        histogram(bars, found, getComputedStyle(element));
        return;
      }
      const grid = Math.round(Math.sqrt(found.mean.length));
      const number = state.task === "regression";
      const scale = number ? Math.max(1e-9, ...found.mean.map(Math.abs)) : 1;
      fill(mean, grid, (at) => (number ? signed((STRENGTH * found.mean[at]) / scale) : sided(STRENGTH * (2 * found.mean[at] - 1))));
      const widest = Math.max(1e-9, ...found.spread);
      fill(spread, grid, (at) => RISING[Math.min(255, Math.round((255 * found.spread[at]) / widest))]);
      histogram(bars, found, getComputedStyle(element));
    },
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{losses: number[], threshold: number}} found
 * @param {CSSStyleDeclaration} style
 */
function histogram(canvas, found, style) {
  const width = Math.max(200, (canvas.parentElement?.clientWidth ?? 300) - 4), height = 110;
  const pen = prepare(canvas, width, height);
  const finite = found.losses.filter(Number.isFinite);
  const low = Math.min(...finite), high = Math.max(...finite, low + 1e-9), many = 24;
  const counts = new Array(many).fill(0);
  for (const value of finite) counts[Math.min(many - 1, Math.floor(((value - low) / (high - low)) * many))] += 1;
  const most = Math.max(...counts, 1), wide = (width - 8) / many;
  counts.forEach((value, index) => {
    const middle = low + ((index + 0.5) / many) * (high - low);
    pen.fillStyle = style.getPropertyValue(middle > found.threshold ? "--test" : "--train");
    pen.fillRect(4 + index * wide + 1, height - 18 - (value / most) * (height - 26), wide - 2, (value / most) * (height - 26));
  });
  pen.fillStyle = style.getPropertyValue("--ink");
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "bottom";
  pen.fillText(short(low), 4, height - 2);
  pen.textAlign = "right";
  pen.fillText(short(high), width - 4, height - 2);
}
